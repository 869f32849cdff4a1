"""The audit list: who of the own unit and below did what."""

from sqlalchemy import ColumnElement, func, or_, select
from starlette.responses import Response

from console.pages.accounts import PAGE_ROWS, page_number
from console.texts import texts
from console.web import Page, Routes
from storage.models import Account, AuditEntry
from tickets.access import visible_accounts


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/audit", "audit", audit)


async def audit(page: Page) -> Response:
    """List the entries, newest first; what nobody signed in did is for the top of the tree."""
    tag, number = page.query("tag"), page_number(page)
    condition: ColumnElement[bool] = AuditEntry.account_id.in_(
        select(Account.id).where(visible_accounts(page.account))
    )
    if page.account.organization.parent_id is None:
        condition = or_(condition, AuditEntry.account_id.is_(None))
    if tag in texts()["audit"]:
        condition &= AuditEntry.tag == tag
    async with page.deps.database.read() as session:
        total = await session.scalar(select(func.count()).select_from(AuditEntry).where(condition)) or 0
        query = (
            select(AuditEntry, Account.display_name)
            .outerjoin(Account, Account.id == AuditEntry.account_id)
            .where(condition)
            .order_by(AuditEntry.id.desc())
            .limit(PAGE_ROWS)
            .offset((number - 1) * PAGE_ROWS)
        )
        rows = (await session.execute(query)).all()
    pages = max(1, -(-total // PAGE_ROWS))
    return page.show("audit.html", rows=rows, total=total, pages=pages, number=number, tag=tag)
