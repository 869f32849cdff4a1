from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.maternity import NAME, Inputs, Kind, calculate
from tests.knowledge.calculators.kit import GUANDU as KUNMING
from tests.knowledge.calculators.kit import SHIPPED, TODAY, refused
from tests.knowledge.calculators.support import answer, keys, run, step

YUNNAN = Inputs(TODAY, region="云南省")


@pytest.mark.parametrize(
    ("region", "babies", "difficult", "days"),
    [
        ("全国", 1, False, 98),
        ("四川省成都市", 1, True, 113),
        ("云南省", 1, False, 158),
        (KUNMING, 1, False, 158),
        ("云南省", 1, True, 173),
        ("云南省", 2, False, 173),
        ("云南省", 3, True, 203),
    ],
)
def test_days_of_leave(region, babies, difficult, days):
    found = run(Inputs(TODAY, babies=babies, difficult=difficult, region=region))
    assert found.results["days"] == days
    assert ("local_days_unknown" in keys(found.notes)) == (not region.startswith("云南省"))


@pytest.mark.parametrize(("kind", "days"), [(Kind.EARLY_LOSS, 15), (Kind.LATE_LOSS, 42)])
def test_a_lost_pregnancy_has_its_own_days_and_no_local_ones(kind, days):
    found = run(replace(YUNNAN, kind=kind))
    assert found.results["days"] == days
    assert "nursing" not in keys(found.notes)


def test_leave_may_begin_15_days_before_the_birth():
    found = run(replace(YUNNAN, due_date=date(2026, 12, 20)))
    assert found.results["first"] == date(2026, 12, 5)
    assert found.results["last"] == date(2026, 12, 5) + timedelta(days=157)
    assert step(found, "until")["back"] == date(2027, 5, 12)


def test_a_chosen_first_day_goes_before_the_expected_birth():
    found = run(replace(YUNNAN, due_date=date(2026, 12, 20), leave_start=date(2026, 12, 18)))
    assert found.results["first"] == date(2026, 12, 18)
    assert step(found, "earliest")["day"] == date(2026, 12, 5)


def test_pay_from_the_fund_and_from_the_employer():
    fund = run(replace(YUNNAN, employer_average_wage=Decimal(6000), own_wage=Decimal(7000)))
    assert fund.results["amount"] == Decimal(31600)  # 6,000 / 30 x 158
    assert "less_than_wage" in keys(fund.notes)
    employer = run(replace(YUNNAN, insured=False, own_wage=Decimal(4500)))
    assert employer.results["amount"] == Decimal(23700)
    unknown = run(YUNNAN)
    assert unknown.headline == "days"
    assert "pay_from_fund" in keys(unknown.notes)


def test_what_belongs_to_a_birth_in_kunming():
    found = run(replace(YUNNAN, region=KUNMING, babies=2))
    notes = {note.key: note.values for note in found.notes}
    assert notes["nutrition"]["amount"] == 2000
    assert notes["father"]["days"] == 30
    assert (notes["childcare"]["days"], notes["childcare"]["two"]) == (10, 15)
    assert notes["nursing"]["hours"] == 2
    elsewhere = keys(run(replace(YUNNAN, region="云南省曲靖市")).notes)
    assert "nutrition" not in elsewhere
    assert "father" in elsewhere


@given(
    st.sampled_from(list(Kind)),
    st.integers(1, 8),
    st.booleans(),
    st.booleans(),
    st.none() | st.decimals(1, 100_000, places=2),
    st.none() | st.dates(TODAY - timedelta(days=700), TODAY + timedelta(days=700)),
    st.sampled_from(["全国", "云南省", KUNMING]),
)
def test_more_babies_never_mean_fewer_days(kind, babies, difficult, insured, wage, day, region):
    more = {
        "insured": insured,
        "employer_average_wage": wage,
        "own_wage": wage,
        "due_date": day,
        "region": region,
    }
    inputs = Inputs(TODAY, kind, babies, difficult, **more)
    found = run(inputs)
    assert 15 <= found.results["days"] <= 98 + 15 + 7 * 15 + 60
    if babies < 8:
        assert run(replace(inputs, babies=babies + 1)).results["days"] >= found.results["days"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"babies": 0}, "babies"),
        ({"babies": 9}, "babies"),
        ({"own_wage": Decimal(0)}, "own_wage"),
        ({"employer_average_wage": Decimal(1_000_001)}, "employer_average_wage"),
        ({"due_date": date(2029, 1, 1)}, "due_date"),
        ({"leave_start": date(2020, 1, 1)}, "leave_start"),
    ],
)
def test_impossible_inputs(change, field):
    assert refused(NAME, lambda: calculate(replace(YUNNAN, **change), SHIPPED))[0] == field


def test_the_text_of_a_chat():
    raw = {"kind": "生孩子", "babies": "1", "difficult": "否", "region": KUNMING, "insured": "是"}
    shown = answer("maternity", raw)
    assert shown.headline == "您的产假一共158天。"
    assert "以当地人社、卫健、医保部门公布为准" in shown.text
    assert "第七条" in shown.basis
