"""The monthly wage, also from rates by the day, hour or year."""

import re
from typing import Final

from nlu.extractors.money import Role, Sum, money_numbers, read_sums
from nlu.extractors.numbers import scan, tidy
from nlu.extractors.text import after_correction, is_question, numerals

PAID_DAYS_PER_MONTH: Final = 21.75
"""关于职工全年月平均工作时间和工资折算问题的通知: (365 - 104) / 12."""
HOURS_PER_DAY: Final = 8
WEEKS_PER_MONTH: Final = 52 / 12

_FIGURE: Final = re.compile(r"[0-9零一二两三四五六七八九十百千万]")
_DAYS_WORKED: Final = re.compile(
    r"(?:每|一)个?月(?:大概|差不多|基本|一般)?(?:上班?|干|做|出勤|出工|跑|能干|要上)?(?:满|够|个)?\s*([\d"
    r"一二两三四五六七八九十]+)(?:来|多)?(?:天|个工)"
)
# Without 每月 only a figure that can be one month's work days counts: 200一天,干30天.
_DAYS_TOLD: Final = re.compile(
    r"(?:干|做|上|出勤|满勤)(?:满)?(2\d|3[01]|二十[一二三四五六七八九]?|三十一?)天"
)
_REST_DAYS: Final = re.compile(
    r"(?:每|一)个?月(?:只|就)?(?:休息?|放假?)\s*([\d一二两三四五六七八九十]+)天|月休\s*([\d"
    r"一二两三四五六七八九十]+)天?"
)
_HOURS_WORKED: Final = re.compile(
    r"(?:每|一)天(?:上|干|做|工作|要上)?(?:班)?(?:满)?\s*([\d一二两三四五六七八九十]+)个?(?:小时|钟头|钟)"
)
_AVERAGE: Final = re.compile(r"平均|均下来|拉平|综合(?:下来)?|扯平|算下来|摊下来")
_YEARLY: Final = re.compile(r"(?:一年|年薪|每年|年收入|全年)")
_DAILY: Final = re.compile(r"(?:一天|每天|日薪|日结|天天|点工|一个工|每个工|工价)")
_HOURLY: Final = re.compile(r"(?:一个?小时|每个?小时|时薪|一个钟)")
_PER_DAY_TAIL: Final = re.compile(r"(?:一天|每天)(?:工资|工钱)?$")
_PARTS: Final = re.compile(
    r"另外|另给|外加|底薪|基本工资|加(?!班|起来)|[+]|补贴|提成|绩效|全勤|加班费|奖金|餐补|房补"
)


def monthly_wage(text: str, ask: str = "") -> int | float | None:
    """Yuan a month, or None. A range gives its lower end, an average wins, day and year rates are converted."""
    plain = after_correction(numerals(text), needs=_FIGURE)
    if is_question(plain) and not re.search(r"\d|[千百万]", plain):
        return None
    sums = read_sums(plain)
    if not sums:
        return _bare(plain, ask)
    if average := [s for s in sums if _AVERAGE.search(s.before)]:
        return tidy(_per_month(plain, average[-1], ask))
    if lowest := [s for s in sums if re.search(r"最少|最低|最差|至少", s.before)]:
        return tidy(_per_month(plain, lowest[-1], ask))
    if len(sums) > 1 and all(_PARTS.search(s.before) for s in sums[1:]) and not _total(sums):
        return tidy(sum(_per_month(plain, s, ask) for s in sums))
    if told := _total(sums):
        return tidy(_per_month(plain, told, ask))
    monthly = [s for s in sums if s.role is Role.RATE and s.unit == "月"]
    chosen = _actual(sums) or (monthly[-1] if monthly else sums[-1] if _replaced(plain) else sums[0])
    value = _per_month(plain, chosen, ask)
    return tidy(value) if value >= 10 else None


def _total(sums: list[Sum]) -> Sum | None:
    found = [s for s in sums if re.search(r"一共|总共|合计|加起来|共|到手总", s.before)]
    return found[-1] if found else None


def _actual(sums: list[Sum]) -> Sum | None:
    """说好五千,涨到六千: the present figure, told after 现在 or 涨到."""
    found = [s for s in sums if re.search(r"(?:现在|目前|后来|涨到|降到|转正后?|如今)[^,。]{0,6}$", s.before)]
    return found[-1] if found else None


def _replaced(text: str) -> bool:
    return bool(re.search(r"改成|涨|降", text))


def _per_month(text: str, told: Sum, ask: str) -> float:
    unit = told.unit or _unit_near(told.before, text, ask)
    if unit == "年":
        return told.value / 12
    if unit in {"天", "日", "工", "工日", "个工"}:
        return told.value * _days(text)
    if unit in {"星期", "礼拜", "周"}:
        return told.value * WEEKS_PER_MONTH
    if unit in {"小时", "钟头"}:
        hours = _HOURS_WORKED.search(text)
        return told.value * (scan(hours[1])[0].low if hours else HOURS_PER_DAY) * _days(text)
    return told.value


def _unit_near(before: str, text: str, ask: str) -> str:
    where = before[-10:] or text
    if _PER_DAY_TAIL.search(where):
        return "天"
    for pattern, unit in ((_YEARLY, "年"), (_DAILY, "天"), (_HOURLY, "小时")):
        if pattern.search(where) and not re.search(r"月", where[-4:]):
            return unit
    if re.search(r"一天(?:多少|挣|给)|日薪|每天多少", ask) and not re.search("月", text):
        return "天"
    return "月"


def _days(text: str) -> float:
    if worked := _DAYS_WORKED.search(text) or _DAYS_TOLD.search(text):
        return scan(worked[1])[0].low
    if rest := _REST_DAYS.search(text):
        return 30 - scan(rest[1] or rest[2])[0].low
    return PAID_DAYS_PER_MONTH


def _bare(text: str, ask: str) -> int | float | None:
    numbers = scan(text)
    rate = re.search(r"(\d+(?:\.\d+)?|[一二三四五六七八九十]+)(?:块|元)?(?:钱)?(?:一|每)个?(?:小时|天)", text)
    if rate and money_numbers(text):
        return None
    if (
        len(numbers) == 1
        and re.search(r"(?:多少|几)千", ask)
        and numbers[0].low < 100
        and not is_question(text)
    ):
        return tidy(numbers[0].low * 1000)
    return None


def volunteered_wage(text: str) -> int | float | None:
    """A monthly wage told in passing: only a figure tied to 月."""
    sums = [s for s in read_sums(numerals(text)) if s.role is Role.RATE and s.unit == "月" and s.value >= 300]
    return tidy(sums[0].value) if sums else None
