"""Sends what turns and cadres wrote: nothing is lost, nothing goes out twice, each person's order is kept.

A row is marked as being sent, and that is committed, before the call. A row whose outcome is unknown
(process killed, connection lost) is never sent again before the channel has said whether the message
is there: docs/decisions/0003-no-lost-no-double-telegram-reply.md.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import delivery_queue as queue
from bot.delivery_instance import Instance
from bot.delivery_queue import CLAIM_SECONDS, Job, Pace
from bot.messages import Outbound
from storage.database import Database
from storage.live import Live
from storage.models import OutboxRow

log = logging.getLogger(__name__)

TOPIC = "outbox"
IN_FLIGHT = 8  # bounds how many messages can be of unknown outcome at once
IDLE_SECONDS = 1.0
BUSY_SECONDS = 0.1
SETTLE_SECONDS = 2.0  # a call cut off by a crash may still reach the channel within this time
CALL_SECONDS = CLAIM_SECONDS - 30  # no call may outlive the claim on its row
START_SECONDS = 30  # a job that waits longer for its turn (a frozen process) is not sent under this claim
BACKOFF_MOST_SECONDS = 300.0
CHANNEL_DOWN_SECONDS = 60.0
FLOOD_ADDRESSES = 3  # 429 for so many people within FLOOD_SECONDS means all
FLOOD_SECONDS = 10.0
SWEEP_SECONDS = 60.0


class SendError(Exception):
    """A message did not go out as planned; the text is the kind of error, never message text."""


class RefusedError(SendError):
    """For good: the person blocked the bot, the chat does not exist, the content is not accepted."""


class NotSentError(SendError):
    """Certainly not sent; worth another try."""


class SlowDownError(SendError):
    """Certainly not sent; the channel wants `seconds` of silence towards this address."""

    def __init__(self, kind: str, seconds: float) -> None:
        super().__init__(kind)
        self.seconds = seconds


class ChannelDownError(SendError):
    """Certainly not sent, and nothing can be: the channel does not know us."""


class UnknownOutcomeError(SendError):
    """The message may have been sent; the channel will tell later."""


class UndecidableError(SendError):
    """The message may have been sent, and the channel can't tell: a person must look."""


@dataclass(frozen=True)
class Search:
    """What helps to find a message of unknown outcome: other rows' message ids, and how many are open."""

    taken: set[int]
    open_rows: int


class Sender(Protocol):
    """A push channel. `send` and `find` raise a SendError."""

    channel: str
    pace: Pace

    def parts(self, outbound: Outbound) -> int:
        """Return how many messages it takes."""
        ...

    def highest_id(self) -> int:
        """Return the highest message id seen, in or out; 0 when unknown."""
        ...

    async def prepare(self, session: AsyncSession) -> None:
        """Take over what other processes know; called at start and before a search."""
        ...

    async def send(self, job: Job) -> str:
        """Send part `job.part` and return its id."""
        ...

    async def find(self, job: Job, search: Search) -> str | None:
        """Return the id of the message if it was sent, None if it surely was not."""
        ...


