from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.dates import add_months
from knowledge.calculators.economic_compensation import ENTITLED, NAME, Inputs, Reason, calculate
from knowledge.calculators.values import Calculation
from tests.knowledge.calculators.kit import (
    GUANDU,
    NO_FIGURES,
    SHIPPED,
    TODAY,
    note_keys,
    refused,
    step_keys,
    words,
)

START = date(2012, 3, 1)


def ending(months: int = 0, days: int = 0, wage: int | str = 5000, **more: Any) -> Calculation:
    """A job of so many months and days from START on."""
    ended = add_months(START, months) + timedelta(days=days - 1)
    values = {"reason": Reason.LAYOFF, "started": START, "ended": ended, "region": GUANDU} | more
    return calculate(Inputs(today=max(TODAY, ended), monthly_wage=Decimal(wage), **values), SHIPPED)


@pytest.mark.parametrize(
    ("months", "wage", "average", "amount"),
    [(41, 5000, None, 17500), (38, 5000, None, 17500), (36, 5000, None, 15000), (170, 50000, 9000, 324000)],
)
def test_known_cases(months: int, wage: int, average: int | None, amount: int) -> None:
    done = ending(months, wage=wage, local_average_wage=average and Decimal(average))
    assert done.results["amount"] == amount
    assert f"{amount:,}元" in words(done).headline


@pytest.mark.parametrize(
    ("months", "days", "years"),
    [(0, 1, "0.5"), (5, 27, "0.5"), (6, -1, "0.5"), (6, 0, "1"), (11, 27, "1"), (12, 0, "1"), (12, 1, "1.5"),
     (18, -1, "1.5"), (18, 0, "2"), (24, 0, "2")],
)  # fmt: skip
def test_six_months_and_whole_years_are_the_borders(months: int, days: int, years: str) -> None:
    assert ending(months, days).results["years"] == Decimal(years)


@pytest.mark.parametrize(
    ("years", "counted"),
    [("3.42", "3.5"), ("3.17", "3.5"), ("3", "3"), ("3.08", "3.5"), ("0.5", "1"), ("0.49", "0.5"), ("2.92", "3"),
     ("0.02", "0.5")],
)  # fmt: skip
def test_years_told_as_a_number_count_like_dates(years: str, counted: str) -> None:
    done = ending(12, started=None, service_years=Decimal(years), ended=None)
    assert done.results["years"] == Decimal(counted)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_result_in_words_and_a_basis(reason: Reason) -> None:
    done = ending(24, reason=reason)
    assert words(done).basis
    assert (done.results["amount"] > 0) is (reason in ENTITLED)
    assert (done.headline == "nothing") is (reason not in ENTITLED)


def test_an_illegal_dismissal_pays_twice_from_the_first_day_of_work() -> None:
    values: dict[str, Any] = {"started": date(2004, 1, 1), "ended": date(2009, 12, 31), "months": 0}
    double = ending(reason=Reason.ILLEGAL, **values)
    single = ending(reason=Reason.EMPLOYER_PROPOSED, **values)
    assert (double.headline, double.results["amount"]) == ("damages", 2 * 6 * 5000)
    assert (single.results["amount"], "before_2008" in note_keys(single)) == (2 * 5000, True)
    assert "before_2008" not in note_keys(double)


def test_without_notice_a_dismissal_without_fault_pays_one_month_more() -> None:
    reason = Reason.NO_FAULT_DISMISSAL
    told = ending(24, reason=reason, noticed=True)
    untold = ending(24, reason=reason, noticed=False, last_month_wage=Decimal(6200))
    guessed = ending(24, reason=reason, noticed=False)
    assert [one.results["amount"] for one in (told, untold, guessed)] == [10000, 16200, 15000]
    assert untold.headline == "compensation_and_notice"
    assert "last_month_wage" in note_keys(guessed)
    assert "notice" in note_keys(ending(24, reason=reason))


def test_notice_pay_belongs_to_no_other_reason() -> None:
    assert ending(24, reason=Reason.LAYOFF, noticed=False).results["amount"] == 10000


def test_the_cap_begins_above_three_averages_and_limits_twelve_years() -> None:
    average = Decimal(9000)
    at = ending(170, wage=27000, local_average_wage=average)
    above = ending(170, wage="27000.01", local_average_wage=average)
    assert (at.results["years"], at.results["amount"]) == (Decimal("14.5"), 391500)
    assert (above.results["years"], above.results["amount"]) == (12, 324000)
    assert "cap" in step_keys(above)
    assert "cap" not in step_keys(at)


