"""Long stories: who asks about a harm that is over raises no alarm, who tells of one that happens does.

Each lot of the file was measured before the rules had seen it; the first-sight figures are in docs/benchmarks.md.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from nlu import emergency
from nlu.emergency import detect

PATH = Path(__file__).parent / "data" / "emergency_consultations.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]
CONSULTATIONS = [case["text"] for case in CASES if not case["kind"]]
EMERGENCIES = [case for case in CASES if case["kind"]]


def test_there_are_enough_of_both():
    assert len(CONSULTATIONS) >= 300
    assert len(EMERGENCIES) >= 140
    assert len({case["text"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("text", CONSULTATIONS)
def test_a_consultation_about_what_is_over_raises_no_alarm(text):
    assert detect(text) is None


@pytest.mark.parametrize("case", EMERGENCIES, ids=lambda case: case["text"])
def test_an_emergency_told_as_a_long_story_is_caught(case):
    found = detect(case["text"])
    assert found is not None
    assert found.kind == case["kind"]


FAREWELLS = [case["text"] for case in EMERGENCIES if case["kind"] == "self_harm"]


@pytest.mark.parametrize("text", FAREWELLS[::3])
def test_self_harm_is_caught_at_either_end_of_a_message_too_long_to_be_read_whole(text):
    filler = "厂里的食堂在三号楼旁边,菜是两荤一素。" * 60
    assert detect(f"{text}。{filler}") is not None
    assert detect(f"{filler}{text}") is not None


def test_what_bounds_the_time_is_never_reached_by_what_people_write(monkeypatch):
    texts = [case["text"] for case in CASES]
    joined = [",".join(texts[at : at + 12]) for at in range(0, len(texts), 12)]
    bounded = [detect(text) for text in joined]
    monkeypatch.setattr(emergency, "_MAX_HITS", 10_000)
    monkeypatch.setattr(emergency, "_MAX_CUES", 10_000)
    monkeypatch.setattr(emergency, "_CROWDED", 10_000)
    assert [detect(text) for text in joined] == bounded
