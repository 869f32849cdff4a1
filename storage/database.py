"""One way to the database, on SQLite (WAL) and PostgreSQL alike."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

SQLITE_BUSY_MILLISECONDS = 30_000
CHECKPOINT_MILLISECONDS = 500  # a reply waits for it; the sweep tries again


def normalise_url(url: str) -> str:
    """Return the URL with an async driver: sqlite -> aiosqlite, postgresql -> asyncpg."""
    parsed = make_url(url)
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    name = drivers.get(parsed.drivername, parsed.drivername)
    return parsed.set(drivername=name).render_as_string(hide_password=False)


class Database:
    """Engine and sessions. A session's block is one transaction: commit on success, else rollback."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = normalise_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        # hide_parameters: an error of the database must not quote what a worker wrote
        options: dict[str, Any] = {"pool_pre_ping": not self.is_sqlite, "hide_parameters": True}
        if not self.is_sqlite:
            options |= {"pool_size": pool_size, "max_overflow": pool_size}
        self.engine: AsyncEngine = create_async_engine(self.url, **options)
        if self.is_sqlite:
            _prepare_sqlite(self.engine)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        # SQLite has one writer. In this process they queue here, in order; at the file they would poll, with
        # pauses of up to a tenth of a second, and the unlucky one would wait for many others.
        self._writer = asyncio.Lock() if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Give a session whose block is one writing transaction.

        On SQLite the write lock is taken at once (BEGIN IMMEDIATE), so a transaction never fails
        half-way because another writer was faster. Blocks must not be nested.
        """
        async with self._writer, self._sessions() as session, session.begin():
            if self.is_sqlite:
                await session.execute(text("BEGIN IMMEDIATE"))
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Give a session for reading; nothing is committed."""
        async with self._sessions() as session:
            yield session

    async def forget_deleted(self) -> None:
        """Leave nothing of deleted rows in SQLite's write-ahead log; put off while somebody reads an older state."""
        if not self.is_sqlite:
            return
        async with self._writer, self.engine.connect() as connection:
            await connection.exec_driver_sql(f"PRAGMA busy_timeout={CHECKPOINT_MILLISECONDS}")
            try:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                await connection.exec_driver_sql(f"PRAGMA busy_timeout={SQLITE_BUSY_MILLISECONDS}")

    async def close(self) -> None:
        """Release all connections."""
        await self.engine.dispose()


def _prepare_sqlite(engine: AsyncEngine) -> None:
    database = engine.url.database
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves; WAL was set by the migration, it stays
        cursor = connection.cursor()
        for pragma in (
            "synchronous=FULL",  # a message acknowledged to a channel survives a power cut
            "foreign_keys=ON",
            "secure_delete=ON",  # what is deleted is overwritten, also in pages that are free now
            f"busy_timeout={SQLITE_BUSY_MILLISECONDS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
