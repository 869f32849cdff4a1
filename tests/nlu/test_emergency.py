"""Emergencies are caught without exception, and figures of speech raise no alarm."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.emergency import detect

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "emergency.jsonl").read_text(encoding="utf-8").splitlines()
]
REAL = [case for case in CASES if case["kind"]]
LOOK_ALIKE = [case["text"] for case in CASES if not case["kind"]]


def test_there_are_enough_cases_of_both_sorts():
    assert len(REAL) >= 450
    assert len(LOOK_ALIKE) >= 750
    assert len({case["text"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", REAL, ids=lambda case: case["text"])
def test_an_emergency_is_caught_as_what_it_is(case):
    found = detect(case["text"])
    assert found is not None
    assert found.kind == case["kind"]


@pytest.mark.parametrize("text", LOOK_ALIKE)
def test_a_look_alike_raises_no_alarm(text):
    assert detect(text) is None


@pytest.mark.parametrize("case", REAL[::7], ids=lambda case: case["text"])
def test_an_emergency_is_caught_inside_a_longer_message(case):
    assert detect(f"你好,我想问一下。{case['text']}。你们快帮帮我") is not None


@pytest.mark.parametrize("case", REAL[::9], ids=lambda case: case["text"])
def test_blanks_between_characters_hide_nothing(case):
    assert detect(" ".join(case["text"])) is not None


@given(st.text(max_size=80))
def test_no_text_whatever_raises(text):
    detect(text)


def test_a_long_message_is_judged_at_once():
    started = time.perf_counter()
    detect("我在工地干了四个月,老板一直不给钱,我们几十个人," * 400)
    assert time.perf_counter() - started < 0.5
