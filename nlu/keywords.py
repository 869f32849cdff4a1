"""Understanding without a model: a hand-written table of words per intent, scored like a search engine.

It answers while Rasa starts, restarts or is away, so it may be wrong more often but must never fail.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import yaml

from nlu.tokens import normalise, tokenize
from nlu.understanding import OUT_OF_SCOPE, Ranked, Understanding

_TABLE = Path(__file__).with_name("keywords.yml")
_MAX_CHARACTERS = 400
_RANKING_LENGTH = 10
# Without a model the person is asked unless one intent clearly leads.
_SURE_ABOVE = 0.6
# Evidence for "none of these", in the scores' own unit: weaker matches do not beat it.
_NOTHING_SCORE = 1.2
_SHARPNESS = 1.0
# Words alone never make it certain.
_HIGHEST = 0.9


class KeywordScorer:
    """Scores intents by the listed phrases found in a message.

    A phrase counts when it is part of the text, or when all its words are; rare phrases (listed under few
    intents) and longer ones count more. A table entry under `exact` only counts for the whole message.
    """

    def __init__(self, table: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        listed = Counter(phrase for entry in table.values() for phrase in entry.get("any", ()))
        count = len(table)
        self._phrases: dict[str, list[tuple[str, frozenset[str], float]]] = {}
        self._exact: dict[str, str] = {}
        for intent, entry in table.items():
            self._phrases[intent] = [
                (normalise(phrase), frozenset(tokenize(phrase)), _weight(phrase, listed[phrase], count))
                for phrase in entry.get("any", ())
            ]
            self._exact.update({_bare(phrase): intent for phrase in entry.get("exact", ())})

    @property
    def intents(self) -> tuple[str, ...]:
        """The intents that the table names."""
        return tuple(self._phrases)

    @classmethod
    def standard(cls) -> KeywordScorer:
        """The scorer over nlu/keywords.yml."""
        return _standard()

    def understand(self, text: str, entities: Mapping[str, object]) -> Understanding:
        """Always an answer: out_of_scope and unsure when no listed word occurs."""
        ranking = self.rank(text)
        best = ranking[0]
        # "Nothing listed" is no evidence that it is out of scope: the person is asked.
        unsure = best.intent == OUT_OF_SCOPE or best.confidence < _SURE_ABOVE
        return Understanding(best.intent, best.confidence, ranking, entities, None, "keywords", unsure)

    def rank(self, text: str) -> tuple[Ranked, ...]:
        """Likeliest intents first; confidences sum to at most 1."""
        shortened = text[:_MAX_CHARACTERS]
        whole = self._exact.get(_bare(shortened))
        if whole is not None:
            return (Ranked(whole, _HIGHEST),)
        scores = {intent: score for intent, score in self._scores(shortened).items() if score > 0}
        scores[OUT_OF_SCOPE] = scores.get(OUT_OF_SCOPE, 0.0) + _NOTHING_SCORE
        highest = max(scores.values())
        odds = {intent: math.exp(_SHARPNESS * (score - highest)) for intent, score in scores.items()}
        total = sum(odds.values())
        ordered = sorted(odds.items(), key=lambda item: (-item[1], item[0]))[:_RANKING_LENGTH]
        return tuple(Ranked(intent, _HIGHEST * odd / total) for intent, odd in ordered)

    def _scores(self, text: str) -> dict[str, float]:
        lowered, words = normalise(text), frozenset(tokenize(text))
        return {
            intent: sum(
                weight if phrase in lowered else 0.6 * weight
                for phrase, parts, weight in phrases
                if phrase in lowered or (len(parts) > 1 and parts <= words)
            )
            for intent, phrases in self._phrases.items()
        }


def _weight(phrase: str, listed: int, intents: int) -> float:
    """Inverse frequency over intents times length: a four-character term says more than a two-character one."""
    return math.log(1 + intents / listed) / math.log(1 + intents) * (0.5 + 0.5 * len(phrase))


def _bare(text: str) -> str:
    return "".join(character for character in normalise(text) if character.isalnum())


@dataclass(frozen=True, slots=True)
class Topic:
    """What nlu.stance knows of one intent: certain evidence for it, its neighbours, how it is denied or done."""

    intent: str
    matter: re.Pattern[str]
    near: frozenset[str]
    called: str
    wish: bool  # 不想… asks for another way; for all others 不想… is a question about the thing itself
    instead: str | None
    stages: Mapping[str, re.Pattern[str]]
    next: Mapping[str, tuple[str, ...]]
    words: tuple[str, ...]


@lru_cache(maxsize=1)
def topics() -> Mapping[str, Topic]:
    """The intents that a message can be certain evidence for, in the table's order."""
    table: dict[str, dict[str, Any]] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return MappingProxyType({name: _topic(name, row) for name, row in table.items() if "matter" in row})


def _topic(intent: str, row: Mapping[str, Any]) -> Topic:
    stages = {stage: re.compile("|".join(patterns)) for stage, patterns in row.get("stages", {}).items()}
    return Topic(
        intent=intent,
        matter=re.compile("|".join(row["matter"])),
        near=frozenset(row.get("near", ())),
        called=row["called"],
        wish=row.get("wish", False),
        instead=row.get("instead"),
        stages=stages,
        next={stage: tuple(sentences) for stage, sentences in row.get("next", {}).items()},
        words=tuple(normalise(word) for word in row.get("any", ())),
    )


@lru_cache(maxsize=1)
def _standard() -> KeywordScorer:
    raw = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return KeywordScorer(cast(dict[str, dict[str, list[str]]], raw))
