"""Polling: nothing is confirmed before it is committed, and no update stands in another's way."""

import json
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels.telegram_polling import CURSOR, Progress
from storage.database import Database
from storage.models import Cursor, OutboxRow, QuarantinedUpdate
from tests.bot.fake_bot_api import FakeTelegram
from tests.bot.telegram_kit import make_channel, rows, running, until
from tests.bot.telegram_standin import EchoTurn


async def test_messages_are_answered_and_confirmed(
    fake: FakeTelegram, database: Database, tmp_path: Path
) -> None:
    fake.say(11, "甲")
    fake.say(12, "乙")
    channel = make_channel(fake.url, fake.token, EchoTurn(database), database, tmp_path)
    async with running(channel):
        await until(lambda: len(fake.report()["sent"]) == 2)
        await until(lambda: not fake.report()["waiting"])
    assert fake.texts(11) == ["echo 甲"]
    assert fake.texts(12) == ["echo 乙"]
    cursors = {row.name: row.value for row in await rows(database, Cursor)}
    assert json.loads(cursors[CURSOR])["offset"] == 700_000_003


async def test_an_update_that_always_arrives_three_times_has_one_effect(
    fake: FakeTelegram, database: Database, tmp_path: Path
) -> None:
    fake.do("set", repeat=3)
    for number in range(4):
        fake.say(11, f"{number}")
    handler = EchoTurn(database)
    async with running(make_channel(fake.url, fake.token, handler, database, tmp_path)):
        await until(lambda: len(fake.texts(11)) == 4)
    assert fake.texts(11) == [f"echo {number}" for number in range(4)]
    assert len(handler.seen) == 4


async def test_a_slow_chat_does_not_hold_up_others_and_keeps_its_order(
    fake: FakeTelegram, database: Database, tmp_path: Path
) -> None:
    handler = EchoTurn(database)
    handler.slow["11"] = 1.0
    for text in "甲乙":
        fake.say(11, text)
    fake.say(12, "快")
    async with running(make_channel(fake.url, fake.token, handler, database, tmp_path)):
        await until(lambda: fake.texts(12))
        assert not fake.texts(11)
        assert fake.report()["waiting"], "an update under way must not be confirmed"
        fake.say(13, "后来")
        await until(lambda: fake.texts(13))
        await until(lambda: len(fake.texts(11)) == 2)
    assert [inbound.text for inbound in handler.seen if inbound.address == "11"] == ["甲", "乙"]


POISONED = [
    {"message": {"message_id": "x", "date": 1, "chat": {"id": 5, "type": "private"}, "text": "t"}},
    {"message": {"message_id": 7, "chat": "nobody"}},
    {"message": 17},
    {"callback_query": {"id": 5, "from": {"id": 6}, "data": []}},
]


@pytest.mark.parametrize("content", POISONED)
async def test_an_unreadable_update_goes_to_quarantine_and_others_are_served(
    fake: FakeTelegram, database: Database, tmp_path: Path, content: dict[str, object]
) -> None:
    fake.do("set", repeat=2)
    number = fake.do("update", **content)
    fake.say(12, "乙")
    async with running(make_channel(fake.url, fake.token, EchoTurn(database), database, tmp_path)):
        await until(lambda: fake.texts(12) and not fake.report()["waiting"])
    kept = await rows(database, QuarantinedUpdate)
    assert [row.external_id for row in kept] == [str(number)]
    assert json.loads(kept[0].raw)["update_id"] == number


async def test_an_update_that_breaks_the_turn_is_kept_and_the_person_told_once(
    fake: FakeTelegram, database: Database, tmp_path: Path
) -> None:
    handler = EchoTurn(database)
    handler.poison = ValueError("poison")
    fake.do("set", repeat=3)
    fake.say(11, "poison")
    fake.say(11, "后面")
    async with running(make_channel(fake.url, fake.token, handler, database, tmp_path)):
        await until(lambda: len(fake.texts(11)) == 2)
    sorry, answer = fake.texts(11)
    assert "/human" in sorry
    assert answer == "echo 后面"
    assert len(await rows(database, QuarantinedUpdate)) == 1


async def test_while_the_database_is_away_the_update_waits_and_is_not_confirmed(
    fake: FakeTelegram, database: Database, tmp_path: Path
) -> None:
    handler = EchoTurn(database)
    handler.errors = [OperationalError("select", {}, Exception("away")), ConnectionRefusedError()]
    fake.say(11, "甲")
    async with running(make_channel(fake.url, fake.token, handler, database, tmp_path)):
        await until(lambda: fake.texts(11))
    assert not await rows(database, QuarantinedUpdate)


