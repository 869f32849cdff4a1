from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.figures import Figure, Figures
from knowledge.calculators.work_injury import GRANT_MONTHS, NAME, Care, Inputs, calculate
from tests.knowledge.calculators.kit import GUANDU as KUNMING
from tests.knowledge.calculators.kit import SHIPPED, TODAY, refused
from tests.knowledge.calculators.support import answer, keys, run, step

WAGE = Decimal(5000)
grades = st.integers(1, 10)
wages = st.decimals(1, 100_000, places=2)


def injured(grade: int | None, wage: Decimal = WAGE, **more: object) -> Inputs:
    return Inputs(TODAY, wage, appraised=grade is not None, injury_grade=grade, **more)


def figures(**values: tuple[str, str]) -> Figures:
    rows = (
        Figure(name, "全国", Decimal(value), unit, date(2020, 1, 1), None, "test")
        for name, (value, unit) in values.items()
    )
    return Figures(rows)


@pytest.mark.parametrize(
    ("grade", "months"),
    [(1, 27), (2, 25), (3, 23), (4, 21), (5, 18), (6, 16), (7, 13), (8, 11), (9, 9), (10, 7)],
)
def test_one_off_grant(grade, months):
    found = run(injured(grade))
    assert found.results["one_off"] == WAGE * months
    assert step(found, "grant")["months"] == months


@pytest.mark.parametrize(("grade", "percent"), [(1, 90), (2, 85), (3, 80), (4, 75)])
def test_monthly_allowance_of_the_heavy_grades(grade, percent):
    assert run(injured(grade)).results["monthly"] == WAGE * percent / 100


@pytest.mark.parametrize(("grade", "percent"), [(5, 70), (6, 60)])
def test_the_employer_pays_only_without_fitting_work(grade, percent):
    assert run(injured(grade, work_arranged=False)).results["monthly"] == WAGE * percent / 100
    assert run(injured(grade)).results["monthly"] == 0
    assert run(injured(grade, work_arranged=False, leaving=True)).results["monthly"] == 0


@pytest.mark.parametrize("grade", [7, 10])
def test_light_grades_have_no_allowance(grade):
    assert run(injured(grade, work_arranged=False)).results["monthly"] == 0


@pytest.mark.parametrize(
    ("wage", "base", "key"),
    [
        (4799, 4800, "base_raised"),
        (4800, 4800, "base"),
        (24000, 24000, "base"),
        (24001, 24000, "base_capped"),
    ],
)
def test_the_base_stays_between_60_and_300_percent_of_the_local_average(wage, base, key):
    found = run(injured(10, Decimal(wage), local_average_wage=Decimal(8000)))
    assert found.steps[0].key == key
    assert found.results["one_off"] == base * 7


def test_an_unknown_local_average_is_said():
    found = run(injured(10))
    assert "average_unknown" in keys(found.notes)
    known = run(injured(10), figures(local_average_wage_monthly=("8000", "元/月")))
    assert "average_unknown" not in keys(known.notes)


def test_an_allowance_below_the_minimum_wage_is_topped_up():
    found = run(injured(4, Decimal(3000), region=KUNMING))  # 75 % are 2,250, the minimum is 2,270
    assert found.results["monthly"] == 2270
    assert "allowance_topped" in keys(found.steps)


def test_pay_while_being_treated():
    found = run(injured(None, stop_work_months=Decimal("2.5"), usual_wage=Decimal(6000)))
    assert found.headline == "not_graded"
    assert step(found, "treatment_pay")["amount"] == 15000
    assert "get_graded" in keys(found.notes)


@pytest.mark.parametrize(("months", "longer"), [(12, False), (13, True), (24, True)])
def test_more_than_a_year_of_treatment_needs_the_committee(months, longer):
    found = run(injured(9, stop_work_months=Decimal(months)))
    assert ("longer_treatment" in keys(found.notes)) == longer


