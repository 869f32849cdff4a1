"""What the web chat does, whichever route asks: take a message, read a conversation, open a file."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from starlette.requests import Request

from bot.channels import webchat_messages as messages
from bot.channels.webchat_errors import WebchatError
from bot.channels.webchat_events import HEARTBEAT_SECONDS, EventStream
from bot.channels.webchat_input import Said
from bot.channels.webchat_limits import MEGABYTE, OpenStreams, RateLimiter
from bot.channels.webchat_session import Claim, access_conversation, claim_of, open_conversation
from bot.files import FileStore, find
from bot.messages import Inbound, IncomingFile, TurnResult
from storage.database import Database
from storage.live import Live
from storage.models import Attachment, Conversation


class Handler(Protocol):
    """What the web chat needs of the turn: once per Inbound.key, in one transaction."""

    async def handle(self, inbound: Inbound) -> TurnResult: ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class WebchatDeps:
    """What the web chat is built from. Rates are per minute; an address rate of 0 means none."""

    handler: Handler
    database: Database
    live: Live
    files: FileStore
    hotline: str
    file_limit_mb: int = 20
    messages_per_minute: int = 30
    address_messages_per_minute: int = 600  # a whole building site may share one address
    secure_cookies: bool = False
    heartbeat_seconds: float = HEARTBEAT_SECONDS
    closing: asyncio.Event = field(
        default_factory=asyncio.Event
    )  # set it before the server waits for streams
    clock: Callable[[], datetime] = _utc_now


class Webchat:
    """What all routes share."""

    def __init__(self, deps: WebchatDeps) -> None:
        self.deps = deps
        self.rates = RateLimiter()
        self.streams = OpenStreams()
        self.file_limit = deps.file_limit_mb * MEGABYTE

    def check_rate(self, request: Request, claim: Claim) -> None:
        """Count one message; raises WebchatError 429."""
        self.rates.check(f"session {claim.session}", self.deps.messages_per_minute)
        if self.deps.address_messages_per_minute and request.client is not None:
            self.rates.check(f"address {request.client.host}", self.deps.address_messages_per_minute)

    async def take(self, request: Request, said: Said) -> dict[str, Any]:
        """Hand one message to the turn and return replies, ticket and stored files as JSON."""
        claim = claim_of(request, said.session)
        self.check_rate(request, claim)
        conversation_id = await open_conversation(self.deps.database, claim, self.deps.clock())
        inbound = await self._inbound(claim, conversation_id, said)
        result = await self.deps.handler.handle(inbound)
        answer = await self._answer(inbound, result)
        await self.deps.live.publish(f"conversation:{conversation_id}")  # the same person's other open pages
        return answer

    async def _inbound(self, claim: Claim, conversation_id: int, said: Said) -> Inbound:
        if said.token is not None:
            return said.inbound(claim.session, file=await self._sent_before(conversation_id, said.token))
        if said.payload is None:
            return said.inbound(claim.session)
        async with self.deps.database.read() as session:
            label = await messages.label_of(session, conversation_id, said.payload)
        return said.inbound(claim.session, label=label)

    async def _sent_before(self, conversation_id: int, token: str) -> IncomingFile:
        async with self.deps.database.read() as session:
            row = await find(session, token)
        if row is None or row.conversation_id != conversation_id:
            raise WebchatError(404, "no_such_file")
        return IncomingFile(row.filename, self.deps.files.read(row.sha256))

    async def _answer(self, inbound: Inbound, result: TurnResult) -> dict[str, Any]:
        async with self.deps.database.read() as session:
            said, replies = await messages.turn_of(session, inbound.key)
            shown = await messages.views(session, replies)
            own = await messages.views(session, [said]) if said is not None else []
        if not replies:  # a turn may answer without keeping the answer
            shown = [{"id": None, **reply.to_json()} for reply in result.replies]
        answer: dict[str, Any] = {"replies": shown}
        if result.ticket:
            answer["ticket"] = result.ticket
        if own:
            answer["message"] = own[0]
        return answer

    async def history(self, claim: Claim, before: int | None) -> list[dict[str, Any]]:
        """Return the newest page of messages (before an id), and one more when there are older ones."""
        async with self.deps.database.read() as session:
            found = await access_conversation(session, claim)
            if found is None:
                return []
            limit = messages.PAGE_OF_MESSAGES + 1
            rows = await messages.newest(session, found.id, before=before, limit=limit)
            return await messages.views(session, rows)

    async def after(self, claim: Claim, after: int) -> list[dict[str, Any]]:
        """Return all that was said after an id, oldest first."""
        async with self.deps.database.read() as session:
            found = await access_conversation(session, claim)
            rows = await messages.since(session, found.id, after, out_only=False) if found else []
            return await messages.views(session, rows)

    def stream(self, claim: Claim, after: int) -> EventStream:
        """Return the events of a conversation after an id."""
        deps = self.deps
        return EventStream(deps.database, deps.live, claim, after, deps.closing, deps.heartbeat_seconds)

    async def file_of(self, request: Request, token: str, wanted: str | None) -> Attachment:
        """Return a file of the asker's own conversation; anybody else learns only that there is none."""
        async with self.deps.database.read() as session:
            row = await find(session, token)
            owner = None if row is None else await session.get(Conversation, row.conversation_id)
            if row is None or owner is None:
                raise WebchatError(404, "no_such_file")
            try:
                claim = claim_of(request, wanted)
                mine = await access_conversation(session, claim)
            except WebchatError as error:
                raise WebchatError(404, "no_such_file") from error
        if mine is None or mine.id != owner.id:
            raise WebchatError(404, "no_such_file")
        return row
