"""Free words around calculators: 算一下加班费, an answer that elsewhere would steer, 工资错了，是五千."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from dialogs import slots, sum_offers, supposing
from dialogs.calculators import called, calls_so_much
from dialogs.controls import Controls
from dialogs.flow import SlotStep
from dialogs.forms import EDIT
from dialogs.state import Frame
from dialogs.step import Talk
from dialogs.sums import Sums, is_sum, text
from nlu import entities

LONGEST_CORRECTION: Final = 40  # characters; a longer message tells a story
LONGEST_CALL: Final = 60
LONGEST_VERB: Final = 8
_WHO: Final = r"(?:我|他们?|她|单位|公司|老板|厂里)*(?:还|都|从来|一直|早就|已经|也)*"
_VERB_NO: Final = re.compile(rf"{_WHO}(?:没|未|不)(?!知道|清楚|晓得|记得|确定|好说|懂|明白)")
_VERB_YES: Final = re.compile(rf"{_WHO}[^没未不无别知晓懂]{{1,4}}[过了着](?:的|呢|啊)?")
_TAKES_BACK: Final = re.compile(
    r"错了|不对|改[成为]|改一下|改下|改改|应该是|其实是|不是[^,，。]{1,12}[,，]?是|弄错|记错|填错|说错"
)
_WORDS_OF: Final[dict[str, str]] = {
    "monthly_wage": r"工资|月薪|薪水|底薪",
    "money": r"钱|金额|工资",
    "work_years": r"几年|年限|工龄|干了|年",
    "day": r"日期|日子|哪天|几号|时间|[0-9一二三四五六七八九十]月",
    "month": r"月份|哪月|出生|生日",
    "region": r"地方|地点|区|县|哪里",
    "injury_grade": r"级|等级",
    "months_owed": r"几个月|月数|个月",
}
# Answers that elsewhere mean "skip": 没有 is a no, or a nought.
_PLAIN_TYPES: Final = frozenset({"yes_no", "number", "integer", "money", "choice"})
_NOTHING: Final = re.compile(
    r"(?:我?(?:还|一直|从来|都|也)?(?:没有?|未|无)).{0,8}|还在.{0,6}|不知道.{0,4}|不清楚.{0,4}|记不.{0,6}|说不.{0,4}"
)


@dataclass(frozen=True)
class SumTalk:
    """Looked at before anything else that text may mean; None leaves the message to the others."""

    controls: Controls

    def handle(self, talk: Talk) -> Talk | None:
        said = talk.heard.text.strip()
        name = called(said) if len(said) <= LONGEST_CALL and not _answers_freely(talk) else None
        if name is None and calls_so_much(said) and not _answers_freely(talk):
            name = sum_offers.of_the_talk(talk) or ""
        if name is not None and talk.sums is not None:
            return _call(talk, talk.sums, name)
        frame = talk.state.frame
        if frame is None:
            return self._outside(talk, said)
        if not is_sum(talk, frame):
            return None
        return self._corrected(talk, frame) or self._answered(talk, frame)

    def _outside(self, talk: Talk, said: str) -> Talk | None:
        """The answer to an offer, or another value for the sum just told."""
        calculated, answered = talk.state.calculated, supposing.offered_and_told(talk)
        if answered is not None and talk.sums is not None and self.controls.match(said) is None:
            name, facts = answered
            return talk.sums.begin(talk.with_state(heard_facts={**talk.state.heard_facts, **facts}), name)
        if calculated is None:
            return None
        return supposing.another_value(talk, calculated) or self._corrected(talk, calculated)

    def _answered(self, talk: Talk, frame: Frame) -> Talk | None:
        """An answer that the words for steering would swallow, and a nothing that skips."""
        step = talk.forms.open_slot(frame)
        said = talk.heard.text.strip(" 。.!！,，")
        if slots.is_question(said):
            return None
        action = self.controls.match(said)
        if step is None:
            return self._at_menu(talk, frame) if action is None and frame.asked == EDIT else None
        if step.type in _PLAIN_TYPES and action in {None, "skip"}:
            value = _plain_value(step, said, talk)
            if value is not None:
                return talk.ask_next(talk.forms.put(frame, {step.slot: value}, answered=step.slot))
        instead = supposing.in_place_of(talk, frame, step) if action is None else None
        if instead is not None:
            return talk.ask_next(talk.forms.put(frame, instead, answered=next(iter(instead))))
        nothing = action == "skip" or _NOTHING.fullmatch(said) is not None
        if nothing and step.optional:
            return talk.ask_next(talk.forms.skip(frame, step.slot))
        if action == "skip":
            question = talk.forms.question(frame)
            return talk.say(text("cannot_skip", label=step.label) + "\n" + question.text, *question.choices)
        return None

    def _at_menu(self, talk: Talk, frame: Frame) -> Talk | None:
        """改一项, then words in place of a button: the question that they name, with its new value if they tell one."""
        said = talk.heard.text
        if entities.parse_slot("yes_no", said, talk.facts.today) is not None:
            return None
        steps = [s for s in talk.flows[frame.flow].slots.values() if talk.forms.applies(frame, s)]
        named = max(steps, key=lambda step: _named(step, said))
        if not _named(named, said):
            menu = talk.forms.edit_menu(frame)
            return talk.say(text("nothing_to_change"), *menu.choices)
        value = slots.parse(named, said, talk.facts.today)
        if value is None:
            return self._put_question(talk, frame, named)
        return talk.ask_next(talk.forms.put(frame, {named.slot: value}))

    def _corrected(self, talk: Talk, frame: Frame) -> Talk | None:
        """工资错了，是五千: the answer whose words are named, or the last one that the new value fits."""
        said = talk.heard.text.strip()
        if len(said) > LONGEST_CORRECTION or not _TAKES_BACK.search(said) or slots.is_question(said):
            return None
        steps = talk.flows[frame.flow].slots
        latest = [steps[name] for name in reversed(frame.answered) if name in steps]
        known = [
            *latest,
            *(step for name, step in steps.items() if name in frame.values and step not in latest),
        ]
        named = max(known, key=lambda step: _named(step, said), default=None)
        if named is not None and not _named(named, said):
            named = None
        for step in [named] if named else known:
            value = _new_value(step, said, talk)
            if value is not None and step.slot in frame.values:
                talk = self._take_up(talk, frame).say(
                    text("changed", label=step.label, value=slots.show(step, value))
                )
                return talk.ask_next(talk.forms.put(frame, {step.slot: value}))
        return self._ask_which(talk, frame, named)

    def _ask_which(self, talk: Talk, frame: Frame, named: SlotStep | None) -> Talk | None:
        """改一下工资 without a number asks for it; 改一下 alone shows the list."""
        if named is not None and len(talk.heard.text) <= len(named.label) + 8:
            return self._put_question(talk, frame, named)
        if self.controls.match(talk.heard.text) == "edit":
            frame = replace(frame, asked=EDIT)
            menu = talk.forms.edit_menu(frame)
            return self._take_up(talk, frame).with_frame(frame).say(text("nothing_to_change"), *menu.choices)
        return None

    def _put_question(self, talk: Talk, frame: Frame, step: SlotStep) -> Talk:
        reopened = replace(frame.without(step.slot), asked=step.slot, attempts=0)
        question = talk.forms.question(reopened)
        talk = self._take_up(talk, frame).with_frame(reopened)
        return talk.say(talk.replies("ask_correct") + question.text, *question.choices)

    def _take_up(self, talk: Talk, frame: Frame) -> Talk:
        assert talk.sums is not None
        return talk if talk.state.frame is not None else talk.sums.reopened(talk, frame)


def _call(talk: Talk, sums: Sums, name: str) -> Talk:
    found = entities.extract(talk.heard.text, talk.facts.today)
    talk = talk.with_state(heard_facts={**talk.state.heard_facts, **found})
    return sums.begin(talk, name) if name else sums.menu(talk)


def _plain_value(step: SlotStep, said: str, talk: Talk) -> Any | None:
    """The answer; 没欠 and 催过 are a no and a yes though they repeat the verb of the question."""
    value = slots.parse(step, said, talk.facts.today)
    if value is None and step.type == "yes_no" and len(said) <= LONGEST_VERB:
        return "no" if _VERB_NO.match(said) else "yes" if _VERB_YES.fullmatch(said) else None
    return value


def _new_value(step: SlotStep, said: str, talk: Talk) -> Any | None:
    """The value after 是, 改成 …, else that of the whole sentence."""
    tail = re.split(r"(?:应该是|其实是|改成|改为|错了|不对|是)[,，:：\s]*", said)[-1]
    if not tail.strip():
        return None
    return slots.parse(step, tail, talk.facts.today)


def _named(step: SlotStep, said: str) -> int:
    """How strongly the words point at a question: characters shared with its label, or words for its kind."""
    label = step.label
    shared = max(
        (length for length in range(2, len(label) + 1) for at in range(len(label) - length + 1)
         if label[at : at + length] in said),
        default=0,
    )  # fmt: skip
    kind = step.fills_from or step.type
    words = _WORDS_OF.get(kind) or _WORDS_OF.get(step.type)
    return shared * 2 + (1 if words and re.search(words, said) else 0)


def _answers_freely(talk: Talk) -> bool:
    """True when the open question takes any words, so that 算… may be its answer."""
    frame = talk.state.frame
    step = talk.forms.open_slot(frame) if frame is not None else None
    return step is not None and step.type in {"text", "employer", "name"}
