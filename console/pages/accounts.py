"""Accounts of the administrator's own unit and below."""

from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.texts import error_text
from console.web import Page, Routes
from storage.models import Account, Organization
from tickets.access import Role, access_account, access_organization, visible_accounts, visible_organizations
from tickets.accounts import create_account, reset_password, set_active, set_leave
from tickets.errors import NotAllowed, TicketError
from tickets.passwords import random_password

PAGE_ROWS = 50


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/accounts", "accounts", accounts)
    routes.add("GET", "/accounts/new", "accounts.new", new)
    routes.add("POST", "/accounts/new", "accounts.create", create)
    routes.add("GET", "/accounts/{account_id:int}", "account", one)
    routes.add("POST", "/accounts/{account_id:int}/active", "account.active", active)
    routes.add("POST", "/accounts/{account_id:int}/password", "account.password", password)
    routes.add("POST", "/accounts/{account_id:int}/leave", "account.leave", leave)


async def accounts(page: Page) -> Response:
    """List the accounts."""
    q, number = page.query("q")[:60], page_number(page)
    condition = visible_accounts(page.account)
    if q:
        condition &= or_(
            Account.username.icontains(q, autoescape=True),
            Account.display_name.icontains(q, autoescape=True),
            Organization.name.icontains(q, autoescape=True),
        )
    base = select(Account).join(Organization, Organization.id == Account.organization_id).where(condition)
    async with page.deps.database.read() as session:
        total = await session.scalar(select(func.count()).select_from(base.subquery())) or 0
        query = (
            base.order_by(Organization.path, Account.username)
            .limit(PAGE_ROWS)
            .offset((number - 1) * PAGE_ROWS)
        )
        rows = (await session.scalars(query)).all()
    pages = max(1, -(-total // PAGE_ROWS))
    return page.show("accounts.html", rows=rows, total=total, pages=pages, number=number, q=q)


def page_number(page: Page) -> int:
    """Return ?page=, at least 1."""
    value = page.query("page")
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 6 and int(value) else 1


async def new(page: Page) -> Response:
    """Show the form for a new account."""
    return await _form(page)


async def _form(page: Page, status: int = 200, alert: str | None = None) -> Response:
    async with page.deps.database.read() as session:
        query = select(Organization).where(visible_organizations(page.account)).order_by(Organization.path)
        units = (await session.scalars(query)).all()
    return page.show("account_new.html", status, units=units, roles=list(Role), typed=page.form, alert=alert)


async def create(page: Page) -> Response:
    """Make the account with a random password, which is shown once."""
    form, first = page.form, random_password()
    unit_id = form.number("unit")
    if unit_id is None:
        return await _form(page, 422, error_text("unit"))
    try:
        async with page.deps.database.write() as session:
            by = await session.get(Account, page.account.id)
            unit = await access_organization(session, page.account, unit_id)
            made = await create_account(
                session, username=form.text("username"), password=first, role=form.text("role"),
                organization_code=unit.code, now=page.now, display_name=form.text("display_name")[:64], by=by,
            )  # fmt: skip
    except NotAllowed:
        return await _form(page, 422, error_text("unit"))
    except TicketError as problem:
        return await _form(page, problem.status, problem.message)
    return page.show("account_password.html", other=made, password=first, fresh=True)


async def one(page: Page) -> Response:
    """Show one account."""
    return await _one(page)


async def _one(page: Page, status: int = 200, alert: str | None = None) -> Response:
    async with page.deps.database.read() as session:
        other = await access_account(session, page.account, page.id_in_path("account_id"))
    return page.show("account.html", status, other=other, own=other.id == page.account.id, alert=alert)


async def _both(session: AsyncSession, page: Page) -> tuple[Account, Account]:
    """Return (the administrator, the other account), both of this transaction."""
    by = await session.scalar(select(Account).where(Account.id == page.account.id, Account.active))
    if by is None:
        raise NotAllowed
    return by, await access_account(session, by, page.id_in_path("account_id"))


async def active(page: Page) -> Response:
    """Enable or disable an account; never one's own."""
    enable = page.form.text("active") == "1"
    async with page.deps.database.write() as session:
        by, other = await _both(session, page)
        if by.id != other.id:
            await set_active(session, by, other, enable, page.now)
    if by.id == other.id:
        return await _one(page, 422, error_text("own_account"))
    return page.go(f"/console/accounts/{other.id}?done={'enabled' if enable else 'disabled'}")


async def password(page: Page) -> Response:
    """Set a random password and show it once."""
    fresh = random_password()
    async with page.deps.database.write() as session:
        by, other = await _both(session, page)
        if by.id != other.id:
            await reset_password(session, by, other, fresh, page.now)
    if by.id == other.id:
        return await _one(page, 422, error_text("own_account"))
    return page.show("account_password.html", other=other, password=fresh, fresh=False)


async def leave(page: Page) -> Response:
    """Say until when somebody is away; an empty date ends the leave."""
    given = page.form.text("until")
    try:
        until = date.fromisoformat(given) if given else None
    except ValueError:
        return await _one(page, 422, error_text("leave_date"))
    async with page.deps.database.write() as session:
        by, other = await _both(session, page)
        set_leave(session, by, other, until, page.now)
    return page.go(f"/console/accounts/{other.id}?done=leave")
