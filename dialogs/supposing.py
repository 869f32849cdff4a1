"""Values around a sum: 5000一个月 after the offer to calculate, 要是六千呢 after the result."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from dialogs import buttons, slots
from dialogs.flow import SlotStep
from dialogs.state import Frame
from dialogs.step import Talk
from dialogs.sums import text
from nlu import entities, stance

LONGEST_ANSWER: Final = 24  # characters; a longer message tells a story
LONGEST_SUPPOSITION: Final = 20
_TELLS: Final = ("monthly_wage", "work_years", "months_owed")  # what accepts the offer when said by itself
_SUPPOSES: Final = re.compile(
    r"^(?:那|那么|嗯|哦|好|,|，)*(?:要是|如果|假如|假设|万一|换成|换作|改成|按|算成|若是|要|我要是)(?P<told>.+?)(?:来?算|的话|呢|[?？。]|怎么算|多少)*$|"
    r"^(?:那|那么)?(?P<bare>.+?)(?:的话)?呢[?？]?$"
)
_WAGE: Final = re.compile(
    r"工资|月薪|每?个?月[^份底初]|^[0-9]{4,5}(?:[元块](?:钱)?)?$|^[一二三四五六七八九]千"
)
_NUMBER: Final = re.compile(r"[0-9０-９一二两三四五六七八九十百千万半]")
_SUMS: Final = frozenset({"monthly_wage", "money", "amount_yuan"})
_UNITS: Final = (  # what a unit makes of a number; a bare number goes to the value nearest to it
    (re.compile(r"工资|月薪|薪|[块元钱]|一个月[0-9一二两三四五六七八九]"), _SUMS),
    (re.compile(r"级"), frozenset({"injury_grade"})),
    (re.compile(r"[0-9一二三四五六七八九十]月|[号日]"), frozenset({"day", "month"})),
    (re.compile(r"年"), frozenset({"years"})),
    (re.compile(r"个?半?月"), frozenset({"months"})),
    (re.compile(r"小时|钟头"), frozenset({"hours"})),
    (re.compile(r"天"), frozenset({"days", "hours"})),
)  # fmt: skip
_SPAN: Final = re.compile(r"[0-9一二两三四五六七八九十半](?:[个来多]|多个)?(?:半|月|年)")
_COUNTED: Final = _SUMS | {"years", "months", "days", "hours", "count", "injury_grade"}
_OWN_UNIT: Final = {"work_years": "years", "months_owed": "months"}


def offered_and_told(talk: Talk) -> tuple[str, Mapping[str, Any]] | None:
    """The calculator whose button was just shown with its facts, if the message is nothing but a value for it."""
    said = talk.heard.text.strip()
    presses = (buttons.parse(payload) for _, payload in talk.state.shown)
    names = [press.args[0] for press in presses if press is not None and press.kind == "calc"]
    if len(names) != 1 or talk.sums is None or names[0] not in talk.sums.calculators.flows:
        return None
    if len(said) > LONGEST_ANSWER or slots.is_question(said) or stance.matters(said):
        return None
    found = entities.extract(said, talk.facts.today)
    steps = talk.sums.calculators.flows[names[0]].slots.values()
    asks = {step.fills_from for step in steps}
    wage = next((step for step in steps if step.fills_from == "monthly_wage"), None)
    if wage is not None and "monthly_wage" not in found and _WAGE.search(said):
        value = slots.parse(wage, said, talk.facts.today)
        found |= {"monthly_wage": value} if value is not None else {}
    told = any(name in asks for name in _TELLS if name in found)
    return (names[0], found) if told or ("months_worked" in found and "work_years" in asks) else None


def another_value(talk: Talk, frame: Frame) -> Talk | None:
    """要是六千呢 right after the result: the same sum with another value; what is supposed is no fact."""
    value = _supposed(talk, frame)
    if value is None or talk.sums is None:
        return None
    step, new = value
    told = {"label": step.label, "value": slots.show(step, new)}
    if step.slot in frame.values:
        first = text("supposed", old=slots.show(step, frame.values[step.slot]), **told)
    else:
        first = text("supposed_new", **told)
    changed = talk.forms.put(frame.without(*_excluded(step)), {step.slot: new})
    facts = talk.state.heard_facts
    talk = talk.sums.reopened(talk, frame).say(first).ask_next(changed)
    return talk.with_state(heard_facts=facts)


def _supposed(talk: Talk, frame: Frame) -> tuple[SlotStep, Any] | None:
    said = talk.heard.text.strip()
    match = _SUPPOSES.match(said) if len(said) <= LONGEST_SUPPOSITION else None
    just_told = any(payload == f"do:{frame.run}:edit" for _, payload in talk.state.shown)
    if match is None or not just_told or frame.asked is not None:
        return None
    words = match["told"] or match["bare"]
    if _NUMBER.search(words):
        found = min(_numbers(talk, frame, words), key=lambda one: one[2], default=None)
        if found is not None:
            return found[0], found[1]
    return _chosen(talk, frame, words)


def _numbers(talk: Talk, frame: Frame, words: str) -> Iterator[tuple[SlotStep, Any, float]]:
    """Questions that the number may answer, each with its distance from the answer given before."""
    kinds = next((kinds for unit, kinds in _UNITS if unit.search(words)), None)
    for step in talk.flows[frame.flow].slots.values():
        kind = _OWN_UNIT.get(step.type) or (step.unit if step.type in {"number", "integer"} else step.type)
        if kind not in (kinds or _COUNTED):
            continue
        known = frame.values.get(step.slot)
        if known is None and not _stands_in(step, frame):
            continue
        value = slots.parse(step, words, talk.facts.today)
        if value is not None and value != known:
            yield step, value, _distance(known, value)


def _chosen(talk: Talk, frame: Frame, words: str) -> tuple[SlotStep, Any] | None:
    """Another reason, another place: the one question whose options or places the words name."""
    for step in talk.flows[frame.flow].slots.values():
        if step.type in {"choice", "region"} and step.slot in frame.values:
            value = slots.parse(step, words, talk.facts.today)
            if value is not None and value != frame.values[step.slot]:
                return step, value
    return None


def _excluded(step: SlotStep) -> tuple[str, ...]:
    """Answers that this one takes the place of: the years worked instead of the first day."""
    return tuple(
        name for condition in step.when for name, wanted in condition.items() if wanted == {"present": False}
    )


def in_place_of(talk: Talk, frame: Frame, asked: SlotStep) -> dict[str, Any] | None:
    """干了三年 where the first day was asked: the answer to the question that may stand in for it."""
    said, today = talk.heard.text.strip(), talk.facts.today
    if len(said) > LONGEST_ANSWER or slots.parse(asked, said, today) is not None:
        return None
    for step in talk.flows[frame.flow].slots.values():
        if asked.slot in _excluded(step) and _SPAN.search(said):
            value = slots.parse(step, said, today)
            if value is not None:
                return {step.slot: value}
    return None


def _stands_in(step: SlotStep, frame: Frame) -> bool:
    return any(name in frame.values for name in _excluded(step))


def _distance(known: Any, value: Any) -> float:
    if isinstance(known, int | float) and isinstance(value, int | float) and known > 0 and value > 0:
        return abs(math.log(value / known))
    return 1.0
