"""The worker's side: adding, withdrawing, rating, reopening; old buttons pressed twice do no harm."""

from datetime import timedelta

import pytest

from storage.models import Account, Message
from tests.tickets.conftest import House
from tickets.errors import AlreadyClosed, NotAllowed, NotClosed, ReopenTooLate, WrongStars
from tickets.service import (
    add_from_worker,
    ask_material,
    brief,
    close,
    find_ticket,
    rate,
    reopen,
    reply,
    take_over,
    withdraw,
)
from tickets.sla import DEFAULT_POLICY


async def _closed(house: House) -> int:
    ticket = await house.ticket()
    await house.do(close, house.accounts["zhang"], ticket.id, "已解决", "solved", house.now)
    return ticket.id


async def test_added_words_belong_to_the_ticket_and_the_cadre_hears_once(house: House) -> None:
    ticket = await house.ticket()
    before = len(await house.outbox("chat-zhang"))
    ids = [await house.says(ticket.conversation_id, text) for text in ("老板跑了", "真的", "在昭通")]
    for message_id in ids:
        await house.do(add_from_worker, ticket.id, message_id, house.now)
    notices = (await house.outbox("chat-zhang"))[before:]
    assert len(notices) == 1
    assert "老板跑了" not in notices[0].body["text"]
    async with house.database.read() as session:
        assert {(await session.get_one(Message, one)).ticket_id for one in ids} == {ticket.id}
    assert (await house.events(ticket.id)).count("worker_added") == 3


async def test_after_the_cadre_answered_new_words_are_news_again(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    await house.do(add_from_worker, ticket.id, await house.says(ticket.conversation_id), house.now)
    await house.do(reply, zhang, ticket.id, "收到", [], house.now)
    before = len(await house.outbox("chat-zhang"))
    await house.do(add_from_worker, ticket.id, await house.says(ticket.conversation_id), house.now)
    assert len(await house.outbox("chat-zhang")) == before + 1


async def test_the_same_message_is_added_once(house: House) -> None:
    ticket = await house.ticket()
    message_id = await house.says(ticket.conversation_id)
    for _ in range(3):
        await house.do(add_from_worker, ticket.id, message_id, house.now)
    assert (await house.events(ticket.id)).count("worker_added") == 1


async def test_somebody_elses_message_cannot_be_added(house: House) -> None:
    ticket, other = await house.ticket(), await house.ticket()
    with pytest.raises(NotAllowed):
        await house.do(add_from_worker, ticket.id, await house.says(other.conversation_id), house.now)


async def test_material_wakes_a_waiting_ticket_and_the_wait_is_added_to_the_deadline(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    await house.do(ask_material, zhang, ticket.id, "工资条", house.now + timedelta(days=3), house.now)
    later = house.now + timedelta(days=1)  # one working day of 7 hours
    await house.do(add_from_worker, ticket.id, await house.says(ticket.conversation_id), later)
    after = await house.get(ticket.id)
    assert after.state == "working"
    assert after.close_due == DEFAULT_POLICY.calendar.add_working(ticket.close_due, 7)
    assert after.next_due == after.close_due


async def test_withdrawing_closes_and_twice_is_once(house: House) -> None:
    ticket = await house.ticket()
    await house.do(take_over, house.accounts["zhang"], ticket.id, house.now)
    for _ in range(2):
        await house.do(withdraw, ticket.id, house.now)
    after = await house.get(ticket.id)
    assert (after.state, after.open) == ("withdrawn", False)
    assert (await house.talk(ticket.conversation_id)).human_ticket_id is None
    assert (await house.events(ticket.id)).count("withdrawn") == 1
    assert not brief(after).can_reopen


async def test_a_closed_ticket_cannot_be_withdrawn_or_added_to(house: House) -> None:
    ticket_id = await _closed(house)
    with pytest.raises(AlreadyClosed):
        await house.do(withdraw, ticket_id, house.now)
    message_id = await house.says((await house.get(ticket_id)).conversation_id)
    with pytest.raises(AlreadyClosed):
        await house.do(add_from_worker, ticket_id, message_id, house.now)


async def test_a_rating_is_kept_and_can_be_changed(house: House) -> None:
    ticket_id = await _closed(house)
    for stars in (5, 5, 4):
        await house.do(rate, ticket_id, stars, house.now)
    assert (await house.get(ticket_id)).rating == 4
    assert (await house.events(ticket_id)).count("rated") == 2


async def test_a_poor_rating_reaches_the_leader(house: House) -> None:
    ticket_id = await _closed(house)
    await house.do(rate, ticket_id, 1, house.now)
    assert "不满意" in (await house.outbox("chat-li"))[-1].body["text"]


async def test_only_one_to_five_and_only_when_closed(house: House) -> None:
    ticket_id = await _closed(house)
    for stars in (0, 6, -1):
        with pytest.raises(WrongStars):
            await house.do(rate, ticket_id, stars, house.now)
    with pytest.raises(NotClosed):
        await house.do(rate, (await house.ticket()).id, 5, house.now)


async def test_reopening_starts_new_clocks_with_the_same_cadre(house: House) -> None:
    ticket_id = await _closed(house)
    await house.do(rate, ticket_id, 2, house.now)
    later = house.now + timedelta(days=2)
    await house.do(reopen, ticket_id, "钱没到账", later, DEFAULT_POLICY)
    after = await house.get(ticket_id)
    assert (after.state, after.open, after.result, after.rating, after.closed_at) == (
        "reopened",
        True,
        None,
        None,
        None,
    )
    assert after.next_due == after.first_response_due == DEFAULT_POLICY.first_response_due("normal", later)
    assert after.close_due > later
    assert after.assignee_id == house.accounts["zhang"].id
    assert "重新办理" in (await house.outbox("chat-zhang"))[-1].body["text"]


async def test_reopening_goes_to_somebody_who_is_there(house: House) -> None:
    ticket_id = await _closed(house)
    async with house.database.write() as session:
        (await session.get_one(Account, house.accounts["zhang"].id)).active = False
    await house.do(reopen, ticket_id, None, house.now, DEFAULT_POLICY)
    assert (await house.get(ticket_id)).assignee_id == house.accounts["li"].id


async def test_reopening_an_open_ticket_changes_nothing(house: House) -> None:
    ticket_id = await _closed(house)
    for _ in range(2):
        await house.do(reopen, ticket_id, None, house.now, DEFAULT_POLICY)
    assert (await house.events(ticket_id)).count("reopened") == 1


async def test_after_fifteen_days_it_is_too_late(house: House) -> None:
    ticket_id = await _closed(house)
    last = house.now + timedelta(days=15)
    closed = await house.get(ticket_id)
    assert brief(closed, last).can_reopen
    assert not brief(closed, last + timedelta(seconds=1)).can_reopen
    with pytest.raises(ReopenTooLate) as caught:
        await house.do(reopen, ticket_id, None, last + timedelta(seconds=1), DEFAULT_POLICY)
    assert "15天" in caught.value.message


async def test_a_ticket_is_found_by_number_only_in_its_own_conversation(house: House) -> None:
    ticket, other = await house.ticket(), await house.ticket()
    assert (await house.do(find_ticket, ticket.conversation_id, ticket.number)).id == ticket.id
    assert await house.do(find_ticket, other.conversation_id, ticket.number) is None
