"""Is the pay below the local minimum wage 最低工资, and what is missing.

劳动法 article 48; 最低工资规定 articles 3 and 12; 劳动合同法 articles 72 and 85. The amounts are local figures.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from knowledge.calculators.dates import add_months
from knowledge.calculators.figures import NATIONAL, Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "minimum_wage_check"
RULES, CONTRACT_LAW, LABOUR_LAW = "最低工资规定", "劳动合同法", "劳动法"

MOST_MONEY = Decimal(10_000_000)
MOST_MONTHS = 600
HOURS_OF_A_MONTH = Decimal(744)
YUNNAN = "云南省"


class PaidBy(StrEnum):
    """Full time, paid by the month, or part time, paid by the hour."""

    MONTH = "month"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Gross pay of one month (`monthly_pay`) or of one hour of part-time work (`hourly_pay`), yuan, before the
    worker's own social insurance is taken off.

    `overtime_pay`, `special_allowances` (night, heat, underground ...), `benefits`: the parts of it that don't count.
    `month`: the month it was paid for; `months`: how many months in a row, from there on, were paid like it.
    `hours`: part-time hours worked in all, for the sum. `normal_work`: worked the agreed hours.
    """

    today: date
    paid_by: PaidBy = PaidBy.MONTH
    monthly_pay: Decimal | None = None
    hourly_pay: Decimal | None = None
    overtime_pay: Decimal = Decimal(0)
    special_allowances: Decimal = Decimal(0)
    benefits: Decimal = Decimal(0)
    month: date | None = None
    months: int = 1
    hours: Decimal | None = None
    normal_work: bool = True
    region: str = NATIONAL

    @property
    def pay_name(self) -> str:
        """The input that holds the pay."""
        return "hourly_pay" if self.paid_by is PaidBy.HOUR else "monthly_pay"

    @property
    def pay(self) -> Decimal:
        """Gross pay of one month or hour; -1, which is refused, when it was not given."""
        given = self.hourly_pay if self.paid_by is PaidBy.HOUR else self.monthly_pay
        return Decimal(-1) if given is None else given


@dataclass(frozen=True, slots=True)
class _Standard:
    """The minimum of one month: exact, or only that it lies between two amounts."""

    month: date
    lowest: Decimal
    highest: Decimal
    source: str


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """Whether the pay is below the minimum, and what is missing, in yuan.

    Raises:
        InvalidInputError: parts larger than the whole, or an impossible number.
    """
    _check(inputs)
    counted = inputs.pay - inputs.overtime_pay - inputs.special_allowances - inputs.benefits
    steps = [_counted(inputs, counted)]
    known = [found for month in _months(inputs) if (found := _standard(inputs, figures, month))]
    amount = _missing(inputs, counted, known, steps)
    values: dict[str, Value] = {"counted": counted, "amount": amount}
    headline = _headline(inputs, counted, known, amount)
    return Calculation(NAME, headline, values, tuple(steps), tuple(_notes(inputs, known)))


def _check(inputs: Inputs) -> None:
    amounts = {
        inputs.pay_name: inputs.pay,
        "overtime_pay": inputs.overtime_pay,
        "special_allowances": inputs.special_allowances,
        "benefits": inputs.benefits,
    }
    for name, amount in amounts.items():
        if not 0 <= amount <= MOST_MONEY:
            raise InvalidInputError(name, "amount_impossible")
    if inputs.overtime_pay + inputs.special_allowances + inputs.benefits > inputs.pay:
        raise InvalidInputError(inputs.pay_name, "parts_too_large")
    if not 1 <= inputs.months <= MOST_MONTHS:
        raise InvalidInputError("months", "months_impossible")
    if inputs.hours is not None and not 0 < inputs.hours <= HOURS_OF_A_MONTH * inputs.months:
        raise InvalidInputError("hours", "hours_impossible")
    if inputs.month is not None and inputs.month > inputs.today:
        raise InvalidInputError("month", "month_in_future")


def _months(inputs: Inputs) -> Iterator[date]:
    """The first days of the months asked about; without a month, those up to today."""
    last = inputs.today.replace(day=1)
    first = inputs.month.replace(day=1) if inputs.month else add_months(last, 1 - inputs.months)
    months = (add_months(first, number) for number in range(inputs.months))
    return (month for month in months if month <= last)


