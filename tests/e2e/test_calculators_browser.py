"""The calculator pages as a worker uses them: a 360×640 phone in Chromium, with and without JavaScript."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from bot.channels.calculator_pages import CalculatorDeps, build_router
from knowledge.calculators.figures import load_figures
from knowledge.calculators.registry import CALCULATORS
from storage.database import Database
from tests.bot.webchat_standin import Site
from tests.e2e.conftest import PHONE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SCREENSHOTS = Path(os.environ.get("CALCULATOR_SCREENSHOTS", Path(__file__).parent / "screenshots"))
SCREENSHOTS.mkdir(parents=True, exist_ok=True)
TODAY = datetime(2026, 11, 22, 4, tzinfo=UTC)
SMALLEST_TAP = 48
SMALL = """least => [...document.querySelectorAll('button, textarea, input:not([type=hidden]):not([type=radio]), .tap, .button, .entry')]
    .filter(e => e.offsetParent && !e.matches('.skip-link'))
    .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
    .filter(([_, box]) => box.height < least || box.width < least).map(([html]) => html)"""
UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), textarea')]
    .filter(e => e.offsetParent && !(e.labels.length && e.labels[0].textContent.trim())).map(e => e.outerHTML)"""


@pytest.fixture
async def address(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    site = Site(database, tmp_path)
    site.app.include_router(build_router(CalculatorDeps(load_figures(), "0871-12351", clock=lambda: TODAY)))
    async with site.served() as url:
        yield url
    await database.close()


@pytest.fixture(params=["script", "no script"])
async def phone(request, chromium):
    """A phone with, and one without JavaScript."""
    context = await chromium.new_context(**PHONE, java_script_enabled=request.param == "script")
    context.set_default_timeout(8000)
    yield context
    await context.close()


@pytest.fixture
async def page(chromium, address):
    """A page with JavaScript whose console stays silent."""
    context = await chromium.new_context(**PHONE)
    context.set_default_timeout(8000)
    opened = await context.new_page()
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    yield opened
    await context.close()
    assert problems == []


async def shot(page, name, *, whole=False):
    await page.screenshot(path=SCREENSHOTS / f"calculators-{name}.png", full_page=whole)


async def assert_fits(page):
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.evaluate(SMALL, SMALLEST_TAP) == []
    assert await page.evaluate(UNLABELLED) == []


async def choose(page, field, label):
    await page.locator(f"#ask-{field} .tap", has_text=label).first.tap()


async def calculate(page):
    await page.locator(".act .button-primary").tap()


async def test_compensation_is_worked_out_by_tapping(phone, address):
    page = await phone.new_page()
    await page.goto(address)
    await shot(page, "chat")
    await page.locator(".shortcuts a").tap()
    await page.locator(".entry", has_text=CALCULATORS["economic_compensation"].wording.title).tap()
    await choose(page, "reason", "违法把我辞退")
    await page.fill("#in-started", "2020-03-01")
    await page.fill("#in-ended", "2026-10-31")
    await page.fill("#in-monthly_wage", "6000")
    await calculate(page)
    await expect(page.locator(".headline")).to_contain_text("84,000元")
    await expect(page.locator(".headline")).to_be_in_viewport()
    assert await page.locator(".steps li").count() >= 4
    await expect(page.locator(".disclaimer")).to_contain_text("仅供参考")
    await expect(page.locator("#in-monthly_wage")).to_have_value("6000")
    await assert_fits(page)
    await page.locator(".hand-over .button").tap()
    await expect(page.locator("#write")).to_be_visible()


async def test_an_injury_asks_only_what_applies(phone, address, request):
    script = "no script" not in request.node.name
    page = await phone.new_page()
    await page.goto(f"{address}/calculators/work_injury")
    await expect(page.locator("#ask-injury_grade")).to_be_hidden()
    await page.fill("#in-monthly_wage", "5000")
    await choose(page, "appraised", "是")
    await choose(page, "insured", "是")
    await page.fill("#in-region", "官渡区")
    if not script:
        await calculate(page)
        await expect(page.locator("#result .notice")).to_contain_text("还要再问您几样")
    await expect(page.locator("#ask-injury_grade")).to_be_visible()
    await shot(page, f"{'script' if script else 'no-script'}-asked", whole=True)
    await page.fill("#in-injury_grade", "10")
    await choose(page, "leaving", "否")
    await calculate(page)
    await expect(page.locator(".headline")).to_contain_text("10级伤残")
    await expect(page.locator(".headline")).to_be_in_viewport()
    await expect(page.locator("#in-region")).to_have_value("云南省昆明市官渡区")
    await assert_fits(page)


async def test_a_question_disappears_again_and_its_answer_is_not_sent(page, address):
    await page.goto(f"{address}/calculators/economic_compensation")
    await choose(page, "reason", "不胜任")
    await choose(page, "noticed", "否")
    await page.fill("#in-last_month_wage", "x")
    await choose(page, "reason", "裁员")
    await expect(page.locator("#ask-noticed")).to_be_hidden()
    await expect(page.locator("#ask-last_month_wage")).to_be_hidden()
    await page.fill("#in-service_years", "3")
    await page.fill("#in-monthly_wage", "5000")
    await calculate(page)
    await expect(page.locator(".headline")).to_contain_text("15,000元")


async def test_rows_are_added_filled_and_removed(page, address):
    await page.goto(f"{address}/calculators/wage_arrears_total")
    rows = page.locator("#ask-months .row")
    await expect(page.locator("#in-months")).to_be_hidden()
    await rows.nth(0).locator("input").nth(0).fill("2026-06")
    await rows.nth(0).locator("input").nth(1).fill("6000")
    await page.locator("#ask-months .add").tap()
    await expect(rows.nth(1).locator("input").nth(0)).to_have_value("2026-07")
    await rows.nth(1).locator("input").nth(1).fill("5000")
    await rows.nth(1).locator("input").nth(2).fill("2000")
    await page.locator("#ask-months .add").tap()
    await rows.nth(2).locator("input").nth(1).fill("乱写")
    await shot(page, "rows", whole=True)
    await calculate(page)
    await expect(page.locator("#ask-months .wrong").last).to_contain_text("第3行")
    await expect(rows.nth(2).locator("input").nth(1)).to_have_value("乱写")
    await assert_fits(page)
    await shot(page, "rows-wrong", whole=True)
    await rows.nth(2).locator(".remove").tap()
    await calculate(page)
    await expect(page.locator(".headline")).to_contain_text("9,000元")
    await expect(rows).to_have_count(2)


async def test_errors_lead_to_their_fields(page, address):
    await page.goto(f"{address}/calculators/economic_compensation")
    await choose(page, "reason", "违法把我辞退")
    await page.fill("#in-monthly_wage", "三千")
    await calculate(page)
    await expect(page.locator("#result .notice")).to_be_in_viewport()
    await shot(page, "errors", whole=True)
    await page.locator("#result .notice a").first.tap()
    await expect(page.locator("#ask-monthly_wage .wrong")).to_be_in_viewport()
    await expect(page.locator("#in-monthly_wage")).to_have_value("三千")


@pytest.mark.parametrize("width", [320, 360, 768])
async def test_nothing_scrolls_sideways_on_any_page(page, address, width):
    await page.set_viewport_size({"width": width, "height": 640})
    for path in ("", *(f"/{name}" for name in CALCULATORS)):
        await page.goto(f"{address}/calculators{path}")
        # every question at once: the longest the page can get
        await page.evaluate(
            "document.querySelectorAll('[data-when]').forEach(e => { e.hidden = e.disabled = false })"
        )
        await assert_fits(page)
        if width == 360:
            await shot(page, path.strip("/") or "list", whole=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(page, address, scheme):
    await page.emulate_media(color_scheme=scheme)
    await page.goto(f"{address}/calculators")
    await _axe(page)
    await page.goto(f"{address}/calculators/economic_compensation")
    await choose(page, "reason", "不胜任")
    await calculate(page)
    await expect(page.locator("#result .notice")).to_be_visible()
    await page.wait_for_load_state()
    await _axe(page)
    await page.fill("#in-monthly_wage", "6000")
    await page.fill("#in-service_years", "3.42")
    await calculate(page)
    await expect(page.locator(".headline")).to_be_visible()
    await shot(page, f"result-{scheme}-screen")
    await shot(page, f"result-{scheme}", whole=True)
    await _axe(page)
    await page.goto(f"{address}/calculators/wage_arrears_total")
    await _axe(page)


async def _axe(page):
    # axe is put into the page by the test; the page's own policy forbids such scripts
    found = (await Axe().run(page)).response["violations"]
    assert [(v["id"], [n["html"][:100] for n in v["nodes"]]) for v in found] == []


async def test_the_print_shows_the_result_with_what_was_filled_in(page, address):
    await page.goto(f"{address}/calculators/economic_compensation")
    await choose(page, "reason", "违法把我辞退")
    await page.fill("#in-service_years", "3.42")
    await page.fill("#in-monthly_wage", "6000")
    await calculate(page)
    await expect(page.locator(".given")).to_be_hidden()
    await page.emulate_media(media="print")
    await expect(page.locator("#form")).to_be_hidden()
    await expect(page.locator(".steps li").first).to_be_visible()
    await expect(page.locator(".given")).to_contain_text("违法把我辞退")
    await shot(page, "print", whole=True)
    assert await page.pdf()


async def test_nothing_stays_on_the_phone(page, address):
    await page.goto(f"{address}/calculators/overtime_pay")
    await choose(page, "paid_by", "按月")
    await page.fill("#in-monthly_wage", "4350")
    await page.fill("#in-weekday_hours", "20")
    await calculate(page)
    await expect(page.locator(".headline")).to_be_visible()
    assert await page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert await page.context.cookies() == []
    assert "4350" not in page.url
