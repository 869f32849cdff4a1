"""What the template of a calculator's page needs to know about each question."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.channels.calculator_form import Outcome, Row, texts
from knowledge.calculators import reading
from knowledge.calculators.wording import Common, Field, Wording, common

# type and inputmode of the control for each kind; numbers are text fields, which keep what was mistyped
CONTROLS = {
    "money": ("text", "decimal"),
    "number": ("text", "decimal"),
    "integer": ("text", "numeric"),
    "date": ("date", ""),
    "month": ("month", ""),
    "region": ("text", ""),
}
# what a native control can hold; anything else is shown in a text field, so that it isn't lost
NATIVE = {"date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|"), "month": re.compile(r"[0-9]{4}-[0-9]{2}|")}


@dataclass(frozen=True)
class Control:
    """One input: how the browser is to ask for it."""

    name: str
    label: str
    kind: str
    type: str
    inputmode: str


@dataclass(frozen=True)
class Question:
    """One field of the form with what was answered and what is wrong with it."""

    field: Field
    text: str
    shown: bool
    fresh: bool
    problem: str | None
    control: Control
    cells: tuple[Control, ...]
    rows: str

    @property
    def when(self) -> str:
        """The condition for the script: names of earlier fields, each with the values that ask for this one."""
        return json.dumps({name: list(values) for name, values in self.field.when.items()})

    @property
    def options(self) -> list[tuple[str, str]]:
        """Value and label of everything that can be tapped; an optional question can be left open."""
        offered = [(choice.value, choice.label) for choice in self.field.choices]
        if self.field.kind == "yes_no":
            offered = [("yes", common().yes), ("no", common().no)]
        return offered if self.field.required else [*offered, ("", texts()["page"]["not_sure"])]


def questions(wording: Wording, outcome: Outcome) -> list[Question]:
    """Return all questions in their order, those that do not apply included (the script may show them)."""
    return [_question(field, outcome) for field in wording.fields]


def _question(field: Field, outcome: Outcome) -> Question:
    answer = outcome.answers.get(field.name, "")
    rows = () if isinstance(answer, str) else answer
    text = answer if isinstance(answer, str) else "\n".join(_line(row) for row in rows)
    return Question(
        field,
        text,
        shown=field.name in outcome.shown,
        fresh=field.name in outcome.fresh,
        problem=outcome.problems.get(field.name),
        control=_control(field.name, field.label, field.kind, text),
        cells=tuple(_control(f"{field.name}.{c.name}", c.label, c.kind, "") for c in field.columns),
        rows=json.dumps([list(row.values()) for row in rows], ensure_ascii=False),
    )


def _control(name: str, label: str, kind: str, text: str) -> Control:
    type_, inputmode = CONTROLS.get(kind, ("text", ""))
    native = NATIVE.get(kind)
    if native is not None and not native.fullmatch(text):
        type_ = "text"
    return Control(name, label, kind, type_, inputmode)


def _line(row: Row) -> str:
    return " ".join(value for value in row.values() if value)


def answered(wording: Wording, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield label and answer of what was filled in, for the print."""
    for question in questions(wording, outcome):
        if question.shown and question.text:
            yield question.field.label, _said(question, common())


def _said(question: Question, shared: Common) -> str:
    """An answer as a person reads it: the label of a choice, 是 or 否, else what was typed."""
    field, text = question.field, question.text
    if field.kind == "choice":
        return next((choice.label for choice in field.choices if choice.value == text), text)
    if field.kind == "yes_no" and not question.problem:
        return shared.yes if reading.read(field, text) else shared.no
    return text
