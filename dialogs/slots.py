"""From words to a slot value and back. The language rules live in nlu.entities; here they meet a flow's question."""

import re
from datetime import date
from typing import Any

from dialogs import quantities
from dialogs.flow import Flow, Option, SlotStep
from nlu import entities

STRICT_TYPES = frozenset({
    "amount_yuan", "monthly_wage", "months_owed", "date", "phone", "id_number", "region", "people_count",
    "work_years", "pregnancy_week", "injury_grade", "children_count", "yes_no", "choice", "choices",
    *quantities.READERS,
})  # fmt: skip
ORDINALS = {
    "一": 0,
    "二": 1,
    "两": 1,
    "三": 2,
    "四": 3,
    "五": 4,
    "六": 5,
    "1": 0,
    "2": 1,
    "3": 2,
    "4": 3,
    "5": 4,
    "6": 5,
}
ORDINAL = re.compile(r"^(?:我?选?第?)([一二两三四五六1-6])(?:个|种|项|条|样|号)?(?:吧|嘛)?$")
EMPLOYER_AS_SAID = 30  # characters
NO_NAME = re.compile(r"[欠没不]|工资|工钱|电话|^(?:有|是|对|好|嗯|行)")
_ABLE = re.compile("有|可以|能|行|同意|愿意|会|知道|清楚|好")
_NO_FILE = re.compile(
    r"(?:没有?|莫得|没得|还没|不)(?:得)?(?:拍|照|发|有)?(?:照片|相片|图片?|材料|东西|这些|的|着|成)*(?:了|呢|啊|哦)?|"
    r"(?:拍|照|发|传)不(?:了|成|出来|起)(?:照片|图)?(?:了)?|不(?:方便|敢|好|能|会)(?:拍|照|发|传)(?:照片|照|图)?"
)
_CHANGED = re.compile(  # 单位名称写错了，应该是…: of 恒泰劳务 only the name is left
    r"^(?:我|请|帮|给|把|要|想|那个|刚才|刚刚|前面|上面|的|,|，)*"
    r"(?:(?:单位|公司|老板|厂|店|工地)(?:的)?(?:名称|名字|全称)|名称|名字|姓名|单位|公司)?(?:的|我|要|想|得|是|,|，)*"
    r"(?:(?:说|讲|写|打|填|输|记|搞|弄|发|报|选)?错(?:了|啦|咯|字)?|有误|不对|(?:要|得|想)?(?:再)?(?:更正|纠正|修改|改|换)(?:一下|下|成|为)?|"
    r"重新(?:说|填|写)(?:一下|下)?)+(?:吧|嘛|了|一下)*"
    r"(?:,|，|。|应该是|应该|改成|改为|换成|是|叫)*"
)
_LED_IN = re.compile(r"^(?:不对|(?:单位|公司|厂|店|名字|姓名)(?=是|叫|应该)|应该(?:是|叫)?|[,，]|是|叫)+")
_ALL = re.compile(
    r"(?:嗯|好|行|我)*(?:就?(?:是|这)?这?[些几]{1,2}(?:个|样)?|(?:都)?选?(?:好|完)|(?:没[有得]?|莫得)(?:别的|其他的?)?|可以|(?:发|拍|传|弄)?(?:完|好|齐))"
    r"(?:了|就行|吧|嘛|啦)*"
)
COUNTY = re.compile(r"(?:市|州|地区|盟).+(?:区|县|市|旗)$")
QUESTION = re.compile(
    r"[?？]$|[吗么呢]$|(怎么|咋个?|多少|几时|啥时候|什么时候|为什么|为啥|能不能|可不可以|要不要|是不是|有没有|哪里|哪点|哪个|"
    r"什么|啥子|会不会|行不行|合不合法|违不违法|该不该|算不算|多久|凭什么|可以.*不$|要钱不|得行不)"
)


def all_ticked(text: str) -> bool:
    """True for 就这些, 选好了, 没有了: nothing more of a list of several."""
    return _ALL.fullmatch(text.strip(" 。.!！,，")) is not None


def new_value(text: str, label: str) -> str:
    """Return what a correction leaves once the name of the slot and the words of changing are taken away."""
    rest = _LED_IN.sub("", _CHANGED.sub("", text.replace(label, "")))
    return rest.strip(" ,，。.!！:：")


def no_file(text: str) -> bool:
    """True for 没有照片, 拍不了: no file will come for the open question."""
    return _NO_FILE.fullmatch(text.strip(" 。.!！,，")) is not None


def is_question(text: str) -> bool:
    """True when the sentence asks something rather than answers."""
    return QUESTION.search(text.strip()) is not None


def ordinal(text: str) -> int | None:
    """Return the index that "第二个" or "2" points at, else None."""
    match = ORDINAL.match(text.strip())
    return ORDINALS[match.group(1)] if match else None


