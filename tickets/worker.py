"""The worker's side of a ticket: adding, withdrawing, rating, reopening."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Attachment, Conversation, Message, Ticket, TicketEvent
from tickets.briefs import can_reopen
from tickets.catalogue import catalogue
from tickets.changes import add_event, end_waiting, lock_for_worker, touch
from tickets.errors import AlreadyClosed, NotAllowed, NotClosed, ReopenTooLate, WrongStars
from tickets.notices import is_away, leaders_of, notify, notify_responsible
from tickets.routing import least_busy
from tickets.sla import DEFAULT_POLICY, SHANGHAI, SlaPolicy
from tickets.values import EventKind, State

STARS = range(1, 6)
POOR_STARS = 2  # at or below, the unit's leaders hear of it


async def add_from_worker(
    session: AsyncSession, ticket_id: int, message_id: int, now: datetime, policy: SlaPolicy = DEFAULT_POLICY
) -> Ticket:
    """Attach the worker's message (and its files) to an open ticket; a ticket that waited for it goes on.

    The cadre gets one notice however many messages follow each other. Raises AlreadyClosed.
    """
    _, ticket = await lock_for_worker(session, ticket_id)
    if not ticket.open:
        raise AlreadyClosed
    message = await session.get(Message, message_id)
    if message is None or message.conversation_id != ticket.conversation_id:
        raise NotAllowed
    if message.ticket_id == ticket.id:
        return ticket  # the same message again
    message.ticket_id = ticket.id
    for file in await session.scalars(select(Attachment).where(Attachment.message_id == message_id)):
        file.ticket_id = ticket.id
    if ticket.state == State.WAITING:
        await end_waiting(session, ticket, now, policy)
        touch(ticket, now)
    first = await _last_event(session, ticket) != EventKind.WORKER_ADDED
    add_event(session, ticket, EventKind.WORKER_ADDED, now, data={"message_id": message_id})
    if first:
        await notify_responsible(session, ticket, "worker_added", now)
    await session.flush()
    return ticket


async def _last_event(session: AsyncSession, ticket: Ticket) -> str | None:
    query = select(TicketEvent.kind).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.kind != EventKind.REMINDER.value
    )
    return await session.scalar(query.order_by(TicketEvent.id.desc()).limit(1))


async def withdraw(session: AsyncSession, ticket_id: int, now: datetime) -> Ticket:
    """Close the ticket at the worker's wish; withdrawing twice changes nothing. Raises AlreadyClosed."""
    conversation, ticket = await lock_for_worker(session, ticket_id)
    if ticket.state == State.WITHDRAWN:
        return ticket
    if not ticket.open:
        raise AlreadyClosed
    ticket.state, ticket.open = State.WITHDRAWN.value, False
    ticket.closed_at, ticket.closure_code = now, "withdrawn"
    release(conversation, ticket)
    touch(ticket, now)
    add_event(session, ticket, EventKind.WITHDRAWN, now)
    await notify_responsible(session, ticket, "withdrawn", now)
    await session.flush()
    return ticket


def release(conversation: Conversation, ticket: Ticket) -> None:
    """Let the bot speak again, if it was this ticket's cadre who talked."""
    if conversation.human_ticket_id == ticket.id:
        conversation.human_ticket_id = None


async def rate(session: AsyncSession, ticket_id: int, stars: int, now: datetime) -> Ticket:
    """Store 1 to 5 stars for a closed ticket; a second rating replaces the first.

    Raises NotClosed, WrongStars.
    """
    _, ticket = await lock_for_worker(session, ticket_id)
    if stars not in STARS:
        raise WrongStars
    if ticket.state != State.CLOSED:
        raise NotClosed
    if ticket.rating == stars:
        return ticket
    ticket.rating, ticket.updated_at = stars, now
    add_event(session, ticket, EventKind.RATED, now, data={"stars": stars})
    if stars <= POOR_STARS:
        today = now.astimezone(SHANGHAI).date()
        notify(session, ticket, "low_rating", await leaders_of(session, ticket.organization_id, today), now)
    await session.flush()
    return ticket


async def reopen(
    session: AsyncSession, ticket_id: int, reason: str | None, now: datetime, policy: SlaPolicy
) -> Ticket:
    """Take a closed matter up again, with new deadlines, at the same unit and, if they are there, person.

    Reopening an open ticket changes nothing. Raises ReopenTooLate, NotClosed (withdrawn).
    """
    _, ticket = await lock_for_worker(session, ticket_id)
    if ticket.open:
        return ticket
    if ticket.state != State.CLOSED:
        raise NotClosed
    if not can_reopen(ticket, now, policy.reopen_days):
        raise ReopenTooLate(days=policy.reopen_days)
    if ticket.assignee is None or is_away(ticket.assignee, now):
        today = now.astimezone(SHANGHAI).date()
        ticket.assignee = await least_busy(session, ticket.organization_id, today)
    _restart(ticket, now, policy)
    add_event(session, ticket, EventKind.REOPENED, now, text=(reason or "").strip() or None)
    await notify_responsible(session, ticket, "reopened", now)
    await session.flush()
    return ticket


def _restart(ticket: Ticket, now: datetime, policy: SlaPolicy) -> None:
    urgency = ticket.urgency if ticket.urgency in {"urgent", "critical"} else "normal"
    ticket.state, ticket.open = State.REOPENED.value, True
    ticket.closed_at = ticket.closure_code = ticket.result = ticket.rating = ticket.first_response_at = None
    ticket.first_response_due = policy.first_response_due(urgency, now)  # type: ignore[arg-type]
    ticket.close_due = policy.close_due(catalogue().category(ticket.category), now)
    ticket.next_due, ticket.reminded = ticket.first_response_due, {"started": now.isoformat()}
    touch(ticket, now)
