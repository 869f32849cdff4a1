"""The queue page and its live refresh."""

from starlette.responses import Response

from console.events import Changes, stream_response
from console.views.queue import Filters, load_queue
from console.web import Page, Routes
from tickets.access import Action, may


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/", "home", home)
    routes.add("GET", "/queue", "queue", queue)
    routes.add("GET", "/queue/body", "queue.body", body, kind="data")
    routes.add("GET", "/events", "queue.events", events, kind="data")


async def home(page: Page) -> Response:
    """Go to what the account's role works with."""
    return page.go("/console/queue" if may(page.account, Action.SEE_TICKETS) else "/console/faq")


async def queue(page: Page) -> Response:
    """Show the queue."""
    return await _show(page, "queue.html")


async def body(page: Page) -> Response:
    """Show the queue without the page around it: what the live refresh puts in place."""
    return await _show(page, "queue_body.html")


async def _show(page: Page, template: str) -> Response:
    filters = Filters.of(page.request.query_params)
    async with page.deps.database.read() as session:
        shown = await load_queue(session, page.account, filters, page.now, page.deps.policy)
    return page.show(template, queue=shown, filters=filters, address=filters.as_query())


async def events(page: Page) -> Response:
    """Say when a visible ticket changed; the page then asks for its body again."""
    assert page.signed is not None
    return stream_response(page, Changes(page.deps, page.signed, page.request))
