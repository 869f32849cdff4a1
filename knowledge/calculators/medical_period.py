"""Protected sick period 医疗期: how many months, within which span, and what holds meanwhile.

劳部发〔1994〕479号 sets the table (its text is not held, so no article of it is cited); 劳动合同法 articles 40, 42, 45
and 46 say what it protects from.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from knowledge.calculators.dates import add_months
from knowledge.calculators.figures import Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "medical_period"
LAW = "劳动合同法"

LONG_SERVICE = Decimal(10)
MOST_YEARS = Decimal(60)
SICK_PAY_FLOOR = Decimal("0.8")  # of the minimum wage; usual nationwide, Yunnan's own rule is not known
# years here below the first number: months of protection, months in which they are counted
SHORT_BANDS = ((Decimal(5), 3, 6), (LONG_SERVICE, 6, 12))
LONG_BANDS = (
    (Decimal(5), 6, 12),
    (Decimal(10), 9, 15),
    (Decimal(15), 12, 18),
    (Decimal(20), 18, 24),
    (Decimal("Infinity"), 24, 30),
)


@dataclass(frozen=True, slots=True)
class Inputs:
    """`total_years` of work in all, `years_here` of them at this employer; `first_sick_day` of this illness."""

    today: date
    total_years: Decimal
    years_here: Decimal
    first_sick_day: date | None = None
    region: str = "全国"


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """Months of protection; with a first day also the day until which it lasts."""
    _check(inputs)
    months, span = _band(inputs.total_years, inputs.years_here)
    results: dict[str, Value] = {"months": months, "span": span}
    service: dict[str, Value] = {"total": inputs.total_years, "here": inputs.years_here}
    steps = [Step("band", {**service, "months": months}), Step("span", {"months": months, "span": span})]
    if inputs.first_sick_day is not None:
        steps.append(_until(inputs.first_sick_day, months, span, results))
    headline = "until" if "last" in results else "months"
    return Calculation(NAME, headline, results, tuple(steps), _notes(inputs, figures))


def _check(inputs: Inputs) -> None:
    for name in ("total_years", "years_here"):
        years: Decimal = getattr(inputs, name)
        if not 0 <= years <= MOST_YEARS:
            raise InvalidInputError(name, "years_range", {"most": MOST_YEARS})
    if inputs.years_here > inputs.total_years:
        raise InvalidInputError("total_years", "total_below_here")
    day = inputs.first_sick_day
    if day is not None and abs(day - inputs.today) > timedelta(days=3660):
        raise InvalidInputError("first_sick_day", "date_range")


def _band(total: Decimal, here: Decimal) -> tuple[int, int]:
    bands = LONG_BANDS if total >= LONG_SERVICE else SHORT_BANDS
    return next((months, span) for below, months, span in bands if here < below)


def _until(first: date, months: int, span: int, results: dict[str, Value]) -> Step:
    """Without a break the period ends after its months; with breaks, sick days add up until the span ends."""
    last = add_months(first, months) - timedelta(days=1)
    span_last = add_months(first, span) - timedelta(days=1)
    results.update({"first": first, "last": last, "span_last": span_last})
    return Step("until", {"first": first, "last": last, "span_last": span_last, "months": months})


def _notes(inputs: Inputs, figures: Figures) -> tuple[Note, ...]:
    notes = [
        Note("protected", articles=(Article(LAW, 42), Article(LAW, 45))),
        Note("afterwards", articles=(Article(LAW, 40), Article(LAW, 46))),
    ]
    minimum = figures.value("minimum_wage_monthly", inputs.today, inputs.region)
    if minimum is None:
        notes.append(Note("sick_pay"))
    else:
        values: dict[str, Value] = {"minimum": minimum.value, "floor": cents(minimum.value * SICK_PAY_FLOOR)}
        notes.append(Note("sick_pay_floor", values))
    return (*notes, Note("keep_papers"))
