from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators import double_wage
from knowledge.calculators.dates import add_years
from knowledge.calculators.deadlines import Contract, Injury, Inputs, Stage, Whose, deadlines
from knowledge.calculators.forms import next_field
from knowledge.calculators.limitation import NAME, calculate
from knowledge.calculators.registry import CALCULATORS
from knowledge.calculators.values import InvalidInputError
from tests.knowledge.calculators.kit import GUANDU as KUNMING
from tests.knowledge.calculators.kit import SHIPPED, TODAY, refused
from tests.knowledge.calculators.support import answer, keys, run, step

NOTHING = Inputs(TODAY)
days = st.dates(date(2015, 1, 1), TODAY)


def left(end: date, **more: object) -> Inputs:
    return replace(NOTHING, left=True, end_date=end, **more)


def day_of(inputs: Inputs, key: str) -> date:
    return next(found.day for found in deadlines(inputs) if found.key == key)


def test_wages_lapse_one_year_after_leaving():
    assert day_of(left(date(2026, 3, 15)), "leaving_claims") == date(2027, 3, 15)
    assert day_of(left(date(2024, 2, 29)), "leaving_claims") == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("end", "headline"),
    [
        (date(2025, 11, 21), "all_passed"),
        (date(2025, 11, 22), "today"),
        (date(2025, 11, 23), "soon"),
        (date(2025, 11, 29), "soon"),
        (date(2025, 11, 30), "next"),
    ],
)
def test_headline_on_both_sides_of_the_boundaries(end, headline):
    found = run(left(end))
    assert found.headline == headline
    assert ("soon" in keys(found.notes)) == (headline in {"today", "soon"})
    assert ("late" in keys(found.notes)) == (headline == "all_passed")


def test_employed_workers_are_told_that_wages_do_not_lapse():
    found = run(replace(NOTHING, unpaid=True, unpaid_date=date(2022, 5, 10)))
    assert keys(found.steps) == ["still_employed", "inspection_passed"]
    assert step(found, "inspection_passed")["day"] == date(2024, 5, 10)


def test_a_demand_in_time_starts_the_year_anew_for_what_was_demanded():
    found = run(left(date(2025, 6, 1), claimed=True, last_claim_date=date(2026, 5, 20)))
    assert step(found, "renewed_claims")["day"] == date(2027, 5, 20)
    assert step(found, "undemanded_claims_passed")["day"] == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("claim", "unbroken", "day"),
    [
        (date(2025, 6, 1), False, date(2026, 6, 1)),  # the last day of the first year
        (date(2025, 6, 2), False, None),  # too late
        (date(2025, 6, 2), True, date(2026, 6, 2)),  # but there were demands in between
        (date(2024, 5, 31), False, None),  # before leaving: nothing had begun
    ],
)
def test_a_demand_counts_only_while_the_year_runs(claim, unbroken, day):
    inputs = left(date(2024, 6, 1), claimed=True, last_claim_date=claim, claims_unbroken=unbroken)
    found = {deadline.key: deadline.day for deadline in deadlines(inputs)}
    assert found.get("renewed_claims") == day
    assert ("leaving_claims" in found) == (day is None)


def test_what_the_employer_owes_after_leaving_in_kunming():
    found = run(left(date(2026, 11, 13), region=KUNMING))  # a Friday
    assert step(found, "certificate_passed")["day"] == date(2026, 11, 18)
    assert step(found, "last_wages_passed")["day"] == date(2026, 11, 20)
    assert step(found, "compensation")["day"] == date(2026, 11, 27)
    assert step(found, "leaving_papers")["day"] == date(2026, 11, 28)


def test_local_duties_are_not_told_elsewhere_or_long_after():
    elsewhere = run(left(date(2026, 11, 13), region="四川省成都市"))
    assert "certificate_passed" not in keys(elsewhere.steps)
    long_ago = run(left(date(2026, 1, 13), region=KUNMING))
    assert keys(long_ago.steps) == ["leaving_claims"]


def test_double_wage_lapses_month_by_month():
    found = run(replace(NOTHING, contract=Contract.NEVER, hire_date=date(2025, 1, 1)))
    # owed for February to December 2025; a month lapses a year after its last day
    assert step(found, "double_wage_gone_passed") == {
        "day": date(2026, 10, 31), "count": 9, "until": date(2025, 10, 31), "days_over": 22,
    }  # fmt: skip
    assert step(found, "double_wage_next")["day"] == date(2026, 11, 30)
    assert step(found, "double_wage_next")["first"] == date(2025, 11, 1)
    assert step(found, "double_wage_last")["day"] == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("hire", "signed"),
    [(date(2026, 10, 23), None), (date(2025, 3, 1), date(2025, 4, 1))],
)
def test_no_double_wage_within_the_first_month(hire, signed):
    kind = Contract.LATE if signed else Contract.NEVER
    found = run(replace(NOTHING, contract=kind, hire_date=hire, contract_date=signed))
    assert found.steps == ()
    assert "no_double_wage" in keys(found.notes)


