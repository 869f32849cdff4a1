"""Signing in, staying in, signing out."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from console import sessions
from console.web import Routes
from storage.database import Database
from storage.models import Account, AuditEntry, ConsoleSession
from tests.console.conftest import HOST, PASSWORD, Browser, World, hidden


async def test_right_password_leads_to_the_wanted_page_and_sets_a_strict_cookie(
    world: World, browser: Browser
) -> None:
    answer = await browser.sign_in("county.cadre", follow="/console/tickets/5")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/tickets/5")
    cookies = answer.headers.get_list("set-cookie")
    strict = next(cookie for cookie in cookies if cookie.startswith(f"{sessions.COOKIE}="))
    assert "HttpOnly" in strict
    assert "samesite=strict" in strict.lower()
    assert "Path=/console" in strict


async def test_session_token_is_stored_only_as_a_hash(
    world: World, browser: Browser, database: Database
) -> None:
    await browser.sign_in("county.cadre")
    async with database.read() as session:
        stored = (await session.scalars(select(ConsoleSession.token_hash))).one()
    token = browser.cookies[sessions.COOKIE]
    assert stored != token
    assert stored == sessions.token_hash(token)


@pytest.mark.parametrize("name", ["county.cadre", "nobody.here", "", "' or 1=1 --"])
async def test_wrong_password_and_unknown_name_look_the_same(
    world: World, browser: Browser, name: str
) -> None:
    answer = await browser.sign_in(name, "not the password")
    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text


async def test_too_many_wrong_passwords_pause_even_the_right_one(world: World, browser: Browser) -> None:
    for _ in range(5):
        await browser.sign_in("county.cadre", "wrong wrong wrong")
    answer = await browser.sign_in("county.cadre", PASSWORD)
    assert answer.status_code == 429
    assert "请15分钟后再试" in answer.text


async def test_a_pause_of_one_name_does_not_stop_a_colleague(
    world: World, browser: Browser, new_browser: Callable[[], Browser]
) -> None:
    for _ in range(5):
        await browser.sign_in("county.cadre", "wrong wrong wrong")
    assert (await new_browser().sign_in("county.leader")).status_code == 303


async def test_many_right_sign_ins_from_one_office_are_not_paused(
    world: World, browser: Browser, routes: Routes, now
) -> None:
    for _ in range(60):
        routes.shared.throttle.failed("county.cadre", "127.0.0.1", now)
        routes.shared.throttle.succeeded("county.cadre", "127.0.0.1")
    assert (await browser.sign_in("county.cadre")).status_code == 303


async def test_sign_in_form_without_its_token_is_refused_and_keeps_the_name(
    world: World, browser: Browser
) -> None:
    form = {"username": "county.cadre", "password": PASSWORD, "csrf": "made-up", "next": "/console/"}
    answer = await browser.post("/console/sign-in", data=form, headers={"Origin": HOST})
    assert answer.status_code == 403
    assert 'value="county.cadre"' in answer.text


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/console/",
        "/console/../files",
        "/other",
        "\\\\evil",
        "/console/sign-out",
    ],
)
async def test_next_page_is_always_ours(world: World, browser: Browser, wanted: str) -> None:
    answer = await browser.sign_in("county.cadre", follow=wanted)
    target = httpx.URL(HOST).join(answer.headers["location"])
    assert target.host == "console.test"
    assert not str(target).endswith("sign-out")


async def test_sign_out_ends_the_session_on_the_server(
    world: World, browser: Browser, database: Database
) -> None:
    await browser.sign_in("county.cadre")
    token = browser.cookies[sessions.COOKIE]
    assert (await browser.submit("/console/sign-out")).status_code == 303
    browser.cookies.set(sessions.COOKIE, token)
    assert (await browser.get("/console/queue")).headers["location"].startswith("/console/sign-in")
    async with database.read() as session:
        tags = set((await session.scalars(select(AuditEntry.tag))).all())
    assert {"console:session:open", "console:session:close"} <= tags


async def test_expired_session_asks_to_sign_in_again(
    world: World, browser: Browser, database: Database, now
) -> None:
    await browser.sign_in("county.cadre")
    async with database.write() as session:
        row = (await session.scalars(select(ConsoleSession))).one()
        row.expires_at = now - timedelta(seconds=1)
    assert (await browser.get("/console/queue")).status_code in {200, 303}
    assert (
        (await browser.get("/console/queue?entered=1"))
        .headers["location"]
        .startswith("/console/sign-in?next=")
    )


async def test_disabled_account_is_out_at_once(world: World, browser: Browser, database: Database) -> None:
    await browser.sign_in("county.cadre")
    async with database.write() as session:
        account = await session.get(Account, world.accounts["county.cadre"].id)
        account.active = False
    assert (await browser.get("/console/queue?entered=1")).status_code == 303


async def test_link_from_another_site_is_entered_by_a_page_of_ours(world: World, browser: Browser) -> None:
    """The Strict cookie is missing on such a request; the Lax one says that it exists."""
    await browser.sign_in("county.cadre")
    del browser.cookies[sessions.COOKIE]
    answer = await browser.get("/console/tickets/7?x=1")
    assert answer.status_code == 200
    assert "url=/console/tickets/7?x=1&amp;entered=1" in answer.text
    again = await browser.get("/console/tickets/7?x=1&entered=1")
    assert again.status_code == 303


async def test_typed_text_survives_an_expired_session(world: World, browser: Browser) -> None:
    answer = await browser.submit("/console/tickets/1/reply", text="我写了很久的<回复>")
    assert answer.status_code == 401
    assert "我写了很久的&lt;回复&gt;" in answer.text


async def test_form_from_another_origin_is_refused(world: World, browser: Browser) -> None:
    await browser.sign_in("county.cadre")
    data = {"csrf": browser.csrf}
    for origin in ("https://evil.example", "null"):
        answer = await browser.post("/console/own/telegram", data=data, headers={"Origin": origin})
        assert answer.status_code == 403
    assert (
        await browser.post("/console/own/telegram", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    ).status_code == 403


async def test_changing_the_password_signs_out_other_browsers_only(
    world: World, browser: Browser, new_browser: Callable[[], Browser]
) -> None:
    other = new_browser()
    await other.sign_in("county.cadre")
    await browser.sign_in("county.cadre")
    new = "another good password"
    wrong = await browser.submit("/console/own/password", present="no", new=new, again=new)
    assert wrong.status_code == 422
    answer = await browser.submit("/console/own/password", present=PASSWORD, new=new, again=new)
    assert answer.status_code == 303
    assert (await browser.get("/console/own")).status_code == 200
    assert (await other.get("/console/own?entered=1")).status_code == 303


async def test_telegram_code_is_shown_and_links_once(
    world: World, browser: Browser, database: Database
) -> None:
    from tickets.accounts import link_telegram

    await browser.sign_in("county.cadre")
    page = (await browser.submit("/console/own/telegram")).text
    code = page.partition("/start ")[2].partition("<")[0]
    async with database.write() as session:
        assert (await link_telegram(session, code, "4711")).username == "county.cadre"
        assert await link_telegram(session, code, "4712") is None


async def test_every_page_carries_the_security_headers(world: World, browser: Browser) -> None:
    for address in ("/console/sign-in", "/console/queue", "/console/tickets/1"):
        headers = (await browser.get(address)).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


async def test_sign_in_page_gives_the_token_of_its_cookie(browser: Browser) -> None:
    page = await browser.get("/console/sign-in")
    assert hidden(page.text, "csrf") == browser.cookies[sessions.FORM_COOKIE]
