"""Brings a database to the newest schema, at every start; two starting processes wait for each other."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import SQLITE_BUSY_MILLISECONDS, Database

MIGRATIONS = Path(__file__).with_name("migrations")
ADVISORY_LOCK = 0x6E69616E676A6961  # "niangjia": any constant that nothing else in this database uses


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration without an ini file, bound to `connection` when one is given."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """Return the revision that an up-to-date database is at."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise RuntimeError("no migration found beside storage/migrate.py")
    return head


def _upgrade(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


async def _write_ahead(connection: AsyncConnection) -> None:
    """Switch the file to WAL, which it keeps. SQLite does not wait here for a process that does the same."""
    loop = asyncio.get_running_loop()
    patience_ends = loop.time() + SQLITE_BUSY_MILLISECONDS / 1000
    while True:
        try:
            await connection.execute(text("PRAGMA journal_mode=WAL"))
        except OperationalError:
            if loop.time() >= patience_ends:
                raise
            await asyncio.sleep(0.05)
        else:
            return


async def migrate(database_url: str) -> None:
    """Apply every missing migration in one transaction: all of them or none.

    Safe to call from several processes at once: SQLite takes the write lock first, PostgreSQL an
    advisory lock that ends with the transaction.
    """
    database = Database(database_url, pool_size=1)
    try:
        async with database.engine.begin() as connection:
            if database.is_sqlite:
                await _write_ahead(connection)
                await connection.execute(text("BEGIN IMMEDIATE"))
            else:
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            await connection.run_sync(_upgrade)
    finally:
        await database.close()
