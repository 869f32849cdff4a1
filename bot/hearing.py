"""Understand one message before its transaction: emergency rules, model if needed, search."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from bot.files import AcceptedFile
from bot.logs import describe_error
from bot.messages import Inbound
from dialogs import buttons
from dialogs.engine import Engine
from dialogs.state import State
from dialogs.values import Answer, Answers, Facts, Heard
from knowledge.search import Hit, KnowledgeBase, SearchResult
from nlu import emergency
from nlu.understanding import Understander, Understanding

log = logging.getLogger(__name__)
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd\ud800-\udfff]"
)
FREE_PAYLOADS = ("t:", "go:status")  # buttons that work also while a cadre is talking
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
        self, engine: Engine, understander: Understander, knowledge: KnowledgeBase, text_limit: int
    ) -> None:
        self._engine = engine
        self._understander = understander
        self.knowledge = knowledge
        self._text_limit = text_limit

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
        quiet = silent and not free
        clear = heard.emergency is not None or inbound.payload is not None or not heard.text or accepted
        if not (quiet or clear) and self._needs_model(heard, state, facts):
            return None
        return HeardMessage(heard, quiet, full)

    async def with_model(self, inbound: Inbound, facts: Facts) -> HeardMessage:
        """Return what model and search make of a free sentence; never raises for a message's content."""
        heard, full = self._plainly(inbound, ())
        try:
            understanding = await self._understander.understand(heard.text)
            heard = _with(heard, understanding, await self._search(heard.text, understanding, facts))
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
        if state.offered or (inbound.payload or "").startswith(("faq:", "more:", "ok:", "no:")):
            await self.knowledge.refresh()

    async def _search(self, text: str, understanding: Understanding, facts: Facts) -> Answers:
        await self.knowledge.refresh()
        result: SearchResult = self.knowledge.search(
            text,
            embedding=understanding.embedding,
            intents={ranked.intent: ranked.confidence for ranked in understanding.ranking},
            region=facts.profile.get("region"),
            today=facts.today,
        )
        return Answers(result.outcome, tuple(answer_of(hit) for hit in result.hits))

    def named_answers(self, inbound: Inbound, state: State) -> Mapping[str, Answer]:
        """Return the entries that a pressed button or an earlier offer names."""
        press = buttons.parse(inbound.payload or "")
        names = set(state.offered)
        if press is not None and press.kind in {"faq", "more", "ok", "no"}:
            names.add(press.args[0])
        hits = {name: self.knowledge.get(name) for name in names}
        return {name: answer_of(hit) for name, hit in hits.items() if hit is not None}


def answer_of(hit: Hit) -> Answer:
    """Return the dialog's view of a search hit."""
    return Answer(hit.faq_id, hit.intent, hit.question, hit.answer, hit.more, hit.basis, hit.score)


def _with(heard: Heard, understanding: Understanding, answers: Answers) -> Heard:
    return Heard(
        text=heard.text, payload=None, kind=heard.kind, understanding=understanding, answers=answers,
        truncated=heard.truncated, refused_file=heard.refused_file,
    )  # fmt: skip
