"""Looking a sentence up: by itself, by the matter that is known, with what it denies or says to be done."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, cast

import yaml

from bot.found import answer_of, law_text_of
from bot.told import LookedUp, Told
from dialogs.state import Pending
from dialogs.values import Answer, Answers
from knowledge import statute_search
from knowledge.search import KnowledgeBase, SearchResult
from knowledge.statute_search import StatuteSearch
from nlu import stance
from nlu.understanding import INTENTS, Understanding

OPENINGS: Final = Path(__file__).with_name("openings.yml")
LEADS: Final = 2.5  # times the second entry of its intent: then the words speak of this one
LEAST: Final = 0.2  # score below which nothing speaks of an entry


class Lookup:
    """The knowledge base, asked in the ways that a sentence may need."""

    def __init__(self, knowledge: KnowledgeBase, statutes: StatuteSearch | None) -> None:
        self._knowledge = knowledge
        self._statutes = statutes

    def search(
        self, told: Told, text: str | None = None, intents: Mapping[str, float] | None = None,
        embedding: tuple[float, ...] | None = None,
    ) -> Answers:  # fmt: skip
        result: SearchResult = self._knowledge.search(
            told.text if text is None else text,
            embedding=told.heard.embedding if embedding is None else embedding,
            intents=told.likely if intents is None else intents,
            region=told.facts.profile.get("region"),
            today=told.facts.today,
        )
        return Answers(result.outcome, tuple(answer_of(hit) for hit in result.hits))

    def remembered(self, told: Told, matter: Pending) -> LookedUp:
        """The matter is known: what the worker said of it decides which entry answers, else what most want to know."""
        only_named = matter.clause == INTENTS[matter.intent].label
        said = () if only_named else self._of(matter.intent, self.search(told, intents={matter.intent: 0.9}))
        opening = openings().get(matter.intent, "")
        first = (
            self._of(matter.intent, self.search(told, opening, {matter.intent: 0.9}, ())) if opening else ()
        )
        hits = (said if _leads(said) else first) or said
        if not hits:
            return told.meaning(matter.intent), self.about(told, matter.intent, {matter.intent: 0.9})
        return told.meaning(matter.intent), Answers("answer", hits)

    def _of(self, intent: str, answers: Answers) -> tuple[Answer, ...]:
        return tuple(hit for hit in answers.hits if hit.intent == intent)

    def about(self, told: Told, intent: str, likely: Mapping[str, float]) -> Answers:
        """Search where the intent is certain: what comes near in it is offered rather than nothing."""
        answers = self.search(told, intents=likely)
        fitting = tuple(hit for hit in answers.hits if hit.intent == intent)
        return Answers("choices", fitting) if answers.outcome == "none" and fitting else answers

    def first_matter(self, told: Told) -> Answers | None:
        """Two matters in one sentence blur the search: look for the first alone."""
        found = stance.matters(told.text)
        first = next((m for m in found if m.intent == told.heard.intent), found[0] if found else None)
        if first is None or not stance.further(told.text, first.intent):
            return None
        answers = self.search(told, first.clause, {**told.likely, first.intent: 0.9})
        return answers if answers.outcome != "none" else None

    def steered(self, told: Told) -> LookedUp | None:
        """不想仲裁, 已经仲裁过了, 不是辞退是我自己走的: the word is there, but not as what is wanted."""
        stand = stance.stance(told.text)
        if stand.done is not None:
            return told.meaning(stand.done), self._ways(told, stand.asks_next, "next_steps")
        if not stand.denied:
            return None
        likely = {name: share for name, share in told.likely.items() if name not in stand.denied}
        meant = next((m.intent for m in stance.matters(stand.rest) if m.intent not in stand.denied), None)
        if meant is None and stand.asks_next:
            return told.meaning(stand.instead or told.best(likely)), self._ways(
                told, stand.asks_next, "other_ways"
            )
        if meant is None:
            return told.meaning(told.best(likely), unsure=True), self.search(told, stand.rest, likely)
        return told.meaning(meant), self.search(told, stand.rest, {**likely, meant: 0.8})

    def _ways(self, told: Told, questions: tuple[str, ...], asked_with: str) -> Answers:
        """What the worker may want now: the one that the sentence itself asks for, or all as choices."""
        found = [self.search(told, question, {}, ()).hits[:1] for question in questions]
        hits = tuple({hit.faq_id: hit for hits in found for hit in hits}.values())
        plain = self.search(told)
        if plain.outcome == "answer" and plain.hits[0].faq_id in {hit.faq_id for hit in hits}:
            return plain
        if len(hits) < 2:
            return Answers("answer" if hits else "none", hits)
        return Answers("choices", hits, asked_with)

    async def with_laws(self, told: Told, meant: Understanding, answers: Answers) -> Answers:
        """Put the nearest articles of the law beside what no entry answers."""
        if self._statutes is None or answers.outcome != "none" or not statute_search.wanted(meant.intent):
            return answers
        await self._statutes.refresh()
        found = self._statutes.search(told.text, embedding=told.heard.embedding)
        if found.outcome == "none":
            return answers
        return replace(answers, laws=tuple(law_text_of(article) for article in found.shown))


@cache
def openings() -> Mapping[str, str]:
    """The question with which a matter is taken up that is only named, by intent."""
    return cast(dict[str, str], yaml.load(OPENINGS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def _leads(hits: tuple[Answer, ...]) -> bool:
    """True when the best entry stands clear of the next one."""
    if not hits or hits[0].score < LEAST:
        return False
    return len(hits) == 1 or hits[0].score >= LEADS * hits[1].score
