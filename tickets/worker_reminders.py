"""Reminders to workers: papers owed, hearings, limits, seasons. Seven days and one day before, never at night.

The truth is in `reminders`: which steps of which date went out. It is written in the transaction that writes the
message, so a crash, a second process or an emptied queue tells nothing twice and forgets nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Conversation, Ticket
from storage.service_models import Reminder
from tickets import limits, reminder_texts
from tickets.jobs.searches import DAY_BEGINS, DAY_ENDS, is_night
from tickets.seasons import Seasons
from tickets.sla import SHANGHAI

PAPERS, HEARING, LIMITATION, SEASON = "papers", "hearing", "limitation", "season"
KINDS: Final = (PAPERS, HEARING, LIMITATION, SEASON)
STEPS: Final[Mapping[str, tuple[int, ...]]] = {
    PAPERS: (7, 1), HEARING: (7, 1), LIMITATION: (7, 1), SEASON: (7, 1, 0),
}  # fmt: skip  # days before
SEASON_LASTS: Final = timedelta(days=7)  # how long after its first day an opening is still news
MORNING: Final = time(9)  # when a date without an hour is spoken of
BATCH: Final = 100
PREFERENCE: Final = "reminders"


def at_morning(day: date) -> datetime:
    """Return the moment that stands for a day without an hour."""
    return datetime.combine(day, MORNING, SHANGHAI).astimezone(UTC)


def moment(due: datetime, days: int) -> datetime:
    """Return when to speak `days` days before `due`: at the same hour, put off to eight in the morning at night."""
    local = due.astimezone(SHANGHAI) - timedelta(days=days)
    eight = local.replace(hour=DAY_BEGINS, minute=0, second=0, microsecond=0)
    if local.hour >= DAY_ENDS:
        local = eight + timedelta(days=1)
    elif local.hour < DAY_BEGINS:
        local = eight
    return local.astimezone(UTC)


def wanted(conversation: Conversation) -> bool:
    """Tell whether the person wants reminders; they do until they say no."""
    return bool((conversation.preferences or {}).get(PREFERENCE, True))


async def schedule(
    session: AsyncSession,
    conversation: Conversation,
    kind: str,
    due: datetime,
    now: datetime,
    *,
    ticket: Ticket | None = None,
    subject: str = "",
) -> Reminder:
    """Remind of `due`, a subject's only date; another date replaces it. What is past already is never said.

    The caller has locked the conversation. `subject` is the ticket's number by default.
    """
    about = subject or (ticket.number if ticket is not None else "")
    row = await _row(session, conversation.id, kind, about)
    if row is None:
        row = Reminder(
            conversation_id=conversation.id, kind=kind, subject=about, due_at=due, sent={}, active=True,
            next_at=now, ticket_id=ticket.id if ticket is not None else None, created_at=now,
        )  # fmt: skip
        session.add(row)
    elif row.due_at != due:
        row.due_at, row.sent = due, {}
    _plan(row, now, on=wanted(conversation))
    await session.flush()
    return row


async def _row(session: AsyncSession, conversation_id: int, kind: str, subject: str) -> Reminder | None:
    query = select(Reminder).where(
        Reminder.conversation_id == conversation_id, Reminder.kind == kind, Reminder.subject == subject
    )
    found: Reminder | None = await session.scalar(query)
    return found


def _plan(row: Reminder, now: datetime, *, on: bool) -> None:
    """Set when to speak next; steps whose time went by in silence are marked, so that nobody hears them late."""
    moments = {str(days): moment(row.due_at, days) for days in STEPS[row.kind]}
    gone = {step: "" for step, at in moments.items() if at <= now and step not in row.sent}
    row.sent = {**row.sent, **gone}
    ahead = [at for step, at in moments.items() if step not in row.sent]
    row.next_at, row.active = min(ahead, default=row.due_at), bool(ahead) and on


async def of_ticket_facts(
    session: AsyncSession, conversation: Conversation, ticket: Ticket, now: datetime
) -> None:
    """Remind of the limits that follow from what was told: one year after leaving, or after the injury."""
    for limit in limits.limits_of(ticket.category, ticket.facts):
        due = at_morning(limit.day)
        if due > now:
            await schedule(
                session, conversation, LIMITATION, due, now, ticket=ticket,
                subject=f"{ticket.number}:{limit.kind}",
            )  # fmt: skip


async def of_season(
    session: AsyncSession, conversation: Conversation, key: str, opens: date, now: datetime
) -> None:
    """Put the person on the list of a season; whoever asks for it wants reminders again."""
    if not wanted(conversation):
        await switch(session, conversation, now, on=True)
    await schedule(session, conversation, SEASON, at_morning(opens), now, subject=key)


async def switch(session: AsyncSession, conversation: Conversation, now: datetime, *, on: bool) -> None:
    """Stop all reminders of a person with one tap, or bring back those that are still ahead."""
    conversation.preferences = {**(conversation.preferences or {}), PREFERENCE: on}
    query = select(Reminder).where(Reminder.conversation_id == conversation.id, Reminder.kind.in_(KINDS))
    for row in await session.scalars(query):
        _plan(row, now, on=on)
    await session.flush()


async def dates_of(session: AsyncSession, conversation_id: int, now: datetime) -> Sequence[Reminder]:
    """Return the dates that are still ahead, soonest first, whether or not reminders are wanted."""
    query = select(Reminder).where(
        Reminder.conversation_id == conversation_id, Reminder.kind.in_(KINDS), Reminder.due_at > now
    )
    return (await session.scalars(query.order_by(Reminder.due_at, Reminder.id))).all()


async def tell_due(session: AsyncSession, now: datetime, seasons: Seasons) -> tuple[int, tuple[int, ...]]:
    """Write the reminders that are due now; call it as often as you like, also from several processes.

    Returns how many were looked at (BATCH: there may be more) and the conversations that were told.
    """
    if is_night(now):
        return 0, ()
    query = (
        select(Reminder)
        .where(Reminder.active, Reminder.next_at <= now, Reminder.kind.in_(KINDS))
        .order_by(Reminder.next_at, Reminder.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    rows = (await session.scalars(query)).all()
    told = [row.conversation_id for row in rows if await _tell(session, row, now, seasons)]
    await session.flush()
    return len(rows), tuple(dict.fromkeys(told))


async def _tell(session: AsyncSession, row: Reminder, now: datetime, seasons: Seasons) -> bool:
    conversation = await session.get_one(Conversation, row.conversation_id)
    if _moved(row, now, seasons):
        _plan(row, now, on=wanted(conversation))
        return False
    reached = [str(days) for days in STEPS[row.kind] if moment(row.due_at, days) <= now]
    fresh = [step for step in reached if step not in row.sent]
    row.sent = {**row.sent, **dict.fromkeys(fresh, now.isoformat())}
    over = now >= row.due_at + (SEASON_LASTS if row.kind == SEASON else timedelta())
    message = None
    if fresh and not over and wanted(conversation):
        ticket = await session.get(Ticket, row.ticket_id) if row.ticket_id is not None else None
        message = await reminder_texts.message_of(session, row, ticket, now)
        if message is not None:
            await reminder_texts.send(session, conversation, ticket, message, now)
    if message is None:
        row.active = False  # the matter is done, or the date went by
    else:
        _plan(row, now, on=True)
    return message is not None


def _moved(row: Reminder, now: datetime, seasons: Seasons) -> bool:
    """The union changed the days of a season meanwhile: the reminder goes with it."""
    opens = seasons.opening(row.subject) if row.kind == SEASON else None
    if opens is None or at_morning(opens) == row.due_at or at_morning(opens) <= now:
        return False
    row.due_at, row.sent = at_morning(opens), {}
    return True
