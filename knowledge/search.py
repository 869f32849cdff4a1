"""Finding the curated answer: words and sentence vectors in one score, and what to do at that score."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
from sqlalchemy import func, select

from knowledge.calibration import NOTHING_FOR_US, Weights, load_weights, mode_of
from knowledge.content import CONTENT_FOLDER, NATIONAL, load_statutes
from knowledge.embedding import Embedder, cached_passages, missing_passages
from knowledge.errors import EmbeddingError
from knowledge.index import COLUMNS, Document, Floats, SearchIndex
from knowledge.statutes import Citation, Statute, basis_line, cite
from knowledge.tokens import normalise
from storage.database import Database
from storage.models import FaqEntry

logger = logging.getLogger(__name__)

Outcome = Literal["answer", "choices", "none"]
HITS = 5  # how many hits a result carries
OFFERED = 3  # how many of them a person is offered
EMBEDDED_IN_PASSING = 100  # sentences that may be embedded while messages wait: what one edit brings
EMBEDDED_AT_ONCE = 64  # sentences in a batch of the background
SAME = 0.93  # centred cosine of two entries' themes from which they say the same
RELATED = 0.45  # from which a local entry adds to a national one


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From config.yaml: knowledge.answer_score and knowledge.choices_score."""

    answer: float
    choices: float


# Chosen by cross-validation (python -m knowledge calibrate); the defaults of config.yaml are the same.
DEFAULT_THRESHOLDS = Thresholds(answer=0.6, choices=0.22)


@dataclass(frozen=True, slots=True)
class Hit:
    """One curated answer with its basis. `parts` are the numbers behind the score, for the test box."""

    faq_id: str
    intent: str
    question: str
    answer: str
    more: str | None
    citations: tuple[Citation, ...]
    basis: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    region: str = NATIONAL


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`answer`: hits[0] is the answer, the others are near it. `choices`: offer the first three.

    `none`: the hits are only what came nearest, for the log and the console's test box, never for a worker.
    `local`: what holds in the worker's own place, to be shown below a national answer.
    """

    outcome: Outcome
    hits: tuple[Hit, ...]
    local: Hit | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    hit: Hit
    valid_from: date | None
    valid_to: date | None
    document: Document


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One state of the knowledge; replaced as a whole, so a search never sees half of a change."""

    entries: tuple[_Entry, ...]
    index: SearchIndex
    intents: tuple[str, ...]
    places: Mapping[str, int]
    exact: Mapping[str, int]  # sentence without blanks and punctuation -> entry


Revision = tuple[int, object, int]
_EMPTY = _Snapshot((), SearchIndex((), None, None), (), MappingProxyType({}), MappingProxyType({}))


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
        self._snapshot = _EMPTY
        self._revision: Revision | None = None
        self._loading = asyncio.Lock()
        self._completing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._snapshot.entries)

    @property
    def compares_vectors(self) -> bool:
        """False while words alone are compared: no model, or a first start that still computes vectors."""
        return self._snapshot.index.vectors is not None

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
        sentences, answers = _texts([entry.document for entry in self._snapshot.entries])
        missing = await missing_passages(self._database, embedder, sentences + answers)
        try:
            for start in range(0, len(missing), EMBEDDED_AT_ONCE):
                batch = missing[start : start + EMBEDDED_AT_ONCE]
                await cached_passages(self._database, embedder, batch)
        except EmbeddingError as error:
            logger.warning("searching by words only: %s", error)
        else:
            if missing or (self._snapshot.entries and self._snapshot.index.vectors is None):
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
        self._snapshot = await asyncio.to_thread(_snapshot, entries, vectors)
        self._revision = revision

    def get(self, faq_id: str) -> Hit | None:
        """A published entry by its id, with score 0."""
        place = self._snapshot.places.get(faq_id)
        return None if place is None else self._snapshot.entries[place].hit

    async def similar(self, sentences: Sequence[str], *, besides: str | None = None) -> tuple[Hit, ...]:
        """The three entries whose sentences lie nearest on the whole; score is the likeness, 0 to 1."""
        snapshot = self._snapshot
        index = snapshot.index.vectors
        if index is None or self._embedder is None or not sentences:
            return ()
        vectors = await cached_passages(self._database, self._embedder, sentences)
        likeness = index.theme_likeness(vectors)
        order = [p for p in np.argsort(-likeness).tolist() if snapshot.entries[p].hit.faq_id != besides]
        return tuple(replace(snapshot.entries[p].hit, score=max(0.0, float(likeness[p]))) for p in order[:3])

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
        snapshot = self._snapshot
        allowed = np.array([_holds(entry, today, region) for entry in snapshot.entries], bool)
        if not allowed.any() or not any(character.isalnum() for character in text):
            return SearchResult("none", ())
        scores, features = self._score(snapshot, text, _as_vector(embedding), intents or {}, allowed)
        order = _without_twins(snapshot, scores, HITS)
        hits = tuple(_scored(snapshot.entries[place].hit, scores[place], features[place]) for place in order)
        local = _local_addition(snapshot, order, hits, region)
        return SearchResult(self._outcome(hits), hits, local)

    def _score(
        self,
        snapshot: _Snapshot,
        text: str,
        embedding: Floats | None,
        intents: Mapping[str, float],
        allowed: np.ndarray[tuple[int], np.dtype[np.bool_]],
    ) -> tuple[Floats, Floats]:
        usable = snapshot.index.accepts(embedding)
        features = snapshot.index.features(text, embedding if usable else None)
        weights = self._weights[mode_of(has_vector=usable, has_intents=bool(intents))]
        likely = np.array([intents.get(intent, 0.0) for intent in snapshot.intents], np.float32)
        nothing = sum(intents.get(name, 0.0) for name in NOTHING_FOR_US)
        scores = np.zeros(len(snapshot.entries), np.float32)
        scores[allowed] = weights.scores(features[allowed], likely[allowed], nothing)
        same = snapshot.exact.get(_letters(text))
        if same is not None and allowed[same]:  # word for word a question or phrasing of ours
            scores *= 0.1
            scores[same] = 1.0
        return scores, features

    def _outcome(self, hits: Sequence[Hit]) -> Outcome:
        if hits and hits[0].score >= self._thresholds.answer:
            return "answer"
        if sum(hit.score for hit in hits[:OFFERED]) >= self._thresholds.choices:
            return "choices"
        return "none"

    async def _stored_revision(self) -> Revision:
        query = select(
            func.count(FaqEntry.id),
            func.max(FaqEntry.updated_at),
            func.coalesce(func.sum(FaqEntry.version), 0),
        )
        async with self._database.read() as session:
            count, newest, versions = (await session.execute(query)).one()
        return int(count), newest, int(versions)

    def _entry(self, row: FaqEntry) -> _Entry:
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
        return _Entry(hit, row.valid_from, row.valid_to, document)

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


