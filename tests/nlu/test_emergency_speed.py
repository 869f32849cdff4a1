"""How much a message can cost; run as a program, it prints the worst time instead.

The tests count attempts, for a count is the same on every machine: one attempt is one pattern tried at one place.
"""

import random
import time
from collections.abc import Iterator

import pytest

from nlu.emergency import _rules, detect
from nlu.emergency_index import Idea

HOSTILE = ["死", "我不想", "药吃", "打我", "站在楼顶", "一个人", "十五岁", "15", "塌了人", "人在门口", ","]
FRAGMENTS = [
    *(
        "被打了",
        "塌了",
        "农药",
        "在楼顶",
        "堵门",
        "十五岁",
        "不让走",
        "刀",
        "一个人",
        "现在",
        "法院",
        "去年",
        "老板",
        "里面",
    ),
    *(
        "没反应",
        "几十个人",
        "横幅",
        "上班",
        "跳下去",
        "血",
        "电梯",
        "不想活",
        "压住",
        "小说里",
        "门口",
        "出不来",
        "怎么办",
    ),
]
MOST_ATTEMPTS = 2_500  # for 500 characters; a message without anything remarkable needs about 50
PIECE = 500  # characters looked at in one go; a longer message costs this for every 190 more


def hostile_messages() -> Iterator[str]:
    """Messages that begin to look like an emergency at nearly every character."""
    for piece in HOSTILE:
        yield (piece * PIECE)[: PIECE - 1] + "x"
    chance = random.Random(7)
    for parts in (2, 3, 4, 40):
        for _ in range(60):
            yield ("小说里" + "".join(chance.choices(FRAGMENTS, k=parts)) * 300)[:PIECE]


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The place of every attempt to match a pattern."""
    made: list[int] = []
    match = Idea.end

    def counted(idea: Idea, text: str, place: int, limit: int) -> int:
        made.append(place)
        return match(idea, text, place, limit)

    monkeypatch.setattr(Idea, "end", counted)
    return made


def test_no_message_whatever_needs_many_attempts(attempts):
    for text in hostile_messages():
        attempts.clear()
        detect(text)
        assert len(attempts) <= MOST_ATTEMPTS, text[:60]


def test_a_longer_message_needs_as_many_for_each_of_its_pieces(attempts):
    for text in ("被打了现在门口" * 2_000, "十五岁塌了人," * 2_000):
        attempts.clear()
        detect(text)
        assert len(attempts) <= MOST_ATTEMPTS * (5_000 / 190 + 1)


def test_most_patterns_are_never_tried_on_a_quiet_message(attempts):
    detect(("我想了解一下五险一金怎么缴纳和以后养老的事情,谢谢你的回答。" * 20)[:PIECE])
    assert len(attempts) <= 300


def worst_milliseconds(repeats: int = 20) -> float:
    """The longest that any of the hostile messages takes, each at its best of some repeats."""
    _rules()
    worst = 0.0
    for text in hostile_messages():
        times = []
        for _ in range(repeats):
            started = time.thread_time()
            detect(text)
            times.append(time.thread_time() - started)
        worst = max(worst, min(times))
    return worst * 1000


if __name__ == "__main__":
    print(f"worst case: {worst_milliseconds():.2f} ms")
