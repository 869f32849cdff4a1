"""From raw scores to a probability and a choice: temperature, rejection, doubt; fitted on unseen folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.features import Array

FloatArray = NDArray[np.float64]

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Decision:
    """How to read raw scores.

    `shift` corrects for training files holding another share of out-of-scope sentences than real life does;
    below `reject_below` a message is out of scope, below `unsure_below` the person is asked.
    """

    temperature: float = 1.0
    shift: tuple[float, ...] = ()
    reject_below: float = 0.0
    unsure_below: float = 0.5

    def probabilities(self, scores: Array) -> FloatArray:
        """Rows of scores to rows of calibrated probabilities."""
        raw = np.atleast_2d(scores).astype(np.float64) / self.temperature
        if self.shift:
            raw = raw + np.array(self.shift)
        raw = np.exp(raw - raw.max(1, keepdims=True))
        return np.asarray(raw / raw.sum(1, keepdims=True))


def neighbour_folds(index: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Fold number of each sentence, given its label's number: neighbours in a file stay together.

    Authors write one theme after another, so a fold of neighbours holds themes that training did not see;
    shuffled folds would flatter, because a paraphrase of nearly every sentence would stay in training.
    """
    result = np.zeros(len(index), np.int64)
    for label in range(int(index.max()) + 1):
        places = np.flatnonzero(index == label)
        result[places] = np.arange(len(places)) * count // max(len(places), 1)
    return result


def fitted_decision(
    labels: Sequence[str],
    scores: Array,
    index: NDArray[np.int64],
    out_of_scope_share: float,
    wanted_precision: float,
) -> Decision:
    """The decision that fits held-out scores, weighed as if a given share of messages were out of scope."""
    weights = _weights(labels, index, out_of_scope_share)
    candidates = (
        Decision(float(temperature), _shift(labels, float(step)))
        for temperature in np.geomspace(0.02, 2.0, 40)
        for step in np.arange(-1.5, 1.75, 0.25)
    )
    best = min(candidates, key=lambda decision: _loss(decision.probabilities(scores), index, weights))
    probabilities = best.probabilities(scores)
    reject = _reject_below(labels, probabilities, index, weights)
    top = probabilities.max(1)
    chosen = probabilities.argmax(1)
    if OUT_OF_SCOPE in labels:
        chosen = np.where(top < reject, labels.index(OUT_OF_SCOPE), chosen)
    unsure = _unsure_below(top, chosen == index, weights, wanted_precision)
    return Decision(best.temperature, best.shift, reject, max(reject, unsure))


def _weights(labels: Sequence[str], index: NDArray[np.int64], share: float) -> FloatArray:
    """Example weights: out of scope has its real share, the other intents keep their sizes' square roots."""
    sizes = np.bincount(index, minlength=len(labels)).astype(np.float64)
    wanted = np.sqrt(sizes)
    if OUT_OF_SCOPE in labels:
        outside = labels.index(OUT_OF_SCOPE)
        wanted[outside] = 0
        wanted[outside] = wanted.sum() * share / (1 - share)
    return np.asarray((wanted / wanted.sum() / np.maximum(sizes, 1))[index])


def _shift(labels: Sequence[str], step: float) -> tuple[float, ...]:
    return tuple(step if label == OUT_OF_SCOPE else 0.0 for label in labels)


def _loss(probabilities: FloatArray, index: NDArray[np.int64], weights: FloatArray) -> float:
    return float(-(weights * np.log(probabilities[np.arange(len(index)), index] + 1e-9)).sum())


def _reject_below(
    labels: Sequence[str], probabilities: FloatArray, index: NDArray[np.int64], weights: FloatArray
) -> float:
    """The confidence below which "out of scope" is right more often than the first choice."""
    if OUT_OF_SCOPE not in labels:
        return 0.0
    outside = labels.index(OUT_OF_SCOPE)
    top, chosen = probabilities.max(1), probabilities.argmax(1)

    def accuracy(threshold: float) -> float:
        return float(weights[np.where(top < threshold, outside, chosen) == index].sum())

    return float(max(np.arange(0, 0.6, 0.01).round(2), key=accuracy))


def _unsure_below(
    top: FloatArray, right: NDArray[np.bool_], weights: FloatArray, wanted_precision: float
) -> float:
    """The lowest confidence above which first choices are right as often as wanted."""
    for threshold in np.arange(0, 0.96, 0.01).round(2):
        above = top >= threshold
        if not above.any() or weights[above & right].sum() >= wanted_precision * weights[above].sum():
            return float(threshold)
    return 0.95
