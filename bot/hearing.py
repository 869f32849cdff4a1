"""Understand one message before its transaction: emergency rules, model if needed, search."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from bot.files import AcceptedFile
from bot.found import answer_of, whole_text_of
from bot.leaning import Leaning
from bot.logs import describe_error
from bot.lookup import Lookup
from bot.messages import Inbound
from bot.told import LookedUp, Told
from dialogs import buttons, controls, papers
from dialogs.engine import FACTS_KEPT_HOURS, Engine
from dialogs.state import Pending, State
from dialogs.values import Answer, Facts, Heard
from knowledge import statute_search
from knowledge.search import KnowledgeBase
from knowledge.statute_search import StatuteSearch
from nlu import emergency
from nlu.understanding import Understander

log = logging.getLogger(__name__)
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd\ud800-\udfff]"
)
# Buttons that work also while a cadre is talking.
FREE_PAYLOADS = ("t:", "p:", "my:", "remind:", "go:status", "go:privacy", "job:", "board:", "me:")
ENTRY_PAYLOADS = ("faq:", "more:", "ok:", "no:")  # buttons that name an entry
ODD_PAYLOAD = "?"  # what a payload becomes that no button of ours can have: answered like any unknown one


@dataclass(frozen=True)
class HeardMessage:
    """What the turn works with. `silent`: a cadre is talking and this message is for them."""

    heard: Heard
    silent: bool
    text: str


def clean_text(text: str) -> str:
    """Return the text without control, direction and zero-width characters."""
    return CONTROL.sub("", text).strip()


def clean_payload(payload: str | None) -> str | None:
    """Return the payload if a button of ours could carry it; columns and lists rely on its length."""
    if payload is None:
        return None
    fits = len(payload.encode("utf-8", "replace")) <= buttons.LIMIT_BYTES
    return payload if fits and CONTROL.search(payload) is None else ODD_PAYLOAD


class Hearing:
    """Knows when the model is needed and when the open question is enough."""

    def __init__(
        self,
        engine: Engine,
        understander: Understander,
        knowledge: KnowledgeBase,
        text_limit: int,
        statutes: StatuteSearch | None = None,
    ) -> None:
        self._engine = engine
        self._understander = understander
        self.knowledge = knowledge
        self._statutes = statutes
        self._text_limit = text_limit
        self._lookup = Lookup(knowledge, statutes)
        self._leaning = Leaning(self._lookup, knowledge, understander, engine.flows)

    async def at_once(
        self,
        inbound: Inbound,
        state: State,
        facts: Facts,
        accepted: tuple[AcceptedFile, ...],
        *,
        silent: bool,
    ) -> HeardMessage | None:
        """Return what was heard, or None where the model is needed; never raises for a message's content."""
        heard, full = self._plainly(inbound, accepted)
        await self._answers_at_hand(inbound, state)
        free = heard.emergency is not None or (inbound.payload or "").startswith(FREE_PAYLOADS)
        free = free or (bool(accepted) and papers.chosen(state) is not None)
        quiet = silent and not free
        clear = heard.emergency is not None or inbound.payload is not None or not heard.text or accepted
        taken_up = (
            heard.emergency is None and not accepted and self._taken_up(heard, state, facts) is not None
        )
        if not quiet and (taken_up or not (clear or not self._needs_model(heard, state, facts))):
            return None
        return HeardMessage(heard, quiet, full)

    async def with_model(self, inbound: Inbound, state: State, facts: Facts) -> HeardMessage:
        """Return what model and search make of a free sentence; never raises for a message's content."""
        heard, full = self._plainly(inbound, ())
        matter = self._taken_up(heard, state, facts)
        if matter is not None:
            heard = replace(heard, text=matter.clause, payload=buttons.make("then", matter.intent))
        try:
            await self.knowledge.refresh()
            understanding = await self._understander.understand(heard.text)
            told = Told(heard.text, understanding, facts)
            looked_up = (
                self._lookup.remembered(told, matter) if matter else await self._in_context(told, state)
            )
            answers = await self._lookup.with_laws(told, *looked_up)
            heard = replace(heard, understanding=looked_up[0], answers=answers)
        except (SQLAlchemyError, OSError):  # the database is away: the whole turn comes again
            raise
        except Exception as defect:  # noqa: BLE001 - a defect of ours must not lose the message: the step goes on without
            log.error("not understood: %s", describe_error(defect))  # noqa: TRY400 - no text in logs
        return HeardMessage(heard, silent=False, text=full)

    def _plainly(self, inbound: Inbound, accepted: tuple[AcceptedFile, ...]) -> tuple[Heard, str]:
        full = clean_text(inbound.text)
        text = full[: self._text_limit]
        danger = emergency.detect(text) if text and inbound.payload is None else None
        heard = Heard(
            text=text,
            payload=inbound.payload,
            kind=inbound.kind,
            emergency=danger.kind if danger else None,
            files=tuple(file.sha256 for file in accepted),
            refused_file=inbound.refused_file,
            truncated=len(full) > self._text_limit,
        )
        return heard, full

    def _needs_model(self, heard: Heard, state: State, facts: Facts) -> bool:
        try:
            return self._engine.needs_model(state, heard.text, facts)
        except Exception as defect:  # noqa: BLE001 - as above
            log.error("not understood: %s", describe_error(defect))  # noqa: TRY400 - no text in logs
            return False

    async def _answers_at_hand(self, inbound: Inbound, state: State) -> None:
        """What a button or an earlier offer names must be in memory, though just started or just edited."""
        pointed = inbound.payload or ""
        if inbound.payload is None:  # words may point at any button shown last
            pointed = next((payload for _, payload in state.shown if payload.startswith(ENTRY_PAYLOADS)), "")
        if state.offered or pointed.startswith(ENTRY_PAYLOADS):
            await self.knowledge.refresh()
        if self._statutes is not None and (inbound.payload or "").startswith(f"more:{statute_search.KEY}"):
            await self._statutes.refresh()

    def _taken_up(self, heard: Heard, state: State, facts: Facts) -> Pending | None:
        if heard.payload is None and state.idle_hours(facts.now) > FACTS_KEPT_HOURS:
            return None
        try:
            return controls.remembered(state, heard.text, heard.payload)
        except Exception as defect:  # noqa: BLE001 - as above
            log.error("not understood: %s", describe_error(defect))  # noqa: TRY400 - no text in logs
            return None

    async def _in_context(self, told: Told, state: State) -> LookedUp:
        """Look a free sentence up with what it denies, what it leans on, or the first of its matters in mind."""
        if state.frame is None:
            steered = self._lookup.steered(told)
            if steered is not None:
                return steered
        leaning = await self._leaning.look_up(told, state)
        if leaning is not None:
            return leaning
        plain = self._lookup.search(told)
        if plain.outcome == "answer":
            return told.heard, plain
        return told.heard, self._lookup.first_matter(told) or plain

    def named_answers(self, inbound: Inbound, state: State) -> Mapping[str, Answer]:
        """Return the entries that a pressed button or an earlier offer names."""
        press = buttons.parse(inbound.payload or "")
        shown = (buttons.parse(payload) for _, payload in state.shown)
        names = {*state.offered, *(press.args[0] for press in shown if press is not None)}
        if press is not None and press.kind in {"faq", "more", "ok", "no"}:
            names.add(press.args[0])
        hits = {name: self.knowledge.get(name) for name in names}
        found = {name: answer_of(hit) for name, hit in hits.items() if hit is not None}
        if press is not None and press.kind == "more" and self._statutes is not None:
            article = self._statutes.get(press.args[0])
            if article is not None:
                found[article.key] = whole_text_of(article)
        return found
