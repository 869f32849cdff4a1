"""Overtime pay 加班费: 1.5 on working days, 2 on rest days without time off in return, 3 on statutory holidays.

劳动法 articles 41 and 44; 工资支付暂行规定 article 13; 全国年节及纪念日放假办法 articles 2 and 4.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from knowledge.calculators.figures import Figures
from knowledge.calculators.values import (
    HOURS_A_DAY,
    PAID_DAYS_A_MONTH,
    Article,
    Calculation,
    InvalidInputError,
    Note,
    Step,
    Value,
    cents,
)

NAME = "overtime_pay"
LABOUR_LAW, WAGES = "劳动法", "工资支付暂行规定"
HOLIDAYS, INTERPRETATION = "全国年节及纪念日放假办法", "劳动争议解释一"

WEEKDAY, REST_DAY, HOLIDAY = Decimal("1.5"), Decimal(2), Decimal(3)
MOST_HOURS_A_MONTH = 36
HOURS_OF_A_MONTH = 24 * 31
MOST_MONTHS = 600
MOST_WAGE = Decimal(10_000_000)
MOST_PIECES = Decimal(10_000_000)


class PaidBy(StrEnum):
    """How normal work is paid."""

    MONTH = "month"
    DAY = "day"
    HOUR = "hour"
    PIECE = "piece"


class System(StrEnum):
    """How working time is counted: 标准, 综合计算, 不定时."""

    STANDARD = "standard"
    COMPREHENSIVE = "comprehensive"
    FLEXIBLE = "flexible"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Pay for normal work and overtime done, in hours, or in pieces for piece work, over `months` months.

    `monthly_wage`: yuan a month, or `unit_wage`: yuan a day (of 8 hours), an hour or a piece, as `paid_by` says;
    overtime pay not included.
    `rest_day_hours`: only hours without time off in return. `paid`: overtime pay already received, yuan.
    Under 综合计算 `weekday_hours` are the hours beyond the standard of the whole period.
    """

    paid_by: PaidBy = PaidBy.MONTH
    monthly_wage: Decimal | None = None
    unit_wage: Decimal | None = None
    system: System = System.STANDARD
    weekday_hours: Decimal = Decimal(0)
    rest_day_hours: Decimal = Decimal(0)
    holiday_hours: Decimal = Decimal(0)
    weekday_pieces: Decimal = Decimal(0)
    rest_day_pieces: Decimal = Decimal(0)
    holiday_pieces: Decimal = Decimal(0)
    months: int = 1
    paid: Decimal = Decimal(0)

    @property
    def wage(self) -> Decimal:
        """Pay for one month, day, hour or piece; 0 when it was not given."""
        return (self.monthly_wage if self.paid_by is PaidBy.MONTH else self.unit_wage) or Decimal(0)


@dataclass(frozen=True, slots=True)
class _Amount:
    """What was done on one kind of day."""

    done: Decimal
    times: Decimal


def calculate(inputs: Inputs, figures: Figures) -> Calculation:  # noqa: ARG001 - every calculator takes figures
    """Overtime pay due and still open, in yuan.

    Raises:
        InvalidInputError: nothing done, more hours than the time has, or an impossible amount.
    """
    _check(inputs)
    if inputs.system is System.FLEXIBLE:
        return _flexible(inputs)
    rate = _rate(inputs)
    exact = {kind: rate * part.done * part.times for kind, part in _parts(inputs).items()}
    due = cents(sum(exact.values(), Decimal(0)))
    open_ = max(Decimal(0), due - inputs.paid)
    results: dict[str, Value] = {"due": due, "paid": inputs.paid, "amount": open_}
    steps = (*_rate_step(inputs, rate), *_lines(inputs, exact), *_balance(inputs, results))
    headline = "due" if not inputs.paid else "open" if open_ else "paid"
    return Calculation(NAME, headline, results, steps, tuple(_notes(inputs)))


def _check(inputs: Inputs) -> None:
    if not 0 < inputs.wage <= MOST_WAGE:
        raise InvalidInputError(
            "monthly_wage" if inputs.paid_by is PaidBy.MONTH else "unit_wage", "wage_impossible"
        )
    if not 0 <= inputs.paid <= MOST_WAGE * MOST_MONTHS:
        raise InvalidInputError("paid", "paid_impossible")
    if not 1 <= inputs.months <= MOST_MONTHS:
        raise InvalidInputError("months", "months_impossible")
    by_piece = inputs.paid_by is PaidBy.PIECE
    first = "weekday_pieces" if by_piece else "weekday_hours"
    amounts = [part.done for part in _parts(inputs).values()]
    if min(amounts) < 0:
        raise InvalidInputError(first, "amount_negative")
    if not any(amounts):
        raise InvalidInputError(first, "nothing_done")
    most = MOST_PIECES if by_piece else Decimal(HOURS_OF_A_MONTH * inputs.months)
    if sum(amounts) > most:
        raise InvalidInputError(first, "too_much")


