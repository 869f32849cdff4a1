"""How many people a matter concerns."""

import re
from typing import Final

from nlu.extractors.numbers import Number, scan
from nlu.extractors.text import REFUSAL, after_correction, numerals

_FIGURE: Final = re.compile(r"[0-9零一二两三四五六七八九十百几]")
_ALONE: Final = re.compile(
    r"(?<!不)(?:就|只有|只|光|仅|单独)(?:是)?(?:我|俺|本人)(?:自己)?(?:一?个(?:人)?)?(?![跟和与同加])|"
    r"(?<!不止)(?<!不只)我(?:自己)?一个(?:人)?|^(?:我自己|自己|我一个|单独|个人|一个人?|没有?别人|没有其他|"
    r"没得别人|没有了?|没得)[呀啊嘛吧的。!了]*$|没(?:有|得)?(?:别人|其他人|旁人)"
)
_ONLY_ME: Final = re.compile(r"不[止只](?:是)?我一个?人?")
_HEAD: Final = (
    r"(?:个|名|位|号|口|来号|多号)?\s*(?:农民工|民工|工人|工友|同事|老乡|兄弟|姐妹|员工|职工|骑手|师傅|大姐|女工|"
    r"女的|男的|伙计|家|人(?!民币)|人员)?"
)
_NOT_HEAD: Final = re.compile(
    r"\s*(?:个(?=\s*[\d二两三四五六七八九十])|个(?:多|半)?月|个星期|个礼拜|个小时|个钟|个工(?!人|友)|年|天|月|日|号(?!人)|块|元|万|千|点|岁|次|分|"
    r"倍|%|级|楼|栋|层|周|小时|家公司|个(?:项目|班组?|队|组|车间|宿舍|厂|工地|单位|公司)|[桌拨批排队组车])"
)
_FLOOR_BEFORE: Final = re.compile(
    r"(?:至少|起码|最少|少说(?:也)?有?|不少于|不低于|超过|不止|(?<![加连算])上|得有|大几|好)\s*$"
)
_FLOOR_AFTER: Final = re.compile(
    r"^\s*(?:个|名|位|号)?(?:人|工人|工友)?(?:以上|往上|开外|不止|打底|还多|好几)|^\s*(?:个|号|名|位)?多(?:个|号|"
    r"名|位)?"
)
_PART: Final = re.compile(r"(?:其中|里面|里头|女的|男的|走了|已经|有\s*$)")
_AND_ME: Final = re.compile(
    r"我(?:和|跟|同|与|加|带着?|还有)|(?:连|加|算|包括)(?:上)?我|我.{0,3}还有|另外(?:还)?有?$"
)
_PLUS: Final = re.compile(r"加上?|还有|另外|再加|外加|[+]")
# 男的8个女的4个, 木工6个钢筋工9个: every figure with its own group.
_LABEL: Final = re.compile(
    r"(?:男|女)(?:的|工|同事|员工)?(?:有)?$|[一-龥]{1,3}(?:工|师傅|组|队|班|线|车间)(?:有)?$"
)
_INCLUDED: Final = re.compile(
    r"(?:连|算上?|包括|加上?|带)(?:我|自己|本人)(?:一共|总共|自己|在内|一起|是|有|[,, ])*$"
)
_OTHERS_ASKED: Final = re.compile(r"除了?您|除了?你|除您|还有几|还有多少(?:人|工友)|其他(?:工友|人)|别的工友")


def _heads(text: str, *, answer: bool) -> list[Number]:
    """The figures that count people; in an answer also those without a counting word."""
    heads = []
    for number in scan(text):
        after = text[number.end :]
        if _NOT_HEAD.match(after) or number.low < 1 or number.low != int(number.low):
            continue
        if re.match(r"大?[帮群堆伙批片些班家屋车直样般起]", after) and number.literal in {"一", "1"}:
            continue
        if re.search(r"(?:第|欠|[几\d.]|每|一)\s*$", text[: number.start]) and number.literal in {"一", "1"}:
            continue
        counted = re.match(
            r"\s*[多来余几]?(?:个(?!$)|名|位|号人|口)?\s*(?:农民工|民工|工人|工友|同事|老乡|兄弟|姐妹|员工|职工|"
            r"骑手|师傅|人(?!民币))",
            after,
        )
        if counted or (answer and re.match(rf"\s*{_HEAD}(?:[^\d]|$)", after) and number.low < 5000):
            heads.append(number)
    return heads


def _is_floor(text: str, number: Number) -> bool:
    return (
        number.kind == "over"
        or bool(_FLOOR_BEFORE.search(text[: number.start]))
        or bool(_FLOOR_AFTER.match(text[number.end :]))
    )


def _render(count: int, *, floor: bool) -> int | str:
    return f"{count}+" if floor else count


def _vague(text: str) -> str | None:
    if re.search(r"上百(?:号|个|人|名)?", text):
        return "100+"
    if re.search(r"(?<![一二三四五六七八九两十\d])(?:好)?几十(?:号|个|人|名|来)?", text):
        return "20+"
    if re.search(r"(?:好)?几百", text):
        return "200+"
    return None


