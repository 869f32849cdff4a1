"""A copy of everything that is stored about a person: one file to read, one for a machine (PIPL art. 45)."""

import asyncio
import json
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.files import TOKEN_BYTES, FileStore, sent_file
from bot.messages import Outbound
from bot.personal_texts import day_of, texts
from dialogs.values import TicketView
from storage.models import Attachment, Conversation, Ticket
from tickets import personal_data
from tickets.audit import AuditTag, record
from tickets.catalogue import catalogue
from tickets.documents.store import ABROAD
from tickets.erasure import named_files
from tickets.personal_data import EXPORT

KEPT_DAYS: Final = 7


async def hand_out(
    session: AsyncSession, conversation: Conversation, files: FileStore, now: datetime
) -> Outbound:
    """Return a message that carries both files; a channel abroad gets numbers masked."""
    found = await personal_data.copy_of(session, conversation, masked=conversation.channel in ABROAD)
    sent = []
    for data, ending, content_type in (
        (readable(found, now).encode(), "txt", "text/plain; charset=utf-8"),
        (json.dumps(found, ensure_ascii=False, indent=1).encode(), "json", "application/json"),
    ):
        sha256 = await asyncio.to_thread(files.keep, data)
        row = Attachment(
            token=secrets.token_urlsafe(TOKEN_BYTES), conversation_id=conversation.id, paper=EXPORT, scan="clean",
            sha256=sha256, filename=f"{_words()['file'].format(date=day_of(now))}.{ending}",
            content_type=content_type, size=len(data), created_at=now,
        )  # fmt: skip
        session.add(row)
        sent.append(sent_file(row))
    record(session, AuditTag.DATA_EXPORTED, None, f"conversation:{conversation.id}", now)
    await session.flush()
    return Outbound("", files=tuple(sent))


async def forget_old(session: AsyncSession, now: datetime) -> frozenset[str]:
    """Delete copies after their days; return the hashes that nothing names any more."""
    old = (Attachment.paper == EXPORT, Attachment.created_at < now - timedelta(days=KEPT_DAYS))
    hashes = set(await session.scalars(select(Attachment.sha256).where(*old)))
    await session.execute(delete(Attachment).where(*old))
    return frozenset(hashes - await named_files(session, hashes))


def view_of(ticket: Ticket) -> TicketView:
    """Return a ticket as its worker may know it."""
    words = catalogue()
    return TicketView(
        number=ticket.number, category=ticket.category, label=words.category(ticket.category).label,
        state=words.states[ticket.state], open=ticket.open, unit=ticket.organization.name, assignee=None, due="",
    )  # fmt: skip


def readable(found: Mapping[str, Any], now: datetime) -> str:
    """Return the copy as plain text."""
    words = _words()
    parts = [words["title"].format(date=day_of(now)), words["note"], ""]
    for name, label in words["head"].items():
        value = found.get(name)
        if value not in (None, "", [], {}, 0):
            parts += [f"【{label}】", *_lines(value), ""]
    return "\n".join(parts)


def _lines(value: Any) -> Iterator[str]:
    words = _words()
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if inner not in (None, "", [], {}):
                yield f"  {words['head'].get(name, _fields().get(name, name))}: {_flat(inner)}"
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, Mapping) and "from" in one:
                yield f"{one['at'][:16]} {words['authors'].get(one['from'], one['from'])}: {one['text']}"
            elif isinstance(one, Mapping):
                yield "- " + "; ".join(f"{name} {_flat(inner)}" for name, inner in one.items() if inner)
            else:
                yield f"- {one}"
    else:
        yield str(value)


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_fields().get(name, name)} {_flat(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_flat(one) for one in value)
    return str(value)


def _words() -> dict[str, Any]:
    found: dict[str, Any] = texts()["export"]
    return found


def _fields() -> dict[str, str]:
    found: dict[str, str] = texts()["fields"]
    return found
