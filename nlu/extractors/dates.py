"""Dates as people tell them: lunar, feast days, 上个月初, 前天; the last one past unless the future is meant."""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from nlu.extractors.lunar import FEAST_NAMES, FEASTS, LUNAR_FEASTS, lunar_iso, plain_new_year, solar_term
from nlu.extractors.numbers import plain_value
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
    rf"(?:{_YEAR})?\s*(?P<m>{_NUM})月份?(?:的)?\s*(?:(?P<d>{_NUM})(?:[号日]|(?![\d个天多月直共起样些定般])))?(?P<part>初|底|末|"
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
    r"(?P<which>上上个?|上个?|这个?|本|下下个?|下个?)?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末1-6])(?!\d)"
)
_AGO: Final = re.compile(
    rf"(?P<n>半|{_NUM}|两|几)(?:个)?(?P<half>半)?多?(?P<u>天|日|周|星期|礼拜|月|年)(?:多)?(?:以前|之前|前(?!面))"
)
_LATER: Final = re.compile(
    rf"(?:再过|过)?(?P<n>半|{_NUM}|两)(?:个)?(?P<u>天|周|星期|礼拜|月)(?:以后|之后|后(?!面))"
)
_REL_MONTH: Final = re.compile(
    rf"(?P<which>上上个?月|大上个?月|上个?月|这个?月|本月|当月|下个?月)(?:的)?\s*(?:(?P<d>{_NUM}"
    rf")(?:[号日]|(?![\d个天多月直共起样些定般次半])))?(?P<part>初|底|末|中旬|上旬|下旬)?"
)
_DAY_ONLY: Final = re.compile(rf"(?<![\d月\-/.])(?P<d>{_NUM})[号日](?!线|楼|厂|院|门|车间)")
_YEAR_PART: Final = re.compile(rf"(?:{_YEAR})?\s*(?P<part>年初|年底|年末|年尾|年头|年中|底|初)")
_FEAST: Final = re.compile(
    rf"(?:{_YEAR})?(?:的)?(?P<f>{FEAST_NAMES})(?!月(?!十五)|[号日])(?:节|放假|假期)*"
    rf"(?:第(?P<nth>{_NUM})天|(?P<off>前一天|前夕|后一天|第二天|的?前后|期间|左右|那几天|那阵|那段|(?:之|以)?前|(?:之|以|过|完)?后))?"
)
_NEXT_TO: Final = {"前一天": -1, "前夕": -1, "后一天": 1, "第二天": 1}
_CODE: Final = re.compile(rf"[\d{_CN}幺]{{10,}}")
"""A phone or ID number holds no date."""
_NEARLY: Final = re.compile(r"(?:快要?|临近|接近|将近|要)到?$")
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
    plain = plain_new_year(_MONTH_PAIR.sub(r"\1月", plain))
    if _CODE.search(re.sub(r"[-,,.·]", "", plain)):
        return None
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
    if match is None or (match["f"][-1] == "一" and _is_figure(text, match)):
        return None
    if _NEARLY.search(text[: match.start()]):
        return ""  # 快过年的时候 is no date
    name, said = match["f"], _year(match["year"], now)
    solar = FEASTS.get(name) or solar_term(name, said or now.year)
    if solar:
        month, day = solar
        year = said or _nearest_year(now, month, day, future=future)
        found = _iso(year, *(solar_term(name, year) or solar))
    else:
        found = lunar_iso(now, said, *LUNAR_FEASTS[name], future=future, feast=True)
    return _beside(found, match["off"], match["nth"])


def _is_figure(text: str, feast: re.Match[str]) -> bool:
    """Whether 十一, 八一, 五一 are part of a number: 一百八一天, 十一个月."""
    after, before = text[feast.end("f") :], text[: feast.start("f")]
    return bool(
        re.match(rf"[月个天年号岁点万块千百十{_CN}]", after) or re.search(rf"[\d{_CN}十百千万幺两]$", before)
    )


def _beside(feast: str, off: str | None, nth: str | None) -> str:
    """国庆前一天 and 国庆第三天 are days; 国庆后 and 国庆期间 only name a month."""
    if not feast or not (off or nth):
        return feast
    day = date.fromisoformat(feast)
    if nth:
        return (day + timedelta(days=_number(nth) - 1)).isoformat()
    if off in _NEXT_TO:
        return (day + timedelta(days=_NEXT_TO[off])).isoformat()
    week = 7 * (("后" in off) - ("前" in off)) if off else 0
    return (day + timedelta(days=week)).isoformat()[:7]


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
        return lunar_iso(now, said, month, number, future=future, leap=bool(match["leap"]))
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
    if match := re.search(r"(大前|前|去)年的?(?:今天|今日|这个?时候|此时)", text):
        year = _year(match[1], now) or now.year
        return _iso(year, now.month, None if "时" in match.group() else now.day)
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
