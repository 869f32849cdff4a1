"""One step of a conversation: (state, what was heard, facts) -> (state, replies, effects). Pure.

Order: emergencies, buttons, files, words that steer (back, cancel, human …), the open form, everything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from dialogs import asking, board_talk, controls, slots
from dialogs.answers import Consultation
from dialogs.calculators import Calculators, called
from dialogs.controls import Controls
from dialogs.flow import Flow
from dialogs.forms import Forms
from dialogs.presses import Presses
from dialogs.replies import Replies
from dialogs.state import State
from dialogs.steering import Steering
from dialogs.step import Step, Talk
from dialogs.sum_talk import SumTalk
from dialogs.sums import Sums
from dialogs.talking import FormTalk
from dialogs.values import Facts, Heard
from nlu import entities

PLAIN_ANSWER_CHARACTERS = 20
FACTS_KEPT_HOURS = 72  # what was told outside a form is not carried into a form of next week
_ANY_DAY = date(2026, 1, 1)  # yes and no do not depend on the day


@dataclass(frozen=True)
class Engine:
    """Built once from the flows and the catalogue; holds no state of any conversation."""

    flows: Mapping[str, Flow]
    replies: Replies
    controls: Controls
    sums: Sums | None = None

    def needs_model(self, state: State, text: str, facts: Facts) -> bool:
        """False when the message can be understood from the open question alone (plain slot answers)."""
        text = text.strip()
        if not text or self.controls.match(text) or (self.sums is not None and called(text) is not None):
            return False
        if state.awaiting not in {None, controls.THEN}:
            if state.awaiting.startswith("mine:"):  # a corrected detail of one's own (bot/personal.py)
                return slots.is_question(text)
            return state.awaiting in {"region", board_talk.AWAITING} and not _tells_place(text, facts.today)
        if controls.pointed(state, text) is not None or controls.refuses(state, text):
            return False
        if state.frame is None:
            return True
        forms = Forms(self.flows, self.replies)
        step = forms.open_slot(state.frame)
        if slots.is_question(text) or asking.asks_us(step, text) or entities.is_correction(text):
            return True
        if step is None:
            return entities.parse_slot("yes_no", text, facts.today) is None
        if step.type in slots.STRICT_TYPES:
            return slots.parse(step, text, facts.today) is None
        return len(text) > PLAIN_ANSWER_CHARACTERS

    def advance(self, state: State, heard: Heard, facts: Facts) -> Step:
        """Return the state after the message, what to say, and what to do."""
        if state.idle_hours(facts.now) > FACTS_KEPT_HOURS:
            state = replace(state, heard_facts={}, pending=(), calculated=None, files=())
        refused = controls.refuses(state, heard.text)
        if state.awaiting == controls.THEN:  # asked once; whatever is said now, it is not asked for any more
            state = replace(state, awaiting=None)
        talk = Talk(state, heard, facts, self.flows, self.replies, sums=self.sums)
        talk = Consultation().drop_pending(talk) if refused else self._dispatch(talk)
        if heard.truncated:
            talk = talk.say_first(self.replies("truncated"))
        return talk.finish()

    def _dispatch(self, talk: Talk) -> Talk:
        heard = talk.heard
        consultation = Consultation()
        steering = Steering(consultation)
        if heard.emergency:
            return consultation.emergency(talk)
        if heard.payload is not None:
            return Presses(steering, consultation).handle(talk)
        if heard.files or heard.refused_file or heard.kind not in {"text", "button"}:
            return steering.files_and_others(talk)
        if not _has_words(heard.text):
            return steering.no_words(talk)
        pressed = controls.pointed(talk.state, heard.text)
        if pressed is not None:
            pointing = replace(heard, payload=pressed, text="")
            return Presses(steering, consultation).handle(replace(talk, heard=pointing))
        if talk.state.awaiting:
            handled = steering.awaited(talk)
            if handled is not None:
                return handled
            talk = talk.with_state(awaiting=None)
        handled = SumTalk(self.controls).handle(talk)
        if handled is not None:
            return handled
        action = self.controls.match(heard.text)
        if action is not None and not FormTalk.answers(talk, action):
            handled = steering.handle(talk, action)
            if handled is not None:
                return handled
        if talk.state.frame is not None:
            return FormTalk(steering, consultation).handle(talk)
        return consultation.handle(talk)


def _tells_place(text: str, today: date) -> bool:
    return entities.parse_slot("region", text, today) is not None and not slots.is_question(text)


def _has_words(text: str) -> bool:
    return (
        any(character.isalnum() for character in text)
        or entities.parse_slot("yes_no", text, _ANY_DAY) is not None
    )


def build_engine(flows: Mapping[str, Flow], calculators: Calculators | None = None) -> Engine:
    """Return the engine over these flows with the shipped catalogue; without calculators none is offered."""
    sums = Sums(calculators) if calculators is not None else None
    return Engine({**flows, **(sums.flows if sums else {})}, Replies(), Controls(), sums)
