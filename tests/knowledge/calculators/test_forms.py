"""Reading what people type, asking what is missing, and printing the result."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators import forms, render
from knowledge.calculators.economic_compensation import Inputs as Compensation
from knowledge.calculators.economic_compensation import Reason
from knowledge.calculators.registry import CALCULATORS
from knowledge.calculators.values import InvalidInputError
from knowledge.calculators.wage_arrears_total import MonthOwed
from tests.knowledge.calculators.kit import GUANDU, SHIPPED, TODAY, refused

ENDING = CALCULATORS["economic_compensation"]
ARREARS = CALCULATORS["wage_arrears_total"]
MINIMUM = CALCULATORS["minimum_wage_check"]


def read(spec: Any, **raw: object) -> Any:
    return forms.parse(spec.inputs, spec.wording, raw, TODAY)


def test_strings_of_a_form_become_typed_inputs() -> None:
    inputs = read(
        ENDING,
        reason="单位裁员",
        started="2020年3月5日",
        ended="2026/10/31",
        monthly_wage=" ￥5，000.50元",
        region=GUANDU,
        service_years="",
    )
    assert inputs == Compensation(
        today=TODAY,
        reason=Reason.LAYOFF,
        monthly_wage=Decimal("5000.50"),
        started=date(2020, 3, 5),
        ended=date(2026, 10, 31),
        region=GUANDU,
    )
    assert isinstance(inputs.reason, Reason)


def test_values_of_slots_are_taken_as_they_are() -> None:
    slots = {"work_years": 3.42, "monthly_wage": 5000, "region": GUANDU, "months_owed": 2, "date": None}
    raw = forms.from_slots(ENDING.wording, slots)
    assert raw == {"service_years": 3.42, "monthly_wage": 5000, "region": GUANDU}
    assert read(ENDING, reason="layoff", **raw).service_years == Decimal("3.42")


def test_a_slot_fills_one_field_only() -> None:
    minimum = CALCULATORS["minimum_wage_check"].wording
    assert forms.from_slots(minimum, {"monthly_wage": 2000}) == {"monthly_pay": 2000}


def test_what_may_be_about_anything_fills_nothing() -> None:
    said = {"yes_no": "yes", "date": "2026-01-01", "amount_yuan": 5}
    assert forms.from_slots(ARREARS.wording, said) == {}


@pytest.mark.parametrize(
    ("raw", "field", "key"),
    [
        ({}, "reason", "required"),
        ({"reason": "不知道"}, "reason", "not_a_choice"),
        ({"reason": "layoff"}, "monthly_wage", "required"),
        ({"reason": "layoff", "monthly_wage": "很多"}, "monthly_wage", "not_a_number"),
        ({"reason": "layoff", "monthly_wage": "nan"}, "monthly_wage", "not_a_number"),
        ({"reason": "layoff", "monthly_wage": "-5"}, "monthly_wage", "negative"),
        ({"reason": "layoff", "monthly_wage": "9" * 30}, "monthly_wage", "too_large"),
        ({"reason": "layoff", "started": "2026-02-30"}, "started", "not_a_date"),
        ({"reason": "layoff", "started": "3月5日"}, "started", "not_a_date"),
        ({"reason": "layoff", "started": "0202-01-01"}, "started", "not_a_date"),
        ({"reason": "no_fault_dismissal", "monthly_wage": 1, "noticed": "也许"}, "noticed", "not_yes_or_no"),
        ({"reason": "layoff", "monthly_wage": 1, "region": "Kunming"}, "region", "not_a_region"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(raw: dict[str, object], field: str, key: str) -> None:
    assert refused(ENDING.name, lambda: read(ENDING, **raw)) == (field, key)


def test_whole_numbers_and_months() -> None:
    good = read(MINIMUM, paid_by="全职", monthly_pay=1900, region=GUANDU, month="2026年9月", months="２")
    assert (good.month, good.months) == (date(2026, 9, 1), 2)
    raw = {"paid_by": "全职", "monthly_pay": 1900, "region": GUANDU}
    assert refused(MINIMUM.name, lambda: read(MINIMUM, **raw, months="1.5")) == ("months", "not_whole")
    assert refused(MINIMUM.name, lambda: read(MINIMUM, **raw, month="2026年13月")) == ("month", "not_a_month")


@pytest.mark.parametrize(
    "rows",
    ["2026-07 6000 2000\n2026-08 6000\n", "2026年7月，6000，2000\n\n2026年8月；6000",
     [{"month": "2026-07", "due": 6000, "paid": 2000}, {"month": date(2026, 8, 9), "due": "6000元", "paid": None}]],
)  # fmt: skip
def test_rows_are_read_from_lines_and_from_mappings(rows: object) -> None:
    first, second = (
        MonthOwed(date(2026, 7, 1), Decimal(6000), Decimal(2000)),
        MonthOwed(date(2026, 8, 1), Decimal(6000)),
    )
    assert read(ARREARS, months=rows).months == (first, second)


@pytest.mark.parametrize("rows", ["2026-07", "2026-07 6000 2000 1", 7, [{"month": "2026-07"}]])
def test_an_incomplete_row_is_refused_with_its_number(rows: object) -> None:
    assert refused(ARREARS.name, lambda: read(ARREARS, months=rows)) == ("months", "row_incomplete")


def test_the_next_question_is_the_first_required_one_that_applies() -> None:
    asked = []
    raw: dict[str, object] = {}
    answers = {"contract": "fixed", "contract_months": 12, "probation_months": 3}
    probation = CALCULATORS["probation"].wording
    while field := forms.next_field(probation, raw):
        asked.append(field.name)
        raw[field.name] = answers[field.name]
    assert asked == ["contract", "contract_months", "probation_months"]
    following = forms.next_field(probation, {"contract": "open_ended"})
    assert following is not None
    assert following.name == "probation_months"


def test_an_answer_to_a_question_that_does_not_apply_is_left_out() -> None:
    inputs = read(
        ENDING, reason="layoff", monthly_wage=5000, service_years=2, noticed="no", last_month_wage=9
    )
    assert (inputs.noticed, inputs.last_month_wage) == (None, None)


@given(
    st.dictionaries(
        st.sampled_from(["reason", "started", "monthly_wage", "region", "noticed"]),
        st.text() | st.floats() | st.none(),
    )
)
def test_whatever_is_typed_is_read_or_refused_with_a_sentence(raw: dict[str, object]) -> None:
    try:
        said = str(read(ENDING, **raw))
    except InvalidInputError as error:
        said = render.problem(error, ENDING.wording)
    assert said


@pytest.mark.parametrize(
    ("number", "printed"),
    [("28000", "28,000"), ("1440.5", "1,440.5"), ("1440.50", "1,440.50"), ("3.5", "3.5"), ("2E+1", "20"),
     ("5000.00", "5,000"), ("0", "0"), ("0.333333", "0.33"), ("-12.345", "-12.35")],
)  # fmt: skip
def test_numbers_are_printed_as_people_write_them(number: str, printed: str) -> None:
    assert render.number_text(Decimal(number)) == printed


def test_places_of_a_sentence_are_filled_by_kind() -> None:
    fill = render.Filler(ENDING.wording)
    sentence = "{day} {day:month} {share:percent} {reason:label} {sure} {count}"
    values: dict[str, Any] = {
        "day": date(2026, 11, 2),
        "share": Decimal("0.8"),
        "reason": "layoff",
        "sure": True,
        "count": 2026,
    }
    assert fill(sentence, values) == "2026年11月2日 2026年11月 80% 单位裁员 是 2026"
    with pytest.raises(KeyError):
        fill("{missing}", {})
    with pytest.raises(ValueError, match="cannot print"):
        fill("{day:percent}", values)


def test_from_raw_answers_to_the_text() -> None:
    shown = ENDING.run(
        {"reason": "layoff", "service_years": "3.42", "monthly_wage": "5000", "region": GUANDU},
        SHIPPED,
        TODAY,
    )
    assert shown.headline == "按您说的情况，单位应付经济补偿约17,500元（3.5个月工资）。"
    assert shown.basis.startswith(
        "依据：《劳动合同法》第四十一条、第四十六条、第四十七条（2013-07-01起施行）"
    )
    assert shown.basis.endswith("以主管部门解释为准。")
    assert "仅供参考" in shown.disclaimer
    assert "1. " in shown.text
    assert "{" not in shown.text
