"""Finds the numbers of calibration.yml from questions that people labelled and from texts that are not for us.

The questions were written without the entries at hand, as real ones are; an entry's own phrasings would not do:
their author made each unlike the others. Texts of the classifier's out-of-scope and small-talk examples must find
nothing. The weights maximise the likelihood of the right choices, so scores are probabilities; figures are taken on
halves that were not fitted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from knowledge.calibration import MODES, NOTHING_FOR_US, Weights
from knowledge.content import EntryData
from knowledge.index import COLUMNS, WORD_COLUMNS, Document, Floats, SearchIndex

Embed = Callable[[Sequence[str]], Floats]
Labelled = tuple[str, frozenset[str]]  # a question and the ids of the entries that answer it
EXAMPLES = Path(__file__).parent.parent / "nlu" / "rasa" / "data" / "nlu"
STRANGERS = 300  # texts that are not for us, evenly taken
STRANGER_WEIGHT = 0.25  # against a question: together they weigh about half of the questions
_STEPS = 400
_PENALTY = 3e-3


@dataclass(frozen=True)
class Questions:
    """Everything that was asked: features of all entries, what the intent says, which entries are right."""

    features: Floats  # questions x entries x COLUMNS
    intent: Floats  # questions x entries
    nothing: Floats  # questions
    right: NDArray[np.bool_]  # questions x entries; a row without any: nothing is right
    weight: Floats  # questions


def examples(folder: Path = EXAMPLES) -> dict[str, list[str]]:
    """The classifier's training examples by intent."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu", []):
            if "intent" in block:
                lines = [line[2:].strip() for line in block["examples"].splitlines() if line.startswith("- ")]
                found.setdefault(block["intent"], []).extend(lines)
    return found


class IntentModel:
    """Stands in for the production classifier: softmax over standardised sentence vectors."""

    def __init__(self, vectors: Floats, targets: Sequence[str]) -> None:
        self.labels = sorted(set(targets))
        self._mean, self._spread = vectors.mean(0), vectors.std(0) + 1e-6
        inputs = self._inputs(vectors)
        truth = np.eye(len(self.labels), dtype=np.float32)[[self.labels.index(target) for target in targets]]
        self._weights = np.zeros((inputs.shape[1], len(self.labels)), np.float32)
        momentum = np.zeros_like(self._weights)
        for _ in range(_STEPS):
            gradient = inputs.T @ (truth - _softmax(inputs @ self._weights)) / len(inputs)
            momentum = 0.9 * momentum + gradient - 1e-5 * self._weights
            self._weights += 2.0 * momentum

    def _inputs(self, vectors: Floats) -> Floats:
        scaled = (vectors - self._mean) / self._spread * 0.1
        return np.hstack([scaled, np.ones((len(vectors), 1), np.float32)]).astype(np.float32)

    def probabilities(self, vectors: Floats) -> list[dict[str, float]]:
        rows = _softmax(self._inputs(vectors) @ self._weights)
        return [dict(zip(self.labels, row.tolist(), strict=True)) for row in rows]


