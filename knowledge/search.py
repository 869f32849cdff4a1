"""The published entries in memory: read from the database, given vectors, searched for every message."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from sqlalchemy import func, select

from knowledge.calibration import Weights, load_weights
from knowledge.content import CONTENT_FOLDER, load_statutes
from knowledge.embedding import Embedder, cached_passages, missing_passages
from knowledge.errors import EmbeddingError
from knowledge.index import Document, Floats
from knowledge.ranking import Catalogue, Entry, Hit, Outcome, SearchResult, Thresholds
from knowledge.statutes import Statute, basis_line, cite
from storage.database import Database
from storage.models import FaqEntry

__all__ = ["DEFAULT_THRESHOLDS", "Hit", "KnowledgeBase", "Outcome", "SearchResult", "Thresholds"]
logger = logging.getLogger(__name__)

EMBEDDED_IN_PASSING = 100  # sentences that may be embedded while messages wait: what one edit brings
EMBEDDED_AT_ONCE = 64  # sentences in a batch of the background
# Chosen by cross-validation (python -m knowledge calibrate); the defaults of config.yaml are the same.
DEFAULT_THRESHOLDS = Thresholds(answer=0.7, choices=0.22)
Revision = tuple[int, object, int]


class KnowledgeBase:
    """All published entries in memory. `search` is synchronous, takes milliseconds and never raises."""

    def __init__(
        self,
        database: Database,
        embedder: Embedder | None,
        thresholds: Thresholds,
        *,
        content_folder: Path = CONTENT_FOLDER,
        weights: Mapping[str, Weights] | None = None,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._thresholds = thresholds
        self._content_folder = content_folder
        self._statutes: Mapping[str, Statute] = {}
        self._weights = weights or load_weights()
        self._catalogue = Catalogue()
        self._revision: Revision | None = None
        self._loading = asyncio.Lock()
        self._completing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._catalogue)

    @property
    def compares_vectors(self) -> bool:
        """False while words alone are compared: no model, or a first start that still computes vectors."""
        return self._catalogue.index.vectors is not None

    async def load(self, *, embed_at_most: int | None = None) -> None:
        """Read everything that is published and build the index; the running one serves until then.

        Where more than `embed_at_most` sentences have no vector yet, words alone are compared until `complete`.
        """
        async with self._loading:
            await self._load(await self._stored_revision(), embed_at_most)

    async def refresh(self) -> bool:
        """Load again if anybody, in any process, changed an entry; returns whether it did."""
        if self._revision is not None and await self._stored_revision() == self._revision:
            return False
        async with self._loading:
            revision = await self._stored_revision()
            if revision == self._revision:  # somebody else loaded it while this one waited
                return False
            await self._load(revision, EMBEDDED_IN_PASSING)
        return True

    async def complete(self) -> bool:
        """Give a vector to every sentence that has none, a batch at a time; returns whether any was missing.

        Meant for the background: messages are answered meanwhile, and what is done survives a stop.
        """
        if self._embedder is None:
            return False
        async with self._completing:
            return await self._complete(self._embedder)

    async def _complete(self, embedder: Embedder) -> bool:
        sentences, answers = _texts([entry.document for entry in self._catalogue.entries])
        missing = await missing_passages(self._database, embedder, sentences + answers)
        try:
            for start in range(0, len(missing), EMBEDDED_AT_ONCE):
                batch = missing[start : start + EMBEDDED_AT_ONCE]
                await cached_passages(self._database, embedder, batch)
        except EmbeddingError as error:
            logger.warning("searching by words only: %s", error)
        else:
            if missing or (len(self._catalogue) and self._catalogue.index.vectors is None):
                await self.load(embed_at_most=EMBEDDED_IN_PASSING)
        return bool(missing)

    async def _load(self, revision: Revision, embed_at_most: int | None) -> None:
        self._statutes = await asyncio.to_thread(load_statutes, self._content_folder)
        async with self._database.read() as session:
            rows = (
                await session.scalars(
                    select(FaqEntry).where(FaqEntry.status == "published").order_by(FaqEntry.id)
                )
            ).all()
        entries = tuple(self._entry(row) for row in rows)
        vectors = await self._vectors([entry.document for entry in entries], embed_at_most)
        self._catalogue = await asyncio.to_thread(Catalogue, entries, vectors)
        self._revision = revision

    def get(self, faq_id: str) -> Hit | None:
        """A published entry by its id, with score 0."""
        return self._catalogue.get(faq_id)

    async def similar(self, sentences: Sequence[str], *, besides: str | None = None) -> tuple[Hit, ...]:
        """The three entries whose sentences lie nearest on the whole; score is the likeness, 0 to 1."""
        if not self.compares_vectors or self._embedder is None or not sentences:
            return ()
        return self._catalogue.like(await cached_passages(self._database, self._embedder, sentences), besides)

    def search(
        self,
        text: str,
        *,
        embedding: Sequence[float] | Floats | None = None,
        intents: Mapping[str, float] | None = None,
        region: str | None = None,
        today: date,
    ) -> SearchResult:
        """Rank what is valid today and in the region.

        `embedding` must come from the same model as the corpus; without it words alone are compared.
        `intents` are probabilities: they lean on the score, and a strong match of the text outweighs them.
        """
        return self._catalogue.search(
            text, _as_vector(embedding), intents or {}, region, today, self._weights, self._thresholds
        )

    async def _stored_revision(self) -> Revision:
        query = select(
            func.count(FaqEntry.id),
            func.max(FaqEntry.updated_at),
            func.coalesce(func.sum(FaqEntry.version), 0),
        )
        async with self._database.read() as session:
            count, newest, versions = (await session.execute(query)).one()
        return int(count), newest, int(versions)

    def _entry(self, row: FaqEntry) -> Entry:
        citations = tuple(cite(c["law"], int(c["article"]), self._statutes) for c in row.citations)
        hit = Hit(
            faq_id=row.id,
            intent=row.intent,
            question=row.question,
            answer=row.answer,
            more=row.more,
            citations=citations,
            basis=basis_line(citations),
            score=0.0,
            region=row.region,
        )
        document = Document((row.question, *row.phrasings), row.answer)
        return Entry(hit, row.valid_from, row.valid_to, document)

    async def _vectors(
        self, documents: Sequence[Document], embed_at_most: int | None
    ) -> tuple[Floats, Floats] | None:
        """Vectors of all sentences and answers; without them the search goes on with words."""
        if self._embedder is None or not documents:
            return None
        sentences, answers = _texts(documents)
        if embed_at_most is not None:
            missing = await missing_passages(self._database, self._embedder, sentences + answers)
            if len(missing) > embed_at_most:
                return None
        try:
            vectors = await cached_passages(self._database, self._embedder, sentences + answers)
        except EmbeddingError as error:
            logger.warning("searching by words only: %s", error)
            return None
        return vectors[: len(sentences)], vectors[len(sentences) :]


def _texts(documents: Sequence[Document]) -> tuple[list[str], list[str]]:
    """All sentences, and one passage for each entry."""
    sentences = [sentence for document in documents for sentence in document.sentences]
    return sentences, [document.passage for document in documents]


def _as_vector(embedding: Sequence[float] | Floats | None) -> Floats | None:
    return None if embedding is None else np.asarray(embedding, np.float32)
