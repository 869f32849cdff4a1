"""No written contract: the second wage 二倍工资差额, month by month, with the day on which each month lapses.

劳动合同法 articles 10, 14 and 82; 劳动合同法实施条例 articles 5 to 7; 劳动争议解释二 articles 6 to 9 and 11;
劳动争议调解仲裁法 article 27.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.calculators.dates import add_months
from knowledge.calculators.figures import Figures
from knowledge.calculators.periods import ONE_DAY, weekdays_between
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

NAME = "double_wage"
CONTRACT_LAW, REGULATION = "劳动合同法", "劳动合同法实施条例"
INTERPRETATION, ARBITRATION_LAW = "劳动争议解释二", "劳动争议调解仲裁法"

FIRST_MONTH, DEEMED_AFTER = 1, 12  # months after the first day of work: owed from, deemed contract from
LIMIT_MONTHS = 12
SOON_DAYS = 60
MOST_WAGE = Decimal(10_000_000)
MOST_DAYS = 31
LAW_BEGAN = date(2008, 1, 1)


@dataclass(frozen=True, slots=True)
class Inputs:
    """When work began, and until when there was no written contract.

    `monthly_wage`: normal pay, yuan a month. `signed`: the day a written contract was signed, None if never.
    `left`: last day of work, None while still employed. `last_part_days`: days really worked in the last month when
    it is not a whole one; counted as Mondays to Fridays when not given. `worker_refused`: the worker would not sign.
    `expired_contract`: an earlier contract ran out and was not renewed; `hired` is then the day after it.
    """

    today: date
    hired: date
    monthly_wage: Decimal
    signed: date | None = None
    left: date | None = None
    last_part_days: Decimal | None = None
    worker_refused: bool = False
    expired_contract: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """One month (counted from the day of hiring) without a contract, and what it adds in yuan."""

    number: int
    first: date
    last: date
    amount: Decimal
    lapses: date  # last safe day to go to arbitration for it
    days: Decimal | None = None  # working days, when it is not a whole month


def calculate(inputs: Inputs, figures: Figures) -> Calculation:  # noqa: ARG001 - every calculator takes figures
    """The second wage in yuan: all of it, and the part whose year has not lapsed.

    Raises:
        InvalidInputError: dates in the wrong order or in the future, or an impossible wage.
    """
    _check(inputs)
    months = tuple(_months(inputs))
    if not months:
        return Calculation(NAME, "nothing", {"amount": Decimal(0)}, (_why_nothing(inputs),))
    total = sum((month.amount for month in months), Decimal(0))
    lapsed = sum((month.amount for month in months if month.lapses < inputs.today), Decimal(0))
    values: dict[str, Value] = {
        "amount": total,
        "in_time": total - lapsed,
        "lapsed": lapsed,
        "first": months[0].first,
        "last": months[-1].last,
    }
    headline = "lapsed" if lapsed == total else "partly_lapsed" if lapsed else "owed"
    steps = (
        _span(months),
        *(_step(month, inputs.today) for month in months),
        Step("total", values, (Article(INTERPRETATION, 6),)),
    )
    return Calculation(NAME, headline, values, steps, tuple(_notes(inputs, months)))


def _check(inputs: Inputs) -> None:
    if not 0 < inputs.monthly_wage <= MOST_WAGE:
        raise InvalidInputError("monthly_wage", "wage_impossible")
    if inputs.hired > inputs.today:
        raise InvalidInputError("hired", "in_future")
    if inputs.hired < LAW_BEGAN:
        raise InvalidInputError("hired", "before_the_law")
    if inputs.left is not None and inputs.left < inputs.hired:
        raise InvalidInputError("left", "left_before_hired")
    if inputs.last_part_days is not None and not 0 <= inputs.last_part_days <= MOST_DAYS:
        raise InvalidInputError("last_part_days", "days_impossible")


def _last_day(inputs: Inputs) -> date:
    """The last day without a contract on which work was done (article 7: no further than the first year)."""
    ends = [inputs.today, add_months(inputs.hired, DEEMED_AFTER) - ONE_DAY]
    if inputs.signed is not None:
        ends.append(max(inputs.signed, inputs.hired) - ONE_DAY)
    if inputs.left is not None:
        ends.append(inputs.left)
    return min(ends)


def _months(inputs: Inputs) -> Iterator[Month]:
    end = _last_day(inputs)
    for number in range(FIRST_MONTH, DEEMED_AFTER):
        first, last = add_months(inputs.hired, number), add_months(inputs.hired, number + 1) - ONE_DAY
        if first > end:
            return
        if last <= end:
            yield Month(number, first, last, cents(inputs.monthly_wage), add_months(last, LIMIT_MONTHS))
        else:
            yield _part(inputs, number, first, end)


def _part(inputs: Inputs, number: int, first: date, end: date) -> Month:
    """Less than a month: by working days (interpretation 2, article 6), never more than a whole month."""
    days = inputs.last_part_days
    if days is None:
        days = Decimal(weekdays_between(first, end))
    amount = min(inputs.monthly_wage, inputs.monthly_wage * days / PAID_DAYS_A_MONTH)
    return Month(number, first, end, cents(amount), add_months(end, LIMIT_MONTHS), days)


def _span(months: tuple[Month, ...]) -> Step:
    values: dict[str, Value] = {"first": months[0].first, "last": months[-1].last}
    return Step("span", values, (Article(CONTRACT_LAW, 82), Article(REGULATION, 6), Article(REGULATION, 7)))


def _step(month: Month, today: date) -> Step:
    values: dict[str, Value] = {
        "first": month.first,
        "last": month.last,
        "amount": month.amount,
        "lapses": month.lapses,
        "days": month.days or Decimal(0),
    }
    part = month.days is not None
    if month.lapses < today:
        return Step("part_month_lapsed" if part else "month_lapsed", values)
    return Step("part_month" if part else "month", values)


def _why_nothing(inputs: Inputs) -> Step:
    """Signed, or over, within the first month."""
    values: dict[str, Value] = {"from_day": add_months(inputs.hired, FIRST_MONTH)}
    return Step("first_month", values, (Article(CONTRACT_LAW, 10), Article(CONTRACT_LAW, 82)))


def _notes(inputs: Inputs, months: tuple[Month, ...]) -> Iterator[Note]:
    waiting = [month for month in months if month.lapses >= inputs.today]
    if waiting and (waiting[0].lapses - inputs.today).days <= SOON_DAYS:
        values: dict[str, Value] = {"lapses": waiting[0].lapses, "amount": waiting[0].amount}
        yield Note("soon", values, (Article(ARBITRATION_LAW, 27),))
    if len(waiting) < len(months):
        yield Note("interrupted", articles=(Article(ARBITRATION_LAW, 27),))
    yield Note("limit", articles=(Article(ARBITRATION_LAW, 27),))
    if inputs.worker_refused:
        yield Note("refused", articles=(Article(REGULATION, 5), Article(INTERPRETATION, 7)))
    if inputs.expired_contract:
        yield Note("expired_contract", articles=(Article(INTERPRETATION, 8), Article(INTERPRETATION, 11)))
    if months[-1].days is not None and inputs.last_part_days is None:
        yield Note("days_estimated", articles=(Article(INTERPRETATION, 6),))
    deemed = add_months(inputs.hired, DEEMED_AFTER)
    if (inputs.left or inputs.today) >= deemed and (inputs.signed or date.max) > deemed:
        yield Note("deemed", articles=(Article(CONTRACT_LAW, 14), Article(INTERPRETATION, 9)))
    yield Note("proof", articles=(Article(ARBITRATION_LAW, 6),))
