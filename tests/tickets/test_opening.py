"""Opening a ticket: number, unit, person, deadlines, history, notices; never twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from tests.tickets.conftest import GUANDU, House
from tickets.errors import NoUnit
from tickets.service import brief, briefs_of, open_ticket
from tickets.sla import DEFAULT_POLICY
from tickets.values import NewTicket


async def test_a_ticket_has_number_unit_person_and_deadlines(house: House) -> None:
    ticket = await house.ticket()
    assert ticket.number == "KM20261124-0001"
    assert ticket.organization.name == "昆明市官渡区总工会"
    assert ticket.assignee is not None
    assert ticket.assignee.username == "zhang"
    assert (
        ticket.next_due == ticket.first_response_due == datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
    )  # 8 h of 7-h days
    assert await house.events(ticket.id) == ["opened"]


async def test_numbers_count_up_within_a_day_and_begin_again_the_next(house: House) -> None:
    numbers = [(await house.ticket()).number for _ in range(3)]
    tomorrow = await house.ticket(now=house.now + timedelta(days=1))
    assert numbers == [f"KM20261124-000{n}" for n in (1, 2, 3)]
    assert tomorrow.number == "KM20261125-0001"


async def test_the_day_of_a_number_is_the_day_in_china(house: House) -> None:
    ticket = await house.ticket(now=datetime(2026, 11, 24, 16, 30, tzinfo=UTC))
    assert ticket.number.startswith("KM20261125-")


async def test_other_prefectures_have_their_own_numbers(house: House) -> None:
    ticket = await house.ticket(region="云南省大理白族自治州大理市")
    assert ticket.number == "DL20261124-0001"
    assert ticket.assignee is None  # nobody works in Dali or above yet: its queue keeps the ticket


async def test_the_same_message_opens_one_ticket(house: House) -> None:
    conversation_id = await house.conversation()
    message_id = await house.says(conversation_id)
    first = await house.ticket(conversation_id=conversation_id, opened_by_message_id=message_id)
    again = await house.ticket(conversation_id=conversation_id, opened_by_message_id=message_id)
    assert again.id == first.id
    assert await house.events(first.id) == ["opened"]


async def test_the_same_message_twice_at_once_opens_one_ticket(house: House) -> None:
    conversation_id = await house.conversation()
    message_id = await house.says(conversation_id)
    both = await asyncio.gather(
        *(house.ticket(conversation_id=conversation_id, opened_by_message_id=message_id) for _ in range(4))
    )
    assert len({ticket.id for ticket in both}) == 1


async def test_many_at_once_get_different_numbers(house: House) -> None:
    opened = await asyncio.gather(*(house.ticket() for _ in range(12)))
    assert sorted(ticket.number for ticket in opened) == [f"KM20261124-{n:04d}" for n in range(1, 13)]


async def test_a_category_has_a_least_urgency(house: House) -> None:
    ticket = await house.ticket(category="emergency", urgency="normal")
    assert ticket.urgency == "critical"
    assert ticket.first_response_due == house.now + timedelta(minutes=30)


async def test_an_unknown_category_is_taken_as_other(house: House) -> None:
    ticket = await house.ticket(category="something_new")
    assert brief(ticket).category_label == "其他事项"


async def test_difficulty_sets_the_days_to_close(house: House) -> None:
    consult, dispute = await house.ticket(category="consultation"), await house.ticket()
    assert brief(consult).close_due_text == "11月27日(周五)18:00前"
    assert brief(dispute).close_due_text == "12月15日(周二)18:00前"


async def test_a_number_that_slipped_into_the_open_facts_is_hidden(house: House) -> None:
    ticket = await house.ticket(
        facts={"what": ["打 138-1234-5678 找我"], "months": 3}, employer="老刘13812345678"
    )
    assert ticket.facts == {"what": ["打 138****5678 找我"], "months": 3}
    assert ticket.employer == "老刘138****5678"


async def test_the_cadre_gets_a_notice_without_personal_data(house: House) -> None:
    ticket = await house.ticket(employer="云南某某建筑公司")
    (row,) = await house.outbox("chat-zhang")
    text = row.body["text"]
    assert ticket.number in text
    assert "欠薪维权" in text
    assert "云南省昆明市官渡区" in text
    assert "11月25日(周三)11:00前" in text
    assert f"/console/tickets/{ticket.id}" in text
    for secret in ("王小二", "138", "5678", "530102", "老板", "建筑公司"):
        assert secret not in text


async def test_an_emergency_wakes_the_cadre_the_leader_and_the_city(house: House) -> None:
    await house.ticket(category="emergency")
    assert {row.address for row in await house.outbox()} == {"chat-zhang", "chat-li", "chat-city"}


async def test_a_person_without_a_linked_chat_gets_no_row(empty_house: House) -> None:
    await empty_house.person("quiet", "cadre", GUANDU, chat=False)
    ticket = await empty_house.ticket()
    assert ticket.assignee is not None
    assert await empty_house.outbox() == []


async def test_without_any_unit_opening_says_so(database: Database, now: datetime) -> None:
    bare = House(database, now)
    conversation_id = await bare.conversation()
    with pytest.raises(NoUnit):
        await bare.do(open_ticket, NewTicket(conversation_id, "other", "x"), now, DEFAULT_POLICY)


async def test_briefs_are_newest_first_and_only_of_this_conversation(house: House) -> None:
    conversation_id = await house.conversation()
    mine = [(await house.ticket(conversation_id=conversation_id)).id for _ in range(2)]
    await house.ticket()
    briefs = await house.do(briefs_of, conversation_id)
    assert [one.id for one in briefs] == mine[::-1]
    assert briefs[0].state_label == "待受理"
    assert briefs[0].first_response_due_text == "11月25日(周三)11:00前"
