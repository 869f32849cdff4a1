from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.values import Calculation
from knowledge.calculators.wage_arrears_total import NAME, Inputs, MonthOwed, calculate
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


def owed(*rows: tuple[int, int, int], **more: Any) -> Calculation:
    """Rows of (month of 2026, due, paid)."""
    months = tuple(MonthOwed(date(2026, month, 1), Decimal(due), Decimal(paid)) for month, due, paid in rows)
    return calculate(Inputs(**{"today": TODAY, "months": months, "region": GUANDU} | more), SHIPPED)


def test_months_are_added_up_in_order() -> None:
    done = owed((9, 6000, 0), (7, 6000, 2000), (8, 5500, 5500))
    assert (done.results["due"], done.results["paid"], done.results["amount"]) == (17500, 7500, 10000)
    assert words(done).steps == (
        "2026年7月：应发6,000元，已发2,000元，欠4,000元。",
        "2026年8月：应发5,500元，已发5,500元，欠0元。",
        "2026年9月：应发6,000元，一分没发，欠6,000元。",
        "应发17,500元，已发7,500元，还欠10,000元。",
    )


def test_what_was_paid_too_much_in_one_month_counts_for_the_others() -> None:
    done = owed((7, 6000, 0), (8, 6000, 7000), paid=Decimal(1000))
    assert done.results["amount"] == 4000
    assert "month_over" in step_keys(done)


def test_equal_months_need_no_list() -> None:
    done = owed(monthly_wage=Decimal(6000), months_owed=Decimal("2.5"), paid=Decimal(3000))
    assert (done.results["amount"], step_keys(done)) == (12000, ["product", "total"])
    assert words(done).headline


def test_all_paid_is_settled_without_advice() -> None:
    done = owed((7, 6000, 6000))
    assert (done.headline, done.notes) == ("settled", ())


@pytest.mark.parametrize(
    ("left", "note"),
    [(None, "no_limit_yet"), (date(2025, 12, 31), "until"), (date(2025, 11, 30), "until"),
     (date(2025, 11, 29), "urgent"), (date(2025, 11, 22), "urgent"), (date(2025, 11, 21), "lapsed")],
)  # fmt: skip
def test_the_year_runs_from_leaving(left: date | None, note: str) -> None:
    done = owed(monthly_wage=Decimal(6000), months_owed=Decimal(2), left=left)
    assert note in note_keys(done)
    assert len(note_keys(done) & {"no_limit_yet", "until", "urgent", "lapsed"}) == 1
    assert words(done).text


@pytest.mark.parametrize(("amount", "final"), [(27240, True), (27241, False)])
def test_up_to_twelve_minimum_wages_the_award_is_final(amount: int, final: bool) -> None:
    assert ("final_award" in note_keys(owed((7, amount, 0)))) is final


def test_an_unknown_minimum_says_nothing_of_it() -> None:
    assert "final_award" not in note_keys(owed((7, 6000, 0), region="全国"))


def test_circumstances_bring_their_advice() -> None:
    done = owed((7, 6000, 0), (11, 6000, 0), has_iou=True, building_site=True)
    assert {"iou", "building_site", "pay_day", "extra", "payment_order", "evidence"} <= note_keys(done)
    left = {"monthly_wage": Decimal(6000), "months_owed": Decimal(1), "left": date(2026, 10, 1)}
    assert "at_once_kunming" in note_keys(owed(**left))
    assert "at_once" in note_keys(owed(**left, region="云南省"))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"months": ()}, ("monthly_wage", "nothing_given")),
        ({"months": (), "monthly_wage": Decimal(0)}, ("monthly_wage", "amount_impossible")),
        ({"months": (), "monthly_wage": Decimal(1)}, ("months_owed", "months_impossible")),
        ({"months": (MonthOwed(date(2026, 7, 1), Decimal(-1)),)}, ("months", "amount_impossible")),
        ({"months": (MonthOwed(date(2026, 12, 1), Decimal(1)),)}, ("months", "month_in_future")),
        ({"months": (MonthOwed(date(2026, 7, 1), Decimal(1)),) * 2}, ("months", "month_twice")),
        ({"months": (MonthOwed(date(2026, 7, 1), Decimal(1)),) * 241}, ("months", "too_many_rows")),
        ({"left": date(2026, 6, 30)}, ("months", "month_after_left")),
        ({"left": date(2026, 11, 23)}, ("left", "left_in_future")),
        ({"paid": Decimal(-1)}, ("paid", "amount_impossible")),
    ],
)
def test_impossible_inputs_are_refused(wrong: dict[str, Any], problem: tuple[str, str]) -> None:
    good = {"today": TODAY, "months": (MonthOwed(date(2026, 7, 1), Decimal(6000)),)}
    assert refused(NAME, lambda: calculate(Inputs(**{**good, **wrong}), NO_FIGURES)) == problem


MONEY = st.decimals(0, 100_000, places=2)


@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=11), MONEY)
def test_the_sum_is_what_is_due_less_what_was_paid(
    rows: list[tuple[Decimal, Decimal]], paid: Decimal
) -> None:
    months = tuple(MonthOwed(date(2026, number, 1), *row) for number, row in enumerate(rows, 1))
    done = calculate(Inputs(TODAY, months, paid=paid), NO_FIGURES)
    open_ = sum(due for due, _ in rows) - sum(part for _, part in rows) - paid
    assert done.results["amount"] == max(0, open_)
    assert len(done.steps) == len(rows) + 1
    assert words(done).text
