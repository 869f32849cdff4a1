"""Limits of the web chat: sizes, rates, open streams."""

import re
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.types import Message

from bot.channels.webchat_errors import WebchatError

BODY_BYTES = 256 * 1024
MEGABYTE = 1024 * 1024
MULTIPART_OVERHEAD_BYTES = 64 * 1024
DRAIN_BYTES = 128 * MEGABYTE  # read and thrown away, so that the sender sees our answer, not a broken line
PAYLOAD_CHARACTERS = 256
WINDOW_SECONDS = 60.0
KEYS_REMEMBERED = 20_000
STREAMS_PER_CONVERSATION = 6
SESSION = re.compile(r"[A-Za-z0-9_-]{8,128}")
FORM_NUMBER = re.compile(r"[A-Za-z0-9_-]{8,40}")
MESSAGE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class RateLimiter:
    """Sliding minute per key, in this process; the oldest keys are forgotten first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, key: str, limit: int) -> None:
        """Count one message; raises WebchatError 429 above `limit` in a minute."""
        now = self._clock()
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while times and now - times[0] >= WINDOW_SECONDS:
            times.popleft()
        if len(times) >= limit:
            raise WebchatError(429, "too_fast", retry_after=max(1, round(WINDOW_SECONDS - (now - times[0]))))
        times.append(now)
        while len(self._times) > KEYS_REMEMBERED:
            self._times.popitem(last=False)


class OpenStreams:
    """How many event streams each conversation holds open."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}

    @contextmanager
    def one(self, session: str) -> Iterator[None]:
        """Hold one place while the block runs."""
        self._open[session] = self._open.get(session, 0) + 1
        try:
            yield
        finally:
            self._open[session] -= 1
            if not self._open[session]:
                del self._open[session]

    def full(self, session: str) -> bool:
        """True when this conversation may open no further stream."""
        return self._open.get(session, 0) >= STREAMS_PER_CONVERSATION


def limited(request: Request, limit: int, key: str, **values: Any) -> Request:
    """Return the request with a body that raises WebchatError 413 once it is longer than `limit` bytes."""
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > limit:
            await _drain(request, received, more=message.get("more_body", False))
            raise WebchatError(413, key, **values)
        return message

    return Request(request.scope, receive)


async def _drain(request: Request, received: int, *, more: bool) -> None:
    while more and received < DRAIN_BYTES:
        message = await request.receive()
        received += len(message.get("body", b""))
        more = message.get("more_body", False)


async def read_body(request: Request) -> bytes:
    """Return the body of a JSON request; raises WebchatError 413 above BODY_BYTES."""
    chunks: AsyncIterator[bytes] = limited(request, BODY_BYTES, "body_too_large").stream()
    return b"".join([chunk async for chunk in chunks])
