"""The Telegram channel, put together from its parts. bot/app.py builds it, mounts its router and runs it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import yaml
from fastapi import APIRouter

from bot import limits
from bot.channels.telegram_api import BotApi, BotApiError
from bot.channels.telegram_ids import MessageIds
from bot.channels.telegram_intake import TEXTS, Intake, TurnHandler
from bot.channels.telegram_polling import Poller
from bot.channels.telegram_sending import ReadFile, TelegramSender
from bot.channels.telegram_webhook import PATH, build_router
from bot.config import TelegramSettings
from bot.delivery import Delivery
from bot.delivery_instance import Instance
from bot.files import FileStore, find
from storage.database import Database
from storage.live import Live

if TYPE_CHECKING:
    from bot.app import Application

log = logging.getLogger(__name__)

SET_UP_TRIES = 5
FINISH_SECONDS = 5.0


class TelegramChannel:
    """Receives by polling or webhook, and delivers the outbox; `run()` does both until `stop()`."""

    def __init__(
        self,
        settings: TelegramSettings,
        handler: TurnHandler,
        database: Database,
        live: Live,
        read_file: ReadFile,
        *,
        instances: Path,
        public_url: str = "",
        file_limit_bytes: int = limits.TELEGRAM_DOWNLOAD_BYTES,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._instance = Instance(instances)
        self._ids = MessageIds()
        self.api = BotApi(settings.token, settings.base_url)
        self.intake = Intake(
            self.api, handler, database, live, self._ids, file_limit_bytes=file_limit_bytes, clock=clock
        )
        self._poller = Poller(
            self.api, self.intake, database, self._ids, seconds=settings.poll_seconds, clock=clock
        )
        polling = settings.mode == "polling"
        self.sender = TelegramSender(
            self.api, self._ids, read_file, caught_up=self._poller.caught_up if polling else None
        )
        self.delivery = Delivery(database, self.sender, live, self._instance, clock=clock)

    @property
    def router(self) -> APIRouter:
        """The webhook route, to be mounted in webhook mode."""
        return build_router(self.intake, self._settings.webhook_secret)

    async def run(self) -> None:
        """Receive and deliver until stop() or cancellation; what is under way is finished first."""
        set_up = asyncio.create_task(self._set_up())
        loops = [asyncio.create_task(self.delivery.run())]
        try:
            if self._settings.mode == "polling":
                await set_up  # while a webhook is set, Telegram refuses getUpdates
                loops.append(asyncio.create_task(self._poller.run()))
            await asyncio.gather(*(asyncio.shield(loop) for loop in loops))
        finally:
            self.stop()
            await asyncio.wait(loops, timeout=FINISH_SECONDS)
            for task in (set_up, *loops):
                task.cancel()
            await asyncio.gather(set_up, *loops, return_exceptions=True)

    def stop(self) -> None:
        """Let run() end after what is under way."""
        self._poller.stop()
        self.delivery.stop()

    async def close(self) -> None:
        """Release connections and the instance's name; call after run() ended."""
        await self.api.close()
        self._instance.close()

    async def _set_up(self) -> None:
        """Tell Telegram how updates come, and the command menu; Telegram being away only delays."""
        for attempt in range(1, SET_UP_TRIES + 1):
            try:
                await self._set_receiving()
                break
            except BotApiError as error:
                log.warning("Telegram can't be set up yet: %s", error)
                await asyncio.sleep(attempt)
        try:
            commands = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))["commands"]
            menu = [{"command": name, "description": text} for name, text in commands.items()]
            await self.api.call("setMyCommands", commands=menu)
        except BotApiError as error:
            log.info("command menu not set: %s", error)

    async def _set_receiving(self) -> None:
        if self._settings.mode == "polling":
            await self.api.call("deleteWebhook", drop_pending_updates=False)
        elif self._settings.mode == "webhook" and self._public_url:
            await self.api.call(
                "setWebhook",
                url=f"{self._public_url}{PATH}",
                secret_token=self._settings.webhook_secret,
                max_connections=limits.TELEGRAM_WEBHOOK_CONNECTIONS,
                allowed_updates=["message", "edited_message", "callback_query"],
                drop_pending_updates=False,
            )


_built: WeakKeyDictionary[TurnHandler, TelegramChannel] = WeakKeyDictionary()


def channel_of(application: "Application") -> TelegramChannel:
    """Return the application's channel; the web server and the background loops share it."""
    known = _built.get(application.turns)
    if known is None:
        settings = application.settings
        known = _built[application.turns] = TelegramChannel(
            settings.telegram,
            application.turns,
            application.database,
            application.live,
            stored_files(application.database, application.files),
            instances=settings.data.folder.resolve() / "instances",
            public_url=settings.server.public_url,
            file_limit_bytes=settings.chat.file_limit_mb * 1_000_000,
            clock=application.clock,
        )
    return known


def loops(application: "Application") -> dict[str, Callable[[], Awaitable[None]]]:
    """Return the background work of the channel."""
    return {"telegram": channel_of(application).run}


def stored_files(database: Database, store: FileStore) -> ReadFile:
    """Return how the sender gets the bytes of a stored file; None for one that is gone."""

    async def read(token: str) -> bytes | None:
        async with database.read() as session:
            row = await find(session, token)
        if row is None:
            return None
        try:
            return await asyncio.to_thread(store.read, row.sha256)
        except FileNotFoundError:
            return None

    return read
