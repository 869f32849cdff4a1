"""Whatever a person fills in, each calculator gives a full text or one sentence that says what is wrong."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge.calculators import render
from knowledge.calculators.registry import CALCULATORS, CalculatorSpec
from knowledge.calculators.values import InvalidInputError
from knowledge.calculators.wording import Field
from tests.knowledge.calculators.kit import DALI, GUANDU, NO_FIGURES, SHIPPED, TODAY

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31)) | st.dates(date(2015, 1, 1), date(2027, 12, 31))
ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "money": st.decimals(0, 50_000, places=2) | st.integers(0, 100_000_000) | st.just("0"),
    "number": st.decimals(0, 50, places=2) | st.integers(0, 100_000),
    "integer": st.integers(0, 60) | st.integers(0, 100_000),
    "date": DAYS | DAYS.map(str),
    "month": DAYS.map(lambda day: f"{day.year}年{day.month}月"),
    "yes_no": st.sampled_from(["是", "否", True, False]),
    "region": st.sampled_from([GUANDU, DALI, "云南省", "全国", "四川省成都市"]),
}


def answer(field: Field) -> st.SearchStrategy[Any]:
    if field.kind == "choice":
        return st.sampled_from([choice.value for choice in field.choices])
    if field.kind == "rows":
        row = st.fixed_dictionaries({column.name: ANSWERS[column.kind] for column in field.columns})
        return st.lists(row, max_size=4)
    return ANSWERS[field.kind]


@pytest.mark.parametrize("spec", CALCULATORS.values(), ids=CALCULATORS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_answers_give_a_text_or_a_reason(spec: CalculatorSpec, data: st.DataObject) -> None:
    needed = {field.name: answer(field) for field in spec.wording.fields if field.required}
    others = {field.name: answer(field) for field in spec.wording.fields if not field.required}
    raw = data.draw(st.fixed_dictionaries(needed, optional=others))
    figures = data.draw(st.sampled_from([SHIPPED, NO_FIGURES]))
    try:
        shown = spec.run(raw, figures, TODAY)
    except InvalidInputError as error:
        text = render.problem(error, spec.wording)
    else:
        assert shown.headline
        assert shown.steps or shown.notes
        text = shown.text
    assert not set(text) & set("{}")
    assert "None" not in text
