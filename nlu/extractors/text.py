"""Text preparation shared by the extractors: width, capital numerals, self-corrections, refusals."""

import re
import unicodedata
from typing import Final

_CAPITALS: Final = str.maketrans(
    "壹贰叁肆伍陆柒捌玖拾佰仟萬億圆弍貳參陸兩", "一二三四五六七八九十百千万亿元二二三六两"
)
_CAPITAL_RUN: Final = re.compile(r"[壹贰叁肆伍陆柒捌玖拾佰仟萬億圆弍貳參陸兩万千百零元角分亿]{2,}")
_CAPITAL_COUNT: Final = re.compile(r"[壹贰叁肆伍陆柒捌玖拾](?=级|个|天|年|周)")
_THOUSANDS: Final = re.compile(r"(?<=\d)[,,](?=\d{3}(?!\d))")
_PAIR: Final = {"俩": "两个", "仨": "三个"}
_SPACES: Final = re.compile(r"(?<=[^a-zA-Z])\s+|\s+(?=[^a-zA-Z])")

REFUSAL: Final = re.compile(
    r"不知道|不晓得|不清楚|不记得|记不得|记不清|忘了|忘记|想不起|不想说|不愿|不方便|不便|保密|不告诉|不能说|"
    r"不好说|说不准|说不清|搞不清|没数|不确定|匿名|凭什么|干嘛|干啥|干什么|做什么用|为什么要|问这个|你猜|"
    r"跳过|先不|暂时不|"
    r"不填|不给|没想好|认不得|不说"
)
# What follows one of these replaces what was said before it.
CORRECTION: Final = re.compile(
    r"(?:哦|噢|哎|诶|啊|呃|额)?[,, ]?(?:不对|不不+|不是不是|说错了?|讲错了?|写错了?|打错了?|记错了?|搞错了?|"
    r"弄错了?|发错了?|错了|"
    r"更正|纠正|口误|改成|改为|应该是|应是|换成|看错了?|我再想想|哦不|噢不|啊不)"
)
_NOT_BUT: Final = re.compile(r"不是[^,。;!?,;!?]{1,14}[,, ]?(?:而|就|应该)?是")


def narrow(text: str) -> str:
    """Full-width to half-width, thousands commas removed, blanks that mean nothing removed."""
    folded = unicodedata.normalize("NFKC", text).strip()
    folded = folded.replace("\u200b", "").replace("\ufe0f", "")
    return _SPACES.sub(" ", _THOUSANDS.sub("", folded))


def numerals(text: str) -> str:
    """`narrow`, plus capital numerals, 俩 and 仨 in their everyday form; lower case."""
    plain = _CAPITAL_RUN.sub(lambda m: m.group().translate(_CAPITALS), narrow(text).lower())
    plain = _CAPITAL_COUNT.sub(lambda m: m.group().translate(_CAPITALS), plain)
    for short, full in _PAIR.items():
        plain = re.sub(f"{short}个?", full, plain)
    return re.sub(
        r"(?<=[0-9零一二两三四五六七八九十百千万kw元块月]) +(?=[0-9零一二两三四五六七八九十百千万kw元块个月天年人"
        r"])",
        "",
        plain,
    )


def after_correction(text: str, *, needs: re.Pattern[str]) -> str:
    """The part after the last self-correction, if it holds something that matches `needs`.

    `不是A是B` loses A. Without a usable correction the text comes back unchanged.
    """
    text = _NOT_BUT.sub("", text) if needs.search(_NOT_BUT.sub("", text)) else text
    for match in reversed(list(CORRECTION.finditer(text))):
        rest = text[match.end() :]
        if needs.search(rest):
            return rest
    return text


def is_question(text: str) -> bool:
    """Whether the person asks back instead of answering."""
    return bool(
        re.search(
            r"[??]\s*$|(?:吗|么|呢|咋个|咋办|怎么办|是什么意思|啥意思|哪样意思|([一-龥])[不没]\1)[。!!~…]*$",
            text.strip(),
        )
    )
