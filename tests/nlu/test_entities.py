"""The door to the extractors: what a free sentence volunteers, corrections, cost, and that nothing raises."""

import json
import subprocess
import sys
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.entities import SLOTS, correction_target, extract, is_correction, parse_slot
from nlu.slot_eval import evaluate_slots, is_right

NOW = date(2026, 11, 22)
STORY = "我在官渡区工地干了四个月,就给了一个月的钱,还欠我两万八,包工头电话打不通了,我们十几个人"


def test_a_story_gives_all_its_facts():
    assert extract(STORY, NOW) == {
        "region": "云南省昆明市官渡区",
        "amount_yuan": 28000,
        "months_worked": 4,
        "months_owed": 3,
        "people_count": "10+",
        "boss_unreachable": True,
        "worksite": "construction",
    }


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("老板欠我三个月工资一万二", {"amount_yuan": 12000, "months_owed": 3}),
        ("我叫李国强,电话13987654321", {"name": "李国强", "phone": "13987654321"}),
        ("一个月四千二,欠了三个月没发", {"monthly_wage": 4200, "months_owed": 3, "amount_yuan": 12600}),
        ("在呈贡送外卖,被辞退了", {"region": "云南省昆明市呈贡区", "worksite": "delivery", "left_job": True}),
        ("老板跑路了,我们二十多个工友的钱都没给", {"boss_unreachable": True, "people_count": "20+"}),
        (
            "我是农民工,在曲靖修路,包工头联系不上",
            {"migrant": True, "region": "云南省曲靖市", "boss_unreachable": True},
        ),
        ("鉴定出来是九级伤残", {"injury_grade": 9}),
        ("我都走了一个多月,工资还卡着不给", {"left_job": True}),
        (
            "我在云南宏源劳务有限公司上班,两个月没发工资",
            {"employer": "云南宏源劳务有限公司", "months_owed": 2},
        ),
        ("三个月没发工资了", {"months_owed": 3}),
        ("包工头欠我3.5万,拖了一年多", {"amount_yuan": 35000, "months_owed": None}),
        ("一天280干了45天一分没给", {"amount_yuan": 12600}),
        ("公司欠我2024年年终奖8000", {"amount_yuan": 8000}),
        ("欠我们8个人一共12万,我的一万六", {"amount_yuan": 16000, "people_count": 8}),
        ("老板欠20多个工人80多万", {"amount_yuan": None, "people_count": "20+"}),
        ("上班第3天就受伤了,住院花了2万8", {"amount_yuan": None}),
    ],
)
def test_free_sentences_volunteer_facts(text, facts):
    found = extract(text, NOW)
    assert {key: found.get(key) for key in facts} == facts


@pytest.mark.parametrize(
    "text",
    [
        "你好",
        "加班费怎么算",
        "昨天叫我明天不用来了",
        "N加一是什么意思",
        "公司有三百人,没有工会",
        "如果欠我三万该怎么办",
        "最低工资是多少",
        "十二条横幅",
        "三倍工资是不是初一到初三",
        "工会12351打得通吗",
        "我想离职怎么写",
        "会不会跑路啊老板",
    ],
)
def test_questions_volunteer_no_money_no_people_and_no_flags(text):
    found = extract(text, NOW)
    assert not found.keys() & {
        "amount_yuan",
        "months_owed",
        "people_count",
        "boss_unreachable",
        "left_job",
        "phone",
        "name",
    }


@pytest.mark.parametrize(
    ("text", "correction", "target"),
    [
        ("说错了,是三万", True, "amount_yuan"),
        ("刚才说错了,是三万", True, "amount_yuan"),
        ("金额说错了", True, "amount_yuan"),
        ("电话写错了", True, "phone"),
        ("不对,应该是三个月", True, "months_owed"),
        ("改成官渡", True, "region"),
        ("名字打错字了", True, "name"),
        ("身份证号填错了", True, "id_number"),
        ("人数改一下", True, "people_count"),
        ("哦不对", True, None),
        ("不是三万,是两万八", True, "amount_yuan"),
        ("工资没错吧", False, None),
        ("老板算错工资", False, None),
        ("我没说错", False, None),
        ("公司把合同改成了劳务合同", False, None),
        ("我做错了什么要开除我", False, None),
        ("应该是多少钱", False, None),
    ],
)
def test_corrections_are_noticed_and_placed(text, correction, target):
    assert (is_correction(text), correction_target(text)) == (correction, target)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(SLOTS)))
def test_no_text_whatever_raises(text, slot):
    parse_slot(slot, text, NOW)
    extract(text, NOW)
    correction_target(text)


CLAUSES = st.sampled_from(
    [
        "我",
        "们",
        "欠",
        "三",
        "万",
        "五",
        "千",
        "个",
        "月",
        "年",
        "半",
        "十",
        "几",
        "多",
        "不",
        "是",
        "对",
        "没",
        ",",
        "。",
        "在",
        "官渡",
        "昆明",
        "28",
        "3.5",
        "号",
        "周",
        "级",
        "人",
        "到",
        "-",
        "一",
        "块",
        "去年",
        "腊",
        "初",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(CLAUSES, max_size=14).map("".join), st.sampled_from(sorted(SLOTS)))
def test_no_shuffled_sentence_raises(text, slot):
    parse_slot(slot, text, NOW)
    extract(text, NOW)


REFUSALS = ["", "   ", "不知道", "不想说", "你问这个干嘛?", "???"]


@pytest.mark.parametrize(
    ("slot", "text"),
    [(slot, text) for slot in sorted(SLOTS) for text in REFUSALS if (slot, text) != ("yes_no", "不想说")],
)
def test_a_refusal_is_no_answer(slot, text):
    assert parse_slot(slot, text, NOW) is None


def test_an_unknown_slot_is_an_error():
    with pytest.raises(KeyError):
        parse_slot("shoe_size", "42", NOW)


def test_a_very_long_message_is_read_only_up_to_a_limit():
    assert extract(STORY * 400, NOW) == extract((STORY * 400)[:2000], NOW)


def test_importing_does_not_load_jionlp():
    code = "import nlu.entities, nlu.emergency, sys; print('jionlp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_nothing_is_printed_when_jionlp_loads():
    code = "from nlu.entities import warm_up; warm_up()"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


def test_evaluation_counts_right_answers_per_slot(tmp_path):
    lines = [
        {"id": "a", "slot": "amount_yuan", "ask": "", "text": "三万五", "value": 35000},
        {"id": "b", "slot": "amount_yuan", "ask": "", "text": "不知道", "value": None},
        {"id": "c", "slot": "people_count", "ask": "", "text": "十几个", "value": 15, "accept": ["10+"]},
        {"id": "d", "slot": "people_count", "ask": "", "text": "三个", "value": 4},
    ]
    path = tmp_path / "slots.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    result = evaluate_slots(path, NOW)
    assert (result["total"], result["right"], result["accuracy"], result["misses"]) == (4, 3, 0.75, ["d"])
    assert result["slots"]["people_count"] == {"total": 2, "right": 1, "accuracy": 0.5}
    json.dumps(result)


def test_evaluation_names_a_line_without_a_slot(tmp_path):
    path = tmp_path / "slots.jsonl"
    path.write_text('{"text": "三万"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="line 1"):
        evaluate_slots(path, NOW)


def test_no_answer_is_right_only_where_none_is_expected():
    assert is_right(None, {"value": None})
    assert not is_right(None, {"value": 3})
    assert not is_right(3, {"value": None})
    assert is_right(3, {"value": None, "accept": [3]})
