"""Small figures asked for in forms: years of work, week of pregnancy, injury grade, number of children."""

import re
from datetime import date
from typing import Final

from nlu.extractors.dates import parse_date
from nlu.extractors.numbers import scan, tidy
from nlu.extractors.text import REFUSAL, after_correction, is_question, numerals

_FIGURE: Final = re.compile(r"[0-9零一二两三四五六七八九十半]")
_N: Final = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十]+)"
_YEARS: Final = re.compile(
    rf"(?<!同)(?P<y>{_N})(?P<over>多|来|几)?个?年(?:头)?(?!前|底|初|的?时候|进|入职|开始|[来到]的|国庆|五一|元旦|过年|春节|端午|中秋|\d+月|[一二三四五六七八九十]+月|龄|轻|纪|"
    rf"级|多前)(?P<half>半)?(?:多)?(?:[零又加带,]?(?P<m>{_N})个(?P<mh>半)?月)?"
)
_MONTHS: Final = re.compile(rf"(?P<half0>半个?月|半年多?)|(?P<m>{_N})个(?P<half>半)?多?月")
_TOTAL_WORK: Final = re.compile(
    r"累计|一共(?:工作|上班|干)|总共(?:工作|上班|干)|工龄(?:一共|总)|前前后后|(?:加起来)|参加工作|出来打工|"
    r"打工(?:都)?|以前|之前|原来|上一家|别的|前一家|其他"
)
_HERE: Final = re.compile(
    r"这家|这个(?:厂|公司|单位|店|工地)|这里|这边|现在这|现在的|本单位|本公司|目前这|这儿|该"
)
_BETWEEN: Final = re.compile(r"到|至|~|—|-(?=20\d\d|19\d\d)|[,。;,; ]")
_LEFT: Final = re.compile(r"离职|辞职|辞工|辞退|离开|开除|不干|没干|没做|走的|走人|走了|为止|止$")
_SHORT_OF: Final = re.compile(rf"(?:差|少|不到)(?:了)?({_N}|半)个?(月|天)")
_DAYS: Final = re.compile(rf"({_N})多?(天|个?星期|个?礼拜|周)(?!前|之前|以前)")


def work_years(text: str, now: date, ask: str = "") -> int | float | None:
    """Years at the present employer with two decimals; the total only where 累计 is asked or said alone."""
    plain = after_correction(numerals(text), needs=_FIGURE)
    if (stretch := _from_to(plain, now)) is not None:
        return tidy(stretch)
    want_total = "累计" in ask or "一共" in ask or "总工龄" in ask
    pieces = [(p, v) for p in re.split(r"[,。;!,;]", plain) if (v := _years(p, now)) is not None]
    if not pieces:
        value = _years(plain, now)
        return None if value is None else tidy(value)
    if want_total:
        total = [v for p, v in pieces if re.search(r"累计|一共|总共|加起来", p)]
        if total:
            return tidy(total[-1])
        here = [v for p, v in pieces if _HERE.search(p) or _TOTAL_WORK.search(p)]
        return tidy(sum(here) if len(here) > 1 else pieces[-1][1])
    here = [v for p, v in pieces if _HERE.search(p) and not re.search(r"累计|以前|之前|上一家", p)]
    other = [v for p, v in pieces if not _TOTAL_WORK.search(p)]
    return tidy((here or other or [v for _, v in pieces])[-1])


def _from_to(text: str, now: date) -> float | None:
    """2018年到2023年, or the day somebody came and the day they left."""
    for cut in _BETWEEN.finditer(text):
        first, last = text[: cut.start()], text[cut.end() :]
        whole_years = re.search(r"(?:19|20)?\d\d年?$", first) and re.match(r"(?:19|20)?\d\d年", last)
        if not (whole_years or _LEFT.search(last) or cut.group() not in ",。;,; "):
            continue
        begun, ended = _since(first, now), _since(last, now)
        if begun is not None and ended is not None and begun > ended:
            return begun - ended
    return None


def _years(text: str, now: date) -> float | None:
    if (short := _SHORT_OF.search(text)) and (whole := _YEARS.search(_SHORT_OF.sub("", text))):
        missing = 0.5 if short[1] == "半" else scan(short[1])[0].low
        return scan(whole["y"])[0].low - missing / (12 if short[2] == "月" else 365)
    if match := _YEARS.search(text):
        value = scan(match["y"])[0].low + (0.5 if match["half"] else 0.0)
        if match["m"]:
            value += (scan(match["m"])[0].low + (0.5 if match["mh"] else 0.0)) / 12
        return (
            value if 0 < value < 60 and not re.fullmatch(r"(?:19|20)\d\d", match["y"]) else _since(text, now)
        )
    if (since := _since(text, now)) is not None:
        return since
    if match := _MONTHS.search(text):
        if match["half0"]:
            return 0.5 if "年" in match["half0"] else round(0.5 / 12, 2)
        return (scan(match["m"])[0].low + (0.5 if match["half"] else 0.0)) / 12
    if match := _DAYS.search(text):
        count = scan(match[1])[0].low
        return count / 365 if match[2] == "天" else count * 7 / 365
    if (
        "年" not in text
        and (bare := re.fullmatch(rf"[^\d一二两三四五六七八九十百千万]{{0,3}}({_N})[吧了。]*", text))
        and "天" not in text
    ):
        value = scan(bare[1])[0].low
        return value if 0 < value < 60 else None
    return None


