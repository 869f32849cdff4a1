"""The audit log: append-only, who did what to what. Tags are `source:subject:action`."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, AuditEntry

SUBJECT_LENGTH = 128


class AuditTag(StrEnum):
    """Everything that is audited. Values never change: old entries keep them."""

    SESSION_OPENED = "console:session:open"
    SESSION_CLOSED = "console:session:close"
    SESSION_REFUSED = "console:session:refuse"
    ADDRESS_REFUSED = "console:address:refuse"
    SESSIONS_REVOKED = "console:session:revoke-all"
    ACCOUNT_CREATED = "console:account:create"
    ACCOUNT_CHANGED = "console:account:change"
    ACCOUNT_DISABLED = "console:account:disable"
    ACCOUNT_ENABLED = "console:account:enable"
    PASSWORD_CHANGED = "console:password:change"  # noqa: S105 - a tag, not a password
    PASSWORD_RESET = "console:password:reset"  # noqa: S105
    ORGANIZATION_CHANGED = "console:organization:change"
    DETAIL_REVEALED = "console:ticket:reveal"
    TICKETS_EXPORTED = "console:ticket:export"
    FILE_OPENED = "console:file:open"
    FAQ_CHANGED = "console:faq:change"
    MODEL_CHANGED = "console:model:change"
    LETTER_DRAFTED = "console:letter:draft"
    DRAFT_REQUESTED = "console:draft:request"
    JOBS_IMPORTED = "console:job:import"
    JOB_ACTIVE = "console:job:active"
    JOBS_EXPORTED = "console:job:export"
    NOTICE_DRAFTED = "console:notice:draft"
    NOTICE_EDITED = "console:notice:edit"
    NOTICE_PUBLISHED = "console:notice:publish"
    NOTICE_WITHDRAWN = "console:notice:withdraw"
    UNION_RATED = "worker:union:rate"
    ORGANIZATIONS_SEEDED = "command:organization:seed"
    ACCOUNT_ADDED = "command:account:create"
    REMINDERS_SENT = "timer:ticket:remind"
    DATA_EXPORTED = "worker:data:export"
    DATA_CORRECTED = "worker:data:correct"
    DATA_ERASED = "worker:data:erase"
    CONSENT_WITHDRAWN = "worker:consent:withdraw"


def record(
    session: AsyncSession,
    tag: AuditTag,
    account: Account | None,
    subject: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry; `subject` and `detail` must not contain personal data of a worker."""
    session.add(
        AuditEntry(
            at=now,
            account_id=account.id if account else None,
            tag=tag.value,
            subject=subject[:SUBJECT_LENGTH],
            detail=dict(detail or {}),
        )
    )
