"""Single cells of a list of postings."""

import contextlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.flow import load_flow
from tests.bench.measure import FLOW
from tickets.jobs import cells
from tickets.jobs.cells import WrongCell
from tickets.jobs.words import words


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("4500", (4500, None)), (4500, (4500, None)), (4500.0, (4500, None)), ("４５００元", (4500, None)),
        ("4,500", (4500, None)), ("4.5千", (4500, None)), ("4.5k", (4500, None)), ("0.45万", (4500, None)),
        ("1万2", (12000, None)), ("4500元/月", (4500, None)), (" 4 500 ", (4500, None)), ("四千五", (4500, None)),
        ("6000-8000", (6000, 8000)), ("6千到8千", (6000, 8000)), ("4-6千", (4000, 6000)), ("120元/天", (120, None)),
        ("面议", (None, None)), ("", (None, None)), (None, (None, None)), ("￥4500以上", (4500, None)),
    ],
)  # fmt: skip
def test_wages(written, expected):
    assert cells.wage(written) == expected


@pytest.mark.parametrize("written", ["很多", "0", "-5", "99999999", "#REF!", "12345678901234567890"])
def test_wages_that_are_none(written):
    with pytest.raises(WrongCell):
        cells.wage(written)


@settings(deadline=None)
@given(
    st.text(max_size=12)
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.none()
    | st.datetimes()
    | st.dates()
)
def test_no_cell_breaks_a_reader(value):
    for read in (
        cells.wage,
        cells.unit,
        cells.people,
        cells.age,
        cells.flag,
        cells.day,
        cells.region,
        cells.text,
    ):
        with contextlib.suppress(WrongCell):
            read(value)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-30", date(2026, 11, 30)), ("2026/11/30", date(2026, 11, 30)), ("2026.1.5", date(2026, 1, 5)),
        ("2026年11月30日", date(2026, 11, 30)), ("20261130", date(2026, 11, 30)), (46356, date(2026, 11, 30)),
        (datetime(2026, 11, 30, 8, tzinfo=UTC), date(2026, 11, 30)), ("长期", None), ("", None), ("２０２６－１１－３０", date(2026, 11, 30)),
    ],
)  # fmt: skip
def test_dates(written, expected):
    assert cells.day(written) == expected


@pytest.mark.parametrize("written", ["2026-11-31", "11月30日", "明天", "2026-13-01"])
def test_dates_that_are_none(written):
    with pytest.raises(WrongCell):
        cells.day(written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("18", (18, None)),
        ("18岁以上", (18, None)),
        ("18-45岁", (18, 45)),
        ("不限", (None, None)),
        (None, (None, None)),
    ],
)
def test_ages(written, expected):
    assert cells.age(written) == expected


@pytest.mark.parametrize("written", ["15", "150", "14-20", "青年"])
def test_nobody_below_sixteen(written):
    with pytest.raises(WrongCell):
        cells.age(written)


def test_yes_no_and_units():
    assert [cells.flag(value) for value in ("是", "包", "√", "Y", 1, True)] == [True] * 6
    assert [cells.flag(value) for value in ("否", "不包", "×", "n", 0, False)] == [False] * 6
    assert cells.flag(" ") is None
    assert [cells.unit(value) for value in ("", "月", "元/天", "小时", "计件")] == [
        "month",
        "month",
        "day",
        "hour",
        "piece",
    ]
    with pytest.raises(WrongCell):
        cells.flag("看情况")


@pytest.mark.parametrize(
    ("written", "official"),
    [
        ("官渡", "云南省昆明市官渡区"), ("昆明市官渡区关上街道", "云南省昆明市官渡区"), ("大理", "云南省大理白族自治州"),
        ("个旧", "云南省红河哈尼族彝族自治州个旧市"), ("深圳", "广东省深圳市"),
    ],
)  # fmt: skip
def test_regions_become_full_names(written, official):
    assert cells.region(written) == official


def test_trades_are_found_in_the_cell_or_else_in_the_title():
    assert cells.trade("保安物业", "") == "security"
    assert cells.trade("", "招小区保洁员") == "housekeeping"
    assert cells.trade("其他", "后厨洗碗") == "catering"
    with pytest.raises(WrongCell, match="建筑工地"):
        cells.trade("", "宇航员")


def test_trades_are_those_that_the_form_offers():
    options = load_flow(FLOW.with_name("job_seek.yaml")).slots["trade"].options
    assert {option.value: option.label for option in options if option.value != "any"} == dict(words().trades)
    known = {word for word, _ in words().trade_words}
    assert not {word for option in options if option.value != "any" for word in option.words} - known
