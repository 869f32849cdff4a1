"""The page as HTML: without JavaScript, with everything escaped, small, and strictly fenced."""

import re
from html.parser import HTMLParser

import pytest

from bot.channels import webchat_page
from bot.channels.webchat_messages import label_of
from bot.channels.webchat_texts import texts
from storage.models import Conversation, Message
from tests.bot.test_files import EXE, PDF, image_bytes, picture
from tests.bot.webchat_standin import LIMIT_MB, page_session

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>'; DROP TABLE messages;--{{7*7}}"
PAGE_BYTES = 60_000


class Tags(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def named(self, name):
        return [attributes for tag, attributes in self.found if tag == name]


def form_of(html):
    hidden = {i["name"]: i["value"] for i in Tags(html).named("input") if i.get("type") == "hidden"}
    return {"session": hidden["session"], "id": hidden["id"]}


async def send(client, html, *, files=None, **fields):
    return await client.post("/chat", data={**form_of(html), **fields}, files=files)


async def test_the_first_visit_shows_hotline_help_and_six_topics(client):
    html = (await client.get("/")).text
    tags = Tags(html)
    payloads = [button["value"] for button in tags.named("button") if button.get("name") == "payload"]
    assert payloads[:2] == ["go:human", "go:status"]
    assert payloads[2:] == [
        "flow:wage_arrears", "flow:relief_apply", "flow:legal_aid_apply", "flow:job_seek", "go:status", "go:human",
    ]  # fmt: skip
    assert "tel:087112351" in [link["href"] for link in tags.named("a")]
    assert "娘家人" in html
    assert "云南工会" in html


async def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client):
    response = await client.get("/")
    tags = Tags(response.text)
    assert all("src" in script for script in tags.named("script"))
    assert not tags.named("style")
    for tag, attributes in tags.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        for name in ("src", "href", "action"):
            assert attributes.get(name, "/").startswith(("/", "#", "tel:")), attributes
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_the_whole_page_is_small(client):
    html = (await client.get("/")).text
    total = len(html.encode())
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', html):
        static = await client.get(address)
        assert static.status_code == 200
        assert "immutable" in static.headers["cache-control"]
        total += len(static.content)
    assert total < PAGE_BYTES


@pytest.mark.parametrize("name", ["webchat.yml", "..%2Fwebchat.yml", "chat.html", "nothing.css", "%00.css"])
async def test_only_static_files_are_static(client, name):
    answer = await client.get(f"/static/{name}")
    assert answer.status_code == 404
    assert "errors" not in answer.text


async def test_without_javascript_a_text_is_sent_and_shown_with_its_reply(client):
    answer = await send(client, (await client.get("/")).text, text="老板跑了")
    assert (answer.status_code, answer.headers["location"]) == (303, "/#write")
    html = (await client.get("/")).text
    assert ">老板跑了</div>" in html
    assert "收到：老板跑了" in html


async def test_without_javascript_a_button_is_pressed(client, site):
    await send(client, (await client.get("/")).text, payload="flow:wage_arrears", text="")
    assert site.turn.handled[0].payload == "flow:wage_arrears"
    assert "被拖欠工资" in (await client.get("/")).text


async def test_without_javascript_a_photo_is_sent(client, site):
    await send(client, (await client.get("/")).text, files={"file": picture()})
    html = (await client.get("/")).text
    (image,) = Tags(html).named("img")
    assert (await client.get(image["src"])).headers["content-type"] == "image/jpeg"
    assert site.turn.handled[0].kind == "photo"


async def test_sending_the_same_form_twice_is_one_message(client, site):
    html = (await client.get("/")).text
    for _ in range(2):
        await send(client, html, text="一次")
    assert len(await site.messages()) == 2


async def test_an_old_form_with_new_words_is_a_new_message(client, site):
    html = (await client.get("/")).text
    await send(client, html, text="第一句")
    await send(client, html, text="退回来又写了一句")
    assert [m.text for m in await site.messages() if m.direction == "in"] == ["第一句", "退回来又写了一句"]


async def test_a_form_that_cannot_be_taken_comes_back_with_a_notice(client):
    html = (await client.get("/")).text
    too_large = image_bytes() + bytes((LIMIT_MB + 1) * 1024 * 1024)
    answer = await send(client, html, files={"file": ("a.jpg", too_large, "image/jpeg")})
    assert answer.headers["location"] == "/?notice=file_too_large#write"
    assert f"最大 {LIMIT_MB} MB" in (await client.get(answer.headers["location"])).text


@pytest.mark.parametrize("notice", ["<script>", "nope", "", "__class__", "x" * 5000])
async def test_a_made_up_notice_shows_nothing(client, notice):
    page = await client.get("/", params={"notice": notice})
    assert page.status_code == 200
    assert "<script>alert" not in page.text


