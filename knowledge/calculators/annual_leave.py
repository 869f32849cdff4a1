"""Paid annual leave 带薪年休假: days of a year, and pay for days that were not given.

职工带薪年休假条例 articles 2 to 5; 企业职工带薪年休假实施办法 articles 3 to 5, 8 and 10 to 12.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from knowledge.calculators.figures import Figures
from knowledge.calculators.periods import days_between
from knowledge.calculators.values import (
    PAID_DAYS_A_MONTH,
    Article,
    Calculation,
    InvalidInputError,
    Note,
    Step,
    Value,
    cents,
)

NAME = "annual_leave"
RULES, MEASURES = "职工带薪年休假条例", "企业职工带薪年休假实施办法"

BANDS = (
    (20, 15, 4),
    (10, 10, 3),
    (1, 5, 2),
)  # years of work in all, days of leave, months of sick leave that end it
PERSONAL_LEAVE_DAYS = 20  # article 4 (2): with pay
DAYS_OF_THE_FORMULA = 365
EXTRA_TIMES = 2  # 300% in all, of which 100% came with the normal wage
MOST_YEARS = 60
MOST_DAYS = 366
MOST_WAGE = Decimal(10_000_000)
MOST_MONTHS = 12


class Situation(StrEnum):
    """What happened in the year that is asked about."""

    WHOLE_YEAR = "whole_year"
    JOINED = "joined"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The person's years of work and what happened in the year.

    `total_years`: years of work in all, at every employer. `twelve_months`: has worked 12 months without a break,
    here or elsewhere. `joined`, `left`: days in the year asked about, as `situation` needs them; who leaves in the
    year of joining gives both. `taken`: days already given. `monthly_wage`: yuan a month, average of the last 12
    months without overtime pay. `refused_in_writing`: leave was offered and the worker gave it up in writing.
    `sick_months`: sick leave of the year; `paid_personal_days`: personal leave with pay of the year.
    """

    total_years: Decimal
    twelve_months: bool
    situation: Situation = Situation.WHOLE_YEAR
    joined: date | None = None
    left: date | None = None
    taken: Decimal = Decimal(0)
    monthly_wage: Decimal | None = None
    refused_in_writing: bool = False
    sick_months: Decimal = Decimal(0)
    paid_personal_days: int = 0
    long_school_holidays: bool = False


def calculate(inputs: Inputs, figures: Figures) -> Calculation:  # noqa: ARG001 - every calculator takes figures
    """Days of leave, days still open, and what unused days add to the normal wage, in yuan.

    Raises:
        InvalidInputError: a missing or impossible day, or an impossible number.
    """
    _check(inputs)
    refusal = _refusal(inputs)
    if refusal is not None:
        none: dict[str, Value] = {"days": 0, "unused": Decimal(0), "amount": Decimal(0)}
        return Calculation(NAME, "none", none, (refusal,), tuple(_late_exclusion(inputs)))
    full = _band(inputs.total_years)[1]
    steps = [
        Step("band", {"years": inputs.total_years, "days": full}, (Article(RULES, 3), Article(MEASURES, 4)))
    ]
    days = _share(inputs, full, steps)
    unused = max(Decimal(0), days - inputs.taken)
    steps.append(Step("unused", {"days": days, "taken": inputs.taken, "unused": unused}))
    results: dict[str, Value] = {"days": days, "unused": unused}
    headline = _pay(inputs, unused, results, steps)
    return Calculation(NAME, headline, results, tuple(steps), tuple(_notes(inputs, days, unused)))


def _check(inputs: Inputs) -> None:
    if not 0 <= inputs.total_years <= MOST_YEARS:
        raise InvalidInputError("total_years", "years_impossible")
    if not 0 <= inputs.taken <= MOST_DAYS:
        raise InvalidInputError("taken", "days_impossible")
    if not 0 <= inputs.paid_personal_days <= MOST_DAYS:
        raise InvalidInputError("paid_personal_days", "days_impossible")
    if not 0 <= inputs.sick_months <= MOST_MONTHS:
        raise InvalidInputError("sick_months", "months_impossible")
    if inputs.monthly_wage is not None and not 0 < inputs.monthly_wage <= MOST_WAGE:
        raise InvalidInputError("monthly_wage", "wage_impossible")
    if inputs.situation is Situation.JOINED and inputs.joined is None:
        raise InvalidInputError("joined", "joined_missing")
    if inputs.situation is Situation.LEFT and inputs.left is None:
        raise InvalidInputError("left", "left_missing")
    if inputs.situation is Situation.LEFT and inputs.joined and inputs.left and inputs.joined > inputs.left:
        raise InvalidInputError("left", "left_before_joined")


