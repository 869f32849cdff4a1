"""Fixtures shared by all tests: cipher, clock, and a fresh migrated database on both engines."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from storage.cipher import KEY_BYTES, Cipher, use_cipher
from storage.database import Database
from storage.migrate import migrate
from tests import postgres

TEMPLATE = "niangjia_template"
_numbers = itertools.count(1)


def run_apart(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine to its end in a thread of its own, so that the test's event loop is not touched."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


@pytest.fixture(autouse=True)
def cipher() -> Cipher:
    """The process's cipher, with a fixed key."""
    fixed = Cipher((bytes(range(KEY_BYTES)),))
    use_cipher(fixed)
    return fixed


@pytest.fixture
def now() -> datetime:
    """Tuesday 2026-11-24 10:00 in Kunming: working time."""
    return datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL (without a database name) of a PostgreSQL server that lives as long as the test session."""
    with postgres.server() as url:
        run_apart(lambda: _sql(url, f"CREATE DATABASE {TEMPLATE}"))
        run_apart(lambda: migrate(f"{url}/{TEMPLATE}"))
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    run_apart(lambda: migrate(f"sqlite:///{file}"))
    return file


async def _sql(url: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{url}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """URL of a fresh, migrated SQLite file."""
    file = tmp_path / "niangjia.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
async def postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """URL of a fresh, migrated PostgreSQL database, dropped after the test."""
    name = f"niangjia_{os.getpid()}_{next(_numbers)}"
    await _sql(postgres_server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield f"{postgres_server}/{name}"
    await _sql(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of a fresh, migrated database; the test runs once on each engine."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database on each engine in turn."""
    opened = Database(database_url, pool_size=5)
    yield opened
    await opened.close()
