"""Reminders of running clocks: the cadre at 50, 80, 100 %, then the unit's leader, then the union above."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Ticket
from tickets.changes import add_event, end_waiting, touch
from tickets.notices import leaders_of, notify, notify_responsible, upper_leaders
from tickets.sla import DEFAULT_POLICY, SHANGHAI, SlaPolicy, moment_of_share
from tickets.values import EventKind, State

Clock = Literal["first", "close"]
CADRE_STEPS = (("50", 0.5), ("80", 0.8), ("100", 1.0))
LEADER, UPPER, MATERIAL = "leader", "upper", "material"
UPPER_AFTER_DAYS = 1  # working days after the deadline
UPPER_AFTER_CRITICAL = timedelta(minutes=30)


@dataclass(frozen=True)
class Reminder:
    """One reminder that went out; `step` is 50, 80, 100, leader, upper or material."""

    ticket_id: int
    number: str
    organization_id: int
    clock: Clock
    step: str


async def due_reminders(
    session: AsyncSession, now: datetime, policy: SlaPolicy = DEFAULT_POLICY
) -> tuple[Reminder, ...]:
    """Write the notices that are due now and were not written before; call it as often as you like.

    After a pause of the timer only the latest of 50/80/100 % goes out. A notice is counted as written
    even when nobody has linked a Telegram chat: the queue and the history show it anyway.
    """
    columns = (
        Ticket.id,
        Ticket.state,
        Ticket.urgency,
        Ticket.created_at,
        Ticket.first_response_at,
        Ticket.first_response_due,
        Ticket.close_due,
        Ticket.next_due,
        Ticket.reminded,
    )
    running = (await session.execute(select(*columns).where(Ticket.open))).all()
    due = [row.id for row in running if _is_due(row, now, policy)]
    written: list[Reminder] = []
    for ticket in await _locked(session, due):
        if _is_due(ticket, now, policy):  # somebody may have answered meanwhile
            written += await _remind(session, ticket, now, policy)
    await session.flush()
    return tuple(written)


async def _locked(session: AsyncSession, ids: Sequence[int]) -> Sequence[Ticket]:
    if not ids:
        return ()
    query = select(Ticket).where(Ticket.id.in_(ids), Ticket.open).order_by(Ticket.next_due, Ticket.id)
    locking = query.with_for_update(of=Ticket, skip_locked=True).execution_options(populate_existing=True)
    return (await session.scalars(locking)).all()


def _clock(ticket: Ticket | Row[Any]) -> Clock:
    return "close" if ticket.first_response_at is not None else "first"


def _is_due(ticket: Ticket | Row[Any], now: datetime, policy: SlaPolicy) -> bool:
    if ticket.state == State.WAITING:
        return bool(now >= ticket.next_due)
    return bool(_new_steps(ticket, now, policy))


def _new_steps(ticket: Ticket | Row[Any], now: datetime, policy: SlaPolicy) -> list[str]:
    """Return the steps of the running clock that are reached and not yet marked."""
    clock, started = _clock(ticket), _started(ticket)
    due = ticket.close_due if clock == "close" else ticket.first_response_due
    around = clock == "first" and ticket.urgency == "critical"
    reached = [
        step
        for step, share in CADRE_STEPS
        if now >= moment_of_share(policy.calendar, started, due, share, around_the_clock=around)
    ]
    if now >= due:
        reached.append(LEADER)
    if now >= due and now >= _upper_due(due, policy, around=around):
        reached.append(UPPER)
    done = ticket.reminded.get(clock, [])
    return [step for step in reached if step not in done]


def _started(ticket: Ticket | Row[Any]) -> datetime:
    """Return when the running clock began; a reopened ticket's began at its reopening, not at its birth."""
    restarted = ticket.reminded.get("started")
    if restarted:
        return datetime.fromisoformat(restarted)
    return ticket.created_at


def _upper_due(due: datetime, policy: SlaPolicy, *, around: bool) -> datetime:
    return due + UPPER_AFTER_CRITICAL if around else policy.calendar.add_working_days(due, UPPER_AFTER_DAYS)


async def _remind(session: AsyncSession, ticket: Ticket, now: datetime, policy: SlaPolicy) -> list[Reminder]:
    if ticket.state == State.WAITING:
        return [await _material_overdue(session, ticket, now, policy)]
    clock, new = _clock(ticket), _new_steps(ticket, now, policy)
    cadre_steps = [step for step in new if step not in {LEADER, UPPER}]
    if cadre_steps:
        await notify_responsible(session, ticket, f"due_{clock}_{cadre_steps[-1]}", now)
    today = now.astimezone(SHANGHAI).date()
    if LEADER in new:
        leaders = await leaders_of(session, ticket.organization_id, today)
        notify(
            session,
            ticket,
            f"due_{clock}_{LEADER}",
            [one for one in leaders if one.id != ticket.assignee_id],
            now,
        )
    if UPPER in new:
        above = await upper_leaders(session, ticket.organization, today)
        notify(session, ticket, f"due_{clock}_{UPPER}", above, now)
    ticket.reminded = {**ticket.reminded, clock: [*ticket.reminded.get(clock, []), *new]}
    kind = EventKind.ESCALATED if {LEADER, UPPER} & set(new) else EventKind.REMINDER
    add_event(session, ticket, kind, now, data={"clock": clock, "steps": new})
    told = cadre_steps[-1:] + [step for step in new if step in {LEADER, UPPER}]
    return [_reminder(ticket, clock, step) for step in told]


async def _material_overdue(
    session: AsyncSession, ticket: Ticket, now: datetime, policy: SlaPolicy
) -> Reminder:
    """The worker sent nothing in time: the clock runs again and the cadre decides what to do."""
    await notify_responsible(session, ticket, "due_material", now)
    await end_waiting(session, ticket, now, policy)
    touch(ticket, now)
    add_event(session, ticket, EventKind.REMINDER, now, data={"clock": "close", "steps": [MATERIAL]})
    return _reminder(ticket, "close", MATERIAL)


def _reminder(ticket: Ticket, clock: Clock, step: str) -> Reminder:
    return Reminder(ticket.id, ticket.number, ticket.organization_id, clock, step)
