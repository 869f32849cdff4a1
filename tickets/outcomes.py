"""What a cadre decides: not accepted with a reason, a decision, a sum that was paid, a date to remember."""

from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Message, Ticket
from tickets import worker_reminders
from tickets.catalogue import catalogue
from tickets.changes import add_event, end_waiting, first_response_given, lock_for_cadre, require_mine, touch
from tickets.closing import finish
from tickets.delivery import tell_worker
from tickets.errors import DatePast, MissingReason, NoAmount
from tickets.outcome_texts import NOT_ACCEPTED, PLAIN, OutcomeTexts, yuan
from tickets.sla import DEFAULT_POLICY, SlaPolicy
from tickets.times import moment_text
from tickets.values import EventKind, State
from tickets.working import checked

MOST_YUAN: Final = 10_000_000  # more is a slip of the hand
PAID_CLOSURE: Final = "solved"


async def not_accept(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    reason: str,
    now: datetime,
    policy: SlaPolicy = DEFAULT_POLICY,
    texts: OutcomeTexts = PLAIN,
    *,
    version: int | None = None,
) -> Message:
    """Close what the union does not take on; the worker reads the reason and a way on. Raises MissingReason."""
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    if not reason.strip():
        raise MissingReason
    why = checked(reason)
    text = texts.closing(ticket, account, NOT_ACCEPTED, why, now, policy.reopen_days)
    return await finish(session, conversation, ticket, account, text, why, NOT_ACCEPTED, now)


async def decide(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    result: str,
    now: datetime,
    policy: SlaPolicy = DEFAULT_POLICY,
    texts: OutcomeTexts = PLAIN,
    *,
    version: int | None = None,
) -> Message:
    """Tell the decision while the matter goes on: something is still to be paid or done."""
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    outcome = checked(result)
    await end_waiting(session, ticket, now, policy)
    first_response_given(ticket, now)
    ticket.state = State.WORKING.value
    touch(ticket, now)
    text = texts.text("decided", ticket, account, now, result=outcome)
    message = await tell_worker(session, conversation, ticket, text, now, account=account)
    data = {"message_id": message.id}
    add_event(session, ticket, EventKind.DECIDED, now, account=account, text=outcome, data=data)
    return message


async def pay(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    amount: float | None,
    now: datetime,
    policy: SlaPolicy = DEFAULT_POLICY,
    texts: OutcomeTexts = PLAIN,
    *,
    version: int | None = None,
) -> Message:
    """Tell that the money went out, and close: whoever does not get it takes the matter up again. Raises NoAmount."""
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    if amount is None or not 0 < amount <= MOST_YUAN:
        raise NoAmount
    told = texts.text("paid", ticket, account, now, amount=yuan(amount))
    text = f"{told}\n{catalogue().message('rate_invite', days=policy.reopen_days)}"
    add_event(session, ticket, EventKind.PAID, now, account=account, text=yuan(amount))
    return await finish(session, conversation, ticket, account, text, told, PAID_CLOSURE, now)


async def set_date(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    kind: Literal["hearing", "limitation"],
    when: datetime,
    what: str,
    now: datetime,
    *,
    version: int | None = None,
) -> Ticket:
    """Enter a hearing or a limit: the worker is told now, and reminded seven days and one day before.

    A ticket has one date of each kind; another one replaces it. Raises DatePast, EmptyText.
    """
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    if when <= now:
        raise DatePast
    words = checked(what)
    text = catalogue().message(f"date_{kind}", number=ticket.number, when=moment_text(when, now), what=words)
    touch(ticket, now)
    data = {"kind": kind, "until": when.isoformat()}
    add_event(session, ticket, EventKind.DATE_SET, now, account=account, text=words, data=data)
    await tell_worker(session, conversation, ticket, text, now, account=account)
    await worker_reminders.schedule(session, conversation, kind, when, now, ticket=ticket)
    return ticket
