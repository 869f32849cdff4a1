"""Bringing a database up to this version: schema and shipped knowledge, both skipped when nothing changed."""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge import content as content_code
from knowledge import faq
from storage import migrate as migrations
from storage.database import Database
from storage.models import Cursor

SCHEMA = "start.schema"
CONTENT = "start.content"
ADVISORY_LOCK = 0x6E69616E73656564  # "nianseed": any constant that nothing else in this database uses


@asynccontextmanager
async def alone(database: Database) -> AsyncIterator[AsyncSession]:
    """Give a writing transaction in which no other starting process is."""
    async with database.write() as session:
        if not database.is_sqlite:  # on SQLite every writer is alone
            await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        yield session


async def prepare(database: Database, content: Path, now: datetime) -> None:
    """Migrate and bring in the shipped answers, where the last start did not leave exactly that behind."""
    schema = _schema_files()
    if await _left_behind(database, SCHEMA) != schema:
        await migrations.migrate(database.url)
        async with alone(database) as session:
            await _remember(session, SCHEMA, schema)
    shipped = _content_files(content)
    if await _left_behind(database, CONTENT) != shipped:
        async with alone(database) as session:
            await faq.sync_content(session, content, now)
            await _remember(session, CONTENT, shipped)


def _schema_files() -> str:
    return fingerprint(sorted(migrations.MIGRATIONS.rglob("*.py")))


def _content_files(folder: Path) -> str:
    """The code that writes the rows counts, too."""
    return fingerprint([Path(faq.__file__), Path(content_code.__file__), *sorted(folder.rglob("*.yml"))])


def fingerprint(files: Iterable[Path]) -> str:
    """Return one hash over names and contents."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


async def _left_behind(database: Database, name: str) -> str | None:
    try:
        async with database.read() as session:
            return await session.scalar(select(Cursor.value).where(Cursor.name == name))
    except (OperationalError, ProgrammingError):  # no table yet; a database that is away fails in migrate()
        return None


async def _remember(session: AsyncSession, name: str, value: str) -> None:
    await session.merge(Cursor(name=name, value=value))
