"""What a calculator takes and gives: plain values, no text; the wording of each calculator is in texts/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

CENT = Decimal("0.01")
PAID_DAYS_A_MONTH = Decimal("21.75")  # 人社部发〔2025〕2号: stays the divisor with 13 statutory holidays
HOURS_A_DAY = 8

Value = Decimal | int | date | str | bool
NOTHING: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a statute, by the statute's short name in content/laws.yml."""

    law: str
    number: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the sum: `key` names its sentence in the calculator's text, `values` fill it."""

    key: str
    values: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    articles: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A warning or condition beside the result, named like a step."""

    key: str
    values: Mapping[str, Value] = field(default_factory=lambda: NOTHING)
    articles: tuple[Article, ...] = ()


@dataclass(frozen=True, slots=True)
class Calculation:
    """A result with the way to it.

    `headline` names the sentence that gives the result; its values are in `results`, by name.
    Amounts are yuan as Decimal, rounded to cents once, at the end.
    """

    calculator: str
    headline: str
    results: Mapping[str, Value]
    steps: tuple[Step, ...]
    notes: tuple[Note, ...] = field(default=())

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every article that the result rests on, each once, in the order of the steps."""
        parts: tuple[Step | Note, ...] = (*self.steps, *self.notes)
        found = (article for part in parts for article in part.articles)
        return tuple(dict.fromkeys(found))


class InvalidInputError(ValueError):
    """A value that cannot be: `field` names the input, `key` the sentence that says what is wrong."""

    def __init__(self, input_name: str, key: str, values: Mapping[str, Value] = NOTHING) -> None:
        super().__init__(f"{input_name}: {key}")
        self.field = input_name
        self.key = key
        self.values = values


def cents(amount: Decimal) -> Decimal:
    """Round an amount in yuan to whole cents, half up, as payrolls do."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
