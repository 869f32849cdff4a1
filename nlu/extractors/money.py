"""Sums of money: what is owed in the end, from how a person tells it."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from nlu.extractors.numbers import DIGITS, Number, scan, tidy
from nlu.extractors.periods import month_spans, worked_less_paid
from nlu.extractors.text import after_correction, is_question, numerals

_FIGURE: Final = re.compile(r"[0-9零一二两三四五六七八九十百千万]")
_MONEY_AFTER: Final = re.compile(r"\s*[多来]?\s*(?:块|元|圆|rmb|人民币|大洋|¥|钱)", re.IGNORECASE)
_OTHER_UNIT: Final = re.compile(
    r"\s*[多来余几]?(?:个|年|天|号(?!码)|日|月|点|岁|%|％|倍|级|楼|层|小时|分钟|周|星期|次|位|名|人(?!民)|口|"
    r"斤|公斤|米|平|方|吨|台|栋|家|期|"
    r"份|条|张|批|车|趟|单|班|辈|种|套|间|块[地田砖板]|成|折|届|路|样|直|起|下|边|些|定|般|共|旦|时|方面|"
    r"分之|分钱|毛钱|里地|公里|代)"
)
_IDIOM: Final = re.compile(
    r"千万(?=别|不要|要|莫)|(?<![\d一二两三四五六七八九十百千几])万一|百分|十分(?!钟)|一起|千方百计|五一|"
    r"十一(?=放|黄金|长假|期间|前|后|节)"
)
_PER: Final = r"(?:一个|每个?|/|1个?|一|按)"
_SPAN: Final = r"(?:月|天|年|日|星期|礼拜|周|小时|钟头|工日|工|人|平方?|平米|吨|车|件|趟|单|个工)"
_RATE_AFTER: Final = re.compile(
    rf"\s*(?:块|元|圆)?钱?(?:工资|底薪)?的?[,,]?\s*(?:{_PER}\s*(?P<unit>{_SPAN})(?![多半]|工资(?:没|都没|不)))"
)
_RATE_BEFORE: Final = re.compile(
    rf"(?:{_PER}\s*(?P<unit>{_SPAN})(?P<word>月薪)?|(?P<kind>(?<!个)月薪|(?<!个)月工资|底薪|工资是|工资|日薪|"
    rf"时薪|年薪|"
    rf"工价|日结|单价|基本工资))"
    r"(?:的?(?:工资|工钱|收入|薪水|待遇))?(?:都|就|也|才|只|是|给|发|说好|讲好|谈好|算|按|有|开|拿|大概|大约|"
    r"约|差不多|到手|挣|得|[::的,, ])*$"
)
_PAID_BEFORE: Final = re.compile(
    r"(?:(?<![没不未])(?:给|付|发|结|打|转|还|支|领|拿|借|预支|退|收|补)(?:到手|给我|了我|过我|到|我|"
    r"清)?(?:了|过)(?:我|的)?(?:一?点|生活费)?|已经?(?:给|付|发|结|打|转|还|支)(?:了)?|"
    r"(?:只|才|就|先|仅)(?:给|付|发|结|打|转|还|支|拿|领|收)(?:到|过|了)*(?:我|的)?|到手|实发|"
    r"实际(?:上)?(?:只)?(?:给|发|拿|领)?(?:到|了)?|预支|借支|扣除|减去|减掉|除去|刨去|刨掉|扣掉|减)"
    r"(?:[一两]次|我|我们|大概|大约|差不多|工资|的|生活费|有|约|[::,, ])*$"
)
_PAID_AFTER: Final = re.compile(
    r"\s*(?:块|元|圆)?钱?(?:的?(?:生活费|定金|工资))?(?:是)?(?:已经|都)?(?:给了|付了|结了|发了|到账|拿到了|"
    r"给过|打给我了|支走|预支|结清)"
)
_LEFT_BEFORE: Final = re.compile(
    r"(?:还欠|还差|还剩|剩下?|尚欠|还有|余下|尾款|余款|下欠|现在欠|目前欠|净欠|实欠|仍欠|差着?|还压着?|压着?|"
    r"欠)(?:[\d一二两三四五六七八九十半几]+个半?月(?:的)?|着|了|我|我们|我的|工资|工钱|钱|的|是|大概|大约|差不多|"
    r"快|将近|有|约|至少|起码|得有|不到|合计|[::,, ])*$|(?<!不)欠(?:了|着)?我[^,。;]{0,12}(?:奖金?|费|押金|"
    r"补贴|提成|工钱)$"
)
_LEFT_AFTER: Final = re.compile(
    r"\s*(?:块|元|圆)?钱?(?:多|左右)?(?:的?(?:工资|尾款|货款|工钱))?(?:还|都|一直|至今|到现在|现在)*(?:没给|没发|"
    r"没结|没付|未付|未结|没拿|没到|不给|没算|没兑现|要不到|没要到|没还)"
)
_TOTAL_BEFORE: Final = re.compile(
    r"(?:一共|总共|合计|总计|加起来|加一起|共计|共欠|全部|拢共|统共|共|总数|总的|一起|满打满算|算下来|"
    r"应该(?:给|发|有|是)|本来|原来|说好|讲好|应发|应付|工程款|总价|包价)"
    r"(?:是|有|就|欠|还|我|了|大概|大约|差不多|给|发|该|要|得|算|的|应该|工资|工钱|[::,, ])*$"
)
_ITEM: Final = re.compile(
    r"加班费|押金|奖金|提成|补贴|补偿|垫付|垫的?|材料费|生活费|工资|工钱|保证金|报销|差旅|社保|赔偿|医药费|"
    r"误工费|高温费|全勤|年终"
)
_ADD: Final = re.compile(r"加上?|和|还有|另外|外加|再|又|跟|与|以及|[+]|、")
_OWN: Final = re.compile(
    r"我的(?:是|有|那份|部分)?|我自己|我个人|我一个人|我这边|我本人|我这里|我是|到我头上|轮到我|其中我|属于我|"
    r"(?:光|单|就)我|我那份|我占|我俩"
)
_EACH: Final = re.compile(
    r"(?:每个?人|一个?人|人均|平均(?:每人|下来|一个人)?|一人)(?:的|差不多|大概|大约|是|有|都|欠|就|分|得|[, ])*$"
)
_GROUP: Final = re.compile(
    r"(?:我们|咱们?|咱们?|俺们|大家|工友|工人|班组|兄弟|全队|一伙|所有人?|全班|他们|"
    r"我家[^,]{0,2}[和跟])[^,。;]{0,12}?(?:一共|总共|合计|加起来|共|欠|全部|拢共|是|有|工资)?"
    r"|\d+个?(?:人|工友|兄弟)|[一二两三四五六七八九十百]+[几多来]?(?:个|号)?(?:人|工友|兄弟|工人)"
)
_OWED_TO_ME: Final = re.compile(r"[欠差](?:了|着|下)?我(?:的|工钱|工资)?$")
_SPLIT: Final = re.compile(r"平分|平摊|均分|平均|人人一样|每人一样|都一样|一样多|对半")
_NOBODY_ELSE: Final = re.compile(r"一个人(?=在|干|做)")
_HALF_PAID: Final = re.compile(
    r"(?:给|付|发|结)了?一半|(?:欠|差|剩)(?:了|着|我|下)*一半|一半没(?:给|发|结|付)"
)
_PART_OF: Final = re.compile(r"其中(?!我)[^,。我]{0,3}$")
_NONE_OWED: Final = re.compile(r"没欠|不欠|没有欠|结清了|都给了|全给了")


_DIMES: Final = re.compile(
    r"(?P<yuan>[\d.零一二两三四五六七八九十百千万]+)[块元](?:零)?(?P<dimes>[1-9一二两三四五六七八九])[毛角]"
)


def _with_dimes(match: re.Match[str]) -> str:
    yuan = scan(match["yuan"])
    dimes = DIGITS[match["dimes"]] if match["dimes"] in DIGITS else int(match["dimes"])
    return f"{yuan[-1].low + dimes / 10}元" if yuan else match.group()


# 只打了2000,应该是5500 tells what was due, it takes nothing back.
_SHOULD_BE: Final = re.compile(
    r"(?<=[,,。;; ])(?:本来|原本|按理)?应该(?:是|有|给|发)(?=[^,。]*[\d百千万])(?<!错)"
)


# 先给我打五千再说 is what somebody promises or demands, not what is owed.
_PROMISE: Final = re.compile(r"先(?:给|打|发|付|转)[^,。]{0,12}再说")


class Role(Enum):
    """What a figure stands for in the account."""

    PLAIN = "plain"
    RATE = "rate"
    PAID = "paid"
    LEFT = "left"
    TOTAL = "total"
    OWN = "own"
    GROUP = "group"


@dataclass(frozen=True)
class Sum:
    """A sum of money with its role and, for a rate, the unit it is paid by."""

    number: Number
    role: Role
    unit: str = ""
    before: str = ""

    @property
    def value(self) -> float:
        return self.number.low


def money_numbers(text: str, *, bare: bool = True) -> list[Number]:
    """The figures of `text` that are money. `bare`: also those said without 块/元."""
    blanked = _IDIOM.sub(lambda m: "□" * len(m.group()), text)
    return [n for n in scan(blanked) if _is_money(n, blanked, bare=bare)]


def _is_money(number: Number, text: str, *, bare: bool) -> bool:
    after, before = text[number.end :], text[: number.start]
    if number.kind == "over":  # 三万多点
        after = re.sub(r"^点儿?", "", after)
    if re.search(r"[几数]$", before) or re.match(r"\s*[毛角分]", after):
        return False
    if _MONEY_AFTER.match(after) or re.search(r"[¥¥$]\s*$", before):
        return not re.match(r"块[地田砖板]", after)
    if re.match(r"\s*(?:一|每)(?:个|天|年|人|平|小时)", after) and number.low >= 10:
        return True
    if (
        _OTHER_UNIT.match(after)
        or re.search(r"第\s*$", before)
        or re.fullmatch(r"[零一二两三四五六七八九]", number.literal)
    ):
        return False
    if re.fullmatch(r"(?:19|20)\d\d", number.literal) and re.match(r"[年.\-/]", after):
        return False
    if len(re.sub(r"\D", "", number.literal)) >= 8 and number.literal.isdigit():
        return False
    return bare and (number.unit or number.low >= 100) and number.low >= 10


def read_sums(text: str) -> list[Sum]:
    """Every sum of money of a text with its role, in the order said."""
    numbers = money_numbers(text)
    sums: list[Sum] = []
    previous_end = 0
    for index, number in enumerate(numbers):
        following = numbers[index + 1].start if index + 1 < len(numbers) else len(text)
        before, after = text[previous_end : number.start], text[number.end : following]
        sums.append(_classify(number, before, after))
        previous_end = number.end
    return sums


def _classify(number: Number, before: str, after: str) -> Sum:
    near = re.split(r"[,。;!,;!]", before)[-1] or before[-14:]
    each = _EACH.search(before)
    per = _RATE_AFTER.match(after)
    if each or (per and per["unit"] == "人"):
        return Sum(number, Role.OWN, before=before)
    if _OWN.search(near) and not re.search(r"我们", near):
        return Sum(number, Role.OWN, before=before)
    rate = _RATE_BEFORE.search(before)
    paid = _PAID_BEFORE.search(before) or _PAID_AFTER.match(after)
    if rate and rate["unit"] and not paid:
        return Sum(number, Role.RATE, rate["unit"], before)
    if per:
        return Sum(number, Role.RATE, per["unit"], before)
    if paid:
        return Sum(number, Role.PAID, before=before)
    if rate and (rate["kind"] or "") in {
        "月薪",
        "月工资",
        "底薪",
        "日薪",
        "时薪",
        "年薪",
        "日结",
        "基本工资",
    }:
        return Sum(number, Role.RATE, _kind_unit(rate["kind"]), before)
    if _TOTAL_BEFORE.search(before):
        return Sum(number, Role.GROUP if _GROUP.search(before) else Role.TOTAL, before=before)
    if _OWED_TO_ME.search(before):  # 我们在安宁干活,工头欠了我八千: the others are not meant
        return Sum(number, Role.LEFT, before=before)
    if _LEFT_BEFORE.search(before) or _LEFT_AFTER.match(after):
        return Sum(number, Role.GROUP if _is_group(before) else Role.LEFT, before=before)
    return Sum(number, Role.GROUP if _is_group(before) else Role.PLAIN, before=before)


def _is_group(before: str) -> bool:
    return bool(_GROUP.search(_NOBODY_ELSE.sub("", before)))


def _kind_unit(kind: str) -> str:
    return {"日薪": "天", "日结": "天", "时薪": "小时", "年薪": "年"}.get(kind, "月")


def _times(text: str, unit: str) -> float | None:
    """How many months/days/… the person says are unpaid or worked, for a rate paid by `unit`."""
    spans = {
        "天": "天|个工|工日|工|日",
        "日": "天|日|个工",
        "工": "个工|工日|天",
        "个工": "个工",
        "工日": "个工|工日|天",
        "月": "个?半?月",
        "平": "平",
    }
    pattern = spans.get(unit, re.escape(unit))
    if unit == "月":
        if short := worked_less_paid(text):
            return short
        counts = [m for m, owed in month_spans(text) if owed] or [m for m, _ in month_spans(text)]
        return counts[-1] if counts else None
    found = [
        n.low
        for n in scan(text)
        if re.match(rf"\s*[多来]?(?:{pattern})", text[n.end :])
        and not (n.low == 1 and n.literal in {"一", "1"})
    ]
    return found[-1] if found else None


def amount_owed(text: str, ask: str = "") -> float | None:
    """The sum owed to the speaker in yuan, or None when the text gives none.

    About and over give the round figure, a range its lower end; part payments are taken off; a group's
    sum counts only where it can be shared out; after a self-correction only the later figures count.
    """
    told = _SHOULD_BE.sub("应发", _PROMISE.sub("", numerals(text)))
    text = _DIMES.sub(_with_dimes, after_correction(told, needs=_FIGURE))
    wants_group = bool(
        re.search(r"你们(?:一共|总共|大家|合计|全部)|大家一共|所有人|全部人员|涉及(?:总)?金额", ask)
    )
    told_sums = read_sums(text)
    sums = [s for s in told_sums if not _PART_OF.search(s.before)] or told_sums
    if not sums:
        return _bare_answer(text, ask)
    owed = _settle(text, sums, wants_group=wants_group)
    if owed is None and len(sums) == 1 and sums[0].role is Role.PAID and re.search(r"给了|付了|已", ask):
        owed = sums[0].value
    return None if owed is None or owed <= 0 else owed


def _bare_answer(text: str, ask: str) -> float | None:
    """A figure without unit, which only the question gives: `三` to 欠了几万?"""
    numbers = scan(text)
    if len(numbers) != 1 or is_question(text) or _OTHER_UNIT.match(text[numbers[0].end :]):
        return None
    if re.search(r"(?:多少|几|单位[::是]?)万|万元[))]", ask):
        return numbers[0].low * 10_000
    if re.search(r"(?:多少|几)千", ask):
        return numbers[0].low * 1000
    alone = re.fullmatch(r"\D{0,4}\d{1,7}(?:\.\d+)?\D{0,2}", text)
    return numbers[0].low if alone and numbers[0].low >= 10 else None


def _settle(text: str, sums: list[Sum], *, wants_group: bool) -> float | None:
    paid = sum(s.value for s in sums if s.role is Role.PAID)
    own = [s for s in sums if s.role is Role.OWN]
    if own and not wants_group:
        paid_after = sum(
            s.value for s in sums if s.role is Role.PAID and s.number.start > own[-1].number.start
        )
        left_after = [s.value for s in sums if s.role is Role.LEFT and s.number.start > own[-1].number.start]
        return left_after[-1] if left_after else own[-1].value - paid_after
    left = [s for s in sums if s.role is Role.LEFT]
    if left and not _later_total(sums, left):
        return _with_items(sums, left, paid)
    gross = _gross(text, sums)
    if gross is None:
        return _shared(text, sums, paid, wants_group=wants_group)
    if _HALF_PAID.search(text) and not paid:
        return gross / 2
    return gross - paid if gross > paid else None


def _later_total(sums: list[Sum], left: list[Sum]) -> bool:
    """欠我工资两万,押金五百,一共两万零五百: the total closes the list."""
    totals = [s for s in sums if s.role is Role.TOTAL]
    return bool(totals) and totals[-1].number.start > left[-1].number.start


def _with_items(sums: list[Sum], left: list[Sum], paid: float) -> float:
    """欠我三万,给了五千 is net of what was paid; 还欠 is net already; 押金五百 on top is added."""
    first = left[0].number.start
    extra = [s for s in sums if s.role is Role.PLAIN and s.number.start > first and _joins(s.before)]
    if "另外" in left[0].before:  # 工钱八千二,材料费另外欠两千三
        extra += [s for s in sums if s.role is Role.PLAIN and s.number.start < first]
    base = (
        sum(s.value for s in left)
        if len(left) == 1 or all(_joins(s.before) for s in left[1:])
        else left[-1].value
    )
    total = base + sum(s.value for s in extra)
    already_net = (
        any(re.search(r"还|剩|尚|余|尾款|现在|目前|下欠|净欠", s.before) for s in left) or len(left) > 1
    )
    paid_later = [s for s in sums if s.role is Role.PAID and s.number.start > left[-1].number.start]
    if already_net and not (paid_later and re.search(r"又|后来|前天|昨天|刚", paid_later[0].before)):
        return total
    return total - paid if total > paid else total


def _joins(before: str) -> bool:
    return bool(_ITEM.search(before) or _ADD.search(before))


def _gross(text: str, sums: list[Sum]) -> float | None:
    totals = [s for s in sums if s.role is Role.TOTAL]
    if totals:
        return totals[-1].value
    rates = [s for s in sums if s.role is Role.RATE]
    plain = [s for s in sums if s.role is Role.PLAIN]
    for rate in rates:
        times = _times(text, rate.unit)
        if times:
            extra = sum(s.value for s in plain if _joins(s.before) and s.number.start > rate.number.start)
            return rate.value * times + extra
    if plain:
        joined = len(plain) > 1 and all(_joins(s.before) for s in plain[1:])
        multiplied = _spelled_product(text, plain)
        return multiplied or (sum(s.value for s in plain) if joined else plain[-1].value)
    return None


def _spelled_product(text: str, plain: list[Sum]) -> float | None:
    """三个月,每个月四千 is a rate; 四千乘三 and 4000*3 are told as sums."""
    match = re.search(r"(?:乘以?|[*x×])\s*", text)
    if match is None or len(plain) < 1:
        return None
    factors = [n.low for n in scan(text[match.end() :])]
    return plain[0].value * factors[0] if factors else None


def _shared(text: str, sums: list[Sum], paid: float, *, wants_group: bool) -> float | None:
    group = [s for s in sums if s.role is Role.GROUP]
    if not group:
        return None
    total = group[-1].value - paid
    if wants_group:
        return total
    heads = [
        n.low
        for n in scan(text)
        if re.match(r"\s*(?:个|号|名|位)?(?:人|工友|兄弟|工人)|个(?=[,, 一总共])", text[n.end :])
    ]
    return total / heads[0] if heads and heads[0] > 1 and _SPLIT.search(text) else None


def answer_amount(text: str, ask: str = "") -> int | float | None:
    """`amount_yuan` as answered to a question; None when no sum can be taken from it."""
    if _NONE_OWED.search(text):
        return None
    owed = amount_owed(text, ask)
    return None if owed is None else tidy(owed)
