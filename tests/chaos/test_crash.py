"""kill -9 at random instants: no reply lost, none twice, no second ticket, and nobody waits for a poisoned update.

CHAOS_ROUNDS (default 20) and CHAOS_SEED choose how long and which instants.
"""

import asyncio
import base64
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.cipher import KEY_BYTES
from storage.database import Database
from storage.models import Conversation, Message, OutboxRow, QuarantinedUpdate, Ticket
from tests.bot.fake_bot_api import FakeTelegram
from tests.bot.telegram_kit import rows

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

ROUNDS = int(os.environ.get("CHAOS_ROUNDS", "20"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
TURN = os.environ.get("CHAOS_TURN", "real")  # "echo": without the real turn
CHATS = 25
MESSAGES = 50
KILLS = 1
ROUND_SECONDS = 90
# the second line of a chat; the first is a greeting. Some of them open a ticket at once.
LINES = ("我不想活了", "有人在打架，流血了", "加班费怎么算", "转人工", "年假有几天")
ROOT = Path(__file__).parents[2]


class Bot:
    """The process that is killed and started again."""

    def __init__(self, fake: FakeTelegram, folder: Path) -> None:
        key = base64.b64encode(bytes(range(KEY_BYTES))).decode()
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NIANGJIA_TELEGRAM__TOKEN": fake.token,
            "NIANGJIA_TELEGRAM__BASE_URL": fake.url,
            "NIANGJIA_TELEGRAM__MODE": "polling",
            "NIANGJIA_DATA__FOLDER": str(folder),
            "NIANGJIA_SECURITY__KEYS": f"['{key}']",
            "NIANGJIA_NLU__URL": "off",
        }
        self.log = folder / "bot.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = [sys.executable, "-m", "tests.chaos.runner", *(["echo"] if TURN == "echo" else [])]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                arguments, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, stderr=log
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.strip() == b"ready", self.log.read_text()[-3000:]

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as server:
        server.do("set", latency=[0.0, 0.12], repeat=3)  # every update comes three times at once
        yield server


@pytest.fixture
def bot(fake: FakeTelegram, tmp_path: Path) -> Iterator[Bot]:
    process = Bot(fake, tmp_path)
    yield process
    process.kill()


async def settled(fake: FakeTelegram, database: Database, expected: int) -> bool:
    """True when all updates are confirmed, all turns committed and all replies have an outcome."""
    if (await asyncio.to_thread(fake.report))["waiting"]:
        return False
    inbound = [row for row in await rows(database, Message) if row.direction == "in"]
    outbox = await rows(database, OutboxRow)
    return len(inbound) >= expected and all(row.status in {"sent", "failed"} for row in outbox)


async def play_round(
    fake: FakeTelegram, bot: Bot, database: Database, number: int, dice: random.Random
) -> None:
    chats = [number * 1000 + index for index in range(CHATS)]
    for chat in chats:
        fake.say(chat, "你好")
    for index, chat in enumerate(chats):
        fake.say(chat, LINES[index % len(LINES)])
    for _ in range(KILLS):
        await asyncio.sleep(dice.uniform(0.1, 2.5))
        await asyncio.to_thread(bot.kill)
        if dice.random() < 0.5:
            fake.say(chats[0], "在吗")  # while the bot is down
        await asyncio.to_thread(bot.start)


async def test_kill_9_loses_nothing_and_repeats_nothing(fake: FakeTelegram, bot: Bot, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    bot.start()
    database = Database(f"sqlite:///{tmp_path / 'niangjia.db'}")
    poisoned = [fake.do("update", message={"message_id": 1, "chat": {"id": "?"}, "text": ["poison"]})]
    for number in range(1, ROUNDS + 1):
        started = time.monotonic()
        await play_round(fake, bot, database, number, dice)
        said = [one for one in fake.report()["messages"].values() if not one["bot"]]
        while not await settled(fake, database, len(said)):
            assert time.monotonic() - started < ROUND_SECONDS, f"round {number} did not settle"
            await asyncio.sleep(0.2)
        await check_everything(fake, database, poisoned)
        print(f"round {number}: {time.monotonic() - started:.1f} s")
    assert fake.token not in bot.log.read_text()
    await database.close()


async def check_everything(fake: FakeTelegram, database: Database, poisoned: list[int]) -> None:
    report = fake.report()
    said = Counter(record["chat"] for record in report["messages"].values() if not record["bot"])
    conversations = {row.id: int(row.address) for row in await rows(database, Conversation)}
    messages = await rows(database, Message)
    heard = Counter(conversations[row.conversation_id] for row in messages if row.direction == "in")
    assert heard == said, "every message was taken once"

    answered = {row.reply_to_id for row in messages if row.direction == "out"}
    if TURN != "echo":
        assert {row.id for row in messages if row.direction == "in"} <= answered, "every message was answered"

    outbox = await rows(database, OutboxRow)
    assert {row.status for row in outbox} <= {"sent"}, "every reply has a known outcome"
    for chat in said:
        written = [row.body["text"].strip() for row in outbox if row.address == str(chat)]
        received = [one["text"] for one in report["sent"] if one["chat"] == chat]
        assert received == written, "each reply arrived once, in order"
    assert not [record for record in report["messages"].values() if record.get("edited")], (
        "nothing was overwritten"
    )

    tickets = Counter(row.opened_by_message_id for row in await rows(database, Ticket))
    assert all(count == 1 for count in tickets.values()), "no message opened two tickets"
    if TURN != "echo":
        assert tickets, "the lines do open tickets"
        per_person = Counter(row.conversation_id for row in await rows(database, Ticket))
        assert max(per_person.values()) == 1
    quarantine = await rows(database, QuarantinedUpdate)
    assert [row.external_id for row in quarantine] == [str(number) for number in poisoned]
