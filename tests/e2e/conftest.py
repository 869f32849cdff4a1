"""The whole application with real Rasa, one server for the test session; and a browser."""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from bot import accounts
from bot.app import Application, build
from bot.config import Settings
from nlu import training
from nlu.server import RasaServer
from tests.playing import Clock
from tests.vectors import shared_model

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
]
PHONE = {
    "viewport": {"width": 360, "height": 640},
    "device_scale_factor": 2,
    "has_touch": True,
    "locale": "zh-CN",
}


class _Rasa(threading.Thread):
    """A supervised Rasa server on an event loop of its own, so that it outlives the tests' loops."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.url = ""
        self.ready = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.stopping = asyncio.Event()

    def run(self) -> None:
        self.loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        model = await asyncio.to_thread(training.ensure_model)
        async with RasaServer(model) as server:
            await server.wait_ready()
            self.url = server.url or ""
            self.ready.set()
            await self.stopping.wait()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.join(20)


@pytest.fixture(scope="session")
def rasa_url() -> Iterator[str]:
    """Address of the real Rasa server with the model that fits the data (trained when there is none)."""
    thread = _Rasa()
    thread.start()
    assert thread.ready.wait(280), "Rasa did not get ready"
    yield thread.url
    thread.stop()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    arguments = [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        await browser.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def application(
    database_url: str, tmp_path: Path, rasa_url: str, clock: Clock
) -> AsyncIterator[Application]:
    """The application on a fresh database of each kind, with the demonstration accounts."""
    settings = Settings.model_validate({
        "data": {"folder": tmp_path / "data"},
        "database": {"url": database_url},
        "nlu": {"url": rasa_url},
    })  # fmt: skip
    built = await build(settings, clock=clock, embedder=shared_model)
    await accounts.first_start(built)
    yield built
    await built.aclose()
