"""One's own account: password, and the Telegram chat for notices."""

from starlette.responses import Response

from console.texts import error_text
from console.web import Page, Routes
from storage.models import Account
from tickets.access import Action, may
from tickets.accounts import change_password, new_telegram_link
from tickets.errors import NotAllowed, TicketError
from tickets.passwords import LONGEST, SHORTEST


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/own", "own", own)
    routes.add("POST", "/own/password", "own.password", password)
    routes.add("POST", "/own/telegram", "own.telegram", telegram)


async def own(page: Page) -> Response:
    """Show the account."""
    return _show(page)


def _show(page: Page, status: int = 200, alert: str | None = None, code: str | None = None) -> Response:
    linked, notices = bool(page.account.telegram_chat_id), may(page.account, Action.WORK_TICKETS)
    return page.show(
        "own.html",
        status,
        alert=alert,
        code=code,
        linked=linked,
        notices=notices,
        shortest=SHORTEST,
        longest=LONGEST,
    )


async def password(page: Page) -> Response:
    """Set a new password; other browsers are signed out."""
    assert page.signed is not None
    present, new = page.form.raw("present"), page.form.raw("new")
    address = page.request.client.host if page.request.client else ""
    username, throttle = page.account.username, page.shared.throttle
    minutes = throttle.minutes_to_wait(username, address, page.now)
    if minutes:
        return _show(page, 429, error_text("sign_in_paused", minutes=minutes))
    if new != page.form.raw("again"):
        return _show(page, 422, error_text("passwords_differ"))
    throttle.failed(username, address, page.now)
    try:
        async with page.deps.database.write() as session:
            account = await session.get(Account, page.account.id)
            if account is None:
                raise NotAllowed
            await change_password(session, account, present, new, page.now, keep=page.signed.token_hash)
    except TicketError as problem:
        return _show(page, problem.status, problem.message)
    throttle.succeeded(username, address)
    return page.go("/console/own?done=password")


async def telegram(page: Page) -> Response:
    """Show a one-time code; sending it to the bot links that chat for notices."""
    async with page.deps.database.write() as session:
        account = await session.get(Account, page.account.id)
        if account is None:
            raise NotAllowed
        code = new_telegram_link(account)
    return _show(page, code=code)
