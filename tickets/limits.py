"""Limits in law that follow from what a ticket knows: one year to ask for arbitration, or for a work injury to be seen.

《劳动争议调解仲裁法》第二十七条: one year from knowing, for unpaid wages from the end of employment.
《工伤保险条例》第十七条: the injured worker, family or union may apply within one year of the accident.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

Kind = Literal["arbitration", "injury", "told"]
_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?")
_BEYOND: Final = frozenset({"arbitration", "court", "enforcement"})  # it was asked for already


@dataclass(frozen=True)
class Limit:
    """The last day of a limit, by what the worker told."""

    kind: Kind
    day: date


def limits_of(category: str, facts: Mapping[str, Any]) -> tuple[Limit, ...]:
    """Return the limits that the facts of a ticket set; a month without a day counts from its first."""
    found: list[Limit] = []
    told, left, injured = (day_of(facts.get(name)) for name in ("deadline_date", "left_date", "injury_date"))
    if told is not None:
        found.append(Limit("told", told))
    if facts.get("matter") == "injury" and category == "legal_aid_apply":
        injured, left = injured or left, None
    if injured is not None:
        found.append(Limit("injury", a_year_after(injured)))
    if left is not None and facts.get("stage") not in _BEYOND:
        found.append(Limit("arbitration", a_year_after(left)))
    return tuple(found)


def day_of(value: object) -> date | None:
    """Return the day in 2026-03-15 or 2026-03; None for anything else."""
    match = _DAY.fullmatch(str(value or ""))
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3] or 1))
    except ValueError:
        return None


def a_year_after(day: date) -> date:
    """Return the same day of the next year; the 29th of February ends on the 28th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
