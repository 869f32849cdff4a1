"""Stretches of months: how many are owed, how many were worked."""

import re
from datetime import date
from typing import Final

from nlu.extractors.numbers import scan, tidy
from nlu.extractors.text import after_correction, is_question, numerals

_FIGURE: Final = re.compile(r"[0-9零一二两三四五六七八九十半]")
# A lunar month runs about a month later; 腊月 falls into the January after its year.
_MONTH_NAME: Final = {"正": 2, "冬": 12, "腊": 13} | {
    name: index
    for index, name in enumerate(
        ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"], 1
    )
}
_M: Final = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]|正|腊|冬)"
_Y: Final = r"(?:(?P<{0}>20\d\d|\d\d|二[零〇]二[一二三四五六七八九]|今|去|前|上|当|本|同)年(?:的)?)?"
_BOUND: Final = rf"{_Y.format('y1')}(?P<m1>{_M})月?份?(?:\d+[号日])?"
_UNTIL: Final = r"(?:现在|目前|今天|今年|如今|今|这个月|本月|上个?月|当下|至今)"
_FROM_TO: Final = re.compile(
    rf"{_BOUND}(?:开始|起)?(?:[,, ]?(?:一直|就|都))*(?:拖?欠|没发|没给|拖|压)?"
    rf"(?:工资|钱)?\s*(?:到|至|~|-|—|–)+(?:了)?\s*(?:{_Y.format('y2')}(?P<m2>{_M})月|"
    rf"(?P<now>{_UNTIL}))"
)
_SINCE: Final = re.compile(
    rf"(?:从|自|打)?{_Y.format('y1')}(?P<m1>{_M})月份?(?:\d+[号日])?(?:(?:以后|之后|过后|开始|起|往后)[^,。]"
    rf"{{0,6}}(?:没|不|欠|拖|到现在|至今)?|(?:就|到现在|至今)[^,。]{{0,4}}(?:没|不|欠|拖))"
)
_LIST: Final = re.compile(
    rf"(?<![\d])(?:{_M}(?:月份?)?\s*[、,,和跟与及 ]\s*(?:还有)?)*{_M}月(?!薪)(?:份)?(?:(?:[、,,和跟与及 ]|还有)*"
    rf"{_M}月份?)*"
)
_RUN_LIST: Final = re.compile(
    r"(?<![\d十百千万])([一二三四五六七八九]{2,})(?=月|这?[一二两三四五六七八九]个月)"
)
# A feast with its year bounds a stretch as the month it falls in: 去年国庆到今年三月.
_FEAST_MONTHS: Final = {"元旦": 1, "春节": 2, "过年": 2, "五一": 5, "端午": 6, "中秋": 9, "国庆": 10}
_FEAST_BOUND: Final = re.compile(rf"(?<=[今去前]年)({'|'.join(_FEAST_MONTHS)})节?")
_OWED: Final = re.compile(
    r"没发|没给|没结|没付|不发|不给|欠|拖|没拿|没领|没见|未发|未付|没有发|没开|没到账|压|没有给|没有结|"
    r"发不出|没工资|没打"
)
# 年前压了两个月,年后又是三个月: the second stretch is owed too, unless it tells of work or of pay.
_GOES_ON: Final = re.compile(r"[,。;,;][^,。;,;]{0,4}又|还有|加上|另外")
_WORK_OR_PAY: Final = re.compile(r"干了|做了|上了|给了|发了|结了|付了")


def _month(name: str) -> int:
    return _MONTH_NAME.get(name) or int(name)


def _year(word: str | None, now: date) -> int | None:
    if not word:
        return None
    relative = {"今": 0, "本": 0, "当": 0, "同": 0, "去": -1, "上": -1, "前": -2}
    if word in relative:
        return now.year + relative[word]
    digits = word.translate(str.maketrans("零〇一二三四五六七八九", "00123456789"))
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _pay_rule(text: str, now: date) -> tuple[int, int]:
    """The last (year, month) whose wage is due by `now`.

    A stated pay day (每月15号发) decides; 当月发 moves it into the same month. Without one, a month's wage is
    due once the next month has begun.
    """
    month = now.year * 12 + now.month - 2
    same = re.search(r"当月(?:的)?(?:工资)?(?:\d+号)?(?:当月)?(?:底)?发", text)
    day = re.search(r"每(?:个)?月(?:的)?(\d+)[号日](?:左右)?(?:发|开|结)", text)
    if same:
        month += 1 if day is None or now.day >= int(day[1]) else 0
    elif day and now.day < int(day[1]):
        month -= 1
    return divmod(month, 12)[0], month % 12 + 1


def _index(year: int, month: int) -> int:
    return year * 12 + month - 1


