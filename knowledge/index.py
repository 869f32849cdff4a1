"""What a query has in common with every entry, as numbers: vectors and words, in plain numpy."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from knowledge.tokens import normalise, tokens

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

_SATURATION = 1.2  # BM25 k1
_LENGTH = 0.5  # BM25 b: phrasings are short, their length says little
_ANSWER_WEIGHT = 0.3  # a word of the answer counts this much against one of the question


@dataclass(frozen=True, slots=True)
class Document:
    """The searchable part of one entry: its question first, then the phrasings."""

    sentences: tuple[str, ...]
    answer: str


# Columns of the feature matrix; each lies between about 0 and 1.
COLUMNS = (
    "closest",  # closest sentence, centred cosine
    "theme",  # mean of the entry's sentences
    "answer",  # the answer's own text
    "bm25",  # against the best that the query could reach
    "covered",  # share of the closest sentence's words that the query has
    "characters",  # overlap of character pairs with the closest sentence
)
VECTOR_COLUMNS = COLUMNS[:3]


class WordIndex:
    """BM25 over entries, and overlap with single sentences."""

    def __init__(self, documents: Sequence[Document], owner: Indices) -> None:
        self._owner = owner
        self._entries = len(documents)
        sentences = [sentence for document in documents for sentence in document.sentences]
        words = [Counter(tokens(sentence)) for sentence in sentences]
        answers = [Counter(tokens(document.answer)) for document in documents]
        self._build_entries(words, answers)
        self._words = _Postings([set(counter) for counter in words], self.idf)
        pairs = [_pairs(sentence) for sentence in sentences]
        self._pairs = _Postings(pairs, _idf(pairs))

    def _build_entries(self, words: Sequence[Counter[str]], answers: Sequence[Counter[str]]) -> None:
        weights: list[dict[str, float]] = [defaultdict(float) for _ in range(self._entries)]
        for entry, counter in zip(self._owner.tolist(), words, strict=True):
            for word in counter:
                weights[entry][word] += 1.0
        for entry, counter in enumerate(answers):
            for word in counter:
                weights[entry][word] += _ANSWER_WEIGHT
        self.idf = _idf([set(weight) for weight in weights])
        mean = float(np.mean([sum(weight.values()) for weight in weights])) if weights else 1.0
        gathered: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for entry, weight in enumerate(weights):
            norm = _SATURATION * (1 - _LENGTH + _LENGTH * sum(weight.values()) / max(mean, 1e-9))
            for word, value in weight.items():
                gathered[word].append((entry, self.idf[word] * value * (_SATURATION + 1) / (value + norm)))
        self._postings = {
            word: (np.array([e for e, _ in found], np.int64), np.array([w for _, w in found], np.float32))
            for word, found in gathered.items()
        }
        self._unknown = float(np.log(1 + 2 * self._entries + 1))

    def bm25(self, words: set[str]) -> Floats:
        """Score of every entry, divided by what all words of the query together could give."""
        scores = np.zeros(self._entries, np.float32)
        best = 0.0
        for word in words:
            best += self.idf.get(word, self._unknown) * (_SATURATION + 1)
            found = self._postings.get(word)
            if found is not None:
                scores[found[0]] += found[1]
        return scores / best if best else scores

    def sentence_overlap(self, words: set[str], text: str) -> tuple[Floats, Floats]:
        """Per sentence: share of its words that the query has; Dice overlap of character pairs."""
        mine = _pairs(text)
        shared = self._pairs.shared(mine)
        total = self._pairs.weights + self._pairs.weight_of(mine)
        covered = self._words.shared(words) / np.maximum(self._words.weights, 1e-6)
        return covered, 2 * shared / np.maximum(total, 1e-6)


class _Postings:
    """Weighted set overlap of one query with many sentences."""

    def __init__(self, sets: Sequence[set[str]], idf: dict[str, float]) -> None:
        self._idf = idf
        self.weights = np.array([sum(idf[item] for item in items) for items in sets], np.float32)
        gathered: dict[str, list[int]] = defaultdict(list)
        for number, items in enumerate(sets):
            for item in items:
                gathered[item].append(number)
        self._found = {item: np.array(numbers, np.int64) for item, numbers in gathered.items()}
        self._unknown = float(np.log(1 + 2 * len(sets) + 1))

    def weight_of(self, items: set[str]) -> float:
        return sum(self._idf.get(item, self._unknown) for item in items)

    def shared(self, items: set[str]) -> Floats:
        total = np.zeros(len(self.weights), np.float32)
        for item in items:
            numbers = self._found.get(item)
            if numbers is not None:
                total[numbers] += self._idf[item]
        return total


def _pairs(text: str) -> set[str]:
    letters = [character for character in normalise(text) if character.isalnum()]
    return {left + right for left, right in pairwise(letters)}


def _idf(sets: Sequence[set[str]]) -> dict[str, float]:
    counts = Counter(item for items in sets for item in items)
    return {
        item: float(np.log(1 + (len(sets) - count + 0.5) / (count + 0.5))) for item, count in counts.items()
    }


class VectorIndex:
    """Centred cosine: raw E5 cosines lie in a narrow band, the mean of the corpus is what all share."""

    def __init__(self, sentences: Floats, answers: Floats, starts: Indices) -> None:
        self.centre = sentences.mean(0)
        self._answer_centre = answers.mean(0)
        self._starts = starts
        self.sentences = _unit(sentences - self.centre)
        self.themes = _unit(np.add.reduceat(self.sentences, starts, axis=0))
        self._answers = _unit(answers - self._answer_centre)

    def columns(self, query: Floats) -> list[Floats]:
        """One column for each of VECTOR_COLUMNS."""
        centred = _unit(query - self.centre)
        closest = np.maximum.reduceat(self.sentences @ centred, self._starts)
        return [closest, self.themes @ centred, self._answers @ centred]

    @property
    def dimensions(self) -> int:
        return int(self.centre.shape[0])


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), np.float32)


class SearchIndex:
    """Everything needed to compare a query with all entries; never changed after it was built."""

    def __init__(self, documents: Sequence[Document], sentences: Floats | None, answers: Floats | None) -> None:
        counts = np.array([len(document.sentences) for document in documents], np.int64)
        self.starts: Indices = np.cumsum(counts) - counts
        owner = np.repeat(np.arange(len(documents), dtype=np.int64), counts)
        self.size = len(documents)
        self.words = WordIndex(documents, owner)
        with_vectors = sentences is not None and answers is not None and self.size > 0
        self.vectors = VectorIndex(sentences, answers, self.starts) if with_vectors else None

    def accepts(self, embedding: Floats | None) -> bool:
        """Whether the vector can be compared with ours: same length, and a number in every place."""
        if embedding is None or self.vectors is None:
            return False
        return embedding.shape == (self.vectors.dimensions,) and bool(np.isfinite(embedding).all())

    def features(self, text: str, embedding: Floats | None) -> Floats:
        """Entries x COLUMNS; without a usable vector the vector columns are zero."""
        result = np.zeros((self.size, len(COLUMNS)), np.float32)
        if not self.size:
            return result
        if self.vectors is not None and embedding is not None and self.accepts(embedding):
            for column, values in enumerate(self.vectors.columns(embedding)):
                result[:, column] = values
        words = set(tokens(text))
        covered, characters = self.words.sentence_overlap(words, text)
        result[:, 3] = self.words.bm25(words)
        result[:, 4] = np.maximum.reduceat(covered, self.starts)
        result[:, 5] = np.maximum.reduceat(characters, self.starts)
        return result
