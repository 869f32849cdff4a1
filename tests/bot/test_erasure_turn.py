"""After 删除我的资料 no table, file, outbox row, quarantine or log holds the person's number, name or words."""

import asyncio
import io
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import logs
from bot.app import Application
from bot.jobs import erase_due, tidy
from bot.messages import Inbound, IncomingFile
from storage.models import (
    Account,
    Attachment,
    AuditEntry,
    Conversation,
    Message,
    OutboxRow,
    QuarantinedUpdate,
    Ticket,
    TicketEvent,
)
from storage.service_models import Document, JobSearch, OneTimeLink, Reminder, TicketPaper, UnionRating
from tests.bot.erasure_kit import bytes_of, ciphertexts, columns_with, files_with
from tests.bot.turn_kit import cadre_of, count, inbound, photo, rows
from tests.playing import Clock, Player
from tickets import ratings, service
from tickets.documents import store
from tickets.errors import AlreadyClosed, TicketError

PHONE = "13887654321"
ID_NUMBER = "530102199003075116"
NAME = "欧阳翠花"
SENTENCE = "昨晚梦见彩云酱都馊了三坛"
EMPLOYER = "鑫鑫盛隆劳务"
SECRETS = (PHONE, ID_NUMBER, NAME, "翠花", SENTENCE, EMPLOYER, "138****4321")


@pytest.fixture
def log(monkeypatch):
    """What a process at DEBUG writes, configured as in production."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(logging.DEBUG)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)


def person_on(application: Application, clock: Clock, channel: str) -> Player:
    return Player(application, clock, channel, "990011" if channel == "telegram" else "")


async def plant(application: Application, person: Player) -> Ticket:
    """Leave traces everywhere, by real turns where there is one, and a finished ticket."""
    await person.say(f"{SENTENCE}，我叫{NAME}，身份证{ID_NUMBER}，电话{PHONE}")
    await person.press("请工会帮我要工资")
    for words in ("官渡区", "两万八", "三个月", "5个人", EMPLOYER):
        if "打电话" not in person.text:
            await person.say(words)
    await person.press("同意")
    await person.say(PHONE)
    file = IncomingFile(f"{NAME}工资条.jpg", photo())
    await application.turns.handle(inbound(person, "photo", kind="photo", files=(file,)))
    await person.press("提交")
    ticket = await person.ticket()
    await person.say(SENTENCE)
    await _plant_rows(application, person, ticket)
    return ticket


async def _plant_rows(application: Application, person: Player, ticket: Ticket) -> None:
    """What other services keep, and what a cadre wrote about the person."""
    now = application.clock()
    cadre = await cadre_of(application, ticket)
    data = f"申请人{NAME}，{ID_NUMBER}".encode()
    async with application.database.write() as session:
        own = await session.get_one(Ticket, ticket.id)
        own.sensitive = {**(own.sensitive or {}), "name": NAME, "id_number": ID_NUMBER}
        paper = {"name": NAME, "id_number": ID_NUMBER, "story": SENTENCE}
        await store.save(session, own, store.ARBITRATION, paper, application.files.keep(data), len(data), now)
        talk = await session.get_one(Conversation, own.conversation_id)
        await ratings.rate(
            session, talk, own.region, None, dict.fromkeys(ratings.QUESTIONS, 4), SENTENCE, now
        )
        await service.add_note(session, cadre, ticket.id, f"{NAME}电话打通了", now)
        await service.reply(session, cadre, ticket.id, f"{NAME}您好，{SENTENCE}？", [], now)
        await service.reveal(session, cadre, ticket.id, "phone", f"给{NAME}打电话{PHONE}", now)
        common = {"conversation_id": own.conversation_id, "created_at": now}
        session.add_all([
            Reminder(**common, ticket_id=ticket.id, kind="papers", subject=ticket.number, due_at=now, next_at=now),
            JobSearch(**common, trade="焊工", updated_at=now),
            OneTimeLink(**common, token_hash="a" * 64, slot="id_number", run="1", expires_at=now),
            TicketPaper(
                ticket_id=ticket.id, key="id_copy", label="身份证", note=f"{NAME}的照片模糊", updated_at=now
            ),
            QuarantinedUpdate(
                channel=person.channel, external_id="q1", error="turn", created_at=now,
                raw=f'{{"message":{{"chat":{{"id":{person.address or 0}}},"text":"{SENTENCE}"}}}}'
                if person.channel == "telegram" else f'{{"text":"{PHONE}{SENTENCE}"}}',
            ),
        ])  # fmt: skip
    async with application.database.write() as session:
        await service.close(session, cadre, ticket.id, f"{NAME}的工资要回来了", "solved", now)


async def erase(person: Player) -> None:
    await person.say("删除我的资料")
    await person.press("确定，全部删除")
    assert "已经全部删除" in person.text


@pytest.mark.parametrize("channel", ["webchat", "telegram"])
async def test_nothing_of_the_person_is_left_anywhere(
    log: io.StringIO, application: Application, clock: Clock, settings: Any, channel: str
) -> None:
    person = person_on(application, clock, channel)
    await plant(application, person)
    folders = _folders(settings)
    before = await columns_with(application, SECRETS)
    sealed = [blob for blob in await ciphertexts(application) if len(blob) > 40]
    kept = {blob for blob in sealed if await _is_of_others(application, blob)}
    if settings.database_url.startswith("sqlite"):
        stored = b"".join(bytes_of(*folders).values())
        assert len([blob for blob in sealed if blob in stored and blob not in kept]) > 10
    assert {"messages.text", "ticket_events.text", "tickets.sensitive", "audit_log.detail"} <= set(before)
    assert {
        "quarantine.raw",
        "documents.data",
        "attachments.filename",
        "ticket_papers.note",
        "union_ratings.comment",
    } <= set(before)
    assert files_with(folders, (NAME,))
    await erase(person)
    assert await columns_with(application, SECRETS) == {}
    assert files_with(folders, SECRETS) == []
    assert not [secret for secret in SECRETS if secret in log.getvalue()]
    if settings.database_url.startswith("sqlite"):
        stored = b"".join(bytes_of(*folders).values())
        assert len([blob for blob in sealed if blob in stored and blob not in kept]) == 0


def _folders(settings: Any) -> tuple[Path, ...]:
    data = (settings.data.folder,)
    if not settings.database_url.startswith("sqlite"):
        return data
    return (*data, Path(settings.database_url.removeprefix("sqlite:///")).parent)


async def _is_of_others(application: Application, blob: bytes) -> bool:
    """True for what another row than the person's holds: seeded texts of the application."""
    from storage.cipher import current_cipher

    plain = current_cipher().decrypt(blob).decode("utf-8", "replace")
    return not any(secret in plain for secret in SECRETS)


