"""Finds people's names in free text, to hide them: too much rather than too little."""

import re
from functools import lru_cache
from typing import Any, Final

from nlu.extractors.names import _SURNAMES
from nlu.tokens import _tokenizer

_PLACE: Final = "\ue000"  # a private character: stands for a hidden name while other patterns still run
_RARE: Final = 40  # a word this rare in the dictionary that is tagged as a name is one; common ones are words
_LONGEST: Final = 3
_SURNAME: Final = f"[{_SURNAMES}]"
_NOT_IN_NAME: Final = r"(?![我你您他她它们咱的了是在和跟就说不没都也还让给叫要上])"
_GIVEN: Final = rf"(?:{_NOT_IN_NAME}[一-龥])"
_TITLE: Final = (
    r"(?:总|经理|老板娘?|包工头|工头|师傅|主任|队长|班长|组长|厂长|店长|会计|律师|法官|医生|老师|书记|主席|"
    r"先生|女士|小姐|阿姨|大哥|大姐|哥|姐|叔|嫂|某)"
)
_TOLD: Final = re.compile(
    rf"(?:我叫|名叫|叫做|本人叫?|姓名[::]?(?:是|叫)?|名字(?:就)?(?:是|叫)|(?<![一-龥])叫|我是|免贵姓?|"
    rf"工头叫?|老板叫?|老板娘叫?|带班的?(?:是|叫)?|经理叫?|班长叫?|雇主叫?|法人叫?|工友叫?|同事叫?|老乡叫?|"
    rf"老公叫?|老婆叫?|丈夫叫?|妻子叫?|儿子叫?|女儿叫?|父亲叫?|母亲叫?|联系人[::]?(?:是|叫)?)[::, ]?"
    rf"(?P<name>{_SURNAME}{_GIVEN}{{1,2}})"
)
_CALLED: Final = re.compile(r"[叫名姓]|联系人")
_FOREIGN: Final = re.compile(r"[一-龥]{1,6}[·•][一-龥·•]{1,12}")
_TITLED: Final = re.compile(rf"(?P<name>(?!包工头){_SURNAME}{_GIVEN}{{0,2}}){_TITLE}")
_FAMILIAR: Final = re.compile(
    rf"(?P<name>(?:(?<!养)老|阿|小(?!时|车|费|康|包|关|路|米|项|党|曲|石|井|汤|牛)){_SURNAME})(?![板公婆])"
)
# Words that begin like a name.
_WORDS: Final = frozenset(
    {
        "白班",
        "龙门阵",
        "仲裁庭",
        "仲裁委",
        "卫健委",
        "卫健",
        "安监",
        "包工",
        "左耳",
        "白干",
        "莫得",
        "莫让",
        "万一",
    }
)
_COMPOUND: Final = re.compile(r"(?:欧阳|上官|司马|诸葛|皇甫|尉迟|东方|夏侯|令狐)[一-龥]{1,2}")


@lru_cache(maxsize=1)
def _tagger() -> Any:
    from jieba.posseg import POSTokenizer

    return POSTokenizer(_tokenizer())


def hide_names(text: str, put: str) -> str:
    """Return the text with `put` in the place of what looks like a person's name."""
    for pattern in (_FOREIGN, _COMPOUND):
        text = pattern.sub(_PLACE, text)
    for pattern in (_TOLD, _TITLED, _FAMILIAR):
        text = pattern.sub(_without_name, text)
    tagged = "".join(_PLACE if _is_name(word.word, word.flag) else word.word for word in _tagger().cut(text))
    return re.sub(f"{_PLACE}+", put, tagged)


def _without_name(match: re.Match[str]) -> str:
    name, before = match["name"], match.group()[: match.start("name") - match.start()]
    told = _CALLED.search(before) is not None
    if name in _WORDS or (not told and (_common(name) or _common(name[:2]))):
        return match.group()
    return before + _PLACE + match.group()[len(before) + len(name) :]


def _common(word: str) -> bool:
    """A word that the dictionary knows well: 高兴, 马上, 和平."""
    return len(word) > 1 and (_tokenizer().FREQ.get(word) or 0) > _RARE and word[0] not in "老小阿"


def _is_name(word: str, flag: str) -> bool:
    return (
        flag.startswith("nr")
        and 2 <= len(word) <= _LONGEST
        and word[0] in _SURNAMES
        and word not in _WORDS
        and not _common(word)
    )
