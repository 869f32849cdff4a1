"""A calculation in words: the sentences of its texts, with numbers and dates as people write them."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from knowledge.calculators.values import CENT, Calculation, InvalidInputError, Value
from knowledge.calculators.wording import Wording, common
from knowledge.content import load_statutes
from knowledge.statutes import Statute, basis_line, cite


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a person reads; every part is plain Chinese text without markup."""

    title: str
    headline: str
    steps: tuple[str, ...]
    notes: tuple[str, ...]
    basis: str
    disclaimer: str

    @property
    def text(self) -> str:
        """All of it as one message: the result, the way to it, what to watch, the basis."""
        steps = [f"{number}. {step}" for number, step in enumerate(self.steps, 1)]
        notes = [f"· {note}" for note in self.notes]
        parts = (self.headline, "\n".join(steps), "\n".join(notes), self.basis, self.disclaimer)
        return "\n\n".join(part for part in parts if part)


def render(
    calculation: Calculation, wording: Wording, statutes: Mapping[str, Statute] | None = None
) -> Rendered:
    """Put a calculation into words.

    Raises:
        KeyError: a sentence, or a value for one of its places, is missing; tests rule this out.
    """
    fill = Filler(wording)
    laws = load_statutes() if statutes is None else statutes
    return Rendered(
        title=wording.title,
        headline=fill(wording.headline[calculation.headline], calculation.results),
        steps=tuple(fill(wording.steps[step.key], step.values) for step in calculation.steps),
        notes=tuple(fill(wording.notes[note.key], note.values) for note in calculation.notes),
        basis=basis_line(cite(article.law, article.number, laws) for article in calculation.articles),
        disclaimer=common().disclaimer,
    )


def problem(error: InvalidInputError, wording: Wording) -> str:
    """What is wrong with an input, for the person who gave it."""
    sentence = wording.problems.get(error.key) or common().problems[error.key]
    field = wording.field.get(error.field)
    label = field.label if field else error.field
    return Filler(wording)(sentence, {"label": label, **error.values})


class Filler(string.Formatter):
    """Fills sentences. `{day:month}` prints 2026年7月, `{share:percent}` 80%, `{reason:label}` a choice's label."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def __call__(self, sentence: str, values: Mapping[str, Value]) -> str:
        return self.vformat(sentence, (), values)

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "month" and isinstance(value, date):
            return f"{value.year}年{value.month}月"
        if format_spec == "percent" and isinstance(value, Decimal | int):
            return f"{number_text(Decimal(value) * 100)}%"
        if format_spec == "label" and isinstance(value, str):
            return self._wording.label(value)
        if format_spec:
            raise ValueError(f"cannot print {value!r} as {format_spec!r}")
        return _plain(value)


def number_text(number: Decimal) -> str:
    """28,000, 1,440.50 and 3.5: whole numbers without decimals, else as many as it has, at most two."""
    if number == number.to_integral_value():
        return f"{number.to_integral_value():,f}"
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < CENT.as_tuple().exponent:  # type: ignore[operator]
        number = number.quantize(CENT, rounding=ROUND_HALF_UP)
    return f"{number:,f}"


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return common().yes if value else common().no
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return str(value)
