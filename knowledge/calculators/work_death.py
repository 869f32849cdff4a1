"""Death at work 工亡: funeral money, one-off compensation, and what dependants get each month.

工伤保险条例 articles 39 and 62. The two bases are published each year; without them the multiple is said, not a sum.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from knowledge.calculators.figures import Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "work_death"
LAW = "工伤保险条例"
ARTICLE = Article(LAW, 39)

FUNERAL_MONTHS = 6
INCOME_MULTIPLE = 20
SPOUSE_PERCENT, OTHER_PERCENT, ALONE_PERCENT = 40, 30, 10
WHOLE = 100
MOST_DEPENDANTS = 20
MOST_AMOUNT = Decimal(1_000_000)


class Situation(StrEnum):
    """Died of the injury (also while being treated), or as a grade 1 to 4 disabled worker after treatment ended."""

    INJURY = "injury"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Who died and who depended on them.

    `monthly_wage` yuan: average monthly contribution wage of the last 12 months (本人工资). Dependants are those who
    lived mainly on the dead person's pay and can't work; `alone` of them are orphans or old people left alone.
    `local_average_wage` yuan a month and `national_income` yuan a year (urban disposable income per head of the
    year before), where the family knows them; otherwise looked up for `death_date` and `region`.
    """

    death_date: date
    today: date
    monthly_wage: Decimal
    situation: Situation = Situation.INJURY
    spouse: bool = False
    other_dependants: int = 0
    alone: int = 0
    insured: bool = True
    region: str = "全国"
    local_average_wage: Decimal | None = None
    national_income: Decimal | None = None


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """The three payments of article 39; what rests on an unknown base is left out, with a note."""
    _check(inputs)
    steps: list[Step] = []
    notes: list[Note] = []
    average = inputs.local_average_wage or _figure(inputs, figures, "local_average_wage_monthly")
    one_off = _one_off("funeral", average, FUNERAL_MONTHS, steps, notes)
    if inputs.situation is Situation.INJURY:
        income = inputs.national_income or _figure(inputs, figures, "national_disposable_income_yearly")
        one_off += _one_off("compensation", income, INCOME_MULTIPLE, steps, notes)
    else:
        notes.append(Note("no_compensation", articles=(ARTICLE,)))
    monthly = _pension(inputs, steps, notes)
    notes.extend(_conditions(inputs))
    headline = "sums" if one_off else "bases_unknown"
    return Calculation(
        NAME, headline, {"one_off": cents(one_off), "monthly": monthly}, tuple(steps), tuple(notes)
    )


def _check(inputs: Inputs) -> None:
    for name in ("monthly_wage", "local_average_wage", "national_income"):
        amount: Decimal | None = getattr(inputs, name)
        if amount is not None and not 0 < amount <= MOST_AMOUNT:
            raise InvalidInputError(name, "amount_range", {"most": MOST_AMOUNT})
    if not 0 <= inputs.other_dependants <= MOST_DEPENDANTS:
        raise InvalidInputError("other_dependants", "count_range", {"most": MOST_DEPENDANTS})
    if not 0 <= inputs.alone <= inputs.other_dependants + int(inputs.spouse):
        raise InvalidInputError("alone", "alone_range")
    if inputs.death_date > inputs.today:
        raise InvalidInputError("death_date", "in_future")


def _figure(inputs: Inputs, figures: Figures, name: str) -> Decimal | None:
    found = figures.value(name, inputs.death_date, inputs.region)
    return found.value if found else None


def _one_off(key: str, base: Decimal | None, times: int, steps: list[Step], notes: list[Note]) -> Decimal:
    if base is None:
        notes.append(Note(f"{key}_unknown", {"times": times}, (ARTICLE,)))
        return Decimal(0)
    amount = cents(base * times)
    steps.append(Step(key, {"base": base, "times": times, "amount": amount}, (ARTICLE,)))
    return amount


def _pension(inputs: Inputs, steps: list[Step], notes: list[Note]) -> Decimal:
    """Monthly money of all dependants together, at most the whole wage."""
    if not inputs.spouse and not inputs.other_dependants:
        notes.append(Note("no_dependants", articles=(ARTICLE,)))
        return Decimal(0)
    percent = (
        SPOUSE_PERCENT * inputs.spouse
        + OTHER_PERCENT * inputs.other_dependants
        + ALONE_PERCENT * inputs.alone
    )
    amount = cents(inputs.monthly_wage * min(percent, WHOLE) / WHOLE)
    values: dict[str, Value] = {
        "people": inputs.other_dependants + int(inputs.spouse),
        "percent": percent,
        "wage": inputs.monthly_wage,
        "amount": amount,
    }
    steps.append(Step("pension_capped" if percent > WHOLE else "pension", values, (ARTICLE,)))
    notes.append(Note("who_depends", articles=(ARTICLE, Article(LAW, 40))))
    return amount


def _conditions(inputs: Inputs) -> list[Note]:
    notes = [Note("apply_in_time", articles=(Article(LAW, 17),))]
    if not inputs.insured:
        notes.append(Note("not_insured", articles=(Article(LAW, 62), Article("社会保险法", 41))))
    return notes
