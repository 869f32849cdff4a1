"""我的事项, papers and seasons as pure steps of the engine."""

from dataclasses import replace
from datetime import date

import pytest

from dialogs import papers
from dialogs.flow import load_flow
from dialogs.state import State
from dialogs.step import Step
from dialogs.values import (
    Facts,
    Heard,
    NeededPaper,
    OpenTicket,
    PaperView,
    RemindSeason,
    SeasonView,
    SendPaper,
    SetReminders,
    TicketView,
    TickPaper,
    WithdrawTicket,
)
from tests.dialogs.test_engine import ENGINE, NOW

NUMBER = "KM20261124-0001"
PAPERS = (
    PaperView("identity", "身份证和户口簿", "returned", note="看不清号码"),
    PaperView("income", "全家人近12个月的收入证明"),
    PaperView("disability", "残疾证", required=False),
    PaperView("allowance", "低保证", "accepted"),
)
OPEN = TicketView(
    NUMBER, "relief_apply", "困难帮扶", "待补充材料", open=True, unit="官渡区总工会", assignee="张敏",
    due="12月4日(周五)18:00前", papers=PAPERS, dates=("12月4日前交材料",),
)  # fmt: skip
CLOSED = replace(
    OPEN,
    number="KM20261001-0009",
    open=False,
    state="已办结",
    result="已发放3000元",
    can_reopen=True,
    papers=(),
    dates=(),
)


def facts(*tickets: TicketView, **changes) -> Facts:
    return replace(Facts(now=NOW, tickets=tickets), **changes)


def press(payload: str, known: Facts, state: State | None = None) -> Step:
    return ENGINE.advance(state or State(), Heard(payload=payload, kind="button"), known)


def say(text: str, known: Facts, state: State | None = None) -> Step:
    return ENGINE.advance(state or State(), Heard(text=text), known)


def photo(known: Facts, state: State) -> Step:
    return ENGINE.advance(state, Heard(kind="photo", files=("token",)), known)


def text_of(step: Step) -> str:
    return "\n".join(reply.text for reply in step.replies)


def payloads(step: Step) -> dict[str, str]:
    return {choice.label: choice.payload for reply in step.replies for choice in reply.choices}


def test_the_only_matter_is_shown_in_full_with_what_can_be_done() -> None:
    step = say("我的事项", facts(OPEN))
    for part in (
        NUMBER,
        "12月4日(周五)18:00前",
        "· 身份证和户口簿：要重新交（看不清号码）",
        "残疾证（有就交）",
        "低保证：已收下",
    ):
        assert part in text_of(step)
    assert payloads(step) == {
        "看材料、交材料": f"t:{NUMBER}:papers", "补充说明或照片": f"t:{NUMBER}:add", "撤回": f"t:{NUMBER}:withdraw",
        "不再提醒": "remind:off",
    }  # fmt: skip


def test_a_closed_matter_offers_reopening_within_its_days_and_a_rating() -> None:
    assert list(payloads(say("我的事项", facts(CLOSED)))) == ["重新办理", "打分"]
    assert list(payloads(say("我的事项", facts(replace(CLOSED, can_reopen=False))))) == ["打分"]
    stars = payloads(press(f"t:{CLOSED.number}:rate", facts(CLOSED)))
    assert stars["5分"] == f"t:{CLOSED.number}:r5"


def test_many_matters_come_five_at_a_time() -> None:
    many = tuple(replace(CLOSED, number=f"KM20261001-{number:04d}") for number in range(12))
    first = payloads(say("我的事项", facts(*many)))
    assert (len(first), first["更多事项"]) == (6, "my:1")
    last = press("my:2", facts(*many))
    assert list(payloads(last)) == ["困难帮扶 0010", "困难帮扶 0011"]
    assert next(iter(payloads(press("my:99", facts(*many))))) == "困难帮扶 0000"


def test_withdrawing_is_asked_once_more() -> None:
    asked = press(f"t:{NUMBER}:withdraw", facts(OPEN))
    assert asked.effects == ()
    assert list(payloads(asked)) == ["确定撤回", "不撤了"]
    assert press(payloads(asked)["确定撤回"], facts(OPEN)).effects == (WithdrawTicket(NUMBER),)
    assert press(payloads(asked)["不撤了"], facts(OPEN)).effects == ()


