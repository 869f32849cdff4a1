"""Unpaid wages 拖欠工资, month by month, and how to get them.

劳动法 article 50; 劳动合同法 articles 30 and 85; 工资支付暂行规定 article 9; 劳动争议调解仲裁法 articles 27 and 47.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.calculators.dates import add_months
from knowledge.calculators.figures import NATIONAL, Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "wage_arrears_total"
LABOUR_LAW, CONTRACT_LAW, WAGES = "劳动法", "劳动合同法", "工资支付暂行规定"
ARBITRATION_LAW, INTERPRETATION = "劳动争议调解仲裁法", "劳动争议解释一"
MIGRANT_RULES = "保障农民工工资支付条例"
KUNMING, KUNMING_RULES = "云南省昆明市", "昆明市工资支付条例"

LEAST_EXTRA = Decimal("0.5")  # 劳动合同法 article 85: 50% to 100% on top when an order to pay is ignored
FINAL_MONTHS = 12  # 劳动争议调解仲裁法 article 47
URGENT_DAYS = 7
MOST_ROWS = 240
MOST_MONEY = Decimal(100_000_000)
MOST_MONTHS = Decimal(600)


@dataclass(frozen=True, slots=True)
class MonthOwed:
    """One month: what was due and what was paid, yuan."""

    month: date
    due: Decimal
    paid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Inputs:
    """Unpaid months, either one by one in `months`, or as `monthly_wage` times `months_owed`.

    `paid`: what was paid towards all of them together, yuan, beside what stands with the months.
    `left`: last day of work, None while still employed. `building_site`: a migrant worker on a construction site.
    """

    today: date
    months: tuple[MonthOwed, ...] = ()
    monthly_wage: Decimal | None = None
    months_owed: Decimal | None = None
    paid: Decimal = Decimal(0)
    left: date | None = None
    has_iou: bool = False
    building_site: bool = False
    region: str = NATIONAL


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """The sum that is still open, in yuan, with each month's part.

    Raises:
        InvalidInputError: nothing to add up, a month named twice or not yet begun, or an impossible amount.
    """
    _check(inputs)
    steps = list(_by_month(inputs) if inputs.months else _by_product(inputs))
    due, paid = _totals(inputs)
    amount = cents(max(Decimal(0), due - paid))
    values: dict[str, Value] = {"due": cents(due), "paid": cents(paid), "amount": amount}
    steps.append(Step("total", values, (Article(LABOUR_LAW, 50), Article(CONTRACT_LAW, 30))))
    notes = tuple(_notes(inputs, amount, figures)) if amount else ()
    return Calculation(NAME, "owed" if amount else "settled", values, tuple(steps), notes)


def _check(inputs: Inputs) -> None:
    if not 0 <= inputs.paid <= MOST_MONEY:
        raise InvalidInputError("paid", "amount_impossible")
    if inputs.left is not None and inputs.left > inputs.today:
        raise InvalidInputError("left", "left_in_future")
    if inputs.months:
        _check_months(inputs)
    elif inputs.monthly_wage is None:
        raise InvalidInputError("monthly_wage", "nothing_given")
    elif not 0 < inputs.monthly_wage <= MOST_MONEY:
        raise InvalidInputError("monthly_wage", "amount_impossible")
    elif inputs.months_owed is None or not 0 < inputs.months_owed <= MOST_MONTHS:
        raise InvalidInputError("months_owed", "months_impossible")


def _check_months(inputs: Inputs) -> None:
    if len(inputs.months) > MOST_ROWS:
        raise InvalidInputError("months", "too_many_rows", {"most": MOST_ROWS})
    seen: set[tuple[int, int]] = set()
    for row in inputs.months:
        month = (row.month.year, row.month.month)
        if month in seen:
            raise InvalidInputError("months", "month_twice", {"month": row.month})
        if month > (inputs.today.year, inputs.today.month):
            raise InvalidInputError("months", "month_in_future", {"month": row.month})
        if inputs.left is not None and month > (inputs.left.year, inputs.left.month):
            raise InvalidInputError("months", "month_after_left", {"month": row.month})
        if not (0 <= row.due <= MOST_MONEY and 0 <= row.paid <= MOST_MONEY):
            raise InvalidInputError("months", "amount_impossible")
        seen.add(month)


def _by_month(inputs: Inputs) -> Iterator[Step]:
    for row in sorted(inputs.months, key=lambda row: row.month):
        values: dict[str, Value] = {
            "month": row.month,
            "due": row.due,
            "paid": row.paid,
            "open": row.due - row.paid,
        }
        if row.paid > row.due:
            yield Step("month_over", {**values, "over": row.paid - row.due})
        elif row.paid:
            yield Step("month_part", values)
        else:
            yield Step("month", values)


def _by_product(inputs: Inputs) -> Iterator[Step]:
    wage, months = inputs.monthly_wage or Decimal(0), inputs.months_owed or Decimal(0)
    yield Step("product", {"wage": wage, "months": months, "amount": cents(wage * months)})


def _totals(inputs: Inputs) -> tuple[Decimal, Decimal]:
    """What was due and what was paid in all."""
    if not inputs.months:
        return (inputs.monthly_wage or Decimal(0)) * (inputs.months_owed or Decimal(0)), inputs.paid
    due = sum((row.due for row in inputs.months), Decimal(0))
    return due, inputs.paid + sum((row.paid for row in inputs.months), Decimal(0))


def _notes(inputs: Inputs, amount: Decimal, figures: Figures) -> Iterator[Note]:
    yield _limitation(inputs)
    if any(
        (row.month.year, row.month.month) == (inputs.today.year, inputs.today.month) for row in inputs.months
    ):
        yield Note("pay_day", articles=(Article(WAGES, 7),))
    if inputs.left is not None and inputs.region.startswith(KUNMING):
        yield Note("at_once_kunming", articles=(Article(WAGES, 9), Article(KUNMING_RULES, 13)))
    elif inputs.left is not None:
        yield Note("at_once", articles=(Article(WAGES, 9),))
    extra: dict[str, Value] = {"least": cents(amount * LEAST_EXTRA), "most": amount}
    yield Note("extra", extra, (Article(CONTRACT_LAW, 85),))
    if inputs.has_iou:
        yield Note("iou", articles=(Article(INTERPRETATION, 15),))
    yield Note("payment_order", articles=(Article(CONTRACT_LAW, 30),))
    if inputs.building_site:
        yield Note("building_site", articles=(Article(MIGRANT_RULES, 30), Article(MIGRANT_RULES, 34)))
    lowest = figures.value("minimum_wage_monthly", inputs.today, inputs.region)
    if lowest is not None and amount <= lowest.value * FINAL_MONTHS:
        values: dict[str, Value] = {"limit": lowest.value * FINAL_MONTHS}
        yield Note("final_award", values, (Article(ARBITRATION_LAW, 47),))
    yield Note("evidence", articles=(Article(ARBITRATION_LAW, 6),))


def _limitation(inputs: Inputs) -> Note:
    """No limit while employed; one year from the end of the job (article 27, last paragraph)."""
    article = (Article(ARBITRATION_LAW, 27),)
    if inputs.left is None:
        return Note("no_limit_yet", articles=article)
    until = add_months(inputs.left, 12)
    if until < inputs.today:
        return Note("lapsed", {"until": until}, article)
    if (until - inputs.today).days <= URGENT_DAYS:
        return Note("urgent", {"until": until, "days": (until - inputs.today).days}, article)
    return Note("until", {"until": until}, article)
