"""The Chinese calendar: feast days and lunar days as solar dates."""

import re
from datetime import date
from functools import cache
from typing import Any, Final

from nlu.extractors.quiet import quiet_import

FEASTS: Final = {
    "元旦": (1, 1),
    "三八节": (3, 8),
    "三八妇女节": (3, 8),
    "妇女节": (3, 8),
    "泼水节": (4, 13),
    "五一": (5, 1),
    "劳动节": (5, 1),
    "六一": (6, 1),
    "儿童节": (6, 1),
    "七一": (7, 1),
    "八一": (8, 1),
    "建军节": (8, 1),
    "教师节": (9, 10),
    "国庆": (10, 1),
    "十一": (10, 1),
    "双十一": (11, 11),
    "圣诞": (12, 25),
    "情人节": (2, 14),
    "双十二": (12, 12),
}
# Month, and the constants of the common day formula for the 20th and 21st centuries.
_SOLAR_TERMS: Final = {"清明": (4, 5.59, 4.81), "冬至": (12, 22.60, 21.94)}
LUNAR_FEASTS: Final = {
    "春节": (1, 1),
    "大年初一": (1, 1),
    "过年": (1, 1),
    "元宵": (1, 15),
    "正月十五": (1, 15),
    "端午": (5, 5),
    "火把节": (6, 24),
    "七夕": (7, 7),
    "中元": (7, 15),
    "中秋": (8, 15),
    "八月十五": (8, 15),
    "重阳": (9, 9),
    "腊八": (12, 8),
    "小年": (12, 23),
    "除夕": (12, 30),
    "大年三十": (12, 30),
    "年三十": (12, 30),
}
FEAST_NAMES: Final = "|".join(sorted({**FEASTS, **LUNAR_FEASTS, **_SOLAR_TERMS}, key=len, reverse=True))

# 大年初六, 春节初五 and 年二十八 name lunar days of the turn of the year.
_NEW_YEAR_DAY: Final = re.compile(r"(?:大年|春节|过年)(?=初[一二三四五六七八九十])|大年(?=十[一二三四五])")
_YEAR_END_DAY: Final = re.compile(r"大年(?=二十|廿)|(?<![今去前明后\d])年(?=廿)")


def solar_term(name: str, year: int) -> tuple[int, int] | None:
    """Month and day of 清明 or 冬至 in a year; None for another name."""
    if name not in _SOLAR_TERMS:
        return None
    month, last_century, this_century = _SOLAR_TERMS[name]
    short = year % 100
    return month, int(short * 0.2422 + (this_century if year >= 2000 else last_century)) - short // 4


def plain_new_year(text: str) -> str:
    """大年初六 as 正月初六, 大年二十八 as 腊月二十八."""
    return _YEAR_END_DAY.sub("腊月", _NEW_YEAR_DAY.sub("正月", text))


@cache
def _jionlp() -> Any:
    with quiet_import():
        import jionlp
    return jionlp


def warm_up() -> None:
    """Load the lunar calendar, so that the first date doesn't wait for it."""
    _solar(2025, 1, 1, leap=False)


@cache
def _solar(year: int, month: int, day: int, *, leap: bool) -> date | None:
    try:
        found: date = _jionlp().lunar2solar(year, month, day, leap).date()
    except (ValueError, IndexError, KeyError, TypeError):
        return None
    return found


def _lunar_day(year: int, month: int, day: int, *, leap: bool) -> date | None:
    found = _solar(year, month, day, leap=leap)
    if found is None and day == 30 and month == 12:
        return _solar(year, month, 29, leap=leap)
    return found


def lunar_iso(
    now: date,
    year: int | None,
    month: int,
    day: int | None,
    *,
    future: bool,
    feast: bool = False,
    leap: bool = False,
) -> str:
    """A lunar day in the solar calendar. A feast named with a year (去年除夕) means the solar year it opens."""
    years = (
        [year]
        if year
        else ([now.year - 1, now.year, now.year + 1] if future else [now.year, now.year - 1, now.year - 2])
    )
    if feast and month == 12 and year and day and day >= 29:
        years = [year - 1]
    for candidate in years:
        found = _lunar_day(candidate, month, day or 1, leap=leap)
        if found and (year or (found >= now if future else found <= now)):
            return found.isoformat() if day else found.isoformat()[:7]
    return ""
