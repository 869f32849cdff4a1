from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.dates import add_months
from knowledge.calculators.retirement import NAME, RULES, Inputs, Kind, calculate, retirement, years_needed
from tests.knowledge.calculators.kit import SHIPPED, TODAY, refused
from tests.knowledge.calculators.support import answer, keys, run

MAN, WOMAN_55, WOMAN_50 = Kind.MAN, Kind.WOMAN_55, Kind.WOMAN_50
births = st.dates(date(1930, 1, 1), date(2012, 1, 1))
kinds = st.sampled_from(list(Kind))


def months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


@pytest.mark.parametrize(
    ("kind", "birth", "age", "month"),
    [
        (MAN, (1965, 1), (60, 1), (2025, 2)),
        (MAN, (1968, 5), (60, 11), (2029, 4)),
        (MAN, (1970, 8), (61, 5), (2032, 1)),
        (MAN, (1976, 9), (63, 0), (2039, 9)),
        (WOMAN_55, (1975, 6), (56, 5), (2031, 11)),
        (WOMAN_55, (1981, 9), (58, 0), (2039, 9)),
        (WOMAN_50, (1978, 10), (51, 11), (2030, 9)),
        (WOMAN_50, (1984, 11), (55, 0), (2039, 11)),
        # both sides of the beginning and of the caps
        (MAN, (1964, 12), (60, 0), (2024, 12)),
        (MAN, (1965, 4), (60, 1), (2025, 5)),
        (MAN, (1965, 5), (60, 2), (2025, 7)),
        (MAN, (1976, 8), (62, 11), (2039, 7)),
        (WOMAN_55, (1969, 12), (55, 0), (2024, 12)),
        (WOMAN_55, (1970, 1), (55, 1), (2025, 2)),
        (WOMAN_50, (1974, 12), (50, 0), (2024, 12)),
        (WOMAN_50, (1975, 2), (50, 1), (2025, 3)),
        (WOMAN_50, (1975, 3), (50, 2), (2025, 5)),
        (WOMAN_50, (1984, 10), (54, 11), (2039, 9)),
    ],
)
def test_age_and_month(kind, birth, age, month):
    found = retirement(date(*birth, 17), kind)
    assert divmod(found.age, 12) == age
    assert (found.month.year, found.month.month) == month


def test_choice_within_three_years_but_not_before_the_former_age():
    late = retirement(date(1976, 9, 1), MAN)
    assert (late.earliest, late.latest) == (date(2036, 9, 1), date(2042, 9, 1))
    middle = retirement(date(1968, 5, 1), MAN)
    assert (middle.earliest, middle.latest) == (date(2028, 5, 1), date(2032, 4, 1))
    capped = retirement(date(1984, 11, 1), WOMAN_50)
    assert (capped.earliest, capped.latest) == (date(2036, 11, 1), date(2042, 11, 1))


@pytest.mark.parametrize(
    ("year", "years"),
    [(2025, "15"), (2029, "15"), (2030, "15.5"), (2031, "16"), (2038, "19.5"), (2039, "20"), (2050, "20")],
)
def test_years_needed(year, years):
    assert years_needed(year) == Decimal(years)


@given(births, kinds)
def test_within_the_caps(birth, kind):
    found, rule = retirement(birth, kind), RULES[kind]
    assert 0 <= found.delay <= rule.cap
    assert found.age == rule.base * 12 + found.delay
    assert add_months(birth.replace(day=1), rule.base * 12) <= found.earliest <= found.month
    assert months_between(found.earliest, found.month) <= 36
    assert months_between(found.month, found.latest) == 36


@given(births, kinds)
def test_who_is_born_later_never_retires_earlier_or_younger(birth, kind):
    found, next_month = retirement(birth, kind), retirement(add_months(birth.replace(day=1), 1), kind)
    assert found.month < next_month.month
    assert found.age <= next_month.age <= found.age + 1


@given(births)
def test_the_day_of_birth_does_not_matter(birth):
    assert retirement(birth, MAN) == retirement(birth.replace(day=1), MAN)


@given(births, kinds, st.none() | st.decimals(0, 70, places=1))
def test_every_result_can_be_told(birth, kind, paid):
    run(Inputs(birth, kind, TODAY, paid))


@pytest.mark.parametrize(
    ("paid", "note"), [(None, "check_years"), ("15", "enough"), ("14", "enough_later"), ("3", "not_enough")]
)
def test_years_paid(paid, note):
    found = run(Inputs(date(1968, 5, 1), MAN, TODAY, Decimal(paid) if paid else None))
    assert note in keys(found.notes)


def test_past_the_age_protection_at_work_is_told():
    found = run(Inputs(date(1964, 5, 1), MAN, TODAY))
    assert found.headline == "past"
    assert "working_on" in keys(found.notes)
    assert keys(found.steps)[0] == "unchanged"


def test_the_text_of_the_known_example():
    shown = answer("retirement", {"kind": "男职工", "birth": "1968-05"})
    assert shown.headline == "您2029年4月退休，那时60岁11个月。"
    assert "最早2028年5月" in shown.text
    assert "第一条" in shown.basis


@pytest.mark.parametrize("birth", [date(1924, 12, 1), date(2013, 1, 1), date(2027, 1, 1)])
def test_impossible_births(birth):
    assert refused(NAME, lambda: calculate(Inputs(birth, MAN, TODAY), SHIPPED))[0] == "birth"


def test_too_many_paid_years():
    assert (
        refused(NAME, lambda: calculate(Inputs(date(1970, 1, 1), MAN, TODAY, Decimal(71)), SHIPPED))[0]
        == "paid_years"
    )
