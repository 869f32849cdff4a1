"""Server-sent events: what the assistant and a cadre write reaches the open page.

The stream re-reads the database; a lost wake-up costs HEARTBEAT_SECONDS, never a message.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bot.channels.webchat_messages import since, views
from bot.channels.webchat_session import Claim, access_conversation
from storage.database import Database
from storage.live import Live

HEARTBEAT_SECONDS = 10.0
WAIT_FOR_FIRST_MESSAGE_SECONDS = 1.0
STREAM_SECONDS = 900.0  # then the browser connects again by itself: no stream outlives a deployment for long
RETRY_MILLISECONDS = 2000
OVERLAP_IDS = 100  # on PostgreSQL a smaller id may be committed after a larger one


@dataclass
class EventStream:
    """One open page. `after` is the last id it has seen; nothing is given twice within a stream."""

    database: Database
    live: Live
    claim: Claim
    after: int
    closing: asyncio.Event
    heartbeat: float = HEARTBEAT_SECONDS
    _newest: int = 0
    _given: set[int] = field(default_factory=set)

    async def run(self) -> AsyncIterator[str]:
        """Yield the stream's text until its time is over or the reader goes away."""
        yield f"retry: {RETRY_MILLISECONDS}\n\n"
        self._newest = self.after
        deadline = time.monotonic() + STREAM_SECONDS
        conversation_id = await self._conversation_id()
        while time.monotonic() < deadline and not self.closing.is_set():
            if conversation_id is None:
                yield ": waiting\n\n"
                await self._pause(WAIT_FOR_FIRST_MESSAGE_SECONDS)
                conversation_id = await self._conversation_id()
                continue
            # begin to listen before reading, so that nothing slips in between
            signal = asyncio.create_task(self.live.wait(f"conversation:{conversation_id}", self.heartbeat))
            try:
                await asyncio.sleep(0)
                for message in await self._unseen(conversation_id):
                    yield as_event(message)
                if not await self._signalled(signal):
                    yield ": still here\n\n"
            finally:
                signal.cancel()

    async def _signalled(self, signal: asyncio.Task[bool]) -> bool:
        """Wait for the signal, or for the server's end."""
        closing = asyncio.create_task(self.closing.wait())
        try:
            await asyncio.wait({signal, closing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            closing.cancel()
        return not signal.done() or signal.result()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.closing.wait(), seconds)

    async def _conversation_id(self) -> int | None:
        async with self.database.read() as session:
            found = await access_conversation(session, self.claim)
            return None if found is None else found.id

    async def _unseen(self, conversation_id: int) -> list[dict[str, Any]]:
        floor = max(self.after, self._newest - OVERLAP_IDS)
        async with self.database.read() as session:
            rows = await since(session, conversation_id, floor, out_only=True)
            fresh = [row for row in rows if row.id not in self._given]
            shown = await views(session, fresh)
        self._given.update(row.id for row in fresh)
        self._newest = max([self._newest, *self._given])
        self._given = {given for given in self._given if given > self._newest - OVERLAP_IDS}
        return shown


def as_event(message: dict[str, Any]) -> str:
    """Return one message as an event; `id:` is what the browser resumes from."""
    return f"id: {message['id']}\ndata: {json.dumps(message, ensure_ascii=False)}\n\n"