def _since(text: str, now: date) -> float | None:
    start = parse_date(text, now, keep_year=True)
    if start is None:
        return None
    parts = [int(p) for p in start.split("-")]
    begun = date(parts[0], parts[1] if len(parts) > 1 else 1, parts[2] if len(parts) > 2 else 1)
    months = (now.year - begun.year) * 12 + now.month - begun.month
    if len(parts) > 2 and now.day < begun.day:
        months -= 1
    if len(parts) == 1:
        return float(now.year - begun.year) or None
    return round(months / 12, 2) if 0 <= months < 720 else None


def pregnancy_week(text: str, now: date, ask: str = "") -> int | None:
    """Completed weeks of pregnancy; months count four weeks each; a range or nothing certain is None."""
    plain = after_correction(numerals(text), needs=_FIGURE)
    plain = re.sub(r"(?<![\d.])(\d{1,2})\s*w(?:ks?|eeks?)?(?![a-z])", r"\1周", plain)
    plain = re.sub(r"^(\D{0,4}\d{1,2})\s*[+]\s*([0-6])天?(?!\d)", r"\1周", plain)  # 32+5 is weeks and days
    if re.search(
        r"没(?:有)?怀|没查|不知道|不清楚|刚(?:查出|测出|怀|发现)|还没|生了|生完|流产|不确定", plain
    ) and not re.search(r"\d+周|[一二三四五六七八九十]周", plain):
        return None
    if due := re.search(
        r"预产期|末次月经|最后一次(?:月经|例假|来)",
        plain + ("" if re.search(r"周|月份?孕|孕", plain) else ask),
    ):
        return _from_calendar(plain, due.group(), now)
    for number in scan(plain):
        after = plain[number.end :]
        value: float | None = None
        if re.match(r"\s*(?:多)?(?:个)?(?:周|星期|礼拜|w)", after):
            value = number.low
        elif month := re.match(r"\s*个(半)?月", after):
            value = (number.low + (0.5 if month[1] else 0)) * 4
        elif re.fullmatch(
            r"(?:孕|怀孕|怀了|有|大概|已经|差不多|第)*", plain[: number.start]
        ) and re.fullmatch(r"[了吧多。+]*", after):
            value = number.low
        if value is not None:
            return int(value) if number.kind != "range" and 1 <= value <= 44 else None
    return None


def _from_calendar(text: str, kind: str, now: date) -> int | None:
    told = parse_date(text, now, future=kind == "预产期")
    if told is None or len(told) < 10:
        return None
    days = (date.fromisoformat(told) - now).days
    weeks = (280 - days) // 7 if kind == "预产期" else -days // 7
    return weeks if 1 <= weeks <= 44 else None


_OTHER_SCALE: Final = re.compile(r"轻伤|重伤|轻微伤|残疾证|残联|职称|技术等级|技工|电工证")
"""Grades of criminal injury, of the disability card or of a trade say nothing about 劳动能力鉴定."""
_ASSESSED: Final = re.compile(
    r"(?<![要得等])鉴定(?:为|是|了|成|下来|出来|结果|结论)|评(?:为|了|上|的|定)|(?<!鉴)定(?:为|了)|下来了?是"
)


def _not_assessed(text: str) -> bool:
    """Whether the grade is still to come, only guessed, or of another scale."""
    pending = re.search(
        r"(?:还|都|没有?|未|等)(?:没有?|未|在)?(?:鉴定|评|做鉴定|定级|出结果)|"
        r"(?:还|都)没(?:有)?(?:去|来得及)?(?:评|定|鉴|出|做)|正在(?:鉴定|评)|没评上|不够级|评不上|等结果|没下来",
        text,
    )
    if pending and not re.search(r"(?:已经|鉴定(?:为|是|了|成)|评(?:为|了|上|的)|定(?:为|了)|结果)", text):
        return True
    guessed = re.search(r"大概|听说|医生说|律师说|(?:要|得|等)(?:去|做|先)?鉴定", text)
    return bool(_OTHER_SCALE.search(text) or (guessed and not _ASSESSED.search(text)))


def injury_grade(text: str) -> int | None:
    """The assessed disability grade 1–10; a range, a guess before assessment or another number is None."""
    plain = after_correction(numerals(text), needs=_FIGURE)
    if _not_assessed(plain):
        return None
    if is_question(plain) or re.search(r"可能|估计|也许|应该能|能评|想评|左右", plain):
        return None
    grades = [n for n in scan(plain) if re.match(r"\s*级(?!医院|工|电|台阶)", plain[n.end :])]
    if not grades:
        bare = (
            scan(plain)
            if re.fullmatch(r"(?:是|评了|定了|鉴定)?(?:\d+|[一二三四五六七八九十]+)[吧。了]*", plain)
            else []
        )
        grades = bare
    low = [n for n in grades if n.kind == "range"]
    distinct = {n.low for n in grades}
    if (
        low
        or not grades
        or (len(distinct) > 1 and re.search(r"或|还是|到|~|要么", plain))
        or re.search(r"[一二三四五六七八九\d]级?\s*[到至或~\-—、]\s*[一二三四五六七八九十\d]+级", plain)
    ):
        return None
    value = grades[-1].low
    return int(value) if value in range(1, 11) else None


