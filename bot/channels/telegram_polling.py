"""Fetches updates with getUpdates and confirms only what is committed.

python-telegram-bot's Updater confirms updates while they sit in memory, and one that it can't read
stops it for good; hence this loop.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot import limits
from bot.channels.telegram_api import (
    AnotherPollerError,
    BadTokenError,
    BotApi,
    BotApiError,
    RejectedError,
    TooManyRequestsError,
)
from bot.channels.telegram_ids import MessageIds
from bot.channels.telegram_intake import AwayError, Intake
from bot.channels.telegram_updates import update_id_of
from storage.database import Database
from storage.models import Cursor

log = logging.getLogger(__name__)

CURSOR = "telegram:offset"
EMPTY_POLL_SECONDS = 0.3  # a server that does not hold the poll open must not be asked in a circle
REPOLL_SECONDS = 0.5
BACKOFF_MOST_SECONDS = 30.0
ANOTHER_POLLER_SECONDS = 10.0
# after a week of silence update ids start anew; an old offset would then confirm unread updates
OFFSET_TRUSTED = timedelta(days=limits.TELEGRAM_UPDATE_ID_SEQUENTIAL_DAYS - 1)


class Progress:
    """Which updates are under way, done, and thus which offset may be given to getUpdates."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._done: set[int] = set()
        self._next: int | None = None

    @property
    def offset(self) -> int | None:
        """All updates below are committed; None before the first one."""
        return min(self._open) if self._open else self._next

    @property
    def busy(self) -> bool:
        """True while an update is under way."""
        return bool(self._open)

    def begin(self, update_id: int) -> bool:
        """Note an update; False when it is already under way or done.

        A poll that was in flight while an update ended brings it again: what lies below the offset is done.
        """
        confirmed = self._next is not None and update_id < min({self._next, *self._open})
        if confirmed or update_id in self._open or update_id in self._done:
            return False
        self._open.add(update_id)
        return True

    def end(self, update_id: int) -> None:
        """The update is committed."""
        self._open.discard(update_id)
        self._done.add(update_id)
        self._next = max(self._next or 0, update_id + 1)
        offset = self.offset or 0
        self._done = {number for number in self._done if number >= offset}

    def start_at(self, offset: int | None) -> None:
        """Continue a stored position, or forget ours when it is too old."""
        self._next = offset
        self._done.clear()


