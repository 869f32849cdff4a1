"""The console as a cadre uses it: on a phone and on a wide screen, in Chromium, live."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from storage.database import Database
from storage.models import Message, Miss, Ticket
from tests.console.conftest import PASSWORD, app, deps, make_ticket, password_hash, routes, world  # noqa: F401
from tests.e2e.conftest import PHONE
from tickets import service

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

WIDE = {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN"}
SCREENSHOTS = Path(os.environ.get("CONSOLE_SCREENSHOTS", Path(__file__).parent / "screenshots"))


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
def now() -> datetime:
    """The pages' scripts live in the real present."""
    return datetime.now(UTC)


@pytest.fixture
async def address(app) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it by a flag
        await asyncio.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


@pytest.fixture(params=["phone", "wide", "dark"])
async def screen(request: pytest.FixtureRequest, chromium: Browser, address: str) -> AsyncIterator[Page]:
    options = {"phone": PHONE, "wide": WIDE, "dark": {**WIDE, "color_scheme": "dark"}}[request.param]
    context = await chromium.new_context(**options, base_url=address)
    context.set_default_timeout(10_000)
    page = await context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.shape = request.param
    yield page
    await context.close()
    assert [p for p in problems if not re.search(r"status of (409|422|401)|ERR_ABORTED", p)] == []


async def sign_in(page: Page, username: str) -> None:
    await page.goto("/console/")
    await page.fill("[name=username]", username)
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_url(re.compile("/console/(queue|faq)"))


async def check(page: Page, name: str) -> None:
    """A picture for people to look at; no accessibility finding; nothing wider than the screen."""
    await page.screenshot(path=SCREENSHOTS / f"console-{name}-{page.shape}.png", full_page=True)
    found = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    assert found.violations_count == 0, found.generate_report()
    width = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, f"{name}: {width}px wider than the screen"


async def test_a_ticket_from_sign_in_to_closing(screen: Page, database: Database, world, now) -> None:
    ticket = await make_ticket(database, now)
    late = await make_ticket(database, now, address="late", urgency="urgent", category="safety_hazard")
    async with database.write() as session:
        (await session.get(Ticket, late.id)).next_due = now - timedelta(hours=5)
    await screen.goto("/console/")
    await check(screen, "sign-in")
    await sign_in(screen, "county.cadre")
    await expect(screen.get_by_text("已超期").first).to_be_visible()
    await check(screen, "queue")

    await screen.click(f"text={ticket.number}")
    await check(screen, "ticket")
    await screen.get_by_role("button", name="受理", exact=True).click()
    await expect(screen.get_by_role("status").filter(has_text="已受理")).to_be_visible()

    await screen.fill("#reply [name=text]", "您好，我是官渡区总工会的小李，明天上午给您打电话。")
    await screen.click("text=发送回复")
    await expect(screen.locator("#conversation .said-cadre")).to_contain_text("明天上午给您打电话")

    await screen.fill(".note-form [name=text]", "这家公司去年也欠过薪。")
    await screen.click("text=保存备注")
    await expect(screen.locator(".notes .note")).to_contain_text("去年也欠过薪")

    closing = screen.locator("details", has=screen.get_by_text("办结", exact=True))
    await closing.locator("summary").click()
    await check(screen, "ticket-working")
    await closing.locator("[name=code]").select_option("solved")
    await closing.locator("[name=result]").fill("公司已经补发28000元。")
    await screen.click("text=办结并告诉职工")
    await expect(screen.get_by_role("status").filter(has_text="已办结")).to_be_visible()
    await check(screen, "ticket-closed")
    async with database.read() as session:
        assert not (await session.get(Ticket, ticket.id)).open


