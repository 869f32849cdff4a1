"""Numbers that identify a person are hidden however they are typed; everything else stays."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.masking import mask_json, mask_sensitive, mask_text

GAPS = st.sampled_from(["", " ", "-", "  ", "\u3000", "\u2014", ".", "\u00a0", "\u200b", " - "])
WORDS = st.text(alphabet="我的电话是打给老板,。:(欠薪abc\n", max_size=8)


def _spread(draw: st.DrawFn, digits: str) -> str:
    return "".join(char + draw(GAPS) for char in digits[:-1]) + digits[-1]


@st.composite
def _phones(draw: st.DrawFn) -> str:
    return "1" + draw(st.sampled_from("3456789")) + draw(st.text("0123456789", min_size=9, max_size=9))


@st.composite
def _ids(draw: st.DrawFn) -> str:
    return (
        draw(st.sampled_from(["530102", "512301", "110101"]))
        + draw(st.dates(date(1940, 1, 1), date(2026, 12, 31))).strftime("%Y%m%d")
        + draw(st.text("0123456789", min_size=3, max_size=3))
        + draw(st.sampled_from("0123456789Xx"))
    )


@st.composite
def _cards(draw: st.DrawFn) -> str:
    length = draw(st.integers(14, 17))
    return draw(st.sampled_from(["62", "45", "53", "95"])) + draw(
        st.text("0123456789", min_size=length, max_size=length)
    )


def _digits(text: str) -> str:
    return re.sub(r"[^0-9Xx*]", "", text)


def _full_width(text: str) -> str:
    return text.translate({ord(char): ord(char) + 0xFEE0 for char in "0123456789"})


@given(st.data(), WORDS, WORDS)
def test_a_phone_number_is_hidden(data: st.DataObject, before: str, after: str) -> None:
    phone = data.draw(_phones())
    masked = mask_text(before + _spread(data.draw, phone) + after)
    assert _digits(masked) == f"{phone[:3]}****{phone[-4:]}"
    assert masked.startswith(before)
    assert masked.endswith(after)


@given(st.data(), st.sampled_from(["+86", "86", "+86 ", "86-"]))
def test_a_country_code_does_not_help_it_through(data: st.DataObject, country: str) -> None:
    phone = data.draw(_phones())
    assert mask_text(f"打{country}{_spread(data.draw, phone)}找我") == f"打{phone[:3]}****{phone[-4:]}找我"


@given(_phones())
def test_full_width_digits_are_digits(phone: str) -> None:
    wide = _full_width(phone)
    assert mask_text(f"电话{wide}") == f"电话{wide[:3]}****{wide[-4:]}"


@given(st.data(), WORDS, WORDS)
def test_an_id_number_is_hidden(data: st.DataObject, before: str, after: str) -> None:
    number = data.draw(_ids())
    masked = mask_text(before + _spread(data.draw, number) + after)
    assert _digits(masked).count("*") >= 11
    assert number[6:14] not in _digits(masked)


@given(st.data(), WORDS, WORDS)
def test_a_bank_card_is_hidden(data: st.DataObject, before: str, after: str) -> None:
    card = data.draw(_cards())
    masked = mask_text(before + _spread(data.draw, card) + after)
    assert _digits(masked).count("*") >= 7
    assert card[:10] not in _digits(masked)


@given(
    st.lists(st.one_of(_phones(), _ids(), _cards()), min_size=2, max_size=4),
    st.sampled_from([" ", ",", "和", "\n"]),
)
def test_several_in_a_row_are_all_hidden(numbers: list[str], between: str) -> None:
    masked = mask_text(between.join(numbers))
    assert all(number not in masked for number in numbers)


@given(st.text())
def test_masking_twice_is_masking_once_and_never_fails(text: str) -> None:
    assert mask_text(mask_text(text)) == mask_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "欠我28000元,从2026-01-02到2026-03-04",
        "2026-01-31 2026-02-28 2026-03-31 都没发",
        "工单KM20261124-0007",
        "拨打0871-12351或者110、12356",
        "一百二十个人,三万五千块",
        "2025年1月到3月,每月6500.50元",
        "上班时间 09:00-12:00 14:00-18:00",
    ],
)
def test_what_is_no_such_number_stays(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我电话138 1234 5678", "我电话138****5678"),
        ("身份证53010219900101123X", "身份证530*************3X"),
        ("卡号6222 0210 0111 2345 678", "卡号***************5678"),
        ("办公室0871-63312345", "办公室0871******45"),
        ("一三八零零一三八零零零", "******"),
        ("工号0013812345678后面", "工号*********5678后面"),
    ],
)
def test_examples(text: str, masked: str) -> None:
    assert mask_text(text) == masked


def test_protected_details_are_shown_masked() -> None:
    sensitive = {
        "name": "王小二",
        "phone": "13812345678",
        "id_number": "53010219900101123X",
        "health": "尿毒症",
        "x": "",
    }
    assert mask_sensitive(sensitive) == {
        "name": "王**", "phone": "138****5678", "id_number": "530*************3X", "health": "******",
    }  # fmt: skip
    assert mask_sensitive(None) == {}


def test_json_is_masked_to_its_depth() -> None:
    assert mask_json({"a": [{"b": "13812345678"}, 5, None]}) == {"a": [{"b": "138****5678"}, 5, None]}


@pytest.mark.parametrize(
    "text", ["11010120000101 000Xa", "身份证11010120000101000X是我的", "11010120000101000Xabc"]
)
def test_an_id_number_with_x_is_hidden_whatever_follows(text: str) -> None:
    assert "0101000" not in mask_text(text).replace(" ", "")
    assert "2000" not in mask_text(text)
