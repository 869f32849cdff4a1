"""会务公开 and 会员评家 in the conversation, through the real turn."""

from datetime import timedelta
from typing import Any

import pytest

from bot import jobs
from bot.app import Application
from storage.models import Account, AuditEntry, Conversation, Message, Miss, Organization, Ticket
from storage.service_models import NoticeSubscription, UnionRating
from tests.bot.turn_kit import DANGER, cadre_says, count, inbound, rows, with_ticket
from tests.playing import Clock, Player
from tickets import notices_board as board
from tickets.access import UNSEEN

GUANDU, KUNMING = "530111", "530100"


@pytest.fixture
async def leader(application: Application, clock: Clock) -> Account:
    """Who publishes for Guandu."""
    unit = (await rows(application, Organization, Organization.code == GUANDU))[0]
    async with application.database.write() as session:
        account = Account(
            username="guandu.leader", display_name="李主席", password_hash="x", role="leader", organization_id=unit.id,
            active=True, created_at=clock(),
        )  # fmt: skip
        session.add(account)
    async with application.database.read() as session:
        return await session.get_one(Account, account.id)


async def publish(
    application: Application, leader: Account, *titles: str, text: str = "上半年的账。"
) -> None:
    clock: Any = application.clock
    for title in titles:
        clock.forward(0.01)
        async with application.database.write() as session:
            notice = await board.create(session, leader, title, text, clock())
            await board.publish(session, leader, notice.id, 1, clock())


async def at_the_board(person: Player) -> None:
    await person.say("会务公开")
    await person.say("官渡区")


# --- notices --------------------------------------------------------------------------------------------------


async def test_the_newest_three_of_the_place_and_the_way_to_more(
    application: Application, person: Player, leader: Account
):
    await publish(application, leader, *(f"通知{number}" for number in range(1, 6)))
    await person.say("会务公开")
    assert "哪个县区" in person.text
    await person.say("官渡区")
    for part in ("昆明市官渡区总工会", "1. 通知5", "3. 通知3", "上半年的账。"):
        assert part in person.text
    assert "通知2" not in person.text
    labels = [button.label for button in person.all_buttons]
    assert labels == ["看第1条", "看第2条", "看第3条", "更多", "有新的告诉我"]
    await person.press("更多")
    assert "1. 通知2" in person.text
    assert "更多" not in [button.label for button in person.all_buttons]
    await person.say("看通知")  # the place is known by now
    assert "1. 通知5" in person.text
    assert all(len(button.payload.encode()) <= 64 for button in person.all_buttons)


async def test_one_notice_in_full_by_button_or_by_place(
    application: Application, person: Player, leader: Account
):
    long = "收入明细。" * 40
    await publish(application, leader, "第一件", "第二件", text=long)
    await at_the_board(person)
    assert long not in person.text
    await person.press("看第1条")
    assert "【第二件】" in person.text
    assert long in person.text
    await person.say("看工会通知")
    await person.say("第二个")
    assert "【第一件】" in person.text


async def test_a_withdrawn_notice_is_not_read_by_an_old_button(
    application: Application, person: Player, leader: Account, clock: Clock
):
    await publish(application, leader, "撤回的")
    await at_the_board(person)
    async with application.database.write() as session:
        await board.withdraw(session, leader, 1, 2, clock())
    await person.press("看第1条")
    assert "撤下来了" in person.text
    assert "上半年的账" not in person.text


async def test_where_there_is_none_it_is_said(person: Player, application: Application):
    await at_the_board(person)
    assert "还没有在这里发过通知" in person.text
    assert "有新的告诉我" in [button.label for button in person.all_buttons]


async def test_another_question_instead_of_the_place_is_answered(person: Player, application: Application):
    await person.say("会务公开")
    await person.say("老板不发加班费怎么办")
    assert "县区" not in person.text.split("\n")[0]
    assert (await person.state()).awaiting is None


async def test_the_menu_and_the_service_lead_there(application: Application, person: Player, leader: Account):
    await publish(application, leader, "会费收支")
    person.buttons["入会建会"] = "group:union"
    await person.press("入会建会")
    assert "看工会通知" in [button.label for button in person.all_buttons]
    await person.press("看工会通知")
    assert "哪个县区" in person.text


