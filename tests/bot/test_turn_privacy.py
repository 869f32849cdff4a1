"""Nothing a worker says is readable in the logs or in the database file."""

import io
import logging
from pathlib import Path

import pytest

from bot import logs
from storage.models import Message, Miss
from tests.bot.turn_kit import PHONE, rows, to_review
from tests.playing import Player

ID_NUMBER = "530102199001011234"
CARD = "6222021234567890123"
NAME = "欧阳翠花"
WORDS = "我叫欧阳翠花，身份证530102199001011234，卡号6222021234567890123，电话13887123456，老板卷钱跑了"
SECRETS = (PHONE, "138 8712 3456", ID_NUMBER, CARD, NAME, "老板卷钱跑了", WORDS)


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


async def _conversation(person: Player) -> None:
    await person.say(WORDS)
    await person.say("转人工")
    await to_review(person)
    await person.press("提交")
    await person.say(WORDS)


async def test_no_log_record_has_a_word_or_a_number_of_the_worker(log, application, person):
    logging.getLogger("bot.test").debug("begin")
    await _conversation(person)
    written = log.getvalue()
    assert "begin" in written
    assert [secret for secret in SECRETS if secret in written] == []


async def test_a_failing_statement_does_not_quote_what_was_written(log, application, person, monkeypatch):
    def broken(*_: object) -> None:
        raise ValueError(WORDS)

    monkeypatch.setattr(type(application.engine), "advance", broken)
    await person.say(WORDS)
    broke = RuntimeError(WORDS)
    logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=broke)
    written = log.getvalue()
    assert "ValueError" in written
    assert "RuntimeError" in written
    assert [secret for secret in SECRETS if secret in written] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a file is looked at
async def test_the_database_file_holds_neither_number_nor_text(application, person, settings):
    await _conversation(person)
    await person.say("高新区那家馆子的彩云酱不好吃")
    async with application.database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = settings.data.folder
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    stored = b"".join(path.read_bytes() for path in (file, *file.parent.glob(f"{file.name}-*")))
    assert "官渡区".encode() in stored  # what lists filter by is readable: the search below is no empty one
    wanted = (*SECRETS, "彩云酱", "请工会帮我要工资")
    assert [secret for secret in wanted if secret.encode() in stored] == []
    assert not (folder / "niangjia.db").exists() or file.parent != folder
    assert person.last.replies


async def test_a_miss_is_kept_without_numbers(application, person):
    await person.say(f"彩云酱多少钱一瓶，电话{PHONE}")
    misses = await rows(application, Miss)
    assert all(PHONE not in miss.text for miss in misses)
    assert (await rows(application, Message, Message.direction == "in"))[0].text.endswith(PHONE)
