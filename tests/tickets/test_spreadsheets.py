"""What leaves as a table is never carried out as a formula."""

import csv
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tickets.spreadsheets import FORMULA_STARTS, safe_text, to_csv, to_xlsx, without_guard

ATTACKS = [
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "＝1+1",
    "－1",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_formulas_become_text_in_csv(attack):
    rows = list(csv.reader(io.StringIO(to_csv(["说明"], [[attack]]).decode("utf-8-sig"), newline="")))
    assert rows[1] == ["'" + attack]


@pytest.mark.parametrize("attack", ATTACKS)
def test_formulas_become_text_in_xlsx(attack):
    sheet = load_workbook(io.BytesIO(to_xlsx("岗位", [attack], [[attack]]))).worksheets[0]
    for cell in (sheet["A1"], sheet["A2"]):
        assert cell.data_type in {"s", "inlineStr"}
        assert str(cell.value).startswith("'")


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_begins_like_a_formula(text):
    safe = safe_text(text)
    assert not safe.lstrip().startswith(FORMULA_STARTS)
    assert to_csv([text], [[text]])
    assert to_xlsx(text, [text], [[text]])


@pytest.mark.parametrize("text", [*ATTACKS, "保安", "'quoted'", "3-5人", ""])
def test_our_own_lists_come_back_as_they_were(text):
    assert without_guard(safe_text(text)) == text


def test_numbers_dates_and_nothing_stay_what_they_are():
    day, moment = date(2026, 11, 30), datetime(2026, 11, 30, 8, tzinfo=UTC)
    sheet = load_workbook(io.BytesIO(to_xlsx("a/b", ["x"], [[-5, 2.5, day, moment, None, "文"]]))).worksheets[
        0
    ]
    assert [cell.value for cell in sheet[2]] == [
        -5,
        2.5,
        datetime(2026, 11, 30, tzinfo=UTC).replace(tzinfo=None),
        moment.replace(tzinfo=None),
        None,
        "文",
    ]
    assert to_csv(["x"], [[-5, None, day]]).decode("utf-8-sig").splitlines()[1] == "-5,,2026-11-30"
