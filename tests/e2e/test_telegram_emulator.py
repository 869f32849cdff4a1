"""Our fake and telegram-test-api (npm, written by others) keep one contract; the channel works on both."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from bot.channels.telegram_api import BotApi, RejectedError
from storage.database import Database
from tests.bot.fake_bot_api import FakeTelegram
from tests.bot.telegram_kit import make_channel, running, until
from tests.bot.telegram_standin import EchoTurn

FOLDER = Path(__file__).with_name("telegram_emulator")
MARKUP = {"inline_keyboard": [[{"text": "好", "callback_data": "go:menu"}]]}


class Peer(Protocol):
    """A Bot API server and the hand of the person who writes to the bot."""

    url: str
    token: str

    def say(self, chat: int, text: str) -> Any: ...

    def press(self, chat: int, data: str) -> Any: ...

    def texts(self, chat: int) -> list[str]: ...


class Fake(FakeTelegram):
    """Our own server, as a Peer."""

    def press(self, chat: int, data: str) -> Any:
        return self.do("press", chat=chat, data=data, message_id=1)


class Emulator:
    """telegram-test-api in a process of its own."""

    token = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcQ"

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "start.js"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self._client = httpx.Client(base_url=self.url, trust_env=False)

    def _common(self, chat: int) -> dict[str, Any]:
        person = {"id": chat, "first_name": "W", "is_bot": False}
        return {"from": person, "chat": {"id": chat, "type": "private"}, "date": 1_795_000_000}

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._client.post(path, json={"botToken": self.token, **body})
        answer.raise_for_status()
        return answer.json()["result"]

    def say(self, chat: int, text: str) -> Any:
        return self._post("/sendMessage", {**self._common(chat), "text": text})

    def press(self, chat: int, data: str) -> Any:
        common = self._common(chat)
        message = {**common, "message_id": 1}
        return self._post("/sendCallback", {"from": common["from"], "message": message, "data": data})

    def texts(self, chat: int) -> list[str]:
        history = self._post("/getUpdatesHistory", {"token": self.token})
        messages = [one["message"] for one in history if "message" in one]
        return [one["text"] for one in messages if str(one.get("chat_id")) == str(chat)]

    def buttons(self, chat: int) -> dict[str, str]:
        """Payloads of every inline button that was sent to the chat, by label; the newest wins."""
        history = self._post("/getUpdatesHistory", {"token": self.token})
        mine = [one["message"] for one in history if str(one.get("message", {}).get("chat_id")) == str(chat)]
        found: dict[str, str] = {}
        for message in mine:
            markup = message.get("reply_markup") or {}
            markup = json.loads(markup) if isinstance(markup, str) else markup
            found |= {b["text"]: b["callback_data"] for row in markup.get("inline_keyboard", []) for b in row}
        return found

    def close(self) -> None:
        self._client.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(5)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def emulator_installed() -> None:
    """Install the locked packages once; a machine without Node.js can't run these tests."""
    if shutil.which("npm") is None:
        pytest.fail("npm is not installed: tests/system_packages.sh installs it")
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, capture_output=True)


@pytest.fixture(params=["fake", pytest.param("emulator", marks=pytest.mark.emulator)])
def peer(request: pytest.FixtureRequest) -> Iterator[Peer]:
    if request.param == "fake":
        with Fake() as server:
            yield server
        return
    request.getfixturevalue("emulator_installed")
    emulator = Emulator()
    yield emulator
    emulator.close()


@pytest.fixture
async def api(peer: Peer) -> AsyncIterator[BotApi]:
    opened = BotApi(peer.token, peer.url)
    yield opened
    await opened.close()


async def test_the_bot_knows_itself(api: BotApi) -> None:
    assert (await api.call("getMe"))["is_bot"] is True
    assert await api.call("deleteWebhook") is True
    assert await api.call("setMyCommands", commands=[{"command": "help", "description": "x"}]) is True


async def test_message_ids_grow_over_all_chats(peer: Peer, api: BotApi) -> None:
    peer.say(12, "在吗")
    first = await api.call("sendMessage", chat_id=11, text="甲", reply_markup=MARKUP)
    peer.say(12, "在吗")
    second = await api.call("sendMessage", chat_id=12, text="乙")
    assert second["message_id"] > first["message_id"] + 1
    assert first["chat"]["id"] == 11
    assert first["date"] < 2**33, "seconds"
    assert peer.texts(11) == ["甲"]


async def test_editing_tells_whose_message_an_id_is(peer: Peer, api: BotApi) -> None:
    peer.say(11, "在吗")
    sent = (await api.call("sendMessage", chat_id=11, text="甲", reply_markup=MARKUP))["message_id"]

    async def probe(message_id: int, chat: int = 11, text: str = "甲") -> str:
        with pytest.raises(RejectedError) as caught:
            await api.call(
                "editMessageText", chat_id=chat, message_id=message_id, text=text, reply_markup=MARKUP
            )
        return caught.value.description

    assert "message is not modified" in await probe(sent)
    assert "message to edit not found" in await probe(sent, chat=12)
    assert "message to edit not found" in await probe(sent + 1)
    assert "message can't be edited" in await probe(sent - 1)
    edited = await api.call("editMessageText", chat_id=11, message_id=sent, text="乙", reply_markup=MARKUP)
    assert edited["message_id"] == sent


async def test_updates_arrive_with_growing_ids(peer: Peer, api: BotApi) -> None:
    peer.say(11, "在吗")
    peer.press(11, "go:menu")
    message, callback = await api.get_updates(None, limit=100, seconds=0)
    assert message["message"]["text"] == "在吗"
    assert message["message"]["chat"] == {"id": 11, "type": "private"} | message["message"]["chat"]
    assert callback["callback_query"]["data"] == "go:menu"
    assert callback["callback_query"]["chat_instance"] == "1"
    assert callback["update_id"] > message["update_id"]
    assert await api.call("answerCallbackQuery", callback_query_id=callback["callback_query"]["id"]) is True
    assert await api.get_updates(callback["update_id"] + 1, limit=100, seconds=0) == []


async def test_a_conversation_from_end_to_end(peer: Peer, sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    handler = EchoTurn(database)
    async with running(make_channel(peer.url, peer.token, handler, database, tmp_path)):
        peer.say(11, "/start")
        await until(lambda: peer.texts(11))
        await asyncio.to_thread(peer.press, 11, "go:menu")
        await until(lambda: len(peer.texts(11)) == 2)
        peer.say(12, "拖欠工资")
        await until(lambda: peer.texts(12))
    assert peer.texts(11) == ["echo /start", "echo go:menu"]
    assert [one.kind for one in handler.seen] == ["text", "button", "text"]
    await database.close()
