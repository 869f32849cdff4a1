"""The main job, the whole way, on the real thing: message -> ticket -> cadre -> the worker reads the answer.

Web: Chromium at 360×640 for the worker, a wide window for the cadre. Telegram: the emulator from npm.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.app import FLOWS
from dialogs.flow import Example, load_flows
from tests import vectors
from tests.e2e.served import Served, serving
from tests.e2e.test_telegram_emulator import FOLDER, Emulator

# Through a process of its own, browser and emulator; every example of every flow runs in test_flow_examples.py.
MAIN = ("wage_arrears", "relief_apply", "legal_aid_apply", "job_seek")
FULL = {
    name: next(one for one in flow.examples if one.name.startswith("改口、插问、放一放"))
    for name, flow in load_flows(FLOWS).items()
    if name in MAIN
}
STRAIGHT = load_flows(FLOWS)["wage_arrears"].examples[0]
SCREENSHOTS = Path(__file__).parent / "screenshots"
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
ANSWER = "已经联系总包，后天上午在项目部发钱，请带身份证。"
CHAT = 77001
pytestmark = [
    pytest.mark.rasa,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    if not (FOLDER / "node_modules").exists():
        import subprocess

        subprocess.run(["npm", "ci", "--silent"], cwd=FOLDER, check=True)
    peer = Emulator()
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, rasa_url: str, emulator: Emulator) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    vectors.fill(folder)
    with serving(
        folder,
        NLU__URL=rasa_url,
        NLU__TIMEOUT_SECONDS="10",
        TELEGRAM__MODE="polling",
        TELEGRAM__TOKEN=emulator.token,
        TELEGRAM__BASE_URL=emulator.url,
        TELEGRAM__POLL_SECONDS="1",
        CHAT__MESSAGES_PER_MINUTE="600",
    ) as running:
        running.wait_until_complete(240)
        yield running


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        await browser.close()


async def _phone(chromium: Browser, url: str) -> Page:
    context = await chromium.new_context(
        viewport={"width": 360, "height": 640}, device_scale_factor=2, has_touch=True, locale="zh-CN"
    )
    context.set_default_timeout(15_000)
    page = await context.new_page()
    await page.goto(url)
    return page


async def _shot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def _play_in_browser(page: Page, example: Example) -> None:
    """Type and tap as a person does; every expectation must appear in the messages that follow."""
    for number, line in enumerate(example.lines, 1):
        before = await page.locator("#log .message").count()
        if line.press:
            await page.get_by_role("button", name=line.press, exact=True).last.click()
        else:
            await page.fill("#write", line.say or "")
            await page.click("#send")
        await expect(page.locator("#log .message:not(.worker)").last).to_be_visible()
        for _ in range(150):
            fresh = page.locator("#log .message")
            texts = (await fresh.all_inner_texts())[before:]
            bots = "\n".join(text for text in texts[1:])
            if bots and all(part in bots for part in line.expect):
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError(f"line {number} {line.say or line.press}: {line.expect} not in {texts}")
        for part in line.reject:
            assert part not in bots


async def _sign_in(page: Page, served: Served) -> None:
    username, password = served.password("官渡区")
    await page.goto(f"{served.url}/console")
    await page.fill("input[name=username]", username)
    await page.fill("input[name=password]", password)
    await page.get_by_role("button", name="登录").click()
    await expect(page).to_have_url(re.compile(r"/console/queue"))


async def _open_ticket(page: Page, number: str) -> None:
    await page.get_by_role("link", name=re.compile(number)).first.click()
    await expect(page.get_by_text(number).first).to_be_visible()


def _number(text: str) -> str:
    found = re.findall(r"KM\d{8}-\d{4}", text)
    assert found, f"no ticket number in {text[-200:]!r}"
    return str(found[-1])


@pytest.mark.browser
async def test_wage_claim_from_phone_to_cadre_and_back(chromium: Browser, served: Served) -> None:
    worker = await _phone(chromium, served.url)
    assert len(STRAIGHT.lines) <= 7, "one message and at most six more"
    await _play_in_browser(worker, STRAIGHT)
    shown = await worker.locator("#log").inner_text()
    number = _number(shown)
    assert "最晚" in shown
    await _shot(worker, "main-1-worker-ticket")

    desk = await (
        await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    ).new_page()
    desk.set_default_timeout(15_000)
    await _sign_in(desk, served)
    await expect(desk.get_by_text(number).first).to_be_visible()
    await _shot(desk, "main-2-queue")
    await _open_ticket(desk, number)
    ticket = await desk.locator("main").inner_text()
    for part in ("官渡区", "28,000", "加急"):
        assert part in ticket
    assert "13887123456" not in await desk.content()
    await _shot(desk, "main-3-ticket")
    await desk.fill("#reply textarea[name=text]", ANSWER)
    await desk.get_by_role("button", name="发送回复").click()

    await expect(worker.get_by_text(ANSWER)).to_be_visible()  # live, without a reload
    await _shot(worker, "main-4-worker-reads-answer")
    await worker.fill("#write", "好的谢谢，我明天过去")
    await worker.click("#send")
    await expect(desk.get_by_text("好的谢谢，我明天过去").first).to_be_visible()
    await worker.reload()
    await expect(worker.get_by_text(ANSWER)).to_be_visible()
    assert served.process.poll() is None


@pytest.mark.browser
@pytest.mark.parametrize("flow", sorted(FULL))
async def test_every_flow_with_correction_side_question_and_resume_on_the_phone(
    chromium: Browser, served: Served, flow: str
) -> None:
    worker = await _phone(chromium, served.url)
    await _play_in_browser(worker, FULL[flow])
    number = _number(await worker.locator("#log").inner_text())
    await _shot(worker, f"flow-{flow}")
    desk = await (
        await chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    ).new_page()
    desk.set_default_timeout(15_000)
    await _sign_in(desk, served)
    await _open_ticket(desk, number)
    await desk.fill("#reply textarea[name=text]", f"收到，{number}我来办。")
    await desk.get_by_role("button", name="发送回复").click()
    await expect(worker.get_by_text(f"收到，{number}我来办。")).to_be_visible()


async def _until_texts(emulator: Emulator, chat: int, count: int) -> list[str]:
    texts: list[str] = []
    for _ in range(300):
        texts = await asyncio.to_thread(emulator.texts, chat)
        if len(texts) >= count:
            return await _settled(emulator, chat, texts)
        await asyncio.sleep(0.1)
    raise AssertionError(f"only {len(texts)} of {count} replies")


async def _settled(emulator: Emulator, chat: int, texts: list[str]) -> list[str]:
    """A turn may bring several replies, a second apart: all of them, once none has come for a while."""
    quiet = 0
    while quiet < 15:
        await asyncio.sleep(0.1)
        now = await asyncio.to_thread(emulator.texts, chat)
        quiet = quiet + 1 if len(now) == len(texts) else 0
        texts = now
    return texts


async def _play_on_telegram(emulator: Emulator, chat: int, example: Example) -> list[str]:
    payloads: dict[str, str] = {}
    for number, line in enumerate(example.lines, 1):
        before = len(await asyncio.to_thread(emulator.texts, chat))
        if line.press:
            for _ in range(100):  # the reply that carries it may be the last of several
                payloads |= await asyncio.to_thread(emulator.buttons, chat)
                if line.press in payloads:
                    break
                await asyncio.sleep(0.1)
            await asyncio.to_thread(emulator.press, chat, payloads[line.press])
        else:
            await asyncio.to_thread(emulator.say, chat, line.say)
        fresh = (await _until_texts(emulator, chat, before + 1))[before:]
        for _ in range(50):
            if all(part in "\n".join(fresh) for part in line.expect if part != "请工会帮我要工资"):
                break
            await asyncio.sleep(0.1)
            fresh = (await asyncio.to_thread(emulator.texts, chat))[before:]
        else:
            raise AssertionError(f"line {number} {line.say or line.press}: {line.expect} not in {fresh}")
    return await asyncio.to_thread(emulator.texts, chat)


async def _reply_as_cadre(served: Served, number: str, text: str) -> None:
    """Sign in and answer over the console's own forms, without a browser."""
    username, password = served.password("官渡区")
    async with httpx.AsyncClient(
        base_url=served.url, follow_redirects=True, trust_env=False, timeout=20
    ) as client:
        page = (await client.get("/console/sign-in")).text
        await client.post(
            "/console/sign-in",
            data={**_hidden(page), "username": username, "password": password},
            headers={"Origin": served.url},
        )
        queue = (await client.get("/console/queue")).text
        link = re.search(rf'href="(/console/tickets/\d+)"[^>]*>[^<]*{number}', queue) or re.search(
            rf'href="(/console/tickets/\d+)"(?=(?:(?!href=).)*{number})', queue, re.DOTALL
        )
        assert link, f"{number} is not in the queue"
        ticket = (await client.get(link[1])).text
        form = ticket[ticket.index('id="reply"') :]
        form = form[: form.index("</form>")]
        answer = await client.post(
            f"{link[1]}/reply", data={**_hidden(form), "text": text}, headers={"Origin": served.url}
        )
        assert answer.status_code == httpx.codes.OK


