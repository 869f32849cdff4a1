"""Measures an understander on labelled lines: accuracy, macro F1, right within three, confusions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.understanding import Understander, Understanding

_CONFUSIONS = 30
_FREQUENT = 5  # lines of an intent from which its F1 says something
_OUTSIDE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled message; `also` are further labels that count as right for accuracy and top3."""

    text: str
    intent: str
    also: frozenset[str] = frozenset()

    @property
    def accepted(self) -> frozenset[str]:
        return self.also | {self.intent}


class LinesError(ValueError):
    """A line of the file cannot be used; names the line's number, never its text."""


def read_lines(path: Path) -> list[Line]:
    """JSON lines {"text", "intent", "also"?}; `also` may be a list, a name or absent. Raises LinesError."""
    lines = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not raw.strip():
            continue
        try:
            entry = json.loads(raw)
            also = entry.get("also") or []
            names = [also] if isinstance(also, str) else also
            lines.append(Line(entry["text"], entry["intent"], frozenset(names)))
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise LinesError(f"{path.name}:{number}: {type(error).__name__}") from None
    return lines


async def predict(understander: Understander, lines: Sequence[Line]) -> list[Understanding]:
    """One after the other, as in production: the server is not asked to batch."""
    return [await understander.understand(line.text) for line in lines]


def figures(lines: Sequence[Line], predictions: Sequence[Understanding]) -> dict[str, Any]:
    """All figures as JSON-ready values. `sources` tells how many answers the model, rules and keywords gave."""
    count = len(lines)
    right = [given.intent in line.accepted for line, given in zip(lines, predictions, strict=True)]
    strict = [given.intent == line.intent for line, given in zip(lines, predictions, strict=True)]
    within = [
        bool(_first_three(given) & line.accepted) for line, given in zip(lines, predictions, strict=True)
    ]
    per_intent = _per_intent(lines, predictions)
    supported = [entry["f1"] for entry in per_intent.values() if entry["support"]]
    frequent = [entry["f1"] for entry in per_intent.values() if entry["support"] >= _FREQUENT]
    return {
        "n": count,
        "accuracy": _share(sum(right), count),
        "accuracy_first_label": _share(sum(strict), count),
        "macro_f1": _mean(supported),
        "macro_f1_five_or_more": _mean(frequent),
        "out_of_scope": _out_of_scope(lines, predictions),
        "top3": _share(sum(within), count),
        "unsure": _share(sum(given.unsure for given in predictions), count),
        "sources": dict(Counter(given.source for given in predictions)),
        "per_intent": per_intent,
        "confusions": _confusions(lines, predictions),
    }


def _out_of_scope(lines: Sequence[Line], predictions: Sequence[Understanding]) -> dict[str, float]:
    """Recall of what no intent covers, and the share of the other lines that were wrongly turned away."""
    outside = [
        given.intent in line.accepted for line, given in _pairs(lines, predictions) if line.intent == _OUTSIDE
    ]
    inside = [
        given.intent == _OUTSIDE
        for line, given in _pairs(lines, predictions)
        if _OUTSIDE not in line.accepted
    ]
    return {
        "recall": _share(sum(outside), len(outside)),
        "in_scope_refused": _share(sum(inside), len(inside)),
    }


def _pairs(
    lines: Sequence[Line], predictions: Sequence[Understanding]
) -> Iterator[tuple[Line, Understanding]]:
    return zip(lines, predictions, strict=True)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0


def _first_three(given: Understanding) -> frozenset[str]:
    """What a person would be offered: the choice itself, then the best of the ranking."""
    offered = list(dict.fromkeys([given.intent, *(item.intent for item in given.ranking)]))
    return frozenset(offered[:3])


def _per_intent(lines: Sequence[Line], predictions: Sequence[Understanding]) -> dict[str, dict[str, Any]]:
    """Precision, recall and F1 against the first label; an accepted second label counts as the first."""
    true: Counter[str] = Counter()
    chosen: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    for line, given in zip(lines, predictions, strict=True):
        actual = line.intent if given.intent not in line.also else given.intent
        true[actual] += 1
        chosen[given.intent] += 1
        hit[actual] += actual == given.intent
    return {name: _measures(hit[name], chosen[name], true[name]) for name in sorted(true | chosen)}


def _measures(hit: int, chosen: int, true: int) -> dict[str, Any]:
    f1 = 2 * hit / (chosen + true) if chosen + true else 0.0
    return {
        "precision": _share(hit, chosen),
        "recall": _share(hit, true),
        "f1": round(f1, 4),
        "support": true,
    }


def _confusions(lines: Sequence[Line], predictions: Sequence[Understanding]) -> list[dict[str, Any]]:
    pairs = Counter(
        (line.intent, given.intent)
        for line, given in zip(lines, predictions, strict=True)
        if given.intent not in line.accepted
    )
    return [
        {"intent": actual, "predicted": predicted, "n": number}
        for (actual, predicted), number in pairs.most_common(_CONFUSIONS)
    ]


def write_predictions(path: Path, lines: Sequence[Line], predictions: Sequence[Understanding]) -> None:
    """One JSON line per input line, in order."""
    with path.open("w", encoding="utf-8") as file:
        for line, given in zip(lines, predictions, strict=True):
            entry = {
                "text": line.text,
                "intent": line.intent,
                "predicted": given.intent,
                "confidence": round(given.confidence, 4),
                "ranking": [[item.intent, round(item.confidence, 4)] for item in given.ranking[:3]],
                "source": given.source,
                "unsure": given.unsure,
                "right": given.intent in line.accepted,
            }
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
