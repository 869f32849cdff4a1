"""Signed-in browsers: the cookie's token is kept only as a hash."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from console.deps import ConsoleDeps
from storage.models import Account, ConsoleSession

COOKIE = "niangjia_console"
ENTRY_COOKIE = (
    "niangjia_console_entry"  # Lax, no secret: says that a Strict cookie exists (links from Telegram)
)
FORM_COOKIE = "niangjia_console_form"  # double submit for the sign-in form, which has no session yet
PATH = "/console"


@dataclass(frozen=True)
class Signed:
    """Who is signed in, and the token that every form of theirs carries."""

    account: Account
    csrf: str
    token_hash: str


def token_hash(token: str) -> str:
    """Return what is stored of a cookie's token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


async def find(session: AsyncSession, request: Request, now: datetime) -> Signed | None:
    """Return who the request's cookie stands for; None when unknown, expired or disabled. One query."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    query = (
        select(ConsoleSession, Account)
        .join(Account, Account.id == ConsoleSession.account_id)
        .where(
            ConsoleSession.token_hash == token_hash(token), ConsoleSession.expires_at > now, Account.active
        )
    )
    row = (await session.execute(query)).first()
    return None if row is None else Signed(row[1], row[0].csrf, row[0].token_hash)


async def still_valid(session: AsyncSession, signed: Signed, now: datetime) -> bool:
    """Tell whether the session may go on: asked again by streams that stay open."""
    query = (
        select(Account.role)
        .join(ConsoleSession, Account.id == ConsoleSession.account_id)
        .where(
            ConsoleSession.token_hash == signed.token_hash, ConsoleSession.expires_at > now, Account.active
        )
    )
    return await session.scalar(query) == signed.account.role


async def begin(session: AsyncSession, account: Account, hours: int, now: datetime) -> str:
    """Open a session and return its token, which only the browser keeps; old sessions are cleared away."""
    token = secrets.token_urlsafe(32)
    await session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at <= now))
    session.add(
        ConsoleSession(
            token_hash=token_hash(token),
            account_id=account.id,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    )
    return token


async def end(session: AsyncSession, signed: Signed) -> None:
    """Sign this browser out."""
    await session.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == signed.token_hash))


def set_cookies(response: Response, deps: ConsoleDeps, token: str) -> None:
    """Give the browser its session."""
    age = deps.session_hours * 3600
    response.set_cookie(
        COOKIE, token, max_age=age, path=PATH, secure=deps.secure_cookies, httponly=True, samesite="strict"
    )
    response.set_cookie(
        ENTRY_COOKIE, "1", max_age=age, path=PATH, secure=deps.secure_cookies, httponly=True, samesite="lax"
    )
    response.delete_cookie(FORM_COOKIE, path=PATH)


def clear_cookies(response: Response) -> None:
    """Take the session away from the browser."""
    for name in (COOKIE, ENTRY_COOKIE):
        response.delete_cookie(name, path=PATH)
