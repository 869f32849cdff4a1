"""Corrections while a form is open: 刚才说错了,是三万; 单位名称改一下; 入职日期是3月1日."""

import re
from dataclasses import replace
from typing import Any, Final, Literal

from dialogs import asking, slots
from dialogs.flow import SlotStep
from dialogs.forms import EDIT, REVIEW
from dialogs.state import Frame
from dialogs.steering import Steering
from dialogs.step import Talk
from nlu import entities

LOOSE: Final = frozenset({"text", "name", "employer"})  # nearly any words would do for these
_WANTS_CHANGE: Final = re.compile(r"(?:要|想|得|能|可以)?[改换](?:掉|过|个)?|错了")

_RIGHT: Final = re.compile(
    r"(?:没有?|不|不用|不消|不要|莫|无|不得|别|没得)(?:什么|哪样|哪点|啥)?(?:要|得|用)?(?:错|改|换)|改(?:好|完)了"
)
_WRONG: Final = re.compile(r"错|改|换|不对(?!吗)|有误")


def correct(steering: Steering, talk: Talk, frame: Frame) -> Talk | None:
    """Find the answer meant, by its name or by what fits the new value, and change it or ask for it anew."""
    if not _corrects(talk, frame):
        return None
    named = _named_slot(talk, frame)
    if named is not None and not talk.forms.applies(frame, named):
        return steering.edit(talk, frame) if frame.asked in {REVIEW, EDIT} else None
    candidates = _candidates(talk, frame)
    changed = _changed(talk, frame, [named] if named else candidates, by_name=named is not None)
    if changed is not None:
        return changed
    if named is not None and talk.forms.is_done(frame, named):
        reopened = replace(frame.without(named.slot), asked=named.slot)
        question = talk.forms.question(reopened)
        return talk.with_frame(reopened).say(talk.replies("ask_correct") + question.text, *question.choices)
    found = slots.volunteered(talk.flows[frame.flow], talk.heard.text, talk.facts.today)
    if found:
        return talk.say_key("changed").ask_next(talk.forms.put(frame, found))
    if frame.asked == REVIEW or not candidates:
        return steering.edit(talk, frame)
    return None


def told_anew(talk: Talk, frame: Frame) -> Talk | None:
    """入职日期是3月1日 changes that answer; its 是 is no yes to the whole."""
    step = _named_slot(talk, frame)
    if step is None or step.type not in slots.STRICT_TYPES or slots.is_question(talk.heard.text):
        return None
    value = slots.parse(step, talk.heard.text, talk.facts.today)
    if value is None or step.type in {"yes_no", "choice", "choices"}:
        return None
    return _put(talk, frame, step, value)


def judged(text: str) -> Literal["yes", "no"] | None:
    """What words about right and wrong say of the review: 错了，是三万 is no yes, though 是; 没有错 is no no."""
    if _WRONG.search(_RIGHT.sub("", text)):
        return "no"
    return "yes" if _RIGHT.search(text) else None


def _corrects(talk: Talk, frame: Frame) -> bool:
    """True for words that take something back; at the end of a form it is enough to name what is to be changed."""
    text = talk.heard.text
    if entities.is_correction(text):
        return True
    short = frame.asked in {REVIEW, EDIT} and len(text) <= asking.LONGEST_CALL
    return short and _WANTS_CHANGE.search(text) is not None and _named_slot(talk, frame) is not None


def _changed(talk: Talk, frame: Frame, steps: list[SlotStep], *, by_name: bool) -> Talk | None:
    """Put the new value where it fits; a name alone, or nearly any words, is no new value."""
    text = talk.heard.text
    for step in steps:
        if step.type == "text" and not by_name:
            continue
        words = slots.new_value(text, step.label) if by_name and step.type in LOOSE else text
        value = slots.parse(step, words, talk.facts.today)
        if value is not None:
            return _put(talk, frame, step, value)
    return None


def _put(talk: Talk, frame: Frame, step: SlotStep, value: Any) -> Talk:
    talk = talk.say_key("corrected", label=step.label, value=slots.show(step, value))
    return talk.ask_next(talk.forms.put(frame, {step.slot: value}))


def _named_slot(talk: Talk, frame: Frame) -> SlotStep | None:
    """The slot whose label the text names, or that the language rules point at."""
    slots_of = talk.flows[frame.flow].slots
    for step in slots_of.values():
        if step.label in talk.heard.text:
            return step
    target = entities.correction_target(talk.heard.text)
    if target is None:
        return None
    return next((step for step in slots_of.values() if target in {step.slot, step.type}), None)


def _candidates(talk: Talk, frame: Frame) -> list[SlotStep]:
    """Answered questions, the latest first: what a correction without a name most likely means."""
    steps = talk.flows[frame.flow].slots
    latest = [steps[name] for name in reversed(frame.answered) if name in steps and name in frame.values]
    rest = [step for name, step in steps.items() if name in frame.values and step not in latest]
    strict = [step for step in (*latest, *rest) if step.type not in {"text", "name", "employer"}]
    loose = [step for step in (*latest, *rest) if step.type in {"name", "employer"}]
    return [*strict, *loose]
