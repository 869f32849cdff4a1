"""Telling of new postings: once each, at most once a day, never at night, also after a restart."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from storage.service_models import JobSearch
from tests.tickets.job_kit import posting, publish
from tickets.jobs import searches
from tickets.jobs.matching import Wish
from tickets.jobs.searches import follow, is_night, keep_search, tell_of_new_postings
from tickets.sla import SHANGHAI

WISH = Wish("security", "云南省昆明市官渡区", 3000)
TEN = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)


@pytest.fixture
async def worker(house) -> int:
    """Somebody who asked to be told."""
    number: int = await house.conversation()
    await house.do(keep_search, number, WISH, TEN)
    assert await house.do(follow, number, True, TEN)
    return number


async def tell(house, now: datetime) -> int:
    return len((await house.do(tell_of_new_postings, now))[1])


async def new(house, *references: str, **values) -> None:
    await publish(
        house.database, house.accounts["zhang"], TEN, *(posting(one, **values) for one in references)
    )


async def said(house, number: int) -> list[str]:
    return [row.text for row in await house.messages(number)]


async def test_a_new_posting_is_told_once_with_a_tap_to_stop(house, worker):
    await new(house, "A1")
    assert await tell(house, TEN) == 1
    assert await tell(house, TEN + timedelta(days=2)) == 0
    message = (await house.messages(worker))[0]
    for part in ("小区保安", "云南省昆明市官渡区", "4,000元/月", "0871-12345678", "不收钱"):
        assert part in message.text
    labels = {button["label"]: button["payload"] for button in message.body["buttons"]}
    assert labels["不用再告诉我"] == "job:stop"
    row = (await house.outbox())[-1]
    assert (row.message_id, row.body["text"]) == (message.id, message.text)


async def test_what_was_there_before_is_not_news(house):
    await new(house, "A1")
    number = await house.conversation()
    await house.do(keep_search, number, WISH, TEN)
    await house.do(follow, number, True, TEN)
    assert await tell(house, TEN) == 0
    await new(house, "A1", title="改了名字")  # an update is no new posting either
    assert await tell(house, TEN) == 0


async def test_one_message_a_day_holds_what_came_meanwhile(house, worker):
    await new(house, "A1")
    assert await tell(house, TEN) == 1
    await new(house, "A2", title="夜班保安")
    assert [await tell(house, TEN + timedelta(hours=hours)) for hours in (1, 8, 10.9, 23)] == [0] * 4
    await new(house, "A3", title="门卫")
    assert await tell(house, TEN + timedelta(hours=24)) == 1
    texts = await said(house, worker)
    assert "夜班保安" in texts[1]
    assert "门卫" in texts[1]
    assert "小区保安" not in texts[1]


async def test_many_are_three_and_a_number(house, worker):
    await new(house, *(f"A{number}" for number in range(8)))
    await tell(house, TEN)
    text = (await said(house, worker))[0]
    assert "3. 小区保安" in text
    assert "4. " not in text
    assert "还有5个" in text


@pytest.mark.parametrize(("hour", "told"), [(0, 0), (7, 0), (8, 1), (20, 1), (21, 0), (23, 0)])
async def test_never_at_night(house, worker, hour, told):
    await new(house, "A1")
    now = TEN.replace(hour=hour, minute=59 if hour in {7, 20} else 0)
    assert is_night(now) == (not told)
    assert await tell(house, now + timedelta(days=1)) == told


@pytest.mark.parametrize(
    "values",
    [
        {"trade": "catering"},
        {"wage_from": 1500},
        {"region": "广东省深圳市"},
        {"region": "云南省曲靖市麒麟区"},
        {"ends_on": TEN.date() - timedelta(days=1)},
    ],
)
async def test_what_does_not_fit_or_is_far_is_not_told(house, worker, values):
    await new(house, "A1", **values)
    assert await tell(house, TEN) == 0


async def test_one_tap_stops_it_and_only_who_asked_is_told(house, worker):
    await house.do(follow, worker, False, TEN)
    quiet = await house.conversation()
    await house.do(keep_search, quiet, WISH, TEN)
    await new(house, "A1")
    assert await tell(house, TEN) == 0
    await house.do(follow, worker, True, TEN)
    await new(house, "A2", title="夜班保安")
    assert await tell(house, TEN) == 1
    assert "夜班保安" in (await said(house, worker))[0]
    assert await said(house, quiet) == []


async def test_without_a_search_there_is_nothing_to_follow(house):
    assert not await house.do(follow, await house.conversation(), True, TEN)


async def test_nobody_is_interrupted_while_a_cadre_is_talking(house, worker):
    ticket = await house.ticket(conversation_id=worker)
    async with house.database.write() as session:
        from storage.models import Conversation

        (await session.get_one(Conversation, worker)).human_ticket_id = ticket.id
    await new(house, "A1")
    assert await tell(house, TEN) == 0


async def test_two_processes_tell_once(house, worker):
    await new(house, "A1")
    assert sum(await asyncio.gather(tell(house, TEN), tell(house, TEN))) == 1
    assert len(await said(house, worker)) == 1


async def test_a_crash_before_the_commit_tells_later_and_once(house, worker):
    await new(house, "A1")

    async def crash(session) -> None:
        await tell_of_new_postings(session, TEN)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await house.do(crash)
    assert await said(house, worker) == []
    assert await tell(house, TEN) == 1
    assert await tell(house, TEN) == 0


async def test_a_web_chat_reads_by_itself(house):
    number = await house.conversation("webchat")
    await house.do(keep_search, number, WISH, TEN)
    await house.do(follow, number, True, TEN)
    await new(house, "A1")
    before = len(await house.outbox())
    assert await tell(house, TEN) == 1
    assert len(await house.outbox()) == before


async def test_a_changed_wish_replaces_the_old_one(house, worker):
    await house.do(keep_search, worker, Wish("any", "云南省昆明市", None, wants_lodging=True), TEN)
    async with house.database.read() as session:
        search = await searches.search_of(session, worker)
    assert isinstance(search, JobSearch)
    assert (search.trade, search.region, search.notify) == (None, "云南省昆明市", True)


async def test_one_who_wants_no_other_place_is_told_of_no_other(house, worker):
    await new(house, "A1", region="云南省昆明市五华区")
    await house.do(keep_search, worker, replace(WISH, circles=1), TEN)
    assert await tell(house, TEN) == 0
    await house.do(keep_search, worker, WISH, TEN)
    await new(house, "A2", region="云南省昆明市五华区")
    assert await tell(house, TEN) == 1