def people_count(text: str, ask: str = "") -> int | str | None:
    """An integer, or `10+` when only a lower bound is said; None when there is no figure."""
    plain = after_correction(numerals(text), needs=_FIGURE)
    if re.search(r"一个(?:人)?(?:都|也)(?:没|不)", plain):
        return None
    if re.fullmatch(r"(?:没有?|没得)[了呀啊嘛吧的。!]*", plain) and not re.search(r"别|其他|还有|除", ask):
        return None
    if vague := _vague(plain):
        return vague
    heads = _heads(_ONLY_ME.sub("", plain), answer=True) if not _ALONE.fullmatch(plain.rstrip("。!")) else []
    others = bool(_OTHERS_ASKED.search(ask)) and not _AND_ME.search(plain)
    if not heads:
        return _without_figure(plain)
    total = [
        n
        for n in heads
        if re.search(r"(?:一共|总共|共|合计|拢共)(?:有|是|大概|差不多)*\s*$", plain[: n.start])
    ]
    if total:
        return _render(int(total[-1].low), floor=_is_floor(plain, total[-1]))
    if len(heads) > 1 and _are_parts(plain, heads):
        return _render(int(sum(n.low for n in heads)), floor=any(_is_floor(plain, n) for n in heads))
    first = heads[0]
    count = int(first.low)
    if _me_besides(plain, first) or (others and not _ALONE.search(plain)):
        count += 1
    return _render(count, floor=_is_floor(plain, first))


def _are_parts(text: str, heads: list[Number]) -> bool:
    """Whether the figures add up: 六个加上隔壁四个, 一个12人一个8人, 五男三女, 木工6个钢筋工9个."""
    return (
        bool(_PLUS.search(text[heads[0].end : heads[1].start]))
        or all(re.search(r"(?:一个|一边|一队|一组)(?:有)?$", text[: n.start]) for n in heads)
        or all(re.match(r"个?[男女]", text[n.end :]) for n in heads)
        or all(_LABEL.search(text[: n.start]) for n in heads)
    )


def _me_besides(text: str, number: Number) -> bool:
    """我和三个工友: the speaker comes on top. 我和老婆两个, 连我五个: already counted."""
    before, after = text[: number.start], text[number.end :]
    if _INCLUDED.search(before):
        return False
    together = re.search(r"我[,, ]?(?:和|跟|同|与|还有|带着?|加上?)(?:另外|其他|别的)?\s*(?:有)?$", before)
    besides = re.match(
        r"\s*(?:个|名|位)?(?:工友|同事|老乡|兄弟|徒弟|人|伙计|朋友)?[,, ]?(?:加上?|和|还有|再加)(?:我|自己)",
        after,
    )
    more = re.search(r"(?:除了?我|我以外|我之外)[^,]{0,3}(?:还有|另外)?[^\d]{0,3}$", before)
    return bool(together or besides or more)


_KIN: Final = (
    r"我?(?:老婆|老公|媳妇|爱人|对象|弟弟?|哥哥?|姐姐?|妹妹?|兄弟|姐夫|妹夫|舅子|小舅子|大舅子|连襟|堂弟|堂哥|表弟|表哥|徒弟|"
    r"师傅|爸爸?|妈妈?|爹|老表|老乡|儿子|姑娘|侄儿|侄子|嫂子?|工友|同事|朋友)"
)


def _listed_kin(text: str) -> int | None:
    """我跟我兄弟还有我舅子: the speaker and everyone named, one each."""
    body = re.sub(
        r"(?:都|也|一起|[一二三四五]起|没拿到?|被欠|了|[。! ])+$", "", re.sub(r"^(?:就|只有|是)", "", text)
    )
    parts = re.split(r"还有|加上|[和跟与同、,,加]", body)
    named = [p for p in parts if p]
    if len(named) < 2 or named[0] not in {"我", "本人", "俺"}:
        return None
    return len(named) if all(re.fullmatch(_KIN, p) for p in named[1:]) else None


def _without_figure(text: str) -> int | str | None:
    if kin := _listed_kin(text):
        return kin
    if re.search(
        r"我[和跟](?:我)?(?:老婆|老公|媳妇|爱人|弟弟?|哥哥?|姐姐?|妹妹?|姐夫|堂弟|表弟|徒弟|我爸|爸|妈|爹|老表|老乡|儿子|工友)(?:都|也|一起|$)|我[们]?(?:两口子|夫妻)|"
        r"(?:两口子|夫妻俩?)",
        text,
    ):
        return 2
    if _ALONE.search(text):
        return 1
    if REFUSAL.search(text) or "?" in text:
        return None
    return None


def volunteered_people(text: str) -> int | str | None:
    """A head count that a free sentence tells about the speaker's own group."""
    plain = numerals(text)
    group = r"(?:我们|咱们?|俺们|大家|一共|总共|我和|有|拖欠|欠|工友|班组|连我)"
    near = re.search(
        rf"{group}[^,。;,;]{{0,6}}?((?:好几|几|上)?[\d一二两三四五六七八九十百几多来]+\s*(?:多)?(?:个|号|名|"
        rf"位)?(?:农民工|民工|工友|工人|兄弟|老乡|同事|人|员工|职工|骑手)(?!民))",
        plain,
    )
    if near is None or re.search(r"[一1]个?人$", near[1]):
        ended = re.search(
            r"(?:我们|咱们?|大家|一共)((?:好几|几)?[\d二两三四五六七八九十百几多来]+个)(?=[,。;!]|都|全|$)",
            plain,
        )
        return people_count(ended[1] + "人") if ended else None
    if re.search(r"公司|厂(?:里|子)?有|单位有|老板有", plain[: near.start() + 4]):
        return None
    return people_count(plain[near.start() : near.end()])