async def test_the_ticket_keeps_what_figures_are_made_of(
    application: Application, clock: Clock, person: Player
) -> None:
    before = await plant(application, person)
    await erase(person)
    (rating,) = await rows(application, UnionRating)
    assert (rating.comment, rating.marks["service"]) == (None, 4)
    (ticket,) = await rows(application, Ticket)
    assert (ticket.number, ticket.category, ticket.amount_yuan) == (
        before.number,
        "wage_arrears",
        before.amount_yuan,
    )
    assert ticket.region == "云南省昆明市官渡区"
    assert (ticket.state, ticket.closure_code) == ("closed", "solved")
    assert ticket.created_at == before.created_at
    assert ticket.closed_at is not None
    assert ticket.facts["amount_yuan"] == before.amount_yuan
    assert {type(value) for value in ticket.facts.values()} <= {int, float, bool, str}
    assert (ticket.sensitive, ticket.phone_index, ticket.employer, ticket.result) == (None, None, None, None)
    kinds = [event.kind for event in await rows(application, TicketEvent)]
    assert {"opened", "note", "revealed", "closed"} <= set(kinds)
    (owner,) = await rows(application, Conversation, Conversation.id == ticket.conversation_id)
    assert owner.channel == "erased"
    assert person.address not in owner.address


