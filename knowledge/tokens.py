"""Words of a text for word matching: jieba with the labour dictionary that the classifier uses too."""

import logging
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import yaml

DICTIONARY = Path(__file__).parent.parent / "nlu" / "jieba_labour.txt"
WORDS = Path(__file__).with_name("words.yml")
MAX_CHARACTERS = 400
_WORD = re.compile(r"[0-9a-z㐀-鿿]+")


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
def _word_table() -> tuple[frozenset[str], dict[str, str]]:
    """Words to leave out, and for words that mean the same the one that stands for all."""
    table = cast(dict[str, list[list[str]]], yaml.safe_load(WORDS.read_text(encoding="utf-8")))
    left_out = frozenset(word for line in table["left_out"] for word in line)
    return left_out, {word: group[0] for group in table["same"] for word in group}


def tokens(text: str) -> list[str]:
    """Words with their inner words (劳动合同 gives 劳动, 合同, 劳动合同), without stop words;
    words that mean the same become one."""
    found = [word for run in _WORD.findall(normalise(text)) for word in _tokenizer().cut_for_search(run)]
    left_out, same = _word_table()
    return [same.get(word, word) for word in found if word not in left_out]