_CHILD: Final = (
    r"(?:小孩子?|孩子|娃娃?|子女|儿子|女儿|姑娘|儿|女|崽|男孩|女孩|闺女|千金|小子|男娃|女娃|丫头|囡囡?|仔|宝宝?|"
    r"学生)"
)
_SEXES: Final = re.compile(
    rf"({_N})(?:个)?(儿子|男孩|男娃|儿|男|小子|公子|崽|仔)\s*[,,、和跟]?\s*(?:还有)?({_N})(?:个)?(女儿|女孩|女娃|"
    rf"姑娘|闺女|女|丫头|千金|囡)"
)
_SEXES_BACK: Final = re.compile(
    rf"({_N})(?:个)?(女儿|女孩|女娃|姑娘|闺女|女|丫头)\s*[,,、和跟]?\s*(?:还有)?({_N})(?:个)?(儿子|男孩|男娃|儿|"
    rf"男|小子)"
)


def children_count(text: str, ask: str = "") -> int | None:
    """How many children; a range or a refusal is None, 没有 is 0."""
    plain = after_correction(numerals(text), needs=re.compile(r"[0-9零一二两三四五六七八九十]|没|无"))
    if is_question(plain):
        return None
    if re.search(r"一个(?:都|也)?没", plain):
        return 0
    both = _SEXES.search(plain) or _SEXES_BACK.search(plain)
    if both:
        return int(scan(both[1])[0].low + scan(both[3])[0].low)
    numbers = [
        n
        for n in scan(plain)
        if re.match(rf"\s*(?:个|名|胎|孩|娃|(?={_CHILD})|[吧了。]*$)", plain[n.end :])
        and not re.match(r"个月|个多月|个半月", plain[n.end :])
    ]
    numbers = [n for n in numbers if not re.search(r"第\s*$", plain[: n.start])]
    if re.search(r"肚子里|怀着|还没(?:出)?生", plain) and len(numbers) > 1:
        numbers = numbers[:1]
    if any(n.kind != "exact" for n in numbers):
        return None
    if twins := re.search(r"(双胞胎|龙凤胎)|三胞胎", plain):
        return (2 if twins[1] else 3) + _beside_twins(plain, [int(n.low) for n in numbers])
    if len(numbers) == 1 and re.search(r"(?:生了|生|有)个(?!月)[^,]*,[^,]{0,4}还有", plain):
        return int(numbers[0].low) + 1  # 刚生了个小的,前面还有一个
    if numbers:
        return _count_of(plain, ask, [int(n.low) for n in numbers])
    return _told_without_figure(plain)


def _beside_twins(text: str, others: list[int]) -> int:
    """龙凤胎加一个老大: how many children there are besides the twins."""
    more = re.search(r"加上?|还有|另外|和|外加|(?<!一)个老[大二]", text)
    return sum(n for n in others if n < 10) if more else 0


def _count_of(text: str, ask: str, values: list[int]) -> int | None:
    studying = re.search(r"上学|读书|在读|上大学|考", ask)
    if len(values) > 1 and set(values) == {1}:
        return len(values)  # 一个上大学一个上高中
    if len(values) > 1:
        parts = re.search(r"(?:其中|上学|读书|工作|大学|已经|打工|成年)", text)
        if parts and studying:
            narrow = re.search(
                rf"({_N})个?[^,。]{{0,4}}(?:上学|读书|在读|上大学|念书|读大学|上小学|上初中|上高中)", text
            )
            if narrow:
                return int(scan(narrow[1])[0].low)
        summed = sum(values[1:])
        return values[0] if values[0] >= summed or parts else sum(values)
    return values[0] if values[0] <= 15 else None


def _told_without_figure(text: str) -> int | None:
    if re.search(
        r"没(?:有|得)?(?:小孩|孩子|娃|子女|生)|^(?:没有|没得|无|零|还没有?|没)[呢啊呀的。!]*(?:$|[,。])|未婚|没结婚|单身|丁克",
        text,
    ):
        return 0
    if re.search(r"一[双对]儿女", text):
        return 2
    pairs = [
        p
        for p in (
            r"老大|大的|大娃|大儿|大女|大姑娘|大闺女",
            r"老二|小的|二娃|小儿|小女|小姑娘|小闺女|二的",
            r"老三|三娃|最小的",
        )
        if re.search(p, text)
    ]
    if len(pairs) > 1:
        return len(pairs)
    if re.search(r"独生|独子|独女|独苗|就(?:这)?一个", text):
        return 1
    if re.search(r"儿女双全", text) or REFUSAL.search(text):
        return None
    return None
