"""Work injury 工伤: what grades 1 to 10 are paid, pay while being treated, and money at leaving.

工伤保险条例 articles 33 to 37, 62 and 64. The one-off subsidies at leaving are set by each province.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from knowledge.calculators.figures import Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "work_injury"
LAW = "工伤保险条例"

GRANT_MONTHS = {1: 27, 2: 25, 3: 23, 4: 21, 5: 18, 6: 16, 7: 13, 8: 11, 9: 9, 10: 7}
ALLOWANCE_PERCENT = {1: 90, 2: 85, 3: 80, 4: 75, 5: 70, 6: 60}
LOWEST_BASE, HIGHEST_BASE = Decimal("0.6"), Decimal(3)  # of the local average wage, article 64
USUAL_LEAVE_MONTHS, LONGEST_LEAVE_MONTHS = 12, 24  # article 33
MOST_WAGE = Decimal(1_000_000)
SUBSIDIES = ("medical_subsidy", "employment_subsidy")
OWN_WAGE_UNIT, AVERAGE_WAGE_UNIT = "个月本人工资", "个月当地平均工资"  # units of the subsidies in figures.yml


class Care(StrEnum):
    """How far the injured person depends on others, as the appraisal says (article 34)."""

    NONE = "none"
    PART = "part"
    MOST = "most"
    FULL = "full"


CARE_PERCENT = {Care.PART: 30, Care.MOST: 40, Care.FULL: 50}


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is known of the injury.

    `monthly_wage` is the average monthly contribution wage of the 12 months before the injury, in yuan (本人工资,
    article 64); `usual_wage` what the person was really paid a month, where that differs (for the pay during
    treatment). `injury_grade` 1 to 10, once `appraised`. `stop_work_months` months off work for treatment.
    `local_average_wage` yuan a month, where the person knows it; otherwise it is looked up for `region`.
    """

    today: date
    monthly_wage: Decimal
    appraised: bool = True
    injury_grade: int | None = None
    usual_wage: Decimal | None = None
    stop_work_months: Decimal | None = None
    leaving: bool = False
    work_arranged: bool = True
    insured: bool = True
    care: Care = Care.NONE
    region: str = "全国"
    local_average_wage: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """The inputs with the local figures looked up once."""

    inputs: Inputs
    figures: Figures
    average: Decimal | None
    base: Decimal

    def figure(self, name: str) -> Decimal | None:
        found = self.figures.value(name, self.inputs.today, self.inputs.region)
        return found.value if found else None


@dataclass(slots=True)
class _Sheet:
    """The sum while it is being written."""

    steps: list[Step]
    notes: list[Note]
    one_off: Decimal = Decimal(0)
    monthly: Decimal = Decimal(0)


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """The one-off and monthly amounts; what needs a local figure that is not known is left out, with a note."""
    _check(inputs)
    average = inputs.local_average_wage
    if average is None:
        found = figures.value("local_average_wage_monthly", inputs.today, inputs.region)
        average = found.value if found else None
    case = _Case(inputs, figures, average, _clamped(inputs.monthly_wage, average))
    sheet = _Sheet([_base_step(case)], [])
    if average is None:
        sheet.notes.append(Note("average_unknown", articles=(Article(LAW, 64),)))
    _grant(case, sheet)
    _allowance(case, sheet)
    _treatment_pay(case, sheet)
    _care(case, sheet)
    _leaving(case, sheet)
    _conditions(case, sheet)
    results: dict[str, Value] = {"one_off": cents(sheet.one_off), "monthly": cents(sheet.monthly)}
    if inputs.injury_grade is None:
        return Calculation(NAME, "not_graded", results, tuple(sheet.steps), tuple(sheet.notes))
    results["grade"] = inputs.injury_grade
    headline = "with_monthly" if sheet.monthly else "one_off"
    return Calculation(NAME, headline, results, tuple(sheet.steps), tuple(sheet.notes))


def _check(inputs: Inputs) -> None:
    for name in ("monthly_wage", "usual_wage", "local_average_wage"):
        amount: Decimal | None = getattr(inputs, name)
        if amount is not None and not 0 < amount <= MOST_WAGE:
            raise InvalidInputError(name, "wage_range", {"most": MOST_WAGE})
    if inputs.appraised and inputs.injury_grade is None:
        raise InvalidInputError("injury_grade", "required")
    if inputs.injury_grade is not None and inputs.injury_grade not in GRANT_MONTHS:
        raise InvalidInputError("injury_grade", "grade_range")
    months = inputs.stop_work_months
    if months is not None and not 0 <= months <= LONGEST_LEAVE_MONTHS:
        raise InvalidInputError("stop_work_months", "leave_range", {"most": LONGEST_LEAVE_MONTHS})


def _clamped(wage: Decimal, average: Decimal | None) -> Decimal:
    if average is None:
        return wage
    return min(max(wage, average * LOWEST_BASE), average * HIGHEST_BASE)


def _base_step(case: _Case) -> Step:
    wage, base = case.inputs.monthly_wage, case.base
    key = "base" if base == wage else "base_raised" if base > wage else "base_capped"
    values: dict[str, Value] = {"wage": wage, "base": cents(base)}
    if case.average is not None:
        values["average"] = case.average
    return Step(key, values, (Article(LAW, 64),))


