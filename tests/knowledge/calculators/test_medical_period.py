from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.medical_period import NAME, Inputs, calculate
from tests.knowledge.calculators.kit import GUANDU as KUNMING
from tests.knowledge.calculators.kit import SHIPPED, TODAY, refused
from tests.knowledge.calculators.support import answer, keys, run


def sick(total: str | Decimal, here: str | Decimal, day: date | None = None, region: str = "全国") -> Inputs:
    return Inputs(TODAY, Decimal(total), Decimal(here), day, region)


@pytest.mark.parametrize(
    ("total", "here", "months", "span"),
    [
        ("0", "0", 3, 6),
        ("9.99", "4.99", 3, 6),
        ("9.99", "5", 6, 12),
        ("9.99", "9.99", 6, 12),
        ("10", "4.99", 6, 12),
        ("10", "5", 9, 15),
        ("12", "9.99", 9, 15),
        ("10", "10", 12, 18),
        ("30", "14.99", 12, 18),
        ("30", "15", 18, 24),
        ("30", "19.99", 18, 24),
        ("30", "20", 24, 30),
        ("40", "40", 24, 30),
    ],
)
def test_the_table_on_both_sides_of_each_boundary(total, here, months, span):
    found = run(sick(total, here))
    assert found.results == {"months": months, "span": span}


def test_until_which_day():
    found = run(sick("12", "6", date(2026, 8, 31)))
    assert found.results["last"] == date(2027, 5, 30)
    assert found.results["span_last"] == date(2027, 11, 29)


def test_the_floor_of_sick_pay_is_told_with_the_caution_that_it_needs():
    found = run(sick("3", "3", region=KUNMING))
    floor = next(note.values for note in found.notes if note.key == "sick_pay_floor")
    assert floor["floor"] == Decimal("1816.00")
    assert "sick_pay" in keys(run(sick("3", "3")).notes)


@given(st.decimals(0, 59, places=1), st.decimals(0, 59, places=1))
def test_longer_service_never_shortens_the_period(one, other):
    here, total = sorted((one, other))
    months = run(sick(total, here)).results["months"]
    assert months <= run(sick(total + 1, here)).results["months"]
    assert months <= run(sick(total + 1, here + 1)).results["months"]
    assert 3 <= months <= 24


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        (sick("3", "4"), "total_years"),
        (sick("61", "4"), "total_years"),
        (sick("5", "-1"), "years_here"),
        (sick("5", "4", date(2010, 1, 1)), "first_sick_day"),
    ],
)
def test_impossible_inputs(inputs, field):
    assert refused(NAME, lambda: calculate(inputs, SHIPPED))[0] == field


def test_the_text_of_a_chat():
    shown = answer("medical_period", {"total_years": "12", "years_here": "6"})
    assert shown.headline == "您的医疗期是9个月。"
    assert "劳部发〔1994〕479号" in shown.text
    assert "《劳动合同法》第四十二条" in shown.basis
