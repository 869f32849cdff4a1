"""The last line of defence of the logs."""

import logging
import sys

import pytest

from bot.logs import Scrub, describe_error, scrub

TOKEN = "7654321098:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw4"


@pytest.mark.parametrize("secret", [
    "13887123456", "138 8712 3456", "138-8712-3456", "530102199001011234", "53010219900101123X", "6222021234567890123",
    "6222 0212 3456 7890 123", TOKEN, f"bot{TOKEN}",
])  # fmt: skip
def test_numbers_and_tokens_are_hidden(secret: str) -> None:
    for text in (f"电话{secret}。", f"x={secret} y", f"https://api.telegram.org/{secret}/getMe"):
        assert secret not in scrub(text)


def test_a_session_in_an_address_is_hidden() -> None:
    assert (
        scrub("GET /api/chat/events?session=abcDEF-123_x&after=3")
        == "GET /api/chat/events?session=***&after=3"
    )


@pytest.mark.parametrize(
    "text", ["ticket KM20261122-0007 opened", "row 12345 sent", "2026-11-22T17:30:00", "port 28058, 12 s"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


def failing(words: str) -> None:
    raise ValueError(words)


def test_arguments_are_scrubbed_and_exceptions_lose_their_text() -> None:
    try:
        failing("老板欠我 13887123456")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "failed for %s", ("13887123456",), info)
    assert Scrub().filter(record)
    assert record.getMessage().startswith("failed for *** [ValueError at ")
    assert "test_logs.py" in record.getMessage()
    assert record.exc_info is None
    assert "老板" not in record.getMessage()


def test_the_cause_is_named_by_its_kind() -> None:
    error = RuntimeError("老马")
    error.__cause__ = KeyError("老马")
    assert describe_error(error).startswith("[RuntimeError from KeyError at ")
    assert "老马" not in describe_error(error)
