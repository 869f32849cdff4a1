"""What is stored about a person, for their own eyes: to see, copy, correct, and consents to take back (PIPL 44-48)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Attachment, Consent, Conversation, Message, Ticket
from storage.service_models import Document, JobSearch, NoticeSubscription, Reminder
from tickets.access import OWN_COPY
from tickets.audit import AuditTag, record
from tickets.catalogue import catalogue
from tickets.changes import add_event, touch
from tickets.masking import mask_json, mask_sensitive
from tickets.notices import notify_responsible
from tickets.opening import phone_index
from tickets.values import EventKind

EXPORT: Final = OWN_COPY
CORRECTABLE: Final = ("phone", "name", "id_number", "home", "mail")  # in the order of asking


@dataclass(frozen=True)
class Overview:
    """How much of what there is; details are masked."""

    since: datetime
    messages: int
    files: int
    profile: Mapping[str, Any]
    tickets: tuple[Ticket, ...]
    details: Mapping[str, str]  # field -> masked value, of all tickets
    reminders: int
    job_search: bool
    notices: int
    consents: tuple[Consent, ...]  # oldest first
    waits: bool  # everything is to be deleted once nothing is open


async def overview(session: AsyncSession, conversation: Conversation, waits: str) -> Overview:
    """Return what is stored about the person of this conversation; `waits` names the preference to delete later."""
    number = conversation.id
    files = Attachment.paper.is_distinct_from(EXPORT)
    tickets = await _all(session, Ticket, number)
    details: dict[str, str] = {}
    for ticket in tickets:
        details |= mask_sensitive(ticket.sensitive)
    return Overview(
        since=conversation.created_at,
        messages=await _count(session, Message, number),
        files=await _count(session, Attachment, number, files),
        profile=dict(conversation.profile or {}),
        tickets=tuple(tickets),
        details=details,
        reminders=await _count(session, Reminder, number, Reminder.active),
        job_search=await _count(session, JobSearch, number) > 0,
        notices=await _count(session, NoticeSubscription, number),
        consents=tuple(await _all(session, Consent, number)),
        waits=bool((conversation.preferences or {}).get(waits)),
    )


async def _count(session: AsyncSession, table: Any, conversation_id: int, *where: Any) -> int:
    query = select(func.count()).select_from(table).where(table.conversation_id == conversation_id, *where)
    return await session.scalar(query) or 0


async def _all(session: AsyncSession, table: Any, conversation_id: int) -> list[Any]:
    query = select(table).where(table.conversation_id == conversation_id).order_by(table.id)
    return list(await session.scalars(query))


async def copy_of(session: AsyncSession, conversation: Conversation, *, masked: bool) -> dict[str, Any]:
    """Return everything that the person told and was told, as JSON values; `masked`: for a channel abroad."""
    number = conversation.id
    papers = await _all(session, Document, number)
    found = {
        "channel": conversation.channel,
        "since": conversation.created_at.isoformat(),
        "profile": conversation.profile or {},
        "messages": [_message(row) for row in await _all(session, Message, number)],
        "tickets": [_ticket(row, masked=masked) for row in await _all(session, Ticket, number)],
        "papers": [{"kind": row.kind, "version": row.version, "data": row.data} for row in papers],
        "files": [
            {
                "name": row.filename,
                "type": row.content_type,
                "bytes": row.size,
                "at": row.created_at.isoformat(),
            }
            for row in await _all(session, Attachment, number)
            if row.paper != EXPORT
        ],
        "consents": [
            {"purpose": row.purpose, "granted": row.granted, "at": row.created_at.isoformat()}
            for row in await _all(session, Consent, number)
        ],
        "reminders": [
            {"kind": row.kind, "subject": row.subject, "due": row.due_at.isoformat(), "active": row.active}
            for row in await _all(session, Reminder, number)
        ],
        "job_search": [
            {"trade": row.trade, "region": row.region, "monthly_wage": row.monthly_wage, "notify": row.notify}
            for row in await _all(session, JobSearch, number)
        ],
        "notices": await _count(session, NoticeSubscription, number),
    }
    if masked:
        papers_without = [{"kind": row.kind, "version": row.version} for row in papers]
        return {**_masked(found), "papers": papers_without}
    return found


def _masked(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: mask_json(value) for name, value in found.items()}


def _message(row: Message) -> dict[str, Any]:
    return {"at": row.created_at.isoformat(), "from": row.author, "text": row.text}


def _ticket(row: Ticket, *, masked: bool) -> dict[str, Any]:
    words = catalogue()
    return {
        "number": row.number,
        "category": words.category(row.category).label,
        "state": words.states[row.state],
        "title": row.title,
        "region": row.region,
        "employer": row.employer,
        "amount_yuan": row.amount_yuan,
        "people_count": row.people_count,
        "facts": row.facts,
        "details": mask_sensitive(row.sensitive) if masked else row.sensitive or {},
        "unit": row.organization.name,
        "result": row.result,
        "rating": row.rating,
        "opened": row.created_at.isoformat(),
        "closed": row.closed_at.isoformat() if row.closed_at else None,
    }


def correctable(found: Overview) -> tuple[str, ...]:
    """Return the details that are stored somewhere and may be corrected here."""
    return tuple(name for name in CORRECTABLE if name in found.details or found.profile.get(name))


async def correct(
    session: AsyncSession, conversation: Conversation, field: str, value: str, note: str, now: datetime
) -> tuple[Ticket, ...]:
    """Put the new value wherever the old one stands, and tell the cadres of open tickets (`note`)."""
    if (conversation.profile or {}).get(field):
        conversation.profile = {**conversation.profile, field: value}
    changed = []
    for ticket in await _all(session, Ticket, conversation.id):
        if (ticket.sensitive or {}).get(field) in (None, ""):
            continue
        ticket.sensitive = {**ticket.sensitive, field: value}
        if field == "phone":
            ticket.phone_index = phone_index(value)
        await _tell(session, ticket, note, now)
        changed.append(ticket)
    for paper in await _all(session, Document, conversation.id):
        if isinstance(paper.data, dict) and paper.data.get(field):
            paper.data = {**paper.data, field: value}
    detail = {"field": field, "tickets": len(changed)}
    record(session, AuditTag.DATA_CORRECTED, None, f"conversation:{conversation.id}", now, detail)
    await session.flush()
    return tuple(changed)


async def withdraw_consent(
    session: AsyncSession,
    conversation: Conversation,
    purpose: str,
    category: str,
    slots: Collection[str],
    note: str,
    now: datetime,
) -> tuple[Ticket, ...]:
    """Record the withdrawal and delete what was told under that consent from the tickets of its service."""
    session.add(Consent(conversation_id=conversation.id, purpose=purpose, granted=False, created_at=now))
    changed = []
    for ticket in await _all(session, Ticket, conversation.id):
        held = {*(ticket.sensitive or {}), *ticket.facts} & set(slots)
        if ticket.category != category or not held:
            continue
        ticket.sensitive = _without(ticket.sensitive or {}, slots) or None
        ticket.facts = _without(ticket.facts, slots)
        if "phone" in slots:
            ticket.phone_index = None
        await _tell(session, ticket, note, now)
        changed.append(ticket)
    detail = {"purpose": purpose, "tickets": len(changed)}
    record(session, AuditTag.CONSENT_WITHDRAWN, None, f"conversation:{conversation.id}", now, detail)
    await session.flush()
    return tuple(changed)


def _without(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in set(names)}


async def _tell(session: AsyncSession, ticket: Ticket, note: str, now: datetime) -> None:
    touch(ticket, now)
    if ticket.open:
        add_event(session, ticket, EventKind.WORKER_ADDED, now, text=note)
        await notify_responsible(session, ticket, "worker_added", now)


def standing_consents(consents: Iterable[Consent]) -> dict[str, Consent]:
    """Return the latest word on each purpose, those that are still given."""
    latest = {row.purpose: row for row in consents}
    return {purpose: row for purpose, row in latest.items() if row.granted}
