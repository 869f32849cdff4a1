"""Calculators through the real turn, on both databases."""

from bot.app import Application
from knowledge.calculators.figures import load_figures
from knowledge.calculators.registry import CALCULATORS
from storage.models import Conversation, Ticket
from tests.bot.turn_kit import inbound, rows
from tests.playing import Player


async def test_from_the_menu_to_the_sum_and_a_correction(person: Player, application: Application) -> None:
    await person.say("算一算")
    await person.press("工资和加班")
    await person.press("算一算加班费")
    await person.press("按月")
    await person.say("五千二百二")
    await person.say("10个小时")
    await person.say("一天")
    await person.say("没有")
    await person.press("就一个月")
    await person.press("一分没给")
    raw = {"paid_by": "month", "monthly_wage": 5220, "weekday_hours": 10, "rest_day_hours": 8}
    today = person.clock.now.date()
    for wage in (5220, 6525):
        shown = CALCULATORS["overtime_pay"].run({**raw, "monthly_wage": wage}, load_figures(), today)
        for part in (shown.headline, *shown.steps, shown.basis, "仅供参考"):
            assert part in person.text
        await person.say("工资错了，是6525")
    state = await person.state()
    assert state.frame is None
    assert state.calculated is not None
    assert await rows(application, Ticket) == []


async def test_in_the_middle_of_a_form_and_back_to_it(person: Player, application: Application) -> None:
    await person.press("请工会帮我要工资")
    await person.say("官渡区")
    await person.say("算一下失业金")
    assert "云南省昆明市官渡区" in person.text
    await person.say("六年")
    await person.press("被辞退、合同到期不续、单位倒闭或单位提出协商离开")
    await person.say("交了")
    assert "失业金" in person.text
    assert "仅供参考" in person.text
    await person.press("接着办【欠薪维权】")
    state = await person.state()
    assert state.frame is not None
    assert state.frame.flow == "wage_arrears"
    assert state.frame.values["region"] == "云南省昆明市官渡区"
    conversation = (await rows(application, Conversation))[0]
    assert set(conversation.profile or {}) <= {"region"}


async def test_the_same_message_again_gets_the_same_result(person: Player, application: Application) -> None:
    await person.say("帮我算一下几岁退休")
    await person.press("男职工")
    await person.say("1968年5月")
    message = inbound(person, "last-answer", "18年")
    first = await application.turns.handle(message)
    again = await application.turns.handle(message)
    assert first.replies[0].text == again.replies[0].text
    assert "退休" in first.replies[0].text
    assert again.repeated
