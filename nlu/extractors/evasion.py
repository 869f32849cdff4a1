"""What people write instead of an answer: putting off, skipping, asking back, figures that count nothing.

The extractors look for facts; here the clauses that can hold none are taken out first, so that 等一下 is not one
person and 打12345没人管 no sum of money.
"""

import re
from typing import Final

_CLAUSES: Final = re.compile(r"[^,,。;;!!??\n]+[,,。;;!!??\n]*")
_LATER: Final = re.compile(
    r"^(?:你|您)?(?:先|稍|再)?(?:等(?:等|一?下|会儿?|一会儿?|我|你|他|到)?|稍等|待会儿?|一会儿?|晚点|回头|改天|下次|有空|明天|后天|过[一两几]天|"
    r"(?:我|让我|我要|我得|我先|我去|那我)?(?:再|先|去|要)?(?=(?:问|查|翻|找|看|算|想)))"
    r"[^,。]{0,8}?(?:再(?:说|讲|来|看|问|填|告诉)|(?:告诉|回复?|联系|发给?)(?:你|您)|给(?:你|您)(?:发|说|讲|回|报|打)[^,。]{0,3}|"
    r"[问查翻找看算想]{1,2}(?:下|一下|看|问|查|找|想|算)[^\d一二两三四五六七八九十]{0,8})$|"
    r"^(?:等等?|等一?下|等会儿?|等一会儿?|稍等(?:一下)?|一会儿|待会儿?)$"
)
_SKIP: Final = re.compile(
    r"^(?:下一个|下一[题步项条]|跳过|略过?|同上|一样(?:的)?|(?:跟|和)[^,。]{1,5}一样的?|(?:[这那]个)?(?:先)?(?:空着|不填)|"
    r"(?:我)?(?:上次|之前|刚才|刚刚?|前面|以前)?(?:都|已经)*(?:说|讲|填|写|问|打)过?了?(?:[几两三四五六七八九十\d]+[遍次])?了?|"
    r"(?:你们?)?自己(?:去)?(?:查|看|找)|第[一二三\d]+次[^,。]{0,4}(?:问|用|来)[^,。]{0,3})(?:[了吧嘛啊呀的]*)$"
)
_ASKS_BACK: Final = re.compile(
    r"(?:能|会|可以|够|要)[^,。]{0,10}(?:吗|么|不)$|([一-龥])[不没]\1[^,。]{0,2}$|"
    r"(?:多久|(?:要|等|得|用|花)几天|多少天|多长时间|什么时候|啥时候|几点|几时|多少钱|怎么办|咋个办|咋整|为什么|为哪样|什么意思|哪样意思|做哪样|干什么的)"
    r"[^,。]{0,6}$"
)
# A clause that tells something owed or worked is a fact even when it ends as a question.
_TELLS: Final = re.compile(
    r"欠|没发|没给|没结|工资|干了|做了|上了|我叫|我在|怀孕|级|一共|总共|不是|个人|没拿"
)
_QUANTITY: Final = re.compile(r"[\d一二两三四五六七八九十百千万半]")
_IDIOM: Final = re.compile(
    r"一言难尽|乱七八糟|一塌糊涂|三更半夜|四处|(?<![\d二三四五六七八九])十分(?!钟)|一时半[会刻]儿?|五险一金|五险|七嘴八舌|三番五次|再三|"
    r"一点点?|半天(?=没|不|都|也|才)|千辛万苦|(?<![\d一二两三四五六七八九十百千几])万一(?=[^\d一二三四五六七八九十百千万])|千万(?=别|不要|莫|要)|第一次|头一次"
)
_HOTLINE: Final = re.compile(
    r"(?:打|拨|找|投诉|举报)(?:了|过|到|给)?(?:123(?:45|33|48|15|28|56)|12351|110|120|119)(?!\d|[块元万])|"
    r"(?<!\d)123(?:45|33|48|15|28|56)(?=打|热线|没人|不|说|让|叫|投诉)"
)
_TIMES: Final = re.compile(
    r"(?:说|问|去|打|找|跑|催|要|来|报|求)(?:了|过)?(?:他|她|老板|人)?[\d一二两三四五六七八九十几]+(?:多)?[次遍趟回]"
)


def answering(text: str) -> str:
    """`text` without the clauses that answer nothing; empty when nothing is left.

    A text without such clauses comes back unchanged.
    """
    clauses = _CLAUSES.findall(text)
    kept = [c for c in clauses if not _evades(c)]
    return text if len(kept) == len(clauses) else re.sub(r"[,,。;;!! ]+$", "", "".join(kept))


def countable(text: str) -> str:
    """`text` without figures that count nothing: 十分着急, 五险一金, 打了12345, 跑了三趟."""
    return _TIMES.sub("", _HOTLINE.sub("", _IDIOM.sub("", text)))


def _evades(clause: str) -> bool:
    asked = bool(re.search(r"[??]", clause))
    body = re.sub(r"[,,。;;!!??\n~… ]+$", "", clause.strip())
    body = re.sub(r"^(?:那|这个|哦|嗯|呃|哎|我|你|您)?[,, ]*(?=等|稍|晚点|跳|下一)", "", body)
    if not body:
        return False
    if _LATER.search(body) or _SKIP.fullmatch(body):
        return True
    if _TELLS.search(body):
        return False
    return bool(_ASKS_BACK.search(body)) or (
        asked and not _QUANTITY.search(body) and bool(re.search(r"[你您吗么呢啥什哪谁怎咋]", body))
    )