def _snapshot(entries: tuple[_Entry, ...], vectors: tuple[Floats, Floats] | None) -> _Snapshot:
    sentences, answers = vectors or (None, None)
    index = SearchIndex([entry.document for entry in entries], sentences, answers)
    places = {entry.hit.faq_id: place for place, entry in enumerate(entries)}
    exact = {
        _letters(sentence): place
        for place, entry in enumerate(entries)
        for sentence in entry.document.sentences
    }
    intents = tuple(entry.hit.intent for entry in entries)
    return _Snapshot(entries, index, intents, MappingProxyType(places), MappingProxyType(exact))


def _letters(text: str) -> str:
    return "".join(character for character in normalise(text) if character.isalnum())


def _as_vector(embedding: Sequence[float] | Floats | None) -> Floats | None:
    return None if embedding is None else np.asarray(embedding, np.float32)


def _holds(entry: _Entry, today: date, region: str | None) -> bool:
    """Valid today, and not made for another place; a place that is not known excludes nothing."""
    if entry.valid_from and today < entry.valid_from:
        return False
    if entry.valid_to and today > entry.valid_to:
        return False
    where = entry.hit.region
    return where == NATIONAL or not region or region.startswith(where) or where.startswith(region)


def _scored(hit: Hit, score: float, features: Floats) -> Hit:
    parts = {name: round(float(value), 4) for name, value in zip(COLUMNS, features, strict=True)}
    return replace(hit, score=min(1.0, float(score)), parts=MappingProxyType(parts))


def _likeness(snapshot: _Snapshot, left: int, right: int) -> float:
    """How near two entries are; without vectors only equal questions are seen."""
    if snapshot.index.vectors is not None:
        themes = snapshot.index.vectors.themes
        return float(themes[left] @ themes[right])
    first, second = snapshot.entries[left].hit, snapshot.entries[right].hit
    return float(first.question == second.question)


def _without_twins(snapshot: _Snapshot, scores: Floats, count: int) -> list[int]:
    """The best entries; one that says the same for the same place gives its score to the better one."""
    kept: list[int] = []
    for place in np.argsort(-scores, kind="stable")[: 3 * count].tolist():
        twin = next((other for other in kept if _are_twins(snapshot, other, place)), None)
        if twin is not None:
            scores[twin] += scores[place]
        elif len(kept) < count and scores[place] > 0:
            kept.append(place)
    return kept


def _are_twins(snapshot: _Snapshot, left: int, right: int) -> bool:
    same_place = snapshot.entries[left].hit.region == snapshot.entries[right].hit.region
    return same_place and _likeness(snapshot, left, right) >= SAME


def _local_addition(
    snapshot: _Snapshot, order: Sequence[int], hits: Sequence[Hit], region: str | None
) -> Hit | None:
    """Below a national answer: the nearest entry of the same intent made for the worker's own place."""
    if not region or not hits or hits[0].region != NATIONAL:
        return None
    for place, hit in zip(order[1:], hits[1:], strict=True):
        near = _likeness(snapshot, order[0], place) >= RELATED
        if near and hit.intent == hits[0].intent and hit.region != NATIONAL and region.startswith(hit.region):
            return hit
    return None
