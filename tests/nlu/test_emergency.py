"""Emergencies are caught without exception, and figures of speech raise no alarm."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.emergency import detect

DATA = Path(__file__).parent / "data"
# Each was written, and measured, before the rules knew its lines; since then it guards against relapse.
UNSEEN = sorted(DATA.glob("emergency_unseen_*.jsonl"))


def cases_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


CASES = cases_of(DATA / "emergency.jsonl")
REAL = [case for case in CASES if case["kind"]]
LOOK_ALIKE = [case["text"] for case in CASES if not case["kind"]]


def test_there_are_enough_cases_of_both_sorts():
    assert len(REAL) >= 450
    assert len(LOOK_ALIKE) >= 750
    assert len({case["text"] for case in CASES}) == len(CASES)
    assert len(UNSEEN) >= 3


@pytest.mark.parametrize("case", REAL, ids=lambda case: case["text"])
def test_an_emergency_is_caught_as_what_it_is(case):
    found = detect(case["text"])
    assert found is not None
    assert found.kind == case["kind"]


@pytest.mark.parametrize("text", LOOK_ALIKE)
def test_a_look_alike_raises_no_alarm(text):
    assert detect(text) is None


@pytest.mark.parametrize("path", UNSEEN, ids=lambda path: path.stem)
def test_nothing_once_missed_is_missed_again(path):
    missed = [case for case in cases_of(path) if case["kind"] and detect(case["text"]) is None]
    assert missed == []


@pytest.mark.parametrize("path", UNSEEN, ids=lambda path: path.stem)
def test_an_emergency_of_the_unseen_files_is_told_by_its_kind(path):
    for case in cases_of(path):
        if case["kind"]:
            found = detect(case["text"])
            assert found is not None
            assert found.kind == case["kind"], case["text"]


@pytest.mark.parametrize("path", UNSEEN, ids=lambda path: path.stem)
def test_false_alarms_stay_rare(path):
    alarms = [case for case in cases_of(path) if detect(case["text"]) is not None]
    right = [case for case in alarms if case["kind"]]
    assert len(right) / len(alarms) >= 0.97


@pytest.mark.parametrize("case", REAL[::7], ids=lambda case: case["text"])
def test_an_emergency_is_caught_inside_a_longer_message(case):
    assert detect(f"你好,我想问一下。{case['text']}。你们快帮帮我") is not None


@pytest.mark.parametrize("case", REAL[::9], ids=lambda case: case["text"])
def test_blanks_between_characters_hide_nothing(case):
    assert detect(" ".join(case["text"])) is not None


@given(st.text(max_size=80))
def test_no_text_whatever_raises(text):
    detect(text)


FILLER = (
    "今天早上天气有点冷，大家在路边等车，说说家里的收成和娃娃的事情，老张讲他养的鸡又下蛋了，我们都笑他。"
)


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ("救命，塌方了，里面还埋着两个人", "trapped_injured"),
        ("我不想活了，我现在就站在楼顶上", "self_harm"),
        ("他拿着刀在追着砍人，快来", "violence"),
    ],
)
@pytest.mark.parametrize("before", [0, 300, 700, 1500, 2600])
def test_an_emergency_anywhere_in_a_long_message_is_found(told: str, kind: str, before: int) -> None:
    calm = FILLER * 80
    text = f"{calm[:before]}。{told}。{calm[: 3000 - before]}"
    found = detect(text)
    assert found is not None
    assert found.kind == kind


def test_a_long_calm_message_stays_calm() -> None:
    assert detect(FILLER * 80) is None
