from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.work_death import NAME, Inputs, Situation, calculate
from tests.knowledge.calculators.kit import SHIPPED, TODAY, refused
from tests.knowledge.calculators.support import answer, keys, run, step

WAGE = Decimal(6000)
DAY = date(2026, 10, 1)
BASES = {"local_average_wage": Decimal(8000), "national_income": Decimal(50000)}


def test_six_months_and_twenty_times():
    found = run(Inputs(DAY, TODAY, WAGE, **BASES))
    assert step(found, "funeral")["amount"] == 48_000
    assert step(found, "compensation")["amount"] == 1_000_000
    assert found.results["one_off"] == 1_048_000


def test_unknown_bases_are_said_and_nothing_is_invented():
    found = run(Inputs(DAY, TODAY, WAGE, spouse=True))
    assert found.headline == "bases_unknown"
    assert {"funeral_unknown", "compensation_unknown"} <= set(keys(found.notes))
    assert found.results == {"one_off": 0, "monthly": 2400}


@pytest.mark.parametrize(
    ("spouse", "others", "alone", "percent"),
    [
        (True, 0, 0, 40),
        (False, 1, 0, 30),
        (False, 1, 1, 40),
        (True, 0, 1, 50),
        (True, 1, 0, 70),
        (True, 2, 0, 100),
        (True, 2, 1, 100),
        (False, 4, 4, 100),
    ],
)
def test_money_of_the_dependants_up_to_the_whole_wage(spouse, others, alone, percent):
    found = run(Inputs(DAY, TODAY, WAGE, spouse=spouse, other_dependants=others, alone=alone))
    assert found.results["monthly"] == WAGE * percent / 100


def test_the_cap_is_said():
    found = run(Inputs(DAY, TODAY, WAGE, spouse=True, other_dependants=3))
    assert "pension_capped" in keys(found.steps)


def test_disabled_workers_who_die_after_treatment_have_no_compensation():
    found = run(Inputs(DAY, TODAY, WAGE, Situation.DISABLED, **BASES))
    assert found.results["one_off"] == 48_000
    assert "no_compensation" in keys(found.notes)


@given(
    st.decimals(1, 100_000, places=2),
    st.booleans(),
    st.integers(0, 20),
    st.integers(0, 20),
    st.booleans(),
    st.sampled_from(list(Situation)),
)
def test_never_more_than_the_wage_and_always_tellable(wage, spouse, others, alone, insured, situation):
    alone = min(alone, others + spouse)
    more = {"spouse": spouse, "other_dependants": others, "alone": alone, "insured": insured}
    found = run(Inputs(DAY, TODAY, wage, situation, **more))
    assert 0 <= found.results["monthly"] <= wage


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        (Inputs(date(2026, 11, 23), TODAY, WAGE), "death_date"),
        (Inputs(DAY, TODAY, Decimal(0)), "monthly_wage"),
        (Inputs(DAY, TODAY, WAGE, other_dependants=21), "other_dependants"),
        (Inputs(DAY, TODAY, WAGE, other_dependants=-1), "other_dependants"),
        (Inputs(DAY, TODAY, WAGE, other_dependants=1, alone=2), "alone"),
        (Inputs(DAY, TODAY, WAGE, national_income=Decimal(0)), "national_income"),
    ],
)
def test_impossible_inputs(inputs, field):
    assert refused(NAME, lambda: calculate(inputs, SHIPPED))[0] == field


def test_the_text_of_a_chat():
    shown = answer(
        "work_death",
        {"death_date": "2026-10-01", "monthly_wage": "6000", "spouse": "是", "other_dependants": "1", "insured": "否", "region": "云南省"},
    )  # fmt: skip
    assert "每月约4,200元" in shown.headline
    assert "第三十九条" in shown.basis
