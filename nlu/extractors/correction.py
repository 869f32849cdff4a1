"""Whether a message corrects something said before, and which slot it names."""

import re
from typing import Final

from nlu.extractors.regions import workplace
from nlu.extractors.text import narrow

_CUE: Final = re.compile(
    r"(?:说|讲|写|打|填|输|记|搞|弄|发|报|选|点|按)错(?:了|啦|咯|字)?|(?:说|写|填|记|搞|弄)得?不对|(?:^|"
    r"[,。!, ])(?:哦|噢|啊|哎|呃)?不对(?:[,。! ,]|$|,|不对)|(?:^|[,。, ])(?:哦|噢|啊)不[,, ]|应该是(?!不是)|"
    r"应该(?:写|填|改)|改成|改为|改一下|改下|更正|纠正|修改|"
    r"换成|(?:刚才|刚刚|前面|上面)(?:那个|的|说的|填的|写的)?[^,。]{0,8}(?:不对|错|有误|不算|作废|搞混)|口误|"
    r"看错了|不是[^,。;]{1,12}[,, ]?(?:而)?是|(?:写|填|打)成了?|有误|弄反了|重新(?:说|填|写)|多(?:打|写|"
    r"说)了|少(?:打|写|说)了|(?:金额|数额|数目|钱数|人数|电话|手机号?|号码|地址|地点|名字|姓名|名称|日期|月数)(?:都|又|全|也)?"
    r"(?:错了|错啦|不对(?!吗)|有误)"
)
_NOT_CUE: Final = re.compile(
    r"做错(?:了)?什么|没(?:有)?(?:说|做|写)错|老板(?:说|算|发|写)错|(?:工资|钱)(?:算|发)错|算错|是不是|"
    r"应该是(?:多少|什么|怎么|谁|几)|改成(?:什么|多少|几)|犯错|我(?:没|有什么)错|公司(?!名).{0,6}(?:改成|改为|写错|"
    r"填错)"
)
_TARGETS: Final = (
    ("monthly_wage", r"月工资|月薪|每个?月(?:的)?工资|工资(?:标准|数|水平)"),
    ("months_owed", r"(?:几|多少)个月|月数|月份|欠(?:了)?(?:的)?(?:几|多少)?(?:个)?月"),
    ("phone", r"电话|手机|号码(?!.*身份证)|联系方式"),
    ("id_number", r"身份证"),
    ("region", r"地址|地方|地区|区县|地点|哪个区|区域|位置|县(?:写|填|选)?错"),
    ("employer", r"公司(?:名)?|单位|厂(?:名|子)?|老板(?:的)?(?:名字|名)|包工头|雇主"),
    ("name", r"名字|姓名|我的?名|姓(?:写|打)错"),
    ("people_count", r"人数|几个人|多少人|人(?:写|说|填)错"),
    ("date", r"日期|时间|日子|哪天|生日|入职"),
    ("injury_grade", r"伤残|等级|级别|几级"),
    ("work_years", r"工龄|年限|工作年|干了?几年"),
    ("pregnancy_week", r"孕周|怀孕|几周"),
    ("children_count", r"孩子|小孩|娃|子女"),
    ("amount_yuan", r"金额|钱|数额|数目|欠款|多少钱|工资|价"),
)
_BY_FORM: Final = (
    ("phone", r"1[3-9]\d{9}"),
    ("months_owed", r"[\d一二两三四五六七八九十]+个半?月(?!\d)"),
    ("people_count", r"[\d一二两三四五六七八九十百]+(?:个|名)?(?:人|工友)"),
    (
        "amount_yuan",
        r"[\d一二两三四五六七八九十]+(?:万|千|百|[wk])|[\d一二两三四五六七八九十百千万]+(?:块|元)",
    ),
)


def is_correction(text: str) -> bool:
    """Whether the text takes back something the person said: 说错了, 不对,是…, 改成…"""
    plain = narrow(text)
    return bool(_CUE.search(plain)) and not _NOT_CUE.search(plain)


def correction_target(text: str) -> str | None:
    """The slot a correction names (金额说错了) or shows by its form (应该是三个月); None when it doesn't tell."""
    plain = narrow(text)
    if not is_correction(plain):
        return None
    for slot, pattern in _TARGETS:
        if re.search(pattern, plain):
            return slot
    by_form = next((slot for slot, pattern in _BY_FORM if re.search(pattern, plain)), None)
    return by_form or ("region" if workplace(plain) else None)
