"""The chat page as a worker uses it: a 360×640 phone in Chromium, with and without JavaScript."""

import asyncio
import io
import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from PIL import Image
from playwright.async_api import expect

from storage.database import Database
from tests.bot.test_files import image_bytes
from tests.bot.webchat_standin import Site
from tests.e2e.conftest import PHONE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SCREENSHOTS = Path(__file__).parent / "screenshots"
SMALLEST_TAP = 48


@pytest.fixture
async def site(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    yield Site(database, tmp_path, heartbeat_seconds=1)
    await database.close()


@pytest.fixture
async def address(site):
    async with site.served() as url:
        yield url


@pytest.fixture
async def phone(chromium):
    context = await chromium.new_context(**PHONE)
    context.set_default_timeout(8000)
    yield context
    await context.close()


@pytest.fixture
async def page(phone, address):
    opened = await phone.new_page()
    problems = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    await opened.goto(address)
    yield opened
    unexpected = [
        p
        for p in problems
        if not re.search(r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|status of (403|413|429|503)", p)
    ]
    assert unexpected == []


async def say(page, text):
    await page.fill("#write", text)
    await page.click("#send")


async def shot(page, name):
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"webchat-{name}.png")


def bubble(page, who, text):
    return page.locator(f"#log .message.{who}", has_text=text)


async def test_a_text_is_sent_and_answered_without_a_reload(page, site):
    await shot(page, "welcome")
    await say(page, "老板欠我三个月工资")
    await expect(bubble(page, "bot", "收到：老板欠我三个月工资")).to_be_visible()
    await expect(page.locator("#write")).to_have_value("")
    await expect(bubble(page, "bot", "收到")).to_be_in_viewport()
    await shot(page, "answered")
    assert len(await site.messages()) == 2


async def test_topics_shortcuts_and_old_buttons_can_be_pressed(page, site):
    await page.tap('.topics button[value="flow:wage_arrears"]')
    await expect(bubble(page, "worker", "被拖欠工资")).to_be_visible()
    await say(page, "一")
    await expect(bubble(page, "bot", "收到：一")).to_be_visible()
    await page.locator('#log button[value="do:1:resume"]').first.tap()  # from two answers ago
    await expect(bubble(page, "worker", "继续")).to_be_visible()
    await page.tap('.shortcuts button[value="go:human"]')
    await expect(bubble(page, "bot", "收到：转人工")).to_be_visible()
    await expect(bubble(page, "bot", "收到")).to_have_count(4)
    assert [m.payload for m in site.turn.handled] == ["flow:wage_arrears", None, "do:1:resume", "go:human"]


async def test_a_double_tap_is_one_message(page, site):
    site.turn.delay = 0.3
    await page.dblclick('.shortcuts button[value="go:status"]')
    await expect(bubble(page, "bot", "收到")).to_have_count(1)
    await asyncio.sleep(0.5)
    assert len(site.turn.handled) == 1


async def test_a_photo_is_sent_and_shown(page, site):
    photo = {"name": "工资条.jpg", "mimeType": "image/jpeg", "buffer": image_bytes(size=(1200, 900))}
    await page.set_input_files("#file", photo)
    await expect(bubble(page, "bot", "照片收到了")).to_be_visible()
    shown = page.locator(".worker .file img")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("image => image.complete && image.naturalWidth > 0")
    await shot(page, "photo")
    assert site.turn.handled[0].kind == "photo"


async def test_a_large_photo_is_made_smaller_on_the_phone(page, site):
    large = io.BytesIO()
    Image.effect_noise((1200, 900), 60).resize((3600, 2700)).convert("RGB").save(large, "JPEG", quality=90)
    assert len(large.getvalue()) > 600_000
    photo = {"name": "大.jpg", "mimeType": "image/jpeg", "buffer": large.getvalue()}
    await page.set_input_files("#file", photo)
    await expect(bubble(page, "bot", "照片收到了")).to_be_visible()
    with Image.open(io.BytesIO(site.turn.handled[0].files[0].data)) as sent:
        assert max(sent.size) == 2400


async def test_a_file_that_is_too_large_is_told_at_once(page, site):
    await page.set_input_files(
        "#file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": bytes(3 * 1024 * 1024)}
    )
    await expect(page.locator("#notice")).to_contain_text("太大")
    assert site.turn.handled == []


