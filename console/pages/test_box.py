"""The test box: what a worker's question would get, with the numbers behind it."""

from starlette.responses import Response

from console.web import Page, Routes
from tickets.sla import SHANGHAI

QUESTION_CHARACTERS = 400
REGION_CHARACTERS = 60


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/test-box", "test_box", empty)
    routes.add("POST", "/test-box", "test_box.ask", ask)


async def empty(page: Page) -> Response:
    """Show the box."""
    return page.show("test_box.html", question="", region="", heard=None, result=None)


async def ask(page: Page) -> Response:
    """Understand and search as a turn does; nothing is stored."""
    question, region = (
        page.form.text("question")[:QUESTION_CHARACTERS],
        page.form.text("region")[:REGION_CHARACTERS],
    )
    if not question:
        return await empty(page)
    heard = await page.deps.understander.understand(question)
    await page.deps.knowledge.refresh()
    result = page.deps.knowledge.search(
        question,
        embedding=heard.embedding,
        intents={ranked.intent: ranked.confidence for ranked in heard.ranking},
        region=region or None,
        today=page.now.astimezone(SHANGHAI).date(),
    )
    return page.show("test_box.html", question=question, region=region, heard=heard, result=result)