@given(days, st.none() | st.integers(0, 600), st.none() | st.integers(0, 600))
def test_double_wage_lapses_as_the_other_calculator_says(hire, signed_after, left_after):
    signed = None if signed_after is None else min(hire + timedelta(days=signed_after), TODAY)
    end = None if left_after is None else min(hire + timedelta(days=left_after), TODAY)
    kind = Contract.NEVER if signed is None else Contract.LATE
    inputs = replace(
        NOTHING, contract=kind, hire_date=hire, contract_date=signed, left=end is not None, end_date=end
    )
    mine = {found.day for found in deadlines(inputs) if found.key.startswith("double_wage")}
    theirs = [
        month.lapses
        for month in double_wage._months(double_wage.Inputs(TODAY, hire, Decimal(5000), signed, end))
    ]
    assert mine <= set(theirs)
    assert bool(mine) == bool(theirs)
    if theirs:
        assert max(mine) == max(theirs)


def test_work_injury_before_the_application():
    found = run(replace(NOTHING, injury=Injury.NOT_APPLIED, injury_day=date(2026, 11, 1)))
    assert step(found, "injury_employer")["day"] == date(2026, 12, 1)
    assert step(found, "injury_worker")["day"] == date(2027, 11, 1)


def test_a_late_work_injury_is_told_what_does_not_count():
    found = run(replace(NOTHING, injury=Injury.NOT_APPLIED, injury_day=date(2025, 11, 21)))
    assert found.headline == "all_passed"
    assert "injury_worker_passed" in keys(found.steps)
    assert ("最高法-工伤保险行政案件规定", 7) in {(a.law, a.number) for a in found.articles}


@pytest.mark.parametrize(
    ("injury", "key", "length"),
    [(Injury.ACCEPTED, "injury_decision", 60), (Injury.APPRAISED, "reappraisal", 15)],
)
def test_later_steps_of_a_work_injury(injury, key, length):
    day = date(2026, 11, 20)
    found = run(replace(NOTHING, injury=injury, injury_day=day))
    assert step(found, key)["day"] == day + timedelta(days=length)


@pytest.mark.parametrize(
    ("stage", "key", "day"),
    [
        (Stage.MEDIATION, "mediation", date(2026, 12, 4)),
        (Stage.FILED, "acceptance", date(2026, 11, 26)),  # filed on a Thursday: five working days
        (Stage.ACCEPTED, "ruling", date(2027, 1, 3)),
        (Stage.AWARD, "court", date(2026, 12, 4)),
    ],
)
def test_steps_of_a_dispute(stage, key, day):
    found = run(replace(NOTHING, stage=stage, stage_day=date(2026, 11, 19)))
    assert step(found, key)["day"] == day


def test_court_15_days_after_the_award_on_both_sides():
    open_ = run(replace(NOTHING, stage=Stage.AWARD, stage_day=TODAY - timedelta(days=15)))
    assert (open_.headline, keys(open_.steps)) == ("today", ["court"])
    closed = run(replace(NOTHING, stage=Stage.AWARD, stage_day=TODAY - timedelta(days=16)))
    assert (closed.headline, keys(closed.steps)) == ("all_passed", ["court_passed"])
    assert "late" not in keys(closed.notes)  # demands do not start these fifteen days anew


def test_what_has_been_filed_does_not_lapse_any_more():
    inputs = left(date(2025, 1, 1), stage=Stage.AWARD, stage_day=date(2026, 11, 20))
    found = run(inputs)
    assert keys(found.steps) == ["court"]
    assert "filed_only" in keys(found.notes)


def test_iou_and_other_events():
    found = run(replace(NOTHING, event_date=date(2026, 1, 5), iou_due_date=date(2027, 1, 1)))
    assert step(found, "other_claims")["day"] == date(2027, 1, 5)
    assert step(found, "iou")["day"] == date(2030, 1, 1)


def test_nothing_to_worry_about():
    found = run(NOTHING)
    assert (found.headline, found.steps) == ("nothing_runs", ())


