"""The phone page behind a link of one use: one question, one answer, and the chat goes on by itself.

Opening the page (a preview robot does, too) changes nothing; only a valid answer uses the link up. The token in the
address is what proves the form to be ours: another site can't know it. Works without JavaScript and cookies.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from bot import history
from bot.channels.webchat_errors import WebchatError
from bot.channels.webchat_limits import RateLimiter, limited
from bot.channels.webchat_messages import KUNMING
from bot.channels.webchat_page import PageRoute, template_response
from bot.effects import Applied
from bot.messages import TurnResult
from bot.one_time_links import PATH, Opened, Refusal, open_link
from bot.private_steps import PrivateSteps, choices_of, said, texts
from bot.turn import render
from dialogs.flow import SlotStep
from dialogs.state import State
from dialogs.values import Facts
from storage.database import Database
from storage.live import Live
from storage.models import Message

FORM_BYTES = 16 * 1024
TRIES_PER_MINUTE = 20  # of one address
HEADERS = {
    "Cache-Control": "no-store, max-age=0",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STATUS = {Refusal.UNKNOWN: 404, Refusal.USED: 410, Refusal.EXPIRED: 410, Refusal.MOVED_ON: 410}


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class LinkDeps:
    """What the page is built from."""

    database: Database
    live: Live
    steps: PrivateSteps
    resume_hours: float
    hotline: str
    clock: Callable[[], datetime] = _utc_now


def build_router(deps: LinkDeps) -> APIRouter:
    """Return the page; mount it at the root, beside the web chat whose files it uses."""
    router = APIRouter(prefix=PATH, route_class=PageRoute, include_in_schema=False)
    rates = RateLimiter()

    @router.get("/{token}")
    async def get_page(token: str) -> Response:
        async with deps.database.read() as session:
            opened = await open_link(session, token, deps.clock())
        return _refused(opened) if isinstance(opened, Refusal) else _form(deps, opened)

    @router.post("/{token}")
    async def post_page(request: Request, token: str) -> Response:
        try:
            if request.client is not None:
                rates.check(f"address {request.client.host}", TRIES_PER_MINUTE)
        except WebchatError as error:
            return _page("private_refused.html", 429, reason=_why("too_fast"), retry=str(error.retry_after))
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return _page("private_refused.html", 403, reason=_why("bad_form"))
        text = await _sent(request)
        return await _answer(deps, token, text)

    return router


async def _answer(deps: LinkDeps, token: str, text: str) -> Response:
    async with deps.database.write() as session:
        opened = await open_link(session, token, deps.clock(), lock=True)
        if isinstance(opened, Refusal):
            return _refused(opened)
        if not await _take(deps, session, opened, text):
            return _form(deps, opened, 422)
    await deps.live.publish(f"conversation:{opened.conversation.id}")
    await deps.live.publish("outbox")
    return _page("private_done.html", 200)


async def _take(deps: LinkDeps, session: AsyncSession, opened: Opened, text: str) -> bool:
    """Put the answer into the form and write the next question into the chat; False for no answer."""
    now, conversation, link = deps.clock(), opened.conversation, opened.link
    facts = Facts(
        now=now,
        profile=dict(conversation.profile or {}),
        resume_hours=deps.resume_hours,
        hotline=deps.hotline,
        channel=conversation.channel,
    )
    step = deps.steps.take(State.from_json(conversation.state), opened.frame, link.slot, text, facts)
    if step is None:
        return False
    step = await deps.steps.after(session, conversation, step, facts)
    link.used_at = now
    label = _question(deps, opened).label
    cause = Message(
        conversation_id=conversation.id, inbound_key=f"link:{link.token_hash}", direction="in", author="worker",
        kind="other", text=said("inbound", label=label), created_at=now,
    )  # fmt: skip
    session.add(cause)
    await session.flush()
    conversation.state, conversation.last_inbound_at = step.state.to_json(), now
    conversation.state_version += 1
    result = TurnResult(render(step.replies, Applied()))
    await history.store_replies(session, conversation, cause, result, None, now)
    return True


async def _sent(request: Request) -> str:
    """Return what was filled in; nothing readable is an empty answer, which the form refuses in its own words."""
    try:
        form = await limited(request, FORM_BYTES, "body_too_large").form(max_files=0, max_fields=4)
    except (MultiPartException, HTTPException, WebchatError):
        return ""
    value = form.get("value")
    return value.strip() if isinstance(value, str) else ""


def _question(deps: LinkDeps, opened: Opened) -> SlotStep:
    return deps.steps.engine.flows[opened.frame.flow].slots[opened.link.slot]


def _form(deps: LinkDeps, opened: Opened, status: int = 200) -> Response:
    """The question, never what was typed before: this page shows nothing that somebody said."""
    step, page = _question(deps, opened), texts()["page"]
    again = (step.again or page["again"]) if status != 200 else None
    until = opened.link.expires_at.astimezone(KUNMING)
    return _page(
        "private.html",
        status,
        step=step,
        again=again,
        choices=choices_of(step),
        title=page["title"].format(label=step.label),
        intro=page["intro"].format(label=step.label),
        until=page["until"].format(clock=f"{until:%H:%M}"),
        long=step.type == "text" and step.max_length > 60,
    )


def _refused(refusal: Refusal) -> Response:
    return _page("private_refused.html", STATUS[refusal], reason=_why(refusal.value))


def _why(key: str) -> str:
    return str(texts()["page"]["refused"][key])


def _page(template: str, status: int, *, retry: str | None = None, **values: Any) -> Response:
    response = template_response(template, status, p=texts()["page"], **values)
    response.headers.update(HEADERS)
    if retry is not None:
        response.headers["Retry-After"] = retry
    return response