async def test_a_cadres_message_arrives_live_and_once(page, site):
    await say(page, "有人吗")
    await expect(bubble(page, "bot", "收到")).to_be_visible()
    await site.cadre_writes("我是工会的小王，您的事我来办。")
    arrived = bubble(page, "cadre", "我是工会的小王")
    await expect(arrived).to_be_visible()
    await expect(arrived).to_contain_text("工会干部")
    await expect(arrived).to_be_in_viewport()
    await page.reload()
    await expect(bubble(page, "cadre", "我是工会的小王")).to_have_count(1)
    await shot(page, "cadre")


async def test_a_reload_keeps_the_conversation_and_the_half_written_text(page):
    await say(page, "第一句")
    await expect(bubble(page, "bot", "收到：第一句")).to_be_visible()
    await page.fill("#write", "写到一半")
    await page.reload()
    await expect(bubble(page, "worker", "第一句")).to_be_visible()
    await expect(bubble(page, "bot", "收到：第一句")).to_be_visible()
    await expect(page.locator("#write")).to_have_value("写到一半")


async def test_what_is_written_offline_goes_out_once_when_the_network_is_back(page, phone, site):
    await phone.set_offline(True)
    await say(page, "断网时写的")
    await expect(page.locator("#offline")).to_be_visible()
    await expect(page.locator(".worker .state.bad")).to_contain_text("没发出去")
    await shot(page, "offline")
    await phone.set_offline(False)
    await expect(bubble(page, "bot", "收到：断网时写的")).to_be_visible()
    await expect(page.locator("#offline")).to_be_hidden()
    await expect(page.locator(".state.bad")).to_have_count(0)
    assert len(await site.messages()) == 2


async def test_a_lost_answer_is_asked_for_again_under_the_same_id(page, site):
    """The server took the message, but its answer never came: after the retry there is still one message."""
    lost = asyncio.Event()

    async def lose_first(route):
        if lost.is_set():
            await route.continue_()
        else:
            await route.fetch()
            lost.set()
            await route.abort()

    await page.route("**/api/chat/messages", lose_first)
    await say(page, "只算一次")
    await expect(bubble(page, "bot", "收到：只算一次")).to_be_visible()
    await asyncio.sleep(0.3)
    assert len(await site.messages()) == 2
    assert len({inbound.key for inbound in site.turn.handled}) == 1
    assert len(site.turn.handled) == 2


async def test_an_unsent_message_survives_a_reload(page, site):
    async def fail(route):
        await route.abort()

    await page.route("**/api/chat/messages", fail)
    await say(page, "别丢了")
    await expect(page.locator(".worker .state.bad")).to_be_visible()
    await page.unroute("**/api/chat/messages")
    await page.reload()
    await expect(bubble(page, "bot", "收到：别丢了")).to_be_visible()
    assert len(await site.messages()) == 2


async def test_a_server_in_trouble_is_waited_for(page, site):
    site.turn.failure = RuntimeError("away")
    await say(page, "在吗")
    await expect(page.locator(".worker .state.bad")).to_contain_text("12351")
    site.turn.failure = None
    await page.locator(".worker .state button").tap()
    await expect(bubble(page, "bot", "收到：在吗")).to_be_visible()


async def test_a_session_that_is_not_ours_any_more_offers_a_reload_and_keeps_the_words(page, phone):
    await phone.clear_cookies()
    await say(page, "写了很久的话")
    await expect(page.locator(".worker .state.bad")).to_contain_text("另一台手机")
    await expect(page.locator("#write")).to_have_value("写了很久的话")
    await page.locator(".worker .state a").tap()
    await expect(page.locator("#write")).to_have_value("写了很久的话")
    await page.click("#send")
    await expect(bubble(page, "bot", "收到：写了很久的话")).to_be_visible()


