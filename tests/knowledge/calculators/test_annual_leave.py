from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.annual_leave import NAME, Inputs, Situation, calculate
from knowledge.calculators.values import Calculation
from tests.knowledge.calculators.kit import NO_FIGURES, note_keys, refused, step_keys, words


def leave(years: str = "5", **more: Any) -> Calculation:
    values = {"twelve_months": True} | more
    return calculate(Inputs(total_years=Decimal(years), **values), NO_FIGURES)


def test_known_case() -> None:
    done = leave(taken=Decimal(2), monthly_wage=Decimal(5220))
    assert (done.results["unused"], done.results["amount"]) == (3, 1440)
    assert "1,440元" in words(done).headline


@pytest.mark.parametrize(
    ("years", "days"), [("0.99", 0), ("1", 5), ("9.99", 5), ("10", 10), ("19.99", 10), ("20", 15), ("45", 15)]
)
def test_days_by_years_of_work_in_all(years: str, days: int) -> None:
    assert leave(years).results["days"] == days


def test_twelve_months_without_a_break_come_first() -> None:
    done = leave("8", twelve_months=False)
    assert (done.headline, step_keys(done)) == ("none", ["not_yet"])
    assert words(done).basis


@pytest.mark.parametrize(
    ("joined", "days"),
    [(date(2026, 1, 1), 5), (date(2026, 1, 2), 4), (date(2026, 4, 1), 3), (date(2026, 10, 20), 1),
     (date(2026, 10, 21), 0), (date(2028, 1, 1), 5), (date(2026, 12, 31), 0)],
)  # fmt: skip
def test_who_joins_gets_whole_days_for_the_rest_of_the_year(joined: date, days: int) -> None:
    done = leave(situation=Situation.JOINED, joined=joined)
    assert done.results["days"] == days
    assert words(done).headline


@pytest.mark.parametrize(
    ("left", "taken", "days", "unused"),
    [(date(2026, 3, 13), 0, 0, 0), (date(2026, 3, 14), 0, 1, 1), (date(2026, 9, 30), 1, 3, 2),
     (date(2026, 9, 30), 5, 3, 0), (date(2026, 12, 31), 0, 5, 5)],
)  # fmt: skip
def test_who_leaves_is_paid_for_the_part_that_passed(left: date, taken: int, days: int, unused: int) -> None:
    done = leave(situation=Situation.LEFT, left=left, taken=Decimal(taken))
    assert (done.results["days"], done.results["unused"]) == (days, unused)
    assert ("not_taken_back" in note_keys(done)) is (taken > days)


def test_who_joins_and_leaves_in_one_year_counts_from_joining() -> None:
    done = leave("12", situation=Situation.LEFT, joined=date(2026, 7, 1), left=date(2026, 12, 31))
    assert done.results["days"] == 5
    longer = leave("12", situation=Situation.LEFT, joined=date(2020, 7, 1), left=date(2026, 12, 31))
    assert longer.results["days"] == 10


def test_leave_refused_in_writing_adds_nothing() -> None:
    done = leave(monthly_wage=Decimal(5220), refused_in_writing=True)
    assert (done.headline, done.results["amount"]) == ("refused", 0)
    assert words(done).headline


@pytest.mark.parametrize(
    ("years", "out", "excluded"),
    [
        ("5", {"sick_months": Decimal("1.9")}, None),
        ("5", {"sick_months": Decimal(2)}, "sick_leave"),
        ("10", {"sick_months": Decimal("2.9")}, None),
        ("10", {"sick_months": Decimal(3)}, "sick_leave"),
        ("20", {"sick_months": Decimal("3.9")}, None),
        ("20", {"sick_months": Decimal(4)}, "sick_leave"),
        ("5", {"paid_personal_days": 19}, None),
        ("5", {"paid_personal_days": 20}, "personal_leave"),
        ("5", {"long_school_holidays": True}, "school_holidays"),
    ],
)
def test_what_ends_the_leave_of_the_year(years: str, out: dict[str, Any], excluded: str | None) -> None:
    done = leave(years, **out)
    assert (step_keys(done) == [excluded]) is (excluded is not None)
    assert (done.headline == "none") is (excluded is not None)
    assert words(done).text


def test_leave_taken_before_it_ended_costs_next_years() -> None:
    assert "next_year" in note_keys(leave(sick_months=Decimal(2), taken=Decimal(5)))
    assert "next_year" not in note_keys(leave(sick_months=Decimal(2)))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"total_years": Decimal(61)}, ("total_years", "years_impossible")),
        ({"taken": Decimal(-1)}, ("taken", "days_impossible")),
        ({"paid_personal_days": 367}, ("paid_personal_days", "days_impossible")),
        ({"sick_months": Decimal(13)}, ("sick_months", "months_impossible")),
        ({"monthly_wage": Decimal(0)}, ("monthly_wage", "wage_impossible")),
        ({"situation": Situation.JOINED}, ("joined", "joined_missing")),
        ({"situation": Situation.LEFT}, ("left", "left_missing")),
        (
            {"situation": Situation.LEFT, "joined": date(2026, 3, 2), "left": date(2026, 3, 1)},
            ("left", "left_before_joined"),
        ),
    ],
)
def test_impossible_inputs_are_refused(wrong: dict[str, Any], problem: tuple[str, str]) -> None:
    good = {"total_years": Decimal(5), "twelve_months": True}
    assert refused(NAME, lambda: calculate(Inputs(**{**good, **wrong}), NO_FIGURES)) == problem


YEARS = st.decimals(0, 60, places=2)


@given(YEARS, st.dates(date(2020, 1, 1), date(2030, 12, 30)), st.integers(0, 15))
def test_leaving_a_day_later_never_costs_leave(years: Decimal, left: date, taken: int) -> None:
    def unused(day: date) -> Any:
        done = calculate(Inputs(years, True, Situation.LEFT, left=day, taken=Decimal(taken)), NO_FIGURES)
        assert words(done).text
        return done.results["unused"]

    later = left + timedelta(days=1)
    assert 0 <= unused(left) <= 15
    if later.year == left.year:
        assert unused(left) <= unused(later)


@given(YEARS, st.dates(date(2020, 1, 1), date(2030, 12, 31)))
def test_two_parts_of_a_year_never_give_more_than_the_year(years: Decimal, joined: date) -> None:
    whole = calculate(Inputs(years, True), NO_FIGURES).results["days"]
    part = calculate(Inputs(years, True, Situation.JOINED, joined=joined), NO_FIGURES).results["days"]
    assert 0 <= part <= whole
    if joined > date(joined.year, 1, 1):
        before = Inputs(years, True, Situation.LEFT, left=joined - timedelta(days=1))
        assert part + calculate(before, NO_FIGURES).results["days"] <= whole
