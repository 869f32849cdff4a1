"""Free words while a form is open: an answer, a correction, or something else asked midway."""

from dataclasses import dataclass, replace
from typing import Any

from dialogs import slots
from dialogs.answers import Consultation
from dialogs.flow import SlotStep
from dialogs.forms import EDIT, REVIEW
from dialogs.state import Frame
from dialogs.steering import Steering
from dialogs.step import Talk
from nlu import entities

TALK_INTENTS = frozenset({"greet", "goodbye", "thanks", "help", "chitchat", "abuse", "privacy_request"})
SURE = 0.5


@dataclass(frozen=True)
class FormTalk:
    steering: Steering
    consultation: Consultation

    def handle(self, talk: Talk) -> Talk:
        """Carry the form on with what was said."""
        frame = talk.state.frame
        assert frame is not None
        if talk.state.idle_hours(talk.facts.now) >= talk.facts.resume_hours:
            talk = talk.say_key(
                "resumed_after_pause", title=talk.flows[frame.flow].title, summary=talk.forms.summary(frame)
            )
        if self._asks_for_human(talk):
            return self.consultation.human(talk)
        corrected = self._correction(talk, frame)
        if corrected is not None:
            return corrected
        consent = talk.forms.open_consent(frame)
        if consent is not None:
            return self._yes_or_no(talk, frame)
        if frame.asked in {REVIEW, EDIT}:
            return self._at_review(talk, frame)
        return self._answer(talk, frame)

    def _asks_for_human(self, talk: Talk) -> bool:
        heard = talk.heard.understanding
        return (
            heard is not None
            and heard.intent == "human_handoff"
            and not heard.unsure
            and heard.confidence >= SURE
        )

    def _answer(self, talk: Talk, frame: Frame) -> Talk:
        step = talk.forms.open_slot(frame)
        if step is None:  # the flow file changed under an open form
            return talk.ask_next(replace(frame, asked=None))
        text, today = talk.heard.text.strip(), talk.facts.today
        if step.optional and text == step.optional:
            return self.steering.skip(talk, frame) or talk.ask_again()
        if step.type == "choices" and step.slot in frame.values and slots.all_ticked(text):
            return talk.ask_next(frame)
        value = slots.parse(step, text, today)
        if step.type == "choices" and value is not None:
            value = list(dict.fromkeys([*frame.values.get(step.slot, []), *value]))
        others = self._others(talk, frame, step)
        if self._is_digression(talk, step, value):
            aside = self.consultation.digression(talk)
            if aside is not None:
                return aside.ask_again()
        if value is None and others:
            return talk.ask_next(talk.forms.put(frame, others))
        if value is None:
            return self._not_understood(talk, frame, step)
        return talk.ask_next(talk.forms.put(frame, {**others, step.slot: value}, answered=step.slot))

    def _others(self, talk: Talk, frame: Frame, step: SlotStep) -> dict[str, Any]:
        """Facts told beside the answer, for questions that are still open."""
        found = slots.volunteered(talk.flows[frame.flow], talk.heard.text, talk.facts.today)
        return {
            name: value for name, value in found.items()
            if name != step.slot and name not in frame.values and _differs(step, name, talk)
        }  # fmt: skip

    def _is_digression(self, talk: Talk, step: SlotStep, value: Any) -> bool:
        heard, text = talk.heard.understanding, talk.heard.text
        if heard is None:
            return False
        if (
            heard.intent in TALK_INTENTS
            and heard.confidence >= 0.7
            and (value is None or step.type in {"text", "name"})
        ):
            return True
        if not slots.is_question(text):
            return value is None and heard.intent != "out_of_scope" and heard.confidence >= SURE
        return value is None or step.type not in slots.STRICT_TYPES or heard.confidence >= SURE

    def _not_understood(self, talk: Talk, frame: Frame, step: SlotStep) -> Talk:
        """Ask again in other words; from the second time say how to go on without it."""
        again = replace(frame, attempts=frame.attempts + 1)
        question = talk.forms.question(again)
        text = (step.again or talk.replies("again", ask=step.ask.strip())).strip()
        if again.attempts >= 2:
            text += "\n" + talk.replies("again_help_skip" if step.optional else "again_help_human")
        return talk.with_frame(again).say(text, *question.choices)

    def _yes_or_no(self, talk: Talk, frame: Frame) -> Talk:
        answer = entities.parse_slot("yes_no", talk.heard.text, talk.facts.today)
        if answer is not None and not slots.is_question(talk.heard.text):
            return self.steering.consent(talk, frame, granted=answer == "yes")
        others = slots.volunteered(talk.flows[frame.flow], talk.heard.text, talk.facts.today)
        if others and not slots.is_question(talk.heard.text):
            talk = talk.with_frame(talk.forms.put(frame, others))
        aside = self.consultation.digression(talk)
        return (aside or talk.say_key("please_choose")).ask_again()

    def _at_review(self, talk: Talk, frame: Frame) -> Talk:
        answer = entities.parse_slot("yes_no", talk.heard.text, talk.facts.today)
        if answer == "yes" and not slots.is_question(talk.heard.text):
            return self.steering.submit(talk, frame)
        if answer == "no" and not slots.is_question(talk.heard.text):
            return self.steering.edit(talk, frame)
        found = slots.volunteered(talk.flows[frame.flow], talk.heard.text, talk.facts.today)
        if found and not slots.is_question(talk.heard.text):
            return talk.say_key("changed").ask_next(talk.forms.put(frame, found))
        aside = self.consultation.digression(talk)
        return (aside or talk.say_key("please_choose")).ask_again()

    def _correction(self, talk: Talk, frame: Frame) -> Talk | None:
        """ "刚才说错了,是三万": find the slot meant, by its name or by what fits the new value."""
        text, today = talk.heard.text, talk.facts.today
        if not entities.is_correction(text):
            return None
        flow = talk.flows[frame.flow]
        named = self._named_slot(talk, frame)
        for step in [named] if named else self._candidates(talk, frame):
            value = slots.parse(step, text, today) if step.type != "text" or named else None
            if value is not None:
                changed = talk.forms.put(frame, {step.slot: value})
                talk = talk.say_key("corrected", label=step.label, value=slots.show(step, value))
                return talk.ask_next(changed)
        if named is not None and named.slot in frame.values:
            reopened = replace(frame.without(named.slot), asked=named.slot)
            question = talk.forms.question(reopened)
            return talk.with_frame(reopened).say(
                talk.replies("ask_correct") + question.text, *question.choices
            )
        found = slots.volunteered(flow, text, today)
        if found:
            return talk.say_key("changed").ask_next(talk.forms.put(frame, found))
        if frame.asked == REVIEW or not self._candidates(talk, frame):
            return self.steering.edit(talk, frame)
        return None

    def _named_slot(self, talk: Talk, frame: Frame) -> SlotStep | None:
        """The slot whose label the text names, or that the language rules point at."""
        slots_of = talk.flows[frame.flow].slots
        for step in slots_of.values():
            if step.label in talk.heard.text:
                return step
        target = entities.correction_target(talk.heard.text)
        return (
            next((step for step in slots_of.values() if target in {step.slot, step.type}), None)
            if target
            else None
        )

    def _candidates(self, talk: Talk, frame: Frame) -> list[SlotStep]:
        """Answered questions, the latest first: what a correction without a name most likely means."""
        steps = talk.flows[frame.flow].slots
        latest = [steps[name] for name in reversed(frame.answered) if name in steps and name in frame.values]
        rest = [step for name, step in steps.items() if name in frame.values and step not in latest]
        strict = [step for step in (*latest, *rest) if step.type not in {"text", "name", "employer"}]
        loose = [step for step in (*latest, *rest) if step.type in {"name", "employer"}]
        return [*strict, *loose]


def _differs(step: SlotStep, name: str, talk: Talk) -> bool:
    """A number that answers the open question is not also the answer to another one of its kind."""
    other = next((s for flow in talk.flows.values() for s in flow.slots.values() if s.slot == name), None)
    return other is None or other.type != step.type or step.type in {"text", "choice"}