def test_an_unknown_average_is_said_only_where_it_could_matter() -> None:
    assert "average_unknown" not in note_keys(ending(24, wage=6810, ended=date(2026, 11, 1)))
    assert "average_unknown" in note_keys(ending(24, wage=6811, ended=date(2026, 11, 1)))


def test_not_less_than_the_minimum_wage() -> None:
    done = ending(started=date(2025, 11, 1), ended=date(2026, 10, 31), wage=1500)
    assert (done.results["amount"], "minimum" in step_keys(done)) == (2270, True)
    unknown = calculate(
        Inputs(today=TODAY, reason=Reason.LAYOFF, monthly_wage=Decimal(1500), started=START), NO_FIGURES
    )
    assert {"minimum_unknown", "average_unknown"} <= note_keys(unknown)


@pytest.mark.parametrize(
    ("ended", "note"),
    [(date(2025, 11, 22), "until"), (date(2025, 11, 21), "expired"), (TODAY, "until"), (None, "one_year")],
)
def test_the_year_for_arbitration_runs_from_the_end(ended: date | None, note: str) -> None:
    assert note in note_keys(ending(ended=ended))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"monthly_wage": Decimal(0)}, ("monthly_wage", "wage_impossible")),
        ({"monthly_wage": Decimal("1e9")}, ("monthly_wage", "wage_impossible")),
        ({"last_month_wage": Decimal(-1)}, ("last_month_wage", "wage_impossible")),
        ({"local_average_wage": Decimal(0)}, ("local_average_wage", "wage_impossible")),
        ({"started": None}, ("started", "service_missing")),
        ({"started": None, "service_years": Decimal(0)}, ("service_years", "too_long")),
        ({"started": None, "service_years": Decimal(61)}, ("service_years", "too_long")),
        ({"started": date(2026, 12, 1)}, ("started", "ended_before_start")),
        ({"started": date(1960, 1, 1)}, ("started", "too_long")),
        ({"started": date(2001, 1, 1), "ended": date(2007, 12, 31)}, ("ended", "before_the_law")),
        ({"started": date.min, "ended": date.min}, ("ended", "before_the_law")),
        ({"ended": date.max}, ("ended", "ended_too_late")),
    ],
)
def test_impossible_inputs_are_refused(wrong: dict[str, Any], problem: tuple[str, str]) -> None:
    good = {"today": TODAY, "reason": Reason.LAYOFF, "monthly_wage": Decimal(5000), "started": START}
    assert refused(NAME, lambda: calculate(Inputs(**{**good, **wrong}), SHIPPED)) == problem


WAGES = st.decimals(1, 100_000, places=2)
DAYS = st.integers(0, 30 * 365)


@given(WAGES, DAYS, st.integers(0, 400), st.sampled_from(sorted(ENTITLED)))
def test_more_time_never_pays_less(wage: Decimal, days: int, more: int, reason: Reason) -> None:
    def amount(extra: int) -> Any:
        ended = START + timedelta(days=days + extra)
        inputs = Inputs(max(TODAY, ended), reason, wage, started=START, ended=ended)
        return calculate(inputs, NO_FIGURES).results["amount"]

    assert amount(0) <= amount(more)


@given(WAGES, WAGES, DAYS, st.decimals(1000, 20_000, places=2))
def test_amounts_stay_within_the_cap(wage: Decimal, other: Decimal, days: int, average: Decimal) -> None:
    def run(wage: Decimal) -> Calculation:
        ended = START + timedelta(days=days)
        inputs = Inputs(
            max(TODAY, ended), Reason.ILLEGAL, wage, START, ended=ended, local_average_wage=average
        )
        return calculate(inputs, NO_FIGURES)

    low, high = run(min(wage, other)), run(max(wage, other))
    assert words(high).text
    if "cap" not in step_keys(high):
        assert low.results["amount"] <= high.results["amount"]
    else:
        assert high.results["years"] <= 12
        assert high.results["wage"] == average * 3


@given(st.dates(date(2008, 1, 1), date(2026, 1, 1)), st.integers(1, 4000), WAGES)
def test_twice_n_is_twice_n(started: date, days: int, wage: Decimal) -> None:
    ended = started + timedelta(days=days)
    amounts = [
        calculate(Inputs(max(TODAY, ended), reason, wage, started, ended=ended), NO_FIGURES).results["amount"]
        for reason in (Reason.LAYOFF, Reason.ILLEGAL)
    ]
    assert amounts[1] - 2 * amounts[0] in {Decimal("-0.01"), Decimal(0), Decimal("0.01")}
