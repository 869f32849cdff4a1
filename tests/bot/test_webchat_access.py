"""Whose conversation is it: the cookie binds a page's session; nobody else gets in, and nothing is revealed."""

import pytest

from bot.channels.webchat_session import COOKIE
from tests.bot.test_files import picture
from tests.bot.webchat_standin import Site, page_session

SECRET_TEXT = "我叫张三，老板是李四"


@pytest.fixture
async def owner(site):
    async with site.browser() as browser:
        yield browser


@pytest.fixture
async def stranger(site):
    async with site.browser() as browser:
        await browser.get("/")
        yield browser


async def begin(owner):
    session = page_session((await owner.get("/")).text)
    said = await owner.post("/api/chat/messages", json={"session": session, "id": "1", "text": SECRET_TEXT})
    assert said.status_code == 200
    return session


async def test_the_page_gives_an_unguessable_session_in_a_protected_cookie(owner):
    response = await owner.get("/")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=web-")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert len(page_session(response.text)) >= 32
    secret = owner.cookies[COOKIE].partition(".")[2]
    assert len(secret) >= 40
    assert secret not in response.text


async def test_cookies_are_secure_when_served_over_https(site, sqlite_url, tmp_path):
    secure = Site(site.database, tmp_path, secure_cookies=True)
    async with secure.browser() as client:
        assert "Secure" in (await client.get("/")).headers["set-cookie"]


async def test_visiting_alone_stores_nothing(site, owner):
    await owner.get("/")
    async with site.database.read() as session:
        from sqlalchemy import func, select

        from storage.models import Conversation

        assert (await session.execute(select(func.count(Conversation.id)))).scalar() == 0


async def test_the_owner_sees_the_conversation_after_a_reload(owner):
    session = await begin(owner)
    again = await owner.get("/")
    assert SECRET_TEXT in again.text
    assert page_session(again.text) == session


@pytest.mark.parametrize("with_cookie", [True, False])
async def test_somebody_elses_session_is_403_and_reveals_nothing(site, owner, stranger, with_cookie):
    session = await begin(owner)
    if not with_cookie:
        stranger.cookies.clear()
    before = len(await site.messages())
    answers = [
        await stranger.post("/api/chat/messages", json={"session": session, "id": "9", "text": "x"}),
        await stranger.post(
            "/api/chat/attachments", data={"session": session, "id": "9"}, files={"file": picture()}
        ),
        await stranger.get("/api/chat/history", params={"session": session}),
        await stranger.get("/api/chat/events", params={"session": session}),
    ]
    for answer in answers:
        assert answer.status_code == 403
        assert "另一台手机" in answer.json()["error"]["message"]
        assert "张三" not in answer.text
    assert len(await site.messages()) == before


async def test_a_page_session_is_refused_without_cookie_even_before_its_first_message(site, owner, stranger):
    session = page_session((await owner.get("/")).text)
    said = await stranger.post("/api/chat/messages", json={"session": session, "id": "1", "text": "x"})
    assert said.status_code == 403


async def test_the_right_session_with_a_wrong_secret_is_403(site, owner):
    session = await begin(owner)
    async with site.browser() as thief:
        thief.cookies.set(COOKIE, f"{session}.{'x' * 43}")
        answer = await thief.get("/api/chat/history", params={"session": session})
        assert answer.status_code == 403
        page = await thief.get("/")  # the page begins anew instead
        assert "张三" not in page.text
        assert page_session(page.text) != session


@pytest.mark.parametrize(
    "cookie", ["", ".", "x", "web-.", "web-' OR 1=1--.x", "web-" + "a" * 500 + "." + "b" * 43]
)
async def test_a_broken_cookie_begins_anew(site, cookie):
    async with site.browser() as browser:
        page = await browser.get("/", headers={"Cookie": f"{COOKIE}={cookie}"})
        assert page.status_code == 200
        assert page_session(page.text).startswith("web-")


async def send_photo(client, **fields):
    answer = await client.post(
        "/api/chat/attachments", data={"id": "p1", **fields}, files={"file": picture()}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["message"]["attachments"][0]


async def test_only_the_owner_opens_a_file(owner, stranger):
    session = await begin(owner)
    photo = await send_photo(owner, session=session)
    mine = await owner.get(photo["url"])
    assert mine.status_code == 200
    assert mine.content[:3] == b"\xff\xd8\xff"
    assert mine.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in mine.headers["content-security-policy"]
    assert mine.headers["content-disposition"].startswith("inline; filename*=UTF-8''")
    assert "private" in mine.headers["cache-control"]
    stranger_answer = await stranger.get(photo["url"])
    assert stranger_answer.status_code == 404
    assert (await stranger.get(f"{photo['url']}?session={session}")).status_code == 404
    unknown = await stranger.get("/files/" + "x" * 43)
    assert unknown.text == stranger_answer.text  # not even that it exists


async def test_an_api_client_opens_its_file_with_its_session(stranger):
    photo = await send_photo(stranger, session="apiclient-7")
    assert (await stranger.get(f"{photo['url']}?session=apiclient-7&small")).headers[
        "content-type"
    ] == "image/jpeg"
    assert (await stranger.get(f"{photo['url']}?session=apiclient-8")).status_code == 404


async def test_a_token_can_be_sent_again_but_only_in_its_own_conversation(site, owner, stranger):
    session = await begin(owner)
    photo = await send_photo(owner, session=session)
    again = await owner.post(
        "/api/chat/messages", json={"session": session, "id": "2", "attachment": photo["token"]}
    )
    assert again.status_code == 200
    assert site.turn.handled[-1].files[0].filename == photo["filename"]
    foreign = {"session": "apiclient-9", "id": "3", "attachment": photo["token"]}
    assert (await stranger.post("/api/chat/messages", json=foreign)).status_code == 404


async def test_leaving_forgets_the_session_on_this_phone(owner):
    session = await begin(owner)
    left = await owner.post("/chat/leave")
    assert left.status_code == 303
    page = await owner.get("/")
    assert page_session(page.text) != session
    assert "张三" not in page.text