async def test_every_field_is_shown_safely(client, site):
    html = (await client.get("/")).text
    session = page_session(html)
    await send(client, html, text=EVIL)
    await client.post("/api/chat/messages", json={"session": session, "id": "2", "payload": EVIL[:200]})
    await client.post(
        "/api/chat/attachments",
        data={"session": session, "id": "3", "text": EVIL},
        files={"file": (f'"><svg onload=alert(1)>{EVIL}.pdf', PDF, "text/html")},
    )
    await site.cadre_writes(EVIL)
    page = (await client.get("/")).text
    tags = Tags(page)
    assert len(tags.named("script")) == 1
    assert not [a for a in tags.named("img") if a.get("src") == "x"]
    assert "{{7*7}}" in page
    assert "onload=alert(1)>" not in page
    assert len(await site.messages()) == 7
    (file,) = [a["href"] for a in tags.named("a") if a["href"].startswith("/files/")]
    answer = await client.get(file)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert "<" not in answer.headers["content-disposition"]


async def test_an_executable_called_jpg_gets_a_designed_reply(client, site):
    session = page_session((await client.get("/")).text)
    answer = await client.post(
        "/api/chat/attachments",
        data={"session": session, "id": "1"},
        files={"file": ("IMG_1.jpg", EXE, "image/jpeg")},
    )
    assert answer.status_code == 200
    assert answer.json()["replies"][0]["text"] == "文件没有收下：type"
    assert not list(site.store.folder.rglob("*"))


async def test_a_file_over_the_limit_is_told_so_without_a_turn(client, site):
    session = page_session((await client.get("/")).text)
    for size in (LIMIT_MB * 1024 * 1024 + 1, 30 * 1024 * 1024):
        answer = await client.post(
            "/api/chat/attachments",
            data={"session": session, "id": "1"},
            files={"file": ("a.jpg", bytes(size))},
        )
        assert answer.status_code == 413
        assert f"最大 {LIMIT_MB} MB" in answer.json()["error"]["message"]
    assert site.turn.handled == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"), (b"--x\r\n", "multipart/form-data; boundary=y"), (b"x", "text/plain"),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"), (b"session=apiclient-1&id=1", "application/x-www-form-urlencoded"),
    ],
)  # fmt: skip
async def test_a_broken_upload_is_refused_in_chinese(client, site, body, content_type):
    answer = await client.post("/api/chat/attachments", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] in texts()["errors"].values()
    assert site.turn.handled == []


async def test_long_conversations_come_in_pages(client, site, monkeypatch):
    monkeypatch.setattr("bot.channels.webchat_messages.PAGE_OF_MESSAGES", 4)
    for number in range(4):
        await send(client, (await client.get("/")).text, text=f"第{number}句")
    html = (await client.get("/")).text
    assert "第0句" not in html
    (earlier,) = [a["href"] for a in Tags(html).named("a") if a["href"].startswith("/?before=")]
    older = (await client.get(earlier)).text
    assert "第0句" in older
    assert "第3句" not in older
    assert "data-past" in older


async def test_errors_of_pages_are_pages(client):
    answer = await client.get("/files/nothing-here")
    assert answer.status_code == 404
    assert "没有找到这个文件" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_every_error_used_has_a_text():
    used = set()
    for file in webchat_page.FOLDER.glob("webchat*.py"):
        used |= set(re.findall(r'WebchatError\(\s*\d+,\s*"(\w+)"', file.read_text(encoding="utf-8")))
    assert used <= set(texts()["errors"])
    assert set(texts()["errors"]) - used <= {"body_too_large", "file_too_large"}  # given to limited() by name


def test_the_script_knows_all_its_texts():
    script = (webchat_page.STATIC / "chat.js").read_text(encoding="utf-8")
    used = set(re.findall(r"\bT\.(\w+)", script))
    assert used == set(texts()["script"])


async def test_a_tapped_button_is_named_as_it_was_shown_last(database, now):
    shown = {"buttons": [{"label": "请工会帮我要工资", "payload": "flow:wage_arrears"}]}
    async with database.write() as session:
        person = Conversation(channel="webchat", address="a", created_at=now, last_inbound_at=now)
        session.add(person)
        await session.flush()
        session.add(
            Message(
                conversation_id=person.id, direction="out", author="bot", text="", body=shown, created_at=now
            )
        )
    async with database.read() as session:
        assert await label_of(session, person.id, "flow:wage_arrears") == "请工会帮我要工资"
        welcome = {topic["payload"]: topic["label"] for topic in texts()["topics"]}
        assert await label_of(session, person.id, "flow:job_seek") == welcome["flow:job_seek"]
        assert await label_of(session, person.id, "flow:unknown") == ""