async def test_a_defect_that_looks_like_an_outage_does_not_block_the_chat_forever(
    fake: FakeTelegram, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram_polling.BACKOFF_MOST_SECONDS", 0.05)
    handler = EchoTurn(database)
    handler.poison = TimeoutError()
    fake.say(11, "poison")
    fake.say(11, "后面")
    async with running(make_channel(fake.url, fake.token, handler, database, tmp_path)):
        await until(lambda: "echo 后面" in fake.texts(11))
    assert len(await rows(database, QuarantinedUpdate)) == 1


async def test_network_errors_and_a_second_poller_only_delay(
    fake: FakeTelegram, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram_polling.ANOTHER_POLLER_SECONDS", 0.2)
    for order in ({"code": 502}, {"code": 429, "retry_after": 1}, {"code": 409}, {"cut": True, "code": 0}):
        fake.do("order", method="getUpdates", chat="None", **order)
    fake.say(11, "甲")
    async with running(make_channel(fake.url, fake.token, EchoTurn(database), database, tmp_path)):
        await until(lambda: fake.texts(11))


async def test_pressing_an_old_button_is_acknowledged_and_understood(
    fake: FakeTelegram, database: Database, tmp_path: Path
) -> None:
    fake.do("press", chat=11, data="s:1:amount:2", message_id=3, callback_id="old")
    fake.do("press", chat=11, data="go:menu")
    handler = EchoTurn(database)
    async with running(make_channel(fake.url, fake.token, handler, database, tmp_path)):
        await until(lambda: len(fake.texts(11)) == 2)
    assert [(one.kind, one.payload) for one in handler.seen] == [
        ("button", "s:1:amount:2"),
        ("button", "go:menu"),
    ]
    answered = [call for call in fake.report()["calls"] if call["method"] == "answerCallbackQuery"]
    assert len(answered) == 2


async def test_files_are_fetched_and_too_large_ones_refused(
    fake: FakeTelegram, database: Database, tmp_path: Path
) -> None:
    fake.do("put_file", name="small", size=1000)
    fake.do("put_file", name="large", size=21 * 1024 * 1024)
    sizes = [{"file_id": "tiny", "file_size": 10}, {"file_id": "small", "file_size": 1000}]
    fake.do("say", chat=11, photo=sizes, caption="工资条")
    fake.do("say", chat=11, document={"file_id": "large", "file_name": "a.pdf"})
    fake.do("say", chat=11, voice={"file_id": "gone", "duration": 3})
    fake.do("order", method="getFile", chat="None", code=502)
    handler = EchoTurn(database)
    async with running(make_channel(fake.url, fake.token, handler, database, tmp_path)):
        await until(lambda: len(handler.seen) == 3)
    photo, document, voice = handler.seen
    assert (photo.kind, photo.text, len(photo.files[0].data)) == ("photo", "工资条", 1000)
    assert (document.kind, document.refused_file, document.files) == ("document", "too_large", ())
    assert (voice.kind, voice.refused_file) == ("voice", "failed")


async def test_the_quarantine_tells_nobody_when_the_sender_is_unknown(
    fake: FakeTelegram, database: Database, tmp_path: Path
) -> None:
    fake.do("update", message={"message_id": 7, "chat": {"id": -5, "type": "group"}, "text": 5})
    async with running(make_channel(fake.url, fake.token, EchoTurn(database), database, tmp_path)):
        await until(lambda: not fake.report()["waiting"])
    assert not await rows(database, OutboxRow)


def test_progress_confirms_only_below_the_first_open_update() -> None:
    progress = Progress()
    assert progress.offset is None
    assert all(progress.begin(number) for number in (5, 6, 7))
    progress.end(6)
    progress.end(7)
    assert progress.offset == 5
    assert not progress.begin(6), "a finished update above the offset comes again with every poll"
    progress.end(5)
    assert progress.offset == 8


def test_an_update_that_a_poll_in_flight_brings_again_is_not_begun_again():
    progress = Progress()
    progress.begin(1)
    progress.begin(2)
    progress.end(1)
    progress.end(2)
    assert not progress.begin(2)
    assert not progress.begin(1)
    assert progress.begin(3)


def test_an_earlier_update_still_under_way_holds_the_line_open_for_its_neighbours():
    progress = Progress()
    progress.begin(2)
    progress.begin(4)
    progress.end(4)
    assert progress.offset == 2
    assert progress.begin(3)  # not seen yet, though a later one is done
