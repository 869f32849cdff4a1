"""Counting days and months as 民法典 articles 201 to 203 count them; no clock."""

import calendar
from datetime import date, timedelta

_SATURDAY = 5


def add_months(day: date, months: int) -> date:
    """The same day `months` later; a day that the month lacks becomes its last day (民法典 article 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def add_years(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes the 28th."""
    return add_months(day, years * 12)


def add_weekdays(day: date, count: int) -> date:
    """`count` days from Monday to Friday after `day`, which is not counted; public holidays are not known here."""
    for _ in range(count):
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
    return day
