"""The web chat: API, event stream, files and the page. Texts are in webchat.yml, the page in templates/.

A message comes in over JSON, multipart or a plain form; all three end in `Webchat.take`, which hands an
Inbound to the turn and gives back what the turn stored.
"""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from bot.channels import webchat_messages as messages
from bot.channels.webchat_errors import ChatRoute, WebchatError
from bot.channels.webchat_input import read_form_message, read_json_message, read_upload
from bot.channels.webchat_log import mask_access_log
from bot.channels.webchat_openapi import MESSAGE_BODY, RESPONSES, UPLOAD_BODY
from bot.channels.webchat_page import PageRoute, page_response, static_response
from bot.channels.webchat_service import Handler, Webchat, WebchatDeps
from bot.channels.webchat_session import (
    COOKIE,
    Claim,
    access_conversation,
    claim_of,
    cookie_claim,
    new_claim,
    set_cookie,
)

FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=600",
}
LARGEST_ID = 2**62

__all__ = ["Handler", "WebchatDeps", "build_router"]


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
    async def counted() -> AsyncIterator[str]:
        with chat.streams.one(claim.session):
            async for chunk in chat.stream(claim, after).run():
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
    async def leave(request: Request) -> Response:
        response = RedirectResponse("/", 303)
        if cookie_claim(request) is None:  # another site's form comes without the cookie: it ends nothing
            return response
        response.headers["Clear-Site-Data"] = '"storage"'
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