async def test_leaving_empties_the_phone(page):
    await say(page, "秘密的事")
    await expect(bubble(page, "bot", "收到")).to_be_visible()
    await page.fill("#write", "草稿")
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.locator("#leave button").click()
    await expect(page.locator("#log .message")).to_have_count(0)
    await expect(page.locator("#write")).to_have_value("")
    assert await page.evaluate("localStorage.length") == 0


async def test_html_in_messages_stays_text(page, site):
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    await say(page, evil)
    await expect(bubble(page, "bot", evil)).to_be_visible()
    await site.cadre_writes(evil)
    await expect(bubble(page, "cadre", evil)).to_be_visible()
    assert await page.locator("#log img, #log script").count() == 0


async def test_without_javascript_text_buttons_and_photos_work(chromium, address, site):
    context = await chromium.new_context(**PHONE, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(address)
    await shot(page, "no-javascript")
    await say(page, "没有脚本也行")
    await expect(bubble(page, "bot", "收到：没有脚本也行")).to_be_visible()
    await page.locator('#log button[value="do:1:resume"]').click()
    await expect(bubble(page, "worker", "继续")).to_be_visible()
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": image_bytes()}
    await page.set_input_files("#file", photo)
    await page.click("#send")
    await expect(bubble(page, "bot", "照片收到了")).to_be_visible()
    assert len(await site.messages()) == 6
    await context.close()


async def fill_page(page, site):
    await say(page, "打0871-12351，长地址https://example.cn/" + "a" * 120 + " 和长词" + "b" * 200)
    await expect(bubble(page, "bot", "收到")).to_be_visible()
    await page.set_input_files(
        "#file", {"name": "工资条.jpg", "mimeType": "image/jpeg", "buffer": image_bytes()}
    )
    await expect(page.locator(".file img")).to_be_visible()
    await site.cadre_writes("请看：" + "长" * 300)
    await expect(page.locator(".cadre")).to_be_visible()


@pytest.mark.parametrize("width", [320, 360, 768])
async def test_nothing_scrolls_sideways_and_everything_is_large_enough_for_a_thumb(page, site, width):
    await page.set_viewport_size({"width": width, "height": 640})
    await fill_page(page, site)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    small = await page.evaluate(
        """least => [...document.querySelectorAll('button, textarea, input:not([type=hidden]), label.button, .button, .file')]
            .filter(e => e.offsetParent && !e.matches('.skip-link'))
            .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
            .filter(([_, box]) => box.height < least || box.width < least).map(([html]) => html)""",
        SMALLEST_TAP,
    )
    assert small == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(page, site, scheme):
    await page.emulate_media(color_scheme=scheme)
    for step in ("welcome", "talk"):
        if step == "talk":
            await fill_page(page, site)
        await shot(page, f"{step}-{scheme}")
        # axe is put into the page by the test; the page's own policy forbids such scripts
        found = (await Axe().run(page)).response["violations"]
        assert [(v["id"], [n["html"][:100] for n in v["nodes"]]) for v in found] == []


async def test_the_keyboard_reaches_everything_in_a_sensible_order(page):
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "跳到输入框"
    await page.keyboard.press("Enter")
    await expect(page.locator("#write")).to_be_focused()
    await page.keyboard.type("键盘写的")
    await page.keyboard.press("Enter")
    await expect(bubble(page, "bot", "收到：键盘写的")).to_be_visible()
    await expect(page.locator("#write")).to_be_focused()


async def test_reduced_motion_is_respected(page, site):
    await page.emulate_media(reduced_motion="reduce")
    site.turn.delay = 1.5
    await say(page, "慢一点")
    thinking = page.locator(".thinking .text")
    await expect(thinking).to_be_visible()
    assert await thinking.evaluate("e => getComputedStyle(e, '::after').animationName") == "none"


async def test_the_print_shows_the_conversation_only(page, site):
    await fill_page(page, site)
    await page.emulate_media(media="print")
    await expect(page.locator("#form")).to_be_hidden()
    await expect(page.locator(".cadre .text")).to_be_visible()
    assert await page.pdf()
