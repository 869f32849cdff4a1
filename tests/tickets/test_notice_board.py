"""Notices of a unit: who may write and publish them, who reads them, and telling those who asked to be told."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from storage.models import AuditEntry, Conversation
from storage.service_models import Notice, NoticeSubscription, Reminder
from tests.tickets.conftest import GUANDU, KUNMING, WUHUA
from tickets import notice_subscriptions as subscriptions
from tickets import notices_board as board
from tickets.errors import (
    EmptyText,
    NotAllowed,
    NoticeIsPublished,
    NoticeNamesPeople,
    NoticeNotPublished,
    NoticeTooLong,
    Outdated,
)
from tickets.notice_subscriptions import tell_of_new_notices
from tickets.sla import SHANGHAI

TEN = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)


async def published(house, who: str = "li", title: str = "会费收支公布", now: datetime = TEN) -> Notice:
    account = house.accounts[who]
    draft = await house.do(board.create, account, title, "上半年收支都在这里。", now)
    return await house.do(board.publish, account, draft.id, draft.version, now)


@pytest.fixture
async def worker(house) -> int:
    """Somebody who follows Guandu since yesterday."""
    number: int = await house.conversation()
    await house.do(subscriptions.follow, number, await house.unit(GUANDU), TEN - timedelta(days=1))
    return number


async def tell(house, now: datetime) -> int:
    return len((await house.do(tell_of_new_notices, now))[1])


async def said(house, number: int) -> list[str]:
    return [row.text for row in await house.messages(number)]


# --- writing and publishing -----------------------------------------------------------------------------------


async def test_a_cadre_drafts_and_the_leader_publishes(house):
    draft = await house.do(board.create, house.accounts["zhang"], " 会费 收支 ", " 上半年。\n", TEN)
    assert (draft.status, draft.title, draft.text, draft.version) == ("draft", "会费 收支", "上半年。", 1)
    with pytest.raises(NotAllowed):
        await house.do(board.publish, house.accounts["zhang"], draft.id, 1, TEN)
    shown = await house.do(board.publish, house.accounts["li"], draft.id, 1, TEN)
    assert (shown.status, shown.published_at, shown.version) == ("published", TEN, 2)
    async with house.database.read() as session:
        rows = (
            await session.scalars(select(AuditEntry).where(AuditEntry.subject == f"notice:{draft.id}"))
        ).all()
    assert [(row.tag, row.account_id) for row in rows] == [
        ("console:notice:draft", house.accounts["zhang"].id),
        ("console:notice:publish", house.accounts["li"].id),
    ]


async def test_an_old_page_changes_nothing(house):
    li = house.accounts["li"]
    draft = await house.do(board.create, li, "标题", "正文", TEN)
    await house.do(board.edit, li, draft.id, 1, "新标题", "正文", TEN)
    for work in (
        house.do(board.edit, li, draft.id, 1, "别的", "正文", TEN),
        house.do(board.publish, li, draft.id, 1, TEN),
        house.do(board.withdraw, li, draft.id, 1, TEN),
    ):
        with pytest.raises(Outdated):
            await work
    assert (await house.do(board.access_notice, li, draft.id)).title == "新标题"


async def test_what_is_published_is_withdrawn_before_it_is_changed(house):
    li, notice = house.accounts["li"], await published(house)
    with pytest.raises(NoticeIsPublished):
        await house.do(board.edit, li, notice.id, 2, "改", "改", TEN)
    with pytest.raises(NoticeIsPublished):
        await house.do(board.publish, li, notice.id, 2, TEN)
    away = await house.do(board.withdraw, li, notice.id, 2, TEN)
    assert away.status == "withdrawn"
    with pytest.raises(NoticeNotPublished):
        await house.do(board.withdraw, li, notice.id, 3, TEN)
    again = await house.do(board.edit, house.accounts["zhang"], notice.id, 3, "改", "改", TEN)
    assert (again.status, again.version) == ("draft", 4)


async def test_the_tree_decides_who_sees_and_the_unit_who_speaks(house):
    draft = await house.do(board.create, house.accounts["zhang"], "标题", "正文", TEN)
    for name, seen in (("zhang", 1), ("city", 1), ("admin", 1), ("yang", 0)):
        page = await house.do(board.load_page, house.accounts[name], board.Filters(), 1)
        assert page.total == seen, name
    for name in ("city", "admin", "yang"):  # above, at the top, beside
        with pytest.raises(NotAllowed):
            await house.do(board.publish, house.accounts[name], draft.id, 1, TEN)
        with pytest.raises(NotAllowed):
            await house.do(board.edit, house.accounts[name], draft.id, 1, "x", "y", TEN)
    await house.do(board.publish, house.accounts["li"], draft.id, 1, TEN)
    with pytest.raises(NotAllowed):
        await house.do(board.withdraw, house.accounts["zhang"], draft.id, 2, TEN)
    away = await house.do(
        board.withdraw, house.accounts["city"], draft.id, 2, TEN
    )  # what is wrong goes at once
    assert away.status == "withdrawn"


@pytest.mark.parametrize(
    ("title", "text", "refused"),
    [
        ("", "正文", EmptyText),
        ("标题", " \n", EmptyText),
        ("题" * 60, "文" * 3000, None),
        ("题" * 61, "正文", NoticeTooLong),
        ("标题", "文" * 3001, NoticeTooLong),
        ("标题", "王五，530102199003078515", NoticeNamesPeople),
        ("标题", "咨询电话0871-63123456，13887123456", None),
    ],
)
async def test_what_a_notice_may_hold(house, title, text, refused):
    if refused is None:
        await house.do(board.create, house.accounts["zhang"], title, text, TEN)
        return
    with pytest.raises(refused):
        await house.do(board.create, house.accounts["zhang"], title, text, TEN)


# --- reading --------------------------------------------------------------------------------------------------


async def test_workers_read_the_unit_and_those_above_newest_first(house):
    await house.person("wuhua", "leader", WUHUA)
    await published(house, title="区里的", now=TEN)
    await published(house, "city", title="市里的", now=TEN + MINUTE)
    await published(house, "wuhua", title="别处的", now=TEN + 2 * MINUTE)
    gone = await published(house, title="撤了的", now=TEN + 3 * MINUTE)
    await house.do(board.withdraw, house.accounts["li"], gone.id, gone.version, TEN)
    await house.do(board.create, house.accounts["li"], "草稿", "正文", TEN)
    rows = await house.do(board.newest, await house.unit(GUANDU), count=9)
    assert [(notice.title, unit) for notice, unit in rows] == [
        ("市里的", "昆明市总工会"),
        ("区里的", "昆明市官渡区总工会"),
    ]
    rows = await house.do(board.newest, await house.unit(GUANDU), count=1, skip=1)
    assert [notice.title for notice, _ in rows] == ["区里的"]
    assert await house.do(board.published, gone.id) is None


# --- telling --------------------------------------------------------------------------------------------------


async def test_a_new_notice_is_told_once_with_a_tap_to_stop(house, worker):
    notice = await published(house)
    assert await tell(house, TEN + MINUTE) == 1
    assert await tell(house, TEN + timedelta(days=2)) == 0
    message = (await house.messages(worker))[0]
    for part in ("会费收支公布", "昆明市官渡区总工会", "2026年11月24日"):
        assert part in message.text
    buttons = {button["label"]: button["payload"] for button in message.body["buttons"]}
    assert buttons == {"看通知": f"board:read.{notice.id}", "不用再发通知": "board:stop"}
    row = (await house.outbox())[-1]
    assert (row.message_id, row.body["text"]) == (message.id, message.text)
    assert (await house.do(board.access_notice, house.accounts["li"], notice.id)).pushed


async def test_a_publication_is_looked_at_once_it_is_settled(house, worker):
    await published(house)
    assert await tell(house, TEN + timedelta(seconds=59)) == 0
    assert await tell(house, TEN + MINUTE) == 1


async def test_what_was_there_before_is_not_news(house):
    await published(house, now=TEN - timedelta(seconds=1))
    number = await house.conversation()
    await house.do(subscriptions.follow, number, await house.unit(GUANDU), TEN)
    assert not await house.do(subscriptions.follow, number, await house.unit(GUANDU), TEN)
    assert await tell(house, TEN + timedelta(hours=1)) == 0


async def test_the_units_above_are_followed_too_and_those_beside_are_not(house, worker):
    await house.person("wuhua", "leader", WUHUA)
    await published(house, "wuhua", title="别处的")
    assert await tell(house, TEN + MINUTE) == 0
    await published(house, "city", title="市里的")
    assert await tell(house, TEN + MINUTE) == 1
    assert "市里的" in (await said(house, worker))[0]
    assert "别处的" not in (await said(house, worker))[0]


async def test_one_message_a_day_folds_what_came_meanwhile(house, worker):
    await published(house, title="第一条")
    assert await tell(house, TEN + MINUTE) == 1
    for number in range(7):
        await published(house, title=f"后来{number}", now=TEN + timedelta(hours=1, minutes=number))
    told = TEN + MINUTE
    after = (timedelta(hours=2), timedelta(hours=10), timedelta(hours=24) - MINUTE, timedelta(hours=24))
    assert [await tell(house, told + span) for span in after] == [0, 0, 0, 1]
    text = (await said(house, worker))[1]
    assert "1. 后来6" in text
    assert "5. 后来2" in text
    assert "后来1" not in text
    assert "还有2条" in text
    assert "第一条" not in text
    assert await tell(house, told + timedelta(days=3)) == 0


@pytest.mark.parametrize(("hour", "told"), [(0, 0), (7, 0), (8, 1), (20, 1), (21, 0), (23, 0)])
async def test_never_at_night(house, worker, hour, told):
    await published(house)
    now = TEN.replace(hour=hour, minute=59 if hour in {7, 20} else 0) + timedelta(days=1)
    assert await tell(house, now) == told


async def test_what_was_put_off_at_night_is_told_in_the_morning(house, worker):
    night = TEN.replace(hour=21)
    await published(house, now=night)
    assert await tell(house, night + MINUTE) == 0
    assert await tell(house, TEN.replace(hour=8) + timedelta(days=1)) == 1


async def test_one_tap_stops_it_and_coming_back_begins_anew(house, worker):
    await house.do(subscriptions.stop, worker)
    await published(house, title="没订的时候")
    assert await tell(house, TEN + MINUTE) == 0
    back = TEN + timedelta(hours=1)
    await house.do(subscriptions.follow, worker, await house.unit(GUANDU), back)
    assert await tell(house, back + MINUTE) == 0
    await published(house, title="回来以后", now=back + MINUTE)
    assert await tell(house, back + 2 * MINUTE) == 1
    assert "没订的时候" not in (await said(house, worker))[0]
    await house.do(subscriptions.stop, await house.conversation())  # nothing to stop


async def test_a_notice_published_again_is_not_told_again(house, worker):
    notice = await published(house)
    assert await tell(house, TEN + MINUTE) == 1
    await house.do(board.withdraw, house.accounts["li"], notice.id, 2, TEN)
    await house.do(board.publish, house.accounts["li"], notice.id, 3, TEN + timedelta(days=1))
    assert await tell(house, TEN + timedelta(days=2)) == 0
    await published(house, title="另一条", now=TEN + timedelta(days=2))
    assert await tell(house, TEN + timedelta(days=2, minutes=1)) == 1
    assert "会费收支公布" not in (await said(house, worker))[1]


async def test_what_was_withdrawn_before_it_was_told_is_not_told(house, worker):
    notice = await published(house)
    await house.do(board.withdraw, house.accounts["li"], notice.id, 2, TEN)
    assert await tell(house, TEN + MINUTE) == 0


async def test_following_two_units_tells_of_a_common_one_once(house, worker):
    await house.do(subscriptions.follow, worker, await house.unit(WUHUA), TEN - timedelta(hours=1))
    await published(house, "city", title="市里的")
    assert await tell(house, TEN + MINUTE) == 1
    assert (await said(house, worker))[0].count("市里的") == 1


async def test_nobody_is_interrupted_while_a_cadre_is_talking(house, worker):
    ticket = await house.ticket(conversation_id=worker)
    async with house.database.write() as session:
        (await session.get_one(Conversation, worker)).human_ticket_id = ticket.id
    await published(house)
    assert await tell(house, TEN + MINUTE) == 0
    async with house.database.write() as session:
        (await session.get_one(Conversation, worker)).human_ticket_id = None
    assert await tell(house, TEN + timedelta(hours=1)) == 1


async def test_two_processes_tell_once(house, worker):
    await published(house)
    assert sum(await asyncio.gather(tell(house, TEN + MINUTE), tell(house, TEN + MINUTE))) == 1
    assert len(await said(house, worker)) == 1


async def test_a_crash_before_the_commit_tells_later_and_once(house, worker):
    await published(house)

    async def crash(session) -> None:
        await tell_of_new_notices(session, TEN + MINUTE)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await house.do(crash)
    assert await said(house, worker) == []
    assert await tell(house, TEN + MINUTE) == 1
    assert await tell(house, TEN + MINUTE) == 0


async def test_a_web_chat_reads_by_itself(house):
    number = await house.conversation("webchat")
    await house.do(subscriptions.follow, number, await house.unit(KUNMING), TEN - MINUTE)
    before = len(await house.outbox())
    await published(house, "city")
    assert await tell(house, TEN + MINUTE) == 1
    assert len(await house.outbox()) == before


async def test_more_people_than_a_batch_are_all_told(house, worker, monkeypatch):
    monkeypatch.setattr(subscriptions, "BATCH", 2)
    for _ in range(3):
        number = await house.conversation()
        await house.do(subscriptions.follow, number, await house.unit(GUANDU), TEN - MINUTE)
    await published(house)
    assert [await tell(house, TEN + MINUTE) for _ in range(3)] == [2, 2, 0]


async def test_rows_go_with_the_conversation(house, worker):
    from tickets.erasure import remove_rows

    await house.do(remove_rows, [worker])
    async with house.database.read() as session:
        assert (await session.scalars(select(NoticeSubscription))).all() == []
        assert (await session.scalars(select(Reminder))).all() == []
