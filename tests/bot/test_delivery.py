"""Delivery over the fake Bot API: order, pace, and every way in which a send can end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from bot import limits
from bot.channels.telegram_api import BotApi
from bot.channels.telegram_ids import MessageIds
from bot.channels.telegram_sending import TelegramSender
from bot.delivery import Delivery
from bot.delivery_instance import Instance
from bot.delivery_queue import Pace
from bot.messages import Button, Outbound, SentFile
from storage.database import Database
from storage.live import LocalLive
from storage.models import OutboxRow
from tests.bot.fake_bot_api import FakeTelegram
from tests.bot.telegram_kit import rows

FAST = Pace(limits.TELEGRAM_MESSAGES_PER_SECOND, 0.0)


@dataclass
class Process:
    """One delivering process."""

    delivery: Delivery
    sender: TelegramSender
    api: BotApi
    instance: Instance

    async def close(self) -> None:
        await self.api.close()
        self.instance.close()


class Processes:
    """Starts delivering processes on one database; `die()` is what kill -9 does to a claim."""

    def __init__(self, fake: FakeTelegram, database: Database, folder: Path) -> None:
        self.fake, self.database, self.folder = fake, database, folder
        self.started: list[Process] = []

    def start(self, pace: Pace = FAST, files: dict[str, bytes] | None = None) -> Process:
        api, ids, instance = BotApi(self.fake.token, self.fake.url), MessageIds(), Instance(self.folder)

        async def read(token: str) -> bytes | None:
            return (files or {}).get(token)

        sender = TelegramSender(api, ids, read, pace=pace)
        process = Process(Delivery(self.database, sender, LocalLive(), instance), sender, api, instance)
        self.started.append(process)
        return process

    async def close(self) -> None:
        for process in self.started:
            await process.close()


@pytest.fixture
async def processes(fake: FakeTelegram, database: Database, tmp_path: Path) -> AsyncIterator[Processes]:
    factory = Processes(fake, database, tmp_path / "instances")
    yield factory
    await factory.close()


async def enqueue(database: Database, chat: int, *outbounds: Outbound | str) -> None:
    now = datetime.now(UTC)
    async with database.write() as session:
        for one in outbounds:
            body = (Outbound(one) if isinstance(one, str) else one).to_json()
            session.add(
                OutboxRow(channel="telegram", address=str(chat), body=body, not_before=now, created_at=now)
            )
            await session.flush()


async def make_due(database: Database) -> None:
    """Let back-off and claims of other processes be over."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    async with database.write() as session:
        await session.execute(
            update(OutboxRow)
            .where(OutboxRow.status.in_(("pending", "sending")))
            .values(not_before=past, claimed_at=past - timedelta(seconds=60))
        )


async def outcome(database: Database) -> list[tuple[str, str | None]]:
    async with database.read() as session:
        found = await session.execute(select(OutboxRow.status, OutboxRow.last_error).order_by(OutboxRow.id))
        return [(status, error) for status, error in found]


async def drain(process: Process, database: Database, times: int = 4) -> None:
    for _ in range(times):
        await process.delivery.drain()
        await make_due(database)
        process.delivery._look_at.clear()


