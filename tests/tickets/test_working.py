"""The cadre's side: what the worker reads, what happens to clocks and the bot, what stays inside."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.messages import Outbound
from storage.models import Attachment, AuditEntry, Message, OutboxRow, TicketEvent
from tests.tickets.conftest import GUANDU, WUHUA, House
from tickets.errors import (
    AlreadyClosed,
    AlreadyExtended,
    DuePast,
    EmptyText,
    MissingReason,
    NotAllowed,
    Outdated,
    TakenByColleague,
    TicketError,
    TooLong,
    UnknownClosure,
    UnknownField,
    UnknownFile,
    WrongTarget,
)
from tickets.service import (
    accept,
    add_note,
    ask_material,
    close,
    extend,
    hand_back,
    live_topics,
    reply,
    reveal,
    take_over,
    transfer,
)


async def test_a_reply_carries_unit_and_name_and_is_sent(house: House) -> None:
    ticket = await house.ticket()
    message = await house.do(reply, house.accounts["zhang"], ticket.id, "请把考勤发来", [], house.now)
    assert message.text == "【昆明市官渡区总工会 zhang】请把考勤发来"
    assert (message.author, message.direction, message.ticket_id) == ("cadre", "out", ticket.id)
    row = (await house.outbox())[-1]
    assert row.message_id == message.id
    assert Outbound.from_json(row.body).text == message.text


async def test_the_web_chat_reads_for_itself(house: House) -> None:
    ticket = await house.ticket(channel="webchat")
    before = len(await house.outbox())
    await house.do(reply, house.accounts["zhang"], ticket.id, "您好", [], house.now)
    assert len(await house.outbox()) == before
    assert len(await house.messages(ticket.conversation_id)) == 1


async def test_the_first_reply_stops_the_first_clock_and_silences_the_bot(house: House) -> None:
    ticket = await house.ticket()
    later = house.now + timedelta(minutes=5)
    await house.do(reply, house.accounts["zhang"], ticket.id, "您好", [], later)
    after = await house.get(ticket.id)
    assert (after.state, after.first_response_at, after.next_due) == ("working", later, after.close_due)
    assert (await house.talk(ticket.conversation_id)).human_ticket_id == ticket.id


async def test_accepting_tells_who_and_by_when_and_does_not_count_as_an_answer(house: House) -> None:
    ticket = await house.ticket()
    await house.do(accept, house.accounts["zhang"], ticket.id, house.now)
    await house.do(accept, house.accounts["zhang"], ticket.id, house.now)
    (message,) = await house.messages(ticket.conversation_id)
    assert message.text.startswith(
        "【昆明市官渡区总工会】您的事项 KM20261124-0001 已经受理，由zhang办理，12月15日(周二)18:00前"
    )
    after = await house.get(ticket.id)
    assert (after.state, after.first_response_at) == ("accepted", None)


async def test_asking_for_material_says_what_and_until_when_and_stops_the_clock(house: House) -> None:
    ticket = await house.ticket()
    until = house.now + timedelta(days=3)
    message = await house.do(ask_material, house.accounts["zhang"], ticket.id, "工资条照片", until, house.now)
    assert "工资条照片" in message.text
    assert "11月27日(周五)10:00前" in message.text
    after = await house.get(ticket.id)
    assert (after.state, after.next_due) == ("waiting", until)


async def test_material_cannot_be_asked_for_by_yesterday(house: House) -> None:
    ticket = await house.ticket()
    with pytest.raises(DuePast):
        await house.do(ask_material, house.accounts["zhang"], ticket.id, "工资条", house.now, house.now)


async def test_closing_gives_the_result_and_asks_for_a_rating_with_buttons(house: House) -> None:
    ticket = await house.ticket()
    await house.do(reply, house.accounts["zhang"], ticket.id, "您好", [], house.now)
    message = await house.do(
        close, house.accounts["zhang"], ticket.id, "公司已付清2万元", "solved", house.now
    )
    sent = Outbound.from_json((await house.outbox())[-1].body)
    assert "公司已付清2万元" in sent.text
    assert "15天内" in sent.text
    assert [button.payload for button in sent.buttons] == [
        *(f"t:{ticket.number}:r{star}" for star in range(1, 6)), f"t:{ticket.number}:reopen",
    ]  # fmt: skip
    assert message.body["buttons"][0]["payload"] == f"t:{ticket.number}:r1"
    after = await house.get(ticket.id)
    assert (after.state, after.open, after.closure_code, after.result) == (
        "closed",
        False,
        "solved",
        "公司已付清2万元",
    )
    assert (await house.talk(ticket.conversation_id)).human_ticket_id is None


async def test_what_cannot_be_sent_is_refused_and_nothing_changes(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    attempts: list[tuple[type[TicketError], tuple[object, ...]]] = [
        (EmptyText, (reply, zhang, ticket.id, "  ", [], house.now)),
        (TooLong, (reply, zhang, ticket.id, "字" * 3501, [], house.now)),
        (UnknownFile, (reply, zhang, ticket.id, "看附件", ["not-a-token"], house.now)),
        (UnknownClosure, (close, zhang, ticket.id, "好", "whatever", house.now)),
        (EmptyText, (close, zhang, ticket.id, "", "solved", house.now)),
    ]
    for error, call in attempts:
        with pytest.raises(error) as caught:
            await house.do(*call)  # type: ignore[arg-type]
        assert caught.value.message
    assert await house.messages(ticket.conversation_id) == []
    assert (await house.get(ticket.id)).state == "pending"


async def test_a_file_goes_with_the_reply_but_not_one_of_another_conversation(house: House) -> None:
    ticket, other = await house.ticket(), await house.ticket()
    async with house.database.write() as session:
        for token, conversation_id in (("mine", ticket.conversation_id), ("theirs", other.conversation_id)):
            session.add(
                Attachment(
                    token=token, conversation_id=conversation_id, sha256="0", filename="表.docx",
                    content_type="application/x", size=1, created_at=house.now,
                )
            )  # fmt: skip
    with pytest.raises(UnknownFile):
        await house.do(reply, house.accounts["zhang"], ticket.id, "表", ["theirs"], house.now)
    message = await house.do(reply, house.accounts["zhang"], ticket.id, "", ["mine"], house.now)
    assert message.body["attachments"] == [
        {"token": "mine", "filename": "表.docx", "content_type": "application/x"}
    ]
    async with house.database.read() as session:
        file = (await session.scalars(select(Attachment).where(Attachment.token == "mine"))).one()
    assert (file.message_id, file.ticket_id) == (message.id, ticket.id)


async def test_a_colleague_must_take_over_before_answering(house: House) -> None:
    ticket, chen = await house.ticket(), await house.person("chen", "cadre", GUANDU)
    with pytest.raises(TakenByColleague) as caught:
        await house.do(reply, chen, ticket.id, "您好", [], house.now)
    assert "zhang" in caught.value.message
    await house.do(take_over, chen, ticket.id, house.now)
    await house.do(reply, chen, ticket.id, "您好", [], house.now)
    assert "接手" in (await house.outbox("chat-zhang"))[-1].body["text"]
    with pytest.raises(TakenByColleague):
        await house.do(reply, house.accounts["zhang"], ticket.id, "我也来", [], house.now)


async def test_two_colleagues_at_once_do_not_both_answer(house: House) -> None:
    for name in ("zhang", "li"):
        await house.do(_away, house, name)
    ticket = await house.ticket(region="云南省昆明市官渡区")
    people = [await house.person(name, "cadre", "530100") for name in ("one", "two")]
    async with house.database.write() as session:
        (await session.get_one(type(ticket), ticket.id)).assignee_id = None
    results = await asyncio.gather(
        *(house.do(reply, person, ticket.id, "您好", [], house.now) for person in people),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["Message", "TakenByColleague"]


async def _away(session: object, house: House, name: str) -> None:
    account = await session.get_one(type(house.accounts[name]), house.accounts[name].id)  # type: ignore[attr-defined]
    account.on_leave_until = house.now.date() + timedelta(days=9)


async def test_a_page_that_is_out_of_date_changes_nothing(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    seen = ticket.version
    await house.do(accept, zhang, ticket.id, house.now, version=seen)
    for work, args in (
        (close, ("好", "solved", house.now)),
        (transfer, (None, house.accounts["li"].id, "请办", house.now)),
        (take_over, (house.now,)),
    ):
        with pytest.raises(Outdated):
            await house.do(work, zhang, ticket.id, *args, version=seen)
    assert (await house.get(ticket.id)).state == "accepted"


async def test_taking_over_and_handing_back_mute_and_unmute_the_bot(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    await house.do(take_over, zhang, ticket.id, house.now)
    assert (await house.talk(ticket.conversation_id)).human_ticket_id == ticket.id
    await house.do(hand_back, zhang, ticket.id, house.now)
    assert (await house.talk(ticket.conversation_id)).human_ticket_id is None
    texts = [message.text for message in await house.messages(ticket.conversation_id)]
    assert len(texts) == 2
    assert "小助手" in texts[1]
    assert (await house.get(ticket.id)).open


async def test_a_transfer_keeps_the_deadlines_and_tells_worker_and_colleague(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    wuhua = await house.unit(WUHUA)
    moved = await house.do(transfer, zhang, ticket.id, wuhua.id, None, "单位在五华", house.now)
    assert moved.assignee.username == "yang"
    after = await house.get(ticket.id)
    assert (after.close_due, after.first_response_due) == (ticket.close_due, ticket.first_response_due)
    assert "昆明市五华区总工会" in (await house.messages(ticket.conversation_id))[-1].text
    assert "转办给您" in (await house.outbox("chat-yang"))[-1].body["text"]
    with pytest.raises(NotAllowed):
        await house.do(reply, zhang, ticket.id, "您好", [], house.now)


async def test_a_transfer_needs_a_reason_and_somebody_who_can_take_it(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    with pytest.raises(MissingReason):
        await house.do(transfer, zhang, ticket.id, None, house.accounts["li"].id, " ", house.now)
    for unit_id, person_id in (
        (None, house.accounts["admin"].id), (999_999, None), (None, None), (None, zhang.id), (None, 999_999),
        ((await house.unit(WUHUA)).id, house.accounts["li"].id),
    ):  # fmt: skip
        with pytest.raises(WrongTarget):
            await house.do(transfer, zhang, ticket.id, unit_id, person_id, "请办", house.now)


async def test_a_leader_extends_once_with_a_reason_that_the_worker_reads(house: House) -> None:
    ticket, leader = await house.ticket(), house.accounts["li"]
    with pytest.raises(NotAllowed):
        await house.do(extend, house.accounts["zhang"], ticket.id, 5, "要去现场", house.now)
    with pytest.raises(MissingReason):
        await house.do(extend, leader, ticket.id, 5, "", house.now)
    await house.do(extend, leader, ticket.id, 5, "要去现场核实", house.now)
    text = (await house.messages(ticket.conversation_id))[-1].text
    assert "12月22日(周二)18:00前" in text
    assert "要去现场核实" in text
    with pytest.raises(AlreadyExtended):
        await house.do(extend, leader, ticket.id, 5, "还要", house.now)


async def test_a_note_is_an_event_and_nothing_else(house: House) -> None:
    ticket = await house.ticket()

    async def rows() -> tuple[int, int]:
        async with house.database.read() as session:
            return (
                await session.scalar(select(func.count()).select_from(Message)) or 0,
                await session.scalar(select(func.count()).select_from(OutboxRow)) or 0,
            )

    before = await rows()
    for person in ("zhang", "li", "city"):
        await house.do(add_note, house.accounts[person], ticket.id, "老板是熟人，注意方式", house.now)
    assert await rows() == before
    assert (await house.get(ticket.id)).version == ticket.version


async def test_a_note_is_in_nothing_that_a_worker_or_a_telegram_chat_ever_gets(house: House) -> None:
    """Walk a ticket through its whole life with a note at every step."""
    ticket, zhang, secret = await house.ticket(), house.accounts["zhang"], "内部机密备注"
    wuhua = (await house.unit(WUHUA)).id
    yang = house.accounts["yang"]
    steps = [
        (accept, zhang, ticket.id, house.now),
        (reply, zhang, ticket.id, "您好", [], house.now),
        (ask_material, zhang, ticket.id, "工资条", house.now + timedelta(days=1), house.now),
        (hand_back, zhang, ticket.id, house.now),
        (extend, house.accounts["li"], ticket.id, 3, "核实", house.now),
        (transfer, zhang, ticket.id, wuhua, None, "在五华", house.now),
        (take_over, yang, ticket.id, house.now),
        (close, yang, ticket.id, "办好了", "solved", house.now),
    ]
    for work, *args in steps:
        await house.do(add_note, args[0], ticket.id, secret, house.now)
        await house.do(work, *args)
    async with house.database.read() as session:
        for row in await session.scalars(select(OutboxRow)):
            assert secret not in str(row.body)
        for message in await session.scalars(select(Message)):
            assert secret not in message.text + str(message.body)
        notes = await session.scalar(select(func.count()).where(TicketEvent.kind == "note"))
    assert notes == len(steps)


async def test_a_closed_ticket_takes_no_more_work(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    await house.do(close, zhang, ticket.id, "好", "answered", house.now)
    with pytest.raises(AlreadyClosed):
        await house.do(reply, zhang, ticket.id, "还有", [], house.now)
    with pytest.raises(AlreadyClosed):
        await house.do(close, zhang, ticket.id, "好", "answered", house.now)


async def test_revealing_needs_a_reason_and_is_kept(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    with pytest.raises(MissingReason):
        await house.do(reveal, zhang, ticket.id, "phone", " ", house.now)
    with pytest.raises(UnknownField):
        await house.do(reveal, zhang, ticket.id, "bank_card", "要打款", house.now)
    shown = await house.do(reveal, zhang, ticket.id, "phone", "约时间13912345678", house.now)
    assert shown == "138 1234 5678"
    async with house.database.read() as session:
        entry = (
            await session.scalars(select(AuditEntry).where(AuditEntry.tag == "console:ticket:reveal"))
        ).one()
    assert (entry.account_id, entry.subject) == (zhang.id, f"ticket:{ticket.number}")
    assert entry.detail == {"field": "phone", "reason": "约时间139****5678"}
    assert (await house.events(ticket.id))[-1] == "revealed"


async def test_a_change_wakes_conversation_queue_and_outbox(house: House) -> None:
    ticket = await house.ticket()
    assert live_topics(ticket) == (
        f"conversation:{ticket.conversation_id}", f"queue:{ticket.organization_id}", "outbox",
    )  # fmt: skip
