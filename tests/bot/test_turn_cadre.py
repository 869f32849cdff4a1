"""While a cadre talks the bot is silent; nothing is lost; emergencies are answered; then the bot is back."""

import pytest

from bot.messages import IncomingFile
from storage.models import Attachment, Conversation, Message, Ticket, TicketEvent
from tests.bot.turn_kit import DANGER, cadre_of, cadre_says, count, inbound, photo, rows, with_ticket
from tickets import service
from tickets.values import EventKind


@pytest.fixture
async def ticket(application, person):
    """A ticket whose cadre has just answered."""
    opened = await with_ticket(person)
    await cadre_says(application, opened, "您好，我是区总工会的，材料收到了。")
    return opened


async def test_the_bot_is_silent_and_the_message_lands_in_the_ticket(application, person, ticket):
    result = await person.say("老板今天又打电话来骂人")
    assert result.replies == ()
    kept = (await rows(application, Message, Message.text.is_not(None)))[-1]
    assert (kept.text, kept.ticket_id, kept.direction) == ("老板今天又打电话来骂人", ticket.id, "in")
    added = await rows(application, TicketEvent, TicketEvent.kind == EventKind.WORKER_ADDED.value)
    assert len(added) == 1


async def test_a_repeated_message_lands_there_once(application, person, ticket):
    message = inbound(person, "twice", "我再补一句")
    for repeated in (False, True):
        result = await application.turns.handle(message)
        assert (result.replies, result.repeated) == ((), repeated)
    assert (
        len(await rows(application, Message, Message.ticket_id == ticket.id, Message.direction == "in")) == 2
    )


async def test_an_emergency_is_answered_all_the_same(application, person, ticket):
    await person.say(DANGER)
    assert "12356" in person.text
    assert person.last.ticket not in (None, ticket.number)
    talk = (await rows(application, Conversation))[0]
    assert talk.human_ticket_id == ticket.id


async def test_asking_for_the_state_works(application, person, ticket):
    result = await application.turns.handle(inbound(person, "status", kind="button", payload="go:status"))
    assert ticket.number in result.replies[0].text


async def test_a_photo_reaches_the_cadre(application, person, ticket):
    sent = IncomingFile("工资条.jpg", photo())
    result = await application.turns.handle(inbound(person, "photo", kind="photo", files=(sent,)))
    assert result.replies == ()
    assert [file.ticket_id for file in await rows(application, Attachment)] == [ticket.id]


async def test_after_hand_back_the_bot_answers(application, person, ticket, clock):
    cadre = await cadre_of(application, ticket)
    async with application.database.write() as session:
        await service.hand_back(session, cadre, ticket.id, clock())
    assert (await person.say("你好")).replies


async def test_nobody_is_left_alone_with_a_closed_ticket(application, person, ticket):
    """Whatever closed the ticket without handing back: the bot takes over instead of failing or being silent."""
    async with application.database.write() as session:
        (await session.get_one(Ticket, ticket.id)).open = False
    assert (await person.say("你好")).replies
    talk = (await rows(application, Conversation))[0]
    assert talk.human_ticket_id is None
    assert await count(application, Ticket) == [1]
