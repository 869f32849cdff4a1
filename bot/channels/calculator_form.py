"""A calculator's form: what was sent, which questions apply, and what is wrong with each answer.

Nothing here is kept or logged: answers live as long as the request.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml
from starlette.datastructures import FormData

from knowledge.calculators import forms, reading, render
from knowledge.calculators.figures import Figures
from knowledge.calculators.registry import CalculatorSpec
from knowledge.calculators.values import InvalidInputError
from knowledge.calculators.wording import Field, Wording
from nlu import entities

CATALOGUE = Path(__file__).with_name("calculators.yml")
ASKED = "asked"  # hidden fields that name the conditional questions which were on the screen
PLACE_CHARACTERS = 40

Row = Mapping[str, str]
Answer = str | tuple[Row, ...]


@cache
def texts() -> dict[str, Any]:
    """Return the catalogue of the calculator pages."""
    loaded: dict[str, Any] = yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


@dataclass(frozen=True)
class Sent:
    """What a form carried: answers by field, and the conditional questions that were asked in it."""

    answers: Mapping[str, Answer]
    asked: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What the page shows: the form again, with a result or with what is wrong.

    Attributes:
        shown: names of the fields that apply to these answers.
        fresh: conditional questions that the person has not seen before.
        problems: what is wrong, by field; `problem` belongs to no single field.
    """

    answers: Mapping[str, Answer]
    shown: frozenset[str]
    fresh: frozenset[str] = frozenset()
    problems: Mapping[str, str] = dataclasses.field(default_factory=dict)
    problem: str | None = None
    result: render.Rendered | None = None


def read_form(wording: Wording, form: FormData) -> Sent:
    """Return the answers that a form carries; unknown names are ignored."""
    answers: dict[str, Answer] = {}
    for field in wording.fields:
        rows = _rows(field, form)
        answers[field.name] = rows or _text(form.get(field.name))
    return Sent(answers, frozenset(_text(name) for name in form.getlist(ASKED)))


def _text(value: object) -> str:
    """The text of a form's value; half characters (lone surrogates) can't be written back."""
    return value.encode("utf-8", "replace").decode().strip() if isinstance(value, str) else ""


def _rows(field: Field, form: FormData) -> tuple[Row, ...]:
    """The rows of single cells that the script offers; without it they come as lines of one text."""
    names = [column.name for column in field.columns]
    cells = zip_longest(*(form.getlist(f"{field.name}.{name}") for name in names), fillvalue="")
    rows = (dict(zip(names, map(_text, row), strict=True)) for row in cells)
    return tuple(row for row in rows if any(row.values()))


def not_calculated(wording: Wording, sent: Sent | None = None, problem: str | None = None) -> Outcome:
    """Return the form as it was sent (or empty), and why nothing was done with it."""
    answers = sent.answers if sent else {}
    return Outcome(answers, _shown(wording, answers), problem=problem)


def calculate(spec: CalculatorSpec, sent: Sent, figures: Figures, today: date) -> Outcome:
    """Return the result, or what is still missing or wrong, each beside its field."""
    wording = spec.wording
    answers = {name: _full_place(wording.field[name], answer, today) for name, answer in sent.answers.items()}
    shown = _shown(wording, answers)
    applying = [field for field in wording.fields if field.name in shown]
    fresh = frozenset(field.name for field in applying if field.when and field.name not in sent.asked)
    asked = [field for field in applying if field.name not in fresh or answers[field.name]]
    found = {field.name: _problem(field, answers[field.name], wording) for field in asked}
    problems = {name: said for name, said in found.items() if said}
    outcome = Outcome(answers, shown, fresh, problems)
    if problems or any(wording.field[name].required and not answers[name] for name in fresh):
        return outcome
    try:
        return replace(outcome, result=spec.run(answers, figures, today))
    except InvalidInputError as error:
        said = render.problem(error, wording)
        if error.field in shown:
            return replace(outcome, problems={error.field: said})
        return replace(outcome, problem=said)


def _shown(wording: Wording, answers: Mapping[str, Answer]) -> frozenset[str]:
    """Names of the fields that apply; `when` looks at choices, whose form values are the values themselves."""
    known: dict[str, object] = {}
    shown = []
    for field in wording.fields:
        if forms.applies(field, known):
            shown.append(field.name)
            known[field.name] = answers.get(field.name)
    return frozenset(shown)


def _full_place(field: Field, answer: Answer, today: date) -> Answer:
    """官渡区 -> 云南省昆明市官渡区, as the figures of a place need it; what is not understood stays as it is."""
    if field.kind != "region" or not isinstance(answer, str) or not 0 < len(answer) <= PLACE_CHARACTERS:
        return answer
    place = entities.parse_slot("region", answer, today)
    return place if isinstance(place, str) else answer


def _problem(field: Field, answer: Answer, wording: Wording) -> str | None:
    """What is wrong with one answer by itself, in the field's words."""
    try:
        if not reading.empty(answer):
            reading.read(field, answer)
        elif field.required:
            raise reading.wrong(field, "required")
    except InvalidInputError as error:
        said = render.problem(error, wording)
        if field.kind == "rows" and "row" not in error.values:
            said = texts()["problems"]["row"].format(row=_wrong_row(field, answer), problem=said)
        return said
    return None


def _wrong_row(field: Field, answer: Answer) -> int:
    """Number of the first row that can't be read: a cell's refusal names only its column."""
    lines: Sequence[object] = answer
    if isinstance(answer, str):
        lines = [line for line in answer.splitlines() if line.strip()]
    for number, line in enumerate(lines, 1):
        try:
            reading.read(field, (line,))
        except InvalidInputError:
            return number
    return len(lines)