def asked_questions(entries: Sequence[EntryData], labelled: Sequence[Labelled], embed: Embed) -> Questions:
    """Ask the labelled questions, and texts that are not for us."""
    known = examples()
    every = [text for name in NOTHING_FOR_US for text in known.get(name, [])]
    strangers = every[:: max(1, len(every) // STRANGERS)]
    texts = [text for text, _ in labelled] + strangers
    documents = [Document((entry.question, *entry.phrasings), entry.answer) for entry in entries]
    sentences = [sentence for document in documents for sentence in document.sentences]
    index = SearchIndex(documents, embed(sentences), embed([document.passage for document in documents]))
    vectors = embed(texts)
    guesses = _guesses(known, [text for text, _ in labelled], strangers, embed)
    rights = [names for _, names in labelled] + [frozenset()] * len(strangers)
    return Questions(
        np.array([index.features(text, vector) for text, vector in zip(texts, vectors, strict=True)]),
        np.array([[guess.get(entry.intent, 0.0) for entry in entries] for guess in guesses], np.float32),
        np.array([sum(guess.get(name, 0.0) for name in NOTHING_FOR_US) for guess in guesses], np.float32),
        np.array([[entry.id in names for entry in entries] for names in rights], bool),
        np.array([1.0] * len(labelled) + [STRANGER_WEIGHT] * len(strangers), np.float32),
    )


def _guesses(
    known: Mapping[str, Sequence[str]], questions: Sequence[str], strangers: Sequence[str], embed: Embed
) -> list[dict[str, float]]:
    """Intent probabilities by models that never saw the text they judge: questions first, then strangers."""
    pairs = [(text, name) for name, lines in known.items() for text in lines]
    vectors = embed([text for text, _ in pairs])
    targets = [name for _, name in pairs]
    found = IntentModel(vectors, targets).probabilities(embed(questions))
    judged: dict[str, dict[str, float]] = {}
    for half in range(2):
        rest = [place for place in range(len(pairs)) if place % 2 != half]
        held = [text for text, _ in pairs[half::2] if text in set(strangers)]
        model = IntentModel(vectors[rest], [targets[place] for place in rest])
        judged |= dict(zip(held, model.probabilities(embed(held)), strict=True))
    return found + [judged[text] for text in strangers]


def fit(questions: Questions, mode: str) -> Weights:
    """Weights of one mode by Adam on the likelihood; what the mode can't see is left out."""
    columns = list(range(len(COLUMNS)))[0 if mode.startswith("vector") else -WORD_COLUMNS :]
    uses_intents = mode.endswith("intent")
    inputs = [questions.features[:, :, columns], np.ones((*questions.intent.shape, 1), np.float32)]
    if uses_intents:
        inputs.append(questions.intent[:, :, None])
    found, nothing = _adam(np.concatenate(inputs, 2), questions.nothing * uses_intents, questions)
    weights = np.zeros(len(COLUMNS), np.float32)
    weights[columns] = found[: len(columns)]
    return Weights(weights, float(found[-1]) if uses_intents else 0.0, nothing, float(found[len(columns)]))


def _adam(inputs: Floats, nothing: Floats, questions: Questions) -> tuple[NDArray[np.float64], float]:
    width = inputs.shape[2]
    share = questions.weight / questions.weight.sum()
    right = np.concatenate([questions.right, ~questions.right.any(1, keepdims=True)], 1)
    parameters = np.zeros(width + 1)
    first, second = np.zeros(width + 1), np.zeros(width + 1)
    for step in range(1, _STEPS + 1):
        logits = np.concatenate([inputs @ parameters[:-1], (parameters[-1] * nothing)[:, None]], 1)
        given = _softmax(logits)
        wanted = given * right  # several entries may be right: their shares among themselves are free
        wanted = wanted / np.maximum(wanted.sum(1, keepdims=True), 1e-12)
        error = (wanted - given) * share[:, None]
        gradient = np.append(np.tensordot(error[:, :-1], inputs, 2), error[:, -1] @ nothing)
        gradient -= _PENALTY * parameters
        first, second = 0.9 * first + 0.1 * gradient, 0.99 * second + 0.01 * gradient**2
        size = 0.3 * 0.995**step
        parameters += size * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return parameters[:-1], float(parameters[-1])


def report(questions: Questions, mode: str) -> dict[str, Any]:
    """Figures of one mode, each half judged by weights fitted on the other."""
    ranks: list[int] = []
    tops: list[tuple[float, float, bool, bool]] = []  # best score, best three, asked of us, best is right
    halves = np.arange(len(questions.right)) % 2
    for half in range(2):
        weights = fit(_part(questions, halves != half), mode)
        judged = _part(questions, halves == half)
        intents = judged.intent if mode.endswith("intent") else np.zeros_like(judged.intent)
        for row, right in enumerate(judged.right):
            scores = weights.scores(judged.features[row], intents[row], float(judged.nothing[row]))
            if right.any():
                ranks.append(int((scores > scores[right].max()).sum()))
            best = np.sort(scores)[::-1]
            tops.append(
                (float(best[0]), float(best[:3].sum()), bool(right.any()), bool(right[scores.argmax()]))
            )
    return _figures(np.array(ranks), np.array(tops))


def _figures(ranks: NDArray[np.int64], tops: NDArray[np.float64]) -> dict[str, Any]:
    ours = tops[:, 2] > 0
    answered = {}
    for threshold in (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7):
        chosen = tops[:, 0] >= threshold
        answered[str(threshold)] = {
            "answered": _share(chosen[ours]),
            "right_of_answered": _share(tops[ours & chosen, 3] > 0),
            "strangers_answered": _share(chosen[~ours]),
        }
    offered = {
        str(threshold): {
            "ours": _share(tops[ours, 1] >= threshold),
            "strangers": _share(tops[~ours, 1] >= threshold),
        }
        for threshold in (0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
    }
    return {
        "hit@1": _share(ranks == 0),
        "hit@3": _share(ranks < 3),
        "mrr": round(float((1 / (1 + ranks)).mean()), 3),
        "answer_score": answered,
        "choices_score": offered,
    }


def as_yaml(fitted: Mapping[str, Weights]) -> str:
    """The text of calibration.yml."""
    rows = {
        mode: {
            name: round(float(value), 3) for name, value in zip(COLUMNS, fitted[mode].columns, strict=True)
        }
        | {key: round(getattr(fitted[mode], key), 3) for key in ("intent", "nothing", "bias")}
        for mode in MODES
    }
    head = "# Written by `python -m knowledge calibrate`; see knowledge/calibration.py for what the numbers mean.\n"
    return head + yaml.safe_dump(rows, sort_keys=False)


def _part(questions: Questions, chosen: NDArray[np.bool_]) -> Questions:
    return Questions(
        questions.features[chosen],
        questions.intent[chosen],
        questions.nothing[chosen],
        questions.right[chosen],
        questions.weight[chosen],
    )


def _softmax(logits: NDArray[Any]) -> NDArray[Any]:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True))


def _share(values: NDArray[Any]) -> float:
    return round(float(values.mean()), 3) if len(values) else 0.0
