"""Calculators in the chat: from the first tap to the same sum as the calculator itself."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calculators import ChatCalculators
from dialogs.calculators import asks_for_sum, called, catalogue, fitting
from dialogs.engine import Engine, build_engine
from dialogs.flow import load_flows
from dialogs.quantities import READERS
from dialogs.state import State
from dialogs.step import Step, joined
from dialogs.values import Answer, Answers, Facts, Heard, OpenTicket
from knowledge.calculators.registry import CALCULATORS
from nlu.understanding import INTENTS, Ranked, Understanding
from tests.knowledge.calculators.kit import SHIPPED

ENGINE: Engine = build_engine(load_flows(Path("dialogs/flows")), ChatCalculators(SHIPPED))
TODAY = date(2026, 11, 22)
FACTS = Facts(now=datetime(2026, 11, 22, 2, 0, tzinfo=UTC))
ANSWER = Answer(
    "overtime.rate",
    "overtime_pay",
    "加班费按几倍算？",
    "平时1.5倍。",
    None,
    "依据：《劳动法》第四十四条。",
    0.9,
)
LONGEST_MENU = 8


class Chat:
    """One conversation with the engine alone; buttons are pressed by their label."""

    def __init__(self, state: State | None = None, facts: Facts = FACTS) -> None:
        self.state = state or State()
        self.facts = facts
        self.buttons: dict[str, str] = {}

    def say(self, text: str, intent: str = "out_of_scope", answers: Answers | None = None) -> str:
        understood = Understanding(intent, 0.9, (Ranked(intent, 0.9),), {}, None, "model", unsure=False)
        return self._step(Heard(text=text, understanding=understood, answers=answers or Answers()))

    def press(self, label: str) -> str:
        return self.pay(self.buttons[label])

    def pay(self, payload: str) -> str:
        return self._step(Heard(payload=payload, kind="button"))

    def _step(self, heard: Heard) -> str:
        self.last: Step = ENGINE.advance(self.state, heard, self.facts)
        self.state = State.from_json(json.loads(json.dumps(self.last.state.to_json())))
        assert self.state == self.last.state
        self.buttons |= {c.label: c.payload for reply in self.last.replies for c in reply.choices}
        return "\n".join(reply.text for reply in self.last.replies)

    @property
    def labels(self) -> list[str]:
        return [choice.label for reply in self.last.replies for choice in reply.choices]

    @property
    def asked(self) -> str | None:
        return self.state.frame.asked if self.state.frame else None

    def answer_all(self, said: dict[str, str]) -> str:
        """Answer each question as it comes with what was prepared; a question without words is skipped."""
        text = ""
        for _ in range(30):
            if self.asked is None:
                return text
            words = said.get(self.asked)
            if words is None:
                assert self.state.frame is not None
                step = ENGINE.flows[self.state.frame.flow].slots[self.asked]
                assert step.optional, f"{self.asked} needs an answer"
                text = self.press(step.optional)
            else:
                text = self.say(words)
        raise AssertionError(f"no end: {self.asked}")


def expected(name: str, raw: dict[str, Any]) -> list[str]:
    shown = CALCULATORS[name].run(raw, SHIPPED, TODAY)
    return [shown.headline, *shown.steps, shown.basis, shown.disclaimer]


# What people say, question by question, and the same as typed values.
SPOKEN: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    (
        "economic_compensation",
        {"reason": "单位裁员", "started": "2020年3月5号", "ended": "2026年10月31日", "monthly_wage": "五千"},
        {"reason": "layoff", "started": "2020-03-05", "ended": "2026-10-31", "monthly_wage": 5000},
    ),
    (
        "economic_compensation",
        {"reason": "无缘无故把我辞了", "service_years": "三年零五个月", "monthly_wage": "6500块"},
        {"reason": "illegal", "service_years": "3.42", "monthly_wage": 6500},
    ),
    (
        "double_wage",
        {"hired": "2026年1月5日", "monthly_wage": "四千五", "signed": "还没签", "left": "还在上班"},
        {"hired": "2026-01-05", "monthly_wage": 4500},
    ),
    (
        "overtime_pay",
        {"paid_by": "按月", "monthly_wage": "5220", "weekday_hours": "10个小时", "rest_day_hours": "一天",
         "holiday_hours": "8小时", "months": "1", "paid": "没给"},
        {"paid_by": "month", "monthly_wage": 5220, "weekday_hours": 10, "rest_day_hours": 8, "holiday_hours": 8},
    ),
    (
        "overtime_pay",
        {"paid_by": "计件", "unit_wage": "2块5", "weekday_pieces": "一共200件", "holiday_pieces": "100"},
        {"paid_by": "piece", "unit_wage": "2.5", "weekday_pieces": 200, "holiday_pieces": 100},
    ),
    (
        "annual_leave",
        {"total_years": "十二年", "twelve_months": "有", "situation": "全年都在这个单位", "taken": "休了3天",
         "monthly_wage": "4350"},
        {"total_years": 12, "twelve_months": "是", "situation": "whole_year", "taken": 3, "monthly_wage": 4350},
    ),
    (
        "probation",
        {"contract": "有到期日的合同", "contract_months": "一年", "probation_months": "三个月", "regular_wage": "6000",
         "probation_wage": "4500"},
        {"contract": "fixed", "contract_months": 12, "probation_months": 3, "regular_wage": 6000,
         "probation_wage": 4500},
    ),
    (
        "wage_arrears_total",
        {"monthly_wage": "一个月六千", "months_owed": "三个月", "paid": "给过2000", "left": "9月30号"},
        {"monthly_wage": 6000, "months_owed": 3, "paid": 2000, "left": "2026-09-30"},
    ),
    (
        "wage_arrears_total",
        {"months": "7月 6000 2000\n8月 六千"},
        {"months": "2026-07 6000 2000\n2026-08 6000"},
    ),
    (
        "minimum_wage_check",
        {"paid_by": "全职，按月", "monthly_pay": "1900", "region": "官渡区", "overtime_pay": "200"},
        {"paid_by": "month", "monthly_pay": 1900, "region": "云南省昆明市官渡区", "overtime_pay": 200},
    ),
    (
        "work_injury",
        {"monthly_wage": "5000", "appraised": "评了", "injury_grade": "八级", "leaving": "不走", "insured": "交了",
         "region": "五华区", "stop_work_months": "半年"},
        {"monthly_wage": 5000, "appraised": "是", "injury_grade": 8, "leaving": "否", "insured": "是",
         "region": "云南省昆明市五华区", "stop_work_months": 6},
    ),
    (
        "work_death",
        {"death_date": "2026年10月3日", "monthly_wage": "六千", "spouse": "是", "other_dependants": "两个",
         "insured": "是", "region": "五华区"},
        {"death_date": "2026-10-03", "monthly_wage": 6000, "spouse": "是", "other_dependants": 2, "insured": "是",
         "region": "云南省昆明市五华区"},
    ),
    (
        "maternity",
        {"kind": "生孩子", "babies": "双胞胎", "difficult": "没有", "region": "五华区", "insured": "没有",
         "own_wage": "4500", "due_date": "2027年3月5日"},
        {"kind": "birth", "babies": 2, "difficult": "否", "region": "云南省昆明市五华区", "insured": "否",
         "own_wage": 4500, "due_date": "2027-03-05"},
    ),
    (
        "medical_period",
        {"total_years": "十二年", "years_here": "6年", "first_sick_day": "2026年8月31日"},
        {"total_years": 12, "years_here": 6, "first_sick_day": "2026-08-31"},
    ),
    (
        "unemployment_months",
        {"paid_years": "6年", "reason": "被辞退", "insured": "交了", "region": "五华区"},
        {"paid_years": 6, "reason": "involuntary", "insured": "是", "region": "云南省昆明市五华区"},
    ),
    (
        "retirement",
        {"kind": "男", "birth": "1968年5月", "paid_years": "18年"},
        {"kind": "man", "birth": "1968-05", "paid_years": 18},
    ),
    (
        "limitation",
        {"left": "是", "end_date": "2026年6月1日", "claimed": "没有", "unpaid": "没有", "contract": "一直没签",
         "hire_date": "2025年1月1日", "injury": "没有受工伤", "stage": "还没有去"},
        {"left": "是", "end_date": "2026-06-01", "claimed": "否", "unpaid": "否", "contract": "never",
         "hire_date": "2025-01-01", "injury": "none", "stage": "none"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "said", "raw"), SPOKEN, ids=[case[0] for case in SPOKEN])
def test_chat_gives_the_calculator_s_own_result(name: str, said: dict[str, str], raw: dict[str, Any]) -> None:
    chat = Chat()
    chat.pay(f"calc:{name}")
    text = chat.answer_all(said)
    for part in expected(name, raw):
        assert part in text
    assert "仅供参考" in text
    assert chat.state.frame is None
    assert not [effect for effect in chat.last.effects if isinstance(effect, OpenTicket)]


def test_every_calculator_is_played_listed_and_offered() -> None:
    plans, topics = catalogue().calculators, catalogue().topics
    assert set(plans) == set(CALCULATORS) == {case[0] for case in SPOKEN}
    assert sorted(name for topic in topics for name in topic.calculators) == sorted(plans)
    for plan in plans.values():
        assert set(plan.intents) <= set(INTENTS)
    for name, plan in plans.items():
        fields = set(CALCULATORS[name].wording.field)
        assert set(plan.ask) | set(plan.when) <= fields
        assert all(set(told) <= fields for told in plan.implies.values())


def test_each_message_asks_one_question_with_few_buttons_at_first() -> None:
    chat = Chat()
    assert "想算哪一样" in chat.pay("go:calculators")
    assert len(chat.labels) <= LONGEST_MENU
    chat.press("合同和离职")
    assert len(chat.labels) <= LONGEST_MENU
    chat.press("算一算离职补偿")
    assert chat.asked == "reason"
    assert len(chat.last.replies) == 2  # what it is, and the question
    assert len(joined(chat.last.replies)) == 1


def test_what_was_said_before_is_filled_in_and_said_aloud() -> None:
    chat = Chat()
    chat.say("我在官渡区干了三年，一个月五千，被辞退了", "dismissal")
    text = chat.pay("calc:economic_compensation")
    assert "您刚才说过" in text
    assert "每个月应发工资：5,000元" in text
    text = chat.answer_all({"reason": "单位裁员"})
    raw = {"reason": "layoff", "service_years": 3, "monthly_wage": 5000, "region": "云南省昆明市官渡区"}
    assert expected("economic_compensation", raw)[0] in text


def test_an_open_service_form_fills_it_in_and_is_taken_up_again() -> None:
    chat = Chat()
    chat.pay("flow:wage_arrears")
    chat.say("官渡区")
    chat.say("一万八")
    asked = chat.asked
    chat.pay("calc:unemployment_months")
    assert chat.state.frame is not None
    assert chat.state.frame.values["region"] == "云南省昆明市官渡区"
    chat.answer_all({"paid_years": "6年", "reason": "被辞退", "insured": "交了"})
    chat.press("接着办【欠薪维权】")
    assert chat.asked == asked


def test_leaving_a_calculator_never_loses_the_form_behind_it() -> None:
    for leave in ("取消", "改天再弄", "转人工"):
        chat = Chat()
        chat.pay("flow:job_seek")
        chat.pay("calc:overtime_pay")
        chat.say(leave, "human_handoff" if leave == "转人工" else "out_of_scope")
        assert chat.state.frame is None
        assert chat.state.paused is not None
        if leave != "转人工":
            chat.say("继续")
            assert chat.state.frame is not None
            assert chat.state.frame.flow == "job_seek"


def finished(name: str = "overtime_pay") -> Chat:
    chat = Chat()
    chat.pay(f"calc:{name}")
    said = next(case[1] for case in SPOKEN if case[0] == name)
    chat.answer_all(said)
    return chat


@pytest.mark.parametrize("words", ["工资错了,是六千", "刚才说错了，月工资是六千", "月工资改成6000"])
def test_a_correction_after_the_result_counts_again(words: str) -> None:
    text = finished().say(words, "correct")
    assert "改成：6,000元" in text
    raw = {
        "paid_by": "month",
        "monthly_wage": 6000,
        "weekday_hours": 10,
        "rest_day_hours": 8,
        "holiday_hours": 8,
    }
    assert expected("overtime_pay", raw)[0] in text


def test_a_correction_within_the_questions() -> None:
    chat = Chat()
    chat.pay("calc:overtime_pay")
    chat.say("按月")
    chat.say("五千")
    assert "改成：6,000元" in chat.say("工资错了,是六千", "correct")
    assert chat.asked == "weekday_hours"


def test_change_one_answer_by_button() -> None:
    chat = finished()
    chat.press("改一项")
    assert "正常上班的月工资" in chat.labels
    chat.press("正常上班的月工资")
    assert chat.asked == "monthly_wage"
    assert "加班费应是" in chat.say("六千")
    chat.press("改一项")
    chat.press("工时制")  # a question that is not asked by itself
    chat.press("综合计算工时")
    assert chat.state.frame is None


@pytest.mark.parametrize(
    ("words", "asked"), [("月工资", "monthly_wage"), ("休息日加班那个", "rest_day_hours"), ("随便", "edit")]
)
def test_words_in_place_of_a_button_of_the_list(words: str, asked: str) -> None:
    chat = finished()
    chat.press("改一项")
    chat.say(words)
    assert chat.asked == asked


def test_a_verb_of_the_question_answers_it() -> None:
    chat = Chat()
    chat.pay("calc:limitation")
    chat.say("走了")
    chat.say("2026年6月1日")
    chat.say("催过了")
    chat.say("2026年9月1日")
    chat.say("没有过")
    chat.say("没欠")
    assert chat.state.frame is not None
    told = {name: chat.state.frame.values[name] for name in ("left", "claimed", "claims_unbroken", "unpaid")}
    assert told == {"left": "yes", "claimed": "yes", "claims_unbroken": "no", "unpaid": "no"}


def test_an_answer_that_no_longer_counts_opens_no_question() -> None:
    chat = Chat()
    chat.pay("calc:limitation")
    for words in ("是", "2026年6月1日", "是", "2026年9月1日"):
        chat.say(words)
    assert chat.state.frame is not None
    chat.pay(f"s:{chat.state.frame.run}:left:1")
    assert chat.asked == "unpaid"


def test_back_cancel_and_begin_again() -> None:
    chat = Chat()
    chat.pay("calc:overtime_pay")
    chat.say("按月")
    chat.say("五千")
    chat.say("上一步")
    assert chat.asked == "monthly_wage"
    assert "不办了" in chat.say("取消")
    assert chat.state.frame is None
    again = finished()
    again.press("重新算")
    assert again.asked == "paid_by"
    assert again.state.frame is not None
    assert not again.state.frame.values


def test_a_question_midway_is_answered_and_the_open_one_comes_back() -> None:
    chat = Chat()
    chat.pay("calc:overtime_pay")
    chat.say("按月")
    text = chat.say("加班费按几倍算？", "overtime_pay", Answers("answer", (ANSWER,)))
    assert "平时1.5倍" in text
    assert "正常上班每个月工资" in text
    assert chat.asked == "monthly_wage"


@pytest.mark.parametrize(
    ("name", "said", "asked", "told"),
    [
        ("overtime_pay", {"paid_by": "按月", "monthly_wage": "5220"}, "weekday_hours", "请至少填一项"),
        (
            "medical_period",
            {"total_years": "3年", "years_here": "6年"},
            "total_years",
            "不能比在这个单位的年数少",
        ),
        (
            "economic_compensation",
            {
                "reason": "单位裁员",
                "started": "2026年5月1日",
                "ended": "2020年5月1日",
                "monthly_wage": "5000",
            },
            "started",
            "离职日期比入职日期早",
        ),
    ],
)
def test_what_cannot_be_is_asked_again_with_the_reason(
    name: str, said: dict[str, str], asked: str, told: str
) -> None:
    chat = Chat()
    chat.pay(f"calc:{name}")
    text = ""
    for _ in range(12):
        assert chat.state.frame is not None
        step = ENGINE.flows[chat.state.frame.flow].slots[chat.asked or ""]
        text = chat.say(said[step.slot]) if step.slot in said else chat.press(step.optional or "")
        if told in text:
            break
    assert told in text
    assert chat.asked == asked


def test_no_and_nothing_are_answers_and_a_needed_number_is_asked_for() -> None:
    chat = Chat()
    chat.pay("calc:annual_leave")
    chat.say("12年")
    chat.say("没有")
    assert chat.state.frame is not None
    assert chat.state.frame.values["twelve_months"] == "no"
    other = Chat()
    other.pay("calc:retirement")
    assert "就算不出来" in other.say("不知道")
    assert other.asked == "kind"


@pytest.mark.parametrize(
    "payload", ["calc:gone", "calc:topic.gone", "do:99:more", "s:99:paid_by:0", "do:1:submit", "do:1:xx"]
)
@pytest.mark.parametrize("begun", [False, True])
def test_dead_buttons_get_a_sensible_answer(payload: str, begun: bool) -> None:
    chat = finished() if begun else Chat()
    assert chat.pay(payload)
    assert not [effect for effect in chat.last.effects if isinstance(effect, OpenTicket)]


def test_an_old_option_changes_the_finished_sum() -> None:
    chat = finished()
    assert chat.state.calculated is not None
    text = chat.pay(f"s:{chat.state.calculated.run}:paid_by:1")
    assert "工资怎么算改成：按天" in text
    assert chat.asked == "unit_wage"


def test_a_finished_sum_is_forgotten_with_the_other_facts() -> None:
    chat = finished()
    chat.facts = replace(FACTS, now=FACTS.now + timedelta(hours=73))
    chat.say("你好", "greet")
    assert chat.state.calculated is None


def test_a_long_result_keeps_some_notes_for_later_and_loses_none() -> None:
    chat = finished("double_wage")
    shown = CALCULATORS["double_wage"].run(
        next(case[2] for case in SPOKEN if case[0] == "double_wage"), SHIPPED, TODAY
    )
    first = chat.last.replies[-1].text
    rest = chat.press("展开细说")
    assert all(note in first + rest for note in shown.notes)
    assert any(note not in first for note in shown.notes)


def test_a_person_asked_for_gets_no_health_data_and_no_sums() -> None:
    chat = Chat()
    chat.pay("calc:work_injury")
    for words in ("5000", "评了", "八级"):
        chat.say(words)
    chat.say("转人工", "human_handoff")
    opened = next(effect for effect in chat.last.effects if isinstance(effect, OpenTicket))
    assert dict(opened.facts) == {"monthly_wage": 5000}


@pytest.mark.parametrize(
    ("text", "first"),
    [("加班费怎么算", True), ("一个月加班20小时能拿多少钱", True), ("加班要不要经过我同意", False)],
)
def test_the_answer_offers_the_calculator_first_when_a_sum_is_asked_for(text: str, first: bool) -> None:
    chat = Chat()
    said = chat.say(text, "overtime_pay", Answers("answer", (ANSWER,)))
    assert chat.labels.count("算一算加班费") == 1
    assert (chat.labels[0] == "算一算加班费") is first
    assert ("点下面的“算一算加班费”" in said) is first


def test_among_possible_questions_the_calculator_comes_last() -> None:
    chat = Chat()
    other = replace(ANSWER, faq_id="overtime.night")
    text = chat.say("加班费怎么算", "overtime_pay", Answers("choices", (ANSWER, other)))
    assert "您是想问" in text
    assert chat.labels[-1] == "算一算加班费"
    chat.facts = replace(FACTS, faq={"overtime.night": other})
    chat.say("第二个")
    assert chat.last.faq_id == "overtime.night"


def test_without_an_answer_a_sum_is_offered_by_itself() -> None:
    chat = Chat()
    assert "一步一步" in chat.say("我被辞退了能赔多少", "dismissal")
    assert "算一算离职补偿" in chat.labels


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("算一下加班费", "overtime_pay"), ("帮我算算辞退能赔多少", "economic_compensation"), ("计算器", ""),
        ("算一算", ""), ("我想算一下产假", "maternity"), ("帮我算一下几岁退休", "retirement"), ("加班费怎么算", None),
        ("老板说不算加班", None), ("算了", None), ("帮我算一下彩票", None), ("打算辞职", None),
    ],
)  # fmt: skip
def test_words_that_call_a_calculator(text: str, name: str | None) -> None:
    assert called(text) == name


@pytest.mark.parametrize(
    "text",
    ["能赔多少", "怎么算", "赔我多少钱", "产假几个月", "年假几天", "我几岁退休", "还来得及吗", "补偿金怎么计算", "可以拿几个月工资",
     "失业金能领多少", "N+1是多少", "咋算的", "被辞退该赔我多少钱"],
)  # fmt: skip
def test_asking_for_a_sum(text: str) -> None:
    assert asks_for_sum(text)


@pytest.mark.parametrize(
    "text",
    [
        "老板不给加班费怎么办",
        "辞职要提前通知吗",
        "去哪里投诉",
        "要带什么材料",
        "工伤怎么认定",
        "违法吗",
        "算了不问了",
    ],
)
def test_not_asking_for_a_sum(text: str) -> None:
    assert not asks_for_sum(text)


@pytest.mark.parametrize(
    ("intent", "text", "name"),
    [
        ("leave", "年假有几天", "annual_leave"), ("leave", "病假最多休多久", "medical_period"),
        ("leave", "婚假几天", None), ("work_injury", "摔断腿能赔多少", "work_injury"),
        ("work_injury", "工地上人没救过来去世了赔多少", "work_death"), ("wage_arrears", "欠我多少", "wage_arrears_total"),
        ("wage_arrears", "两年前的工资还来得及要吗", "limitation"), ("labor_contract", "合同要签几份", None),
        ("labor_contract", "没签合同能赔多少", "double_wage"), ("job_seek", "工资多少", None),
    ],
)  # fmt: skip
def test_which_calculator_fits(intent: str, text: str, name: str | None) -> None:
    assert fitting(intent, text) == name


@pytest.mark.parametrize(
    ("kind", "unit", "text", "value"),
    [
        ("money", "count", "2块5", 2.5), ("money", "count", "十八块五毛", 18.5), ("money", "count", "一天250", 250),
        ("money", "count", "给过两万八", 28000), ("money", "count", "18元一小时", 18), ("money", "count", "1.5万", 15000),
        ("money", "count", "先给2000，又给了500", None), ("money", "count", "一分没给", 0), ("money", "count", "不好说", None),
        ("number", "hours", "两个半小时", 2.5), ("number", "hours", "三天", 24), ("number", "hours", "每天2小时，一共20天", 40),
        ("number", "hours", "每天两个小时", None), ("number", "hours", "一共大概20个钟头", 20),
        ("number", "hours", "没加过", 0), ("number", "months", "一年半", 18), ("number", "months", "两年零三个月", 27),
        ("number", "months", "半年", 6), ("number", "months", "一个半月", 1.5), ("number", "days", "五天", 5),
        ("number", "days", "3天半", 3.5), ("number", "days", "两个月", None), ("number", "years", "十二年半", 12.5),
        ("integer", "count", "两个", 2), ("integer", "count", "双胞胎", 2), ("integer", "count", "一个半", None),
        ("integer", "count", "没有", 0), ("number", "count", "-5", None), ("number", "count", "好多", None),
        ("day", "count", "2020年3月", "2020-03-01"), ("month", "count", "75年8月12号", "1975-08"),
    ],
)  # fmt: skip
def test_quantities(kind: str, unit: str, text: str, value: Any) -> None:
    step = ENGINE.flows["calc_overtime_pay"].slots["weekday_hours"].model_copy(
        update={"type": kind, "unit": unit, "ask": "多少？"}
    )  # fmt: skip
    assert READERS[kind](step, text, TODAY) == value


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(CALCULATORS)),
    st.lists(
        st.one_of(
            st.text(max_size=30),
            st.sampled_from(["五千", "三年", "没有", "是", "不是", "2020年3月5日", "官渡区", "跳过", "上一步", "改一下", "工资错了，是六千",
                             "算一下加班费", "第一个", "8", "男", "转人工", "取消", "继续", "提交", "7月 6000 2000", "-1", "0"]),
        ),
        max_size=14,
    ),
)  # fmt: skip
def test_any_words_in_any_order_get_an_answer(name: str, messages: list[str]) -> None:
    chat = Chat()
    chat.pay(f"calc:{name}")
    for message in messages:
        assert chat.say(message).strip()
