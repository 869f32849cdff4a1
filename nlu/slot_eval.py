"""Measure slot parsing on labelled answers: right if the result equals `value` or is in `accept`."""

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from nlu.entities import SLOTS, parse_slot


def evaluate_slots(path: str | Path, now: date) -> dict[str, Any]:
    """Accuracy over the JSON lines {"slot","ask"?,"text","value","accept"?,"id"?} of `path`.

    Returns {"total", "right", "accuracy", "slots": {slot: {"total","right","accuracy"}}, "misses": [ids]};
    a line without an id is named by its line number. Raises ValueError for a line without a known slot.
    """
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    misses: list[str | int] = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        case: dict[str, Any] = json.loads(line)
        slot = case.get("slot")
        if slot not in SLOTS:
            raise ValueError(f"line {number}: unknown slot {slot!r}")
        right = is_right(parse_slot(slot, case["text"], now, case.get("ask", "")), case)
        tally[slot][0] += 1
        tally[slot][1] += right
        if not right:
            misses.append(case.get("id", number))
    total, correct = sum(t for t, _ in tally.values()), sum(r for _, r in tally.values())
    return {
        "total": total,
        "right": correct,
        "accuracy": _share(correct, total),
        "slots": {
            slot: {"total": t, "right": r, "accuracy": _share(r, t)} for slot, (t, r) in sorted(tally.items())
        },
        "misses": misses,
    }


def is_right(result: object, case: dict[str, Any]) -> bool:
    """Whether a result is the labelled value or one of the accepted ones; 3 and 3.0 are equal, 3 and "3" are too."""
    accepted = [case.get("value"), *case.get("accept", [])]
    return any(_same(result, value) for value in accepted)


def _same(result: object, value: object) -> bool:
    if result is None or value is None:
        return result is value
    if isinstance(result, int | float) and isinstance(value, int | float):
        return abs(result - value) < 0.005
    return str(result).strip() == str(value).strip()


def _share(right: int, total: int) -> float:
    return round(right / total, 4) if total else 0.0
