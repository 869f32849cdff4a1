"""Questions without a good answer: to be turned into answers, or marked as done."""

from sqlalchemy import func, select, update
from starlette.responses import Response

from console.pages.accounts import PAGE_ROWS, page_number
from console.texts import texts
from console.web import Page, Routes
from storage.models import Miss
from tickets.masking import mask_text


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/misses", "misses", misses)
    routes.add("POST", "/misses/{miss_id:int}/done", "misses.done", done)


async def misses(page: Page) -> Response:
    """List the questions, newest first; texts were masked when they were stored and are masked again."""
    reason, state, number = page.query("reason"), page.query("state"), page_number(page)
    state = state if state in {"new", "done"} else "new"
    condition = Miss.state == state
    if reason in texts()["miss_reasons"]:
        condition &= Miss.reason == reason
    async with page.deps.database.read() as session:
        total = await session.scalar(select(func.count()).select_from(Miss).where(condition)) or 0
        query = select(Miss).where(condition).order_by(Miss.id.desc())
        rows = (await session.scalars(query.limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS))).all()
    shown = [(row, mask_text(row.text)) for row in rows]
    pages = max(1, -(-total // PAGE_ROWS))
    return page.show(
        "misses.html", rows=shown, total=total, pages=pages, number=number, reason=reason, state_was=state
    )


async def done(page: Page) -> Response:
    """Mark one as done."""
    statement = update(Miss).where(Miss.id == page.id_in_path("miss_id")).values(state="done")
    async with page.deps.database.write() as session:
        await session.execute(statement)
    return page.go("/console/misses?done=miss")
