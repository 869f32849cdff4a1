"""Words of a text for word matching: those of the classifier's tokenizer, with words of one meaning made one."""

from functools import lru_cache
from pathlib import Path
from typing import cast

import yaml

from nlu import tokens as nlu_tokens

WORDS = Path(__file__).with_name("words.yml")
MAX_CHARACTERS = 400  # what the models read; a pasted page must not cost seconds


def normalise(text: str) -> str:
    """Half width, lower case, cut."""
    return nlu_tokens.normalise(text[:MAX_CHARACTERS])


@lru_cache(maxsize=1)
def _word_table() -> tuple[frozenset[str], dict[str, str]]:
    """Words to leave out, and for words that mean the same the one that stands for all."""
    table = cast(dict[str, list[list[str]]], yaml.safe_load(WORDS.read_text(encoding="utf-8")))
    left_out = frozenset(word for line in table["left_out"] for word in line)
    return left_out, {word: group[0] for group in table["same"] for word in group}


def tokens(text: str) -> list[str]:
    """Words with their inner words (劳动合同 gives 劳动, 合同, 劳动合同), without those that say nothing."""
    left_out, same = _word_table()
    return [
        same.get(word, word) for word in nlu_tokens.tokenize(text[:MAX_CHARACTERS]) if word not in left_out
    ]
