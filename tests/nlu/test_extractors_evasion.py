"""What people write instead of an answer gives no value, whatever was asked."""

from datetime import date

import pytest

from nlu.entities import SLOTS, parse_slot
from nlu.extractors.evasion import answering, countable

NOW = date(2026, 11, 22)  # a Sunday

NO_ANSWER = [
    "不想说",
    "跳过",
    "下一个",
    "等一下",
    "等我查一下",
    "晚点告诉你",
    "明天再说",
    "过两天我去问问",
    "一会儿再讲",
    "我要问下我老婆",
    "你先说能不能办",
    "三天能办好吗",
    "一个月能拿到吗",
    "要等几天",
    "要多久",
    "什么时候能解决",
    "请律师两千够不够",
    "打官司要多少钱",
    "你是机器人吗",
    "转人工",
    "看不懂",
    "上次说过了",
    "说了三遍了",
    "第一次来问",
    "同上",
    "跟刚才一样",
    "我打了12345没人管",
    "乱七八糟",
    "一言难尽",
    "十分着急",
    "三更半夜还加班",
    "气死了",
    "骗子",
    "前段时间",
    "一点点",
    "太多了",
    "呵呵",
    "我不识字",
    "合同丢了",
    "身份证丢了",
]
CHECKED = sorted(SLOTS - {"yes_no"})


@pytest.mark.parametrize("text", NO_ANSWER)
def test_no_slot_takes_a_value_from_an_evasion(text):
    assert {slot: value for slot in CHECKED if (value := parse_slot(slot, text, NOW)) is not None} == {}


@pytest.mark.parametrize(
    "text",
    ["等一下", "明天再说", "我要问下我老婆", "你好", "要多久", "说不清", "我不识字", "没人管", "差不多"],
)
def test_a_doubt_or_a_greeting_is_neither_yes_nor_no(text):
    assert parse_slot("yes_no", text, NOW, "签了劳动合同吗?") is None


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        ("amount_yuan", "等一下我看看,是四千二", 4200),
        ("amount_yuan", "五万一千元", 51000),
        ("people_count", "一个班十来个", 10),
        ("months_owed", "稍等,三个月", 3),
        ("employer", "我想想,宏达电子厂", "宏达电子厂"),
        ("date", "明天", "2026-11-23"),
    ],
)
def test_the_answer_beside_an_evasion_is_kept(slot, text, value):
    assert parse_slot(slot, text, NOW) == value


def test_a_text_without_evasion_comes_back_unchanged():
    assert answering("欠我28,500,拖了三个月。") == "欠我28,500,拖了三个月。"
    assert countable("四千二一个月,欠了三个月") == "四千二一个月,欠了三个月"
