"""The laws themselves as a second source: which articles lie nearest to a question that no entry answers.

Words and sentence vectors in one score, as for the entries; without vectors words alone. What is found is the text
of the law and no answer: it is shown only from a score on, and always said to be the law's own text.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.content import CONTENT_FOLDER, load_statutes
from knowledge.embedding import Embedder, cached_passages, missing_passages
from knowledge.errors import EmbeddingError
from knowledge.index import Floats
from knowledge.law_texts import ArticleText, articles_of, in_force_from, superseded, versions_of_laws
from knowledge.laws import REVISION
from knowledge.statute_index import StatuteIndex
from knowledge.statutes import Citation, Statute, cite
from nlu.understanding import INTENTS, OUT_OF_SCOPE
from storage.database import Database
from storage.models import Cursor, FaqEntry, LawArticle

logger = logging.getLogger(__name__)

HITS = 3  # articles that a result carries
SHOWN = 2  # of them in a reply
EMBEDDED_AT_ONCE = 8  # a batch of the background: a second's work, after which a stop is noticed
KEY = "law."  # begins the key by which a button names an article
Outcome = Literal["articles", "none"]
Revision = tuple[str | None, int, int, date]  # the day: a law comes into force without any import


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """One article as it stands today. `key` names it in buttons, `score` is 0 to 1."""

    key: str
    citation: Citation
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class StatuteResult:
    """`articles`: near enough to be shown as what the law says. `none`: nothing is shown.

    `near` of the hits reach the score from which an article is shown; the others are for the log.
    """

    outcome: Outcome = "none"
    hits: tuple[FoundArticle, ...] = ()
    near: int = 0

    @property
    def shown(self) -> tuple[FoundArticle, ...]:
        """What a reply names."""
        return self.hits[: min(self.near, SHOWN)]


NOTHING = StatuteResult()


def wanted(intent: str | None) -> bool:
    """Whether a message of this intent is a question that a law may speak of."""
    if intent is None:
        return True
    return intent != OUT_OF_SCOPE and intent in INTENTS and INTENTS[intent].group != "talk"


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The articles in force, replaced as a whole."""

    articles: tuple[FoundArticle, ...] = ()
    places: Mapping[str, int] | None = None
    passages: tuple[str, ...] = ()
    index: StatuteIndex | None = None


class StatuteSearch:
    """The newest imported text of each law in force, in memory; `search` takes milliseconds and never raises."""

    def __init__(
        self, database: Database, embedder: Embedder | None, *, content_folder: Path = CONTENT_FOLDER
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._content_folder = content_folder
        self._snapshot = _Snapshot()
        self._revision: Revision | None = None
        self._loading = asyncio.Lock()
        self._completing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._snapshot.articles)

    @property
    def compares_vectors(self) -> bool:
        """False while words alone are compared."""
        return self._snapshot.index is not None and self._snapshot.index.has_vectors

    async def refresh(self) -> bool:
        """Load again if an import changed anything; returns whether it did. Never computes a vector."""
        if self._revision is not None and await self._stored_revision() == self._revision:
            return False
        async with self._loading:
            revision = await self._stored_revision()
            if revision == self._revision:
                return False
            await self._load()
            self._revision = revision
        return True

    async def complete(self) -> bool:
        """Give a vector to every article that has none, a batch at a time; returns whether any was missing.

        Meant for the background; what is done survives a stop.
        """
        await self.refresh()
        if self._embedder is None or not self._snapshot.articles or self.compares_vectors:
            return False
        async with self._completing:
            missing = await missing_passages(self._database, self._embedder, self._snapshot.passages)
            try:
                for start in range(0, len(missing), EMBEDDED_AT_ONCE):
                    batch = missing[start : start + EMBEDDED_AT_ONCE]
                    await cached_passages(self._database, self._embedder, batch)
            except EmbeddingError as error:
                logger.warning("statutes are searched by words only: %s", error)
            else:
                if not self.compares_vectors:
                    async with self._loading:
                        await self._load()
            return bool(missing)

    def get(self, key: str) -> FoundArticle | None:
        """An article by the key that a button carries."""
        place = (self._snapshot.places or {}).get(key)
        return None if place is None else self._snapshot.articles[place]

    def search(self, text: str, *, embedding: Sequence[float] | Floats | None = None) -> StatuteResult:
        """The nearest articles; `embedding` must come from the model that the articles were embedded with."""
        snapshot = self._snapshot
        if snapshot.index is None or not any(character.isalnum() for character in text):
            return NOTHING
        vector = None if embedding is None else np.asarray(embedding, np.float32)
        places, scores, near = snapshot.index.best(text, vector, HITS)
        hits = tuple(
            FoundArticle(one.key, one.citation, one.text, score)
            for one, score in zip((snapshot.articles[place] for place in places), scores, strict=True)
        )
        return StatuteResult("articles" if near else "none", hits, near)

    async def _load(self) -> None:
        statutes = await asyncio.to_thread(load_statutes, self._content_folder)
        async with self._database.read() as session:
            texts = await _texts_in_force(session, statutes, datetime.now(UTC).date())
            cited = await _citations_by_law(session)
        laws = [one.law for one in texts]
        printed = [statutes[law].printed for law in laws]
        passages = tuple(f"{name} {one.text}" for name, one in zip(printed, texts, strict=True))
        vectors = await self._vectors(passages)
        use = [cited.get(law, 0) for law in laws]
        index = await asyncio.to_thread(StatuteIndex, [one.text for one in texts], printed, use, vectors)
        articles = tuple(
            FoundArticle(_key(one), cite(one.law, one.article, statutes), one.text, 0.0) for one in texts
        )
        places = {article.key: place for place, article in enumerate(articles)}
        self._snapshot = _Snapshot(articles, places, passages, index if articles else None)

    async def _vectors(self, passages: Sequence[str]) -> Floats | None:
        """The cached vectors, if every article has one."""
        if self._embedder is None or not passages:
            return None
        if await missing_passages(self._database, self._embedder, passages):
            return None
        return await cached_passages(self._database, self._embedder, passages)

    async def _stored_revision(self) -> Revision:
        async with self._database.read() as session:
            mark = await session.scalar(select(Cursor.value).where(Cursor.name == REVISION))
            count, newest = (
                await session.execute(select(func.count(LawArticle.id), func.max(LawArticle.id)))
            ).one()
        return mark, int(count), int(newest or 0), datetime.now(UTC).date()


def _key(one: ArticleText) -> str:
    return f"{KEY}{one.row}"


async def _texts_in_force(
    session: AsyncSession, statutes: Mapping[str, Statute], today: date
) -> list[ArticleText]:
    """All articles of the newest text of every law that holds today and whose text is not known to be old."""
    wanted_versions = {}
    for law, versions in (await versions_of_laws(session)).items():
        statute, newest = statutes.get(law), versions[0]
        if statute is None or statute.repealed or superseded(newest, statute):
            continue
        if in_force_from(newest, versions, statute) <= today:
            wanted_versions[law] = [newest]
        elif len(versions) > 1:  # the newest is still to come
            wanted_versions[law] = [versions[1]]
    found = await articles_of(session, wanted_versions)
    return [one for law in sorted(found) for one in found[law] if one.text]


async def _citations_by_law(session: AsyncSession) -> dict[str, int]:
    """How often the published entries cite each law: what the union is asked about."""
    counts: dict[str, int] = {}
    for citations in await session.scalars(select(FaqEntry.citations).where(FaqEntry.status == "published")):
        for law in {str(citation["law"]) for citation in citations}:
            counts[law] = counts.get(law, 0) + 1
    return counts
