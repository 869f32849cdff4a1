"""Passing a ticket on: to another unit or person, to oneself, back to the bot; moving its deadline."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Conversation, Organization, Ticket, TicketEvent
from tickets.access import Action, may
from tickets.catalogue import catalogue
from tickets.changes import add_event, first_response_given, lock_for_cadre, require_mine, touch
from tickets.delivery import tell_worker
from tickets.errors import AlreadyExtended, MissingReason, WrongTarget
from tickets.notices import notify, notify_responsible
from tickets.routing import least_busy
from tickets.sla import DEFAULT_POLICY, SHANGHAI, SlaPolicy
from tickets.times import before_text
from tickets.values import EventKind, State
from tickets.worker import release

LONGEST_EXTENSION_DAYS = 30


async def transfer(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    organization_id: int | None,
    assignee_id: int | None,
    reason: str,
    now: datetime,
    *,
    version: int | None = None,
) -> Ticket:
    """Pass the ticket to a unit or a person (either may be None) with a reason; deadlines stay as they are.

    The worker is told and need not repeat anything. Raises WrongTarget, MissingReason, Outdated, NotAllowed.
    """
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    if not reason.strip():
        raise MissingReason
    before = ticket.organization_id
    unit, person = await _target(session, ticket, organization_id, assignee_id, now)
    ticket.organization, ticket.assignee = unit, person
    if ticket.state != State.WAITING:
        ticket.state = State.PENDING.value
    release(conversation, ticket)
    touch(ticket, now)
    await session.flush()
    data = {"from": before, "to": unit.id, "assignee": person.id if person else None}
    add_event(session, ticket, EventKind.TRANSFERRED, now, account=account, text=reason.strip(), data=data)
    await _tell_transferred(session, conversation, ticket, now, same_unit=unit.id == before)
    await notify_responsible(session, ticket, "transferred", now)
    return ticket


async def _target(
    session: AsyncSession, ticket: Ticket, organization_id: int | None, assignee_id: int | None, now: datetime
) -> tuple[Organization, Account | None]:
    if organization_id is None and assignee_id is None:
        raise WrongTarget
    person = await session.get(Account, assignee_id) if assignee_id is not None else None
    wanted = organization_id or (person.organization_id if person else ticket.organization_id)
    unit = await session.get(Organization, wanted)
    if unit is None or (
        unit.level == "enterprise" and not ticket.facts.get("share_with_employer_union", False)
    ):
        raise WrongTarget
    if assignee_id is not None:
        if person is None or person.organization_id != unit.id or not may(person, Action.WORK_TICKETS):
            raise WrongTarget
    elif unit.id != ticket.organization_id:
        person = await least_busy(session, unit.id, now.astimezone(SHANGHAI).date())
    if (unit.id, person.id if person else None) == (ticket.organization_id, ticket.assignee_id):
        raise WrongTarget
    return unit, person


async def _tell_transferred(
    session: AsyncSession, conversation: Conversation, ticket: Ticket, now: datetime, *, same_unit: bool
) -> None:
    key = "transferred_unit" if same_unit and ticket.assignee else "transferred"
    text = catalogue().message(
        key,
        number=ticket.number,
        unit=ticket.organization.name,
        name=ticket.assignee.display_name if ticket.assignee else "",
        close_due=before_text(ticket.close_due, now),
    )
    await tell_worker(session, conversation, ticket, text, now)


async def take_over(
    session: AsyncSession, account: Account, ticket_id: int, now: datetime, *, version: int | None = None
) -> Ticket:
    """Talk to the worker oneself: the bot falls silent, a colleague who had the ticket is told."""
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    colleague = ticket.assignee if ticket.assignee_id != account.id else None
    if conversation.human_ticket_id == ticket.id and ticket.assignee_id == account.id:
        return ticket
    ticket.assignee = await session.get_one(Account, account.id)
    conversation.human_ticket_id = ticket.id
    first_response_given(ticket, now)
    if ticket.state != State.WAITING:
        ticket.state = State.WORKING.value
    touch(ticket, now)
    await session.flush()
    data = {"from": colleague.id if colleague else None}
    add_event(session, ticket, EventKind.TAKEN_OVER, now, account=account, data=data)
    if colleague is not None:
        notify(session, ticket, "taken_over", [colleague], now)
    text = catalogue().message("taken_over", number=ticket.number, name=account.display_name)
    await tell_worker(session, conversation, ticket, text, now, account=account)
    return ticket


async def hand_back(
    session: AsyncSession, account: Account, ticket_id: int, now: datetime, *, version: int | None = None
) -> Ticket:
    """Let the bot answer again while the ticket stays open; nothing happens when nobody was talking."""
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    if conversation.human_ticket_id != ticket.id:
        return ticket
    await require_mine(session, account, ticket)
    conversation.human_ticket_id = None
    touch(ticket, now)
    add_event(session, ticket, EventKind.HANDED_BACK, now, account=account)
    text = catalogue().message(
        "handed_back", number=ticket.number, close_due=before_text(ticket.close_due, now)
    )
    await tell_worker(session, conversation, ticket, text, now, account=account)
    return ticket


async def extend(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    days: int,
    reason: str,
    now: datetime,
    policy: SlaPolicy = DEFAULT_POLICY,
    *,
    version: int | None = None,
) -> Ticket:
    """Move the close deadline by working days, once, by a leader, with a reason that the worker reads."""
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version, Action.EXTEND_TICKETS)
    if not reason.strip() or not 1 <= days <= LONGEST_EXTENSION_DAYS:
        raise MissingReason
    query = select(TicketEvent.id).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.EXTENDED.value
    )
    if await session.scalar(query.limit(1)) is not None:
        raise AlreadyExtended
    ticket.close_due = policy.calendar.add_working_days(ticket.close_due, days)
    if ticket.first_response_at is not None and ticket.state != State.WAITING:
        ticket.next_due = ticket.close_due
    ticket.reminded = {key: value for key, value in ticket.reminded.items() if key != "close"}
    touch(ticket, now)
    data = {"days": days}
    add_event(session, ticket, EventKind.EXTENDED, now, account=account, text=reason.strip(), data=data)
    text = catalogue().message(
        "extended", number=ticket.number, close_due=before_text(ticket.close_due, now), reason=reason.strip()
    )
    await tell_worker(session, conversation, ticket, text, now, speaker=account)
    return ticket
