"""Answers about people_count as people give them, against the value they mean."""

from datetime import date

import pytest

from nlu.entities import parse_slot

NOW = date(2026, 11, 22)  # a Sunday

PEOPLE_COUNT = [
    ("十几个", "10+"),
    ("二十多个", "20+"),
    ("大概三十个", 30),
    ("就我一个", 1),
    ("我和三个工友", 4),
    ("我和老婆两个", 2),
    ("五六个", 5),
    ("几个", None),
    ("至少十个", "10+"),
    ("好多人", None),
    ("一共12个", 12),
    ("12", 12),
    ("几十个", "20+"),
    ("连我五个", 5),
    ("三十来号人", 30),
    ("不止我一个", None),
    ("就我自己", 1),
    ("十个以上", "10+"),
    ("上百号人", "100+"),
    ("我们宿舍六个加上隔壁四个", 10),
    ("8个人,走了两个", 8),
    ("七八个人", 7),
    ("有十五个", 15),
    ("连我一共六个", 6),
    ("我们车间五十多个", "50+"),
    ("两个班组,一个12人一个8人", 20),
    ("我们夫妻俩", 2),
    ("就我跟我弟", 2),
    ("四十几号人", "40+"),
    ("三个", 3),
    ("我一个", 1),
    ("百来号人", 100),
    ("我不清楚有多少", None),
    ("二十左右", 20),
    ("10个以上", "10+"),
    ("三五个", 3),
    ("好几十", "20+"),
    ("我加上4个老乡", 5),
    ("没有别人", 1),
    ("一百多", "100+"),
]


@pytest.mark.parametrize(("text", "value"), PEOPLE_COUNT)
def test_people_count_is_read_from_an_answer(text, value):
    assert parse_slot("people_count", text, NOW) == value


@pytest.mark.parametrize(
    ("ask", "text", "value"),
    [
        ("除了您,还有几个工友?", "三个", 4),
        ("除了您,还有几个工友?", "没有别人", 1),
        ("一共多少人?", "三个", 3),
        ("除了您还有多少人?", "十几个", "11+"),
    ],
)
def test_the_question_tells_whether_the_speaker_is_counted(ask, text, value):
    assert parse_slot("people_count", text, NOW, ask) == value
