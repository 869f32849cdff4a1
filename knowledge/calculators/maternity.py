"""Maternity leave 产假 and maternity pay 生育津贴, with what the province adds.

女职工劳动保护特别规定 articles 5 to 9, 社会保险法 article 56. Days that a province adds are local figures.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from knowledge.calculators.figures import Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "maternity"
LAW = "女职工劳动保护特别规定"
DAYS_ARTICLE = Article(LAW, 7)
PAY_ARTICLES = (Article(LAW, 8), Article("社会保险法", 56))

BIRTH_DAYS, BEFORE_BIRTH_DAYS, MORE_DAYS = 98, 15, 15
EARLY_LOSS_DAYS, LATE_LOSS_DAYS = 15, 42
DAYS_A_MONTH = 30  # the divisor of maternity pay
MOST_BABIES = 8
MOST_WAGE = Decimal(1_000_000)


class Kind(StrEnum):
    """Birth, or a pregnancy lost before or after four full months."""

    BIRTH = "birth"
    EARLY_LOSS = "early_loss"
    LATE_LOSS = "late_loss"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The birth, and what maternity pay is counted from.

    `employer_average_wage` yuan: last year's average monthly wage of all staff (insured); `own_wage` yuan a month
    before the leave (not insured). `due_date` is the expected day of birth, `leave_start` the first day of leave.
    """

    today: date
    kind: Kind = Kind.BIRTH
    babies: int = 1
    difficult: bool = False
    region: str = "全国"
    due_date: date | None = None
    leave_start: date | None = None
    insured: bool = True
    employer_average_wage: Decimal | None = None
    own_wage: Decimal | None = None


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """Days of leave, first and last day where a date is known, and the pay for these days."""
    _check(inputs)
    steps: list[Step] = []
    notes: list[Note] = []
    days = _days(inputs, figures, steps, notes)
    results: dict[str, Value] = {"days": days}
    _dates(inputs, days, steps, results)
    amount = _pay(inputs, days, steps, notes)
    if inputs.kind is Kind.BIRTH:
        _around_birth(inputs, figures, notes)
    notes.append(
        Note("protected", articles=(Article(LAW, 5), Article("劳动合同法", 42), Article("劳动合同法", 45)))
    )
    if amount is None:
        return Calculation(NAME, "days", results, tuple(steps), tuple(notes))
    results["amount"] = amount
    return Calculation(NAME, "days_and_pay", results, tuple(steps), tuple(notes))


def _check(inputs: Inputs) -> None:
    if not 1 <= inputs.babies <= MOST_BABIES:
        raise InvalidInputError("babies", "babies_range", {"most": MOST_BABIES})
    for name in ("employer_average_wage", "own_wage"):
        wage: Decimal | None = getattr(inputs, name)
        if wage is not None and not 0 < wage <= MOST_WAGE:
            raise InvalidInputError(name, "wage_range", {"most": MOST_WAGE})
    for name in ("due_date", "leave_start"):
        day: date | None = getattr(inputs, name)
        if day is not None and abs(day - inputs.today) > timedelta(days=730):
            raise InvalidInputError(name, "date_range")


def _days(inputs: Inputs, figures: Figures, steps: list[Step], notes: list[Note]) -> int:
    if inputs.kind is not Kind.BIRTH:
        days = EARLY_LOSS_DAYS if inputs.kind is Kind.EARLY_LOSS else LATE_LOSS_DAYS
        steps.append(Step(inputs.kind.value, {"days": days}, (DAYS_ARTICLE,)))
        return days
    days = BIRTH_DAYS
    steps.append(Step("birth", {"days": days}, (DAYS_ARTICLE,)))
    if inputs.difficult:
        days += MORE_DAYS
        steps.append(Step("difficult", {"days": MORE_DAYS}, (DAYS_ARTICLE,)))
    if inputs.babies > 1:
        more = MORE_DAYS * (inputs.babies - 1)
        days += more
        steps.append(Step("more_babies", {"babies": inputs.babies, "days": more}, (DAYS_ARTICLE,)))
    local = _figure(inputs, figures, "maternity_extra_days")
    if local is None:
        notes.append(Note("local_days_unknown"))
        return days
    days += int(local)
    steps.append(Step("local_days", {"days": int(local), "total": days}))
    notes.append(Note("local_days_source"))
    return days


def _figure(inputs: Inputs, figures: Figures, name: str) -> Decimal | None:
    """Local figures go by the first day of leave, which may lie ahead."""
    found = figures.value(name, inputs.leave_start or inputs.due_date or inputs.today, inputs.region)
    return found.value if found else None


def _dates(inputs: Inputs, days: int, steps: list[Step], results: dict[str, Value]) -> None:
    start = inputs.leave_start
    if inputs.kind is Kind.BIRTH and inputs.due_date is not None:
        earliest = inputs.due_date - timedelta(days=BEFORE_BIRTH_DAYS)
        steps.append(Step("earliest", {"day": earliest, "before": BEFORE_BIRTH_DAYS}, (DAYS_ARTICLE,)))
        start = start or earliest
    if start is None:
        return
    last = start + timedelta(days=days - 1)
    steps.append(Step("until", {"first": start, "last": last, "back": last + timedelta(days=1)}))
    results.update({"first": start, "last": last})


def _pay(inputs: Inputs, days: int, steps: list[Step], notes: list[Note]) -> Decimal | None:
    """What the fund pays from the employer's average wage, or the employer from the woman's own."""
    wage = inputs.employer_average_wage if inputs.insured else inputs.own_wage
    if wage is None:
        notes.append(Note("pay_from_fund" if inputs.insured else "pay_from_employer", articles=PAY_ARTICLES))
        return None
    amount = cents(wage / DAYS_A_MONTH * days)
    values: dict[str, Value] = {"wage": wage, "days": days, "amount": amount}
    steps.append(Step("pay_insured" if inputs.insured else "pay_not_insured", values, PAY_ARTICLES))
    if inputs.insured and inputs.own_wage is not None and inputs.own_wage > wage:
        notes.append(Note("less_than_wage", {"wage": inputs.own_wage}, (Article(LAW, 5),)))
    return amount


def _around_birth(inputs: Inputs, figures: Figures, notes: list[Note]) -> None:
    """What else belongs to a birth: money for each child, leave of the father and for small children, nursing."""
    if inputs.difficult:
        notes.append(Note("difficult_proof", articles=(DAYS_ARTICLE,)))
    nutrition = _figure(inputs, figures, "maternity_nutrition_per_child")
    if nutrition is not None and inputs.insured:
        notes.append(Note("nutrition", {"each": nutrition, "amount": cents(nutrition * inputs.babies)}))
    father = _figure(inputs, figures, "paternity_leave_days")
    if father is not None:
        notes.append(Note("father", {"days": int(father)}))
    one, two = (_figure(inputs, figures, f"childcare_leave_days{suffix}") for suffix in ("", "_two_children"))
    if one is not None and two is not None:
        notes.append(Note("childcare", {"days": int(one), "two": int(two)}))
    notes.append(Note("nursing", {"hours": inputs.babies}, (Article(LAW, 9),)))