async def test_the_audit_says_that_it_was_deleted_and_who_had_looked(
    application: Application, person: Player
) -> None:
    await plant(application, person)
    await erase(person)
    entries = await rows(application, AuditEntry)
    assert [entry.tag for entry in entries][-2:] == ["console:ticket:reveal", "worker:data:erase"]
    assert entries[-1].detail == {"tickets": 1, "files": 2}
    assert entries[-2].detail["field"] == "phone"


async def test_only_the_receipt_is_left_of_the_conversation(application: Application, person: Player) -> None:
    await plant(application, person)
    await erase(person)
    (own,) = await rows(application, Conversation, Conversation.address == person.address)
    messages = await rows(application, Message, Message.conversation_id == own.id)
    assert [(m.direction, m.text[:6]) for m in messages] == [("in", ""), ("out", "已经全部删除")]
    assert (
        await count(application, Attachment, Document, OutboxRow, Reminder, JobSearch, OneTimeLink) == [0] * 6
    )
    assert own.profile is None
    state = await person.state()
    assert (state.frame, state.heard_facts, state.last_intent) == (None, {}, None)


async def test_what_is_delivered_again_stays_deleted(application: Application, clock: Clock) -> None:
    person = person_on(application, clock, "telegram")
    first = inbound(person, "u1", SENTENCE)
    await application.turns.handle(first)
    await erase(person)
    again = await application.turns.handle(first)
    assert again.repeated
    assert await columns_with(application, (SENTENCE,)) == {}
    clock.forward(49)
    await tidy(application)
    assert await rows(application, Conversation, Conversation.channel == "erased") == []


async def test_deleting_twice_is_safe(application: Application, person: Player) -> None:
    await plant(application, person)
    await person.say("删除我的资料")
    button = person.buttons["确定，全部删除"]
    press = Inbound(person.channel, person.address, "once", "button", payload=button)
    results = await asyncio.gather(*(application.turns.handle(press) for _ in range(3)))
    assert len({result.replies for result in results}) == 1
    await person.press("确定，全部删除")
    assert "已经全部删除" in person.text
    assert await columns_with(application, SECRETS) == {}
    assert len(await rows(application, Ticket)) == 1


async def test_an_old_button_asks_again(application: Application, person: Player, clock: Clock) -> None:
    await person.say(SENTENCE)
    await person.say("删除我的资料")
    clock.now += timedelta(minutes=10, seconds=59)
    await person.press("确定，全部删除")
    assert "再问您一次" in person.text
    assert "messages.text" in await columns_with(application, (SENTENCE,))
    await person.press("确定，全部删除")
    assert "已经全部删除" in person.text


async def test_in_the_middle_of_a_form_the_form_goes_too(application: Application, person: Player) -> None:
    await person.press("请工会帮我要工资")
    await person.say("官渡区")
    await person.say("两万八")
    await erase(person)
    state = await person.state()
    assert (state.frame, state.paused) == (None, None)
    await person.press("请工会帮我要工资")
    assert "两万八" not in person.text
    assert "28,000" not in person.text


async def test_other_people_keep_everything(application: Application, clock: Clock, person: Player) -> None:
    other = Player(application, clock, channel="webchat")
    kept = await plant(application, other)
    before = await columns_with(application, SECRETS)
    gone = Player(application, clock, channel="webchat")
    await gone.say("你好")
    await application.turns.handle(
        inbound(gone, "same", kind="photo", files=(IncomingFile("x.jpg", photo()),))
    )
    await erase(gone)
    assert {name for name in before if name != "outbox.body"} <= set(await columns_with(application, SECRETS))
    for row in await rows(application, Attachment):
        assert application.files.read(row.sha256)
    (ticket,) = await rows(application, Ticket, Ticket.id == kept.id)
    assert ticket.sensitive["phone"] == PHONE


