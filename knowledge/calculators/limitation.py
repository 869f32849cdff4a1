"""A calendar of time limits 仲裁时效和办事期限: what expires when, and what to do before and after.

劳动争议调解仲裁法 articles 14, 27, 29, 43, 48 and 50, 工伤保险条例 articles 17, 20 and 26, 劳动保障监察条例 article 20.
The rules are in `deadlines`; here they become sentences. A limit that has passed is never called hopeless: it counts
only if the employer pleads it (解释二 article 20), and demands made meanwhile start it anew.
"""

from datetime import date
from typing import Final

from knowledge.calculators.dates import add_years
from knowledge.calculators.deadlines import (
    ONE_YEAR,
    Contract,
    Deadline,
    Injury,
    Inputs,
    Stage,
    Whose,
    deadlines,
    double_wage_months,
    is_filed,
)
from knowledge.calculators.figures import Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value

__all__ = ["NAME", "Inputs", "calculate"]

NAME: Final = "limitation"
SOON_DAYS = (
    7  # 法律援助法 article 44: with less than seven days left, legal aid may act before papers are complete
)
LONGEST_AGO_YEARS, LONGEST_AHEAD_YEARS = 50, 5
PAST_DAYS = (
    "last_claim_date",
    "unpaid_date",
    "hire_date",
    "contract_date",
    "injury_day",
    "stage_day",
    "event_date",
)
ANY_DAYS = ("end_date", "iou_due_date")


def calculate(inputs: Inputs, figures: Figures) -> Calculation:  # noqa: ARG001 - one signature for all calculators
    """One step for each time limit: first those still open, the nearest first; then those that have passed."""
    _check(inputs)
    found = deadlines(inputs)
    is_open = [deadline for deadline in found if deadline.day >= inputs.today]
    passed = [deadline for deadline in reversed(found) if deadline.day < inputs.today]
    steps = [_step(deadline, inputs.today) for deadline in (*is_open, *passed)]
    if inputs.unpaid and not _has_left(inputs):
        steps.insert(0, Step("still_employed", articles=(ONE_YEAR,)))
    urgent = [deadline for deadline in is_open if deadline.whose is Whose.WORKER]
    late = [deadline for deadline in passed if deadline.whose is Whose.WORKER]
    headline, results = _headline(urgent, late, inputs.today)
    return Calculation(NAME, headline, results, tuple(steps), _notes(inputs, urgent, late))


def _has_left(inputs: Inputs) -> bool:
    return inputs.end_date is not None and inputs.end_date <= inputs.today


def _check(inputs: Inputs) -> None:
    needed = (
        ("end_date", inputs.left),
        ("last_claim_date", inputs.claimed),
        ("unpaid_date", inputs.unpaid and not inputs.left),
        ("hire_date", inputs.contract is not Contract.IN_TIME),
        ("contract_date", inputs.contract is Contract.LATE),
        ("injury_day", inputs.injury is not Injury.NONE),
        ("stage_day", inputs.stage is not Stage.NONE),
    )
    for name, wanted in needed:
        if wanted and getattr(inputs, name) is None:
            raise InvalidInputError(name, "required")
    for name in (*PAST_DAYS, *ANY_DAYS):
        _check_day(name, getattr(inputs, name), inputs.today, may_lie_ahead=name in ANY_DAYS)
    for name in ("contract_date", "end_date"):
        day: date | None = getattr(inputs, name)
        if inputs.hire_date is not None and day is not None and day < inputs.hire_date:
            raise InvalidInputError(name, "before_hire")


def _check_day(name: str, day: date | None, today: date, *, may_lie_ahead: bool) -> None:
    if day is None:
        return
    if day > today and not may_lie_ahead:
        raise InvalidInputError(name, "in_future")
    if not add_years(today, -LONGEST_AGO_YEARS) <= day <= add_years(today, LONGEST_AHEAD_YEARS):
        raise InvalidInputError(name, "date_range")


def _step(deadline: Deadline, today: date) -> Step:
    """The sentence for an open limit, or for one that has passed."""
    left = (deadline.day - today).days
    values: dict[str, Value] = {**deadline.values, "day": deadline.day}
    if left >= 0:
        return Step(deadline.key, {**values, "days_left": left}, deadline.articles)
    return Step(f"{deadline.key}_passed", {**values, "days_over": -left}, deadline.articles)


def _headline(urgent: list[Deadline], late: list[Deadline], today: date) -> tuple[str, dict[str, Value]]:
    results: dict[str, Value] = {"open": len(urgent), "passed": len(late)}
    if not urgent:
        return ("all_passed" if late else "nothing_runs"), results
    left = (urgent[0].day - today).days
    results.update({"day": urgent[0].day, "days_left": left})
    return ("today" if left == 0 else "soon" if left <= SOON_DAYS else "next"), results


def _notes(inputs: Inputs, urgent: list[Deadline], late: list[Deadline]) -> tuple[Note, ...]:
    notes = []
    soon = [deadline for deadline in urgent if (deadline.day - inputs.today).days <= SOON_DAYS]
    if soon:
        notes.append(Note("soon", {"count": len(soon), "days": SOON_DAYS}, (Article("法律援助法", 44),)))
    if any(ONE_YEAR in deadline.articles for deadline in late):
        notes.append(Note("late", articles=(ONE_YEAR, Article("劳动争议解释二", 20))))
    if any(ONE_YEAR in deadline.articles for deadline in urgent):
        notes.append(Note("start_anew", articles=(ONE_YEAR,)))
    if is_filed(inputs):
        notes.append(Note("filed_only", articles=(ONE_YEAR,)))
    if inputs.contract is not Contract.IN_TIME and not double_wage_months(inputs):
        notes.append(Note("no_double_wage", articles=(Article("劳动合同法", 82),)))
    if urgent:
        notes.append(Note("last_day_holiday", articles=(Article("民法典-总则编", 203),)))
    return (*notes, Note("free_of_charge", articles=(Article("劳动争议调解仲裁法", 53),)))
