"""What a worker may know of their tickets."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Ticket
from tickets.catalogue import catalogue
from tickets.sla import DEFAULT_POLICY
from tickets.times import before_text
from tickets.values import State, TicketBrief


def can_reopen(ticket: Ticket, now: datetime | None, reopen_days: int) -> bool:
    """Tell whether the worker may ask for the matter to be taken up again; without `now` no day counts."""
    if ticket.state != State.CLOSED or ticket.closed_at is None:
        return False
    return now is None or now <= ticket.closed_at + timedelta(days=reopen_days)


def brief(
    ticket: Ticket, now: datetime | None = None, reopen_days: int = DEFAULT_POLICY.reopen_days
) -> TicketBrief:
    """Return the worker's view of a ticket; texts are ready to read."""
    words, seen = catalogue(), now or ticket.updated_at
    return TicketBrief(
        id=ticket.id,
        number=ticket.number,
        category=ticket.category,
        category_label=words.category(ticket.category).label,
        state=ticket.state,
        state_label=words.states[ticket.state],
        open=ticket.open,
        unit=ticket.organization.name,
        assignee=ticket.assignee.display_name if ticket.assignee else None,
        first_response_due=ticket.first_response_due,
        close_due=ticket.close_due,
        closed_at=ticket.closed_at,
        result=ticket.result,
        rating=ticket.rating,
        can_reopen=can_reopen(ticket, now, reopen_days),
        first_response_due_text=before_text(ticket.first_response_due, seen),
        close_due_text=before_text(ticket.close_due, seen),
        next_due_text=before_text(ticket.next_due, seen),
    )


async def briefs_of(
    session: AsyncSession,
    conversation_id: int,
    now: datetime | None = None,
    reopen_days: int = DEFAULT_POLICY.reopen_days,
) -> tuple[TicketBrief, ...]:
    """Return all tickets of a conversation, newest first."""
    query = select(Ticket).where(Ticket.conversation_id == conversation_id).order_by(Ticket.id.desc())
    return tuple(brief(ticket, now, reopen_days) for ticket in await session.scalars(query))


async def find_ticket(session: AsyncSession, conversation_id: int, number: str) -> Ticket | None:
    """Return the conversation's ticket with this number; None for somebody else's."""
    return await session.scalar(
        select(Ticket).where(Ticket.conversation_id == conversation_id, Ticket.number == number)
    )