dates_or_none = st.none() | days
situations = st.builds(
    lambda **given: Inputs(TODAY, **given),
    left=st.booleans(),
    end_date=days | st.just(date(2027, 2, 1)),
    claimed=st.booleans(),
    last_claim_date=days,
    claims_unbroken=st.booleans(),
    unpaid=st.booleans(),
    unpaid_date=days,
    contract=st.sampled_from(list(Contract)),
    hire_date=st.just(date(2014, 5, 5)) | days,
    contract_date=days,
    injury=st.sampled_from(list(Injury)),
    injury_day=days,
    stage=st.sampled_from(list(Stage)),
    stage_day=days,
    event_date=dates_or_none,
    iou_due_date=dates_or_none,
    region=st.sampled_from(["全国", "云南省", KUNMING]),
)


@given(situations)
def test_every_situation_is_told_in_order_with_existing_articles(inputs):
    with suppress(InvalidInputError):  # dates in an order that cannot be
        assert_in_order(run(inputs))


def assert_in_order(found):
    open_days = [s.values["day"] for s in found.steps if "days_left" in s.values]
    past_days = [s.values["day"] for s in found.steps if "days_over" in s.values]
    assert open_days == sorted(open_days)
    assert past_days == sorted(past_days, reverse=True)
    assert all(day >= TODAY for day in open_days)
    assert all(day < TODAY for day in past_days)


@given(days, days)
def test_a_demand_never_shortens_the_time(end, claim):
    plain = day_of(left(end), "leaving_claims")
    inputs = left(end, claimed=True, last_claim_date=claim)
    latest = max(found.day for found in deadlines(inputs) if found.whose is Whose.WORKER)
    assert plain <= latest <= max(plain, add_years(claim, 1))


@given(days, days)
def test_who_left_later_has_longer(one, other):
    early, late = sorted((one, other))
    assert day_of(left(early), "leaving_claims") <= day_of(left(late), "leaving_claims")


@pytest.mark.parametrize(
    ("inputs", "field", "key"),
    [
        (replace(NOTHING, left=True), "end_date", "required"),
        (replace(NOTHING, unpaid=True), "unpaid_date", "required"),
        (replace(NOTHING, contract=Contract.NEVER), "hire_date", "required"),
        (replace(NOTHING, contract=Contract.LATE, hire_date=TODAY), "contract_date", "required"),
        (replace(NOTHING, injury=Injury.ACCEPTED), "injury_day", "required"),
        (replace(NOTHING, stage=Stage.AWARD), "stage_day", "required"),
        (left(TODAY, claimed=True), "last_claim_date", "required"),
        (replace(NOTHING, event_date=TODAY + timedelta(days=1)), "event_date", "in_future"),
        (left(date(1970, 1, 1)), "end_date", "date_range"),
        (left(date(2036, 1, 1)), "end_date", "date_range"),
        (
            left(date(2025, 1, 1), contract=Contract.NEVER, hire_date=date(2025, 1, 2)),
            "end_date",
            "before_hire",
        ),
    ],
)
def test_impossible_inputs(inputs, field, key):
    assert refused(NAME, lambda: calculate(inputs, SHIPPED)) == (field, key)


def test_answers_of_a_chat_become_a_calendar():
    shown = answer(
        "limitation",
        {
            "left": "是", "end_date": "2025-11-26", "claimed": "没有", "unpaid": "是", "contract": "没签",
            "hire_date": "2025-01-01", "injury": "没有", "stage": "没有", "region": KUNMING,
        },
    )  # fmt: skip
    assert shown.headline == "最急的一件，最晚2026年11月26日要办，只剩4天，请马上动手。"
    assert shown.steps[0].startswith("最晚2026年11月26日，")
    assert "12348" in shown.text


def asked(answers):
    """Names of the fields that a chat asks, in order; what is not in `answers` is denied."""
    wording, raw, names = CALCULATORS[NAME].wording, {}, []
    while (field := next_field(wording, raw)) is not None:
        names.append(field.name)
        raw[field.name] = answers.get(field.name) or (field.choices[0].value if field.choices else "否")
    return names


def test_only_what_applies_is_asked():
    assert asked({}) == ["left", "unpaid", "contract", "injury", "stage"]
    dismissed = {"left": "是", "end_date": "2026-10-01", "contract": "没签", "hire_date": "2026-01-01"}
    assert asked(dismissed) == [
        "left", "end_date", "claimed", "unpaid", "contract", "hire_date", "injury", "stage",
    ]  # fmt: skip
