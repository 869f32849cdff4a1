"""Fixtures shared by all tests: cipher, clock, and a fresh migrated database on both engines."""

import asyncio
import gc
import os
import pickle
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from argon2 import PasswordHasher

from storage.cipher import KEY_BYTES, Cipher, use_cipher
from storage.database import Database
from storage.migrate import migrate
from tests import postgres
from tests.beside import SHARED
from tickets import passwords, sessions

DATABASE = "niangjia"
MEMORY = Path("/dev/shm")  # where SQLite's fsync costs nothing


def run_apart(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine to its end in a thread of its own, so that the test's event loop is not touched."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What needs the data beside the project is skipped in a clone that stands alone."""
    if item.get_closest_marker("shared") and not SHARED.is_dir():
        pytest.skip("the labelled data and the laws are not beside this project")


def pytest_collection_finish() -> None:
    """Modules and collected tests stay to the end: no later garbage collection has to walk through them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Real argon2, with the least work it allows; processes that a test starts do the full work."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", hasher)
        patch.setattr(sessions, "_NOBODY", hasher.hash("nobody"))
        yield


@pytest.fixture(scope="session", autouse=True)
def read_once() -> Iterator[None]:
    """A YAML text and the system's certificates are read once in a test session, not once in every test."""
    load = yaml.safe_load
    packed = lru_cache(maxsize=512)(lambda text: pickle.dumps(load(text)))

    def load_once(source: Any) -> Any:
        return pickle.loads(packed(source)) if isinstance(source, str) else load(source)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "safe_load", load_once)
        patch.setattr(ssl, "create_default_context", lru_cache(maxsize=8)(ssl.create_default_context))
        patch.setattr(yaml, "compose", lru_cache(maxsize=512)(yaml.compose))  # nobody changes a node
        yield


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
def migrated_postgres(postgres_server: str) -> Iterator[postgres.Shared]:
    """A migrated PostgreSQL database that the tests use one after the other."""
    run_apart(lambda: postgres.create(postgres_server, DATABASE))
    run_apart(lambda: migrate(f"{postgres_server}/{DATABASE}"))
    with postgres.Shared(f"{postgres_server}/{DATABASE}") as shared:
        yield shared


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where databases lie while a test runs: in memory where the system has such a folder."""
    within = MEMORY if os.access(MEMORY, os.W_OK) else tmp_path_factory.mktemp("databases")
    with tempfile.TemporaryDirectory(prefix="niangjia-", dir=within) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    run_apart(lambda: migrate(f"sqlite:///{file}"))
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_folder: Path) -> Iterator[str]:
    """URL of a fresh, migrated SQLite file."""
    with tempfile.TemporaryDirectory(dir=sqlite_folder) as folder:
        file = Path(folder) / "niangjia.db"
        shutil.copyfile(sqlite_template, file)
        yield f"sqlite:///{file}"


@pytest.fixture
def postgres_url(migrated_postgres: postgres.Shared) -> str:
    """URL of a migrated PostgreSQL database without a row."""
    migrated_postgres.empty()
    return migrated_postgres.url


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
