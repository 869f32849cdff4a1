"""Unemployment benefit 失业保险金: for how many months, and under which conditions.

社会保险法 articles 45 to 47 and 50; the months of each province are local figures (云南省失业保险条例 article 20).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from knowledge.calculators.figures import Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "unemployment_months"
LAW = "社会保险法"
MONTHS_ARTICLE = Article(LAW, 46)
YUNNAN = "云南省"
YUNNAN_LAW = "云南省失业保险条例"

MOST_MONTHS = 24
MOST_YEARS = Decimal(60)
LAST_YEAR_IN_TABLE = 15  # of the local figures: no province gives more after it than the national 24 months
NATIONAL_MONTHS = ((10, 24), (5, 18), (1, 12))  # full years paid, at most this many months


class Reason(StrEnum):
    """Why the job ended: only what the worker did not want counts (article 45)."""

    INVOLUNTARY = "involuntary"
    EMPLOYER_FAULT = "employer_fault"
    RESIGNED = "resigned"


@dataclass(frozen=True, slots=True)
class Inputs:
    """`paid_years` of unemployment insurance in all; `left_over_months` not drawn the last time (article 46).

    `insured` is False when the employer did not pay the insurance: then `paid_years` are the years it should have.
    """

    today: date
    paid_years: Decimal
    reason: Reason = Reason.INVOLUNTARY
    insured: bool = True
    left_over_months: int = 0
    region: str = "全国"


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """Months of benefit; `most` instead of `months` where only the national limit is known."""
    _check(inputs)
    steps: list[Step] = []
    years = int(inputs.paid_years)
    if years < 1 and not inputs.left_over_months:
        steps.append(Step("under_a_year", {"years": inputs.paid_years}, (Article(LAW, 45),)))
        return Calculation(NAME, "not_yet", {"months": 0}, tuple(steps), (Note("count_again"),))
    months, exact = _months(inputs, figures, years, steps)
    if inputs.left_over_months:
        total = min(months + inputs.left_over_months, MOST_MONTHS)
        values: dict[str, Value] = {"months": months, "left_over": inputs.left_over_months, "total": total}
        steps.append(Step("added", {**values, "limit": MOST_MONTHS}, (MONTHS_ARTICLE,)))
        months = total
    results: dict[str, Value] = {"months": months}
    notes = _money(inputs, figures, months, steps, results)
    notes += _conditions(inputs)
    headline = "resigned" if inputs.reason is Reason.RESIGNED else "months" if exact else "most"
    return Calculation(NAME, headline, results, tuple(steps), tuple(notes))


def _check(inputs: Inputs) -> None:
    if not 0 <= inputs.paid_years <= MOST_YEARS:
        raise InvalidInputError("paid_years", "years_range", {"most": MOST_YEARS})
    if not 0 <= inputs.left_over_months <= MOST_MONTHS:
        raise InvalidInputError("left_over_months", "months_range", {"most": MOST_MONTHS})


def _months(inputs: Inputs, figures: Figures, years: int, steps: list[Step]) -> tuple[int, bool]:
    """Months for full years paid, and whether they are the place's own or only the national limit."""
    if years < 1:
        return 0, True
    limit = next(months for least, months in NATIONAL_MONTHS if years >= least)
    values: dict[str, Value] = {"years": years, "limit": limit}
    name = f"unemployment_months_{min(years, LAST_YEAR_IN_TABLE)}"
    local = figures.value(name, inputs.today, inputs.region)
    if local is None:
        steps.append(Step("national", values, (MONTHS_ARTICLE,)))
        return limit, False
    months = int(local.value)
    articles = (Article(YUNNAN_LAW, 20), MONTHS_ARTICLE) if local.region == YUNNAN else (MONTHS_ARTICLE,)
    steps.append(Step("local", {**values, "months": months}, articles))
    return months, True


def _money(
    inputs: Inputs, figures: Figures, months: int, steps: list[Step], results: dict[str, Value]
) -> list[Note]:
    """The sum, where the monthly benefit is known; otherwise what is known of its height."""
    benefit = figures.value("unemployment_benefit_monthly", inputs.today, inputs.region)
    if benefit is not None:
        amount = cents(benefit.value * months)
        results["amount"] = amount
        values: dict[str, Value] = {"benefit": benefit.value, "months": months, "amount": amount}
        steps.append(Step("amount", values, (Article(LAW, 47),)))
        return []
    articles = (Article(LAW, 47), Article("失业保险条例", 18))
    minimum = figures.value("minimum_wage_monthly", inputs.today, inputs.region)
    if minimum is None:
        return [Note("benefit_unknown", articles=articles)]
    return [Note("benefit_below_minimum", {"minimum": minimum.value}, articles)]


def _conditions(inputs: Inputs) -> list[Note]:
    notes = []
    if inputs.reason is Reason.EMPLOYER_FAULT:
        notes.append(Note("employer_fault", articles=(Article(LAW, 45), Article("劳动合同法", 38))))
    if inputs.reason is Reason.RESIGNED:
        notes.append(Note("resigned", articles=(Article(LAW, 45), Article("劳动合同法", 38))))
    if not inputs.insured:
        local = inputs.region.startswith(YUNNAN)
        notes.append(Note("not_insured", articles=(Article(YUNNAN_LAW, 38),) if local else ()))
    notes.append(Note("register_now", articles=(Article(LAW, 45), Article(LAW, 50))))
    notes.append(Note("health_insurance", articles=(Article(LAW, 48),)))
    return notes
