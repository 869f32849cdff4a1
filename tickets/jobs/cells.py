"""Reading one cell of a list of postings, as people write them: 4.5千, 6000-8000, 不限, 2026年11月30日, ４５００."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from nlu.extractors import regions
from tickets.jobs.words import words
from tickets.spreadsheets import without_guard

Raw = object  # str from a CSV file; also numbers, dates and truth values from a workbook
MOST_YUAN: Final = 1_000_000
MOST_PEOPLE: Final = 100_000
AGES: Final = range(16, 101)  # below 16: 劳动法 art. 15 forbids it
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_EXCEL_DAYS: Final = range(30_000, 80_000)  # 1982 to 2119
_ERROR: Final = re.compile(r"^#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)$")
_NUMBER: Final = r"(\d+(?:\.\d+)?)(万|千|百|[wk])?(\d)?"
_AMOUNT: Final = re.compile(rf"^(?:约|大约|月薪|底薪)?{_NUMBER}(?:以上|左右|起)?$")
_RANGE: Final = re.compile(rf"^{_NUMBER}(?:-|~|—|–|至|到){_NUMBER}$")
_MONEY_NOISE: Final = re.compile(
    r"[,\s¥￥$]|元|块钱?|/?(?:每?个?月|每?[天日]|每?小时)$|人民币|RMB", re.IGNORECASE
)
_SCALE: Final = {"": 1, "百": 100, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000}
_COUNT_NOISE: Final = re.compile(r"[,\s]|周?岁|人|名|个|左右|以上|以下|及")
_DATE: Final = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\D.*)?$")
_COMPACT_DATE: Final = re.compile(r"^(\d{4})(\d{2})(\d{2})$")


class WrongCell(Exception):
    """A cell can't be used; the text says why, in Chinese."""


def _wrong(key: str, **values: object) -> WrongCell:
    return WrongCell(words().problem(key, **values))


def text(value: Raw, limit: int = 0) -> str | None:
    """Return the cell as text without blanks around it, None when empty; raises WrongCell above `limit` characters."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 13887123456.0
    if isinstance(value, datetime):
        value = value.date().isoformat()
    clean = without_guard(str(value).replace("\x00", "").strip(" \t\r\n\u3000\ufeff"))
    if _ERROR.match(clean):
        raise _wrong("formula")
    if limit and len(clean) > limit:
        raise _wrong("too_long", limit=limit)
    return clean or None


def plain(value: Raw) -> str:
    """Return the cell in half-width, lower case, without blanks: for reading, not for keeping."""
    found = text(value)
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", found)).lower() if found else ""


def wage(value: Raw) -> tuple[int | None, int | None]:
    """Return (lower, upper) in yuan; (None, None) for an empty cell and 面议; raises WrongCell."""
    said = _MONEY_NOISE.sub("", plain(value))
    if not said or said in words().among("open_wage"):
        return None, None
    both = _RANGE.match(said)
    if both is not None:
        scale = both[2] or (both[5] if float(both[1]) < float(both[4]) else None)  # 4-6千 is 4千 to 6千
        return _yuan(both[1], scale, both[3], value), _yuan(both[4], both[5], both[6], value)
    one = _AMOUNT.match(said)
    if one is not None:
        return _yuan(one[1], one[2], one[3], value), None
    found = _spoken(said)
    if found is None:
        raise _wrong("wage", value=_short(value))
    return _in_range(found), None


def _yuan(number: str, scale: str | None, rest: str | None, value: Raw) -> int:
    if rest is not None and scale is None:
        raise _wrong("wage", value=_short(value))
    factor = _SCALE[scale or ""]
    return _in_range(round(float(number) * factor + int(rest or 0) * factor / 10))


def _in_range(amount: int) -> int:
    if not 1 <= amount <= MOST_YUAN:
        raise _wrong("wage_range", limit=f"{MOST_YUAN:,}")
    return amount


def _spoken(said: str) -> int | None:
    from nlu import entities

    found = entities.parse_slot("amount_yuan", said, date(2026, 1, 1))
    return round(found) if isinstance(found, int | float) else None


def _short(value: Raw) -> str:
    shown = str(value).strip()
    return shown if len(shown) <= 20 else shown[:20] + "…"


def unit(value: Raw) -> str:
    """Return month, day, hour or piece; a month when empty."""
    said = plain(value)
    found = words().units.get(said) if said else "month"
    if found is None:
        raise _wrong("wage_unit", value=_short(value))
    return found


def counts(value: Raw) -> tuple[int | None, int | None]:
    """Return (first, second) number of a cell such as 5人 or 18-45岁; (None, None) for an empty one and 不限."""
    said = _COUNT_NOISE.sub("", plain(value))
    if not said or said in words().among("any_number"):
        return None, None
    found = re.match(r"^(\d{1,7})(?:\.0)?(?:(?:-|~|—|–|至|到)(\d{1,7}))?$", said)
    if found is None:
        raise _wrong("number", value=_short(value))
    return int(found[1]), int(found[2]) if found[2] else None


def people(value: Raw) -> int | None:
    """Return how many are looked for; of a range the lower number."""
    number = counts(value)[0]
    if number is not None and not 1 <= number <= MOST_PEOPLE:
        raise _wrong("people", limit=f"{MOST_PEOPLE:,}")
    return number


def age(value: Raw) -> tuple[int | None, int | None]:
    """Return (from, to) in years; raises WrongCell for one who may not be employed."""
    low, high = counts(value)
    if any(number is not None and number not in AGES for number in (low, high)):
        raise _wrong("age")
    return low, high


def flag(value: Raw) -> bool | None:
    """Return yes or no, None for an empty cell."""
    said = plain(value)
    if not said or said in words().among("any_number") - words().among("no"):
        return None
    if said in words().among("yes"):
        return True
    if said in words().among("no"):
        return False
    raise _wrong("flag", value=_short(value))


def day(value: Raw) -> date | None:
    """Return the date; None for an empty cell and 长期; raises WrongCell for 11月31日 and what names no year."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    said = plain(value)
    if not said or said in words().among("any_number"):
        return None
    if said.isdigit() and len(said) == 5 and int(said) in _EXCEL_DAYS:
        return _EXCEL_EPOCH + timedelta(days=int(said))
    found = _DATE.match(said) or _COMPACT_DATE.match(said)
    try:
        return date(*(int(part) for part in found.groups())) if found else _no_date(value)
    except ValueError:
        return _no_date(value)


def _no_date(value: Raw) -> date:
    raise _wrong("date", value=_short(value))


def trade(value: Raw, title: Raw) -> str:
    """Return the trade that the cell names, or the posting's title where it names none; raises WrongCell."""
    for said in (plain(value), plain(title)):
        found = trade_of(said) if said else None
        if found is not None:
            return found
    raise _wrong("trade", labels="、".join(words().trades.values()))


@lru_cache(maxsize=4096)
def trade_of(said: str) -> str | None:
    """Return the trade that the words name: by value, by label, else by the longest word in them."""
    if said in words().trades:
        return said
    return next((name for word, name in words().trade_words if word in said), None)


def region(value: Raw) -> str:
    """Return the full official name; raises WrongCell when the table of regions does not know it."""
    said = plain(value)
    found = _region(said) if said else None
    if found is None:
        raise _wrong("region")
    return found


@lru_cache(maxsize=4096)
def _region(said: str) -> str | None:
    return regions.workplace(said, words().column("region"))
