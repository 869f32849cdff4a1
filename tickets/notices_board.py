"""Notices of a unit (会务公开): drafted by its cadres, published by its leader or administrator, read by workers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Organization
from storage.service_models import Notice
from tickets.access import Action, may, units_below
from tickets.audit import AuditTag, record
from tickets.errors import (
    EmptyText,
    NotAllowed,
    NoticeIsPublished,
    NoticeNamesPeople,
    NoticeNotPublished,
    NoticeTooLong,
    Outdated,
)
from tickets.masking import without_identity

DRAFT, PUBLISHED, WITHDRAWN = "draft", "published", "withdrawn"
STATES: Final = (DRAFT, PUBLISHED, WITHDRAWN)
TITLE_CHARACTERS: Final = 60
TEXT_CHARACTERS: Final = 3_000  # with title and date below the 4,096 of one Telegram message
PAGE_ROWS: Final = 50


@dataclass(frozen=True)
class Filters:
    """What the console's list asks for."""

    q: str = ""
    state: str = ""


@dataclass(frozen=True)
class ListPage:
    """One page of the list."""

    rows: Sequence[Notice]
    units: Mapping[int, str]
    total: int
    pages: int


def _seen_by(account: Account) -> ColumnElement[bool]:
    if not may(account, Action.WRITE_NOTICES):
        return false()
    return Notice.organization_id.in_(units_below(account))


