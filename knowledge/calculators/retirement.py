"""Retirement age 退休年龄 since 2025, the span of free choice, and the years of pension insurance that are needed.

国务院关于渐进式延迟法定退休年龄的办法 articles 1 to 3 (decision of 2024-09-13, in force 2025-01-01).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from knowledge.calculators.dates import add_months, add_years
from knowledge.calculators.figures import Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value

NAME = "retirement"
LAW = "国务院关于渐进式延迟法定退休年龄的办法"
FIRST_YEAR = 2025
FLEXIBLE_MONTHS = 36
EARLIEST_BIRTH_YEAR, YOUNGEST_AGE = 1925, 14
MOST_PAID_YEARS = Decimal(70)
USUAL_PAID_YEARS, MOST_NEEDED_YEARS = Decimal(15), Decimal(20)
RAISED_FROM, RAISED_BY = 2030, Decimal("0.5")


class Kind(StrEnum):
    """Whose age: men, and women who formerly retired at 55 or at 50."""

    MAN = "man"
    WOMAN_55 = "woman_55"
    WOMAN_50 = "woman_50"


@dataclass(frozen=True, slots=True)
class Rule:
    """Former age in years; one month later for every `step` months of birth, at most `cap` months."""

    base: int
    step: int
    cap: int


RULES = {Kind.MAN: Rule(60, 4, 36), Kind.WOMAN_55: Rule(55, 4, 36), Kind.WOMAN_50: Rule(50, 2, 60)}


@dataclass(frozen=True, slots=True)
class Inputs:
    """`birth` month (the day does not matter); `paid_years` of pension insurance so far, if known."""

    birth: date
    kind: Kind
    today: date
    paid_years: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Retirement:
    """Months as dates of their first day; ages in months."""

    delay: int
    age: int
    month: date
    earliest: date
    latest: date


def retirement(birth: date, kind: Kind) -> Retirement:
    """When somebody born in that month retires."""
    rule, born = RULES[kind], birth.replace(day=1)
    position = (born.year + rule.base - FIRST_YEAR) * 12 + born.month  # 1 for January 2025
    delay = min(max(-(-position // rule.step), 0), rule.cap)
    age = rule.base * 12 + delay
    month = add_months(born, age)
    return Retirement(
        delay=delay,
        age=age,
        month=month,
        earliest=add_months(born, max(rule.base * 12, age - FLEXIBLE_MONTHS)),
        latest=add_months(month, FLEXIBLE_MONTHS),
    )


def years_needed(year: int) -> Decimal:
    """Least years of contributions for a pension that begins in `year` (article 2): 15, from 2030 rising to 20."""
    raised = RAISED_BY * max(year - RAISED_FROM + 1, 0)
    return min(USUAL_PAID_YEARS + raised, MOST_NEEDED_YEARS)


def calculate(inputs: Inputs, figures: Figures) -> Calculation:  # noqa: ARG001 - one signature for all calculators
    """Age and month of retirement, the earliest and latest month to choose, and the years needed."""
    _check(inputs)
    found = retirement(inputs.birth, inputs.kind)
    results = _results(inputs, found)
    steps = [_age_step(inputs, found), _flexible_step(found)]
    steps.append(
        Step(
            "years_needed",
            {"year": str(found.month.year), "years": years_needed(found.month.year)},
            (Article(LAW, 2),),
        )
    )
    notes = _paid_notes(inputs, found)
    notes.append(Note("special_jobs", articles=(Article(LAW, 1),)))
    if inputs.today >= found.month:
        notes.append(
            Note(
                "working_on",
                articles=tuple(Article("超龄劳动者基本权益保障暂行规定", n) for n in (6, 11, 15, 19)),
            )
        )
    headline = "past" if inputs.today >= add_months(found.month, 1) else "retires"
    return Calculation(NAME, headline, results, tuple(steps), tuple(notes))


def _check(inputs: Inputs) -> None:
    if inputs.birth.year < EARLIEST_BIRTH_YEAR or add_years(inputs.birth, YOUNGEST_AGE) > inputs.today:
        raise InvalidInputError("birth", "birth_range")
    if inputs.paid_years is not None and not 0 <= inputs.paid_years <= MOST_PAID_YEARS:
        raise InvalidInputError("paid_years", "years_range", {"most": MOST_PAID_YEARS})


def _age(months: int) -> dict[str, Value]:
    return {"years": months // 12, "months": months % 12}


def _results(inputs: Inputs, found: Retirement) -> dict[str, Value]:
    away = max((found.month.year - inputs.today.year) * 12 + found.month.month - inputs.today.month, 0)
    return {
        **_age(found.age),
        "month": found.month,
        "delay": found.delay,
        "earliest": found.earliest,
        "latest": found.latest,
        "away_years": away // 12,
        "away_months": away % 12,
    }


def _age_step(inputs: Inputs, found: Retirement) -> Step:
    rule = RULES[inputs.kind]
    values: dict[str, Value] = {
        "birth": inputs.birth,
        "base": rule.base,
        "step": rule.step,
        "cap": (rule.base * 12 + rule.cap) // 12,
        "delay": found.delay,
        "month": found.month,
        **_age(found.age),
    }
    key = "unchanged" if not found.delay else "capped" if found.delay == rule.cap else "delayed"
    return Step(key, values, (Article(LAW, 1),))


def _flexible_step(found: Retirement) -> Step:
    key = "flexible" if found.earliest < found.month else "later_only"
    values: dict[str, Value] = {"earliest": found.earliest, "month": found.month, "latest": found.latest}
    values["needed"] = years_needed(found.earliest.year)
    return Step(key, values, (Article(LAW, 3),))


def _paid_notes(inputs: Inputs, found: Retirement) -> list[Note]:
    """Whether the years will be enough if contributions go on until the month of retirement."""
    needed = years_needed(found.month.year)
    if inputs.paid_years is None:
        return [Note("check_years", articles=(Article(LAW, 2),))]
    until = max((found.month.year - inputs.today.year) * 12 + found.month.month - inputs.today.month, 0)
    reached = inputs.paid_years + Decimal(until) / 12
    values: dict[str, Value] = {"paid": inputs.paid_years, "needed": needed}
    if inputs.paid_years >= needed:
        return [Note("enough", values, (Article(LAW, 2),))]
    if reached >= needed:
        return [Note("enough_later", {**values, "missing": needed - inputs.paid_years}, (Article(LAW, 2),))]
    return [
        Note(
            "not_enough",
            {**values, "missing": needed - reached},
            (Article(LAW, 2), Article("社会保险法", 16)),
        )
    ]