def test_the_list_of_papers_puts_what_is_wanted_first() -> None:
    step = say("交材料", facts(OPEN))
    assert list(payloads(step)) == ["身份证和户口簿", "全家人近12个月的收入证明", "残疾证"]
    other = replace(OPEN, number="KM20261124-0002", label="金秋助学")
    assert list(payloads(say("交材料", facts(OPEN, other)))) == ["困难帮扶 0001", "金秋助学 0002"]
    assert "没有要您交的材料" in text_of(say("交材料", facts(CLOSED)))


def test_a_photo_after_choosing_a_paper_is_of_that_paper_also_the_next_one() -> None:
    chosen = press(f"p:{NUMBER}:identity:show", facts(OPEN))
    assert "上次没收下：看不清号码" in text_of(chosen)
    first = photo(facts(OPEN), chosen.state)
    assert first.effects == (SendPaper(NUMBER, "identity"),)
    assert "身份证和户口簿" in text_of(first)
    assert photo(facts(OPEN), first.state).effects == (SendPaper(NUMBER, "identity"),)


def test_a_question_in_between_keeps_the_paper_another_button_does_not() -> None:
    chosen = press(f"p:{NUMBER}:identity:show", facts(OPEN))
    assert photo(facts(OPEN), say("谢谢", facts(OPEN), chosen.state).state).effects == (
        SendPaper(NUMBER, "identity"),
    )
    elsewhere = press("go:menu", facts(OPEN), chosen.state)
    assert SendPaper(NUMBER, "identity") not in photo(facts(OPEN), elsewhere.state).effects


def test_a_service_begun_meanwhile_gets_the_photo() -> None:
    chosen = press(f"p:{NUMBER}:identity:show", facts(OPEN))
    begun = replace(chosen.state, paper=f"{NUMBER}:identity:0", runs=1)
    assert papers.chosen(begun) is None
    assert SendPaper(NUMBER, "identity") not in photo(facts(OPEN), begun).effects


def test_ticking_off_says_what_is_left() -> None:
    step = press(f"p:{NUMBER}:income:ready", facts(OPEN))
    assert step.effects == (TickPaper(NUMBER, "income", "ready"),)
    assert list(payloads(step)) == ["身份证和户口簿", "残疾证"]
    assert press(f"p:{NUMBER}:income:cannot", facts(OPEN)).effects == (TickPaper(NUMBER, "income", "cannot"),)
    assert "备齐" in text_of(
        press(f"p:{NUMBER}:income:sent", facts(replace(OPEN, papers=(PaperView("income", "收入证明"),))))
    )


@pytest.mark.parametrize(
    "payload", [f"p:{NUMBER}:nothing:show", "p:KM-9:identity:show", f"p:{NUMBER}:allowance:ready"]
)
def test_old_and_foreign_paper_buttons_change_nothing(payload: str) -> None:
    step = press(payload, facts(OPEN))
    assert step.effects == ()
    assert text_of(step)


def test_papers_of_a_closed_matter_are_only_shown() -> None:
    closed = replace(CLOSED, papers=PAPERS)
    assert payloads(press(f"t:{closed.number}:papers", facts(closed))) == {}
    assert press(f"p:{closed.number}:income:sent", facts(closed)).effects == ()


def test_abroad_nobody_is_asked_to_photograph_an_identity_card() -> None:
    assert "服务器在国外" in text_of(press(f"p:{NUMBER}:identity:show", facts(OPEN, channel="telegram")))
    assert "服务器在国外" not in text_of(press(f"p:{NUMBER}:identity:show", facts(OPEN)))


@pytest.mark.parametrize(
    ("act", "on"),
    [
        (lambda: press("remind:off", facts(OPEN)), False),
        (lambda: say("不要再提醒我了", facts(OPEN)), False),
        (lambda: press("remind:on", facts(OPEN)), True),
        (lambda: say("恢复提醒", facts(OPEN)), True),
    ],
)
def test_reminders_stop_with_one_tap_and_come_back(act, on: bool) -> None:
    step = act()
    assert step.effects == (SetReminders(on),)
    assert list(payloads(step)) == ["不再提醒" if on else "恢复提醒"]