class Delivery:
    """Drains the outbox of one channel; any number of processes may do so at once."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        live: Live,
        instance: Instance,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._sender = sender
        self._live = live
        self._instance = instance
        self._me = instance.name
        self._now = clock
        self._tasks: dict[int, asyncio.Task[None]] = {}  # by row
        self._look_at: dict[int, datetime] = {}  # rows of ours of unknown outcome: when to look for them
        self._looks: dict[int, int] = {}
        self._floods: dict[str, datetime] = {}
        self._swept: datetime | None = None
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Send until stop() is called; a database that is away only delays."""
        prepared, failures = False, 0
        self._stopping.clear()
        while not self._stopping.is_set():
            waiter = asyncio.create_task(self._live.wait(TOPIC, IDLE_SECONDS))
            self._wake.clear()
            try:
                if not prepared:
                    async with self._database.read() as session:
                        await self._sender.prepare(session)
                    prepared = True
                seconds = BUSY_SECONDS if await self.step() else IDLE_SECONDS
                failures = 0
            except (SQLAlchemyError, OSError) as error:
                failures += 1
                seconds = min(2.0**failures, 30.0)
                log.warning("delivery waits for the database: %s", type(error).__name__)
            await self._rest(waiter, seconds)
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=CALL_SECONDS)

    async def _rest(self, waiter: asyncio.Task[bool], seconds: float) -> None:
        """Sleep until something was written, a call ended, or the time is over."""
        woken = asyncio.create_task(self._wake.wait())
        await asyncio.wait({waiter, woken}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in (waiter, woken):
            task.cancel()
        await asyncio.gather(waiter, woken, return_exceptions=True)

    def stop(self) -> None:
        """Let run() end after the calls under way."""
        self._stopping.set()
        self._wake.set()

    async def drain(self) -> None:
        """Send everything that may be sent by now and return; for scripts and tests."""
        async with self._database.read() as session:
            await self._sender.prepare(session)
        while True:
            await self.step()
            if not self._tasks:
                return
            await asyncio.wait(self._tasks.values())

    async def step(self) -> bool:
        """Start whatever may be sent or looked for now; True when rows are open."""
        channel = self._sender.channel
        async with self._database.read() as session:
            if not await queue.anything_open(session, channel):
                return False
        room = IN_FLIGHT - len(self._tasks)
        if room <= 0:
            return True
        async with self._database.write() as session:
            lost, search = await self._take_lost(session, room)
            jobs = await queue.claim(
                session,
                channel,
                self._me,
                self._now(),
                pace=self._sender.pace,
                most=room - len(lost),
                highest=self._sender.highest_id(),
            )
        for job in lost:
            self._start(job, self._look_for(job, search))
        for job in jobs:
            self._start(job, self._send(job, asyncio.get_running_loop().time()))
        return True

    def _start(self, job: Job, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks[job.row_id] = task
        task.add_done_callback(lambda done: self._ended(job, done))

    def _ended(self, job: Job, task: asyncio.Task[None]) -> None:
        self._tasks.pop(job.row_id, None)
        self._wake.set()
        if not task.cancelled() and task.exception() is not None:
            # the row stays "sending"; it is looked for like any message of unknown outcome
            self._later(job)
            log.error("delivery of row %d broke: %s", job.row_id, type(task.exception()).__name__)

    # --- sending ---------------------------------------------------------------------------------

    async def _send(self, job: Job, claimed: float) -> None:
        if asyncio.get_running_loop().time() - claimed > START_SECONDS:
            await self._unsent(job, 0.0, "claim too old")
            return
        try:
            async with asyncio.timeout(CALL_SECONDS):
                external_id = await self._sender.send(job)
        except RefusedError as error:
            await self._failed(job, error)
        except SlowDownError as error:
            await self._slow_down(job, error)
        except ChannelDownError as error:
            log.error("channel %s is down: %s", self._sender.channel, error)  # noqa: TRY400
            await self._pause(CHANNEL_DOWN_SECONDS)
            await self._unsent(job, CHANNEL_DOWN_SECONDS, str(error))
        except NotSentError as error:
            await self._unsent(job, _backoff(job.attempts), str(error))
        except (UnknownOutcomeError, TimeoutError) as error:
            log.info("row %d: outcome unknown (%s), will be looked for", job.row_id, error)
            self._later(job)
        else:
            await self._sent(job, external_id)

    async def _sent(self, job: Job, external_id: str) -> None:
        parts = self._sender.parts(job.outbound)
        await self._settle(
            lambda session: queue.mark_sent(
                session,
                job,
                self._me,
                self._now(),
                external_id=external_id,
                parts=parts,
                pace=self._sender.pace,
            )
        )
        self._forget(job)

    async def _unsent(self, job: Job, seconds: float, error: str | None) -> None:
        await self._settle(
            lambda session: queue.mark_unsent(
                session, job, self._me, self._now(), seconds=seconds, error=error
            )
        )
        self._forget(job)

    async def _failed(self, job: Job, error: SendError) -> None:
        log.warning("row %d failed for good: %s", job.row_id, error)
        await self._settle(lambda session: queue.mark_failed(session, job, self._me, error=str(error)))
        self._forget(job)

    async def _slow_down(self, job: Job, error: SlowDownError) -> None:
        now = self._now()
        horizon = now - timedelta(seconds=FLOOD_SECONDS)
        self._floods = {who: when for who, when in self._floods.items() if when > horizon} | {
            job.address: now
        }
        if len(self._floods) >= FLOOD_ADDRESSES:
            await self._pause(error.seconds)
        await self._unsent(job, error.seconds, str(error))

    async def _pause(self, seconds: float) -> None:
        until = self._now() + timedelta(seconds=seconds)

        async def write(session: AsyncSession) -> bool:
            await queue.pause(session, self._sender.channel, until)
            return True

        await self._settle(write)

    async def _settle(self, write: Callable[[AsyncSession], Awaitable[bool]]) -> None:
        """Write an outcome; while the database is away it is remembered here and tried again."""
        for attempt in range(1, 1000):
            try:
                async with self._database.write() as session:
                    if not await write(session):
                        log.warning("a row was taken over by another process before its outcome was written")
                    return
            except (SQLAlchemyError, OSError) as error:
                log.warning("outcome not written yet: %s", type(error).__name__)
                await asyncio.sleep(min(0.5 * attempt, 10.0))

    # --- messages of unknown outcome -------------------------------------------------------------

    async def _take_lost(self, session: AsyncSession, room: int) -> tuple[list[Job], Search]:
        now = self._now()
        rows = await queue.lost_rows(session, self._sender.channel)
        due = [row for row in rows if row.id not in self._tasks and self._is_lost(row, now)][:room]
        if self._swept is None or (now - self._swept).total_seconds() > SWEEP_SECONDS:
            self._instance.sweep({row.claimed_by for row in rows if row.claimed_by})
            self._swept = now
        if not due:
            return [], Search(set(), 0)
        await self._sender.prepare(session)
        since = min(row.claimed_at for row in due if row.claimed_at) - timedelta(minutes=5)
        taken = await queue.known_ids(session, self._sender.channel, since)
        jobs = [await queue.take_over(session, row, self._me, now) for row in due]
        return [job for job in jobs if job is not None], Search(taken, len(rows))

    def _is_lost(self, row: OutboxRow, now: datetime) -> bool:
        if row.claimed_by == self._me:
            return now >= self._look_at.get(row.id, now)
        if self._instance.is_dead(row.claimed_by):
            return row.claimed_at is None or now >= row.claimed_at + timedelta(seconds=SETTLE_SECONDS)
        return row.not_before <= now

    async def _look_for(self, job: Job, search: Search) -> None:
        keeper = asyncio.create_task(self._keep(job))
        try:
            external_id = await self._sender.find(job, search)
        except (RefusedError, UndecidableError) as error:
            await self._failed(job, error)
        except SendError as error:
            log.info("row %d: outcome still unknown (%s)", job.row_id, error)
            self._later(job)
        else:
            log.info("row %d: %s after all", job.row_id, "sent" if external_id else "not sent")
            await (self._sent(job, external_id) if external_id else self._unsent(job, 0.0, None))
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper

    async def _keep(self, job: Job) -> None:
        """Renew the claim while a search takes long."""
        while True:
            await asyncio.sleep(CLAIM_SECONDS / 3)
            await self._settle(lambda session: queue.extend(session, job, self._me, self._now()))

    def _later(self, job: Job) -> None:
        looks = self._looks[job.row_id] = self._looks.get(job.row_id, 0) + 1
        self._look_at[job.row_id] = self._now() + timedelta(
            seconds=SETTLE_SECONDS * min(2.0 ** (looks - 1), 64)
        )

    def _forget(self, job: Job) -> None:
        self._look_at.pop(job.row_id, None)
        self._looks.pop(job.row_id, None)


def _backoff(attempts: int) -> float:
    return float(min(2.0 ** min(attempts - 1, 16), BACKOFF_MOST_SECONDS))
