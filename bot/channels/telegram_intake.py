"""One raw update in: read it, fetch its file, run the turn. Returns only after the turn is committed."""

import asyncio
import hashlib
import json
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakValueDictionary

import yaml
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot import limits
from bot.channels import telegram_updates as updates
from bot.channels.telegram_api import (
    BotApi,
    BotApiError,
    FileTooLargeError,
    NotReachedError,
    OutcomeUnknownError,
    TooManyRequestsError,
)
from bot.channels.telegram_ids import MessageIds
from bot.channels.telegram_updates import CHANNEL, BadUpdateError, Update
from bot.delivery import TOPIC
from bot.messages import Inbound, IncomingFile, Outbound, TurnResult
from storage.database import Database
from storage.live import Live
from storage.models import OutboxRow, QuarantinedUpdate

log = logging.getLogger(__name__)

TEXTS = Path(__file__).with_name("telegram.yml")
AT_ONCE = 16  # turns of different chats
DOWNLOADS_AT_ONCE = 4  # each may hold a file of 20 MB in memory
DOWNLOAD_TRIES = 4
DOWNLOAD_PAUSE_SECONDS = 1.0
TURN_TRIES = 3
TURN_PAUSE_SECONDS = 0.1
REFUSED_TOO_LARGE = "too_large"
REFUSED_UNAVAILABLE = "failed"
SUSPICIOUS_FAILURES = 8  # "the database is away" so often while it answers: it is the update


Wait = Callable[[int], Awaitable[None]]


class TurnHandler(Protocol):
    """bot/turn.py: idempotent by inbound.key, one transaction, raises only when the infrastructure is away."""

    async def handle(self, inbound: Inbound) -> TurnResult:
        """Run one turn."""
        ...


class AwayError(Exception):
    """Database (or what a turn needs) is away: nothing was done, the same update must come again."""


