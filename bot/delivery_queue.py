"""The outbox as a queue: who may take which row, and what becomes of it.

Every function is one step inside the caller's transaction. Rows of one address go out in order and
one at a time, whatever the number of processes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, defer

from bot.messages import Outbound
from storage.cipher import CipherError
from storage.models import Cursor, OutboxRow

log = logging.getLogger(__name__)

CLAIM_SECONDS = 120  # longer than any call may take; afterwards another process may look into the row
ADVISORY_LOCK = 0x6E69616E676A6961  # "niangjia"


@dataclass(frozen=True)
class Pace:
    """How fast a channel may be used: messages a second over all, seconds between two to one address."""

    per_second: int
    address_seconds: float


@dataclass(frozen=True)
class Job:
    """One message of a row that this process may send now. `part` counts the messages of the row."""

    row_id: int
    address: str
    outbound: Outbound
    part: int
    attempts: int
    claimed_at: datetime
    after: int


async def anything_open(session: AsyncSession, channel: str) -> bool:
    """True when a row is waiting or its outcome is open; a cheap look without a lock."""
    found = select(OutboxRow.id).where(
        OutboxRow.status.in_(("pending", "sending")), OutboxRow.channel == channel
    )
    return (await session.execute(found.limit(1))).first() is not None


async def claim(
    session: AsyncSession, channel: str, me: str, now: datetime, *, pace: Pace, most: int, highest: int
) -> list[Job]:
    """Mark the next rows as being sent and return them; commit before sending.

    Args:
        most: how many this process can take.
        highest: the highest external id known; kept in the row to find the message after a crash.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite's write lock does the same
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    if await _paused(session, channel, now):
        return []
    room = min(most, pace.per_second - await _used(session, channel, now))
    if room <= 0:
        return []
    query = (
        select(OutboxRow)
        .options(defer(OutboxRow.body))
        .where(_ready(channel, now, pace))
        .order_by(OutboxRow.id)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    jobs: list[Job] = []
    for row in (await session.execute(query)).scalars():
        if any(job.address == row.address for job in jobs):
            continue
        outbound = await _body(session, row)
        if outbound is None:
            continue
        after = max(highest, await _last_id(session, channel, row.address))
        row.status, row.attempts, row.claimed_by, row.claimed_at = "sending", row.attempts + 1, me, now
        row.not_before = now + timedelta(seconds=CLAIM_SECONDS)
        row.after_external_id = str(after)
        jobs.append(_job(row, outbound))
    return jobs


def _ready(channel: str, now: datetime, pace: Pace) -> ColumnElement[bool]:
    other = aliased(OutboxRow)
    gap = now - timedelta(seconds=pace.address_seconds)
    in_the_way = exists().where(
        other.channel == channel,
        other.address == OutboxRow.address,
        other.id != OutboxRow.id,
        or_(
            and_(other.status == "pending", other.id < OutboxRow.id),
            other.status == "sending",
            and_(other.status == "sent", other.not_before > gap),
        ),
    )
    return and_(
        OutboxRow.status == "pending", OutboxRow.channel == channel, OutboxRow.not_before <= now, ~in_the_way
    )


async def _used(session: AsyncSession, channel: str, now: datetime) -> int:
    """Return how many messages of the last second, and those under way, count against the overall pace."""
    counted = or_(
        OutboxRow.status == "sending",
        and_(OutboxRow.status == "sent", OutboxRow.not_before > now - timedelta(seconds=1)),
        # a part of a long message was just sent; the rest waits for the address's gap
        and_(OutboxRow.status == "pending", OutboxRow.not_before > now, OutboxRow.part > 0),
    )
    query = select(func.count()).select_from(OutboxRow).where(OutboxRow.channel == channel, counted)
    return int((await session.execute(query)).scalar_one())


async def _last_id(session: AsyncSession, channel: str, address: str) -> int:
    query = (
        select(OutboxRow.external_id)
        .where(OutboxRow.channel == channel, OutboxRow.address == address, OutboxRow.external_id.is_not(None))
        .order_by(OutboxRow.id.desc())
        .limit(1)
    )
    return number((await session.execute(query)).scalar_one_or_none())


async def _body(session: AsyncSession, row: OutboxRow) -> Outbound | None:
    """Return what to send; a row that can't be read fails alone and does not stop the others."""
    try:
        query = select(OutboxRow.body).where(OutboxRow.id == row.id)
        return Outbound.from_json((await session.execute(query)).scalar_one())
    except (CipherError, KeyError, TypeError, ValueError) as error:
        log.error("outbox row %d can't be read: %s", row.id, type(error).__name__)  # noqa: TRY400
        row.status, row.last_error = "failed", f"unreadable: {type(error).__name__}"
        return None


def _job(row: OutboxRow, outbound: Outbound) -> Job:
    assert row.claimed_at is not None
    return Job(
        row_id=row.id,
        address=row.address,
        outbound=outbound,
        part=row.part,
        attempts=row.attempts,
        claimed_at=row.claimed_at,
        after=number(row.after_external_id),
    )


async def _settle(session: AsyncSession, job: Job, me: str, values: dict[str, Any]) -> bool:
    """Write the outcome if the row is still ours; False when another process took it over."""
    change = (
        update(OutboxRow)
        .where(OutboxRow.id == job.row_id, OutboxRow.status == "sending", OutboxRow.claimed_by == me)
        .values(**values)
    )
    result = await session.execute(change)
    return isinstance(result, CursorResult) and result.rowcount == 1


async def mark_sent(
    session: AsyncSession, job: Job, me: str, now: datetime, *, external_id: str, parts: int, pace: Pace
) -> bool:
    """One part went out; the row is sent with its last part."""
    done = job.part + 1 >= parts
    return await _settle(
        session,
        job,
        me,
        {
            "status": "sent" if done else "pending",
            "part": job.part + 1,
            "external_id": external_id,
            "sent_at": now,
            "not_before": now if done else now + timedelta(seconds=pace.address_seconds),
            "last_error": None,
            "claimed_by": None,
            **({} if done else {"attempts": 0}),
        },
    )


async def mark_unsent(
    session: AsyncSession, job: Job, me: str, now: datetime, *, seconds: float, error: str | None
) -> bool:
    """The part was certainly not sent: try again after `seconds`."""
    return await _settle(
        session,
        job,
        me,
        {
            "status": "pending",
            "not_before": now + timedelta(seconds=seconds),
            "last_error": error[:255] if error else None,
            "claimed_by": None,
        },
    )


async def mark_failed(session: AsyncSession, job: Job, me: str, *, error: str) -> bool:
    """The row can't be sent, or nobody can tell: a person must look."""
    return await _settle(
        session, job, me, {"status": "failed", "last_error": error[:255], "claimed_by": None}
    )


async def lost_rows(session: AsyncSession, channel: str) -> Sequence[OutboxRow]:
    """Return all rows whose outcome is open, oldest first; the caller decides which were abandoned."""
    query = (
        select(OutboxRow)
        .options(defer(OutboxRow.body))
        .where(OutboxRow.status == "sending", OutboxRow.channel == channel)
        .order_by(OutboxRow.id)
        .with_for_update(skip_locked=True)
    )
    return (await session.execute(query)).scalars().all()


async def take_over(session: AsyncSession, row: OutboxRow, me: str, now: datetime) -> Job | None:
    """Make a row of unknown outcome ours; `claimed_at` and `after` stay those of the call in question."""
    outbound = await _body(session, row)
    if outbound is None:
        return None
    row.claimed_by = me
    row.not_before = now + timedelta(seconds=CLAIM_SECONDS)
    return _job(row, outbound)


async def extend(session: AsyncSession, job: Job, me: str, now: datetime) -> bool:
    """Keep a row that takes long to find out about; False when it is no longer ours."""
    return await _settle(session, job, me, {"not_before": now + timedelta(seconds=CLAIM_SECONDS)})


async def known_ids(session: AsyncSession, channel: str, since: datetime) -> set[int]:
    """Return the ids of messages sent since then: they belong to other rows."""
    query = select(OutboxRow.external_id).where(
        OutboxRow.channel == channel, OutboxRow.status == "sent", OutboxRow.not_before >= since
    )
    return {number(value) for value in (await session.execute(query)).scalars()}


async def pause(session: AsyncSession, channel: str, until: datetime) -> None:
    """Nobody sends on this channel before `until`, in any process."""
    name = f"{channel}:paused_until"
    cursor = await session.get(Cursor, name)
    if cursor is None:
        session.add(Cursor(name=name, value=until.isoformat()))
    elif datetime.fromisoformat(cursor.value) < until:
        cursor.value = until.isoformat()


async def _paused(session: AsyncSession, channel: str, now: datetime) -> bool:
    cursor = await session.get(Cursor, f"{channel}:paused_until")
    return cursor is not None and datetime.fromisoformat(cursor.value) > now


def number(value: str | None) -> int:
    """Return an external id as a number; 0 for none."""
    return int(value) if value is not None and value.isdigit() else 0
