"""jieba with the labour dictionary: the words that keyword scoring and knowledge search share."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import jieba

DICTIONARY = Path(__file__).with_name("jieba_labour.txt")
# Letters, digits, Chinese characters; blanks and punctuation carry no meaning for search.
_WORD = re.compile(r"\w")


@lru_cache(maxsize=1)
def _tokenizer() -> jieba.Tokenizer:
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.load_userdict(str(DICTIONARY))
    return tokenizer


def normalise(text: str) -> str:
    """Half-width, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def tokenize(text: str, *, for_search: bool = True) -> list[str]:
    """Words of a text. `for_search` also gives the shorter words inside long ones."""
    cut: Callable[..., list[str]] = _tokenizer().lcut_for_search if for_search else _tokenizer().lcut
    return [word for word in cut(normalise(text)) if _WORD.search(word)]
