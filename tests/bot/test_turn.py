"""One message, one effect: however often it comes, by whomever, and whatever breaks on the way."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import history, turn
from bot.app import Application
from storage.models import Conversation, Message, OutboxRow, Ticket, TicketEvent
from tests.bot.turn_kit import DANGER, count, inbound, rows, to_review, with_ticket
from tests.playing import Clock, Player
from tickets.errors import AlreadyClosed

EVERYTHING = (Conversation, Message, Ticket, TicketEvent, OutboxRow)


async def test_the_same_message_three_times_has_one_effect(application, person):
    message = inbound(person, "same", "转人工")
    first, *again = [await application.turns.handle(message) for _ in range(3)]
    assert first.ticket
    for result in again:
        assert (result.replies, result.ticket, result.understanding) == (
            first.replies, first.ticket, first.understanding,
        )  # fmt: skip
        assert (result.repeated, result.last_message_id) == (True, first.last_message_id)
    assert await count(application, Ticket) == [1]


async def test_the_same_message_at_once_has_one_effect(application, person):
    message = inbound(person, "same", DANGER)
    results = await asyncio.gather(*(application.turns.handle(message) for _ in range(3)))
    assert len({result.replies for result in results}) == 1
    assert Counter(result.repeated for result in results) == {False: 1, True: 2}
    assert await count(application, Ticket) == [1]


async def test_two_processes_take_the_same_message_once(application, another, person):
    other = await another()
    message = inbound(person, "same", DANGER)
    handlers = [application.turns, other.turns] * 2
    results = await asyncio.gather(*(handler.handle(message) for handler in handlers))
    assert len({(result.replies, result.ticket) for result in results}) == 1
    assert await count(application, Conversation, Ticket) == [1, 1]
    assert len(await rows(application, Message, Message.direction == "in")) == 1


async def test_a_pressed_submit_twice_opens_one_ticket(application, person):
    await to_review(person)
    payload = person.buttons["提交"]
    presses = [inbound(person, f"press-{number}", kind="button", payload=payload) for number in range(2)]
    await asyncio.gather(*(application.turns.handle(press) for press in presses))
    assert await count(application, Ticket) == [1]


async def test_two_messages_at_the_same_instant_are_answered_in_order(application, person):
    messages = [inbound(person, "first", "你好"), inbound(person, "second", "转人工")]
    await asyncio.gather(*(application.turns.handle(message) for message in messages))
    assert await count(application, Conversation, Ticket) == [1, 1]
    kept = await rows(application, Message)
    asked = [row for row in kept if row.direction == "in"]
    assert [row.text for row in asked] == ["你好", "转人工"]
    assert [row.reply_to_id for row in kept if row.direction == "out"] == sorted(
        row.reply_to_id for row in kept if row.direction == "out"
    )
    assert {row.id for row in asked} == {row.reply_to_id for row in kept if row.direction == "out"}


async def test_two_processes_and_one_person_in_a_hurry(application, another, person):
    """Different messages by two processes: none is lost, nobody gets two tickets for one matter."""
    other = await another()
    messages = [inbound(person, f"m{number}", "转人工") for number in range(8)]
    handlers = [application.turns, other.turns] * 4
    results = await asyncio.gather(
        *(handler.handle(message) for handler, message in zip(handlers, messages, strict=True))
    )
    assert all(result.replies for result in results)
    assert await count(application, Conversation, Ticket) == [1, 1]


async def test_fifty_people_at_once(application, clock):
    people = [Player(application, clock) for _ in range(50)]
    await asyncio.gather(*(person.say("转人工") for person in people))
    assert await count(application, Conversation, Ticket) == [50, 50]
    assert len({ticket.number for ticket in await rows(application, Ticket)}) == 50


class Broken(Exception):
    pass


async def _break(*_: object, **__: object) -> None:
    raise Broken


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (history, "store_inbound"),
        (history, "record_files"),
        (history, "ticket_views"),
        (turn, "linked"),
        (turn, "apply_effects"),
        (history, "store_replies"),
        (AsyncSession, "commit"),
    ],
)
async def test_a_failure_anywhere_leaves_nothing_and_a_retry_works(
    application, person, monkeypatch, where, name
):
    await person.say("转人工")  # an earlier ticket, so that its reading can fail too
    before = await count(application, *EVERYTHING)
    message = inbound(person, "once", DANGER)
    with monkeypatch.context() as patched:
        target = AsyncSession if where is AsyncSession else where
        if name == "commit":
            patched.setattr("sqlalchemy.orm.session.SessionTransaction.commit", _fail)
        else:
            patched.setattr(target, name, _break)
        with pytest.raises(Broken):
            await application.turns.handle(message)
    assert await count(application, *EVERYTHING) == before
    result = await application.turns.handle(message)
    assert result.ticket
    assert not result.repeated
    assert await count(application, Conversation, Ticket) == [1, 2]


def _fail(*_: object, **__: object) -> None:
    raise Broken


async def test_a_crash_after_commit_gives_the_stored_answer(application, person, monkeypatch):
    message = inbound(person, "once", DANGER)
    with monkeypatch.context() as patched:
        patched.setattr(application.live, "publish", _break)
        with pytest.raises(Broken):
            await application.turns.handle(message)
    result = await application.turns.handle(message)
    assert (result.repeated, bool(result.ticket), bool(result.replies)) == (True, True, True)
    assert await count(application, Ticket) == [1]


async def test_a_database_that_is_away_is_not_hidden(application, person, monkeypatch):
    async def away(*_: object) -> None:
        raise OperationalError("BEGIN", {}, OSError())

    monkeypatch.setattr(history, "lock_conversation", away)
    with pytest.raises(OperationalError):
        await application.turns.handle(inbound(person, "once", "你好"))


async def test_a_defect_of_the_engine_is_said_kept_and_logged_without_text(
    application, person, monkeypatch, caplog
):
    def broken(*_: object) -> None:
        raise ValueError("老板欠我两万八")

    monkeypatch.setattr(type(application.engine), "advance", broken)
    result = await person.say("老板欠我两万八")
    assert application.engine.replies("trouble", hotline="0871-12351") in person.text
    assert [row.text for row in await rows(application, Message)] == [
        "老板欠我两万八",
        result.replies[0].text,
    ]
    assert "ValueError" in caplog.text
    assert "两万八" not in caplog.text


async def test_what_the_ticket_rules_refuse_is_told(application, person, monkeypatch):
    """The ticket was closed between reading and writing: the message is kept and the reason told."""

    async def closed_meanwhile(*_: object, **__: object) -> None:
        raise AlreadyClosed

    ticket = await with_ticket(person)
    monkeypatch.setattr("bot.effects.service.withdraw", closed_meanwhile)
    message = inbound(person, "withdraw", kind="button", payload=f"t:{ticket.number}:withdraw.yes")
    result = await application.turns.handle(message)
    assert result.replies[0].text == AlreadyClosed().message
    assert (await rows(application, Ticket))[0].open
    assert (await application.turns.handle(message)).replies == result.replies


async def test_without_any_unit_an_emergency_is_still_answered(another, clock: Clock):
    bare: Application = await another()
    person = Player(bare, clock)
    await person.say(DANGER)
    assert "12356" in person.text
    assert person.last.ticket is None
