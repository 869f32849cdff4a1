"""Reading one answer as its kind says: money, dates, choices, rows. Every refusal names the field."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from knowledge.calculators.values import InvalidInputError, Value
from knowledge.calculators.wording import Choice, Column, Field, common

LARGEST_MONEY = Decimal(100_000_000)  # a hundred million yuan: beyond it somebody held a key down
LARGEST_NUMBER = Decimal(100_000)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_DATE = re.compile(r"(\d{4})\s*[-年./]\s*(\d{1,2})\s*[-月./]\s*(\d{1,2})\s*[日号]?")
_MONTH = re.compile(r"(\d{4})\s*[-年./]\s*(\d{1,2})\s*月?(?:份)?")
_NUMBER_NOISE = re.compile(r"[,，\s￥¥]|元$|块钱?$")
_CELLS = re.compile(r"[\s,，;；、|]+")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－：", "0123456789.-:")


def read(field: Field, given: object) -> Any:
    """The typed value of one answer. Raises InvalidInputError."""
    return _READERS[field.kind](field, given)


def empty(given: object) -> bool:
    """True for what counts as not answered."""
    if isinstance(given, str):
        return not given.strip()
    return given is None or (isinstance(given, Sequence) and not given)


def wrong(field: Field | Column, key: str, **values: Value) -> InvalidInputError:
    """The refusal of an answer, with the label for its sentence."""
    return InvalidInputError(field.name, key, MappingProxyType({"label": field.label, **values}))


def _text(given: object) -> str:
    return str(given).strip().translate(_FULL_WIDTH)


def _number(field: Field | Column, given: object, largest: Decimal = LARGEST_NUMBER) -> Decimal:
    try:
        number = Decimal(_NUMBER_NOISE.sub("", _text(given)))
    except InvalidOperation as error:
        raise wrong(field, "not_a_number") from error
    if not number.is_finite():
        raise wrong(field, "not_a_number")
    if number < 0:
        raise wrong(field, "negative")
    if number > largest:
        raise wrong(field, "too_large")
    return number


def _money(field: Field | Column, given: object) -> Decimal:
    return _number(field, given, LARGEST_MONEY)


def _integer(field: Field | Column, given: object) -> int:
    number = _number(field, given)
    if number != number.to_integral_value():
        raise wrong(field, "not_whole")
    return int(number)


def _date(field: Field | Column, given: object) -> date:
    if isinstance(given, date):
        return given
    found = _DATE.fullmatch(_text(given))
    day = _day(*map(int, found.groups())) if found else None
    if day is None:
        raise wrong(field, "not_a_date")
    return day


def _month(field: Field | Column, given: object) -> date:
    if isinstance(given, date):
        return given.replace(day=1)
    found = _MONTH.fullmatch(_text(given)) or _DATE.fullmatch(_text(given))
    day = _day(int(found[1]), int(found[2]), 1) if found else None
    if day is None:
        raise wrong(field, "not_a_month")
    return day


def _day(year: int, month: int, day: int) -> date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None  # 30 February: the caller says which field is wrong


def _choice(field: Field, given: object) -> str:
    said = _text(given)
    for choice in field.choices:
        if said in _names(choice):
            return choice.value
    raise wrong(field, "not_a_choice")


def _names(choice: Choice) -> tuple[str, ...]:
    return (choice.value, choice.label, *choice.words)


def _yes_no(field: Field, given: object) -> bool:
    if isinstance(given, bool):
        return given
    said = _text(given).lower()
    if said in common().yes_words:
        return True
    if said in common().no_words:
        return False
    raise wrong(field, "not_yes_or_no")


def _region(field: Field, given: object) -> str:
    said = re.sub(r"\s", "", _text(given))
    if not re.fullmatch(r"[\u4e00-\u9fff]{2,40}", said):
        raise wrong(field, "not_a_region")
    return said


def _rows(field: Field, given: object) -> tuple[dict[str, Any], ...]:
    """Rows from lines of text (cells in the order of the columns) or from a list of mappings."""
    lines: Sequence[object]
    if isinstance(given, str):
        lines = [line for line in given.splitlines() if line.strip()]
    elif isinstance(given, Sequence):
        lines = given
    else:
        raise _incomplete(field, 1)
    return tuple(_row(field, line, number) for number, line in enumerate(lines, 1))


def _row(field: Field, line: object, number: int) -> dict[str, Any]:
    if isinstance(line, Mapping):
        cells = {column.name: line.get(column.name) for column in field.columns}
    else:
        written = [cell for cell in _CELLS.split(str(line).strip()) if cell]
        if len(written) > len(field.columns):
            raise _incomplete(field, number)
        cells = dict(zip((column.name for column in field.columns), written, strict=False))
    row: dict[str, Any] = {}
    for column in field.columns:
        given = cells.get(column.name)
        if not empty(given):
            row[column.name] = _CELL_READERS[column.kind](column, given)
        elif column.required:
            raise _incomplete(field, number)
    return row


def _incomplete(field: Field, number: int) -> InvalidInputError:
    return wrong(field, "row_incomplete", row=number, columns=" ".join(c.label for c in field.columns))


_CELL_READERS: Mapping[str, Callable[[Column, object], Any]] = {
    "money": _money,
    "number": _number,
    "integer": _integer,
    "date": _date,
    "month": _month,
}
_READERS: Mapping[str, Callable[[Field, object], Any]] = {
    "money": _money,
    "number": _number,
    "integer": _integer,
    "date": _date,
    "month": _month,
    "choice": _choice,
    "yes_no": _yes_no,
    "region": _region,
    "rows": _rows,
}
