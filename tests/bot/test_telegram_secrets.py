"""The bot token is part of every address: it must reach no log and no exception."""

import logging
import traceback
from pathlib import Path

import httpx
import pytest

from bot.channels import telegram_api
from bot.channels.telegram_api import BotApi, BotApiError
from storage.database import Database
from tests.bot.fake_bot_api import FakeTelegram
from tests.bot.telegram_kit import make_channel, running, until
from tests.bot.telegram_standin import EchoTurn

SECRET_TEXT = "我的身份证号是530102199001011234"


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    for name in telegram_api.NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    return caplog


async def test_a_whole_run_with_failures_logs_neither_token_nor_text(
    fake: FakeTelegram, sqlite_url: str, tmp_path: Path, everything_logged: pytest.LogCaptureFixture
) -> None:
    database = Database(sqlite_url)
    handler = EchoTurn(database)
    handler.poison = ValueError(SECRET_TEXT)
    for method in ("getUpdates", "sendMessage", "getFile", "answerCallbackQuery"):
        fake.do("order", method=method, chat="None" if method != "sendMessage" else 11, code=502)
    fake.do("order", method="getUpdates", chat="None", code=0, cut=True)
    fake.do("say", chat=11, voice={"file_id": "gone"})
    fake.do("press", chat=11, data="go:menu")
    fake.say(11, SECRET_TEXT)
    fake.say(12, "poison")
    async with running(make_channel(fake.url, fake.token, handler, database, tmp_path)):
        await until(lambda: fake.texts(12) and len(fake.texts(11)) >= 3, 30)
    await database.close()
    assert everything_logged.text, "the failures are logged"
    assert fake.token not in everything_logged.text
    assert fake.token.split(":")[1] not in everything_logged.text
    assert "530102199001011234" not in everything_logged.text


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "http://bad host", "nonsense://x"])
async def test_no_exception_carries_the_token(base: str) -> None:
    api = BotApi("4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcQ", base)
    with pytest.raises(BotApiError) as caught:
        await api.call("getMe")
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "AAFD39" not in shown
    await api.close()


async def test_a_description_that_repeats_the_address_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    api = BotApi("4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcQ", "http://127.0.0.1:9")

    async def refuse(self: httpx.AsyncClient, url: str, **_: object) -> httpx.Response:
        return httpx.Response(400, json={"ok": False, "description": f"bad address {url}"})

    monkeypatch.setattr(httpx.AsyncClient, "request", refuse)
    with pytest.raises(BotApiError) as caught:
        await api.call("getMe")
    assert "bad address" in str(caught.value)
    assert "AAFD39" not in str(caught.value)
    await api.close()
