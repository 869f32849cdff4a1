"""What a free sentence volunteers. Precision first: a fact is left out rather than guessed."""

import re
from datetime import date
from typing import Final

from nlu.extractors import ids, money, names, people, periods, regions, small, wages
from nlu.extractors.numbers import tidy
from nlu.extractors.text import narrow, numerals

_OWED: Final = re.compile(
    r"欠|拖|没(?:有)?(?:给|发|结|付|拿)|不(?:给|发|结|付)|克扣|扣了|未(?:付|发|结)|要不到|讨不到|差我|赖"
)
_DELAY: Final = re.compile(r"拖(?:了|着)?(?:快|都|整整)?[^,。欠]{0,4}(?:年|月)(?:多|半)?")
_NOTHING_PAID: Final = r"一分(?:钱)?(?:都|也)?(?:没|不)|(?:都|全|一直)(?:还)?没(?:给|发|结)"
_HYPOTHETIC: Final = re.compile(r"如果|假如|要是|比如|多少才|标准是|最低工资")
_BOSS: Final = r"(?:老板|包工头|工头|带班的?|雇主|负责人|项目经理|经理|公司的?人|他|人)"
_BOSS_GONE: Final = re.compile(
    rf"{_BOSS}[^,。;,;]{{0,6}}(?:跑路?了?|跑了|失联|不见了?|找不到|联系不上|躲|消失|失踪|拉黑|"
    rf"(?:电话)?(?:打不通|不接|关机|停机|空号)|不接电话|ke了|克了|人间蒸发)|"
    r"(?:电话|手机|微信)(?:都|也|就|一直)*(?:打不通|不接|关机|停机|空号|不回|拉黑)|(?:联系不上|"
    r"找不到)(?:老板|包工头|工头|人)|(?:把我|被)(?:他|老板)?拉黑|"
    r"(?:老板|包工头|工头)(?:卷款|带着钱)?(?:跑路|跑了)"
)
_BOSS_BACK: Final = re.compile(r"没跑|打得通|联系得上|会不会跑|怕(?:他|老板)?跑|要是(?:他|老板)?跑")
_LEFT: Final = re.compile(
    r"我?(?:都|已经|早就)?(?:离职|辞职|辞工|不干|不做|走人)了|(?:我|我们)(?:都|已经|早就|就)?走了|(?:被|"
    r"把我)(?:公司|老板|厂里|单位)?(?:辞退|开除|辞|炒|裁)了?|离职(?:了|后|都)|辞职(?:了|后)|走了(?:一|两|三|"
    r"几|半)[^,。]{0,3}(?:月|天|年)|工地(?:都)?完工了"
)
_NOT_LEFT: Final = re.compile(
    r"(?:想|要|准备|打算|能不能|可以|可不可以|怎么|如何|提出?|申请)(?:要)?(?:离职|辞职|不干|走)|没(?:有)?(?:离职|"
    r"辞职)|逼(?:我|着)|不干了怎么"
)
_MIGRANT: Final = re.compile(
    r"农民工|民工|(?:外地|农村|乡下|老家)(?:来|出来|上来|人)[^,。]{0,4}(?:打工|务工|干活)?|进城(?:打工|务工)|"
    r"外出务工|出来打工|农村户口"
)
_SITES: Final = (
    (
        "construction",
        r"工地|包工头|工头|盖房|修路|钢筋|木工|泥工|瓦工|架子工|塔吊|搬砖|施工|脚手架|抹灰|贴砖|装修",
    ),
    ("delivery", r"送外卖|跑外卖|外卖(?:员|骑手)|骑手|送快递|快递员|跑单|网约车|开滴滴|跑滴滴|美团|饿了么"),
    ("factory", r"厂里|工厂|车间|流水线|电子厂|服装厂|进厂|砖厂"),
    ("restaurant", r"饭店|餐馆|餐厅|火锅店|后厨|端盘子|洗碗工|酒店"),
    ("mine", r"煤矿|矿上|矿山|矿井|井下"),
    ("domestic", r"家政|保姆|月嫂|钟点工"),
)


def volunteered(text: str, now: date) -> dict[str, object]:
    """Slots and flags that the sentence itself tells; absent keys were not told."""
    plain = narrow(text)
    found: dict[str, object | None] = {
        "phone": ids.phone(plain) if re.search(r"\d{7}|\d{3}[ \-]\d{4}", plain) else None,
        "id_number": ids.id_number(plain, now),
        "name": names.volunteered_name(plain),
        "employer": names.volunteered_employer(plain),
        "region": regions.workplace(plain, volunteered=True),
        "people_count": people.volunteered_people(plain),
        "injury_grade": small.injury_grade(plain)
        if re.search(r"级(?:伤残|工伤)|(?:鉴定|评|定)[^,。]{0,6}级", plain)
        else None,
        "worksite": next((site for site, pattern in _SITES if re.search(pattern, plain)), None),
        **_pay(plain, now),
        **_flags(plain),
    }
    if (
        found["phone"] is not None
        and found["id_number"] is not None
        and str(found["phone"]) in str(found["id_number"])
    ):
        found["phone"] = None
    return {key: value for key, value in found.items() if value is not None}


def _pay(text: str, now: date) -> dict[str, object | None]:
    if _HYPOTHETIC.search(text):
        return {}
    pay: dict[str, object | None] = {
        "monthly_wage": wages.volunteered_wage(text),
        "months_worked": periods.months_worked(text),
    }
    if _OWED.search(text):
        pay["amount_yuan"] = _owed_sum(text)
        pay["months_owed"] = _owed_months(text, now)
    return pay


def _owed_sum(text: str) -> int | float | None:
    """Only figures said to be owed, or a rate times the months said to be unpaid."""
    sums = money.read_sums(numerals(text))
    roles = {s.role for s in sums}
    clear = {money.Role.LEFT, money.Role.TOTAL, money.Role.OWN}
    unpaid = re.search(
        rf"(?:欠|拖欠|没发|没给|没结)[^,。]{{0,6}}个月|个(?:半)?月[^,。]{{0,4}}(?:没|不|拖|欠)|{_NOTHING_PAID}",
        text,
    )
    by_rate = money.Role.RATE in roles and unpaid
    if not roles & clear and not by_rate:
        return None
    value = money.amount_owed(text)
    return None if value is None else tidy(value)


def _owed_months(text: str, now: date) -> int | float | None:
    plain = numerals(text)
    if short := periods.worked_less_paid(plain):
        return tidy(short)
    told = _DELAY.sub("", plain)  # 拖了一年多 is how long they wait, not how much pay is missing
    owed = [value for value, is_owed in periods.month_spans(told) if is_owed]
    if owed:
        return tidy(owed[-1])
    if re.search(
        r"月[^,。]{0,6}(?:没|不|未|欠|拖)|(?:从|自)[^,。]{1,8}月|(?:欠|拖|没发|没给)[^,。]{0,8}月", plain
    ):
        return periods.months_owed(text, now) if not periods.month_spans(plain) else None
    return None


def _flags(text: str) -> dict[str, object | None]:
    gone = bool(_BOSS_GONE.search(text)) and not _BOSS_BACK.search(text)
    left = bool(_LEFT.search(text)) and not _NOT_LEFT.search(text)
    return {
        "boss_unreachable": True if gone else None,
        "left_job": True if left else None,
        "migrant": True if _MIGRANT.search(text) else None,
    }
