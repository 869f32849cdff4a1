"""What every change to a ticket goes through: locks, version check, history, clocks."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Conversation, Ticket, TicketEvent
from tickets.access import Action, access_ticket
from tickets.errors import AlreadyClosed, NotAllowed, Outdated, PersonErased, TakenByColleague
from tickets.sla import SlaPolicy
from tickets.values import EventKind, State

NOBODY = "erased"  # channel of the row that anonymous tickets belong to: nothing is sent there


def add_event(
    session: AsyncSession,
    ticket: Ticket,
    kind: EventKind,
    now: datetime,
    *,
    account: Account | None = None,
    text: str | None = None,
    data: dict[str, Any] | None = None,
) -> TicketEvent:
    """Append to the history. `text` is encrypted; `data` must not contain personal data."""
    event = TicketEvent(
        ticket_id=ticket.id,
        at=now,
        kind=kind.value,
        account_id=account.id if account else None,
        text=text,
        data=data or {},
    )
    session.add(event)
    return event


def touch(ticket: Ticket, now: datetime) -> None:
    """Mark a change of state, person, unit or deadline: pages loaded before it are outdated."""
    ticket.version += 1
    ticket.updated_at = now


async def lock_conversation(session: AsyncSession, conversation_id: int) -> Conversation:
    """Lock the conversation; always before its tickets, as a turn does, so that nobody waits in a circle."""
    query = select(Conversation).where(Conversation.id == conversation_id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def lock_for_worker(session: AsyncSession, ticket_id: int) -> tuple[Conversation, Ticket]:
    """Return conversation and ticket, locked; the caller has checked that the ticket is this worker's."""
    query = select(Ticket).where(Ticket.id == ticket_id)
    found = await session.scalar(query)
    if found is None:
        raise NotAllowed
    conversation = await lock_conversation(session, found.conversation_id)
    locking = query.with_for_update(of=Ticket).execution_options(populate_existing=True)
    return conversation, (await session.scalars(locking)).one()


async def lock_for_cadre(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    version: int | None,
    action: Action = Action.WORK_TICKETS,
) -> tuple[Conversation, Ticket]:
    """Return conversation and open ticket, locked.

    Raises NotAllowed, AlreadyClosed, or Outdated when `version` (what the cadre's page showed) is not
    the ticket's any more.
    """
    seen = await access_ticket(session, account, ticket_id, action)
    conversation = await lock_conversation(session, seen.conversation_id)
    ticket = await access_ticket(session, account, ticket_id, action, lock=True)
    if version is not None and version != ticket.version:
        raise Outdated
    if not ticket.open:
        raise AlreadyClosed
    return conversation, ticket


async def require_mine(session: AsyncSession, account: Account, ticket: Ticket) -> None:
    """Raise TakenByColleague when somebody else is answering; a free ticket becomes this account's."""
    if ticket.assignee_id is None:
        ticket.assignee = await session.get_one(Account, account.id)  # `account` may be of another session
        await session.flush()
    elif ticket.assignee_id != account.id:
        name = ticket.assignee.display_name if ticket.assignee else ""
        raise TakenByColleague(name=name)


async def require_person(session: AsyncSession, ticket: Ticket) -> None:
    """Raise PersonErased when the ticket belongs to nobody any more."""
    query = select(Conversation.channel).where(Conversation.id == ticket.conversation_id)
    if await session.scalar(query) == NOBODY:
        raise PersonErased


def first_response_given(ticket: Ticket, now: datetime) -> None:
    """Stop the first clock: a person has answered the worker."""
    if ticket.first_response_at is None:
        ticket.first_response_at = now
        ticket.next_due = ticket.close_due


async def end_waiting(session: AsyncSession, ticket: Ticket, now: datetime, policy: SlaPolicy) -> None:
    """Take up a ticket that waited for material: the working time of the wait is added to the deadline."""
    if ticket.state != State.WAITING:
        return
    asked = await session.scalar(
        select(TicketEvent.at)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.MATERIAL_ASKED.value)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    )
    if asked is not None:
        waited = policy.calendar.working_between(asked, now)
        ticket.close_due = policy.calendar.add_working(ticket.close_due, waited.total_seconds() / 3600)
    ticket.state = State.WORKING.value
    ticket.next_due = ticket.close_due
