"""Dates as people tell them: lunar, feast days, 上个月初, 前天; the last one past unless the future is meant."""

import re
from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from nlu.extractors.numbers import plain_value
from nlu.extractors.quiet import quiet_import
from nlu.extractors.text import after_correction, narrow

_CN: Final = "零〇一二三四五六七八九"
_NUM: Final = r"(?:\d{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_YEAR: Final = (
    rf"(?P<year>(?:19|20)\d\d|\d\d|[{_CN}]{{4}}|[{_CN}]{{2}}|大前|今|去|前|明|后|上|本|当|同)年(?:的)?"
)
_FULL: Final = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)\s*[-/.年]\s*(?P<m>\d{1,2})(?:\s*[-/.月]\s*(?P<d>\d{1,2}))?(?!\d)"
)
_COMPACT: Final = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)?(?!\d)")
_SHORT_DOT: Final = re.compile(r"(?<![\d.])(?P<m>\d{1,2})[./\-](?P<d>\d{1,2})(?![\d.])")
_MONTH_DAY: Final = re.compile(
    rf"(?:{_YEAR})?\s*(?P<m>{_NUM})月份?(?:的)?\s*(?:(?P<d>{_NUM})(?:[号日]|(?![\d个天多月])))?(?P<part>初|底|末|"
    rf"中旬|上旬|下旬|中)?"
)
_YEAR_AFTER: Final = _YEAR.replace("year", "year2")
_LUNAR: Final = re.compile(
    rf"(?:{_YEAR})?(?P<mark>农历|阴历|旧历|老历)?(?:{_YEAR_AFTER})?(?P<leap>闰)?(?P<m>正|冬|腊|{_NUM}"
    rf")月(?:的)?(?P<d>初[一二三四五六七八九十]|廿[一二三四五六七八九]?|{_NUM}|三十)?[号日]?"
)
_RELATIVE_DAYS: Final = {
    "大前天": -3,
    "前天": -2,
    "前晚": -2,
    "昨天": -1,
    "昨日": -1,
    "昨晚": -1,
    "昨儿": -1,
    "今天": 0,
    "今日": 0,
    "今早": 0,
    "今晚": 0,
    "今儿": 0,
    "刚才": 0,
    "刚刚": 0,
    "当天": 0,
    "明天": 1,
    "明日": 1,
    "明早": 1,
    "后天": 2,
    "大后天": 3,
}
_DAY_WORD: Final = re.compile("|".join(sorted(_RELATIVE_DAYS, key=len, reverse=True)))
_WEEK: Final = re.compile(
    r"(?P<which>上上个?|上个?|这个?|本|下下个?|下个?)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末1-6])"
)
_AGO: Final = re.compile(
    rf"(?P<n>半|{_NUM}|两|几)(?:个)?(?P<half>半)?多?(?P<u>天|日|周|星期|礼拜|月|年)(?:多)?(?:以前|之前|前(?!面))"
)
_LATER: Final = re.compile(
    rf"(?:再过|过)?(?P<n>半|{_NUM}|两)(?:个)?(?P<u>天|周|星期|礼拜|月)(?:以后|之后|后(?!面))"
)
_REL_MONTH: Final = re.compile(
    rf"(?P<which>上上个?月|大上个?月|上个?月|这个?月|本月|当月|下个?月)(?:的)?\s*(?:(?P<d>{_NUM}"
    rf")[号日])?(?P<part>初|底|末|中旬|上旬|下旬)?"
)
_DAY_ONLY: Final = re.compile(rf"(?<![\d月\-/.])(?P<d>{_NUM})[号日](?!线|楼|厂|院|门|车间)")
_YEAR_PART: Final = re.compile(rf"(?:{_YEAR})?\s*(?P<part>年初|年底|年末|年尾|年头|年中|底|初)")
_FEASTS: Final = {
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
_LUNAR_FEASTS: Final = {
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
_FEAST_NAMES: Final = "|".join(sorted({**_FEASTS, **_LUNAR_FEASTS}, key=len, reverse=True))
_FEAST: Final = re.compile(
    rf"(?:{_YEAR})?(?:的)?(?P<f>{_FEAST_NAMES})(?!月(?!十五)|[号日])(?P<off>前(?:一天|夕)|后(?:一天)?)?"
)
_MONTH_PAIR: Final = re.compile(r"([一二三四五六七八])[二三四五六七八九](?:两个)?月")
_LUNAR_MARK: Final = re.compile(r"农历|阴历|旧历|老历|正月|腊月|冬月|闰")
_FUTURE: Final = re.compile(
    r"预产期|打算|准备|计划|将来|以后|什么时候(?:要|能|可以)|哪天(?:要|开庭|去)|开庭|到期|预计|下次|约|方便|"
    r"几时来|将|还有"
)
_FUTURE_SAID: Final = re.compile(r"打算|准备|计划|预产期|明年|下个?月|下周|到期|将|之后要|还没到")


def parse_date(text: str, now: date, *, future: bool = False, keep_year: bool = False) -> str | None:
    """`YYYY-MM-DD` or `YYYY-MM` for a date told in `text`; None when there is none or it cannot exist.

    `keep_year`: a year alone comes back as `YYYY`.
    """
    plain = after_correction(
        narrow(text).replace(" ", ""), needs=re.compile(r"[\d一二三四五六七八九十天年节月周]")
    )
    plain = _MONTH_PAIR.sub(r"\1月", plain)
    future = future or bool(_FUTURE_SAID.search(plain))
    for reader in (_numeric, _explicit_day, _feast, _lunar, _month_day, _relative, _ago):
        found = reader(plain, now, future)
        if found is not None:
            return found or None
    if keep_year and (year := re.search(_YEAR, plain)):
        return str(_year(year["year"], now))
    return None


def answer_date(text: str, now: date, ask: str = "") -> str | None:
    """`parse_date` for an answer; the question tells whether the future is meant."""
    return parse_date(text, now, future=bool(_FUTURE.search(ask)))


def _iso(year: int, month: int, day: int | None = None) -> str:
    """The date in ISO form, or an empty string (found but impossible)."""
    if not 1 <= month <= 12 or not 1900 <= year <= 2200:
        return ""
    if day is None:
        return f"{year:04d}-{month:02d}"
    if not 1 <= day <= monthrange(year, month)[1]:
        return ""
    return f"{year:04d}-{month:02d}-{day:02d}"


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    value = plain_value(word.replace("廿", "二十").removeprefix("初"))
    return int(value or 0)


def _year(word: str | None, now: date) -> int | None:
    if not word:
        return None
    relative = {
        "大前": -3,
        "前": -2,
        "去": -1,
        "上": -1,
        "今": 0,
        "本": 0,
        "当": 0,
        "同": 0,
        "明": 1,
        "后": 2,
    }
    if word in relative:
        return now.year + relative[word]
    digits = int(word.translate(str.maketrans(_CN, "00123456789")))
    if digits < 100:
        digits += 2000 if digits <= now.year % 100 + 1 else 1900
    return digits


def _nearest_year(now: date, month: int, day: int | None, *, future: bool) -> int:
    """The year that makes a month or day the last one past, or the next one."""
    here = (month, day or (1 if not future else 31))
    today = (now.month, now.day)
    if future:
        return now.year if here >= today else now.year + 1
    return now.year if here <= today else now.year - 1


def _numeric(text: str, now: date, future: bool) -> str | None:
    if match := _FULL.search(text) or _COMPACT.search(text):
        return _iso(int(match["y"]), int(match["m"]), int(match["d"]) if match["d"] else None)
    match = _SHORT_DOT.search(text)
    if match and not re.match(r"[万千元块个月年]", text[match.end() :]):
        month, day = int(match["m"]), int(match["d"])
        return _iso(_nearest_year(now, month, day, future=future), month, day)
    return None


def _explicit_day(text: str, now: date, future: bool) -> str | None:
    """国庆过后10月9号: a day said in full wins over a feast beside it."""
    if _LUNAR_MARK.search(text):
        return None
    said = [
        m
        for m in _MONTH_DAY.finditer(text)
        if m["d"] and (m["d"].isdigit() or text[m.end("d") :][:1] in {"号", "日"})
    ]
    return _of_month_day(said[0], now, future) if said else None


def _feast(text: str, now: date, future: bool) -> str | None:
    match = _FEAST.search(text)
    if match is None or (
        match["f"] == "十一" and re.match(r"月|个|天|年|号|岁|点|万|块", text[match.end("f") :])
    ):
        return None
    name, said = match["f"], _year(match["year"], now)
    if name in _FEASTS:
        month, day = _FEASTS[name]
        year = said or _nearest_year(now, month, day, future=future)
        return _iso(year, month, day)
    return _lunar_iso(now, said, *_LUNAR_FEASTS[name], future=future, feast=True)


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


def _lunar_iso(
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


def _lunar(text: str, now: date, future: bool) -> str | None:
    for match in _LUNAR.finditer(text):
        day = match["d"]
        marked = (
            match["mark"]
            or match["m"] in "正冬腊"
            or match["leap"]
            or (day or "").startswith(("初", "廿"))
            or re.search(r"农历|阴历|旧历|老历", text)
        )
        if not marked:
            continue
        month = {"正": 1, "冬": 11, "腊": 12}.get(match["m"]) or _number(match["m"])
        number = _number(day) if day else None
        if not 1 <= month <= 12 or (number is not None and not 1 <= number <= 30):
            return ""
        said = _year(match["year"] or match["year2"], now)
        return _lunar_iso(now, said, month, number, future=future, leap=bool(match["leap"]))
    return None


def _month_day(text: str, now: date, future: bool) -> str | None:
    match = _MONTH_DAY.search(text)
    return _year_part(text, now, future) if match is None else _of_month_day(match, now, future)


def _of_month_day(match: re.Match[str], now: date, future: bool) -> str:
    month, day = _number(match["m"]), _number(match["d"]) if match["d"] else None
    if not 1 <= month <= 12:
        return ""
    year = _year(match["year"], now) or _nearest_year(now, month, day, future=future)
    return _iso(year, month, day)


def _year_part(text: str, now: date, future: bool) -> str | None:
    match = _YEAR_PART.search(text)
    if match is None or re.search(r"月(?:底|初)", text):
        return None
    month = {"年初": 1, "年头": 1, "初": 1, "年中": 6}.get(match["part"], 12)
    if match["part"] in {"底", "初"} and not match["year"]:
        return None
    return _iso(_year(match["year"], now) or _nearest_year(now, month, None, future=future), month)


def _relative(text: str, now: date, future: bool) -> str | None:
    if match := _DAY_WORD.search(text):
        return (now + timedelta(days=_RELATIVE_DAYS[match.group()])).isoformat()
    if match := _REL_MONTH.search(text):
        return _relative_month(match, now)
    if match := _WEEK.search(text):
        return _weekday(match, now, future)
    match = _DAY_ONLY.search(text)
    return None if match is None else _day_of_month(_number(match["d"]), now, future)


def _relative_month(match: re.Match[str], now: date) -> str:
    word = match["which"]
    shift = (
        -2
        if word.startswith(("上上", "大上"))
        else -1
        if word.startswith("上")
        else 1
        if word.startswith("下")
        else 0
    )
    index = now.year * 12 + now.month - 1 + shift
    return _iso(index // 12, index % 12 + 1, _number(match["d"]) if match["d"] else None)


def _weekday(match: re.Match[str], now: date, future: bool) -> str:
    weekday = {"末": 5, "日": 6, "天": 6}.get(match["day"])
    if weekday is None:
        weekday = _number(match["day"]) - 1
    monday = now - timedelta(days=now.weekday())
    which = match["which"] or ""
    weeks = which.count("下") - which.count("上")
    found = monday + timedelta(days=weekday, weeks=weeks)
    if not which and not future and found > now:
        found -= timedelta(weeks=1)
    if not which and future and found < now:
        found += timedelta(weeks=1)
    return found.isoformat()


def _day_of_month(day: int, now: date, future: bool) -> str:
    index = now.year * 12 + now.month - 1
    if not future and day > now.day:
        index -= 1
    if future and day < now.day:
        index += 1
    return _iso(index // 12, index % 12 + 1, day)


def _ago(text: str, now: date, _future: bool) -> str | None:
    match = _AGO.search(text)
    direction = -1
    if match is None:
        match, direction = _LATER.search(text), 1
    if match is None or match["n"] == "几":
        return None
    count = 0.5 if match["n"] == "半" else float(_number(match["n"].replace("两", "二")))
    unit = match["u"]
    if unit in "天日":
        return (now + timedelta(days=direction * int(count))).isoformat()
    if unit in {"周", "星期", "礼拜"}:
        return (now + timedelta(days=direction * int(count * 7))).isoformat()
    if unit == "月" and count < 1:
        return (now + timedelta(days=direction * 15)).isoformat()
    months = int(count * (12 if unit == "年" else 1))
    if unit == "年" and count >= 1:
        return None
    index = now.year * 12 + now.month - 1 + direction * months
    return _iso(index // 12, index % 12 + 1)