def _span(match: re.Match[str], now: date, last_due: int) -> int:
    """Months of a from–to whose pay day has passed."""
    groups = match.groupdict()
    start_month = _month(groups["m1"])
    start_year = _year(groups.get("y1"), now)
    end = last_due
    if groups.get("m2"):
        end_month = _month(groups["m2"])
        end_year = _year(groups.get("y2"), now)
        if end_year is None:
            end_year = now.year if start_year is None else start_year + (end_month < start_month)
            end_year -= start_year is None and _index(end_year, end_month) > _index(now.year, now.month)
        if start_year is None:
            start_year = end_year - (start_month > end_month)
        end = _index(end_year, end_month)
    elif re.match(r"上", groups.get("now") or ""):
        end = _index(now.year, now.month) - 1
    if start_year is None:
        start_year = now.year - (start_month > now.month)
    return min(end, last_due) - _index(start_year, start_month) + 1


def _listed(text: str) -> int:
    """How many months a text lists: 7、8、9月 is 3."""
    months: set[int] = set()
    for run in _RUN_LIST.finditer(text):
        months |= {_MONTH_NAME[c] for c in run[1]}
    text = _RUN_LIST.sub("", text)
    for match in _LIST.finditer(text):
        names = re.findall(rf"(?<!\d){_M}(?=月|份|[、,,和跟与及 ]|还有|$)", match.group())
        months |= {_month(n) for n in names}
    relative = sum(
        bool(re.search(p, text)) for p in (r"上上个?月", r"(?<!上)上个?月", r"这个月|本月|当月", r"大上个?月")
    )
    return len(months) + relative


def month_spans(text: str) -> list[tuple[float, bool]]:
    """Every `N个月` of a text with whether it is said to be unpaid. `text` went through `numerals`."""
    spans: list[tuple[float, bool]] = []
    for clause in re.split(r"(?<=[,。;!?,;!])|(?=干了|做了|还欠|就给|只给|才给|给了|欠了|欠我)", text):
        owed = bool(_OWED.search(clause)) and not re.search(r"^(?:就|只|才)?给了", clause)
        spans.extend((value, owed) for value in _durations(clause))
    return spans


def _durations(clause: str) -> list[float]:
    halves = re.findall(r"(?<![一二两三四五六七八九十\d个])半个?多?月|半年", clause)
    found = [6.0 if half == "半年" else 0.5 for half in halves]
    found += [1.0] * len(re.findall(r"个把月|一?整个月|一整月", clause))
    for number in scan(clause):
        after = clause[number.end :]
        if re.match(r"个半月", after):
            found.append(number.low + 0.5)
        elif (unit := re.match(r"\s*(?:个[多来把]|多个|个)\s*(?:多)?月", after)) and not _is_per(
            clause, number.start, after
        ):
            found.append(number.low + _extra_days(after[unit.end() :]))
        elif re.match(r"年半", after):
            found.append(number.low * 12 + 6)
        elif (
            re.match(r"\s*(?:整|多)?年(?!前|的?\d|底|初|[一二三四五六七八九十]+月)", after)
            and number.low < 40
        ):
            found.append(number.low * 12)
        elif re.match(r"\s*个季度", after):
            found.append(number.low * 3)
    if len(found) > 1 and re.search(r"年零?.{1,2}个月", clause):
        return [sum(found)]
    return found


def _is_per(clause: str, start: int, after: str) -> bool:
    """`一个月` in 四千一个月 or 一个月四千 names a rate, not a stretch."""
    if clause[start] not in "一1" or re.match(r"个(?:半|多)", after):
        return False
    rest = re.sub(r"^\s*个月", "", after)
    before = clause[:start]
    return bool(
        re.match(r"(?:工资|底薪|才|是|就|给|发|拿|到手|说好)*\s*[\d一二两三四五六七八九]+[\d百千万kw]", rest)
        or re.search(r"[\d百千万kw元块钱二三四五六七八九]\s*$", before)
    )


def _extra_days(rest: str) -> float:
    if re.match(r"零?又?半个?月|零半|又半|加半", rest):
        return 0.5
    days = re.match(r"\s*(?:零|又|多|加|带)?\s*([一二两三四五六七八九十\d]+)天", rest)
    numbers = scan(days[1]) if days else []
    return round(numbers[0].low / 30 * 2) / 2 if numbers else 0.0


def months_owed(text: str, now: date, ask: str = "") -> int | float | None:
    """How many months of pay are owed, in half-month steps; None when the text doesn't say.

    Listed months are counted; from–to counts the months whose pay day has passed.
    """
    text = after_correction(numerals(text), needs=_FIGURE)
    text = _FEAST_BOUND.sub(lambda m: f"{_FEAST_MONTHS[m[1]]}月", text)
    last_due = _index(*_pay_rule(text + ask, now))
    value = _by_calendar(text, now, last_due) or _by_count(text, ask)
    if value is None or value <= 0:
        return None
    return tidy(value)


