"""What the Telegram tests share: a channel on the fake server, and waiting for something to become true."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_intake import TurnHandler
from bot.config import TelegramSettings
from storage.database import Database
from storage.live import LocalLive


async def no_file(_token: str) -> bytes | None:
    return None


def make_channel(
    url: str, token: str, handler: TurnHandler, database: Database, folder: Path, **settings: Any
) -> TelegramChannel:
    chosen = TelegramSettings.model_validate(
        {"mode": "polling", "token": token, "base_url": url, "poll_seconds": 2, **settings}
    )
    return TelegramChannel(chosen, handler, database, LocalLive(), no_file, instances=folder / "instances")


@asynccontextmanager
async def running(channel: TelegramChannel) -> AsyncIterator[TelegramChannel]:
    task = asyncio.create_task(channel.run())
    try:
        yield channel
    finally:
        channel.stop()
        await asyncio.wait_for(task, 20)
        await channel.close()


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Return the first true value of `condition`; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not (value := await asyncio.to_thread(condition)):
        assert time.monotonic() < end, "did not happen in time"
        await asyncio.sleep(0.05)
    return value


async def rows(database: Database, model: type[Any]) -> list[Any]:
    async with database.read() as session:
        key = next(iter(model.__table__.primary_key.columns))
        return list((await session.execute(select(model).order_by(key))).scalars())
