"""Sends outbox rows to Telegram, and finds out whether a message of unknown outcome was sent."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot import limits
from bot.channels.telegram_api import (
    BadTokenError,
    BotApi,
    BotApiError,
    NotReachedError,
    OutcomeUnknownError,
    RejectedError,
    TooManyRequestsError,
    Upload,
)
from bot.channels.telegram_ids import MessageIds
from bot.channels.telegram_text import keyboard, split_text
from bot.channels.telegram_updates import CHANNEL
from bot.delivery import (
    ChannelDownError,
    NotSentError,
    RefusedError,
    Search,
    SendError,
    SlowDownError,
    UndecidableError,
    UnknownOutcomeError,
)
from bot.delivery_queue import Job, Pace
from bot.messages import Outbound, SentFile

UNSEEN_IDS = 5  # ids above the highest one seen, used up by messages that bots are not told of
PROBES_MOST = 3000
PROBES_PER_SECOND = 20
CATCH_UP_SECONDS = 10.0
CLOCK_MARGIN_SECONDS = 60
PHOTO_TYPES = {"image/jpeg", "image/png"}
# answers of editMessage… that tell whose message an id is
THERE = ("message is not modified",)
NOT_THERE = (
    "message to edit not found",
    "message can't be edited",
    "message_id_invalid",
    "message not found",
    "there is no text in the message",
    "there is no caption in the message",
)

ReadFile = Callable[[str], Awaitable[bytes | None]]


@dataclass(frozen=True)
class Part:
    """One Telegram message: a text or a file."""

    text: str = ""
    file: SentFile | None = None
    markup: dict[str, Any] | None = None


def parts_of(outbound: Outbound) -> tuple[Part, ...]:
    """Return the messages that an outbound takes; always the same ones for the same outbound."""
    texts = [Part(text=piece) for piece in split_text(outbound.text)]
    parts = texts + [Part(file=file) for file in outbound.files]
    markup = keyboard(outbound.buttons)
    if parts and markup:
        last = len(texts) - 1 if texts else len(parts) - 1
        parts[last] = Part(parts[last].text, parts[last].file, markup)
    return tuple(parts)


class TelegramSender:
    """The Sender of delivery.py for Telegram."""

    channel = CHANNEL

    def __init__(
        self,
        api: BotApi,
        ids: MessageIds,
        read_file: ReadFile,
        *,
        pace: Pace = Pace(
            limits.TELEGRAM_MESSAGES_PER_SECOND, limits.TELEGRAM_SECONDS_BETWEEN_MESSAGES_PER_PRIVATE_CHAT
        ),
        caught_up: asyncio.Event | None = None,
    ) -> None:
        self._api = api
        self._ids = ids
        self._read_file = read_file
        self._caught_up = caught_up
        self._probe_slot = asyncio.Lock()
        self.pace = pace

    def parts(self, outbound: Outbound) -> int:
        """Return how many messages it takes, at least one."""
        return max(1, len(parts_of(outbound)))

    def highest_id(self) -> int:
        """Return the highest message id seen."""
        return self._ids.highest

    async def prepare(self, session: AsyncSession) -> None:
        """Take over the highest id that other processes saw."""
        await self._ids.load(session, self.channel)

    async def send(self, job: Job) -> str:
        """Send one part; raises a SendError."""
        if not job.address.isascii() or not job.address.isdigit():
            raise RefusedError("not a private chat")  # groups have other limits and other message ids
        parts = parts_of(job.outbound)
        if job.part >= len(parts):
            raise RefusedError("nothing to send")
        method, content = await self._call_of(parts[job.part])
        try:
            result = await self._api.call(
                method, chat_id=int(job.address), reply_markup=parts[job.part].markup, **content
            )
        except BotApiError as error:
            raise _send_error(error) from None
        message_id = result.get("message_id") if isinstance(result, dict) else None
        if not isinstance(message_id, int):
            raise UnknownOutcomeError("answer without a message id")
        self._ids.saw_outbound(message_id)
        return str(message_id)

    async def _call_of(self, part: Part) -> tuple[str, dict[str, Any]]:
        if part.file is None:
            return "sendMessage", {"text": part.text}
        data = await self._read_file(part.file.token)
        if data is None or len(data) > limits.TELEGRAM_UPLOAD_BYTES:
            raise RefusedError("file is missing" if data is None else "file is too large")
        upload = Upload(part.file.filename, data)
        if part.file.content_type in PHOTO_TYPES and len(data) <= limits.TELEGRAM_PHOTO_UPLOAD_BYTES:
            return "sendPhoto", {"photo": upload}
        return "sendDocument", {"document": upload}

    async def find(self, job: Job, search: Search) -> str | None:
        """Look for a message at every id where it can be; see docs/decisions/0003.

        Raises:
            UndecidableError: too many places, or answers that do not tell.
        """
        await self._catch_up()
        part = parts_of(job.outbound)[job.part]
        candidates = self._candidates(job, search)
        if len(candidates) > PROBES_MOST:
            raise UndecidableError(f"outcome unknown: {len(candidates)} ids to try")
        for candidate in candidates:
            if candidate not in search.taken and await self._is_here(job, part, candidate):
                search.taken.add(candidate)
                self._ids.saw_outbound(candidate)
                return str(candidate)
        return None

    async def _catch_up(self) -> None:
        """Wait until everything that people wrote before now was seen; then its ids are known."""
        if self._caught_up is None:
            return
        try:
            async with asyncio.timeout(CATCH_UP_SECONDS):
                await self._caught_up.wait()
        except TimeoutError:
            raise UnknownOutcomeError("incoming messages were not seen yet") from None

    def _candidates(self, job: Job, search: Search) -> list[int]:
        highest = max(self._ids.highest, job.after) + search.open_rows + UNSEEN_IDS
        later = self._ids.first_after(job.claimed_at.timestamp() + CLOCK_MARGIN_SECONDS)
        if later is not None:
            highest = min(highest, later - 1)
        return [
            number
            for number in range(job.after + 1, highest + 1)
            if number not in search.taken and not self._ids.is_inbound(number)
        ]

    async def _is_here(self, job: Job, part: Part, candidate: int) -> bool:
        while True:
            await self._probe_turn()
            try:
                return await self._probe(job, part, candidate)
            except TooManyRequestsError as error:
                await asyncio.sleep(error.seconds)
            except RejectedError as error:
                return _tells_presence(error)
            except BotApiError as error:
                raise _search_error(error) from None

    async def _probe(self, job: Job, part: Part, candidate: int) -> bool:
        """Edit the message into what it already is; only the message that we look for lets us."""
        method = "editMessageText" if part.file is None else "editMessageCaption"
        content: dict[str, Any] = {"text": part.text} if part.file is None else {"caption": ""}
        result = await self._api.call(
            method, chat_id=int(job.address), message_id=candidate, reply_markup=part.markup, **content
        )
        if isinstance(result, dict) and result.get("message_id") == candidate:
            return True
        raise UndecidableError("outcome unknown: edit answered without the message")

    async def _probe_turn(self) -> None:
        async with self._probe_slot:
            await asyncio.sleep(1 / PROBES_PER_SECOND)


def _tells_presence(error: RejectedError) -> bool:
    description = error.description.lower()
    if any(sign in description for sign in THERE):
        return True
    if any(sign in description for sign in NOT_THERE):
        return False
    if error.code == 403 or "chat not found" in description:
        raise RefusedError(str(error)) from None
    raise UndecidableError(f"outcome unknown: {error}") from None


def _search_error(error: BotApiError) -> SendError:
    """While searching, every failure of the line means: ask again later."""
    return UnknownOutcomeError(str(error))


def _send_error(error: BotApiError) -> SendError:
    if isinstance(error, TooManyRequestsError):
        return SlowDownError(str(error), error.seconds)
    if isinstance(error, BadTokenError):
        return ChannelDownError(str(error))
    if isinstance(error, NotReachedError):
        return NotSentError(str(error))
    if isinstance(error, OutcomeUnknownError):
        return UnknownOutcomeError(str(error))
    return RefusedError(str(error))
