"""The migrations and the models describe the same schema, on both engines."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text

from storage.base import Base
from storage.database import Database
from storage.migrate import alembic_config, migrate, newest_revision
from storage.models import Conversation

OLD_CONVERSATION = (
    "INSERT INTO conversations (id, channel, address, state_version, created_at, last_inbound_at)"
    " VALUES (1, 'webchat', 'old', 0, '2026-11-22 08:00:00', '2026-11-22 08:00:00')"
)


def _differences(connection: Connection) -> list[object]:
    return list(
        compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)
    )


async def test_migrated_schema_is_what_the_models_say(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_a_change_to_the_schema_would_be_noticed(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("BEGIN" if database.is_sqlite else "SELECT 1"))
        await connection.execute(text("ALTER TABLE cursors DROP COLUMN value"))
        assert await connection.run_sync(_differences)
        await connection.rollback()


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    await migrate(database.url)
    async with database.read() as session:
        revision = await session.scalar(text("SELECT version_num FROM alembic_version"))
    assert revision == newest_revision()


@pytest.mark.parametrize("attempt", range(5))  # the switch to WAL collided about once in ten
async def test_processes_that_start_together_do_not_collide(tmp_path: Path, attempt: int) -> None:
    url = f"sqlite:///{tmp_path / f'new{attempt}.db'}"
    await asyncio.gather(*(migrate(url) for _ in range(4)))
    opened = Database(url)
    async with opened.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
    await opened.close()


async def test_a_failed_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Database(f"sqlite:///{tmp_path / 'half.db'}")

    def fail_at_the_end(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE half (id INTEGER)"))
        raise RuntimeError("power cut")

    monkeypatch.setattr("storage.migrate._upgrade", fail_at_the_end)
    with pytest.raises(RuntimeError, match="power cut"):
        await migrate(opened.url)
    async with opened.read() as session:
        assert (await session.scalars(text("SELECT name FROM sqlite_master"))).all() == []
    await opened.close()


async def test_rows_of_the_first_version_survive_the_upgrade(database: Database) -> None:
    def go_to(revision: str) -> Callable[[Connection], None]:
        step = command.downgrade if revision == "0001" else command.upgrade
        return lambda connection: step(alembic_config(connection), revision)

    async with database.engine.begin() as connection:
        await connection.run_sync(go_to("0001"))
        await connection.execute(text(OLD_CONVERSATION))
        await connection.run_sync(go_to("head"))
    async with database.write() as session:
        kept = (await session.scalars(select(Conversation))).one()
        assert (kept.address, kept.preferences) == ("old", {})
