"""Kernel least squares over intents: linear in the terms, Gaussian between sentence vectors.

One equation system in the training sentences gives the exact solution in a second, so cross-validation is
cheap enough to be part of every training. Prediction needs numpy alone; what is stored are arrays and JSON, so
loading a model never runs code from it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.features import Array, Example, FeatureSpace, Settings

ARRAYS = "model.npz"
DESCRIPTION = "model.json"


@dataclass
class TrainingSet:
    """All sentences in feature space, with the kernel between each two of them."""

    space: FeatureSpace
    labels: list[str]
    index: NDArray[np.int64]  # label number of each sentence
    terms: Any
    directions: Array
    kernel: Array

    @classmethod
    def built(cls, settings: Settings, examples: Sequence[Example], targets: Sequence[str]) -> TrainingSet:
        space = FeatureSpace.fitted(settings, examples)
        labels = sorted(set(targets))
        terms = space.term_matrix(examples)
        directions = np.array([space.direction(example) for example in examples])
        # The constant 1 is the bias.
        kernel = (terms @ terms.T).toarray() + space.closeness(directions, directions) + 1
        index = np.array([labels.index(target) for target in targets])
        return cls(space, labels, index, terms, directions, kernel.astype(np.float32))

    def solved(self, rows: NDArray[np.int64]) -> Array:
        """Dual coefficients (rows x labels) of a model trained on some of the sentences."""
        from scipy.linalg import solve

        index, count = self.index[rows], len(self.labels)
        sizes = np.bincount(index, minlength=count)[index]
        settings = self.space.settings
        weights = (len(rows) / count / sizes) ** settings.balance
        regularised = self.kernel[np.ix_(rows, rows)] + np.diag(settings.penalty / weights).astype(np.float32)
        wanted = np.eye(count, dtype=np.float32)[index]
        return np.asarray(solve(regularised, wanted, assume_a="pos", overwrite_a=True), np.float32)

    def held_out_scores(self, fold: NDArray[np.int64]) -> Array:
        """Scores of every sentence by a model that was trained without the sentence's fold."""
        scores = np.zeros((len(self.index), len(self.labels)), np.float32)
        for number in sorted(set(fold.tolist())):
            rest, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            scores[held] = self.kernel[np.ix_(held, rest)] @ self.solved(rest)
        return scores


@dataclass
class IntentModel:
    """A trained model: `scores` gives one raw score per label, in the order of `labels`."""

    space: FeatureSpace
    labels: list[str]
    weights: Array  # terms x labels
    directions: Array  # sentences x 384
    coefficients: Array  # sentences x labels
    bias: Array

    @classmethod
    def trained(cls, training: TrainingSet) -> IntentModel:
        dual = training.solved(np.arange(len(training.index)))
        weights = np.asarray(training.terms.T @ dual, np.float32)
        return cls(training.space, training.labels, weights, training.directions, dual, dual.sum(0))

    def scores(self, example: Example) -> Array:
        columns, values = self.space.terms(example)
        near = self.space.closeness(self.space.direction(example), self.directions)
        return np.asarray(values @ self.weights[columns] + near @ self.coefficients + self.bias, np.float32)

    def save(self, folder: Path) -> None:
        space = self.space
        np.savez(
            folder / ARRAYS,
            idf=space.idf,
            centre=space.centre,
            spread=space.spread,
            weights=self.weights.astype(np.float16),
            directions=self.directions.astype(np.float16),
            coefficients=self.coefficients,
            bias=self.bias,
        )
        description = {
            "settings": asdict(space.settings),
            "labels": self.labels,
            "vocabulary": list(space.vocabulary),
        }
        (folder / DESCRIPTION).write_text(json.dumps(description, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def loaded(cls, folder: Path) -> IntentModel:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            stored = {name: arrays[name].astype(np.float32) for name in arrays.files}
        settings, vocabulary = Settings(**description["settings"]), description["vocabulary"]
        space = FeatureSpace(settings, vocabulary, stored["idf"], stored["centre"], stored["spread"])
        return cls(
            space,
            description["labels"],
            stored["weights"],
            stored["directions"],
            stored["coefficients"],
            stored["bias"],
        )
