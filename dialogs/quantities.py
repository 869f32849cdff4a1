"""Plain quantities in answers: 两个半小时, 一年半 as months, 一共20天每天2小时, days, months, and rows of pay."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from dialogs.flow import SlotStep
from nlu import entities
from nlu.extractors.numbers import Number, scan, tidy
from nlu.extractors.text import numerals

HOURS_A_DAY: Final = 8
_NONE: Final = re.compile(
    r"(?:一?个?也?|还|从来?|都)?(?:没有?|无|莫得|零)(?:了|呢|的|哦|过)?|没.{0,5}过|一分.{0,3}没.{0,3}"
)
_HALF: Final = re.compile(r"(?<![个\d年天月])半(?=个?(?:年|月|天|小时|钟头))")
_SAID: Final = re.compile(
    r"\s*(?:个|块|来)?(?P<half>半)?个?(?P<unit>年|月|天|日|小时|钟头|钟|周岁|岁|件|人|h)?(?P<more>半)?"
)
_EACH_DAY: Final = re.compile(r"每[天日]|天天|(?:一|1)[天日](?=.*(?:时|钟))")
_NO_NUMBER: Final = re.compile(
    r"一[共般直起些样下定旦]|统一|单一|万一|第一|星期[一二三四五六]|周[一二三四五六]到周[一二三四五六]|十[分足]"
)
_PER: Final = re.compile(r"(?:每|一|1)个?(?:天|日|小时|钟头|钟|件|月)")
_CHINESE_DIGITS: Final = "零一二三四五六七八九0123456789"
_FRACTION: Final = re.compile(
    rf"(?P<whole>[\d零一二两三四五六七八九十百]+)[块元](?P<part>[{_CHINESE_DIGITS}])[毛角]?(?![\d十百千万])"
)
_TWINS: Final = {"双胞胎": 2, "龙凤胎": 2, "三胞胎": 3, "四胞胎": 4}
_CELLS: Final = re.compile(r"[\s,，、|]+")
_LINES: Final = re.compile(r"[\n;；。]+")
_FACTORS: Final[Mapping[str, Mapping[str, float]]] = {
    "count": {"": 1, "人": 1, "件": 1},
    "years": {"": 1, "年": 1, "周岁": 1, "岁": 1, "月": 1 / 12},
    "months": {"": 1, "月": 1, "年": 12},
    "days": {"": 1, "天": 1, "日": 1},
    "hours": {"": 1, "小时": 1, "钟头": 1, "钟": 1, "h": 1, "天": HOURS_A_DAY, "日": HOURS_A_DAY},
}
_NAMES: Final = {"count": "", "years": "年", "months": "个月", "days": "天", "hours": "小时"}


def number(step: SlotStep, text: str, today: date) -> int | float | None:
    """The quantity in the step's unit; None when it can't be told without guessing."""
    if step.unit == "years":
        years = entities.parse_slot("work_years", text, today, step.ask)
        if isinstance(years, int | float):
            return years
    if _NONE.fullmatch(text.strip(" 。.!！,，")):
        return 0
    plain = _HALF.sub("0.5", _NO_NUMBER.sub("", numerals(text)))
    each_day = step.unit == "hours" and _EACH_DAY.match(plain)
    value = _per_day(plain) if each_day else _sum(plain, _FACTORS[step.unit])
    return None if value is None or value < 0 else tidy(value)


def _sum(plain: str, factors: Mapping[str, float]) -> float | None:
    """One quantity, or several of different units added up (3年5个月)."""
    said = [_read(found, plain) for found in scan(plain)]
    units = [unit for _, unit in said]
    if not said or "-" in plain[: scan(plain)[0].start] or len(set(units)) < len(units):
        return None
    if any(unit not in factors for unit in units) or (len(units) > 1 and "" in units):
        return None
    return sum(value * factors[unit] for value, unit in said)


def _per_day(plain: str) -> float | None:
    """每天2小时，一共20天 -> 40; without the number of days nothing is known."""
    rest = _EACH_DAY.sub("", plain, count=1)
    said = dict(reversed([(unit, value) for value, unit in (_read(found, rest) for found in scan(rest))]))
    hours = next((said[unit] for unit in ("小时", "钟头", "钟", "h") if unit in said), None)
    days = said.get("天", said.get("日"))
    return hours * days if hours is not None and days is not None else None


def _read(found: Number, plain: str) -> tuple[float, str]:
    match = _SAID.match(plain, found.end)
    assert match is not None  # every part of the pattern may be absent
    half = 0.5 if match["half"] or (match["more"] and match["unit"]) else 0.0
    return found.low + half, match["unit"] or ""


def integer(step: SlotStep, text: str, today: date) -> int | None:
    """A whole number."""
    twins = next((count for word, count in _TWINS.items() if word in text), None)
    if twins is not None:
        return twins
    value = number(step, text, today)
    return int(value) if value is not None and value == int(value) else None


def money(_step: SlotStep, text: str, _today: date) -> int | float | None:
    """A sum or a price in yuan, 2块5 with its decimals; two sums in one answer are not guessed at."""
    return _yuan(text)


def _yuan(text: str) -> int | float | None:
    if _NONE.fullmatch(text.strip(" 。.!！,，")):
        return 0
    plain = _FRACTION.sub(_decimals, _PER.sub("", _NO_NUMBER.sub("", numerals(text))))
    found = scan(plain)
    if len(found) != 1 or "-" in plain[: found[0].start]:
        return None
    return tidy(found[0].low)


def _decimals(match: re.Match[str]) -> str:
    """2块5, 十八块五毛 -> 2.5, 18.5; 5毛 stays what it is without its yuan."""
    whole = scan(match["whole"])
    return f"{whole[0].low + _CHINESE_DIGITS.index(match['part']) % 10 / 10:g}元" if whole else match[0]


def day(step: SlotStep, text: str, today: date) -> str | None:
    """A day; of a month said without its day, the first."""
    found = entities.parse_slot("date", text, today, step.ask)
    if found is None:
        return None
    return str(found) if len(str(found)) > len("2026-01") else f"{found}-01"


def month(step: SlotStep, text: str, today: date) -> str | None:
    """A month as 2026-07."""
    found = entities.parse_slot("date", text, today, step.ask)
    return None if found is None else str(found)[: len("2026-01")]


def rows(step: SlotStep, text: str, today: date) -> list[str] | None:
    """One line a row, its cells as the columns say; None when a line can't be read."""
    lines = [_row(step, line.strip(), today) for line in _LINES.split(text) if line.strip()]
    return [line for line in lines if line] if lines and all(lines) else None


