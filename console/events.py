"""Event streams (SSE): they say that something changed, and resume where a lost connection ended.

A stream reads the database again at each wake-up and at least every few seconds, so a lost signal
costs seconds, never an event. A session that was ended elsewhere ends its streams, too.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from console.deps import ConsoleDeps
from console.sessions import Signed, still_valid
from console.texts import error_text
from console.web import Page
from storage.models import Ticket, TicketEvent
from tickets.access import visible_tickets
from tickets.errors import TicketError

STREAM_SECONDS = 900.0  # then the browser connects again by itself
RETRY_MILLISECONDS = 3000
STREAMS_PER_SESSION = 8
OVERLAP_IDS = 100  # on PostgreSQL a smaller id may be committed after a larger one
MOST_CHANGES = 500


class Source(Protocol):
    """What a stream tells: read since the last time, and what wakes it."""

    @property
    def topics(self) -> tuple[str, ...]: ...

    async def read(self, session: AsyncSession) -> tuple[str, dict[str, Any]] | None:
        """Return (event id, data) when there is something new."""


class Changes:
    """Which tickets changed, by the ids of their history."""

    def __init__(self, deps: ConsoleDeps, signed: Signed, request: Request) -> None:
        self._account = signed.account
        self.topics = (f"queue:{signed.account.organization_id}",)
        self._last = last_event_id(request)
        self._given: set[int] = set()
        self._deps = deps

    async def read(self, session: AsyncSession) -> tuple[str, dict[str, Any]] | None:
        if self._last is None:
            self._last = await session.scalar(select(func.coalesce(func.max(TicketEvent.id), 0))) or 0
            return str(self._last), {"tickets": []}
        query = (
            select(TicketEvent.id, TicketEvent.ticket_id)
            .join(Ticket, Ticket.id == TicketEvent.ticket_id)
            .where(TicketEvent.id > self._last - OVERLAP_IDS, visible_tickets(self._account))
            .order_by(TicketEvent.id.desc())
            .limit(MOST_CHANGES)
        )
        rows = (await session.execute(query)).all()
        first, seen = not self._given, {row[0] for row in rows}
        fresh = [row for row in rows if row[0] not in self._given and (row[0] > self._last or not first)]
        self._given = seen or {0}
        if not fresh:
            return None
        self._last = max(self._last, *(row[0] for row in fresh))
        return str(self._last), {"tickets": sorted({row[1] for row in fresh})}


def last_event_id(request: Request) -> int | None:
    """Return where the stream goes on: the browser's Last-Event-ID, else ?after=, else None (from now)."""
    for given in (request.headers.get("last-event-id", ""), request.query_params.get("after", "")):
        head = given.partition(".")[0]
        if head.isascii() and head.isdigit() and len(head) < 19:
            return int(head)
    return None


def stream_response(page: Page, source: Source) -> Response:
    """Return the open stream, or 429 when the session holds too many."""
    assert page.signed is not None
    key, open_streams = page.signed.token_hash, page.shared.streams
    if open_streams.get(key, 0) >= STREAMS_PER_SESSION:
        return JSONResponse({"error": {"message": error_text("streams")}}, 429, {"Retry-After": "30"})
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_counted(page, source, key), media_type="text/event-stream", headers=headers)


async def _counted(page: Page, source: Source, key: str) -> AsyncIterator[str]:
    streams = page.shared.streams
    streams[key] = streams.get(key, 0) + 1
    try:
        async for part in _run(page, source):
            yield part
    finally:
        streams[key] -= 1
        if not streams[key]:
            del streams[key]


async def _run(page: Page, source: Source) -> AsyncIterator[str]:
    assert page.signed is not None
    deps = page.deps
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    deadline, last_sign = time.monotonic() + STREAM_SECONDS, time.monotonic()
    while time.monotonic() < deadline and not deps.closing.is_set():
        waiting = _wake_ups(deps, source.topics)
        try:
            await asyncio.sleep(0)  # listen before reading, so that nothing slips in between
            async with deps.database.read() as session:
                if not await still_valid(session, page.signed, deps.clock()):
                    yield "event: signed-out\ndata: {}\n\n"
                    return
                try:
                    news = await source.read(session)
                except TicketError:  # moved out of sight
                    yield "event: gone\ndata: {}\n\n"
                    return
            if news is not None:
                last_sign = time.monotonic()
                yield f"id: {news[0]}\ndata: {json.dumps(news[1], ensure_ascii=False)}\n\n"
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if time.monotonic() - last_sign >= deps.heartbeat_seconds:
                last_sign = time.monotonic()
                yield ": still here\n\n"
        finally:
            for task in waiting:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*waiting, return_exceptions=True)


def _wake_ups(deps: ConsoleDeps, topics: tuple[str, ...]) -> list[asyncio.Task[Any]]:
    """Return tasks of which the first to end wakes the stream: a signal, the next poll, the end of the process."""
    signals: list[asyncio.Task[Any]] = [
        asyncio.create_task(deps.live.wait(topic, deps.poll_seconds)) for topic in topics
    ]
    return [*signals, asyncio.create_task(deps.closing.wait())]
