"""The whole application without a model, on both databases: two files of answers, words only, quick hashes."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from bot import accounts
from bot.app import CONTENT, Application, build
from bot.config import Settings
from tests.playing import Clock, Player
from tickets import passwords

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
async def application(another: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Application:
    """The application with the union tree and the demonstration accounts."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", quick)
    built: Application = await another()
    await accounts.first_start(built)
    return built


@pytest.fixture
def person(application: Application, clock: Clock) -> Player:
    """A worker on the web chat."""
    return Player(application, clock, channel="webchat")
