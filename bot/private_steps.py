"""Steps that are not asked in a chat whose servers are abroad: a link of one use opens them on the phone page.

`before` keeps what was typed anyway away from the form, `after` puts a link (or, without an address of our own, a
sentence) in the question's place, `answer` takes what was filled in on the page and lets the chat go on by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy.ext.asyncio import AsyncSession

from bot import one_time_links
from dialogs import controls, slots
from dialogs.engine import Engine
from dialogs.flow import Flow, SlotStep
from dialogs.forms import Forms
from dialogs.state import Frame, State
from dialogs.step import Step, Talk
from dialogs.values import Choice, Facts, Heard, Reply
from storage.models import Conversation
from tickets.documents.store import ABROAD
from tickets.masking import HIDDEN, without_identity

CATALOGUE: Final = Path(__file__).with_name("private_steps.yml")
SURE: Final = 0.5


@cache
def texts() -> dict[str, Any]:
    """Return the catalogue."""
    loaded: dict[str, Any] = yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def said(key: str, **values: Any) -> str:
    """Return a text with its {values} filled in."""
    return str(texts()[key]).strip().format(**values)


def private_step(flows: Mapping[str, Flow], frame: Frame | None) -> SlotStep | None:
    """Return the question that is open, if it is one that must not be asked in this chat."""
    flow = flows.get(frame.flow) if frame is not None else None
    step = flow.slots.get(frame.asked or "") if flow is not None and frame is not None else None
    return step if step is not None and step.private else None


@dataclass(frozen=True)
class PrivateSteps:
    """Built once. `public_url` is the https address that workers see; without one no link can be given."""

    engine: Engine
    public_url: str

    @property
    def has_address(self) -> bool:
        return self.public_url.startswith("https://")

    def talk(self, state: State, heard: Heard, facts: Facts) -> Talk:
        """Return the working value of a step outside the engine."""
        engine = self.engine
        return Talk(state, heard, facts, engine.flows, engine.replies, sums=engine.sums)

    def before(self, state: State, heard: Heard, facts: Facts) -> tuple[Heard, Step | None, str]:
        """Return what the engine may hear, a step if nothing is left for it, and what is said first."""
        if facts.channel not in ABROAD or heard.payload is not None or not heard.text:
            return heard, None, ""
        cleaned = without_identity(heard.text)
        typed = cleaned != heard.text
        asked = private_step(self.engine.flows, state.frame)
        if heard.emergency is None and asked is not None and (typed or self._answers(state, heard, asked)):
            told = said("typed") if typed else said("typed_private", label=asked.label)
            return heard, self.talk(state, heard, facts).say(told).ask_again().finish(), ""
        if not typed:
            return heard, None, ""
        heard = replace(heard, text=cleaned)
        if heard.emergency is None and not any(one.isalnum() for one in cleaned.replace(HIDDEN, "")):
            return heard, self.talk(state, heard, facts).say(said("typed")).ask_again().finish(), ""
        return heard, None, "" if heard.emergency else said("typed")  # what saves a life is said first

    def warning(self, channel: str, text: str) -> str | None:
        """Return what is said to a number that was typed abroad while a cadre talks and the bot is silent."""
        typed = channel in ABROAD and without_identity(text) != text
        return said("typed") if typed else None

    def _answers(self, state: State, heard: Heard, asked: SlotStep) -> bool:
        """True when the words can only be meant as the answer; steering and questions are for the engine."""
        text, understood = heard.text.strip(), heard.understanding
        steers = self.engine.controls.match(text) is not None or controls.pointed(state, text) is not None
        wants_person = (
            understood is not None and understood.intent == "human_handoff" and understood.confidence >= SURE
        )
        return not (steers or wants_person or slots.is_question(text) or text == asked.optional)

    async def after(
        self, session: AsyncSession, conversation: Conversation, step: Step, facts: Facts, first: str = ""
    ) -> Step:
        """Return the step with links instead of private questions, and without private values in its words."""
        if first:
            step = replace(step, replies=(Reply(first), *step.replies))
        if facts.channel not in ABROAD:
            return step
        step = self._without_values(step)
        asked = private_step(self.engine.flows, step.state.frame)
        while asked is not None and not self.has_address:
            step = self._skipped(step, asked, facts)
            asked = private_step(self.engine.flows, step.state.frame)
        frame = step.state.frame
        if asked is None or frame is None or not self._shows(step, frame):
            return step
        token = await one_time_links.issue(session, conversation.id, asked.slot, frame.run, facts.now)
        address = f"{self.public_url.rstrip('/')}{one_time_links.PATH}/{token}"
        minutes = int(one_time_links.VALID.total_seconds()) // 60
        return self._asking(step, frame, said("link", label=asked.label, minutes=minutes, address=address))

    def _question(self, frame: Frame) -> str:
        return Forms(self.engine.flows, self.engine.replies).question(frame).text

    def _shows(self, step: Step, frame: Frame) -> bool:
        question = self._question(frame)
        return any(question in reply.text for reply in step.replies)

    def _asking(self, step: Step, frame: Frame, text: str) -> Step:
        question = self._question(frame)
        changed = (replace(one, text=one.text.replace(question, text)) for one in step.replies)
        return replace(step, replies=tuple(changed))

    def _skipped(self, step: Step, asked: SlotStep, facts: Facts) -> Step:
        """The question is left out, and the next one asked in its place."""
        frame = step.state.frame
        assert frame is not None
        question = self._question(frame)
        kept = tuple(one for one in step.replies if question not in one.text)
        talk = self.talk(step.state, Heard(), facts).say(said("skipped", label=asked.label))
        forward = talk.ask_next(talk.forms.skip(frame, asked.slot)).finish()
        return replace(
            step, state=forward.state, replies=(*kept, *forward.replies), wanted=step.wanted or forward.wanted
        )

    def _without_values(self, step: Step) -> Step:
        """A review shows the ends of a number; abroad it says only that it is there."""
        frame = step.state.frame or step.state.paused
        flow = self.engine.flows.get(frame.flow) if frame is not None else None
        if frame is None or flow is None:
            return step
        private = [one for one in flow.slots.values() if one.private and one.slot in frame.values]
        lines = {f"{one.label}:{slots.show(one, frame.values[one.slot])}": one.label for one in private}
        replies = []
        for reply in step.replies:
            text = reply.text
            for line, label in lines.items():
                text = text.replace(line, f"{label}:{texts()['filled']}")
            replies.append(replace(reply, text=text))
        return replace(step, replies=tuple(replies))

    def take(self, state: State, frame: Frame, slot: str, text: str, facts: Facts) -> Step | None:
        """Return the step that the answer on the page leads to; None when it is no answer to this question."""
        step = self.engine.flows[frame.flow].slots.get(slot)
        value = slots.parse(step, text, facts.today) if step is not None else None
        if step is None or value is None:
            return None
        talk = self.talk(state, Heard(), facts).say(said("received", label=step.label))
        return talk.ask_next(talk.forms.put(frame, {slot: value}, answered=slot)).finish()


def choices_of(step: SlotStep) -> tuple[Choice, ...]:
    """Return the answers to choose from on the page: label, and what is sent."""
    if step.type == "yes_no":
        page = texts()["page"]
        return (Choice(page["yes"], page["yes"]), Choice(page["no"], page["no"]))
    return tuple(Choice(option.label, option.label) for option in step.options)