def _band(years: Decimal) -> tuple[int, int, int]:
    """Least years, days of leave, months of sick leave; all zero below one year."""
    return next((band for band in BANDS if years >= band[0]), (0, 0, 0))


def _refusal(inputs: Inputs) -> Step | None:
    """The reason why there is no leave this year, if there is one."""
    band = _band(inputs.total_years)
    if not inputs.twelve_months or not band[0]:
        return Step("not_yet", articles=(Article(RULES, 2), Article(MEASURES, 3)))
    law = (Article(RULES, 4),)
    if inputs.long_school_holidays:
        return Step("school_holidays", articles=law)
    if inputs.paid_personal_days >= PERSONAL_LEAVE_DAYS:
        return Step("personal_leave", {"days": inputs.paid_personal_days}, law)
    if inputs.sick_months >= band[2]:
        return Step("sick_leave", {"months": inputs.sick_months, "limit": band[2]}, law)
    return None


def _share(inputs: Inputs, full: int, steps: list[Step]) -> Decimal:
    """Whole days for the part of the year that was, or will be, worked here."""
    if inputs.situation is Situation.JOINED and inputs.joined:
        present = days_between(inputs.joined, date(inputs.joined.year, 12, 31))
        days = _part(present, full)
        steps.append(
            Step("joined", {"present": present, "full": full, "days": days}, (Article(MEASURES, 5),))
        )
        return days
    if inputs.situation is Situation.LEFT and inputs.left:
        january = date(inputs.left.year, 1, 1)
        present = days_between(max(january, inputs.joined or january), inputs.left)
        days = _part(present, full)
        steps.append(Step("left", {"present": present, "full": full, "days": days}, (Article(MEASURES, 12),)))
        return days
    return Decimal(full)


def _part(present: int, full: int) -> Decimal:
    """The formula of articles 5 and 12: less than a whole day doesn't count, a leap year adds nothing."""
    share = Decimal(present * full) / DAYS_OF_THE_FORMULA
    return min(share.to_integral_value(ROUND_FLOOR), Decimal(full))


def _pay(inputs: Inputs, unused: Decimal, results: dict[str, Value], steps: list[Step]) -> str:
    """Add the pay for unused days; returns the headline."""
    if not unused:
        results["amount"] = Decimal(0)
        return "used_up"
    if inputs.refused_in_writing:
        results["amount"] = Decimal(0)
        steps.append(Step("refused", articles=(Article(MEASURES, 10),)))
        return "refused"
    if inputs.monthly_wage is None:
        return "days"
    exact = inputs.monthly_wage / PAID_DAYS_A_MONTH
    amount = cents(exact * unused * EXTRA_TIMES)
    results["amount"] = amount
    law = (Article(RULES, 5), Article(MEASURES, 10), Article(MEASURES, 11))
    steps.append(
        Step(
            "pay", {"wage": inputs.monthly_wage, "day": cents(exact), "unused": unused, "amount": amount}, law
        )
    )
    return "left_pay" if inputs.situation is Situation.LEFT else "pay"


def _notes(inputs: Inputs, days: Decimal, unused: Decimal) -> Iterator[Note]:
    if inputs.situation is Situation.LEFT and inputs.taken > days:
        yield Note("not_taken_back", articles=(Article(MEASURES, 12),))
    if inputs.situation is not Situation.LEFT and unused:
        yield Note("may_still_be_given", articles=(Article(RULES, 5), Article(MEASURES, 9)))
    if inputs.monthly_wage is not None and unused:
        yield Note("wage_without_overtime", articles=(Article(MEASURES, 11),))
    yield Note("years_everywhere", articles=(Article(MEASURES, 4),))
    yield Note("other_leave", articles=(Article(RULES, 3), Article(MEASURES, 6)))
    yield Note("better_terms", articles=(Article(MEASURES, 13),))
    if unused:
        yield Note("claim", articles=(Article(MEASURES, 15), Article("劳动争议调解仲裁法", 27)))


def _late_exclusion(inputs: Inputs) -> Iterator[Note]:
    """Who had the leave before the exclusion came about loses next year's instead."""
    if (
        inputs.taken
        and inputs.twelve_months
        and _band(inputs.total_years)[0]
        and not inputs.long_school_holidays
    ):
        yield Note("next_year", articles=(Article(MEASURES, 8),))
