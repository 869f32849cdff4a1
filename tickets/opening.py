"""Opening a ticket: number, unit, cadre, deadlines, history, notice; and what the worker is told of it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.cipher import current_cipher
from storage.models import Organization, Ticket
from tickets.catalogue import Category, catalogue
from tickets.changes import add_event, lock_conversation
from tickets.masking import mask_json, mask_text
from tickets.notices import everyone_in_charge, notify, notify_responsible
from tickets.numbers import next_number
from tickets.routing import route
from tickets.sla import SHANGHAI, SlaPolicy
from tickets.values import URGENCIES, EventKind, NewTicket, State, Urgency

PHONE_DIGITS = 11


async def open_ticket(session: AsyncSession, new: NewTicket, now: datetime, policy: SlaPolicy) -> Ticket:
    """Open the matter and tell its cadre; the same message never opens a second one.

    Returns the ticket that `opened_by_message_id` opened before, unchanged, when there is one.
    Raises NoUnit when no union unit is set up.
    """
    await lock_conversation(session, new.conversation_id)
    before = await _opened_by(session, new)
    if before is not None:
        return before
    category = catalogue().category(new.category)
    unit, assignee = await route(session, new.region, new.category, now.astimezone(SHANGHAI).date())
    ticket = _build(new, category, unit, now, policy)
    ticket.number = await next_number(session, unit, now)
    ticket.organization, ticket.assignee = unit, assignee
    session.add(ticket)
    await session.flush()
    data = {"unit": unit.code, "category": new.category, "urgency": ticket.urgency}
    add_event(session, ticket, EventKind.OPENED, now, data=data)
    await _notify_opened(session, ticket, now)
    await session.flush()
    return ticket


def _build(
    new: NewTicket, category: Category, unit: Organization, now: datetime, policy: SlaPolicy
) -> Ticket:
    urgency = higher_urgency(new.urgency, category.urgency)
    first_due, close_due = policy.first_response_due(urgency, now), policy.close_due(category, now)
    return Ticket(
        conversation_id=new.conversation_id,
        opened_by_message_id=new.opened_by_message_id,
        category=new.category,
        title=new.title,
        state=State.PENDING.value,
        open=True,
        urgency=urgency,
        region=new.region,
        # Not encrypted, since lists filter by them: a number that slipped in is hidden.
        employer=mask_text(new.employer)[:128] if new.employer else None,
        facts=mask_json(dict(new.facts)),
        amount_yuan=new.amount_yuan,
        people_count=new.people_count,
        sensitive=dict(new.sensitive) or None,
        phone_index=phone_index(str(new.sensitive.get("phone") or "")),
        organization_id=unit.id,
        first_response_due=first_due,
        close_due=close_due,
        next_due=first_due,
        reminded={},
        version=1,
        created_at=now,
        updated_at=now,
    )


def higher_urgency(one: Urgency, other: Urgency) -> Urgency:
    """Return the more urgent of two."""
    return max(one, other, key=URGENCIES.index)


def phone_index(phone: str) -> str | None:
    """Return the blind index by which a phone number is found, however typed; None without digits."""
    digits = "".join(str(int(char)) for char in phone if char.isdecimal())
    return current_cipher().blind_index(digits[-PHONE_DIGITS:]) if digits else None


async def _opened_by(session: AsyncSession, new: NewTicket) -> Ticket | None:
    if new.opened_by_message_id is None:
        return None
    query = select(Ticket).where(
        Ticket.conversation_id == new.conversation_id, Ticket.opened_by_message_id == new.opened_by_message_id
    )
    return await session.scalar(query)


async def _notify_opened(session: AsyncSession, ticket: Ticket, now: datetime) -> None:
    if ticket.urgency == "critical":
        notify(session, ticket, "critical", await everyone_in_charge(session, ticket, now), now)
    else:
        await notify_responsible(session, ticket, "opened", now)
