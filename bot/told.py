"""A sentence with what the model made of it, and with the meaning that its context gives it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from dialogs.values import Answers, Facts
from nlu.understanding import INTENTS, OUT_OF_SCOPE, Ranked, Understanding

SURE_TALK: Final = 0.6  # from which a greeting is a greeting and leans on nothing
SURE_FOREIGN: Final = 0.5


@dataclass(frozen=True)
class Told:
    """A sentence with what the model made of it."""

    text: str
    heard: Understanding
    facts: Facts

    @property
    def likely(self) -> dict[str, float]:
        return {ranked.intent: ranked.confidence for ranked in self.heard.ranking}

    @property
    def talks(self) -> bool:
        """True for thanks, a greeting, a call for a person; asking when it comes may be about the topic."""
        intent = self.heard.intent
        talk = intent in INTENTS and INTENTS[intent].group == "talk"
        asks_on = intent in {OUT_OF_SCOPE, "ticket_status", "affirm", "deny", "help"}
        return talk and not asks_on and not self.heard.unsure and self.heard.confidence >= SURE_TALK

    @property
    def foreign(self) -> bool:
        """True when it is none of ours; what the model only suspects may still lean on the topic."""
        suspected = self.heard.source == "model" and self.heard.confidence < SURE_FOREIGN
        return self.heard.intent == OUT_OF_SCOPE and not suspected

    def best(self, likely: Mapping[str, float]) -> str:
        return max(likely, key=lambda name: likely[name]) if likely else OUT_OF_SCOPE

    def meaning(self, intent: str, *, unsure: bool = False) -> Understanding:
        """The model's understanding with the intent that the context gives it."""
        others = tuple(ranked for ranked in self.heard.ranking if ranked.intent != intent)
        confidence = max(self.likely.get(intent, 0.0), 0.0 if unsure else 0.8)
        ranking = (Ranked(intent, confidence), *others)
        return replace(self.heard, intent=intent, confidence=confidence, ranking=ranking, unsure=unsure)


LookedUp = tuple[Understanding, Answers]
