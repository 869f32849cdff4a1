from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.dates import add_months
from knowledge.calculators.double_wage import NAME, Inputs, calculate
from knowledge.calculators.values import Calculation
from tests.knowledge.calculators.kit import NO_FIGURES, TODAY, note_keys, refused, step_keys, words

MONTHS = {"month", "month_lapsed", "part_month", "part_month_lapsed"}


def unsigned(hired: date, today: date = TODAY, wage: int = 6000, **more: Any) -> Calculation:
    return calculate(Inputs(today=today, hired=hired, monthly_wage=Decimal(wage), **more), NO_FIGURES)


def months_of(done: Calculation) -> int:
    return sum(key in MONTHS for key in step_keys(done))


def test_at_most_eleven_months_and_then_a_deemed_contract() -> None:
    done = unsigned(date(2024, 1, 10), today=date(2025, 3, 1))
    assert (done.results["amount"], months_of(done)) == (66000, 11)
    assert (done.results["first"], done.results["last"]) == (date(2024, 2, 10), date(2025, 1, 9))
    assert "deemed" in note_keys(done)


@pytest.mark.parametrize(
    ("signed", "amount"), [(date(2026, 4, 1), 0), (date(2026, 4, 2), 1), (date(2026, 5, 1), 1)]
)
def test_it_begins_after_the_first_month_and_ends_before_signing(signed: date, amount: int) -> None:
    done = unsigned(date(2026, 3, 1), signed=signed)
    assert months_of(done) == amount
    assert (done.headline == "nothing") is (amount == 0)
    assert "deemed" not in note_keys(done)


def test_a_part_of_a_month_counts_by_working_days() -> None:
    estimated = unsigned(date(2026, 6, 1), signed=date(2026, 9, 10))
    told = unsigned(date(2026, 6, 1), signed=date(2026, 9, 10), last_part_days=Decimal(8))
    assert estimated.results["amount"] == Decimal("13931.03")  # two months and 7 weekdays of 6,000 / 21.75
    assert told.results["amount"] == Decimal("14206.90")
    assert ("days_estimated" in note_keys(estimated), "days_estimated" in note_keys(told)) == (True, False)


def test_a_part_is_never_more_than_the_month() -> None:
    done = unsigned(date(2026, 6, 1), signed=date(2026, 7, 31), last_part_days=Decimal(30))
    assert done.results["amount"] == 6000


def test_leaving_ends_it() -> None:
    assert unsigned(date(2026, 1, 1), left=date(2026, 3, 31)).results["amount"] == 12000
    assert unsigned(date(2026, 1, 1), left=date(2026, 1, 20)).headline == "nothing"


def test_each_month_carries_its_own_last_day() -> None:
    done = unsigned(date(2025, 3, 15))
    assert done.headline == "partly_lapsed"
    assert (done.results["lapsed"], done.results["in_time"]) == (42000, 24000)
    assert {"soon", "interrupted", "limit"} <= note_keys(done)
    assert "2026年12月14日" in words(done).text


@pytest.mark.parametrize(("today", "headline"), [(date(2027, 2, 28), "owed"), (date(2027, 3, 1), "lapsed")])
def test_a_month_lapses_the_day_after_its_year(today: date, headline: str) -> None:
    done = unsigned(date(2026, 1, 1), today=today, left=date(2026, 2, 28))
    assert done.headline == headline
    assert words(done).headline


def test_who_would_not_sign_is_told_so() -> None:
    assert "refused" in note_keys(unsigned(date(2026, 1, 1), worker_refused=True))


def test_a_contract_that_ran_out_brings_its_own_advice() -> None:
    done = unsigned(date(2026, 1, 1), expired_contract=True)
    assert "expired_contract" in note_keys(done)
    assert words(done).basis.count("最高人民法院") == 1


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"monthly_wage": Decimal(0)}, ("monthly_wage", "wage_impossible")),
        ({"hired": date(2026, 11, 23)}, ("hired", "in_future")),
        ({"hired": date(2007, 12, 31)}, ("hired", "before_the_law")),
        ({"left": date(2025, 12, 31)}, ("left", "left_before_hired")),
        ({"last_part_days": Decimal(32)}, ("last_part_days", "days_impossible")),
    ],
)
def test_impossible_inputs_are_refused(wrong: dict[str, Any], problem: tuple[str, str]) -> None:
    good = {"today": TODAY, "hired": date(2026, 1, 1), "monthly_wage": Decimal(6000)}
    assert refused(NAME, lambda: calculate(Inputs(**{**good, **wrong}), NO_FIGURES)) == problem


@given(st.dates(date(2008, 1, 1), TODAY), st.integers(0, 800), st.integers(0, 400))
def test_signing_later_never_pays_less_and_never_more_than_eleven_months(
    hired: date, days: int, more: int
) -> None:
    def run(after: int) -> Calculation:
        return unsigned(hired, today=TODAY + timedelta(days=2000), signed=hired + timedelta(days=after))

    early, late = run(days), run(days + more)
    assert early.results["amount"] <= late.results["amount"] <= 11 * 6000
    assert words(late).text


@given(st.dates(date(2008, 1, 1), TODAY), st.integers(0, 400))
def test_months_adjoin_without_gap_or_overlap(hired: date, days: int) -> None:
    done = unsigned(hired, today=hired + timedelta(days=days))
    spans = [step.values for step in done.steps if step.key in MONTHS]
    if not spans:
        assert hired + timedelta(days=days) < add_months(hired, 1)
        return
    assert spans[0]["first"] == add_months(hired, 1)
    for before, after in pairwise(spans):
        assert after["first"] == before["last"] + timedelta(days=1)