class Intake:
    """Takes updates of different chats at the same time, those of one chat in order."""

    def __init__(
        self,
        api: BotApi,
        handler: TurnHandler,
        database: Database,
        live: Live,
        ids: MessageIds,
        *,
        file_limit_bytes: int = limits.TELEGRAM_DOWNLOAD_BYTES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = api
        self._handler = handler
        self._database = database
        self._live = live
        self._ids = ids
        self._file_limit = min(file_limit_bytes, limits.TELEGRAM_DOWNLOAD_BYTES)
        self._now = clock
        self._chats: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._downloads = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self._background: set[asyncio.Task[None]] = set()
        self._suspicious: dict[str, int] = {}
        texts = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
        self._not_understood = str(texts["not_understood"]).strip()

    def see(self, raw: Any) -> None:
        """Note the message id of an update as soon as it arrived, before its turn comes."""
        try:
            update = updates.parse(raw)
        except BadUpdateError:
            return  # take() puts it into quarantine
        if update.sighting is not None:
            self._ids.saw_inbound(update.sighting)

    async def take(self, raw: Any, wait: Wait | None = None) -> None:
        """Handle one update; on return its effects are committed.

        Args:
            wait: what to do before another try while the infrastructure is away. The chat's later
                updates wait as well, so its order is kept.

        Raises:
            AwayError: nothing was committed; give the update again. Only without `wait`, or from it.
        """
        lock = self._chats.setdefault(updates.chat_of(raw), asyncio.Lock())
        attempt = 0
        async with lock:
            while True:
                try:
                    async with self._slots:
                        return await self._once(raw)
                except AwayError as error:
                    if wait is None:
                        raise
                    attempt += 1
                    log.warning("update waits, %s (try %d)", error, attempt)
                    await wait(attempt)

    async def _once(self, raw: Any) -> None:
        try:
            update = updates.parse(raw)
        except BadUpdateError as error:
            await self._quarantine(raw, str(error))
            return
        self._acknowledge(update)
        if update.inbound is not None:
            await self._turn(raw, await self._with_file(update))

    async def _turn(self, raw: Any, inbound: Inbound) -> None:
        """Run the turn; a defect gets a few more tries (it may have been a race), then quarantine."""
        for attempt in range(1, TURN_TRIES + 1):
            try:
                await self._handler.handle(inbound)
                break
            except Exception as error:  # noqa: BLE001 - whatever one update does, the others go on
                if is_away(error) and not await self._is_suspicious(inbound.key):
                    raise AwayError(type(error).__name__) from None
                if attempt == TURN_TRIES:
                    await self._quarantine(raw, f"turn: {type(error).__name__}")
                await asyncio.sleep(TURN_PAUSE_SECONDS)
        self._suspicious.pop(inbound.key, None)
        await self._live.publish(TOPIC)

    async def _is_suspicious(self, key: str) -> bool:
        """Count failures during which the database answered; True when it must be the update itself."""
        try:
            async with self._database.write() as session:
                await session.execute(select(1))
        except (SQLAlchemyError, OSError):
            return False
        self._suspicious[key] = self._suspicious.get(key, 0) + 1
        return self._suspicious[key] >= SUSPICIOUS_FAILURES

    def _acknowledge(self, update: Update) -> None:
        """Stop the little clock on the pressed button; nothing depends on it."""
        if update.callback_id is None:
            return
        task = asyncio.create_task(self._answer_callback(update.callback_id))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _answer_callback(self, callback_id: str) -> None:
        try:
            await self._api.call("answerCallbackQuery", callback_query_id=callback_id)
        except BotApiError as error:  # "query is too old" after a longer absence
            log.debug("callback not acknowledged: %s", error)

    async def _with_file(self, update: Update) -> Inbound:
        assert update.inbound is not None
        file = update.file
        if file is None:
            return update.inbound
        if file.size is not None and file.size > self._file_limit:
            return replace(update.inbound, refused_file=REFUSED_TOO_LARGE)
        for attempt in range(1, DOWNLOAD_TRIES + 1):
            try:
                async with self._downloads:
                    data = await self._api.download(file.file_id, self._file_limit)
            except FileTooLargeError:
                return replace(update.inbound, refused_file=REFUSED_TOO_LARGE)
            except (NotReachedError, OutcomeUnknownError, TooManyRequestsError) as error:
                pause = (
                    error.seconds
                    if isinstance(error, TooManyRequestsError)
                    else DOWNLOAD_PAUSE_SECONDS * attempt
                )
                log.info("download failed, try %d: %s", attempt, error)
                await asyncio.sleep(pause)
            except BotApiError as error:
                log.warning("file can't be had: %s", error)
                break
            else:
                return replace(update.inbound, files=(IncomingFile(file.filename, data),))
        return replace(update.inbound, refused_file=REFUSED_UNAVAILABLE)

    async def _quarantine(self, raw: Any, reason: str) -> None:
        """Keep the update for a person to look at, and tell the sender, once however often it comes."""
        text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, default=repr)
        number = updates.update_id_of(raw)
        name = str(number) if number is not None else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        now = self._now()
        try:
            async with self._database.write() as session:
                known = select(QuarantinedUpdate.id).where(
                    QuarantinedUpdate.channel == CHANNEL, QuarantinedUpdate.external_id == name
                )
                if (await session.execute(known)).first() is not None:
                    return
                session.add(
                    QuarantinedUpdate(
                        channel=CHANNEL, external_id=name, raw=text, error=reason[:255], created_at=now
                    )
                )
                address = updates.private_address(raw)
                if address is not None:
                    body = Outbound(self._not_understood).to_json()
                    session.add(
                        OutboxRow(channel=CHANNEL, address=address, body=body, not_before=now, created_at=now)
                    )
        except IntegrityError:
            return  # another process was faster
        except (SQLAlchemyError, OSError) as error:
            raise AwayError(type(error).__name__) from None
        log.error("update %s went into quarantine: %s", name, reason)
        await self._live.publish(TOPIC)


def is_away(error: BaseException) -> bool:
    """True when database or network are away, as opposed to a defect that this update triggers."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(
        error,
        OperationalError
        | InterfaceError
        | PoolTimeoutError
        | ConnectionError
        | TimeoutError
        | socket.gaierror,
    )
