"""Signing in and out, and the static files of the console."""

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console import sessions
from console.render import static_file
from console.security import safe_next, same_token
from console.texts import error_text
from console.web import Page, Routes
from storage.models import Account
from tickets.audit import AuditTag, record
from tickets.errors import NotAllowed
from tickets.passwords import LONGEST, hash_password, verify_password

CONTENT_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
YEAR_SECONDS = 365 * 24 * 3600


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/sign-in", "sign_in", form)
    routes.add("POST", "/sign-in", "sign_in.submit", submit)
    routes.add("POST", "/sign-out", "sign_out", sign_out)
    routes.add("GET", "/static/{name}", "static", static, kind="data")


async def form(page: Page) -> Response:
    """Show the sign-in form, or go on when signed in already."""
    wanted = safe_next(page.query("next"))
    if page.signed is not None:
        return page.go(wanted)
    return _form(page, wanted)


def _form(
    page: Page, wanted: str, status: int = 200, username: str = "", alert: str | None = None
) -> Response:
    token = page.request.cookies.get(sessions.FORM_COOKIE) or secrets.token_urlsafe(32)
    response = page.show(
        "sign_in.html", status, next=wanted, username=username, form_token=token, alert=alert, longest=LONGEST
    )
    response.set_cookie(
        sessions.FORM_COOKIE, token, path=sessions.PATH, secure=page.deps.secure_cookies, httponly=True,
        samesite="strict",
    )  # fmt: skip
    return response


async def submit(page: Page) -> Response:
    """Check name and password; a wrong one costs time and, after some, a pause."""
    wanted, username = safe_next(page.form.text("next")), page.form.text("username").lower()[:64]
    expected = page.request.cookies.get(sessions.FORM_COOKIE, "")
    if not same_token(page.form.raw("csrf"), expected):
        return _form(page, wanted, 403, username, error_text("form_expired"))
    address = page.request.client.host if page.request.client else ""
    throttle = page.shared.throttle
    minutes = throttle.minutes_to_wait(username, address, page.now)
    if minutes:
        alert = error_text("sign_in_paused", minutes=minutes)
        return _form(page, wanted, 429, username, alert)
    throttle.failed(username, address, page.now)  # before the slow check, so that parallel guesses count, too
    async with page.deps.database.read() as session:
        account = await session.scalar(select(Account).where(Account.username == username, Account.active))
    known = account.password_hash if account else await _nobody()
    if not await verify_password(page.form.raw("password"), known) or account is None:
        async with page.deps.database.write() as session:
            record(session, AuditTag.SESSION_REFUSED, account, "sign-in", page.now)
        return _form(page, wanted, 401, username, error_text("sign_in_wrong"))
    throttle.succeeded(username, address)
    async with page.deps.database.write() as session:
        token = await _open(session, page, account.id, page.now)
    response = page.go(wanted)
    sessions.set_cookies(response, page.deps, token)
    return response


async def _open(session: AsyncSession, page: Page, account_id: int, now: datetime) -> str:
    account = (await session.scalars(select(Account).where(Account.id == account_id))).one()
    if page.signed is not None:
        await sessions.end(session, page.signed)
    account.last_login_at = now
    record(session, AuditTag.SESSION_OPENED, account, f"account:{account.id}", now)
    return await sessions.begin(session, account, page.deps.session_hours, now)


_nobody_hash: list[str] = []


async def _nobody() -> str:
    """A hash that nothing matches: an unknown name takes as long as a wrong password."""
    if not _nobody_hash:
        _nobody_hash.append(await hash_password(secrets.token_urlsafe(32)))
    return _nobody_hash[0]


async def sign_out(page: Page) -> Response:
    """End this browser's session."""
    assert page.signed is not None
    async with page.deps.database.write() as session:
        await sessions.end(session, page.signed)
        record(session, AuditTag.SESSION_CLOSED, page.account, f"account:{page.account.id}", page.now)
    response = page.go("/console/sign-in")
    sessions.clear_cookies(response)
    return response


async def static(page: Page) -> Response:
    """Serve a style sheet or script; with the right version it may be kept for a year."""
    name = page.text_in_path("name")
    found = static_file(name)
    if found is None:
        raise NotAllowed
    current = page.query("v") == found[1]
    age = f"public, max-age={YEAR_SECONDS}, immutable" if current else "no-cache"
    return Response(
        found[0], media_type=CONTENT_TYPES[name.rpartition(".")[2]], headers={"Cache-Control": age}
    )
