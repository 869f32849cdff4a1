"""Tables that people open in a spreadsheet program: no cell of ours is ever carried out as a formula.

Every export uses these two functions. A value that somebody typed and that begins like a formula would be computed
on the computer of the cadre who opens the file (CSV injection); it gets an apostrophe before it, and in .xlsx every
text is stored as text.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

Cell = str | int | float | bool | date | datetime | None
FORMULA_STARTS: Final = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
)  # also full-width: some read them so
CELL_CHARACTERS: Final = 32_767  # the most that a cell of .xlsx holds
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SHEET_TITLE: Final = re.compile(r"[\\/?*\[\]:]")
APOSTROPHE: Final = "'"


def safe_text(value: str) -> str:
    """Return the text so that no spreadsheet program takes it for a formula; other text stays as it is."""
    clean = _CONTROL.sub("", value)
    dangerous = clean.startswith(FORMULA_STARTS) or clean.lstrip().startswith(FORMULA_STARTS)
    return (APOSTROPHE + clean if dangerous else clean)[:CELL_CHARACTERS]


def without_guard(value: str) -> str:
    """Return what `safe_text` was given: for lists of ours that are imported again."""
    guarded = value.startswith(APOSTROPHE) and value[1:].lstrip().startswith(FORMULA_STARTS)
    return value[1:] if guarded else value


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a CSV file in UTF-8 with the mark that spreadsheet programs need to read Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe_text(heading) for heading in headings])
    writer.writerows([_plain(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _plain(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, date):  # also a datetime
        return value.isoformat()
    return safe_text(value) if isinstance(value, str) else value


def to_xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a workbook with one sheet; texts are texts, numbers and dates are numbers and dates."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_SHEET_TITLE.sub("", _CONTROL.sub("", title))[:31].strip("' \t\r\n") or "1")

    def cells(row: Sequence[Cell]) -> list[object]:
        return [_text_cell(value) if isinstance(value, str) else _zoneless(value) for value in row]

    def _text_cell(value: str) -> object:
        cell = WriteOnlyCell(sheet, value=safe_text(value))
        cell.data_type = "s"
        return cell

    sheet.append(cells(headings))
    for row in rows:
        sheet.append(cells(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _zoneless(value: object) -> object:
    """A spreadsheet knows no time zones."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
