"""Money when a job ends: 经济补偿 N, N+1 with pay in place of notice, 赔偿金 2N for an illegal dismissal.

劳动合同法 articles 40, 46, 47, 48, 87 and 97; 劳动合同法实施条例 articles 10, 20, 22, 25 and 27.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from knowledge.calculators.dates import add_months
from knowledge.calculators.figures import NATIONAL, Figures
from knowledge.calculators.periods import full_months
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "economic_compensation"
CONTRACT_LAW, REGULATION = "劳动合同法", "劳动合同法实施条例"
ARBITRATION_LAW = "劳动争议调解仲裁法"

LAW_BEGAN = date(2008, 1, 1)  # 劳动合同法 article 97: years for N run from here
LOOK_AHEAD_MONTHS = 120  # an end that is planned further ahead is a slip
CAP_TIMES = 3
CAP_YEARS = Decimal(12)
HALF = Decimal("0.5")
MOST_WAGE = Decimal(10_000_000)
MOST_YEARS = Decimal(60)
DAYS_A_YEAR = Decimal("365.25")
YUNNAN = "云南省"


class Reason(StrEnum):
    """How the job ended."""

    QUIT_EMPLOYER_FAULT = "quit_employer_fault"
    EMPLOYER_PROPOSED = "employer_proposed"
    NO_FAULT_DISMISSAL = "no_fault_dismissal"
    LAYOFF = "layoff"
    EXPIRED = "expired"
    RENEWAL_REFUSED = "renewal_refused"
    CLOSED = "closed"
    TASK_FINISHED = "task_finished"
    ILLEGAL = "illegal"
    RESIGNED = "resigned"
    WORKER_FAULT = "worker_fault"
    PART_TIME = "part_time"


ENTITLED: dict[Reason, tuple[Article, ...]] = {
    Reason.QUIT_EMPLOYER_FAULT: (Article(CONTRACT_LAW, 38), Article(CONTRACT_LAW, 46)),
    Reason.EMPLOYER_PROPOSED: (Article(CONTRACT_LAW, 36), Article(CONTRACT_LAW, 46)),
    Reason.NO_FAULT_DISMISSAL: (Article(CONTRACT_LAW, 40), Article(CONTRACT_LAW, 46)),
    Reason.LAYOFF: (Article(CONTRACT_LAW, 41), Article(CONTRACT_LAW, 46)),
    Reason.EXPIRED: (Article(CONTRACT_LAW, 44), Article(CONTRACT_LAW, 46)),
    Reason.CLOSED: (Article(CONTRACT_LAW, 44), Article(CONTRACT_LAW, 46)),
    Reason.TASK_FINISHED: (Article(REGULATION, 22),),
    Reason.ILLEGAL: (Article(CONTRACT_LAW, 87), Article(REGULATION, 25)),
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """How the job ended, how long it lasted, what it paid.

    `monthly_wage`: average gross pay due (应得工资, bonus and allowances in) of the last 12 months, yuan a month.
    `started`: first day of work; or `service_years`, years at this employer, when the day is not known.
    `ended`: last day of the job, `today` when not given. `noticed`: told in writing 30 days before (article 40).
    `last_month_wage`: pay of the last month, for pay in place of notice. `local_average_wage`: the average monthly
    wage that the city published for the year before; otherwise it is looked up for `region`.
    """

    today: date
    reason: Reason
    monthly_wage: Decimal
    started: date | None = None
    service_years: Decimal | None = None
    ended: date | None = None
    noticed: bool | None = None
    last_month_wage: Decimal | None = None
    local_average_wage: Decimal | None = None
    region: str = NATIONAL


@dataclass(frozen=True, slots=True)
class _Sum:
    """Years that count, the wage that counts, and how they came about."""

    years: Decimal
    wage: Decimal
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """What is owed at the end of the job, in yuan.

    Raises:
        InvalidInputError: dates in the wrong order, no length of service, or an impossible amount.
    """
    first, last = _service(inputs)
    if inputs.reason not in ENTITLED:
        notes = _late(inputs, last) if inputs.reason is Reason.WORKER_FAULT else ()
        return Calculation(NAME, "nothing", {"amount": Decimal(0)}, (_why_nothing(inputs.reason),), notes)
    told = _counted(inputs, figures, first, last)
    base = told.wage * told.years
    if inputs.reason is Reason.ILLEGAL:
        return _damages(inputs, told, base, last)
    total = base
    steps = [*told.steps, _product(told, base)]
    headline = "compensation"
    if inputs.reason is Reason.NO_FAULT_DISMISSAL and inputs.noticed is False:
        notice = cents(inputs.last_month_wage or inputs.monthly_wage)
        total += notice
        headline = "compensation_and_notice"
        steps.append(
            Step("notice_pay", {"amount": notice}, (Article(CONTRACT_LAW, 40), Article(REGULATION, 20)))
        )
    results: dict[str, Value] = {"amount": cents(total), "years": told.years, "wage": cents(told.wage)}
    return Calculation(NAME, headline, results, tuple(steps), (*told.notes, *_advice(inputs, last)))


def _damages(inputs: Inputs, told: _Sum, base: Decimal, last: date) -> Calculation:
    double = cents(base * 2)
    steps = (
        *told.steps,
        _product(told, base),
        Step("double", {"base": cents(base), "amount": double}, ENTITLED[Reason.ILLEGAL]),
    )
    results: dict[str, Value] = {"amount": double, "years": told.years, "wage": cents(told.wage)}
    return Calculation(NAME, "damages", results, steps, (*told.notes, *_advice(inputs, last)))


def _product(told: _Sum, base: Decimal) -> Step:
    values: dict[str, Value] = {"wage": cents(told.wage), "years": told.years, "amount": cents(base)}
    return Step("product", values, (Article(CONTRACT_LAW, 47),))


def _service(inputs: Inputs) -> tuple[date, date]:
    """First and last day of the job, after all inputs are checked."""
    for name in ("monthly_wage", "last_month_wage", "local_average_wage"):
        amount: Decimal | None = getattr(inputs, name)
        if amount is not None and not 0 < amount <= MOST_WAGE:
            raise InvalidInputError(name, "wage_impossible")
    last = inputs.ended or inputs.today
    if last < LAW_BEGAN:  # only the old rules apply
        raise InvalidInputError("ended", "before_the_law")
    if last > add_months(inputs.today, LOOK_AHEAD_MONTHS):
        raise InvalidInputError("ended", "ended_too_late")
    first = inputs.started
    if first is None and inputs.service_years is None:
        raise InvalidInputError("started", "service_missing")
    if first is None:
        first = _first_day(inputs.service_years or Decimal(0), last)
    if first > last:
        raise InvalidInputError("started", "ended_before_start")
    if first < add_months(last, -int(MOST_YEARS) * 12):
        raise InvalidInputError("started", "too_long")
    return first, last


def _first_day(years: Decimal, last: date) -> date:
    """The day on which a job of so many years that ends on `last` began."""
    if not 0 < years <= MOST_YEARS:
        raise InvalidInputError("service_years", "too_long")
    months = int((years * 12).to_integral_value(ROUND_FLOOR))
    rest = years - Decimal(months) / 12
    after = last + timedelta(days=1)
    # Years come rounded to two decimals (3.42 for 41 months), so a rest below 0.01 is no time at all.
    days = int((rest * DAYS_A_YEAR).to_integral_value()) if rest >= Decimal("0.01") else 0
    return min(add_months(after, -months) - timedelta(days=days), last)


def _counted(inputs: Inputs, figures: Figures, first: date, last: date) -> _Sum:
    """Years and wage after the rules of article 47."""
    notes: list[Note] = []
    begun = first
    if first < LAW_BEGAN and inputs.reason is not Reason.ILLEGAL:
        begun = LAW_BEGAN
        notes.append(Note("before_2008", {"started": first}, (Article(CONTRACT_LAW, 97),)))
    years = _years(begun, last)
    months = full_months(begun, last)
    key_values: dict[str, Value] = {
        "first": begun,
        "last": last,
        "full_years": months // 12,
        "months": months % 12,
        "years": years,
    }
    steps = [Step("entitled", {"reason": inputs.reason.value}, ENTITLED[inputs.reason])]
    steps.append(Step("service", key_values, (Article(CONTRACT_LAW, 47),)))
    wage = inputs.monthly_wage
    steps.append(Step("wage", {"wage": cents(wage)}, (Article(CONTRACT_LAW, 47), Article(REGULATION, 27))))
    wage = _floor(inputs, figures, last, wage, steps, notes)
    wage, years = _cap(inputs, figures, last, wage, years, steps, notes)
    return _Sum(years, wage, tuple(steps), tuple(notes))


def _years(first: date, last: date) -> Decimal:
    """Months of pay: one a full year; six months and more count as a year, less as half."""
    full, months = divmod(full_months(first, last), 12)
    exact = add_months(first, full * 12) == last + timedelta(days=1)
    if months >= 6:
        return Decimal(full + 1)
    return Decimal(full) if exact else Decimal(full) + HALF


def _floor(
    inputs: Inputs, figures: Figures, last: date, wage: Decimal, steps: list[Step], notes: list[Note]
) -> Decimal:
    """Not less than the local minimum wage."""
    lowest = figures.value("minimum_wage_monthly", last, inputs.region)
    if lowest is None:
        notes.append(Note("minimum_unknown", articles=(Article(REGULATION, 27),)))
        return wage
    if wage >= lowest.value:
        return wage
    steps.append(Step("minimum", {"minimum": lowest.value}, (Article(REGULATION, 27),)))
    return lowest.value


def _cap(
    inputs: Inputs,
    figures: Figures,
    last: date,
    wage: Decimal,
    years: Decimal,
    steps: list[Step],
    notes: list[Note],
) -> tuple[Decimal, Decimal]:
    """Above three times the local average: that amount, and at most twelve years."""
    found = figures.value("local_average_wage_monthly", last, inputs.region)
    average = inputs.local_average_wage or (found.value if found else None)
    if average is None:
        lowest = figures.value("minimum_wage_monthly", last, inputs.region)
        # No average lies below the minimum: at up to three minimum wages the cap can't bite.
        if lowest is None or wage > lowest.value * CAP_TIMES:
            notes.append(Note("average_unknown", articles=(Article(CONTRACT_LAW, 47),)))
        return wage, years
    if wage <= average * CAP_TIMES:
        return wage, years
    capped, counted = average * CAP_TIMES, min(years, CAP_YEARS)
    values: dict[str, Value] = {"average": cents(average), "wage": cents(capped), "years": counted}
    steps.append(Step("cap", values, (Article(CONTRACT_LAW, 47),)))
    return capped, counted


def _why_nothing(reason: Reason) -> Step:
    """The sentence that says why no compensation is due."""
    if reason is Reason.RENEWAL_REFUSED:
        return Step("renewal_refused", articles=(Article(CONTRACT_LAW, 46),))
    if reason is Reason.WORKER_FAULT:
        return Step("worker_fault", articles=(Article(CONTRACT_LAW, 39), Article("劳动争议解释一", 44)))
    if reason is Reason.PART_TIME:
        return Step("part_time", articles=(Article(CONTRACT_LAW, 71),))
    return Step("resigned", articles=(Article(CONTRACT_LAW, 38), Article(CONTRACT_LAW, 46)))


def _advice(inputs: Inputs, last: date) -> Iterator[Note]:
    """What to watch beside the sum."""
    if inputs.reason is Reason.QUIT_EMPLOYER_FAULT:
        yield Note("say_why", articles=(Article(CONTRACT_LAW, 38), Article("劳动争议解释二", 19)))
    if inputs.reason is Reason.NO_FAULT_DISMISSAL and inputs.noticed is not False:
        yield Note("notice", articles=(Article(CONTRACT_LAW, 40),))
    if inputs.reason is Reason.ILLEGAL:
        yield Note("work_on", articles=(Article(CONTRACT_LAW, 48),))
    if inputs.reason in {Reason.ILLEGAL, Reason.NO_FAULT_DISMISSAL}:
        yield Note("union_told", articles=(Article(CONTRACT_LAW, 43),))
    if (
        inputs.noticed is False
        and inputs.reason is Reason.NO_FAULT_DISMISSAL
        and inputs.last_month_wage is None
    ):
        yield Note("last_month_wage", articles=(Article(REGULATION, 20),))
    yield Note("moved_by_employer", articles=(Article(REGULATION, 10),))
    if inputs.region.startswith(YUNNAN):
        yield Note("paid_when_yunnan", articles=(Article("云南省职工劳动权益保障条例", 16),))
    else:
        yield Note("paid_when", articles=(Article(CONTRACT_LAW, 50),))
    yield from _late(inputs, last)


def _late(inputs: Inputs, last: date) -> tuple[Note, ...]:
    """The year in which to go to arbitration, counted from the end of the job."""
    until = add_months(last, 12)
    article = (Article(ARBITRATION_LAW, 27),)
    if inputs.ended is None or last > inputs.today:
        return (Note("one_year", articles=article),)
    if until < inputs.today:
        return (Note("expired", {"until": until}, article),)
    return (Note("until", {"until": until}, article),)
