"""Figures about the search: is the right answer first, and does it cite what a lawyer would cite."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from knowledge.embedding import Embedder
from knowledge.search import Hit, KnowledgeBase, SearchResult
from knowledge.statute_search import NOTHING, StatuteResult, StatuteSearch, wanted
from nlu.understanding import Understander

CITATIONS_COUNTED = 4


class Question(BaseModel):
    """One line of the question file: the right entry, several acceptable ones, or none (an empty list)."""

    model_config = ConfigDict(extra="ignore")
    text: str
    faq_id: str | None = None
    accept: list[str] = Field(default_factory=list)

    @property
    def right(self) -> frozenset[str]:
        return frozenset([*self.accept, *([self.faq_id] if self.faq_id else [])])


class CitedQuestion(BaseModel):
    """One line of the citation file: the articles that were cited by an expert."""

    model_config = ConfigDict(extra="ignore")
    text: str
    articles: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Asked:
    """How questions are put: with vectors or without, with a classifier's intents, with the laws themselves."""

    knowledge: KnowledgeBase
    embedder: Embedder | None
    understander: Understander | None
    statutes: StatuteSearch | None = None

    async def results(self, texts: Sequence[str]) -> list[SearchResult]:
        return [entries for entries, _ in await self.looked_up(texts)]

    async def looked_up(self, texts: Sequence[str]) -> list[tuple[SearchResult, StatuteResult]]:
        """What the entries and what the laws give to each question."""
        vectors = await asyncio.to_thread(self.embedder.embed_passages, texts) if self.embedder else None
        today = datetime.now(UTC).date()
        found = []
        for number, text in enumerate(texts):
            vector, intents, intent = None if vectors is None else vectors[number], {}, None
            if self.understander is not None:
                understanding = await self.understander.understand(text)
                intents = {ranked.intent: ranked.confidence for ranked in understanding.ranking}
                intent = understanding.intent
            entries = self.knowledge.search(text, embedding=vector, intents=intents, today=today)
            laws = NOTHING
            if self.statutes is not None and wanted(intent):
                laws = self.statutes.search(text, embedding=vector)
            found.append((entries, laws))
        return found


def labelled_questions(file: Path) -> list[tuple[str, frozenset[str]]]:
    """The questions of a file with the ids of the entries that answer them."""
    questions = [Question.model_validate(row) for row in _rows(file)]
    return [(question.text, question.right) for question in questions]


async def evaluate(asked: Asked, file: Path) -> dict[str, Any]:
    """hit@1, hit@3 and mrr over questions that have an answer; shares of answering over all."""
    questions = [Question.model_validate(row) for row in _rows(file)]
    results = await asked.results([question.text for question in questions])
    ranks = [_rank(question, result.hits) for question, result in zip(questions, results, strict=True)]
    with_answer = [rank for question, rank in zip(questions, ranks, strict=True) if question.right]
    answered = [result.outcome == "answer" for result in results]
    wrong = [given and rank != 1 for given, rank in zip(answered, ranks, strict=True)]
    offered = [result.outcome == "choices" for result in results]
    stranger = [given for question, given in zip(questions, answered, strict=True) if not question.right]
    return {
        "n": len(questions),
        "hit@1": _mean([rank == 1 for rank in with_answer]),
        "hit@3": _mean([rank is not None and rank <= 3 for rank in with_answer]),
        "mrr": _mean([1 / rank if rank else 0.0 for rank in with_answer]),
        "answered": _mean(answered),
        "wrong_answer": _mean(wrong),
        "choices": _mean(offered),
        "none": _mean([result.outcome == "none" for result in results]),
        "unanswerable_answered": _mean(stranger),
        "answered_right": _mean([not bad for given, bad in zip(answered, wrong, strict=True) if given]),
    }


async def evaluate_citations(asked: Asked, file: Path) -> dict[str, Any]:
    """Share of questions whose first answer, or one of the first three, cites one of the gold articles."""
    questions = [CitedQuestion.model_validate(row) for row in _rows(file)]
    found = await asked.looked_up([question.text for question in questions])
    results = [entries for entries, _ in found]
    first, three = [], []
    for question, (result, laws) in zip(questions, found, strict=True):
        gold = {(law, article) for law, article in question.articles}
        cited = _answers(result, laws)
        first.append(bool(cited) and bool(cited[0] & gold))
        three.append(any(articles & gold for articles in cited))
    outright = [result.outcome == "answer" for result in results]
    return {
        "n": len(questions),
        "first": _mean(first),
        "first_three": _mean(three),
        "answered": _mean(outright),
        "first_of_answered": _mean([hit for hit, given in zip(first, outright, strict=True) if given]),
        "laws_searched": len(asked.statutes) if asked.statutes is not None else 0,
        "laws_shown": _mean([_shows_laws(entries, laws) for entries, laws in found]),
    }


def _answers(result: SearchResult, laws: StatuteResult) -> list[set[tuple[str, int]]]:
    """What the first three answers cite.

    Entries come first. The reply that names articles of the law is one answer: it fills a place that the entries
    leave, and where they are not sure ("none": no entry is shown to a worker at all, but this reply) it takes the
    third, the least likely of the nearest entries.
    """
    cited = [_cited(hit) for hit in result.hits[:3]]
    if laws.outcome == "none" or (result.outcome != "none" and len(cited) == 3):
        return cited
    articles = {(hit.citation.law, hit.citation.article) for hit in laws.shown}
    return [*cited[:2], articles]


def _shows_laws(result: SearchResult, laws: StatuteResult) -> bool:
    return result.outcome == "none" and laws.outcome == "articles"


def _cited(hit: Hit) -> set[tuple[str, int]]:
    return {(citation.law, citation.article) for citation in hit.citations[:CITATIONS_COUNTED]}


def _rank(question: Question, hits: Sequence[Hit]) -> int | None:
    places = [place for place, hit in enumerate(hits, 1) if hit.faq_id in question.right]
    return places[0] if places else None


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
