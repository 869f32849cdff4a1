from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.figures import Figure, Figures
from knowledge.calculators.unemployment_months import NAME, Inputs, Reason, calculate
from tests.knowledge.calculators.kit import GUANDU as KUNMING
from tests.knowledge.calculators.kit import SHIPPED, TODAY, refused
from tests.knowledge.calculators.support import answer, keys, run

LOST = Inputs(TODAY, Decimal(3), region=KUNMING)


@pytest.mark.parametrize(
    ("years", "months"),
    [
        ("1", 2), ("1.99", 2), ("2", 4), ("3", 7), ("4", 10), ("4.99", 10), ("5", 13), ("6", 15), ("7", 16),
        ("8.5", 17), ("10", 19), ("14", 23), ("14.99", 23), ("15", 24), ("16", 24), ("40", 24),
    ],
)  # fmt: skip
def test_months_in_yunnan(years, months):
    found = run(replace(LOST, paid_years=Decimal(years)))
    assert found.headline == "months"
    assert found.results["months"] == months
    assert ("云南省失业保险条例", 20) in {(a.law, a.number) for a in found.articles}


@pytest.mark.parametrize(
    ("years", "months"), [("1", 12), ("4.99", 12), ("5", 18), ("9.99", 18), ("10", 24), ("30", 24)]
)
def test_elsewhere_only_the_national_limit_is_known(years, months):
    found = run(replace(LOST, paid_years=Decimal(years), region="四川省成都市"))
    assert (found.headline, found.results["months"]) == ("most", months)
    assert "云南省失业保险条例" not in {article.law for article in found.articles}


def test_less_than_a_year_is_not_enough():
    found = run(replace(LOST, paid_years=Decimal("0.99")))
    assert (found.headline, found.results["months"]) == ("not_yet", 0)


@pytest.mark.parametrize(("left_over", "months"), [(5, 12), (17, 24), (24, 24)])
def test_months_not_drawn_before_are_added_up_to_24(left_over, months):
    assert run(replace(LOST, left_over_months=left_over)).results["months"] == months
    again = run(replace(LOST, paid_years=Decimal("0.5"), left_over_months=left_over))
    assert again.results["months"] == left_over


def test_the_unknown_amount_is_said_with_what_is_known_of_it():
    assert "benefit_below_minimum" in keys(run(LOST).notes)
    assert "benefit_unknown" in keys(run(replace(LOST, region="云南省")).notes)


def test_a_known_amount_is_multiplied():
    known = Figure(
        "unemployment_benefit_monthly", "全国", Decimal(1500), "元/月", date(2020, 1, 1), None, "test"
    )
    found = run(replace(LOST, region="全国"), Figures([known]))
    assert found.results["amount"] == 1500 * 12


@pytest.mark.parametrize(
    ("reason", "headline", "note"),
    [(Reason.RESIGNED, "resigned", "resigned"), (Reason.EMPLOYER_FAULT, "months", "employer_fault")],
)
def test_why_the_job_ended(reason, headline, note):
    found = run(replace(LOST, reason=reason))
    assert found.headline == headline
    assert note in keys(found.notes)


def test_an_employer_that_did_not_insure_pays_in_yunnan():
    found = run(replace(LOST, insured=False))
    assert ("云南省失业保险条例", 38) in {(a.law, a.number) for a in found.articles}


@given(
    st.decimals(0, 60, places=2),
    st.integers(0, 24),
    st.sampled_from(list(Reason)),
    st.booleans(),
    st.sampled_from(["全国", "云南省", KUNMING]),
)
def test_more_years_never_give_fewer_months_and_24_is_the_limit(years, left_over, reason, insured, region):
    inputs = Inputs(TODAY, years, reason, insured, left_over, region)
    months = run(inputs).results["months"]
    assert 0 <= months <= 24
    if years <= 59:
        assert run(replace(inputs, paid_years=years + 1)).results["months"] >= months


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"paid_years": Decimal(-1)}, "paid_years"),
        ({"paid_years": Decimal(61)}, "paid_years"),
        ({"left_over_months": 25}, "left_over_months"),
        ({"left_over_months": -1}, "left_over_months"),
    ],
)
def test_impossible_inputs(change, field):
    assert refused(NAME, lambda: calculate(replace(LOST, **change), SHIPPED))[0] == field


def test_the_text_of_a_chat():
    raw = {"paid_years": "8.5", "reason": "被辞退", "insured": "是", "region": KUNMING}
    shown = answer("unemployment_months", raw)
    assert shown.headline == "您大约能领17个月失业金。"
    assert "第四十六条" in shown.basis
