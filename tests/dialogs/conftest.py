"""The application without a model and with the answers of some topics, for conversations through the real turn."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import accounts
from bot.app import CONTENT, Application, build
from bot.config import Settings
from storage.cipher import KEY_BYTES, Cipher, use_cipher
from tests.conftest import run_apart
from tests.playing import Clock, Player

TOPICS = (
    "arbitration", "dismissal", "female_worker", "join_union", "labor_contract", "leave", "mediation_request",
    "overtime_pay", "probation", "resignation", "social_insurance", "wage_arrears", "work_injury",
)  # fmt: skip


@pytest.fixture(scope="session")
def some_answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped answers of TOPICS."""
    folder = tmp_path_factory.mktemp("content")
    (folder / "faq").mkdir()
    shutil.copy(CONTENT / "laws.yml", folder)
    for name in TOPICS:
        shutil.copy(CONTENT / "faq" / f"{name}.yml", folder / "faq")
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _settings(folder: Path, database: Path) -> Settings:
    return Settings.model_validate({
        "data": {"folder": folder / "data"}, "database": {"url": f"sqlite:///{database}"}, "nlu": {"url": "off"},
    })  # fmt: skip


@pytest.fixture(scope="session")
def filled(sqlite_template: Path, some_answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the answers and the accounts, to copy from."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copyfile(sqlite_template, folder / "n.db")
    use_cipher(Cipher((bytes(range(KEY_BYTES)),)))

    async def fill() -> None:
        built = await build(_settings(folder, folder / "n.db"), embedder=None, content=some_answers)
        await accounts.first_start(built)
        await built.aclose()

    run_apart(fill)
    return folder / "n.db"


@pytest.fixture
async def application(
    filled: Path, tmp_path: Path, clock: Clock, some_answers: Path
) -> AsyncIterator[Application]:
    shutil.copyfile(filled, tmp_path / "n.db")
    settings = _settings(tmp_path, tmp_path / "n.db")
    built = await build(settings, clock=clock, embedder=None, content=some_answers)
    yield built
    await built.aclose()


@pytest.fixture
def person(application: Application, clock: Clock) -> Player:
    """A worker on the web chat."""
    return Player(application, clock, channel="webchat")
