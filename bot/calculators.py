"""The calculators of `knowledge` as the chat needs them: their fields as questions, their results as sentences."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

from dialogs.calculators import FLOW_PREFIX, Plan, Problem, Sum, catalogue
from dialogs.flow import Condition, Flow, Option, SlotStep
from knowledge.calculators import forms, render
from knowledge.calculators.figures import Figures
from knowledge.calculators.registry import CALCULATORS, CalculatorSpec
from knowledge.calculators.values import InvalidInputError
from knowledge.calculators.wording import Field, Wording

_BRACKETS: Final = re.compile(r"（[^）]*）")
_SENTENCE: Final = re.compile(r"[^。；]+[。；]?")
_ABOUT_THE_FORM: Final = re.compile(r"不用?填|填了|改填|填 ?\d|就选")
_MONTHLY: Final = re.compile(r"每个?月|月平均|月工资|平均工资")
_UNITS: Final = (
    ("hours", re.compile(r"小时")),
    ("days", re.compile(r"天")),
    ("years", re.compile(r"年限|几年|（年）|\d+年$")),
    ("months", re.compile(r"月")),
)
_TYPES: Final[Mapping[str, str]] = {"date": "day", "number": "number", "integer": "integer"}
# A slot whose own reader knows better than a plain number how people say it.
_OWN_READER: Final = frozenset({"work_years", "months_owed", "injury_grade", "monthly_wage"})


@dataclass(frozen=True)
class ChatCalculators:
    """Fulfils dialogs.calculators.Calculators."""

    figures: Figures

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """The questions of every calculator that calculators.yaml offers; raises KeyError for an unknown name."""
        plans = catalogue().calculators
        return MappingProxyType({name: flow_of(CALCULATORS[name], plan) for name, plan in plans.items()})

    def run(self, name: str, values: Mapping[str, Any], today: date) -> Sum | Problem:
        """The result in sentences, or what is wrong with the answers."""
        spec = CALCULATORS[name]
        try:
            shown = spec.run(values, self.figures, today)
        except InvalidInputError as error:
            return Problem(error.field, render.problem(error, spec.wording))
        return Sum(shown.headline, shown.steps, shown.notes, shown.basis, shown.disclaimer)


def flow_of(spec: CalculatorSpec, plan: Plan) -> Flow:
    """The calculator's fields as the steps of a form."""
    wording, filled = spec.wording, set(forms.HEARD_ONLY)
    steps = []
    for field in wording.fields:
        fills_from = field.slot if field.slot not in filled else None
        if fills_from:
            filled.add(fills_from)
        steps.append(_step(field, plan, fills_from, _all_conditions(field, wording, plan)))
    return Flow(
        flow=FLOW_PREFIX + spec.name, kind="calculator", title=wording.title, intents=[], enter="offer",
        offer_label=plan.label, begin=wording.intro, category="", ticket_title="", steps=steps, review=False,
        done="",
    )  # fmt: skip


def _step(field: Field, plan: Plan, fills_from: str | None, condition: Condition) -> SlotStep:
    asked = field.required or field.name in plan.ask
    helps = [_spoken(field)]
    if field.kind == "date":
        helps.append(catalogue().texts["day_help"])
    if field.kind == "rows":
        helps = [catalogue().texts["rows_help"]]
    return SlotStep.model_validate({
        "slot": field.name,
        "type": slot_type(field),
        "label": _BRACKETS.sub("", field.label),
        "ask": field.ask,
        "help": "\n".join(part for part in helps if part) or None,
        "options": _options(field, plan.first.get(field.name, ())),
        "optional": plan.ask.get(field.name) or None,
        "when": [condition] if condition else [],
        "fills_from": fills_from,
        "unit": _unit(field),
        "columns": [column.kind for column in field.columns],
        "on_request": not asked,
    })  # fmt: skip


def _options(field: Field, first: Sequence[str]) -> list[Option]:
    """The answers to choose from, those that most people need first."""
    options = [Option(value=c.value, label=c.label, words=list(c.words)) for c in field.choices]
    return sorted(options, key=lambda o: first.index(o.value) if o.value in first else len(first))


def _spoken(field: Field) -> str:
    """The help of a form field as it is said in a chat, where skipping is a button and nothing is filled in."""
    said = [part for part in _SENTENCE.findall(field.help or "") if not _ABOUT_THE_FORM.search(part)]
    told = (part.replace("填", "说") for part in said)
    return "".join(part for part in told if part.strip("。； ") not in field.ask).strip("； ")


def slot_type(field: Field) -> str:
    """How an answer is heard."""
    if field.slot in _OWN_READER:
        return field.slot
    if field.kind == "money":
        return "monthly_wage" if _MONTHLY.search(field.label) else "money"
    return _TYPES.get(field.kind, field.kind)


def _unit(field: Field) -> str:
    if field.kind not in {"number", "integer"}:
        return "count"
    return next((unit for unit, pattern in _UNITS if pattern.search(field.label)), "count")


def _all_conditions(field: Field, wording: Wording, plan: Plan) -> Condition:
    """Its own conditions and those of the questions it depends on: an answer that no longer counts opens nothing."""
    condition: Condition = {}
    for name in field.when:
        condition |= _all_conditions(wording.field[name], wording, plan)
    condition |= {name: {"in": list(wanted)} for name, wanted in field.when.items()}
    return condition | plan.when.get(field.name, {})
