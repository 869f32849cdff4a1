"""The cadre's side of a ticket: accepting, talking, asking, noting, closing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Message, Ticket, TicketEvent
from tickets import worker_reminders
from tickets.access import Action, access_ticket, identity_hidden
from tickets.audit import AuditTag, record
from tickets.catalogue import catalogue
from tickets.changes import (
    add_event,
    end_waiting,
    first_response_given,
    lock_for_cadre,
    require_mine,
    require_person,
    touch,
)
from tickets.closing import finish
from tickets.delivery import files_of, tell_worker
from tickets.errors import (
    DuePast,
    EmptyText,
    MissingReason,
    NotAllowed,
    TooLong,
    UnknownClosure,
    UnknownField,
)
from tickets.masking import mask_text
from tickets.outcome_texts import PLAIN, OutcomeTexts
from tickets.sla import DEFAULT_POLICY, SlaPolicy
from tickets.times import before_text
from tickets.values import Button, EventKind, State

TEXT_LIMIT = 3500  # Telegram takes 4096 characters; the header and our own words need the rest


def checked(text: str, *, optional: bool = False) -> str:
    stripped = text.strip()
    if not stripped and not optional:
        raise EmptyText
    if len(stripped) > TEXT_LIMIT:
        raise TooLong(limit=TEXT_LIMIT)
    return stripped


async def accept(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    now: datetime,
    texts: OutcomeTexts = PLAIN,
    *,
    version: int | None = None,
) -> Ticket:
    """Take the ticket on and tell the worker who does it by when; accepting twice changes nothing."""
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    if ticket.state not in {State.PENDING, State.REOPENED}:
        return ticket
    ticket.state = State.ACCEPTED.value
    touch(ticket, now)
    add_event(session, ticket, EventKind.ACCEPTED, now, account=account)
    text = texts.text("accepted", ticket, account, now)
    await tell_worker(session, conversation, ticket, text, now)
    return ticket


async def reply(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    text: str,
    files: Sequence[str],
    now: datetime,
    *,
    version: int | None = None,
) -> Message:
    """Answer the worker; `files` are tokens of attachments in this conversation. The bot falls silent.

    Raises TakenByColleague, Outdated, AlreadyClosed, EmptyText, TooLong, UnknownFile, NotAllowed.
    """
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    words = checked(text, optional=bool(files))
    attachments = await files_of(session, conversation, files)
    first_response_given(ticket, now)
    conversation.human_ticket_id = ticket.id
    if ticket.state not in {State.WORKING, State.WAITING}:
        ticket.state = State.WORKING.value
        touch(ticket, now)
    message = await tell_worker(session, conversation, ticket, words, now, account=account, files=attachments)
    add_event(session, ticket, EventKind.REPLY, now, account=account, data={"message_id": message.id})
    return message


async def ask_material(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    what: str,
    until: datetime,
    now: datetime,
    policy: SlaPolicy = DEFAULT_POLICY,
    texts: OutcomeTexts = PLAIN,
    *,
    version: int | None = None,
) -> Message:
    """Ask the worker for something by `until`; the deadline to close stands still until it comes.

    They are reminded before that day.
    """
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    if until <= now:
        raise DuePast
    await end_waiting(session, ticket, now, policy)
    first_response_given(ticket, now)
    conversation.human_ticket_id = ticket.id
    ticket.state, ticket.next_due = State.WAITING.value, until
    touch(ticket, now)
    text = texts.text("returned", ticket, account, now, what=checked(what), until=before_text(until, now))
    message = await tell_worker(
        session, conversation, ticket, text, now, account=account, buttons=(papers_button(ticket),)
    )
    await worker_reminders.schedule(session, conversation, worker_reminders.PAPERS, until, now, ticket=ticket)
    data = {"message_id": message.id, "until": until.isoformat()}
    add_event(session, ticket, EventKind.MATERIAL_ASKED, now, account=account, text=checked(what), data=data)
    return message


async def add_note(
    session: AsyncSession, account: Account, ticket_id: int, text: str, now: datetime
) -> TicketEvent:
    """Keep an internal note. It is an event and nothing else, so that no channel can ever send it."""
    ticket = await access_ticket(session, account, ticket_id, Action.WORK_TICKETS, lock=True)
    await require_person(session, ticket)
    event = add_event(session, ticket, EventKind.NOTE, now, account=account, text=checked(text))
    await session.flush()
    return event


async def close(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    result: str,
    code: str,
    now: datetime,
    policy: SlaPolicy = DEFAULT_POLICY,
    texts: OutcomeTexts = PLAIN,
    *,
    version: int | None = None,
) -> Message:
    """Close with a result that the worker reads, and ask for a rating; the bot speaks again."""
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    outcome = checked(result)
    if code not in catalogue().closures:
        raise UnknownClosure
    text = texts.closing(ticket, account, code, outcome, now, policy.reopen_days)
    return await finish(session, conversation, ticket, account, text, outcome, code, now)


def papers_button(ticket: Ticket) -> Button:
    """Return the button that opens the check list of the ticket's papers."""
    return Button(catalogue().button("papers"), f"t:{ticket.number}:papers")


async def reveal(
    session: AsyncSession, account: Account, ticket_id: int, field: str, reason: str, now: datetime
) -> str:
    """Return one protected detail in the clear; who looked at what and why is kept for good.

    Raises NotAllowed, MissingReason, UnknownField.
    """
    ticket = await access_ticket(session, account, ticket_id, Action.REVEAL_DETAILS, lock=True)
    if identity_hidden(account, ticket):
        raise NotAllowed
    if not reason.strip():
        raise MissingReason
    value = (ticket.sensitive or {}).get(field)
    if value in (None, ""):
        raise UnknownField
    detail = {"field": field, "reason": mask_text(reason.strip())[:255]}
    record(session, AuditTag.DETAIL_REVEALED, account, f"ticket:{ticket.number}", now, detail)
    data = {"field": field}
    add_event(session, ticket, EventKind.REVEALED, now, account=account, text=reason.strip(), data=data)
    await session.flush()
    return str(value)