def _parts(inputs: Inputs) -> Mapping[str, _Amount]:
    """Hours or pieces by kind of day, with how many times the normal rate they are paid."""
    rest = WEEKDAY if inputs.system is System.COMPREHENSIVE else REST_DAY
    hours = (inputs.weekday_hours, inputs.rest_day_hours, inputs.holiday_hours)
    pieces = (inputs.weekday_pieces, inputs.rest_day_pieces, inputs.holiday_pieces)
    weekday, rest_day, holiday = pieces if inputs.paid_by is PaidBy.PIECE else hours
    return MappingProxyType({
        "weekday": _Amount(weekday, WEEKDAY),
        "rest_day": _Amount(rest_day, rest),
        "holiday": _Amount(holiday, HOLIDAY),
    })  # fmt: skip


def _rate(inputs: Inputs) -> Decimal:
    """Yuan for a normal hour or piece, not rounded."""
    if inputs.paid_by is PaidBy.MONTH:
        return inputs.wage / PAID_DAYS_A_MONTH / HOURS_A_DAY
    if inputs.paid_by is PaidBy.DAY:
        return inputs.wage / HOURS_A_DAY
    return inputs.wage


def _rate_step(inputs: Inputs, rate: Decimal) -> Iterator[Step]:
    if inputs.paid_by is PaidBy.MONTH:
        day = cents(inputs.wage / PAID_DAYS_A_MONTH)
        values: dict[str, Value] = {"wage": inputs.wage, "day": day, "hour": cents(rate)}
        yield Step("rate_month", values, (Article(WAGES, 13),))
    elif inputs.paid_by is PaidBy.DAY:
        yield Step("rate_day", {"wage": inputs.wage, "hour": cents(rate)}, (Article(WAGES, 13),))
    elif inputs.paid_by is PaidBy.HOUR:
        yield Step("rate_hour", {"hour": rate}, (Article(WAGES, 13),))
    else:
        yield Step("rate_piece", {"piece": rate}, (Article(WAGES, 13),))


def _lines(inputs: Inputs, exact: Mapping[str, Decimal]) -> Iterator[Step]:
    """One line for each kind of day on which something was done."""
    law = (Article(LABOUR_LAW, 44), Article(WAGES, 13))
    by_piece = inputs.paid_by is PaidBy.PIECE
    for kind, part in _parts(inputs).items():
        values: dict[str, Value] = {"done": part.done, "times": part.times, "amount": cents(exact[kind])}
        if not part.done:
            continue
        if kind == "holiday":
            yield Step("holiday_pieces" if by_piece else "holiday", values, (*law, Article(HOLIDAYS, 2)))
        elif inputs.system is System.COMPREHENSIVE:
            yield Step("beyond_pieces" if by_piece else "beyond", values, (Article(WAGES, 13),))
        elif kind == "weekday":
            yield Step("weekday_pieces" if by_piece else "weekday", values, law)
        else:
            yield Step("rest_day_pieces" if by_piece else "rest_day", values, law)


def _balance(inputs: Inputs, results: Mapping[str, Value]) -> Iterator[Step]:
    yield Step("total", results)
    if inputs.paid:
        yield Step("balance", results)


def _flexible(inputs: Inputs) -> Calculation:
    """Under 不定时工时制 the national rule grants no overtime pay; holidays are a matter of local rules."""
    article = (Article(WAGES, 13),)
    notes = [Note("needs_approval", articles=article)]
    holiday = inputs.holiday_pieces if inputs.paid_by is PaidBy.PIECE else inputs.holiday_hours
    if holiday:
        notes.append(Note("flexible_holiday"))
    return Calculation(
        NAME, "flexible", {"amount": Decimal(0)}, (Step("flexible", articles=article),), tuple(notes)
    )


def _notes(inputs: Inputs) -> Iterator[Note]:
    if inputs.system is System.COMPREHENSIVE:
        yield Note("needs_approval", articles=(Article(WAGES, 13),))
    hours = inputs.weekday_hours + inputs.rest_day_hours
    if inputs.paid_by is not PaidBy.PIECE and hours > MOST_HOURS_A_MONTH * inputs.months:
        yield Note("too_many_hours", {"hours": hours, "months": inputs.months}, (Article(LABOUR_LAW, 41),))
    parts = _parts(inputs)
    if parts["rest_day"].done and inputs.system is System.STANDARD:
        yield Note("time_off", articles=(Article(LABOUR_LAW, 44),))
    if parts["holiday"].done:
        yield Note("which_holidays", articles=(Article(HOLIDAYS, 2), Article(HOLIDAYS, 4)))
    yield Note("evidence", articles=(Article(INTERPRETATION, 42),))
    yield Note("complain", articles=(Article("劳动合同法", 85), Article("劳动争议调解仲裁法", 27)))
