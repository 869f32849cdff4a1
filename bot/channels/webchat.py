"""The web chat: API, event stream, files and the page. Texts are in webchat.yml, the page in templates/.

A message comes in over JSON, multipart or a plain form; all three end in `Webchat.take`, which hands an
Inbound to the turn and gives back what the turn stored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol
from urllib.parse import quote

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from bot.channels import webchat_messages as messages
from bot.channels.webchat_errors import ChatRoute, WebchatError
from bot.channels.webchat_events import HEARTBEAT_SECONDS, EventStream
from bot.channels.webchat_input import Said, read_form_message, read_json_message, read_upload
from bot.channels.webchat_limits import MEGABYTE, OpenStreams, RateLimiter
from bot.channels.webchat_log import mask_access_log
from bot.channels.webchat_openapi import MESSAGE_BODY, RESPONSES, UPLOAD_BODY
from bot.channels.webchat_page import PageRoute, page_response, static_response
from bot.channels.webchat_session import (
    COOKIE,
    Claim,
    access_conversation,
    claim_of,
    cookie_claim,
    new_claim,
    open_conversation,
    set_cookie,
)
from bot.files import FileStore, find
from bot.messages import Inbound, IncomingFile, TurnResult
from storage.database import Database
from storage.live import Live
from storage.models import Attachment, Conversation

FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=600",
}
LARGEST_ID = 2**62


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


def build_router(deps: WebchatDeps) -> APIRouter:
    """Return every route of the web chat; mount it at the root."""
    mask_access_log()
    chat = Webchat(deps)
    router = APIRouter()
    router.include_router(_api(chat))
    router.include_router(_pages(chat))
    return router


def _api(chat: Webchat) -> APIRouter:
    router = APIRouter(prefix="/api/chat", route_class=ChatRoute, tags=["chat"], responses=RESPONSES)

    @router.post("/messages", openapi_extra=MESSAGE_BODY)
    async def post_message(request: Request) -> JSONResponse:
        return JSONResponse(await chat.take(request, await read_json_message(request)))

    @router.post("/attachments", openapi_extra=UPLOAD_BODY)
    async def post_attachment(request: Request) -> JSONResponse:
        return JSONResponse(await chat.take(request, await read_upload(request, chat.file_limit)))

    @router.get("/history")
    async def get_history(
        request: Request,
        session: str | None = None,
        after: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
    ) -> JSONResponse:
        claim = claim_of(request, session)
        if after is not None:
            return JSONResponse({"messages": await chat.after(claim, after)})
        return JSONResponse({"messages": (await chat.history(claim, None))[-messages.PAGE_OF_MESSAGES :]})

    @router.get("/events", response_class=StreamingResponse)
    async def get_events(
        request: Request,
        session: str | None = None,
        last_event_id: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
        resumed: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    ) -> StreamingResponse:
        claim = claim_of(request, session)
        async with chat.deps.database.read() as database_session:
            await access_conversation(database_session, claim)
        if chat.streams.full(claim.session):
            raise WebchatError(429, "too_many_pages", retry_after=30)
        # a browser that reconnects by itself knows better than the address it was opened with
        after = int(resumed) if resumed and resumed.isascii() and resumed.isdigit() else last_event_id or 0
        return _event_response(chat, claim, min(after, LARGEST_ID))

    return router


def _event_response(chat: Webchat, claim: Claim, after: int) -> StreamingResponse:
    deps = chat.deps

    async def counted() -> Any:
        with chat.streams.one(claim.session):
            stream = EventStream(deps.database, deps.live, claim, after, deps.heartbeat_seconds)
            async for chunk in stream.run():
                yield chunk

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(counted(), media_type="text/event-stream", headers=headers)


def _pages(chat: Webchat) -> APIRouter:
    router = APIRouter(route_class=PageRoute, include_in_schema=False)
    deps = chat.deps

    @router.get("/")
    async def get_page(
        request: Request,
        before: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
        notice: str | None = None,
    ) -> Response:
        claim = cookie_claim(request) or new_claim()
        try:
            shown = await chat.history(claim, before)
        except WebchatError:  # the cookie no longer opens its conversation: begin a new one
            claim, shown = new_claim(), []
        more = len(shown) > messages.PAGE_OF_MESSAGES
        shown = shown[-messages.PAGE_OF_MESSAGES :]
        response = page_response(
            session=claim.session,
            messages=shown,
            earlier=shown[0]["id"] if more else None,
            past=before is not None,
            notice=notice,
            hotline=deps.hotline,
            megabytes=deps.file_limit_mb,
        )
        set_cookie(response, claim, secure=deps.secure_cookies)
        return response

    @router.post("/chat")
    async def post_form(request: Request) -> Response:
        try:
            await chat.take(request, await read_form_message(request, chat.file_limit))
        except WebchatError as error:
            return RedirectResponse(f"/?notice={quote(error.key)}#write", 303)
        return RedirectResponse("/#write", 303)

    @router.post("/chat/leave")
    async def leave() -> Response:
        response = RedirectResponse("/", 303, {"Clear-Site-Data": '"storage"'})
        response.delete_cookie(COOKIE, path="/", secure=deps.secure_cookies, httponly=True, samesite="lax")
        return response

    @router.get("/files/{token}")
    async def get_file(
        request: Request, token: str, session: str | None = None, small: str | None = None
    ) -> Response:
        row = await chat.file_of(request, token, session)
        thumbnail = deps.files.read_thumbnail(row.sha256) if small is not None else None
        shown = "inline" if row.content_type.startswith("image/") else "attachment"
        disposition = f"{shown}; filename*=UTF-8''{quote(row.filename)}"
        return Response(
            thumbnail or deps.files.read(row.sha256),
            media_type="image/jpeg" if thumbnail else row.content_type,
            headers={**FILE_HEADERS, "Content-Disposition": disposition},
        )

    @router.get("/static/{name}")
    async def get_static(name: str, v: str | None = None) -> Response:
        return static_response(name, v)

    return router
