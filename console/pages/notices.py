"""Notices of the union (会务公开): the list, drafting, publishing, withdrawing."""

from starlette.responses import Response

from console.forms import Form
from console.pages.accounts import page_number
from console.web import Page, Routes
from storage.service_models import Notice
from tickets import notices_board as board
from tickets.access import Action, may
from tickets.errors import NotAllowed, TicketError


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/notices", "notices", notices)
    routes.add("GET", "/notices/new", "notices.new", new)
    routes.add("POST", "/notices/new", "notices.create", create)
    routes.add("GET", "/notices/{notice_id:int}", "notice", one)
    routes.add("POST", "/notices/{notice_id:int}", "notice.save", save)
    routes.add("POST", "/notices/{notice_id:int}/publish", "notice.publish", publish)
    routes.add("POST", "/notices/{notice_id:int}/withdraw", "notice.withdraw", withdraw)


async def notices(page: Page) -> Response:
    """List the notices of the own unit and below."""
    state, number = page.query("state"), page_number(page)
    filters = board.Filters(q=page.query("q")[:60], state=state if state in board.STATES else "")
    async with page.deps.database.read() as session:
        shown = await board.load_page(session, page.account, filters, number)
    return page.show("notices.html", shown=shown, filters=filters, number=number)


async def new(page: Page) -> Response:
    """Show an empty form."""
    return _form(page, Form(), None)


def _form(
    page: Page, typed: Form, notice: Notice | None, status: int = 200, alert: str | None = None
) -> Response:
    writes = notice is None or (board.may_write(page.account, notice) and notice.status != board.PUBLISHED)
    publishes = notice is not None and board.may_publish(page.account, notice)
    limits = {"title": board.TITLE_CHARACTERS, "text": board.TEXT_CHARACTERS}
    return page.show(
        "notice.html", status, typed=typed, notice=notice, alert=alert, writes=writes, limits=limits,
        publishes=publishes and notice is not None and notice.status != board.PUBLISHED,
        withdraws=notice is not None
        and notice.status == board.PUBLISHED
        and may(page.account, Action.PUBLISH_NOTICES),
    )  # fmt: skip


async def create(page: Page) -> Response:
    """Save a new draft."""
    title, text = page.form.text("title"), page.form.text("text")
    try:
        async with page.deps.database.write() as session:
            made = await board.create(session, page.account, title, text, page.now)
    except NotAllowed:
        raise
    except TicketError as problem:
        return _form(page, page.form, None, problem.status, problem.message)
    return page.go(f"/console/notices/{made.id}?done=notice_saved")


async def one(page: Page) -> Response:
    """Show a notice, with the form where the account may change it."""
    return await _one(page)


async def _one(
    page: Page, status: int = 200, alert: str | None = None, typed: Form | None = None
) -> Response:
    async with page.deps.database.read() as session:
        notice = await board.access_notice(session, page.account, page.id_in_path("notice_id"))
    return _form(page, typed or Form({"title": notice.title, "text": notice.text}), notice, status, alert)


async def save(page: Page) -> Response:
    """Save the draft, and publish it when asked to."""
    number, version = page.id_in_path("notice_id"), page.form.number("version") or 0
    title, text = page.form.text("title"), page.form.text("text")
    publishing = page.form.text("then") == "publish"
    try:
        async with page.deps.database.write() as session:
            saved = await board.edit(session, page.account, number, version, title, text, page.now)
            if publishing:
                await board.publish(session, page.account, number, saved.version, page.now)
    except NotAllowed:
        raise
    except TicketError as problem:
        return await _one(page, problem.status, problem.message, page.form)
    return page.go(f"/console/notices/{number}?done=notice_{'published' if publishing else 'saved'}")


async def publish(page: Page) -> Response:
    """Let workers read what was saved."""
    number, version = page.id_in_path("notice_id"), page.form.number("version") or 0
    try:
        async with page.deps.database.write() as session:
            await board.publish(session, page.account, number, version, page.now)
    except NotAllowed:
        raise
    except TicketError as problem:
        return await _one(page, problem.status, problem.message)
    return page.go(f"/console/notices/{number}?done=notice_published")


async def withdraw(page: Page) -> Response:
    """Take a notice away."""
    number, version = page.id_in_path("notice_id"), page.form.number("version") or 0
    try:
        async with page.deps.database.write() as session:
            await board.withdraw(session, page.account, number, version, page.now)
    except NotAllowed:
        raise
    except TicketError as problem:
        return await _one(page, problem.status, problem.message)
    return page.go(f"/console/notices/{number}?done=notice_withdrawn")