async def test_who_asks_the_union_is_shown_the_notices_before_sending(
    application: Application, person: Player, leader: Account
):
    await publish(application, leader, "会费收支")
    await person.press("请上级工会问一问")
    await person.press("账目公不公开")
    for words in ("官渡区", "跳过", "去年的账一直没贴出来"):
        await person.say(words)
    await person.press("不同意")
    assert "1. 会费收支" in person.text
    assert "提交" in person.last.replies[-1].buttons[0].label
    await person.press("修改")
    await person.press("不改了")
    assert "会费收支" not in person.text  # once is enough
    await person.press("提交")
    assert (await person.ticket()).category == "union_affairs"


async def test_new_ones_are_told_until_one_tap_stops_them(
    application: Application, clock: Clock, person: Player, leader: Account
):
    await at_the_board(person)
    await person.press("有新的告诉我")
    assert "一天最多一条" in person.text
    assert [row.organization_id for row in await rows(application, NoticeSubscription)] == [
        leader.organization_id
    ]
    clock.forward(0.1)
    assert await jobs.tell_of_notices(application) == 0
    await publish(application, leader, "新通知")
    clock.forward(0.1)
    assert await jobs.tell_of_notices(application) == 1
    assert await jobs.tell_of_notices(application) == 0
    told = (await rows(application, Message, Message.author == "system"))[-1]
    assert "新通知" in told.text
    person.buttons |= {button["label"]: button["payload"] for button in told.body["buttons"]}
    await person.press("看通知")
    assert "【新通知】" in person.text
    await person.press("不用再发通知")
    assert "不再发给您" in person.text
    assert await count(application, NoticeSubscription) == [0]
    await publish(application, leader, "再一条")
    clock.forward(48)
    assert await jobs.tell_of_notices(application) == 0


async def test_a_new_process_over_the_same_database_goes_on(
    application: Application, clock: Clock, person: Player, leader: Account, another: Any
):
    await at_the_board(person)
    await person.press("有新的告诉我")
    await publish(application, leader, "新通知")
    clock.forward(0.1)
    restarted = await another()
    assert await jobs.tell_of_notices(restarted) == 1
    assert await jobs.tell_of_notices(application) == 0


@pytest.mark.parametrize("words", ["不用再发通知", "别给我发通知了", "不要再推送公告了。"])
async def test_words_stop_it_too_even_while_a_form_is_open(
    application: Application, person: Player, leader: Account, words: str
):
    await at_the_board(person)
    await person.press("有新的告诉我")
    await person.press("登记找工作")
    await person.say(words)
    assert "不再发给您" in person.text
    assert await count(application, NoticeSubscription) == [0]


async def test_one_tap_stops_it_also_while_a_cadre_is_talking(application: Application, person: Player):
    await at_the_board(person)
    await person.press("有新的告诉我")
    ticket = await with_ticket(person)
    await cadre_says(application, ticket, "您好")
    person.buttons["停"] = "board:stop"
    await person.press("停")
    assert "不再发给您" in person.text


@pytest.mark.parametrize(
    "action", ["show", "more.3", "more.x", "more.9999999999", "read.1", "read.x", "follow", "stop", "?"]
)
async def test_buttons_without_anything_behind_have_their_answer(person: Player, action: str):
    person.buttons["x"] = f"board:{action}"
    await person.press("x")
    assert person.text
    assert "线路有点忙" not in person.text


async def test_following_without_a_place_asks_for_it(application: Application, person: Player):
    person.buttons["x"] = "board:follow"
    await person.press("x")
    assert "哪个县区" in person.text
    assert await count(application, NoticeSubscription) == [0]


# --- rating one's union ---------------------------------------------------------------------------------------


async def rate(
    person: Player, *marks: str, comment: str = "账从来没贴过", employer: str = "就评县区的工会"
) -> None:
    await person.press("给工会打分")
    if "哪个县区" in person.text:
        await person.say("官渡区")
    await person.press(employer)
    for mark in marks or ("4", "3", "5", "2"):
        await person.say(mark)
    await person.say(comment)
    await person.press("提交")


