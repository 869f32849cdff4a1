"""The engine as a pure function: no model, no database."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.engine import Engine, build_engine
from dialogs.flow import load_flows
from dialogs.state import State
from dialogs.step import Step
from dialogs.values import (
    AddToTicket,
    Answer,
    Answers,
    Facts,
    Heard,
    LogMiss,
    OpenTicket,
    RateTicket,
    RecordConsent,
    RecordFeedback,
    ReopenTicket,
    RerouteTicket,
    TicketView,
)
from nlu.understanding import INTENTS, Ranked, Understanding

ENGINE: Engine = build_engine(load_flows(Path("dialogs/flows")))
NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
FACTS = Facts(now=NOW)
ANSWER = Answer(
    "leave.sick_pay", "leave", "病假工资怎么算？", "病假有工资。", "细说。", "依据：《某法》第一条。", 0.9
)
TICKET = TicketView(
    "KM20261124-0001", "wage_arrears", "欠薪维权", "已办结", open=False, unit="官渡区总工会", assignee="张敏",
    due="", result="已拿到", can_reopen=True,
)  # fmt: skip


def understood(intent: str, confidence: float = 0.9, *, unsure: bool = False) -> Understanding:
    return Understanding(intent, confidence, (Ranked(intent, confidence),), {}, None, "model", unsure)


def begin(flow: str = "job_seek") -> State:
    return press(State(), f"flow:{flow}").state


def press(state: State, payload: str, facts: Facts = FACTS) -> Step:
    return ENGINE.advance(state, Heard(payload=payload, kind="button"), facts)


def say(
    state: State,
    text: str,
    intent: str = "out_of_scope",
    answers: Answers | None = None,
    facts: Facts = FACTS,
) -> Step:
    heard = Heard(text=text, understanding=understood(intent), answers=answers or Answers())
    return ENGINE.advance(state, heard, facts)


def text_of(step: Step) -> str:
    return "\n".join(reply.text for reply in step.replies)


def effects_of(step: Step, kind: type) -> list:
    return [effect for effect in step.effects if isinstance(effect, kind)]


def labels(step: Step) -> list[str]:
    return [choice.label for reply in step.replies for choice in reply.choices]


def test_question_midway_is_answered_and_the_open_question_comes_back() -> None:
    state = begin()
    step = say(state, "病假工资怎么算", "leave", Answers("answer", (ANSWER,)))
    assert "病假有工资" in text_of(step)
    assert "求职登记" in text_of(step)
    assert step.state.frame is not None
    assert step.state.frame.asked == "trade"


def test_nothing_known_midway_is_said_honestly_and_logged() -> None:
    step = say(begin(), "火星上有没有工会", "union_affairs")
    assert "没有把握" in text_of(step)
    assert effects_of(step, LogMiss)[0].reason == "no_answer"
    assert step.state.frame is not None
    assert step.state.frame.asked == "trade"


def test_old_option_button_corrects_the_earlier_answer() -> None:
    state = begin()
    assert state.frame is not None
    old = f"s:{state.frame.run}:trade:0"
    after = press(press(state, f"s:{state.frame.run}:trade:1").state, old)
    assert after.state.frame is not None
    assert after.state.frame.values["trade"] == "construction"
    assert "建筑工地" in text_of(after)


@pytest.mark.parametrize(
    "payload",
    [
        "s:99:trade:0",
        "do:99:submit",
        "faq:gone.away",
        "nonsense",
        "s:1:trade:77",
        "t:KM1:r5",
        "flow:gone",
        "go:x",
    ],
)
@pytest.mark.parametrize("state", [State(), begin()], ids=["idle", "form open"])
def test_dead_button_gets_a_sensible_answer(state: State, payload: str) -> None:
    step = press(state, payload)
    assert text_of(step)
    assert not effects_of(step, OpenTicket)
    if state.frame is not None:
        assert step.state.frame == state.frame


def test_second_press_of_submit_opens_nothing() -> None:
    state = begin()
    assert state.frame is not None
    run = state.frame.run
    filled = replace(
        state,
        frame=replace(
            state.frame,
            values={"trade": "any", "region": "云南省昆明市五华区", "lodging": "none", "start": "now"},
            skipped=("wage", "skills"),
            consents={"contact": False},
            asked="review",
        ),
    )
    first = press(filled, f"do:{run}:submit")
    assert len(effects_of(first, OpenTicket)) == 1
    second = press(first.state, f"do:{run}:submit")
    assert not effects_of(second, OpenTicket)
    assert "按钮" in text_of(second)


def test_submit_with_open_questions_asks_them_instead() -> None:
    state = begin()
    assert state.frame is not None
    step = press(state, f"do:{state.frame.run}:submit")
    assert not effects_of(step, OpenTicket)
    assert step.state.frame is not None
    assert step.state.frame.asked == "trade"


def test_refused_consent_skips_the_sensitive_question_and_is_recorded() -> None:
    state = begin()
    assert state.frame is not None
    at_consent = replace(
        state,
        frame=replace(
            state.frame,
            values={"trade": "any", "region": "云南省昆明市五华区", "lodging": "none", "start": "now"},
            skipped=("wage", "skills"),
            asked="consent:contact",
        ),
    )
    step = say(at_consent, "不同意")
    assert effects_of(step, RecordConsent) == [RecordConsent("job_seek.contact", granted=False)]
    assert step.state.frame is not None
    assert step.state.frame.asked == "review"
    changed_mind = press(step.state, f"do:{state.frame.run}:yes:contact")
    assert changed_mind.state.frame is not None
    assert changed_mind.state.frame.asked == "phone"


def test_required_question_cannot_be_skipped() -> None:
    step = say(begin(), "跳过")
    assert step.state.frame is not None
    assert step.state.frame.asked == "trade"
    assert "想做的工作" in text_of(step)


@pytest.mark.parametrize("kind", ["self_harm", "violence", "gathering", "trapped_injured", "child_labour"])
def test_emergency_comes_before_everything_and_keeps_the_form(kind: str) -> None:
    state = begin()
    step = ENGINE.advance(state, Heard(text="救命", emergency=kind), FACTS)
    opened = effects_of(step, OpenTicket)
    assert opened[0].urgency == "critical"
    assert step.state.frame == state.frame
    assert any(number in text_of(step) for number in ("110", "120", "119", "12356", "12333"))


def test_second_emergency_message_is_added_to_the_first_ticket() -> None:
    facts = replace(FACTS, tickets=(replace(TICKET, category="emergency", open=True),))
    step = ENGINE.advance(State(), Heard(text="救命", emergency="violence"), facts)
    assert effects_of(step, AddToTicket)
    assert not effects_of(step, OpenTicket)


def test_person_in_one_step_then_the_place_moves_the_ticket() -> None:
    step = say(State(), "转人工")
    assert effects_of(step, OpenTicket)[0].category == "human_handoff"
    opened = replace(FACTS, tickets=(replace(TICKET, category="human_handoff", open=True),))
    then = say(step.state, "五华区", facts=opened)
    assert effects_of(then, RerouteTicket) == [RerouteTicket("云南省昆明市五华区")]
    closed = say(step.state, "五华区", facts=replace(FACTS, tickets=(TICKET,)))
    assert not effects_of(closed, RerouteTicket)


def test_person_asked_for_in_a_form_gets_what_was_told_without_sensitive_values_in_facts() -> None:
    state = begin("relief_apply")
    assert state.frame is not None
    state = replace(
        state,
        frame=replace(
            state.frame, values={"cause": "illness", "region": "云南省昆明市五华区", "phone": "13800000000"}
        ),
    )
    opened = effects_of(say(state, "转人工"), OpenTicket)[0]
    assert opened.region == "云南省昆明市五华区"
    assert "phone" not in opened.facts
    assert opened.sensitive == {"phone": "13800000000"}


@pytest.mark.parametrize(
    ("payload", "kind"),
    [("t:KM20261124-0001:r5", RateTicket), ("t:KM20261124-0001:reopen", ReopenTicket)],
)
def test_rating_and_reopening_by_button(payload: str, kind: type) -> None:
    step = press(State(), payload, replace(FACTS, tickets=(TICKET,)))
    assert effects_of(step, kind)


def test_question_after_handover_is_understood_though_a_place_was_asked_for() -> None:
    handed_over = say(State(), "转人工").state
    assert ENGINE.needs_model(handed_over, "病假工资怎么算", FACTS)
    assert not ENGINE.needs_model(handed_over, "五华区", FACTS)
    step = say(handed_over, "病假工资怎么算", "leave", Answers("answer", (ANSWER,)))
    assert "病假有工资" in text_of(step)


@pytest.mark.parametrize(
    ("region", "asked"), [("云南省昆明市", "region"), ("云南省昆明市安宁市", "amount_yuan")]
)
def test_only_a_county_spares_the_question_for_the_place(region: str, asked: str) -> None:
    step = press(State(), "flow:wage_arrears", replace(FACTS, profile={"region": region}))
    assert step.state.frame is not None
    assert step.state.frame.asked == asked


@pytest.mark.parametrize(("hours", "asked"), [(71, "people_count"), (73, "amount_yuan")])
def test_facts_told_long_ago_are_not_carried_into_a_form(hours: int, asked: str) -> None:
    told = say(State(), "在五华区老板欠我八千块工资", "wage_arrears").state
    later = replace(FACTS, now=NOW + timedelta(hours=hours), profile={"region": "云南省昆明市五华区"})
    step = press(told, "flow:wage_arrears", later)
    assert step.state.frame is not None
    assert step.state.frame.asked == asked


@pytest.mark.parametrize(("hour", "day"), [(15, 24), (16, 25)])
def test_the_day_is_the_worker_s_and_not_that_of_storage(hour: int, day: int) -> None:
    assert replace(FACTS, now=datetime(2026, 11, 24, hour, 30, tzinfo=UTC)).today.day == day


def test_rating_an_open_ticket_tells_where_it_stands_instead() -> None:
    facts = replace(FACTS, tickets=(replace(TICKET, open=True),))
    step = press(State(), "t:KM20261124-0001:r5", facts)
    assert not effects_of(step, RateTicket)
    assert "KM20261124-0001" in text_of(step)


def test_reopening_too_late_is_explained() -> None:
    facts = replace(FACTS, tickets=(replace(TICKET, can_reopen=False),))
    step = press(State(), "t:KM20261124-0001:reopen", facts)
    assert not effects_of(step, ReopenTicket)
    assert "期限" in text_of(step)


def test_answer_ends_with_basis_and_asks_whether_it_helped() -> None:
    step = say(State(), "病假工资怎么算", "leave", Answers("answer", (ANSWER,)))
    assert "依据" in text_of(step)
    assert text_of(step).endswith("解决了吗？")
    assert "解决了" in labels(step)
    facts = replace(FACTS, faq={ANSWER.faq_id: ANSWER})
    assert effects_of(press(step.state, f"ok:{ANSWER.faq_id}", facts), RecordFeedback)[0].solved
    unhappy = press(step.state, f"no:{ANSWER.faq_id}", facts)
    assert effects_of(unhappy, LogMiss)[0].reason == "thumbs_down"
    assert "找工会的人" in labels(unhappy)


def test_choices_can_be_taken_by_number() -> None:
    step = say(State(), "病假", "leave", Answers("choices", (ANSWER, replace(ANSWER, faq_id="leave.other"))))
    assert "您是想问" in text_of(step)
    facts = replace(FACTS, faq={"leave.other": replace(ANSWER, faq_id="leave.other")})
    assert say(step.state, "第二个", facts=facts).faq_id == "leave.other"


def test_long_pause_brings_a_summary_before_the_answer_counts() -> None:
    state = replace(begin(), updated_at=(NOW - timedelta(hours=100)).isoformat())
    step = say(state, "保安")
    assert "欢迎回来" in text_of(step)
    assert step.state.frame is not None
    assert step.state.frame.values["trade"] == "security"


def test_out_of_scope_is_said_and_logged() -> None:
    step = say(State(), "今天股票怎么样")
    assert "不在我能答的范围" in text_of(step)
    assert effects_of(step, LogMiss)[0].reason == "out_of_scope"


@pytest.mark.parametrize("kind", ["voice", "sticker", "other"])
def test_other_kinds_have_a_designed_reply_and_the_question_again(kind: str) -> None:
    step = ENGINE.advance(begin(), Heard(kind=kind), FACTS)
    assert "求职登记" in text_of(step)


@pytest.mark.parametrize("reason", ["too_large", "type", "empty", "damaged", "virus", "failed"])
def test_refused_file_is_explained(reason: str) -> None:
    assert "文件" in text_of(ENGINE.advance(State(), Heard(kind="photo", refused_file=reason), FACTS))


def test_truncated_text_is_said() -> None:
    step = ENGINE.advance(
        State(), Heard(text="长" * 50, understanding=understood("chitchat"), truncated=True), FACTS
    )
    assert "写得很长" in text_of(step)


def test_state_of_another_version_is_read_without_fail() -> None:
    raw = begin().to_json() | {"of_the_future": 1}
    raw["frame"]["of_the_future"] = 2
    assert State.from_json(json.loads(json.dumps(raw))).frame == begin().frame


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(max_size=40),
            st.sampled_from(["五华区", "三万", "取消", "上一步", "跳过", "同意", "改天再弄", "继续", "刚才说错了，是两万",
                             "转人工", "是", "不对", "第二个", "13812345678", "十几个人", "？？", "修改", "提交"]),
        ),
        max_size=12,
    ),
    st.sampled_from(sorted(ENGINE.flows)),
    st.sampled_from(sorted(INTENTS)),
)  # fmt: skip
def test_any_words_in_any_order_get_an_answer(messages: list[str], flow: str, intent: str) -> None:
    state = begin(flow)
    for message in messages:
        step = say(state, message, intent)
        assert text_of(step).strip()
        state = State.from_json(json.loads(json.dumps(step.state.to_json())))
        assert state == step.state
