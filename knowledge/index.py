"""What a query has in common with every entry, as numbers: vectors and words, in plain numpy."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from knowledge.tokens import normalise, tokens

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

_SATURATION = 1.2  # BM25 k1
_LENGTH = 0.5  # BM25 b: phrasings are short, their length says little
COMPARED_ONE_BY_ONE = (
    2_000  # entries up to which every sentence is compared; beyond, those of the leading entries
)
LEADING = 256  # entries of each column whose sentences are compared then
_ANSWER_WEIGHT = 0.3  # a word of the answer counts this much against one of the question


@dataclass(frozen=True, slots=True)
class Document:
    """The searchable part of one entry: its question first, then the phrasings."""

    sentences: tuple[str, ...]
    answer: str

    @property
    def passage(self) -> str:
        """Question and answer as one text: alone the best single match for a worker's own words."""
        return f"{self.sentences[0]} {self.answer}"


# Columns of the feature matrix; each lies between about 0 and 1.
COLUMNS = (
    "closest",  # closest sentence, centred cosine
    "near",  # mean of the three closest sentences
    "theme",  # mean of the entry's sentences
    "answer",  # question and answer as one passage
    "words",  # BM25 against the best that the query could reach
    "letters",  # the same over pairs and triples of characters: typing slips, words that jieba cuts otherwise
)
WORD_COLUMNS = 2  # the last ones: all that there is without vectors
_NEAR = 3


class WordIndex:
    """BM25 over whole entries: every sentence counts its words once, the answer counts less."""

    def __init__(self, documents: Sequence[Document], cut: Callable[[str], Iterable[str]] = tokens) -> None:
        self._entries = len(documents)
        self._cut = cut
        bags = [_weighted_words(document, cut) for document in documents]
        counts = Counter(word for bag in bags for word in bag)
        self._idf = {
            word: float(np.log(1 + (len(bags) - count + 0.5) / (count + 0.5)))
            for word, count in counts.items()
        }
        self._unknown = float(np.log(2 + 2 * len(bags)))
        self._postings = self._weigh(bags)

    def _weigh(self, bags: Sequence[dict[str, float]]) -> dict[str, tuple[Indices, Floats]]:
        mean = max(float(np.mean([sum(bag.values()) for bag in bags])), 1e-9) if bags else 1.0
        found: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for entry, bag in enumerate(bags):
            norm = _SATURATION * (1 - _LENGTH + _LENGTH * sum(bag.values()) / mean)
            for word, value in bag.items():
                found[word].append((entry, self._idf[word] * value * (_SATURATION + 1) / (value + norm)))
        return {
            word: (np.array([e for e, _ in rows], np.int64), np.array([w for _, w in rows], np.float32))
            for word, rows in found.items()
        }

    def scores(self, text: str) -> Floats:
        """Score of every entry, divided by what all words of the query together could give."""
        scores = np.zeros(self._entries, np.float32)
        best = 0.0
        for word in set(self._cut(text)):
            best += self._idf.get(word, self._unknown) * (_SATURATION + 1)
            found = self._postings.get(word)
            if found is not None:
                scores[found[0]] += found[1]
        return scores / best if best else scores


def letters(text: str) -> Iterator[str]:
    """Pairs and triples of neighbouring letters and digits."""
    plain = "".join(character for character in normalise(text) if character.isalnum())
    for length in (2, 3):
        yield from (plain[start : start + length] for start in range(len(plain) - length + 1))


def _weighted_words(document: Document, cut: Callable[[str], Iterable[str]]) -> dict[str, float]:
    bag: dict[str, float] = defaultdict(float)
    for sentence in document.sentences:
        for word in set(cut(sentence)):
            bag[word] += 1.0
    for word in set(cut(document.answer)):
        bag[word] += _ANSWER_WEIGHT
    return bag


