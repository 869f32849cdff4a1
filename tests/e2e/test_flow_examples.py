"""Every example conversation of every flow, through the real turn with real Rasa.

The examples on one database share an application: each has a person of its own and a clock that begins anew.
"""

import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from bot import accounts
from bot.app import FLOWS, Application, build
from bot.config import Settings
from dialogs.flow import Example, load_flows
from storage.cipher import KEY_BYTES, Cipher, use_cipher
from tests import postgres
from tests.e2e.conftest import shared_model
from tests.playing import Clock, Player, play

pytestmark = [pytest.mark.rasa, pytest.mark.asyncio(loop_scope="module")]
ON_TELEGRAM = ("wage_arrears", "job_seek", "suggestion")  # nothing in them is kept out of a chat abroad
ALL = [
    (flow.flow, number, example)
    for flow in load_flows(FLOWS).values()
    for number, example in enumerate(flow.examples, 1)
]
FIRST = [named for named in ALL if named[1] == 1]


def _params(examples: Iterable[tuple[str, int, Example]]) -> list[object]:
    return [pytest.param(example, id=f"{flow}-{number}") for flow, number, example in examples]


@asynccontextmanager
async def _application(url: str, folder: Path, rasa_url: str) -> AsyncIterator[Application]:
    use_cipher(Cipher((bytes(range(KEY_BYTES)),)))
    settings = Settings.model_validate({
        "data": {"folder": folder / "data"}, "database": {"url": url}, "nlu": {"url": rasa_url},
    })  # fmt: skip
    built = await build(settings, clock=Clock(), embedder=shared_model)
    await accounts.first_start(built)
    await built.warm_up()
    try:
        yield built
    finally:
        await built.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def on_sqlite(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, rasa_url: str
) -> AsyncIterator[Application]:
    """One application for all examples, on SQLite."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copyfile(sqlite_template, folder / "n.db")
    async with _application(f"sqlite:///{folder / 'n.db'}", folder, rasa_url) as built:
        yield built


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def on_postgresql(
    migrated_postgres: postgres.Shared, tmp_path_factory: pytest.TempPathFactory, rasa_url: str
) -> AsyncIterator[Application]:
    """One application for the first example of every flow, on PostgreSQL."""
    migrated_postgres.empty()
    async with _application(migrated_postgres.url, tmp_path_factory.mktemp("examples"), rasa_url) as built:
        yield built


async def _played(application: Application, example: Example, channel: str = "webchat") -> None:
    assert isinstance(application.clock, Clock)
    application.clock.now = Clock().now
    await play(Player(application, application.clock, channel), example)


@pytest.mark.parametrize("example", _params(ALL))
async def test_example_on_sqlite(on_sqlite: Application, example: Example) -> None:
    await _played(on_sqlite, example)


@pytest.mark.parametrize("example", _params(named for named in FIRST if named[0] in ON_TELEGRAM))
async def test_example_on_telegram_and_sqlite(on_sqlite: Application, example: Example) -> None:
    await _played(on_sqlite, example, "telegram")


@pytest.mark.postgres
@pytest.mark.parametrize("example", _params(FIRST))
async def test_example_on_postgresql(on_postgresql: Application, example: Example) -> None:
    await _played(on_postgresql, example)
