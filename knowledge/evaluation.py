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
    """How questions are put: with vectors or without, with a classifier's intents or without."""

    knowledge: KnowledgeBase
    embedder: Embedder | None
    understander: Understander | None

    async def results(self, texts: Sequence[str]) -> list[SearchResult]:
        vectors = await asyncio.to_thread(self.embedder.embed_passages, texts) if self.embedder else None
        today = datetime.now(UTC).date()
        found = []
        for number, text in enumerate(texts):
            vector, intents = None if vectors is None else vectors[number], {}
            if self.understander is not None:
                understanding = await self.understander.understand(text)
                intents = {ranked.intent: ranked.confidence for ranked in understanding.ranking}
            found.append(self.knowledge.search(text, embedding=vector, intents=intents, today=today))
        return found


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
    results = await asked.results([question.text for question in questions])
    first, three = [], []
    for question, result in zip(questions, results, strict=True):
        gold = {(law, article) for law, article in question.articles}
        cited = [_cited(hit) for hit in result.hits[:3]]
        first.append(bool(cited) and bool(cited[0] & gold))
        three.append(any(articles & gold for articles in cited))
    outright = [result.outcome == "answer" for result in results]
    return {
        "n": len(questions),
        "first": _mean(first),
        "first_three": _mean(three),
        "answered": _mean(outright),
        "first_of_answered": _mean([hit for hit, given in zip(first, outright, strict=True) if given]),
    }


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
