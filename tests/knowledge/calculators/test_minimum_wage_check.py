from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.minimum_wage_check import NAME, Inputs, PaidBy, calculate
from knowledge.calculators.values import Calculation
from tests.knowledge.calculators.kit import (
    DALI,
    GUANDU,
    NO_FIGURES,
    SHIPPED,
    TODAY,
    note_keys,
    refused,
    step_keys,
    words,
)


def check(pay: int | str, **more: Any) -> Calculation:
    whole = {name: Decimal(value) for name, value in more.items() if type(value) is int and name != "months"}
    unit = "hourly_pay" if more.get("paid_by") is PaidBy.HOUR else "monthly_pay"
    values = {"today": TODAY, "region": GUANDU, **more, **whole, unit: Decimal(pay)}
    return calculate(Inputs(**values), SHIPPED)


@pytest.mark.parametrize(
    ("pay", "headline", "amount"), [("2270", "enough", 0), ("2269.99", "below", "0.01"), ("0", "below", 2270)]
)
def test_the_minimum_itself_is_enough(pay: str, headline: str, amount: Any) -> None:
    done = check(pay)
    assert (done.headline, done.results["amount"]) == (headline, Decimal(amount))
    assert words(done).basis


def test_overtime_allowances_and_benefits_do_not_count() -> None:
    done = check(2670, overtime_pay=200, special_allowances=100, benefits=200)
    assert (done.results["counted"], done.results["amount"]) == (2170, 100)


@pytest.mark.parametrize(("month", "amount"), [(date(2026, 8, 1), 70), (date(2026, 9, 1), 170)])
def test_each_month_has_the_standard_of_its_time(month: date, amount: int) -> None:
    assert check(2100, month=month).results["amount"] == amount


def test_months_across_a_change_are_added_up() -> None:
    done = check(2000, month=date(2026, 7, 1), months=4)
    assert done.results["amount"] == 2 * 170 + 2 * 270
    assert step_keys(done) == ["counted", "standard", "short", "standard", "short"]
    assert check(2000, months=3).results["amount"] == 3 * 270


def test_months_without_a_known_standard_are_left_out_and_said() -> None:
    done = check(2000, month=date(2025, 9, 1), months=2)
    assert (done.results["amount"], "standard_missing" in note_keys(done)) == (170, True)


@pytest.mark.parametrize(
    ("pay", "headline", "amount"),
    [(1969, "at_least", 1), (1970, "unclear", 0), (2269, "unclear", 0), (2270, "enough", 0)],
)
def test_where_the_class_is_not_known_the_range_of_the_province_decides(
    pay: int, headline: str, amount: int
) -> None:
    done = check(pay, region=DALI)
    assert (done.headline, done.results["amount"], "which_district" in note_keys(done)) == (
        headline,
        amount,
        True,
    )
    assert words(done).headline


def test_elsewhere_nothing_is_claimed() -> None:
    done = check(100, region="四川省成都市")
    assert (done.headline, done.results["amount"]) == ("unknown", 0)
    assert words(done).headline


def test_part_time_is_measured_by_the_hour() -> None:
    done = check(18, paid_by=PaidBy.HOUR, hours=100)
    assert (done.headline, done.results["amount"]) == ("below", 400)
    assert check(18, paid_by=PaidBy.HOUR).headline == "hour_below"
    assert check(22, paid_by=PaidBy.HOUR, hours=100).headline == "enough"
    assert words(check(18, paid_by=PaidBy.HOUR, region=DALI, hours=10)).text


def test_who_did_not_work_normally_is_told_so() -> None:
    assert "not_normal_work" in note_keys(check(1000, normal_work=False))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"monthly_pay": Decimal(-1)}, ("monthly_pay", "amount_impossible")),
        ({"monthly_pay": None}, ("monthly_pay", "amount_impossible")),
        ({"paid_by": PaidBy.HOUR}, ("hourly_pay", "amount_impossible")),
        ({"benefits": Decimal("1e9")}, ("benefits", "amount_impossible")),
        ({"overtime_pay": Decimal(2001)}, ("monthly_pay", "parts_too_large")),
        ({"months": 0}, ("months", "months_impossible")),
        ({"hours": Decimal(745)}, ("hours", "hours_impossible")),
        ({"month": date(2026, 12, 1)}, ("month", "month_in_future")),
    ],
)
def test_impossible_inputs_are_refused(wrong: dict[str, Any], problem: tuple[str, str]) -> None:
    good = {"today": TODAY, "monthly_pay": Decimal(2000), "region": GUANDU}
    assert refused(NAME, lambda: calculate(Inputs(**{**good, **wrong}), NO_FIGURES)) == problem


@given(
    st.decimals(0, 5000, places=2),
    st.decimals(0, 5000, places=2),
    st.integers(1, 30),
    st.sampled_from([GUANDU, DALI, "云南省保山市腾冲市", "全国"]),
    st.sampled_from(PaidBy),
)
def test_more_pay_never_leaves_more_missing(
    pay: Decimal, more: Decimal, months: int, region: str, paid_by: PaidBy
) -> None:
    def run(pay: Decimal) -> Calculation:
        return calculate(Inputs(TODAY, paid_by, pay, pay, months=months, region=region), SHIPPED)

    less, greater = run(pay), run(pay + more)
    assert words(less).text
    assert 0 <= greater.results["amount"] <= less.results["amount"]