async def test_marks_are_kept_and_no_ticket_is_opened(application: Application, person: Player):
    await rate(person, comment="账没贴，打13887123456问我")
    for part in ("谢谢", "昆明市官渡区总工会", "不记名"):
        assert part in person.text
    for part in ("编号", "打过分了", "{"):
        assert part not in person.text
    assert person.last.ticket is None
    assert await count(application, Ticket, UnionRating) == [0, 1]
    (row,) = await rows(application, UnionRating)
    assert row.marks == {"service": 4, "rights": 3, "activity": 5, "openness": 2}
    assert row.comment.startswith("账没贴")
    assert "13887123456" not in row.comment
    assert [
        entry.account_id
        for entry in await rows(application, AuditEntry, AuditEntry.tag == "worker:union:rate")
    ] == [None]


async def test_a_second_time_in_the_year_replaces_and_says_so(
    application: Application, person: Player, clock: Clock
):
    await rate(person)
    clock.forward(24 * 37)  # 31 December
    await rate(person, "1", "1", "1", "1")
    assert "打过分了" in person.text
    assert [row.marks["service"] for row in await rows(application, UnionRating)] == [1]
    clock.forward(24)
    await rate(person, "5", "5", "5", "5")
    assert "打过分了" not in person.text
    assert sorted((row.year, row.marks["service"]) for row in await rows(application, UnionRating)) == [
        (2026, 1),
        (2027, 5),
    ]


async def test_the_same_message_twice_rates_once(application: Application, person: Player):
    await rate(person)
    payload = person.buttons["提交"]
    again = inbound(person, "again", kind="button", payload=payload)
    first = await application.turns.handle(again)
    second = await application.turns.handle(again)
    assert first.replies == second.replies
    assert await count(application, UnionRating) == [1]


async def test_of_the_words_nothing_stays_in_the_conversation(application: Application, person: Player):
    await rate(person)
    said = await rows(application, Message)
    everything = str([(row.text, row.body) for row in said])
    for part in ("账从来没贴过", "4分", "服务:"):
        assert part not in everything
    assert all(row.kind == UNSEEN for row in said)
    conversation = (await rows(application, Conversation))[0]
    assert "账从来没贴过" not in str(conversation.state)
    assert "mark_" not in str(conversation.state)


async def test_a_rating_that_is_put_aside_is_not_for_cadres_either(application: Application, person: Player):
    ticket = await with_ticket(person)
    before = len(await rows(application, Message, Message.kind == UNSEEN))
    assert before == 0
    await person.press("给工会打分")
    await person.press("就评县区的工会")
    await person.say("1")
    await person.say("改天再说")
    assert "先放着" in person.text
    await person.say("你好")  # greeted with what is put aside
    await person.say("加班费怎么算")
    visible = await rows(
        application, Message, Message.kind != UNSEEN, Message.id > (ticket.opened_by_message_id or 0)
    )
    assert "很不好" not in str([(row.text, row.body) for row in visible])
    assert any("加班费怎么算" in row.text for row in visible)
    assert await count(application, UnionRating) == [0]


async def test_a_person_who_is_called_for_midway_does_not_get_the_marks(
    application: Application, person: Player
):
    await person.press("给工会打分")
    await person.say("官渡区")
    await person.press("就评县区的工会")
    await person.say("1")
    await person.say("转人工")
    ticket = await person.ticket()
    assert ticket.facts == {"region": "云南省昆明市官渡区"}
    visible = await rows(application, Message, Message.kind != UNSEEN)
    assert "转人工" in [row.text for row in visible]


async def test_danger_told_while_rating_reaches_people(application: Application, person: Player):
    await person.press("给工会打分")
    await person.say("官渡区")
    await person.press("就评县区的工会")
    await person.say(DANGER)
    assert (await person.ticket()).category == "emergency"
    visible = await rows(application, Message, Message.kind != UNSEEN)
    assert DANGER in [row.text for row in visible]


async def test_misses_of_a_rating_name_no_message(application: Application, person: Player):
    await rate(person)
    assert await rows(application, Miss) == []


async def test_a_new_conversation_after_a_long_silence_is_the_same_person(
    application: Application, person: Player, clock: Clock
):
    from bot.retention import forget_old_conversations

    clock.now -= timedelta(days=200)
    await rate(person)
    async with application.database.write() as session:
        await forget_old_conversations(session, clock() + timedelta(days=91), 90)
    assert await count(application, Conversation, UnionRating) == [0, 1]
    clock.forward(24 * 92)
    await rate(person, "1", "1", "1", "1")
    assert "打过分了" in person.text
    assert await count(application, UnionRating) == [1]
