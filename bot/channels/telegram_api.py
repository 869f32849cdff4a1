"""Calls of the Telegram Bot API, through python-telegram-bot.

Every failure says whether the call may have been carried out: a caller that sends must know that
before it tries again. The bot token is part of every address, so nothing that carries an address
leaves this module.
"""

import json
import logging
import os
from dataclasses import dataclass
from typing import Any

import httpx

os.environ.setdefault("PTB_TIMEDELTA", "true")  # the announced behaviour; without it RetryAfter warns

from telegram import Bot, InputFile
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.request import HTTPXRequest

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
UPLOAD_SECONDS = 60.0
POLL_GRACE_SECONDS = 10.0
CONNECTIONS = 32
NOISY_LOGGERS = ("telegram", "httpx", "httpcore")  # they print addresses (with the token) and message text
NEVER_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class BotApiError(Exception):
    """A call failed; the text is a kind of error and never holds an address or a message."""


class RejectedError(BotApiError):
    """Telegram refused this call for good (400, 403, …): it was not carried out."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description


class TooManyRequestsError(BotApiError):
    """429: not carried out; allowed again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"429 retry after {seconds:g} s")
        self.seconds = seconds


class NotReachedError(BotApiError):
    """No connection came about: certainly not carried out."""


class OutcomeUnknownError(BotApiError):
    """The connection broke, or the server failed (5xx): the call may have been carried out."""


class BadTokenError(BotApiError):
    """401 or 404: the token (or the method) is unknown; a matter for the administrator."""


class AnotherPollerError(BotApiError):
    """409: another process polls with the same token, or a webhook is set."""


class FileTooLargeError(BotApiError):
    """A download went above its limit."""


@dataclass(frozen=True)
class Upload:
    """A file to send."""

    filename: str
    data: bytes


class _HttpError(TelegramError):
    def __init__(self, code: int, payload: bytes) -> None:
        super().__init__(f"http {code}")
        self.code = code
        self.payload = payload


class _Request(HTTPXRequest):
    """Gives the status code and body of a refused call, which python-telegram-bot's errors lose."""

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        code, payload = await super().do_request(*args, **kwargs)
        if code >= 300:
            raise _HttpError(code, payload)
        return code, payload


class _Bot(Bot):
    @classmethod
    def _warn(cls, *_args: Any, **_kwargs: Any) -> None:
        """We call by name on purpose: one unreadable update must not spoil a whole answer."""


class BotApi:
    """The methods that the channel needs, as raw JSON."""

    def __init__(self, token: str, base_url: str = "https://api.telegram.org") -> None:
        silence_loggers()
        self._token = token
        base = base_url.rstrip("/")
        self._requests = tuple(
            _Request(
                connection_pool_size=size,
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                pool_timeout=READ_SECONDS,
                media_write_timeout=UPLOAD_SECONDS,
            )
            for size in (2, CONNECTIONS)
        )
        self._files = f"{base}/file/bot{token}"
        self._bot = _Bot(
            token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            get_updates_request=self._requests[0],
            request=self._requests[1],
        )

    async def call(self, method: str, *, read_seconds: float = READ_SECONDS, **parameters: Any) -> Any:
        """Return the result of `method`; raises a BotApiError."""
        filled = {
            name: InputFile(value.data, filename=value.filename) if isinstance(value, Upload) else value
            for name, value in parameters.items()
            if value is not None
        }
        try:
            return await self._bot.do_api_request(method, api_kwargs=filled, read_timeout=read_seconds)
        except TelegramError as error:
            failure = self._translate(error)
        except (KeyError, TypeError):
            failure = OutcomeUnknownError("answer without a result")
        raise failure from None  # the cause would carry the address, and with it the token

    async def get_updates(self, offset: int | None, *, limit: int, seconds: float) -> list[Any]:
        """Return raw updates; those below `offset` are confirmed by this call."""
        # the allowed kinds are all that a worker can do; others would only move the offset
        result = await self.call(
            "getUpdates",
            read_seconds=seconds + POLL_GRACE_SECONDS,
            offset=offset,
            limit=limit,
            timeout=int(seconds),
            allowed_updates=["message", "edited_message", "callback_query"],
        )
        if not isinstance(result, list):
            raise OutcomeUnknownError("getUpdates gave no list")
        return result

    async def download(self, file_id: str, limit_bytes: int) -> bytes:
        """Return the bytes of a file that was sent to the bot; raises FileTooLargeError or a BotApiError."""
        try:
            about = await self.call("getFile", file_id=file_id)
        except RejectedError as error:
            if "too big" in error.description:
                raise FileTooLargeError("getFile") from None
            raise
        if (about.get("file_size") or 0) > limit_bytes or not about.get("file_path"):
            raise FileTooLargeError("getFile")
        return await self._fetch(f"{self._files}/{about['file_path']}", limit_bytes)

    async def _fetch(self, url: str, limit_bytes: int) -> bytes:
        try:
            data = await self._requests[1].retrieve(url, read_timeout=UPLOAD_SECONDS)
        except TelegramError as error:
            failure = self._translate(error)
        else:
            if len(data) > limit_bytes:
                raise FileTooLargeError("download")
            return data
        raise failure from None

    def _translate(self, error: TelegramError) -> BotApiError:
        http = _find_http_error(error)
        if http is not None:
            return self._from_status(http)
        cause = error.__cause__
        kind = type(cause or error).__name__
        if isinstance(cause, NEVER_REACHED):
            return NotReachedError(kind)
        if isinstance(error, InvalidToken):
            return BadTokenError(kind)
        if isinstance(error, NetworkError) or cause is None:
            return OutcomeUnknownError(kind)
        return OutcomeUnknownError(f"{type(error).__name__} {kind}")

    def _from_status(self, http: _HttpError) -> BotApiError:
        code, description, retry_after = http.code, "", None
        try:
            body = json.loads(http.payload)
            description = str(body.get("description") or body.get("message") or "")
            retry_after = (body.get("parameters") or {}).get("retry_after")
        except (ValueError, AttributeError):  # a proxy's error page
            description = "unreadable answer"
        description = scrub(description, self._token)[:200]
        if code == 429:
            return TooManyRequestsError(float(retry_after) if isinstance(retry_after, int | float) else 1.0)
        if code in {401, 404}:
            return BadTokenError(f"{code} {description}")
        if code == 409:
            return AnotherPollerError(f"{code} {description}")
        return OutcomeUnknownError(str(code)) if code >= 500 else RejectedError(code, description)

    async def close(self) -> None:
        """Close all connections."""
        for request in self._requests:
            await request.shutdown()


def _find_http_error(error: BaseException | None) -> _HttpError | None:
    while error is not None:
        if isinstance(error, _HttpError):
            return error
        error = error.__cause__
    return None


def scrub(text: str, token: str) -> str:
    """Return the text without the bot token."""
    return text.replace(token, "<token>") if token else text


def silence_loggers() -> None:
    """Keep addresses and message text out of the log; errors reach it through our own exceptions."""
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