class TestOpenMatters:
    """A good cadre would not let a matter vanish by one press, nor keep it against the person's will."""

    async def opened(self, application: Application, person: Player) -> Ticket:
        await person.press("请工会帮我要工资")
        for words in ("官渡区", "两万八", "三个月", "5个人", EMPLOYER):
            if "打电话" not in person.text:
                await person.say(words)
        await person.press("同意")
        await person.say(PHONE)
        await person.press("提交")
        return await person.ticket()

    async def test_the_worker_is_told_and_withdraws_it(
        self, application: Application, person: Player
    ) -> None:
        ticket = await self.opened(application, person)
        await person.say("删除我的资料")
        assert ticket.number in person.text
        assert "先撤回" in person.text
        await person.press("撤回事项，现在就删")
        assert f"{ticket.number}也撤回了" in person.text
        (row,) = await rows(application, Ticket)
        assert (row.state, row.open, row.closure_code) == ("withdrawn", False, "withdrawn")
        assert await columns_with(application, (PHONE, EMPLOYER)) == {}

    async def test_or_the_deletion_waits_until_it_is_done(
        self, application: Application, person: Player, clock: Clock
    ) -> None:
        ticket = await self.opened(application, person)
        await person.say("删除我的资料")
        await person.press("办完以后自动删")
        assert await erase_due(application) == 0
        cadre = await cadre_of(application, ticket)
        async with application.database.write() as session:
            await service.close(session, cadre, ticket.id, "要回来了", "solved", application.clock())
        clock.forward(24 * 3 - 0.1)
        assert await erase_due(application) == 0, "the result is to be read first"
        clock.forward(0.2)
        assert await erase_due(application) == 1
        assert await erase_due(application) == 0
        assert await columns_with(application, (PHONE, EMPLOYER)) == {}
        (own,) = await rows(application, Conversation, Conversation.address == person.address)
        (left,) = await rows(application, Message, Message.conversation_id == own.id)
        assert "已经全部删除" in left.text

    async def test_an_emergency_is_not_made_to_vanish(self, application: Application, person: Player) -> None:
        await person.say("我不想活了")
        await person.say("官渡区")
        await person.say("删除我的资料")
        assert "人身安全" in person.text
        assert "撤回事项，现在就删" not in person.text
        stamp = person.buttons["办完以后自动删"].rpartition(".")[2]
        forged = inbound(person, "forged", kind="button", payload=f"me:now.{stamp}")
        await application.turns.handle(forged)
        (row,) = await rows(application, Ticket)
        assert row.open

    async def test_a_cadres_reply_at_the_same_moment(self, application: Application, person: Player) -> None:
        """Either the reply came first and goes with the rest, or it is refused; never is a word left over."""
        ticket = await self.opened(application, person)
        cadre = await cadre_of(application, ticket)
        await person.say("删除我的资料")

        async def reply() -> bool:
            try:
                async with application.database.write() as session:
                    await service.reply(session, cadre, ticket.id, SENTENCE, [], application.clock())
            except AlreadyClosed:
                return False
            return True

        await asyncio.gather(reply(), person.press("撤回事项，现在就删"), reply())
        assert await columns_with(application, (PHONE, SENTENCE)) == {}
        assert not await reply()
        (row,) = await rows(application, Ticket)
        assert not row.open

    async def test_nothing_can_be_written_to_it_afterwards(
        self, application: Application, person: Player
    ) -> None:
        ticket = await self.opened(application, person)
        cadre = await cadre_of(application, ticket)
        await person.say("删除我的资料")
        await person.press("撤回事项，现在就删")
        with pytest.raises(TicketError):
            async with application.database.write() as session:
                await service.add_note(session, cadre, ticket.id, f"{NAME}来过", application.clock())


async def test_a_cadre_who_asks_as_a_worker_keeps_their_notices(
    application: Application, clock: Clock
) -> None:
    person = person_on(application, clock, "telegram")
    async with application.database.write() as session:
        first = (await session.scalars(select(Account).where(Account.role == "cadre"))).first()
        await session.execute(
            update(Account).where(Account.id == first.id).values(telegram_chat_id=person.address)
        )
        now = application.clock()
        session.add(OutboxRow(
            channel="telegram", address=person.address, body={"text": "新工单", "buttons": [], "attachments": []},
            not_before=now, created_at=now,
        ))  # fmt: skip
    await person.say(SENTENCE)
    await erase(person)
    assert [
        row.body["text"] for row in await rows(application, OutboxRow, OutboxRow.message_id.is_(None))
    ] == ["新工单"]
