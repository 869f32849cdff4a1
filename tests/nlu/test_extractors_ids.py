"""Answers about phone as people give them, against the value they mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities import parse_slot
from nlu.extractors.ids import check_digit, valid_id_number

NOW = date(2026, 11, 22)  # a Sunday

PHONE = [
    ("138 0013 8000", "13800138000"),
    ("+86-138-0013-8000", "13800138000"),
    ("幺三八零零幺三八零零零", "13800138000"),
    ("13800138", None),
    ("12345678901", None),
    ("一三八零零一三八零零零", "13800138000"),
    ("我电话13800138000,微信同号", "13800138000"),
    ("138001380001", None),
    ("0871-63123456", "087163123456"),
    ("不想留", None),
    ("138零零138四个零", None),
    ("13800138000打不通,打13987654321", "13800138000"),
    ("我的电话是一三九八七六五四三二一", "13987654321"),
    ("1 3 9 8 7 6 5 4 3 2 1", "13987654321"),
    ("008613987654321", "13987654321"),
    ("139-8765-4321", "13987654321"),
    ("就这个微信号", None),
    ("13987654321,别打错了", "13987654321"),
    ("1398765432", None),
    ("12987654321", None),
    ("139 8765 4321 或者 0871-65123456", "13987654321"),
    ("不方便留", None),
    ("幺三玖捌柒陆伍肆叁贰幺", "13987654321"),
    ("13987654320,写错了,13987654321", "13987654321"),
    ("+8613987654321", "13987654321"),
]


@pytest.mark.parametrize(("text", "value"), PHONE)
def test_phone_is_read_from_an_answer(text, value):
    assert parse_slot("phone", text, NOW) == value


SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
WIDE = str.maketrans("0123456789X", "0123456789X")
MOBILES = st.builds(
    lambda head, tail: f"{head}{tail:08d}",
    st.sampled_from(["130", "138", "139", "150", "159", "166", "177", "187", "191", "199"]),
    st.integers(min_value=0, max_value=99_999_999),
)
FIRST_17 = st.builds(
    lambda area, born, order: f"{area}{born:%Y%m%d}{order:03d}",
    st.sampled_from(["530102", "530111", "532101", "510104", "110105"]),
    st.dates(min_value=date(1930, 1, 1), max_value=date(2010, 12, 31)),
    st.integers(min_value=0, max_value=999),
)


@given(MOBILES)
def test_a_mobile_number_survives_every_way_of_writing_it(number):
    ways = [
        f"{number[:3]} {number[3:7]} {number[7:]}",
        f"{number[:3]}-{number[3:7]}-{number[7:]}",
        f"+86 {number}",
        f"86{number}",
        number.translate(SPOKEN),
        number.translate(WIDE),
        f"我电话{number},微信同号",
    ]
    assert {parse_slot("phone", way, NOW) for way in ways} == {number}


@given(MOBILES)
def test_a_digit_too_few_or_too_many_is_no_phone_number(number):
    assert parse_slot("phone", number[:-1], NOW) is None
    assert parse_slot("phone", number + "1", NOW) is None


@given(FIRST_17)
def test_an_id_number_survives_every_way_of_writing_it(first):
    number = first + check_digit(first)
    ways = [
        number,
        number.lower(),
        number.translate(WIDE),
        f"{number[:6]} {number[6:14]} {number[14:]}",
        f"{number[:6]}-{number[6:14]}-{number[14:]}",
        f"身份证号是{number}。",
        number.translate(SPOKEN),
    ]
    assert {parse_slot("id_number", way, NOW) for way in ways} == {number}


@given(FIRST_17, st.integers(min_value=0, max_value=17), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_is_noticed(first, place, shift):
    number = first + check_digit(first)
    old = "0123456789".find(number[place])
    wrong = number[:place] + str((old + shift) % 10 if old >= 0 else shift) + number[place + 1 :]
    assert parse_slot("id_number", wrong, NOW) is None


@pytest.mark.parametrize("born", ["20261123", "18991231", "19900230", "19901301"])
def test_an_impossible_birth_date_is_refused(born):
    first = f"530102{born}123"
    assert not valid_id_number(first + check_digit(first), NOW)


def test_the_x_may_be_spoken():
    first = next(
        f"53010219900307{n:03d}" for n in range(1000) if check_digit(f"53010219900307{n:03d}") == "X"
    )
    assert parse_slot("id_number", first + "叉", NOW) == first + "X"