class VectorIndex:
    """Centred cosine: raw E5 cosines lie in a narrow band, the mean of the corpus is what all share."""

    def __init__(self, sentences: Floats, answers: Floats, starts: Indices) -> None:
        self.centre = sentences.mean(0)
        self._answer_centre = answers.mean(0)
        self._starts = starts
        self._counts: Indices = np.diff(np.append(starts, len(sentences)))
        self.sentences = unit(sentences - self.centre)
        self.themes = unit(np.add.reduceat(self.sentences, starts, axis=0))
        self._answers = unit(answers - self._answer_centre)

    def columns(self, query: Floats, words: Floats) -> list[Floats]:
        """The first four of COLUMNS. `words` helps to choose whose sentences are compared one by one."""
        centred = unit(query - self.centre)
        theme, answer = dot(self.themes, centred), dot(self._answers, centred)
        closest, near = self._one_by_one(centred, theme, answer, words)
        return [closest, near, theme, answer]

    def _one_by_one(
        self, centred: Floats, theme: Floats, answer: Floats, words: Floats
    ) -> tuple[Floats, Floats]:
        """Of many entries only those that lead in another column; the others count with their theme."""
        if len(theme) <= COMPARED_ONE_BY_ONE:
            return _closest_and_near(dot(self.sentences, centred), self._counts)
        ahead = [leading(column, LEADING) for column in (theme, answer, words)]
        chosen = np.unique(np.concatenate(ahead))
        counts = self._counts[chosen]
        starts = np.cumsum(counts) - counts
        rows = np.repeat(self._starts[chosen] - starts, counts) + np.arange(counts.sum())
        closest, near = theme.copy(), theme.copy()
        closest[chosen], near[chosen] = _closest_and_near(dot(self.sentences[rows], centred), counts)
        return closest, near

    def theme_likeness(self, sentences: Floats) -> Floats:
        """Likeness of an entry made of these sentences with every entry."""
        return np.asarray(self.themes @ unit(unit(sentences - self.centre).sum(0)), np.float32)

    @property
    def dimensions(self) -> int:
        return int(self.centre.shape[0])


def _closest_and_near(likeness: Floats, counts: Indices) -> tuple[Floats, Floats]:
    """Of each entry's sentences the greatest likeness, and the mean of the three greatest."""
    owners = np.repeat(np.arange(len(counts)), counts)
    best_first = likeness[np.lexsort((-likeness, owners))]
    starts = np.cumsum(counts) - counts
    taken = np.minimum(counts, _NEAR)
    sums = np.cumsum(np.append(0.0, best_first))
    near = (sums[starts + taken] - sums[starts]) / taken
    return best_first[starts], near.astype(np.float32)


def dot(rows: Floats, vector: Floats) -> Floats:
    """Plain loops: BLAS would wake its threads, and waiting for those costs 20 ms on a busy machine."""
    return np.asarray(np.einsum("ij,j->i", rows, vector), np.float32)


def leading(values: Floats, count: int) -> Indices:
    """Places of the highest values, best first, equal ones in order."""
    if len(values) <= count:
        return np.argsort(-values, kind="stable")
    chosen = np.sort(np.argpartition(-values, count - 1)[:count])
    return np.asarray(chosen[np.argsort(-values[chosen], kind="stable")], np.int64)


def unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9), np.float32)


@lru_cache(maxsize=2)
def _word_indexes(documents: tuple[Document, ...]) -> tuple[WordIndex, WordIndex]:
    """By words and by letters. The same documents, as when only vectors were added, need no second second."""
    return WordIndex(documents), WordIndex(documents, letters)


class SearchIndex:
    """Everything needed to compare a query with all entries; never changed after it was built."""

    def __init__(
        self, documents: Sequence[Document], sentences: Floats | None, answers: Floats | None
    ) -> None:
        counts = np.array([len(document.sentences) for document in documents], np.int64)
        starts: Indices = np.cumsum(counts) - counts
        self.size = len(documents)
        self.words, self.letters = _word_indexes(tuple(documents))
        self.vectors: VectorIndex | None = None
        if sentences is not None and answers is not None and self.size:
            self.vectors = VectorIndex(sentences, answers, starts)

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
        words = result[:, -2] = self.words.scores(text)
        result[:, -1] = self.letters.scores(text)
        if self.vectors is not None and embedding is not None and self.accepts(embedding):
            for column, values in enumerate(self.vectors.columns(embedding, words)):
                result[:, column] = values
        return result
