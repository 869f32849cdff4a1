"""Postings in the conversation, through the real turn."""

from datetime import timedelta

import pytest

from bot import jobs
from bot.app import Application
from bot.retention import forget_old_conversations
from storage.models import Account, Conversation, Message, Ticket
from storage.service_models import JobSearch
from tests.bot.turn_kit import cadre_says, count, rows
from tests.playing import Clock, Player
from tests.tickets.job_kit import posting, publish


@pytest.fixture
async def offered(application: Application, clock: Clock) -> Account:
    """Five postings for security in Guandu, by a cadre; one farther away."""
    cadre = (await rows(application, Account, Account.role == "cadre"))[0]
    near = [
        posting(f"A{number}", title=f"保安{number}号岗", wage_from=5000 - number) for number in range(1, 6)
    ]
    far = posting("B1", title="曲靖的保安", region="云南省曲靖市麒麟区")
    await publish(application.database, cadre, clock(), *near, far)
    return cadre


async def to_the_end(person: Player) -> None:
    await person.press("登记找工作")
    for label in ("更多", "保安物业"):
        await person.press(label)
    await person.say("官渡区")
    await person.say("四千")
    await person.press("不用")
    await person.press("马上")
    await person.say("跳过")
    await person.press("不同意")


async def test_the_answers_lead_to_three_postings_and_the_review(person: Player, offered: Account):
    await to_the_end(person)
    first, review = person.last.replies[-2:]
    for part in (
        "1. 保安1号岗",
        "3. 保安3号岗",
        "云南省昆明市官渡区",
        "4,999元/月",
        "0871-12345678",
        "不收钱",
    ):
        assert part in first.text
    assert "4号岗" not in first.text
    assert [button.label for button in first.buttons] == ["更多", "都不合适", "有合适的就告诉我"]
    assert "提交" in [button.label for button in review.buttons]
    assert all(len(button.payload.encode()) <= 64 for button in person.all_buttons)


async def test_more_shows_the_next_and_then_says_that_these_were_all(person: Player, offered: Account):
    await to_the_end(person)
    await person.press("更多")
    assert "4. 保安4号岗" in person.text
    assert "6. 曲靖的保安" in person.text
    assert "1. " not in person.last.replies[0].text
    await person.say("更多")  # no such button is in sight any more
    person.buttons["更多"] = "job:more.6"
    await person.press("更多")
    assert "就是这些了" in person.text


async def test_the_union_still_helps(person: Player, offered: Account):
    await to_the_end(person)
    await person.press("都不合适")
    assert "不勉强" in person.text
    await person.press("提交")
    assert (await person.ticket()).category == "job_seek"
    await person.press("更多")  # an old button goes on working after the form is closed
    assert "4. 保安4号岗" in person.text


async def test_pointing_at_a_posting_submits_nothing(
    application: Application, person: Player, offered: Account
):
    await to_the_end(person)
    await person.say("第二个")
    assert "第2个可以直接" in person.text
    assert await count(application, Ticket) == [0]


async def test_a_changed_wish_shows_what_fits_now(person: Player, offered: Account):
    await to_the_end(person)
    await person.say("工资说错了，是九千")
    assert "还没有和您要的对得上" in person.text
    await person.say("工资说错了，是四千")
    assert "保安1号岗" not in person.last.replies[-1].text  # shown before: only the review again


async def test_one_who_insists_on_the_place_sees_no_other(
    application: Application, person: Player, offered: Account
):
    await to_the_end(person)
    await person.press("修改")
    await person.press("别处去不去")
    await person.press("只在这里")
    assert "曲靖" not in person.text
    await person.press("更多")
    assert "5. 保安5号岗" in person.text
    assert "曲靖" not in person.text
    row = (await rows(application, JobSearch))[0]
    assert (row.trade, row.region, row.monthly_wage, row.notify) == (
        "security",
        "云南省昆明市官渡区",
        4000,
        False,
    )


async def test_new_postings_are_told_until_one_tap_stops_them(
    application: Application, clock: Clock, person: Player, offered: Account
):
    await to_the_end(person)
    await person.press("有合适的就告诉我")
    assert "一天最多一次" in person.text
    assert await jobs.tell_of_jobs(application) == 0
    await publish(application.database, offered, clock(), posting("N1", title="新来的岗位"))
    assert await jobs.tell_of_jobs(application) == 1
    told = (await rows(application, Message, Message.author == "system"))[-1]
    assert "新来的岗位" in told.text
    person.buttons |= {button["label"]: button["payload"] for button in told.body["buttons"]}
    await person.press("不用再告诉我")
    assert "不再发给您" in person.text
    clock.forward(48)
    await publish(application.database, offered, clock(), posting("N2"))
    assert await jobs.tell_of_jobs(application) == 0


async def test_buttons_without_anything_kept_have_their_answer(person: Player):
    for payload in (
        "job:more.0",
        "job:follow",
        "job:stop",
        "job:none",
        "job:nth.1",
        "job:x",
        "job:more.99999999",
    ):
        person.buttons["x"] = payload
        await person.press("x")
        assert person.text
        assert "出了点问题" not in person.text


async def test_nothing_fitting_is_said_and_the_form_goes_on(person: Player):
    await to_the_end(person)
    assert "还没有和您要的对得上" in person.text
    await person.press("提交")
    assert person.last.ticket


async def test_an_old_conversation_is_forgotten_with_its_search(
    application: Application, clock: Clock, person: Player, offered: Account
):
    await to_the_end(person)
    await person.press("有合适的就告诉我")
    async with application.database.write() as session:
        await forget_old_conversations(session, clock() + timedelta(days=91), 90)
    assert await count(application, Conversation, JobSearch) == [0, 0]


@pytest.mark.parametrize("words", ["不用再告诉我", "别再发岗位信息了", "不要再给我推送招工了。"])
async def test_words_stop_it_too_even_while_a_form_is_open(
    application: Application, person: Player, offered: Account, words: str
):
    await to_the_end(person)
    await person.press("有合适的就告诉我")
    await person.say(words)
    assert "不再发给您" in person.text
    assert not (await rows(application, JobSearch))[0].notify


async def test_one_tap_stops_it_also_while_a_cadre_is_talking(
    application: Application, person: Player, offered: Account
):
    await to_the_end(person)
    await person.press("有合适的就告诉我")
    await person.press("提交")
    await cadre_says(application, await person.ticket(), "您好")
    person.buttons["停"] = "job:stop"
    await person.press("停")
    assert "不再发给您" in person.text
