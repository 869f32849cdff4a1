from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.overtime_pay import NAME, Inputs, PaidBy, System, calculate
from knowledge.calculators.values import Calculation
from tests.knowledge.calculators.kit import NO_FIGURES, note_keys, refused, step_keys, words


def overtime(wage: int | str = 5220, **more: Any) -> Calculation:
    whole = {name: Decimal(value) for name, value in more.items() if type(value) is int and name != "months"}
    unit = "monthly_wage" if more.get("paid_by", PaidBy.MONTH) is PaidBy.MONTH else "unit_wage"
    return calculate(Inputs(**{**more, **whole, unit: Decimal(wage)}), NO_FIGURES)


@pytest.mark.parametrize(
    ("done", "amount"),
    [({"weekday_hours": 10}, 450), ({"rest_day_hours": 8}, 480), ({"holiday_hours": 8}, 720)],
)
def test_known_cases(done: dict[str, int], amount: int) -> None:
    assert overtime(**done).results["amount"] == amount


def test_the_way_shows_day_and_hour() -> None:
    shown = words(overtime(weekday_hours=10, rest_day_hours=8, holiday_hours=8))
    assert shown.steps[0] == "月工资5,220元 ÷ 21.75天 = 每天240元；再÷8小时 = 每小时30元。"
    assert shown.headline == "按您说的情况，加班费应是1,650元。"


@pytest.mark.parametrize(("paid_by", "wage"), [(PaidBy.MONTH, 5220), (PaidBy.DAY, 240), (PaidBy.HOUR, 30)])
def test_month_day_and_hour_give_the_same(paid_by: PaidBy, wage: int) -> None:
    assert overtime(wage, paid_by=paid_by, weekday_hours=10).results["due"] == 450


def test_piece_work_multiplies_the_price_of_a_piece() -> None:
    done = overtime(
        "2.5",
        paid_by=PaidBy.PIECE,
        weekday_pieces=100,
        rest_day_pieces=10,
        holiday_pieces=10,
        weekday_hours=99,
    )
    assert done.results["due"] == 375 + 50 + 75
    assert step_keys(done) == ["rate_piece", "weekday_pieces", "rest_day_pieces", "holiday_pieces", "total"]


def test_comprehensive_hours_pay_one_and_a_half_and_three() -> None:
    done = overtime(system=System.COMPREHENSIVE, weekday_hours=10, rest_day_hours=8, holiday_hours=8)
    assert done.results["due"] == 450 + 360 + 720
    assert "needs_approval" in note_keys(done)
    assert words(overtime("2", paid_by=PaidBy.PIECE, system=System.COMPREHENSIVE, weekday_pieces=5)).text


def test_flexible_hours_pay_none_and_leave_holidays_to_local_rules() -> None:
    done = overtime(system=System.FLEXIBLE, weekday_hours=10, holiday_hours=8)
    assert (done.headline, done.results["amount"]) == ("flexible", 0)
    assert note_keys(done) == {"needs_approval", "flexible_holiday"}
    assert words(done).basis


@pytest.mark.parametrize(
    ("paid", "headline", "amount"), [(400, "open", 50), (450, "paid", 0), (500, "paid", 0)]
)
def test_what_was_paid_is_taken_off_and_never_claimed_back(paid: int, headline: str, amount: int) -> None:
    done = overtime(weekday_hours=10, paid=paid)
    assert (done.headline, done.results["amount"]) == (headline, amount)
    assert words(done).headline


@pytest.mark.parametrize(
    ("hours", "months", "warned"), [(36, 1, False), (37, 1, True), (72, 2, False), (73, 2, True)]
)
def test_more_than_thirty_six_hours_a_month_is_said(hours: int, months: int, warned: bool) -> None:
    assert ("too_many_hours" in note_keys(overtime(weekday_hours=hours, months=months))) is warned


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"monthly_wage": None}, ("monthly_wage", "wage_impossible")),
        ({"paid": Decimal(-1)}, ("paid", "paid_impossible")),
        ({"months": 0}, ("months", "months_impossible")),
        ({"weekday_hours": Decimal(-1)}, ("weekday_hours", "amount_negative")),
        ({"weekday_hours": Decimal(0)}, ("weekday_hours", "nothing_done")),
        ({"weekday_hours": Decimal(745)}, ("weekday_hours", "too_much")),
        ({"paid_by": PaidBy.DAY}, ("unit_wage", "wage_impossible")),
        ({"paid_by": PaidBy.PIECE, "unit_wage": Decimal(1)}, ("weekday_pieces", "nothing_done")),
    ],
)
def test_impossible_inputs_are_refused(wrong: dict[str, Any], problem: tuple[str, str]) -> None:
    good = {"monthly_wage": Decimal(5220), "weekday_hours": Decimal(1)}
    assert refused(NAME, lambda: calculate(Inputs(**{**good, **wrong}), NO_FIGURES)) == problem


HOURS = st.decimals(0, 200, places=1)


@given(st.decimals(1, 100_000, places=2), HOURS, HOURS, HOURS, st.decimals(0, 40, places=1))
def test_an_hour_more_never_pays_less_and_a_holiday_pays_most(
    wage: Decimal, weekday: Decimal, rest_day: Decimal, holiday: Decimal, more: Decimal
) -> None:
    def due(**hours: Decimal) -> Any:
        return calculate(Inputs(monthly_wage=wage, **hours), NO_FIGURES).results["due"]

    base = {"weekday_hours": weekday + 1, "rest_day_hours": rest_day, "holiday_hours": holiday}
    grown = [due(**{**base, name: base[name] + more}) for name in base]
    assert due(**base) <= grown[0] <= grown[1] <= grown[2]
    assert words(calculate(Inputs(monthly_wage=wage, **base), NO_FIGURES)).text