async def load_page(session: AsyncSession, account: Account, filters: Filters, number: int) -> ListPage:
    """Return a page of the notices of the account's unit and below, newest first: three queries."""
    condition = _seen_by(account)
    if filters.state:
        condition = and_(condition, Notice.status == filters.state)
    if filters.q:
        found = (column.icontains(filters.q, autoescape=True) for column in (Notice.title, Notice.text))
        condition = and_(condition, or_(*found))
    total = await session.scalar(select(func.count()).select_from(Notice).where(condition)) or 0
    query = select(Notice).where(condition).order_by(Notice.updated_at.desc(), Notice.id.desc())
    rows = (await session.scalars(query.limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS))).all()
    names = select(Organization.id, Organization.name).where(
        Organization.id.in_({row.organization_id for row in rows})
    )
    units = {row.id: row.name for row in await session.execute(names)}
    return ListPage(rows, units, total, max(1, -(-total // PAGE_ROWS)))


async def access_notice(session: AsyncSession, account: Account, notice_id: int) -> Notice:
    """Return a notice of the account's unit or below, to read; raises NotAllowed."""
    found: Notice | None = await session.scalar(
        select(Notice).where(Notice.id == notice_id, _seen_by(account))
    )
    if found is None:
        raise NotAllowed
    return found


def may_write(account: Account, notice: Notice) -> bool:
    """Tell whether the account may change the text: everybody of the unit whose notice it is."""
    return may(account, Action.WRITE_NOTICES) and account.organization_id == notice.organization_id


def may_publish(account: Account, notice: Notice) -> bool:
    """Tell whether the account may publish: it is the unit itself that speaks, not the one above."""
    return may(account, Action.PUBLISH_NOTICES) and account.organization_id == notice.organization_id


async def create(session: AsyncSession, account: Account, title: str, text: str, now: datetime) -> Notice:
    """Add a draft of the account's own unit; raises EmptyText, NoticeTooLong, NoticeNamesPeople."""
    if not may(account, Action.WRITE_NOTICES):
        raise NotAllowed
    title, text = _checked(title, text)
    notice = Notice(
        organization_id=account.organization_id, title=title, text=text, status=DRAFT, pushed=False,
        account_id=account.id, version=1, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(notice)
    await session.flush()
    _audit(session, AuditTag.NOTICE_DRAFTED, account, notice, now)
    return notice


async def edit(
    session: AsyncSession, account: Account, notice_id: int, version: int, title: str, text: str, now: datetime
) -> Notice:  # fmt: skip
    """Change a draft; a withdrawn notice becomes one again.

    Raises Outdated, NoticeIsPublished, and what `create` raises.
    """
    notice = await _locked(session, account, notice_id, version)
    if not may_write(account, notice):
        raise NotAllowed
    if notice.status == PUBLISHED:
        raise NoticeIsPublished
    notice.title, notice.text = _checked(title, text)
    notice.status, notice.account_id = DRAFT, account.id
    _moved(session, AuditTag.NOTICE_EDITED, account, notice, now)
    return notice


async def publish(
    session: AsyncSession, account: Account, notice_id: int, version: int, now: datetime
) -> Notice:
    """Let everybody read it from now on; raises Outdated, NoticeIsPublished, NotAllowed."""
    notice = await _locked(session, account, notice_id, version)
    if not may_publish(account, notice):
        raise NotAllowed
    if notice.status == PUBLISHED:
        raise NoticeIsPublished
    notice.status, notice.published_at = PUBLISHED, now
    _moved(session, AuditTag.NOTICE_PUBLISHED, account, notice, now)
    return notice


async def withdraw(
    session: AsyncSession, account: Account, notice_id: int, version: int, now: datetime
) -> Notice:
    """Take a published notice away; a unit above may, too. Raises Outdated, NoticeNotPublished, NotAllowed."""
    notice = await _locked(session, account, notice_id, version)
    if not may(account, Action.PUBLISH_NOTICES):
        raise NotAllowed
    if notice.status != PUBLISHED:
        raise NoticeNotPublished
    notice.status = WITHDRAWN
    _moved(session, AuditTag.NOTICE_WITHDRAWN, account, notice, now)
    return notice


async def _locked(session: AsyncSession, account: Account, notice_id: int, version: int) -> Notice:
    query = select(Notice).where(Notice.id == notice_id, _seen_by(account)).with_for_update()
    notice: Notice | None = await session.scalar(query.execution_options(populate_existing=True))
    if notice is None:
        raise NotAllowed
    if notice.version != version:
        raise Outdated
    return notice


def _checked(title: str, text: str) -> tuple[str, str]:
    title, text = " ".join(title.split()), text.strip()
    if not title or not text:
        raise EmptyText
    if len(title) > TITLE_CHARACTERS or len(text) > TEXT_CHARACTERS:
        raise NoticeTooLong(title=TITLE_CHARACTERS, text=TEXT_CHARACTERS)
    if any(without_identity(one) != one for one in (title, text)):
        raise NoticeNamesPeople
    return title, text


def _moved(session: AsyncSession, tag: AuditTag, account: Account, notice: Notice, now: datetime) -> None:
    notice.version += 1
    notice.updated_at = now
    _audit(session, tag, account, notice, now)


def _audit(session: AsyncSession, tag: AuditTag, account: Account, notice: Notice, now: datetime) -> None:
    record(session, tag, account, f"notice:{notice.id}", now, {"version": notice.version})


def _of_unit_and_above(unit: Organization) -> ColumnElement[bool]:
    ids = [int(part) for part in unit.path.split("/") if part]
    return and_(Notice.status == PUBLISHED, Notice.organization_id.in_(ids))


async def newest(
    session: AsyncSession, unit: Organization, *, count: int, skip: int = 0
) -> Sequence[tuple[Notice, str]]:
    """Return published notices of the unit and those above it, newest first, each with its unit's name."""
    query = (
        select(Notice, Organization.name)
        .join(Organization, Organization.id == Notice.organization_id)
        .where(_of_unit_and_above(unit))
        .order_by(Notice.published_at.desc(), Notice.id.desc())
    )
    found = await session.execute(query.limit(count).offset(skip))
    return [(notice, name) for notice, name in found]


async def published(session: AsyncSession, notice_id: int) -> tuple[Notice, str] | None:
    """Return a notice that everybody may read, with its unit's name; None for a draft or what was withdrawn."""
    query = (
        select(Notice, Organization.name)
        .join(Organization, Organization.id == Notice.organization_id)
        .where(Notice.id == notice_id, Notice.status == PUBLISHED)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])
