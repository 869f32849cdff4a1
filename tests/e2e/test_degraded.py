"""Rasa is killed in the middle of a conversation: nobody notices, and it comes back by itself."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot import accounts
from bot.app import Application, build
from bot.config import Settings
from nlu import training
from nlu.breaker import CircuitBreaker
from nlu.rasa_client import RasaUnderstander
from storage.models import Message
from tests.bot.turn_kit import PHONE, rows
from tests.playing import Clock, Player

pytestmark = [pytest.mark.rasa, pytest.mark.slow, pytest.mark.timeout(600)]

READY_SECONDS = 240.0


@pytest.fixture
async def application(sqlite_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    """The application with a Rasa child of its own; searching by words, as vectors play no part here."""
    model = await asyncio.to_thread(training.ensure_model)
    (tmp_path / "models").symlink_to(model.parent.resolve())
    settings = Settings.model_validate({
        "data": {"folder": tmp_path}, "database": {"url": sqlite_url}, "nlu": {"timeout_seconds": 20},
    })  # fmt: skip
    built = await build(settings, clock=clock, embedder=None)
    await accounts.first_start(built)
    yield built
    await built.aclose()


async def until(condition: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - another process changes the condition
            await asyncio.sleep(0.1)


async def sources(application: Application) -> list[str]:
    """Who understood the messages so far, in order; messages that needed no model are left out."""
    kept = await rows(application, Message, Message.direction == "in")
    return [row.understanding["source"] for row in kept if row.understanding]


async def test_a_conversation_survives_the_death_of_the_model(application, clock, caplog):
    rasa = application.rasa
    assert rasa is not None
    person = Player(application, clock, channel="webchat")
    await rasa.wait_ready(READY_SECONDS)
    await person.say("老板欠我工资不给，在官渡区")
    assert (await sources(application))[-1] == "model"
    await person.press("请工会帮我要工资")

    first = rasa.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await person.say("申请仲裁要交钱吗")  # at once, before anybody knows that it is gone
    assert (await sources(application))[-1] == "keywords"
    assert application.engine.replies("trouble", hotline="0871-12351") not in person.text
    for words in ("一共两万八", "三个月", "5个人", "恒泰劳务"):
        if "打电话" not in person.text:
            await person.say(words)
    await person.press("同意")
    await person.say(PHONE)
    await person.press("提交")
    ticket = await person.ticket()
    assert (ticket.category, ticket.amount_yuan) == ("wage_arrears", 28000)

    await until(lambda: rasa.ready and rasa.pid != first)
    rest = CircuitBreaker()._rest_seconds
    assert isinstance(application.understander, RasaUnderstander)
    await asyncio.sleep(rest + 0.1)
    await person.say("被老板辞退了有没有补偿")
    assert (await sources(application))[-1] == "model"
    assert rasa.restarts >= 1
    assert "Traceback" not in caplog.text
