"""What the classifier sees of a sentence: character n-grams and words as TF-IDF, a unit sentence vector."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Settings:
    """What training may vary; the defaults were chosen by cross-validation over the training files."""

    max_ngram: int = 3
    min_count: int = 3
    word_weight: float = 0.5  # length of the word block against the character block's 1
    vector_weight: float = 4.0  # weight of the vector's kernel against the character block's 1
    vector_sharpness: float = 1.0  # larger: only close neighbours speak for an intent
    penalty: float = 1.5  # larger: smoother, trusts single sentences less
    balance: float = 0.75  # 0 keeps file sizes as class weights, 1 makes every intent count the same
    max_characters: int = 400


@dataclass(frozen=True)
class Example:
    """One sentence with its words and its 384-d query vector."""

    text: str
    tokens: tuple[str, ...]
    vector: Sequence[float]


def normalise(text: str) -> str:
    """Spelling differences that carry no intent go: width, case, which digits, how many blanks."""
    text = re.sub(r"\d+", "0", unicodedata.normalize("NFKC", text).lower())
    return re.sub(r"\s+", " ", text).strip()


def character_ngrams(text: str, longest: int) -> Iterator[str]:
    """All n-grams, with ^ and $ so that how a sentence begins and ends counts."""
    padded = f"^{text}$"
    for size in range(1, longest + 1):
        for start in range(len(padded) - size + 1):
            yield padded[start : start + size]


def word_ngrams(tokens: Iterable[str]) -> Iterator[str]:
    """Words and pairs of words; the prefix keeps them apart from character n-grams."""
    words = [normalise(token) for token in tokens if token.strip()]
    yield from (f"w:{word}" for word in words)
    yield from (f"w:{left} {right}" for left, right in pairwise(words))


class FeatureSpace:
    """Term numbers and weights, and the centre and spread of sentence vectors.

    Raw cosines of this embedding model lie between 0.83 and 0.92: only centred and scaled vectors tell
    sentences apart.
    """

    def __init__(
        self, settings: Settings, vocabulary: Sequence[str], idf: Array, centre: Array, spread: Array
    ):
        self.settings = settings
        self.vocabulary = {term: index for index, term in enumerate(vocabulary)}
        self.idf, self.centre, self.spread = idf, centre, spread

    @classmethod
    def fitted(cls, settings: Settings, examples: Sequence[Example]) -> FeatureSpace:
        counts: Counter[str] = Counter()
        for example in examples:
            counts.update({term for terms, _ in _blocks(settings, example) for term in terms})
        vocabulary = sorted(term for term, count in counts.items() if count >= settings.min_count)
        frequency = np.array([counts[term] for term in vocabulary], np.float32)
        idf = np.log((1 + len(examples)) / (1 + frequency)) + 1
        vectors = np.array([example.vector for example in examples], np.float32)
        return cls(settings, vocabulary, idf.astype(np.float32), vectors.mean(0), vectors.std(0) + 1e-6)

    def terms(self, example: Example) -> tuple[list[int], Array]:
        """Column numbers and values; each block has a fixed length, so long texts do not drown the vector."""
        columns: list[int] = []
        values: list[Array] = [np.zeros(0, np.float32)]
        for terms, weight in _blocks(self.settings, example):
            known = [
                (self.vocabulary[term], count) for term, count in terms.items() if term in self.vocabulary
            ]
            if not known:
                continue
            block = [column for column, _ in known]
            raw = (1 + np.log([count for _, count in known])) * self.idf[block]
            columns.extend(block)
            values.append((weight * raw / np.linalg.norm(raw)).astype(np.float32))
        return columns, np.concatenate(values)

    def direction(self, example: Example) -> Array:
        """The centred and scaled vector at length 1."""
        scaled = (np.asarray(example.vector, np.float32) - self.centre) / self.spread
        return np.asarray(scaled / (np.linalg.norm(scaled) + 1e-6), np.float32)

    def closeness(self, directions: Array, others: Array) -> Array:
        """Gaussian kernel between unit vectors: `vector_weight` for equal ones, falling with their angle."""
        settings = self.settings
        cosine = directions @ others.T
        return np.asarray(
            settings.vector_weight * np.exp(settings.vector_sharpness * (cosine - 1)), np.float32
        )

    def term_matrix(self, examples: Sequence[Example]) -> Any:
        """All examples' terms as one scipy CSR matrix."""
        from scipy.sparse import csr_matrix

        rows = [self.terms(example) for example in examples]
        starts = np.cumsum([0] + [len(columns) for columns, _ in rows])
        columns = np.array([column for columns, _ in rows for column in columns], np.int32)
        values = np.concatenate([block for _, block in rows])
        return csr_matrix((values, columns, starts), shape=(len(rows), len(self.vocabulary)))


def _blocks(settings: Settings, example: Example) -> list[tuple[Counter[str], float]]:
    text = normalise(example.text[: settings.max_characters])
    blocks = [(Counter(character_ngrams(text, settings.max_ngram)), 1.0)]
    if settings.word_weight:
        blocks.append((Counter(word_ngrams(example.tokens)), settings.word_weight))
    return blocks