class Poller:
    """The loop; `caught_up` is set once everything that waited at start was seen."""

    def __init__(
        self,
        api: BotApi,
        intake: Intake,
        database: Database,
        ids: MessageIds,
        *,
        seconds: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = api
        self._intake = intake
        self._database = database
        self._ids = ids
        self._seconds = seconds
        self._now = clock
        self._progress = Progress()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._stopping = asyncio.Event()
        self._stored: int | None = None
        self._last_update: datetime | None = None
        self.caught_up = asyncio.Event()

    def stop(self) -> None:
        """Let run() end: no new updates, those under way are finished."""
        self._stopping.set()
        self._ended.set()

    async def run(self) -> None:
        """Poll until stop() is called; no failure of network or database ends it."""
        failures = 0
        self._stopping.clear()
        await self._restore()
        while not self._stopping.is_set():
            try:
                await self._poll()
                failures = 0
            except TooManyRequestsError as error:
                await self._sleep(error.seconds)
            except AnotherPollerError as error:
                log.warning("another process fetches updates with this token, or a webhook is set: %s", error)
                await self._sleep(ANOTHER_POLLER_SECONDS)
            except BotApiError as error:
                failures += 1
                level = logging.ERROR if isinstance(error, BadTokenError | RejectedError) else logging.WARNING
                log.log(level, "getUpdates failed (%d in a row): %s", failures, error)
                await self._sleep(min(2.0 ** (failures - 1) / 2, BACKOFF_MOST_SECONDS))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=limits.TELEGRAM_POLL_SECONDS)
        await self._store()

    async def _poll(self) -> None:
        if self._progress.busy:  # ask again only when something was finished, or might have come
            await self._wait_for_progress()
        self._forget_old_offset()
        self._ended.clear()
        seconds = 0 if self._progress.busy else self._seconds
        started = asyncio.get_running_loop().time()
        raws = await self._get_updates(seconds)
        fresh = [raw for raw in raws if self._begin(raw)]
        for raw in fresh:
            self._intake.see(raw)
        for raw in fresh:
            task = asyncio.create_task(self._handle(raw))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if len(raws) < limits.TELEGRAM_UPDATES_PER_POLL:
            self.caught_up.set()
        if fresh:
            self._last_update = self._now()
        elif not raws and asyncio.get_running_loop().time() - started < min(
            EMPTY_POLL_SECONDS, self._seconds or 1
        ):
            await self._sleep(EMPTY_POLL_SECONDS)
        await self._store()

    async def _get_updates(self, seconds: int) -> list[Any]:
        """A long poll that stop() cuts short; nothing is confirmed by cutting it."""
        most, offset = limits.TELEGRAM_UPDATES_PER_POLL, self._progress.offset
        call = asyncio.create_task(self._api.get_updates(offset, limit=most, seconds=seconds))
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({call, stop}, return_when=asyncio.FIRST_COMPLETED)
            return call.result() if call.done() else []
        finally:
            for task in (call, stop):
                task.cancel()
            await asyncio.gather(call, stop, return_exceptions=True)

    def _begin(self, raw: Any) -> bool:
        number = update_id_of(raw)
        return number is None or self._progress.begin(number)

    async def _handle(self, raw: Any) -> None:
        """Hold the update until it is committed, however long the database is away."""
        try:
            await self._intake.take(raw, self._wait_while_away)
        except AwayError:
            return  # stopping: not confirmed, so it comes again after the restart
        number = update_id_of(raw)
        if number is not None:
            self._progress.end(number)
        self._ended.set()

    async def _wait_while_away(self, attempt: int) -> None:
        await self._sleep(min(2.0 ** (attempt - 1) / 2, BACKOFF_MOST_SECONDS))
        if self._stopping.is_set():
            raise AwayError("stopping")

    async def _wait_for_progress(self) -> None:
        try:
            async with asyncio.timeout(REPOLL_SECONDS):
                await self._ended.wait()
        except TimeoutError:
            return

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _forget_old_offset(self) -> None:
        if self._last_update is None or self._progress.busy:
            return
        if self._now() - self._last_update > OFFSET_TRUSTED:
            self._progress.start_at(None)

    async def _restore(self) -> None:
        """Continue at the stored position; without one Telegram gives what was never confirmed."""
        try:
            async with self._database.read() as session:
                cursor = await session.get(Cursor, CURSOR)
                await self._ids.load(session, "telegram")
        except (SQLAlchemyError, OSError) as error:
            log.warning("stored position can't be read: %s", type(error).__name__)
            return
        if cursor is None:
            return
        stored = json.loads(cursor.value)
        self._last_update = datetime.fromisoformat(stored["at"])
        self._progress.start_at(int(stored["offset"]))
        self._stored = int(stored["offset"])
        self._forget_old_offset()

    async def _store(self) -> None:
        """Write the position after the turns it stands for; losing it costs repeated, harmless updates."""
        offset = self._progress.offset
        if offset is None or offset == self._stored:
            return
        value = json.dumps({"offset": offset, "at": (self._last_update or self._now()).isoformat()})
        try:
            async with self._database.write() as session:
                cursor = await session.get(Cursor, CURSOR)
                if cursor is None:
                    session.add(Cursor(name=CURSOR, value=value))
                else:
                    cursor.value = value
                await self._ids.store(session)
        except (SQLAlchemyError, OSError) as error:
            log.warning("position not stored: %s", type(error).__name__)
        else:
            self._stored = offset