def _grade_article(grade: int) -> Article:
    return Article(LAW, 35 if grade <= 4 else 36 if grade <= 6 else 37)


def _grant(case: _Case, sheet: _Sheet) -> None:
    grade = case.inputs.injury_grade
    if grade is None:
        sheet.notes.append(
            Note("get_graded", articles=tuple(Article(LAW, number) for number in (17, 21, 23, 25)))
        )
        return
    amount = cents(case.base * GRANT_MONTHS[grade])
    values: dict[str, Value] = {
        "grade": grade,
        "months": GRANT_MONTHS[grade],
        "base": cents(case.base),
        "amount": amount,
    }
    sheet.steps.append(Step("grant", values, (_grade_article(grade),)))
    sheet.one_off += amount


def _allowance(case: _Case, sheet: _Sheet) -> None:
    """Monthly allowance: grades 1 to 4 from the fund; 5 and 6 from an employer that has no fitting work."""
    grade = case.inputs.injury_grade
    if grade not in ALLOWANCE_PERCENT or (grade > 4 and (case.inputs.work_arranged or case.inputs.leaving)):
        return
    percent = ALLOWANCE_PERCENT[grade]
    amount = cents(case.base * percent / 100)
    values: dict[str, Value] = {"percent": percent, "base": cents(case.base), "amount": amount}
    article = _grade_article(grade)
    sheet.steps.append(Step("allowance_fund" if grade <= 4 else "allowance_employer", values, (article,)))
    minimum = case.figure("minimum_wage_monthly")
    if minimum is None:
        sheet.notes.append(Note("minimum_unknown", articles=(article,)))
    elif amount < minimum:
        sheet.steps.append(Step("allowance_topped", {"amount": amount, "minimum": minimum}, (article,)))
        amount = minimum
    sheet.monthly += amount


def _treatment_pay(case: _Case, sheet: _Sheet) -> None:
    months = case.inputs.stop_work_months
    if not months:
        return
    wage = case.inputs.usual_wage or case.inputs.monthly_wage
    values: dict[str, Value] = {"wage": wage, "months": months, "amount": cents(wage * months)}
    sheet.steps.append(Step("treatment_pay", values, (Article(LAW, 33),)))
    if months > USUAL_LEAVE_MONTHS:
        sheet.notes.append(Note("longer_treatment", {"months": USUAL_LEAVE_MONTHS}, (Article(LAW, 33),)))


def _care(case: _Case, sheet: _Sheet) -> None:
    if case.inputs.care is Care.NONE:
        return
    percent = CARE_PERCENT[case.inputs.care]
    if case.average is None:
        sheet.notes.append(Note("care_unknown", {"percent": percent}, (Article(LAW, 34),)))
        return
    amount = cents(case.average * percent / 100)
    values: dict[str, Value] = {"average": case.average, "percent": percent, "amount": amount}
    sheet.steps.append(Step("care", values, (Article(LAW, 34),)))
    sheet.monthly += amount


def _leaving(case: _Case, sheet: _Sheet) -> None:
    grade = case.inputs.injury_grade
    if not case.inputs.leaving or grade is None:
        return
    if grade <= 4:
        sheet.notes.append(Note("keep_relation", articles=(Article(LAW, 35),)))
        return
    for key in SUBSIDIES:
        _subsidy(case, sheet, key, f"injury_{key}_months_{grade}")


def _subsidy(case: _Case, sheet: _Sheet, key: str, figure_name: str) -> None:
    """Months set by the province; the figure's unit says of which wage they are, and without that no sum is made."""
    article = _grade_article(case.inputs.injury_grade or 0)
    figure = case.figures.value(figure_name, case.inputs.today, case.inputs.region)
    if figure is None:
        sheet.notes.append(Note(f"{key}_unknown", articles=(article,)))
        return
    wage = {OWN_WAGE_UNIT: case.base, AVERAGE_WAGE_UNIT: case.average}.get(figure.unit)
    if wage is None:
        sheet.notes.append(Note(f"{key}_months", {"months": figure.value}, (article,)))
        return
    amount = cents(wage * figure.value)
    values: dict[str, Value] = {"months": figure.value, "wage": cents(wage), "amount": amount}
    sheet.steps.append(Step(key, values, (article,)))
    sheet.one_off += amount


def _conditions(case: _Case, sheet: _Sheet) -> None:
    grade = case.inputs.injury_grade
    if not case.inputs.insured:
        sheet.notes.append(Note("not_insured", articles=(Article(LAW, 62), Article("社会保险法", 41))))
    if grade is None:
        return
    sheet.notes.append(Note("medical_costs", articles=(Article(LAW, 30),)))
    if grade <= 4:
        sheet.notes.append(Note("until_pension", articles=(Article(LAW, 35),)))
    elif not case.inputs.leaving:
        sheet.notes.append(Note("leaving_later", articles=(_grade_article(grade),)))
    if not case.inputs.leaving:
        sheet.notes.append(Note("disagree", articles=(Article(LAW, 26),)))
