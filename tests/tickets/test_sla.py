"""Deadlines: periods, weekends, holidays, 调休; compared with a simulation minute by minute."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.catalogue import catalogue
from tickets.sla import (
    DEFAULT_POLICY,
    SHANGHAI,
    CalendarError,
    SlaPolicy,
    WorkingCalendar,
    is_official_workday,
    moment_of_share,
)
from tickets.times import before_text

MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("periods", "start", "hours", "due"),
    [
        (("09:00-12:00", "14:00-17:30"), "2026-11-20T16:30", 1, "2026-11-20T17:30"),
        (("09:00-12:00", "14:00-17:00"), "2026-11-20T16:30", 1, "2026-11-23T09:30"),
        (("09:00-12:00", "14:00-18:00"), "2026-11-24T11:30", 1, "2026-11-24T14:30"),
        (("09:00-12:00", "14:00-18:00"), "2026-11-24T12:30", 1, "2026-11-24T15:00"),
        (("09:00-12:00", "14:00-18:00"), "2026-11-24T23:00", 2, "2026-11-25T11:00"),
        (("08:30-10:00", "10:30-12:00", "14:00-18:00"), "2026-11-24T08:00", 2, "2026-11-24T11:00"),
        (
            ("09:00-12:00", "14:00-18:00"),
            "2026-10-10T09:00",
            1,
            "2026-10-10T10:00",
        ),  # a working Saturday (调休)
        (
            ("09:00-12:00", "14:00-18:00"),
            "2026-09-30T17:00",
            2,
            "2026-10-08T10:00",
        ),  # over the National Day holiday
        (
            ("09:00-12:00", "14:00-18:00"),
            "2026-02-13T17:30",
            1,
            "2026-02-14T09:30",
        ),  # Saturday before Spring Festival
        (
            ("09:00-12:00", "14:00-18:00"),
            "2026-12-31T17:30",
            1,
            "2027-01-04T09:30",
        ),  # a year not yet published
    ],
)
def test_working_hours(periods: tuple[str, ...], start: str, hours: float, due: str) -> None:
    assert WorkingCalendar(periods).add_working(at(start), hours) == at(due)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-20T16:30", 1, "2026-11-23T18:00"),
        ("2026-11-20T23:30", 3, "2026-11-25T18:00"),
        ("2026-09-30T10:00", 2, "2026-10-09T18:00"),
        ("2026-10-08T10:00", 2, "2026-10-10T18:00"),
        ("2026-12-25T10:00", 5, "2027-01-04T18:00"),
    ],
)
def test_working_days_end_with_the_day(start: str, days: int, due: str) -> None:
    assert WorkingCalendar().add_working_days(at(start), days) == at(due)


def test_a_local_holiday_and_a_local_workday_go_before_the_official_calendar() -> None:
    calendar = WorkingCalendar(
        holidays=frozenset({date(2026, 11, 23)}), workdays=frozenset({date(2026, 11, 22)})
    )
    assert calendar.add_working(at("2026-11-20T17:00"), 2) == at("2026-11-22T10:00")
    assert not calendar.is_workday(date(2026, 11, 23))


def test_a_year_without_an_arrangement_knows_the_fixed_holidays() -> None:
    assert not is_official_workday(date(2027, 1, 1))
    assert not is_official_workday(date(2028, 5, 1))
    assert is_official_workday(date(2027, 1, 4))


@pytest.mark.parametrize(
    "periods",
    [(), ("12:00-09:00",), ("09:00-12:00", "11:00-18:00"), ("09:00-09:00",), ("25:00-26:00",), ("x",)],
)
def test_malformed_periods_are_refused(periods: tuple[str, ...]) -> None:
    with pytest.raises(CalendarError):
        WorkingCalendar(periods)


def test_a_calendar_without_work_is_an_error_and_not_an_endless_loop() -> None:
    never = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(500))
    with pytest.raises(CalendarError):
        WorkingCalendar(holidays=never).add_working(at("2026-03-01T09:00"), 1)


def test_critical_counts_minutes_day_and_night() -> None:
    friday_night = at("2026-11-20T23:50")
    assert DEFAULT_POLICY.first_response_due("critical", friday_night) == at("2026-11-21T00:20")
    assert DEFAULT_POLICY.first_response_due("urgent", friday_night) == at("2026-11-23T11:00")
    assert DEFAULT_POLICY.first_response_due("normal", friday_night) == at("2026-11-24T10:00")


def test_configured_promises_are_kept() -> None:
    policy = SlaPolicy(first_response_hours=1, close_days={"service": 1}, periods=("08:00-16:00",))
    now = at("2026-11-24T15:30")
    assert policy.first_response_due("normal", now) == at("2026-11-25T08:30")
    assert policy.close_due(catalogue().category("join_union"), now) == at("2026-11-25T16:00")
    assert policy.close_due(catalogue().category("wage_arrears"), now) == at(
        "2026-11-25T16:00"
    )  # not configured


def test_a_deadline_is_written_as_people_say_it() -> None:
    assert before_text(at("2026-11-24T18:00"), at("2026-11-22T10:00")) == "11月24日(周二)18:00前"
    assert (
        before_text(at("2026-11-24T09:05").astimezone(UTC), at("2026-11-22T10:00")) == "11月24日(周二)09:05前"
    )
    assert before_text(at("2027-01-04T18:00"), at("2026-12-22T10:00")) == "2027年1月4日(周一)18:00前"


def test_the_share_of_a_clock_leaves_out_nights() -> None:
    start, due = at("2026-11-24T14:00"), at("2026-11-25T12:00")
    calendar = DEFAULT_POLICY.calendar
    assert moment_of_share(calendar, start, due, 5 / 7, around_the_clock=False) == at("2026-11-25T10:00")
    assert moment_of_share(calendar, start, due, 1, around_the_clock=False) == due
    assert moment_of_share(calendar, start, due, 0.5, around_the_clock=True) == at("2026-11-25T01:00")
    night = at("2026-11-24T20:00"), at("2026-11-24T23:00")
    assert moment_of_share(calendar, *night, 0.5, around_the_clock=False) == night[1]


@st.composite
def _calendars(draw: st.DrawFn) -> WorkingCalendar:
    edges = sorted(
        draw(st.sets(st.integers(0, 24 * 4), min_size=2, max_size=6).filter(lambda made: len(made) % 2 == 0))
    )
    clock = [f"{quarter // 4:02d}:{quarter % 4 * 15:02d}" for quarter in edges]
    return WorkingCalendar(tuple(f"{a}-{b}" for a, b in zip(clock[::2], clock[1::2], strict=True)))


_MOMENTS = st.integers(0, 450 * 24 * 60).map(lambda minutes: at("2025-09-20T00:00") + MINUTE * minutes)


def _simulate(calendar: WorkingCalendar, start: datetime, minutes: int) -> datetime:
    """Walk the clock minute by minute."""
    moment = start
    while minutes:
        if calendar.is_working(moment):
            minutes -= 1
        moment += MINUTE
    return moment


@settings(max_examples=150, deadline=None)
@given(_calendars(), _MOMENTS, st.integers(1, 300))
def test_adding_hours_agrees_with_the_simulation(
    calendar: WorkingCalendar, start: datetime, minutes: int
) -> None:
    assert calendar.add_working(start, minutes / 60) == _simulate(calendar, start, minutes)


@settings(max_examples=150, deadline=None)
@given(_calendars(), _MOMENTS, st.integers(0, 3000))
def test_counting_agrees_with_the_simulation(
    calendar: WorkingCalendar, start: datetime, minutes: int
) -> None:
    counted = sum(calendar.is_working(start + MINUTE * n) for n in range(minutes))
    assert calendar.working_between(start, start + MINUTE * minutes) == MINUTE * counted


@settings(max_examples=200, deadline=None)
@given(_calendars(), _MOMENTS, st.floats(0.01, 200), st.floats(0, 200))
def test_more_hours_are_never_earlier_and_add_up(
    calendar: WorkingCalendar, start: datetime, hours: float, more: float
) -> None:
    due = calendar.add_working(start, hours)
    assert due > start
    assert calendar.add_working(start, hours + more) >= due
    assert abs(calendar.working_between(start, due) - timedelta(hours=hours)) < timedelta(milliseconds=1)


@settings(max_examples=200, deadline=None)
@given(_calendars(), _MOMENTS, st.integers(1, 60))
def test_a_day_deadline_is_on_a_working_day_with_that_many_before(
    calendar: WorkingCalendar, start: datetime, days: int
) -> None:
    due = calendar.add_working_days(start, days).astimezone(SHANGHAI)
    end = calendar.periods[-1][6:]
    midnight_end = end == "24:00"
    last = (due - timedelta(days=1)).date() if midnight_end else due.date()
    assert due.time() == (time() if midnight_end else time.fromisoformat(end))
    between = (start.date() + timedelta(days=n) for n in range(1, (last - start.date()).days + 1))
    assert sum(calendar.is_workday(day) for day in between) == days
    assert calendar.is_workday(last)