async def test_messages_of_a_person_go_out_in_order_and_one_by_one(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    fake.do("set", latency=[0.0, 0.02])
    await enqueue(database, 11, *"甲乙丙丁")
    await enqueue(database, 12, *"一二")
    await processes.start().delivery.drain()
    assert fake.texts(11) == list("甲乙丙丁")
    assert fake.texts(12) == list("一二")
    assert {status for status, _ in await outcome(database)} == {"sent"}


async def test_two_processes_send_everything_once_and_in_order(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    fake.do("set", latency=[0.0, 0.02])
    for chat in range(11, 17):
        await enqueue(database, chat, *"甲乙丙")
    await asyncio.gather(*(processes.start().delivery.drain() for _ in range(3)))
    await processes.start().delivery.drain()
    for chat in range(11, 17):
        assert fake.texts(chat) == list("甲乙丙")


async def test_one_message_a_second_to_a_person_and_thirty_over_all(
    fake: FakeTelegram, sqlite_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    processes = Processes(fake, database, tmp_path / "instances")
    await enqueue(database, 11, *"甲乙丙")
    for chat in range(100, 145):
        await enqueue(database, chat, "大家好")
    pace = Pace(
        limits.TELEGRAM_MESSAGES_PER_SECOND, limits.TELEGRAM_SECONDS_BETWEEN_MESSAGES_PER_PRIVATE_CHAT
    )
    workers = [processes.start(pace), processes.start(pace)]
    tasks = [asyncio.create_task(worker.delivery.run()) for worker in workers]
    async with asyncio.timeout(15):
        while len(fake.report()["sent"]) < 48:  # noqa: ASYNC110 - the report lives in another process
            await asyncio.sleep(0.2)
    for worker in workers:
        worker.delivery.stop()
    await asyncio.gather(*tasks)
    sent = fake.report()["sent"]
    own = [one["at"] for one in sent if one["chat"] == 11]
    assert all(later - earlier >= 0.95 for earlier, later in pairwise(own))
    times = sorted(one["at"] for one in sent)
    assert all(times[i + 30] - times[i] > 0.95 for i in range(len(times) - 30))
    await processes.close()
    await database.close()


async def test_a_long_text_is_split_and_buttons_stand_under_its_end(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    long = "。".join(["工会" * 30] * 150)
    await enqueue(database, 11, Outbound(long, (Button("好", "go:menu"), Button("不好", "go:help"))), "后面")
    await processes.start().delivery.drain()
    sent = fake.report()["sent"]
    assert len(sent) == 4
    assert "".join(one["text"] for one in sent[:3]) == long
    assert [bool(one["markup"]) for one in sent] == [False, False, True, False]
    assert sent[3]["text"] == "后面"


async def test_files_follow_the_text(fake: FakeTelegram, database: Database, processes: Processes) -> None:
    files = (SentFile("a", "通知.docx", "application/docx"), SentFile("b", "图.png", "image/png"))
    await enqueue(
        database, 11, Outbound("请看", (), files), Outbound("", (), (SentFile("gone", "x.pdf", "x"),)), "完"
    )
    await processes.start(files={"a": b"12345", "b": b"123"}).delivery.drain()
    sent = fake.report()["sent"]
    assert [one.get("text") or one.get("document") or one.get("photo") for one in sent] == [
        "请看", "<通知.docx:5>", "<图.png:3>", "完",
    ]  # fmt: skip
    assert [status for status, _ in await outcome(database)] == ["sent", "failed", "sent"]


@pytest.mark.parametrize("chat", [13, 404])
async def test_who_blocked_the_bot_or_never_existed_gets_nothing_more(
    fake: FakeTelegram, database: Database, processes: Processes, chat: int
) -> None:
    fake.do("set", blocked=[13])
    await enqueue(database, chat, "甲")
    await enqueue(database, 11, "乙")
    await processes.start().delivery.drain()
    (status, error), (other, _) = await outcome(database)
    assert (status, other) == ("failed", "sent")
    assert error is not None
    assert error[:3] in {"400", "403"}


async def test_too_many_requests_to_one_person_delays_only_them(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    fake.do("order", method="sendMessage", chat=11, code=429, retry_after=30)
    await enqueue(database, 11, "甲", "乙")
    await enqueue(database, 12, "丙")
    process = processes.start()
    await process.delivery.drain()
    assert (fake.texts(11), fake.texts(12)) == ([], ["丙"])
    waiting = (await rows(database, OutboxRow))[0]
    assert 25 < (waiting.not_before - datetime.now(UTC)).total_seconds() <= 30
    await make_due(database)
    await process.delivery.drain()
    assert fake.texts(11) == ["甲", "乙"]


async def test_too_many_requests_for_many_people_pauses_the_channel(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    for chat in (11, 12, 13):
        fake.do("order", method="sendMessage", chat=chat, code=429, retry_after=30)
        await enqueue(database, chat, "甲")
    process = processes.start()
    await process.delivery.drain()
    await enqueue(database, 14, "乙")
    await processes.start().delivery.drain()
    assert fake.texts(14) == []


TROUBLES: list[dict[str, Any]] = [
    {"code": 502, "carried_out": True},
    {"code": 502},
    {"code": 0, "cut": True, "carried_out": True},
    {"code": 0, "cut": True},
]


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_send_of_unknown_outcome_is_neither_lost_nor_repeated(
    fake: FakeTelegram, database: Database, processes: Processes, trouble: dict[str, Any]
) -> None:
    fake.do("order", method="sendMessage", chat=11, **trouble)
    await enqueue(database, 11, "甲", "乙")
    await enqueue(database, 12, "丙")
    await drain(processes.start(), database)
    assert fake.texts(11) == ["甲", "乙"]
    assert not [record for record in fake.report()["messages"].values() if record.get("edited")]
    assert {status for status, _ in await outcome(database)} == {"sent"}


@pytest.mark.parametrize("reached", [True, False])
@pytest.mark.parametrize("between", [0, 5])
async def test_after_kill_9_the_message_is_found_or_sent_again(
    fake: FakeTelegram, database: Database, processes: Processes, reached: bool, between: int
) -> None:
    """The process dies after the claim; the call reached Telegram or did not; others' messages lie between."""
    buttons = (Button("好", "go:menu"),)
    await enqueue(database, 11, "从前")
    dead = processes.start()
    await dead.delivery.drain()
    await enqueue(database, 11, Outbound("甲", buttons), "乙")
    async with database.write() as session:
        from bot import delivery_queue as queue

        (job,) = await queue.claim(
            session,
            "telegram",
            dead.instance.name,
            datetime.now(UTC),
            pace=FAST,
            most=1,
            highest=dead.sender.highest_id(),
        )
    for number in range(between):
        fake.say(50 + number, "别人")
    if reached:
        await dead.sender.send(job)
    await dead.close()
    processes.started.remove(dead)

    heir = processes.start()
    await heir.delivery.drain()
    assert fake.texts(11)[1:] == (["甲"] if reached else []), "not before the call had time to settle"
    await drain(heir, database)
    assert fake.texts(11) == ["从前", "甲", "乙"]
    assert {status for status, _ in await outcome(database)} == {"sent"}


async def test_a_file_of_unknown_outcome_is_found(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    fake.do("order", method="sendDocument", chat=11, code=502, carried_out=True)
    await enqueue(database, 11, Outbound("请看", (), (SentFile("a", "通知.docx", "application/docx"),)))
    await drain(processes.start(files={"a": b"12345"}), database)
    assert len(fake.report()["sent"]) == 2
    assert {status for status, _ in await outcome(database)} == {"sent"}


async def test_a_row_that_a_living_process_is_sending_is_left_alone(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    await enqueue(database, 11, "甲", "乙")
    living = processes.start()
    async with database.write() as session:
        from bot import delivery_queue as queue

        await queue.claim(
            session, "telegram", living.instance.name, datetime.now(UTC), pace=FAST, most=1, highest=0
        )
        await session.execute(update(OutboxRow).values(claimed_at=datetime.now(UTC) - timedelta(minutes=1)))
    await processes.start().delivery.drain()
    assert fake.texts(11) == []
    await make_due(database)  # its claim is over: it hangs
    await processes.start().delivery.drain()
    assert fake.texts(11) == ["甲", "乙"]


async def test_while_telegram_fails_nothing_is_decided_and_then_everything_goes_out(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    fake.do("order", method="sendMessage", chat=11, code=500, carried_out=True)
    fake.do("order", method="editMessageText", chat=11, code=500, times=3)
    await enqueue(database, 11, "甲")
    await drain(processes.start(), database, times=6)
    assert fake.texts(11) == ["甲"]
    assert await outcome(database) == [("sent", None)]


async def test_without_a_connection_the_row_waits(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    await enqueue(database, 11, "甲")
    process = processes.start()
    away = BotApi(fake.token, "http://127.0.0.1:9")
    here, process.sender._api = process.sender._api, away
    await process.delivery.drain()
    assert (await outcome(database))[0] == ("pending", "ConnectError")
    process.sender._api = here
    await drain(process, database, times=2)
    assert fake.texts(11) == ["甲"]
    await away.close()


async def test_a_wrong_token_pauses_the_channel_and_fails_nothing(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    await enqueue(database, 11, "甲")
    process = processes.start()
    wrong = BotApi("1:wrong", fake.url)
    here, process.sender._api = process.sender._api, wrong
    await process.delivery.drain()
    assert (await outcome(database))[0][0] == "pending"
    process.sender._api = here
    await wrong.close()


async def test_a_row_that_cannot_be_read_does_not_stop_the_others(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    await enqueue(database, 11, "甲", "乙")
    async with database.write() as session:
        await session.execute(text("UPDATE outbox SET body = :junk WHERE id = 1"), {"junk": b"junk"})
    await drain(processes.start(), database, times=2)
    assert fake.texts(11) == ["乙"]
    assert (await outcome(database))[0][0] == "failed"


async def test_a_group_is_refused(fake: FakeTelegram, database: Database, processes: Processes) -> None:
    await enqueue(database, -100, "甲")
    await processes.start().delivery.drain()
    assert await outcome(database) == [("failed", "not a private chat")]


async def test_an_edit_that_does_not_say_what_it_did_decides_nothing(
    fake: FakeTelegram, database: Database, processes: Processes
) -> None:
    fake.do("order", method="sendMessage", chat=11, code=502, carried_out=True)
    fake.do("order", method="editMessageText", chat=11, code=400, description="Bad Request: something new")
    await enqueue(database, 11, "甲", "乙")
    await drain(processes.start(), database)
    assert fake.texts(11) == ["甲", "乙"]
    (status, error), _ = await outcome(database)
    assert status == "failed"
    assert error is not None
    assert error.startswith("outcome unknown")