@pytest.mark.parametrize(("care", "percent"), [(Care.PART, 30), (Care.MOST, 40), (Care.FULL, 50)])
def test_care(care, percent):
    found = run(injured(1, care=care, local_average_wage=Decimal(8000)))
    assert step(found, "care")["amount"] == 80 * percent
    assert "care_unknown" in keys(run(injured(1, care=care)).notes)


@pytest.mark.parametrize("grade", [5, 10])
def test_unknown_subsidies_of_yunnan_are_left_out_and_said(grade):
    found = run(injured(grade, leaving=True, region=KUNMING))
    assert {"medical_subsidy_unknown", "employment_subsidy_unknown"} <= set(keys(found.notes))
    assert found.results["one_off"] == WAGE * GRANT_MONTHS[grade]


def test_known_subsidies_are_added_by_the_wage_that_their_unit_names():
    local = figures(
        injury_medical_subsidy_months_9=("3", "个月本人工资"),
        injury_employment_subsidy_months_9=("4", "个月当地平均工资"),
    )
    found = run(injured(9, leaving=True, local_average_wage=Decimal(8000)), local)
    assert found.results["one_off"] == 5000 * 9 + 5000 * 3 + 8000 * 4


def test_months_without_a_base_make_no_sum():
    local = figures(injury_medical_subsidy_months_9=("3", "个月"))
    found = run(injured(9, leaving=True), local)
    assert "medical_subsidy_months" in keys(found.notes)
    assert found.results["one_off"] == 45000


def test_heavy_grades_keep_the_relation():
    found = run(injured(4, leaving=True))
    assert "keep_relation" in keys(found.notes)


def test_without_insurance_the_employer_pays():
    found = run(injured(9, insured=False))
    assert ("社会保险法", 41) in {(a.law, a.number) for a in found.articles}


@given(grades, wages, st.none() | wages)
def test_a_heavier_grade_or_a_higher_wage_never_gives_less(grade, wage, average):
    more = {"local_average_wage": average, "work_arranged": False}
    here = run(injured(grade, wage, **more)).results
    higher = run(injured(grade, wage + 100, **more)).results
    assert higher["one_off"] >= here["one_off"]
    assert higher["monthly"] >= here["monthly"]
    if grade > 1:
        heavier = run(injured(grade - 1, wage, **more)).results
        assert heavier["one_off"] > here["one_off"]
        assert heavier["monthly"] >= here["monthly"]


@given(
    st.none() | grades,
    wages,
    st.booleans(),
    st.booleans(),
    st.sampled_from(list(Care)),
    st.none() | st.decimals(0, 24, places=1),
    st.sampled_from(["全国", KUNMING]),
)
def test_every_result_can_be_told(grade, wage, leaving, insured, care, months, region):
    run(
        injured(
            grade, wage, leaving=leaving, insured=insured, care=care, stop_work_months=months, region=region
        )
    )


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        (injured(9, Decimal(0)), "monthly_wage"),
        (injured(9, Decimal(1_000_001)), "monthly_wage"),
        (injured(0), "injury_grade"),
        (injured(11), "injury_grade"),
        (Inputs(TODAY, WAGE, appraised=True), "injury_grade"),
        (injured(9, stop_work_months=Decimal("24.1")), "stop_work_months"),
        (injured(9, usual_wage=Decimal(-1)), "usual_wage"),
        (injured(9, local_average_wage=Decimal(0)), "local_average_wage"),
    ],
)
def test_impossible_inputs(inputs, field):
    assert refused(NAME, lambda: calculate(inputs, SHIPPED))[0] == field


def test_the_text_of_a_chat():
    shown = answer(
        "work_injury",
        {"monthly_wage": "5000", "appraised": "是", "injury_grade": "9", "leaving": "否", "insured": "是", "region": KUNMING},
    )  # fmt: skip
    assert shown.headline == "9级伤残，一次性的钱现在能算出来的约45,000元。"
    assert "第三十七条" in shown.basis
