"""Fixtures shared by all tests: cipher, clock, and a fresh migrated database on both engines."""

import asyncio
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

DATABASE = "niangjia"
# Emptying costs 10 ms, copying a template database half a second. Nothing of the test before survives:
# its connections are ended, all rows deleted (foreign keys off meanwhile) and all sequences set back.
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE schemaname = 'public';
END $$;
"""


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
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """URL of a migrated PostgreSQL database that the tests use one after the other."""
    run_apart(lambda: _sql(f"{postgres_server}/postgres", f"CREATE DATABASE {DATABASE}"))
    run_apart(lambda: migrate(f"{postgres_server}/{DATABASE}"))
    return f"{postgres_server}/{DATABASE}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    run_apart(lambda: migrate(f"sqlite:///{file}"))
    return file


async def _sql(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """URL of a fresh, migrated SQLite file."""
    file = tmp_path / "niangjia.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(migrated_postgres: str) -> str:
    """URL of a migrated PostgreSQL database without a row."""
    run_apart(lambda: _sql(migrated_postgres, EMPTY))
    return migrated_postgres


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
