"""Months and years on the calendar, as labour law counts them. An end date is the last day that counts."""

from collections.abc import Iterator
from datetime import date, timedelta

from knowledge.calculators.dates import add_months

ONE_DAY = timedelta(days=1)
MONTHS_A_YEAR = 12
DAYS_A_WORKING_WEEK = 5


def full_months(first: date, last: date) -> int:
    """Whole months from `first` to `last`, both days included: 1 March to 31 March is one."""
    after = last + ONE_DAY
    months = (after.year - first.year) * MONTHS_A_YEAR + after.month - first.month
    return months - 1 if add_months(first, months) > after else months


def days_between(first: date, last: date) -> int:
    """Days from `first` to `last`, both included; 0 when `last` lies before."""
    return max(0, (last - first).days + 1)


def weekdays_between(first: date, last: date) -> int:
    """Mondays to Fridays from `first` to `last`, both included; holidays are not taken out."""
    return sum(day.weekday() < DAYS_A_WORKING_WEEK for day in days_from(first, last))


def days_from(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    return (first + timedelta(days=number) for number in range(days_between(first, last)))
