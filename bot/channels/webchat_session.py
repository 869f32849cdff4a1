"""Whose conversation is it? A page's session is bound to a cookie; an API client names its own.

The cookie holds "<session>.<secret>"; the database keeps only a hash of the secret. A session id that
begins with PAGE_PREFIX is refused without its cookie even before its first message is stored.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from bot.channels.webchat_errors import WebchatError
from bot.channels.webchat_limits import SESSION
from storage.database import Database
from storage.models import Conversation

CHANNEL = "webchat"
COOKIE = "niangjia_chat"
COOKIE_SECONDS = 180 * 24 * 3600
PAGE_PREFIX = "web-"


@dataclass(frozen=True)
class Claim:
    """Somebody says: this conversation is mine. `secret` proves it for a page's session."""

    session: str
    secret: str | None = None

    @property
    def secret_hash(self) -> str | None:
        return None if self.secret is None else hashlib.sha256(self.secret.encode()).hexdigest()


def new_claim() -> Claim:
    """Return a new unguessable session with its secret."""
    return Claim(PAGE_PREFIX + secrets.token_urlsafe(24), secrets.token_urlsafe(32))


def cookie_claim(request: Request) -> Claim | None:
    """Return what the browser's cookie claims, if it has a well-formed one."""
    session, separator, secret = request.cookies.get(COOKIE, "").partition(".")
    if not separator or not session.startswith(PAGE_PREFIX) or not SESSION.fullmatch(session):
        return None
    return Claim(session, secret) if SESSION.fullmatch(secret) else None


def claim_of(request: Request, wanted: object) -> Claim:
    """Return the claim of a request that names session `wanted` (None: the cookie's own).

    Raises:
        WebchatError: 400 for a malformed session, 403 for a page's session without its cookie.
    """
    own = cookie_claim(request)
    if wanted is None and own is not None:
        return own
    if not isinstance(wanted, str) or not SESSION.fullmatch(wanted):
        raise WebchatError(400, "bad_session")
    if own is not None and hmac.compare_digest(own.session, wanted):
        return own
    if wanted.startswith(PAGE_PREFIX):
        raise WebchatError(403, "not_yours")
    return Claim(wanted)


def set_cookie(response: Response, claim: Claim, *, secure: bool) -> None:
    """Give the browser its session for COOKIE_SECONDS from now."""
    value = f"{claim.session}.{claim.secret}"
    response.set_cookie(
        COOKIE, value, max_age=COOKIE_SECONDS, path="/", secure=secure, httponly=True, samesite="lax"
    )


async def access_conversation(session: AsyncSession, claim: Claim) -> Conversation | None:
    """Return the claimed conversation, None before its first message; the only way to one from the web.

    Raises:
        WebchatError: 403 when it is bound to another browser.
    """
    query = select(Conversation).where(Conversation.channel == CHANNEL, Conversation.address == claim.session)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is not None and found.secret_hash is not None:
        given = claim.secret_hash
        if given is None or not hmac.compare_digest(given, found.secret_hash):
            raise WebchatError(403, "not_yours")
    return found


async def open_conversation(database: Database, claim: Claim, now: datetime) -> int:
    """Return the id of the claimed conversation, which is begun (and bound) with its first message."""
    async with database.read() as session:
        found = await access_conversation(session, claim)
    if found is not None:
        return found.id
    try:
        return await _begin(database, claim, now)
    except IntegrityError:  # the same person's other message was faster
        async with database.read() as session:
            found = await access_conversation(session, claim)
        if found is None:
            raise
        return found.id


async def _begin(database: Database, claim: Claim, now: datetime) -> int:
    async with database.write() as session:
        found = await access_conversation(session, claim)
        if found is not None:
            return found.id
        begun = Conversation(
            channel=CHANNEL,
            address=claim.session,
            secret_hash=claim.secret_hash,
            created_at=now,
            last_inbound_at=now,
        )
        session.add(begun)
        await session.flush()
        return begun.id