def _standard(inputs: Inputs, figures: Figures, month: date) -> _Standard | None:
    """The local minimum; where the class of the place is not known, the least and the highest of the province."""
    name = "minimum_wage_hourly" if inputs.paid_by is PaidBy.HOUR else "minimum_wage_monthly"
    exact = figures.value(name, month, inputs.region)
    if exact is not None:
        return _Standard(month, exact.value, exact.value, exact.source)
    lowest = figures.value(f"{name}_lowest", month, inputs.region)
    highest = figures.value(f"{name}_highest", month, inputs.region)
    if lowest is None or highest is None:
        return None
    return _Standard(month, lowest.value, highest.value, lowest.source)


def _counted(inputs: Inputs, counted: Decimal) -> Step:
    values: dict[str, Value] = {
        "pay": inputs.pay,
        "out": inputs.overtime_pay + inputs.special_allowances + inputs.benefits,
        "counted": counted,
    }
    return Step("counted_hour" if inputs.paid_by is PaidBy.HOUR else "counted", values, (Article(RULES, 12),))


def _missing(inputs: Inputs, counted: Decimal, known: list[_Standard], steps: list[Step]) -> Decimal:
    """What is certainly missing, adding a step for each standard that held."""
    total = Decimal(0)
    law = (
        Article(LABOUR_LAW, 48),
        Article(CONTRACT_LAW, 72) if inputs.paid_by is PaidBy.HOUR else Article(RULES, 3),
    )
    for lowest, highest in dict.fromkeys((standard.lowest, standard.highest) for standard in known):
        same = [standard for standard in known if (standard.lowest, standard.highest) == (lowest, highest)]
        short = max(Decimal(0), lowest - counted)
        times = _times(inputs, len(same))
        values: dict[str, Value] = {
            "from_month": same[0].month,
            "lowest": lowest,
            "highest": highest,
            "short": short,
            "times": times,
            "amount": cents(short * times),
        }
        total += short * times
        by_hour = inputs.paid_by is PaidBy.HOUR
        if lowest != highest:
            steps.append(Step("range_hour" if by_hour else "range", values, law))
        else:
            steps.append(Step("standard_hour" if by_hour else "standard", values, law))
        if short:
            steps.append(Step("short_hour" if by_hour else "short", values, (Article(CONTRACT_LAW, 85),)))
    return cents(total)


def _times(inputs: Inputs, months: int) -> Decimal:
    """How often the gap arose: months, or hours spread evenly over them."""
    if inputs.paid_by is PaidBy.HOUR:
        return (inputs.hours or Decimal(inputs.months)) * months / inputs.months
    return Decimal(months)


def _headline(inputs: Inputs, counted: Decimal, known: list[_Standard], amount: Decimal) -> str:
    if not known:
        return "unknown"
    if amount:
        if any(standard.lowest != standard.highest for standard in known):
            return "at_least"
        return "hour_below" if inputs.paid_by is PaidBy.HOUR and inputs.hours is None else "below"
    if any(counted < standard.highest for standard in known):
        return "unclear"
    return "enough"


def _notes(inputs: Inputs, known: list[_Standard]) -> Iterator[Note]:
    if len(known) < inputs.months:
        yield Note("standard_missing")
    if not inputs.normal_work:
        yield Note("not_normal_work", articles=(Article(RULES, 12),))
    if any(standard.lowest != standard.highest for standard in known):
        yield Note("which_district")
    if inputs.region.startswith(YUNNAN) and inputs.paid_by is PaidBy.MONTH:
        yield Note("insurance_included")
    for source in dict.fromkeys(standard.source for standard in known):
        yield Note("source", {"source": source})
    yield Note("no_goods", articles=(Article("工资支付暂行规定", 5),))
    yield Note("extra", articles=(Article(CONTRACT_LAW, 85),))
    yield Note(
        "everybody", articles=(Article(CONTRACT_LAW, 20), Article("超龄劳动者基本权益保障暂行规定", 11))
    )
