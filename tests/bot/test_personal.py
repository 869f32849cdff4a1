"""我的资料: what is stored, a copy, corrections, consents; deleting is in test_erasure_turn.py."""

import json
import re
from datetime import timedelta

from sqlalchemy import select

from bot.app import Application
from bot.jobs import tidy
from storage.models import Attachment, AuditEntry, Consent, Conversation, Ticket, TicketEvent
from tests.bot.turn_kit import PHONE, cadre_says, rows, to_review, with_ticket
from tests.playing import Clock, Player
from tickets.opening import phone_index

OTHER = "13999990000"


async def test_the_menu_and_plain_words_lead_to_my_data(person: Player) -> None:
    await person.say("我的资料")
    for label in ("看看存了什么", "导出一份", "改资料", "我同意过什么", "删除我的资料"):
        assert label in person.text
    await person.press("看看存了什么")
    assert "第四十五条" in person.text


async def test_what_is_stored_is_told_masked(person: Player) -> None:
    ticket = await with_ticket(person)
    await person.say("我的资料")
    await person.press("看看存了什么")
    assert ticket.number in person.text
    assert "138****3456" in person.text
    assert PHONE not in person.text


async def test_asking_midway_keeps_the_form(person: Player) -> None:
    await person.press("请工会帮我要工资")
    asked = (await person.state()).frame
    await person.say("我的资料")
    await person.press("看看存了什么")
    assert "回到刚才的" in person.text
    assert (await person.state()).frame == asked


async def test_the_copy_has_everything_and_goes_to_nobody_else(
    application: Application, person: Player
) -> None:
    ticket = await with_ticket(person)
    await person.press("导出一份") if "导出一份" in person.buttons else await person.say("导出我的资料")
    files = [file for reply in person.last.replies for file in reply.files]
    assert [file.filename.rpartition(".")[2] for file in files] == ["txt", "json"]
    stored = {row.token: row for row in await rows(application, Attachment)}
    text, raw = (application.files.read(stored[file.token].sha256).decode() for file in files)
    copy = json.loads(raw)
    assert copy["tickets"][0]["number"] == ticket.number
    assert copy["tickets"][0]["details"]["phone"] == PHONE
    assert PHONE in text
    assert all(row.ticket_id is None for row in stored.values())
    assert [e.tag for e in await rows(application, AuditEntry, AuditEntry.tag.startswith("worker:"))] == [
        "worker:data:export"
    ]


async def test_a_copy_over_a_channel_abroad_has_no_numbers(application: Application, clock: Clock) -> None:
    person = Player(application, clock, channel="telegram", address="42")
    await with_ticket(person)
    await person.say("导出我的资料")
    assert "服务器在国外" in person.text
    for row in await rows(application, Attachment):
        assert PHONE not in application.files.read(row.sha256).decode()


async def test_copies_go_after_a_week(application: Application, person: Player, clock: Clock) -> None:
    await person.say("导出我的资料")
    hashes = [row.sha256 for row in await rows(application, Attachment)]
    clock.forward(24 * 6)
    await tidy(application)
    assert len(await rows(application, Attachment)) == 2
    clock.forward(25)
    await tidy(application)
    assert await rows(application, Attachment) == []
    assert [name for name in hashes if list(application.files.folder.glob(f"*/{name}*"))] == []


async def test_a_corrected_phone_reaches_the_ticket_its_index_and_the_cadre(
    application: Application, person: Player
) -> None:
    ticket = await with_ticket(person)
    await person.say("改我的电话")
    await person.press("电话")
    assert "新的电话" in person.text
    await person.say("139 9999 0000")
    assert "139****0000" in person.text
    (changed,) = await rows(application, Ticket)
    assert changed.sensitive["phone"] == OTHER
    assert changed.phone_index == phone_index(OTHER)
    assert changed.version > ticket.version
    events = await rows(application, TicketEvent, TicketEvent.kind == "worker_added")
    assert "电话" in events[-1].text
    assert OTHER not in str([entry.detail for entry in await rows(application, AuditEntry)])


async def test_a_wrong_phone_is_asked_once_more_and_then_let_go(person: Player) -> None:
    await with_ticket(person)
    await person.say("改我的电话")
    await person.press("电话")
    await person.say("12345")
    assert "没看明白" in person.text
    await person.say("转人工")
    assert "没看明白" not in person.text
    assert (await person.state()).awaiting is None


async def test_a_corrected_region_moves_the_open_ticket(application: Application, person: Player) -> None:
    await with_ticket(person)
    await person.say("改我的资料")
    await person.press("县区")
    await person.say("昆明市五华区")
    assert "五华区" in person.text
    (ticket,) = await rows(application, Ticket)
    assert "五华区" in ticket.region


async def test_a_consent_taken_back_takes_its_answers_out_of_the_ticket(
    application: Application, person: Player
) -> None:
    await with_ticket(person)
    await person.say("我的资料")
    await person.press("我同意过什么")
    assert "第十五条" in person.text
    label = next(button.label for button in person.all_buttons if button.label.startswith("撤回"))
    await person.press(label)
    assert "联系电话" in person.text
    (ticket,) = await rows(application, Ticket)
    assert "phone" not in (ticket.sensitive or {})
    assert ticket.phone_index is None
    assert [row.granted for row in await rows(application, Consent)] == [True, False]
    await person.press(label)
    assert "已经收回过" in person.text
    assert len(await rows(application, Consent)) == 2


async def test_a_consent_taken_back_midway_empties_the_open_form(person: Player) -> None:
    await to_review(person)
    await person.say("我的资料")
    await person.press("我同意过什么")
    await person.press(next(button.label for button in person.all_buttons if button.label.startswith("撤回")))
    frame = (await person.state()).frame
    assert frame is not None
    assert "phone" not in frame.values
    assert not re.search("1[0-9]{10}", json.dumps(frame.values))


async def test_while_a_cadre_talks_the_buttons_still_work(application: Application, person: Player) -> None:
    ticket = await with_ticket(person)
    await person.say("我的资料")
    await cadre_says(application, ticket, "您好")
    await person.press("看看存了什么")
    assert ticket.number in person.text


async def test_nothing_of_another_person_is_told(
    application: Application, clock: Clock, person: Player
) -> None:
    ticket = await with_ticket(person)
    other = Player(application, clock, channel="webchat")
    await other.say("导出我的资料")
    await other.say("我的资料")
    await other.press("看看存了什么")
    assert ticket.number not in other.text
    async with application.database.read() as session:
        mine = select(Conversation.id).where(Conversation.address == other.address)
        number = await session.scalar(mine)
    for row in await rows(application, Attachment, Attachment.conversation_id == number):
        assert ticket.number not in application.files.read(row.sha256).decode()


async def test_a_deletion_put_off_can_be_taken_back(
    application: Application, person: Player, clock: Clock
) -> None:
    await with_ticket(person)
    await person.say("删除我的资料")
    await person.press("办完以后自动删")
    await person.say("我的资料")
    await person.press("看看存了什么")
    assert "自动删除" in person.text
    await person.press("不删了")
    (row,) = await rows(application, Conversation)
    assert row.preferences == {}
    clock.now += timedelta(days=1)