def _row(step: SlotStep, line: str, today: date) -> str | None:
    cells = [cell for cell in _CELLS.split(line) if cell]
    if not 2 <= len(cells) <= len(step.columns):
        return None
    read = [_cell(kind, cell, today) for kind, cell in zip(step.columns, cells, strict=False)]
    return " ".join(cell for cell in read if cell) if all(read) else None


def _cell(kind: str, cell: str, today: date) -> str | None:
    if kind == "month":
        found = entities.parse_slot("date", cell, today)
        return None if found is None else str(found)[: len("2026-01")]
    found = _yuan(cell)
    return None if found is None else str(found)


def show(step: SlotStep, value: Any) -> str:
    """The value as a person reads it."""
    if step.type in {"number", "integer"}:
        return f"{value:g}{_NAMES[step.unit]}"
    if step.type == "money":
        return f"{value:,.0f}元" if float(value).is_integer() else f"{value:,.2f}元"
    if step.type == "rows":
        return "；".join(value)
    parts = [int(part) for part in str(value).split("-")]
    return "".join(f"{part}{name}" for part, name in zip(parts, "年月日", strict=False))


READERS: Final[Mapping[str, Callable[[SlotStep, str, date], Any | None]]] = {
    "number": number,
    "integer": integer,
    "money": money,
    "day": day,
    "month": month,
    "rows": rows,
}
