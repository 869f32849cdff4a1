"""Words of a text for word matching: jieba with the labour dictionary that the classifier uses too."""

import logging
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import yaml

DICTIONARY = Path(__file__).parent.parent / "nlu" / "jieba_labour.txt"
SYNONYMS = Path(__file__).with_name("synonyms.yml")
MAX_CHARACTERS = 400
_WORD = re.compile(r"[0-9a-z㐀-鿿]+")
# Words that say nothing about the subject; question words of several dialects among them.
_STOP = frozenset(
    "的 了 吗 呢 啊 吧 呀 嘛 么 是 我 我们 你 你们 您 他 她 他们 它 这 那 这个 那个 就 都 也 还 又 很 在 和 与 跟 及 或 有 "
    "个 一个 怎么 怎么办 咋 咋办 咋个 咋整 如何 什么 哪 哪个 哪些 请问 问 一下 想 想问 可以 能 能不能 可不可以 是不是 "
    "要 会 说 去 到 给 把 被 让 对 从 为 以 于 而 但 但是 因为 所以 如果 现在 啥 不 没 没有 得 着 过 里 上 下 呗 哈 噶 之 其".split()
)


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    if DICTIONARY.exists():
        tokenizer.load_userdict(str(DICTIONARY))
    return tokenizer


def normalise(text: str) -> str:
    """Half width, lower case, at most what the models read."""
    return unicodedata.normalize("NFKC", text[: MAX_CHARACTERS * 2]).lower()[:MAX_CHARACTERS]


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, str]:
    groups = cast(list[list[str]], yaml.safe_load(SYNONYMS.read_text(encoding="utf-8")))
    return {word: group[0] for group in groups for word in group}


def tokens(text: str) -> list[str]:
    """Words with their inner words (劳动合同 gives 劳动, 合同, 劳动合同), without stop words;
    words that mean the same become one."""
    found = [word for run in _WORD.findall(normalise(text)) for word in _tokenizer().cut_for_search(run)]
    same = _synonyms()
    return [same.get(word, word) for word in found if word not in _STOP]