def _hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html))


@pytest.mark.emulator
async def test_wage_claim_over_telegram(served: Served, emulator: Emulator) -> None:
    texts = await _play_on_telegram(emulator, CHAT, STRAIGHT)
    number = _number("\n".join(texts))
    assert "最晚" in "\n".join(texts)
    await _reply_as_cadre(served, number, ANSWER)
    for _ in range(100):
        texts = await asyncio.to_thread(emulator.texts, CHAT)
        if any(ANSWER in text for text in texts):
            break
        await asyncio.sleep(0.1)
    assert sum(ANSWER in text for text in texts) == 1
    assert not any("13887123456" in line for line in served.logged)
    assert not any(emulator.token in line for line in served.logged)


@pytest.mark.emulator
@pytest.mark.parametrize(("number", "flow"), list(enumerate(sorted(FULL), 1)))
async def test_every_flow_with_correction_side_question_and_resume_on_telegram(
    served: Served, emulator: Emulator, number: int, flow: str
) -> None:
    texts = await _play_on_telegram(emulator, CHAT + number, FULL[flow])
    ticket = _number("\n".join(texts))
    await _reply_as_cadre(served, ticket, f"收到，{ticket}我来办。")
    for _ in range(100):
        texts = await asyncio.to_thread(emulator.texts, CHAT + number)
        if any(f"收到，{ticket}我来办。" in text for text in texts):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the cadre's answer did not arrive")
