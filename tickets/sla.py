"""Deadlines: working periods of a day, Chinese public holidays and shifted working days (调休)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

from tickets.catalogue import Category
from tickets.values import Urgency

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONGEST_GAP_DAYS = 60  # more days without work than this is a wrong calendar, not a holiday
# 《全国年节及纪念日放假办法》: the days of fixed date, for years whose arrangement is not yet published.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


class CalendarError(ValueError):
    """The working periods are malformed, or the calendar has no working day for two months."""


@lru_cache(maxsize=4096)
def is_official_workday(day: date) -> bool:
    """Tell whether people work on this day by the State Council's arrangement.

    Arrangements appear each November for the next year. A year without one counts Monday to Friday
    except the statutory days of fixed date; administrators add the rest as `holidays`.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS


def parse_periods(periods: tuple[str, ...]) -> tuple[tuple[timedelta, timedelta], ...]:
    """Return ("09:00-12:00", …) as offsets from midnight; raises CalendarError when they overlap."""
    parsed = tuple((_offset(text[:5]), _offset(text[6:])) for text in periods)
    flat = [offset for period in parsed for offset in period]
    if not flat or flat != sorted(flat) or any(start == end for start, end in parsed):
        raise CalendarError(f"working periods must follow one another: {', '.join(periods)}")
    return parsed


def _offset(text: str) -> timedelta:
    try:
        hours, minutes = (int(part) for part in text.split(":"))
    except ValueError as error:
        raise CalendarError(f"not a time: {text}") from error
    offset = timedelta(hours=hours, minutes=minutes)
    if hours < 0 or not 0 <= minutes < 60 or offset > timedelta(days=1):
        raise CalendarError(f"not a time of day: {text}")
    return offset


@dataclass(frozen=True)
class WorkingCalendar:
    """When the union works. `holidays` and `workdays` are local exceptions to the official calendar."""

    periods: tuple[str, ...] = ("09:00-12:00", "14:00-18:00")
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        parse_periods(self.periods)

    @cached_property
    def _offsets(self) -> tuple[tuple[timedelta, timedelta], ...]:
        return parse_periods(self.periods)

    def is_workday(self, day: date) -> bool:
        """Tell whether the union works on this day."""
        return day in self.workdays or (day not in self.holidays and is_official_workday(day))

    def is_working(self, moment: datetime) -> bool:
        """Tell whether the union is at work at this moment (a period's end is not)."""
        local = moment.astimezone(SHANGHAI)
        midnight = datetime.combine(local.date(), time(), SHANGHAI)
        return self.is_workday(local.date()) and any(
            midnight + start <= local < midnight + end for start, end in self._offsets
        )

    def add_working(self, start: datetime, hours: float) -> datetime:
        """Return the moment (UTC) by which `hours` working hours have passed since `start`.

        A deadline that falls on the end of a period stays there: Friday 16:30 + 1 h with work until
        17:30 is Friday 17:30; with work until 17:00 it is Monday 09:30.
        """
        remaining = timedelta(hours=hours)
        for begin, end in self._periods_from(start):
            if remaining <= end - begin:
                return (begin + remaining).astimezone(UTC)
            remaining -= end - begin
        raise AssertionError("unreachable: the periods never end")

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """Return the end of work (UTC) on the `days`-th working day after the day of `start`."""
        workdays = self._workdays_from(start.astimezone(SHANGHAI).date() + timedelta(days=1))
        day = next(day for count, day in enumerate(workdays, start=1) if count >= days)
        return (datetime.combine(day, time(), SHANGHAI) + self._offsets[-1][1]).astimezone(UTC)

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time between two moments; zero when `end` is not after `start`."""
        total = timedelta()
        if end <= start:
            return total
        for period_begin, period_end in self._periods_from(start):
            if period_begin >= end:
                break
            total += min(period_end, end) - period_begin
        return total

    def _periods_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield what is left of each working period from `start` on, without end."""
        local = start.astimezone(SHANGHAI)
        for day in self._workdays_from(local.date()):
            midnight = datetime.combine(day, time(), SHANGHAI)
            for begin, end in self._offsets:
                if midnight + end > local:
                    yield max(midnight + begin, local), midnight + end

    def _workdays_from(self, day: date) -> Iterator[date]:
        idle = 0
        while idle <= LONGEST_GAP_DAYS:
            if self.is_workday(day):
                idle = 0
                yield day
            else:
                idle += 1
            day += timedelta(days=1)
        raise CalendarError(f"no working day in the {LONGEST_GAP_DAYS} days before {day}")


@dataclass(frozen=True)
class SlaPolicy:
    """The promises to workers (本地默认, 以上级规定为准): hours are working hours, days working days."""

    first_response_hours: float = 8
    urgent_first_response_hours: float = 2
    critical_first_response_minutes: float = 30  # day and night
    close_days: dict[str, int] = field(
        default_factory=lambda: {"consult": 3, "service": 5, "dispute": 15, "complex": 30}
    )
    periods: tuple[str, ...] = ("09:00-12:00", "14:00-18:00")
    reopen_days: int = 15
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    @cached_property
    def calendar(self) -> WorkingCalendar:
        """The working calendar of these periods."""
        return WorkingCalendar(tuple(self.periods), self.holidays, self.workdays)

    def first_response_due(self, urgency: Urgency, now: datetime) -> datetime:
        """Return by when the worker hears from a person."""
        if urgency == "critical":
            return now.astimezone(UTC) + timedelta(minutes=self.critical_first_response_minutes)
        hours = self.urgent_first_response_hours if urgency == "urgent" else self.first_response_hours
        return self.calendar.add_working(now, hours)

    def close_due(self, category: Category, now: datetime) -> datetime:
        """Return by when the matter is closed; a difficulty without its own days gets the longest."""
        days = self.close_days.get(category.difficulty) or max(self.close_days.values())
        return self.calendar.add_working_days(now, days)


DEFAULT_POLICY = SlaPolicy()


@lru_cache(maxsize=65_536)
def moment_of_share(
    calendar: WorkingCalendar, start: datetime, due: datetime, share: float, *, around_the_clock: bool
) -> datetime:
    """Return when `share` (0 to 1) of the time from `start` to `due` has passed.

    Nights count only around the clock. Cached: every open ticket is looked at every minute.
    """
    if around_the_clock:
        return start + (due - start) * share
    total = calendar.working_between(start, due)
    if share >= 1 or not total:
        return due
    return calendar.add_working(start, total.total_seconds() / 3600 * share)