def _by_calendar(text: str, now: date, last_due: int) -> float | None:
    stated = re.search(
        r"(?:一共|总共|共|合计|加起来|是|就是|[,,])\s*([一二两三四五六七八九十\d]+个半?月)(?:没|工资|了|$|。)",
        text,
    )
    if stated and _FROM_TO.search(text):
        return None
    if match := _FROM_TO.search(text):
        return float(_span(match, now, last_due))
    if (match := _SINCE.search(text)) and not _RUN_LIST.search(text):
        return float(_span(match, now, last_due))
    if match := re.search(r"(今年|去年|前年)?(?:的)?(上|下)半年", text):
        year = _year(match[1][0] if match[1] else None, now) or now.year
        first = _index(year, 1 if match[2] == "上" else 7)
        return float(max(0, min(first + 5, last_due) - first + 1))
    if match := re.search(r"(今年|去年|前年)(?:一整年|全年|整年|一年|一直|都没|到现在|开始|以来|起)", text):
        first = _index(_year(match[1][0], now) or now.year, 1)
        until = last_due if re.search(r"到现在|开始|以来|起|至今", text) else first + 11
        return float(min(until, last_due) - first + 1)
    if month_spans(text) and not _RUN_LIST.search(text) and not re.search(r"月[和跟、]|上个?月和", text):
        return None
    return float(_listed(_without_paid(text))) or None


def _without_paid(text: str) -> str:
    """三月、五月和六月,四月发了的: the month that was paid is not counted."""
    clauses = re.split(r"[,。;,;]", text)
    unpaid = [c for c in clauses if not re.search(rf"{_M}月[^,。没不未]*[发给结付][了过]", c)]
    return ",".join(unpaid) if any("月" in c for c in unpaid) else text


def _by_count(text: str, ask: str) -> float | None:
    spans = month_spans(text)
    if not spans:
        return _odd_answers(text, ask)
    owed = [value for value, is_owed in spans if is_owed]
    if not owed and (short := worked_less_paid(text)):
        return short
    if len(owed) > 1 and re.search(r"又|再|还有|加上|另外", text):
        return sum(owed)
    if len(spans) > 1 and owed and _GOES_ON.search(text) and not _WORK_OR_PAY.search(text):
        return sum(value for value, _ in spans)
    return owed[-1] if owed else spans[-1][0]


def worked_less_paid(text: str) -> float | None:
    """干了四个月就给了一个月: three are owed. None when the text tells no such thing."""
    worked = re.search(r"(?:干|做|上班?|打工|工作)(?:了|满)?(?P<n>[^,。;,;给发]{1,8}月)", text)
    paid = re.search(
        r"(?:就|只|才|仅|先)?(?:给|发|结|付|拿|领)(?:到|过)?了(?:我)?(?:们)?(?P<n>[^,。;,;]{1,8}月)", text
    )
    if worked is None or paid is None:
        return None
    total, given = _durations(worked["n"]), _durations(paid["n"])
    return total[0] - given[0] if total and given and total[0] > given[0] else None


def _odd_answers(text: str, ask: str) -> float | None:
    if is_question(text):
        return None
    numbers = scan(text)
    if len(numbers) == 1 and re.match(r"\s*多?天", text[numbers[0].end :]):
        return max(0.5, round(numbers[0].low / 30 * 2) / 2)
    if len(numbers) == 1 and re.match(r"\s*(?:个)?(?:星期|礼拜|周)", text[numbers[0].end :]):
        return max(0.5, round(numbers[0].low * 7 / 30 * 2) / 2)
    if re.fullmatch(r"[^\d]{0,4}(?:一个)?半个?[吧了嘛。]*", text):
        return 1.5 if "一个半" in text else 0.5
    bare = re.fullmatch(r"\D{0,5}?(?:[\d.]+|[一二两三四五六七八九十]+)(?:个半|个)?[多吧了嘛左右。 ]*", text)
    if bare and numbers and ("个" in text or not ask or "月" in ask) and numbers[0].low <= 120:
        return numbers[0].low + (0.5 if "个半" in text else 0)
    return None


def months_worked(text: str) -> int | float | None:
    """`干了四个月`: months of work the text volunteers."""
    worked = re.search(
        r"(?:干|做|上班|打工|工作|打|跟他干)(?:了|满)(?:快|差不多|大概|将近|整整)?(?P<n>[^,。;,;给发]{1,6}[月年])",
        numerals(text),
    )
    values = _durations(worked["n"]) if worked else []
    return tidy(values[0]) if values else None
