"""The whole application without a model, on both databases: two files of answers, words only, quick hashes."""

import logging
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot import accounts
from bot.app import CONTENT, Application, build
from bot.config import Settings
from storage.database import Database
from tests.bot.fake_bot_api import FakeTelegram
from tests.bot.webchat_standin import Site
from tests.playing import Clock, Player

ANSWERS = ("overtime_pay.yml", "wage_arrears.yml")


@pytest.fixture(scope="session")
def few_answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of shipped answers that is read in milliseconds."""
    folder = tmp_path_factory.mktemp("content")
    (folder / "faq").mkdir()
    shutil.copy(CONTENT / "laws.yml", folder)
    for name in ANSWERS:
        shutil.copy(CONTENT / "faq" / name, folder / "faq")
    return folder


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    """What a test sets at a logger ends with the test, also what uvicorn sets at its own."""
    names = (*logging.root.manager.loggerDict, "uvicorn", "uvicorn.error", "uvicorn.access")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger, logger.level, logger.propagate, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, propagate, handlers in before:
        if logger.level != level:  # setting it goes through all loggers
            logger.setLevel(level)
        logger.propagate = propagate
        logger.handlers[:] = handlers


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings.model_validate({
        "data": {"folder": tmp_path / "data"}, "database": {"url": database_url}, "nlu": {"url": "off"},
    })  # fmt: skip


@pytest.fixture
async def another(settings: Settings, clock: Clock, few_answers: Path) -> AsyncIterator[Callable[[], Any]]:
    """Builds one more application over the same database: what a second process would run."""
    built: list[Application] = []

    async def build_another() -> Application:
        built.append(await build(settings, clock=clock, embedder=None, content=few_answers))
        return built[-1]

    yield build_another
    for application in built:
        await application.aclose()


@pytest.fixture
async def application(another: Callable[[], Any]) -> Application:
    """The application with the union tree and the demonstration accounts."""
    built: Application = await another()
    await accounts.first_start(built)
    return built


@pytest.fixture(scope="session")
def telegram_server() -> Iterator[FakeTelegram]:
    """A Bot API server; starting one costs more than most tests that use it."""
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def fake(telegram_server: FakeTelegram) -> FakeTelegram:
    """A Bot API server that remembers nothing."""
    telegram_server.do("forget")
    return telegram_server


@pytest.fixture
def site_settings() -> dict[str, Any]:
    """What a file of tests wants otherwise in its site."""
    return {}


@pytest.fixture
async def site(sqlite_url: str, tmp_path: Path, site_settings: dict[str, Any]) -> AsyncIterator[Site]:
    """A web chat that echoes."""
    database = Database(sqlite_url)
    yield Site(database, tmp_path, **site_settings)
    await database.close()


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on that site."""
    async with site.browser() as browser:
        yield browser


@pytest.fixture
def person(application: Application, clock: Clock) -> Player:
    """A worker on the web chat."""
    return Player(application, clock, channel="webchat")
