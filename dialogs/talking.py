"""Free words while a form is open: an answer, a correction, or something else asked midway."""

from dataclasses import dataclass, replace
from typing import Any

from dialogs import asking, correcting, slots
from dialogs.answers import Consultation
from dialogs.flow import SlotStep
from dialogs.forms import EDIT, REVIEW
from dialogs.state import Frame
from dialogs.steering import Steering
from dialogs.step import Talk
from nlu import entities
from nlu.understanding import INTENTS, Understanding

TALK_INTENTS = frozenset({"greet", "goodbye", "thanks", "help", "chitchat", "abuse", "privacy_request"})
SURE = 0.5
VERY_SURE = 0.7
LONGEST_TALK = 12  # characters; a longer moan at an open question is the answer


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
        corrected = self._corrected(talk, frame)
        if corrected is not None:
            return corrected
        consent = talk.forms.open_consent(frame)
        if consent is not None:
            return self._yes_or_no(talk, frame)
        if frame.asked in {REVIEW, EDIT}:
            return self._at_review(talk, frame)
        return self._answer(talk, frame)

    @staticmethod
    def answers(talk: Talk, action: str) -> bool:
        """True when a word that would steer is an answer to the open question: 没有, 不晓得, 没有了."""
        frame, text = talk.state.frame, talk.heard.text.strip(" 。.!！,，")
        step = talk.forms.open_slot(frame) if frame is not None else None
        if frame is None or step is None or text == step.optional:
            return False
        if step.type in {"choices", "files"} and step.slot in frame.values:
            return slots.all_ticked(text)
        if text in {option.label for option in step.options}:
            return True
        strict = step.type in slots.STRICT_TYPES
        return action == "skip" and strict and slots.parse(step, text, talk.facts.today) is not None

    def _corrected(self, talk: Talk, frame: Frame) -> Talk | None:
        text = talk.heard.text
        if self._open_text(talk) and (len(text) > asking.LONGEST_CALL or asking.speaks_of_others(text)):
            return None  # 他们说工资算错了,应该是三千: a story, told where one was asked for
        return correcting.correct(self.steering, talk, frame)

    def _asks_for_human(self, talk: Talk) -> bool:
        heard = talk.heard.understanding
        told = self._open_text(talk) and not asking.calls_for_us(talk.heard.text)
        return (
            not told
            and heard is not None
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
        if step.type in {"choices", "files"} and step.slot in frame.values and slots.all_ticked(text):
            return talk.ask_next(frame)
        if step.type == "files" and step.optional and slots.no_file(text):
            return self.steering.skip(talk, frame) or talk.ask_again()
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
        if step.type == "text":
            return self._leaves_open_text(talk, step, heard)
        if (
            heard.intent in TALK_INTENTS
            and heard.confidence >= 0.7
            and (value is None or step.type in {"text", "name"})
        ):
            return True
        if not slots.is_question(text):
            return value is None and heard.intent != "out_of_scope" and heard.confidence >= SURE
        if value is not None and step.type in {"choice", "choices"} and not asking.asks_us(step, text):
            return False
        return value is None or step.type not in slots.STRICT_TYPES or heard.confidence >= SURE

    def _leaves_open_text(self, talk: Talk, step: SlotStep, heard: Understanding) -> bool:
        """At an open question nearly everything is the answer: only thanks, a question to us or a sure one is not."""
        text = talk.heard.text.strip()
        if heard.intent in TALK_INTENTS and heard.confidence >= 0.7:
            to_us = heard.intent not in {"abuse", "chitchat"} or "你" in text  # a moan is part of the story
            return to_us and len(text) <= LONGEST_TALK and not asking.speaks_of_others(text)
        if asking.asks_us(step, text):
            return True
        if not slots.is_question(text) or asking.fits(step, text) or asking.speaks_of_others(text):
            return False
        consulting = heard.intent in INTENTS and INTENTS[heard.intent].group != "talk"
        sure = consulting and not heard.unsure and heard.confidence >= VERY_SURE
        return sure and len(text) <= asking.LONGEST_CALL and talk.heard.answers.outcome == "answer"

    def _open_text(self, talk: Talk) -> bool:
        frame = talk.state.frame
        step = talk.forms.open_slot(frame) if frame is not None else None
        return step is not None and step.type == "text"

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
        told = correcting.told_anew(talk, frame)
        if told is not None:
            return told
        answer = entities.parse_slot("yes_no", talk.heard.text, talk.facts.today)
        answer = correcting.judged(talk.heard.text) or answer
        if answer == "yes" and not slots.is_question(talk.heard.text):
            return self.steering.submit(talk, frame)
        if answer == "no" and not slots.is_question(talk.heard.text):
            return self.steering.edit(talk, frame)
        found = slots.volunteered(talk.flows[frame.flow], talk.heard.text, talk.facts.today)
        if found and not slots.is_question(talk.heard.text):
            return talk.say_key("changed").ask_next(talk.forms.put(frame, found))
        aside = self.consultation.digression(talk)
        return (aside or talk.say_key("please_choose")).ask_again()


def _differs(step: SlotStep, name: str, talk: Talk) -> bool:
    """A number that answers the open question is not also the answer to another one of its kind."""
    other = next((s for flow in talk.flows.values() for s in flow.slots.values() if s.slot == name), None)
    return other is None or other.type != step.type or step.type in {"text", "choice"}
