"""Ranking curated answers: one state of the knowledge and what a message finds in it, without any database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from knowledge.calibration import NOTHING_FOR_US, Weights, mode_of
from knowledge.content import NATIONAL
from knowledge.index import COLUMNS, Document, Floats, SearchIndex, leading
from knowledge.statutes import Citation
from knowledge.tokens import normalise

Outcome = Literal["answer", "choices", "none"]
HITS = 5  # how many hits a result carries
OFFERED = 3  # how many of them a person is offered
SAME = 0.93  # centred cosine of two entries' themes from which they say the same
RELATED = 0.45  # from which a local entry adds to a national one
_ALWAYS = (date.min.toordinal(), date.max.toordinal())


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From config.yaml: knowledge.answer_score and knowledge.choices_score."""

    answer: float
    choices: float


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
class Entry:
    """A published entry as the search sees it; valid from and to are inclusive, none means always."""

    hit: Hit
    valid_from: date | None
    valid_to: date | None
    document: Document


class Catalogue:
    """All entries with their index; replaced as a whole, so a search never sees half of a change."""

    def __init__(self, entries: Sequence[Entry] = (), vectors: tuple[Floats, Floats] | None = None) -> None:
        """`vectors` are those of all sentences, in order, and one for each entry's passage."""
        sentences, passages = vectors or (None, None)
        self.entries = tuple(entries)
        self.index = SearchIndex([entry.document for entry in entries], sentences, passages)
        self._places = {entry.hit.faq_id: place for place, entry in enumerate(entries)}
        self._exact = {
            _letters(sentence): place
            for place, entry in enumerate(entries)
            for sentence in entry.document.sentences
        }
        self._intents, self._intent_of = _coded([entry.hit.intent for entry in entries])
        self._regions, self._region_of = _coded([entry.hit.region for entry in entries])
        since = [e.valid_from.toordinal() if e.valid_from else _ALWAYS[0] for e in entries]
        until = [e.valid_to.toordinal() if e.valid_to else _ALWAYS[1] for e in entries]
        self._since, self._until = np.array(since, np.int64), np.array(until, np.int64)

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, faq_id: str) -> Hit | None:
        """A published entry by its id, with score 0."""
        place = self._places.get(faq_id)
        return None if place is None else self.entries[place].hit

    def like(self, sentences: Floats, besides: str | None) -> tuple[Hit, ...]:
        """The three entries whose sentences lie nearest to these on the whole; score is the likeness, 0 to 1."""
        index = self.index.vectors
        if index is None:
            return ()
        likeness = index.theme_likeness(sentences)
        order = [p for p in np.argsort(-likeness).tolist() if self.entries[p].hit.faq_id != besides]
        return tuple(replace(self.entries[p].hit, score=max(0.0, float(likeness[p]))) for p in order[:3])

    def search(
        self,
        text: str,
        embedding: Floats | None,
        intents: Mapping[str, float],
        region: str | None,
        today: date,
        weights: Mapping[str, Weights],
        thresholds: Thresholds,
    ) -> SearchResult:
        """See `KnowledgeBase.search`."""
        allowed = self._holding(today, region)
        if not allowed.any() or not any(character.isalnum() for character in text):
            return SearchResult("none", ())
        scores, features = self._score(text, embedding, intents, allowed, weights)
        order = self._without_twins(scores, HITS)
        hits = tuple(_scored(self.entries[place].hit, scores[place], features[place]) for place in order)
        return SearchResult(_outcome(hits, thresholds), hits, self._local_addition(order, hits, region))

    def _holding(self, today: date, region: str | None) -> NDArray[np.bool_]:
        """Valid today, and not made for another place; a place that is not known excludes nothing."""
        day = today.toordinal()
        here = np.array([_holds_at(where, region) for where in self._regions], bool)
        return np.asarray((self._since <= day) & (day <= self._until) & here[self._region_of])

    def _score(
        self,
        text: str,
        embedding: Floats | None,
        intents: Mapping[str, float],
        allowed: NDArray[np.bool_],
        weights: Mapping[str, Weights],
    ) -> tuple[Floats, Floats]:
        usable = self.index.accepts(embedding)
        features = self.index.features(text, embedding if usable else None)
        chosen = weights[mode_of(has_vector=usable, has_intents=bool(intents))]
        likely = np.array([intents.get(name, 0.0) for name in self._intents], np.float32)[self._intent_of]
        nothing = sum(intents.get(name, 0.0) for name in NOTHING_FOR_US)
        scores = np.zeros(len(self), np.float32)
        scores[allowed] = chosen.scores(features[allowed], likely[allowed], nothing)
        same = self._exact.get(_letters(text))
        if same is not None and allowed[same]:  # word for word a question or phrasing of ours
            scores *= 0.1
            scores[same] = 1.0
        return scores, features

    def _without_twins(self, scores: Floats, count: int) -> list[int]:
        """The best entries; one that says the same for the same place gives its score to the better one."""
        kept: list[int] = []
        for place in leading(scores, 3 * count).tolist():
            twin = next((other for other in kept if self._are_twins(other, place)), None)
            if twin is not None:
                scores[twin] += scores[place]
            elif len(kept) < count and scores[place] > 0:
                kept.append(place)
        return kept

    def _are_twins(self, left: int, right: int) -> bool:
        same_place = self._region_of[left] == self._region_of[right]
        return bool(same_place) and self._likeness(left, right) >= SAME

    def _likeness(self, left: int, right: int) -> float:
        """How near two entries are; without vectors only equal questions are seen."""
        if self.index.vectors is not None:
            themes = self.index.vectors.themes
            return float(themes[left] @ themes[right])
        return float(self.entries[left].hit.question == self.entries[right].hit.question)

    def _local_addition(self, order: Sequence[int], hits: Sequence[Hit], region: str | None) -> Hit | None:
        """Below a national answer: the nearest entry of the same intent made for the worker's own place."""
        if not region or not hits or hits[0].region != NATIONAL:
            return None
        for place, hit in zip(order[1:], hits[1:], strict=True):
            near = self._likeness(order[0], place) >= RELATED
            here = hit.region != NATIONAL and region.startswith(hit.region)
            if near and here and hit.intent == hits[0].intent:
                return hit
        return None


def _coded(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Each name once, and for every entry the number of its name."""
    known = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return tuple(known), np.array([known[name] for name in names], np.int64)


def _holds_at(where: str, region: str | None) -> bool:
    return where == NATIONAL or not region or region.startswith(where) or where.startswith(region)


def _letters(text: str) -> str:
    return "".join(character for character in normalise(text) if character.isalnum())


def _scored(hit: Hit, score: float, features: Floats) -> Hit:
    parts = {name: round(float(value), 4) for name, value in zip(COLUMNS, features, strict=True)}
    return replace(hit, score=min(1.0, float(score)), parts=MappingProxyType(parts))


def _outcome(hits: Sequence[Hit], thresholds: Thresholds) -> Outcome:
    if hits and hits[0].score >= thresholds.answer:
        return "answer"
    if sum(hit.score for hit in hits[:OFFERED]) >= thresholds.choices:
        return "choices"
    return "none"