def parse(step: SlotStep, text: str, today: date) -> Any | None:
    """Return the value that this answer gives the slot, None when it gives none."""
    text = text.strip()
    if step.type == "text":
        return text[: step.max_length] if len(text) >= 2 else None
    if step.type == "files":
        return None
    if step.type == "choice":
        option = match_option(step.options, text)
        return option.value if option else None
    if step.type == "choices":
        found = [option.value for option in named_options(step.options, text)]
        return found or _single(step.options, text)
    if step.type in quantities.READERS:
        return quantities.READERS[step.type](step, text, today)
    value = entities.parse_slot(step.type, text, today, step.ask)
    if value is None and step.type == "employer" and _may_name(text):
        value = text  # "万达那个工地" is no name, yet a cadre can find it
    return value[: step.max_length] if isinstance(value, str) else value


def _may_name(text: str) -> bool:
    return 2 <= len(text) <= EMPLOYER_AS_SAID and not is_question(text) and not NO_NAME.search(text)


def match_option(options: list[Option], text: str) -> Option | None:
    """Return the one option that the words name, by label, other words, or "第二个"; None when unclear."""
    for option in options:
        if text in (option.label, option.value):
            return option
    index = ordinal(text)
    if index is not None and index < len(options):
        return options[index]
    found = named_options(options, text)
    return found[0] if len(found) == 1 else None


def named_options(options: list[Option], text: str) -> list[Option]:
    """Return the options whose words are said. 半年多 names no other option's 半年, 没有 no other option's 有."""
    said = [(option, _said(option, text)) for option in options]
    all_said = {word for _, words in said for word in words}
    return [option for option, words in said if any(not _within_another(word, all_said) for word in words)]


def _said(option: Option, text: str) -> set[str]:
    return {word for word in (option.label, *option.words) if word in text and not _denied(word, text)}


def _within_another(word: str, words: set[str]) -> bool:
    return any(word != other and word in other for other in words)


def _denied(word: str, text: str) -> bool:
    """True when every mention of a word that begins with 有, 可以, 能 … is denied: 没有证, 不可以告诉."""
    return _ABLE.match(word) is not None and re.search(rf"(?<![不没别莫]){re.escape(word)}", text) is None


def _single(options: list[Option], text: str) -> list[str] | None:
    option = match_option(options, text)
    return [option.value] if option else None


def show(step: SlotStep, value: Any) -> str:
    """Return the value as a person reads it; a sensitive one is masked."""
    if value is None:
        return "—"
    if step.type in {"choice", "choices"}:
        labels = {option.value: option.label for option in step.options}
        values = value if isinstance(value, list) else [value]
        return "、".join(labels.get(item, str(item)) for item in values)
    if step.sensitive:
        return mask(str(value))
    if step.type in {"amount_yuan", "monthly_wage"}:
        return f"{value:,.0f}元" if float(value).is_integer() else f"{value:,.2f}元"
    if step.type == "months_owed":
        return f"{value:g}个月"
    if step.type == "work_years":
        return f"{value:g}年"
    if step.type == "injury_grade":
        return f"{value}级"
    if step.type == "people_count":
        return f"{str(value).rstrip('+')}人{'以上' if str(value).endswith('+') else ''}"
    if step.type in quantities.READERS:
        return quantities.show(step, value)
    if step.type == "files":
        return f"{value}个"
    if step.type == "yes_no":
        return {"yes": "是", "no": "否"}.get(str(value), str(value))
    return str(value)


def mask(value: str) -> str:
    """Return a phone, ID number, bank card or name with its middle hidden."""
    if len(value) <= 4:
        return value[:1] + "*" * (len(value) - 1)
    return (
        value[:3] + "*" * max(4, len(value) - 7) + value[-4:]
        if len(value) > 7
        else value[0] + "***" + value[-1]
    )


def volunteered(flow: Flow, text: str, today: date) -> dict[str, Any]:
    """Return what a free sentence tells for slots of this flow (and the plain flags that conditions use)."""
    found = entities.extract(text, today)
    return from_facts(flow, found)


def from_facts(flow: Flow, found: dict[str, Any]) -> dict[str, Any]:
    """Return those facts that this flow has a question or a condition for, under the slot's name."""
    values: dict[str, Any] = {}
    for name, step in flow.slots.items():
        key = step.fills_from or name
        if step.type == "region" and not COUNTY.search(str(found.get(key, ""))):
            continue  # 昆明 in an earlier question does not say which county the ticket goes to
        if key in found and not (step.sensitive or step.type in {"text", "choice", "choices", "files"}):
            values[name] = found[key]
        elif step.type == "choice" and step.fills_from in found:
            option = match_option(step.options, str(found[step.fills_from]))
            if option:
                values[name] = option.value
    for flag in ("boss_unreachable", "worksite", "left_job", "months_worked"):
        if flag in found:
            values.setdefault(flag, found[flag])
    return values
