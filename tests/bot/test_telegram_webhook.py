"""The webhook: only with the secret, 200 only after the commit, repeats harmless."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from bot.channels.telegram_api import BotApi
from bot.channels.telegram_ids import MessageIds
from bot.channels.telegram_intake import Intake
from bot.channels.telegram_webhook import BODY_BYTES, PATH, build_router
from storage.database import Database
from storage.live import LocalLive
from storage.models import Message, OutboxRow, QuarantinedUpdate
from tests.bot.telegram_kit import rows
from tests.bot.telegram_standin import EchoTurn

SECRET = "a-secret-of-good-length"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
CHAT = {"id": 11, "type": "private"}
UPDATE = {"update_id": 9, "message": {"message_id": 5, "date": 1_795_000_000, "chat": CHAT, "text": "你好"}}


@pytest.fixture
def handler(database: Database) -> EchoTurn:
    return EchoTurn(database)


@pytest.fixture
async def client(database: Database, handler: EchoTurn) -> AsyncIterator[httpx.AsyncClient]:
    api = BotApi("1:unused", "http://127.0.0.1:9")
    web = FastAPI()
    web.include_router(build_router(Intake(api, handler, database, LocalLive(), MessageIds()), SECRET))
    transport = httpx.ASGITransport(web)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=HEADERS) as opened:
        yield opened
    await api.close()


async def test_an_update_is_committed_when_200_is_answered(
    client: httpx.AsyncClient, database: Database
) -> None:
    assert (await client.post(PATH, json=UPDATE)).status_code == 200
    assert len(await rows(database, OutboxRow)) == 1


async def test_the_same_update_many_times_at_once_has_one_effect(
    client: httpx.AsyncClient, database: Database
) -> None:
    answers = await asyncio.gather(*(client.post(PATH, json=UPDATE) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(await rows(database, OutboxRow)) == 1


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", "密"])
async def test_without_the_secret_nothing_happens(
    client: httpx.AsyncClient, database: Database, secret: str
) -> None:
    headers = {b"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
    assert (await client.post(PATH, json=UPDATE, headers=headers)).status_code == 403
    assert not await rows(database, Message)


async def test_an_empty_secret_refuses_everybody(database: Database, handler: EchoTurn) -> None:
    api = BotApi("1:unused", "http://127.0.0.1:9")
    web = FastAPI()
    web.include_router(build_router(Intake(api, handler, database, LocalLive(), MessageIds()), ""))
    headers = {"X-Telegram-Bot-Api-Secret-Token": ""}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://test") as client:
        assert (await client.post(PATH, json=UPDATE, headers=headers)).status_code == 403
    await api.close()


async def test_while_the_database_is_away_telegram_is_asked_to_repeat(
    client: httpx.AsyncClient, database: Database, handler: EchoTurn
) -> None:
    handler.errors = [OperationalError("x", {}, Exception())]
    assert (await client.post(PATH, json=UPDATE)).status_code == 503
    assert not await rows(database, Message)
    assert (await client.post(PATH, json=UPDATE)).status_code == 200
    assert len(await rows(database, OutboxRow)) == 1


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 5000, b'{"update_id": 1, "message": 5}'])
async def test_an_unreadable_body_is_kept_once_and_not_asked_for_again(
    client: httpx.AsyncClient, database: Database, body: bytes
) -> None:
    for _ in range(2):
        assert (await client.post(PATH, content=body)).status_code == 200
    assert len(await rows(database, QuarantinedUpdate)) == 1


async def test_a_body_larger_than_any_update_is_refused(
    client: httpx.AsyncClient, database: Database
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES // 65536 + 2):
            yield b"x" * 65536

    assert (await client.post(PATH, content=b"x" * (BODY_BYTES + 1))).status_code == 413
    assert (await client.post(PATH, content=pieces())).status_code == 413
    assert not await rows(database, QuarantinedUpdate)


async def test_an_update_that_breaks_the_turn_is_kept_and_answered_with_200(
    client: httpx.AsyncClient, database: Database, handler: EchoTurn
) -> None:
    handler.poison = KeyError("x")
    poisoned: dict[str, Any] = json.loads(json.dumps(UPDATE))
    poisoned["message"]["text"] = "poison"
    assert (await client.post(PATH, json=poisoned)).status_code == 200
    assert len(await rows(database, QuarantinedUpdate)) == 1
    assert len(await rows(database, OutboxRow)) == 1, "the person is told"