def test_papers_depend_on_the_answers(tmp_path) -> None:
    file = tmp_path / "demo.yaml"
    file.write_text(
        """
flow: demo
title: 试
intents: [job_seek]
offer_label: 试
begin: 好
category: job_seek
ticket_title: 试
steps: [{slot: job, type: choice, label: 工作, ask: 哪种, options: [{value: gig, label: 跑单}, {value: unit, label: 上班}]}]
done: 好
papers:
  - {key: identity, label: 身份证}
  - {key: gig, label: 接单截图, required: false, when: [{job: gig}]}
  - {key: none, label: 说明, when: [{job: {present: false}}]}
""",
        encoding="utf-8",
    )
    flow = load_flow(file)
    assert papers.needed(flow, {"job": "gig"}) == (
        NeededPaper("identity", "身份证"), NeededPaper("gig", "接单截图", required=False),
    )  # fmt: skip
    assert [one.key for one in papers.needed(flow, {"job": "unit"})] == ["identity"]
    assert [one.key for one in papers.needed(flow, {})] == ["identity", "none"]


KEY = "festival_care:2026:0"
SHUT = {"festival_care": SeasonView(open=False, opens=date(2026, 12, 3), key=KEY)}
RUNNING = {"festival_care": SeasonView(open=True, opens=date(2026, 12, 3), key=KEY)}


def test_outside_the_season_it_says_when_it_opens_and_offers_the_list() -> None:
    step = press("flow:festival_care", facts(seasons=SHUT))
    assert "12月3日开始" in text_of(step)
    assert "以当期通知为准" in text_of(step)
    assert step.state.frame is None
    assert payloads(step) == {
        "开始前提醒我": "season:festival_care:remind", "先登记": "season:festival_care:early", "找工会的人": "go:human",
    }  # fmt: skip
    listed = press("season:festival_care:remind", facts(seasons=SHUT))
    assert listed.effects == (RemindSeason(KEY, date(2026, 12, 3)),)
    assert payloads(listed) == {"不再提醒": "remind:off"}


def test_registering_early_begins_with_words_of_its_own() -> None:
    step = press("season:festival_care:early", facts(seasons=SHUT))
    assert step.state.frame is not None
    assert "12月3日开始的这一回" in text_of(step)
    assert "过节了" not in text_of(step)


def test_a_service_that_does_not_register_early_says_so_again() -> None:
    shut = {"tuition_aid": SeasonView(open=False, opens=date(2027, 7, 1), key="tuition_aid:2027:0")}
    step = press("flow:tuition_aid", facts(seasons=shut))
    assert "先登记" not in payloads(step)
    assert "2027年7月1日" in text_of(step)
    assert press("season:tuition_aid:early", facts(seasons=shut)).state.frame is None


@pytest.mark.parametrize(
    "payload", ["flow:festival_care", "season:festival_care:remind", "season:festival_care:early"]
)
def test_inside_the_season_every_button_begins(payload: str) -> None:
    step = press(payload, facts(seasons=RUNNING))
    assert step.state.frame is not None
    assert "过节了" in text_of(step)


def test_what_is_still_to_be_brought_stands_in_the_confirmation() -> None:
    begun = press("flow:join_union", facts())
    state = begun.state
    for _ in range(12):
        frame = state.frame
        if frame is None or frame.asked == "review":
            break
        step = ENGINE.flows["join_union"].slots.get(frame.asked or "")
        if step is not None and step.type == "choice":
            state = press(f"s:{frame.run}:{step.slot}:0", facts(), state).state
        elif step is not None and step.type == "region":
            state = say("官渡区", facts(), state).state
        elif step is not None and step.optional:
            state = press(f"do:{frame.run}:skip.{step.slot}", facts(), state).state
        elif step is not None:
            state = say("恒泰公司" if step.type == "employer" else "两个", facts(), state).state
        else:
            state = press(
                f"do:{frame.run}:no:{(frame.asked or '').removeprefix('consent:')}", facts(), state
            ).state
    assert state.frame is not None
    done = press(f"do:{state.frame.run}:submit", facts(), state)
    opened = next(effect for effect in done.effects if isinstance(effect, OpenTicket))
    assert opened.papers
    for paper in opened.papers:
        assert f"· {paper.label}" in text_of(done)
    assert payloads(done)["看材料、交材料"] == "my:papers"