async def test_what_the_worker_writes_appears_by_itself(
    screen: Page, database: Database, world, now, deps
) -> None:
    ticket = await make_ticket(database, now)
    await sign_in(screen, "county.cadre")
    await screen.goto(f"/console/tickets/{ticket.id}")
    await screen.fill("#reply [name=text]", "写到一半")
    async with database.write() as session:
        row = Message(
            conversation_id=ticket.conversation_id,
            direction="in",
            author="worker",
            text="工头刚才来电话了 <b>",
            created_at=now,
        )
        session.add(row)
        await session.flush()
        await service.add_from_worker(session, ticket.id, row.id, now)
    await deps.live.publish(f"conversation:{ticket.conversation_id}")
    await expect(screen.locator("#conversation")).to_contain_text("工头刚才来电话了 <b>")
    await expect(screen.locator("#history")).to_contain_text("职工补充")
    assert await screen.input_value("#reply [name=text]") == "写到一半"


async def test_a_new_ticket_appears_in_the_queue_by_itself(
    screen: Page, database: Database, world, now
) -> None:
    await sign_in(screen, "county.cadre")
    await expect(screen.locator("#queue")).to_contain_text("您手上没有待办的工单")
    await expect(screen.locator("#live")).to_be_visible()
    ticket = await make_ticket(database, now)
    await expect(screen.locator("#queue")).to_contain_text(ticket.number)


async def test_a_conflict_keeps_what_was_typed(screen: Page, database: Database, world, now) -> None:
    ticket = await make_ticket(database, now)
    await sign_in(screen, "county.cadre")
    await screen.goto(f"/console/tickets/{ticket.id}")
    await screen.fill("#reply [name=text]", "我写了很久")
    async with database.write() as session:
        leader = await session.merge(world.accounts["county.leader"])
        await service.take_over(session, leader, ticket.id, now)
    await expect(screen.locator("#changed")).to_be_visible()
    await screen.click("text=发送回复")
    await expect(screen.get_by_role("alert")).to_contain_text("接手")
    assert await screen.input_value("#reply [name=text]") == "我写了很久"
    await check(screen, "conflict")


async def test_a_link_from_elsewhere_opens_the_ticket_without_a_second_sign_in(
    screen: Page,
    database: Database,
    world,
    now,
    address: str,
) -> None:
    ticket = await make_ticket(database, now)
    await sign_in(screen, "county.cadre")
    target = f"{address}/console/tickets/{ticket.id}"
    await screen.goto("about:blank")
    await screen.set_content(f'<a href="{target}">link</a>')
    await screen.click("a")
    await expect(screen.get_by_role("heading", name="欠薪28000元")).to_be_visible()


async def test_administrator_pages(screen: Page, database: Database, world, now) -> None:
    async with database.write() as session:
        session.add(
            Miss(text="食堂饭菜太咸找谁", reason="no_answer", intent="suggestion", score=0.31, created_at=now)
        )
    await sign_in(screen, "county.administrator")
    for place in ("faq/new", "misses", "test-box", "accounts", "accounts/new", "audit", "own"):
        await screen.goto(f"/console/{place}")
        await check(screen, place.replace("/", "-"))
    await screen.goto("/console/faq/new")
    await screen.fill("[name=question]", "工资拖欠多久可以投诉")
    await screen.select_option("[name=intent]", "wage_arrears")
    await screen.fill("[name=answer]", "发工资的日子一过没给，就可以投诉。")
    await screen.fill("[name=phrasings]", "工资晚几天能去告")
    await screen.fill("[name=citations]", "不存在的法 第三条")
    await screen.click("text=保存草稿")
    await expect(screen.get_by_role("alert")).to_contain_text("法规库里没有")
    await screen.fill("[name=citations]", "《劳动合同法》第三十条")
    await screen.click("text=保存草稿")
    await screen.click("text=保存并发布")
    await expect(screen.get_by_role("status").first).to_contain_text("已发布")
    await check(screen, "faq-edit")
    await screen.click("text=历史版本")
    await check(screen, "faq-versions")
    await screen.goto("/console/faq")
    await check(screen, "faq")
    await screen.goto("/console/test-box")
    await screen.fill("[name=question]", "工资拖欠多久可以投诉")
    await screen.click("main button[type=submit]")
    await expect(screen.locator("main")).to_contain_text("结果")
    await check(screen, "test-box-result")
