"""The chat API as a script uses it: messages, repeats, history, limits, errors in Chinese."""

import re

import pytest

from storage.database import Database
from tests.bot.webchat_standin import Site

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SESSION = "apiclient-1"


async def post(client, **body):
    return await client.post("/api/chat/messages", json={"session": SESSION, "id": "1", **body})


def assert_told(response, status):
    """Every refusal has the promised form and says something in Chinese."""
    assert response.status_code == status, response.text
    assert list(response.json()) == ["error"]
    assert CHINESE.search(response.json()["error"]["message"])


async def test_a_text_is_answered_with_ids_and_buttons(client):
    response = await post(client, text="老板欠我工资")
    assert response.status_code == 200
    (reply,) = response.json()["replies"]
    assert reply["text"] == "收到：老板欠我工资"
    assert reply["buttons"] == [{"label": "继续", "payload": "do:1:resume"}]
    assert reply["attachments"] == []
    assert reply["id"] > 0


async def test_a_ticket_number_is_given_back(client):
    assert (await post(client, text="开单")).json()["ticket"] == "KM20261124-0001"
    assert "ticket" not in (await post(client, id="2", text="你好")).json()


async def test_the_same_id_gives_the_same_answer_and_nothing_twice(client, site):
    first = await post(client, text="一次")
    again = await post(client, text="一次")
    assert again.json()["replies"] == first.json()["replies"]
    assert len(await site.messages()) == 2


async def test_a_button_is_stored_with_what_stood_on_it(client, site):
    await post(client, text="你好")
    await post(client, id="2", payload="do:1:resume")
    await post(client, id="3", payload="flow:wage_arrears")
    pressed = [inbound for inbound in site.turn.handled if inbound.kind == "button"]
    assert [(p.payload, p.text) for p in pressed] == [
        ("do:1:resume", "继续"),
        ("flow:wage_arrears", "被拖欠工资"),
    ]


async def test_history_gives_everything_in_order_and_after_an_id(client):
    for number in range(3):
        await post(client, id=str(number), text=f"话{number}")
    shown = (await client.get("/api/chat/history", params={"session": SESSION})).json()["messages"]
    assert [m["text"] for m in shown if m["author"] == "worker"] == ["话0", "话1", "话2"]
    assert shown[0]["key"] == "0"
    later = await client.get("/api/chat/history", params={"session": SESSION, "after": shown[3]["id"]})
    assert [m["text"] for m in later.json()["messages"]] == ["话2", "收到：话2"]


async def test_history_of_nobody_is_empty(client):
    assert (await client.get("/api/chat/history", params={"session": "nobody-yet"})).json() == {
        "messages": []
    }


async def test_phone_numbers_and_addresses_are_marked(client):
    (reply,) = (await post(client, text="打0871-12351或者拨120，欠了120元 https://a.cn/x?y=1")).json()[
        "replies"
    ]
    marked = [(kind, value) for kind, value in reply["parts"] if kind != "text"]
    assert marked == [("tel", "0871-12351"), ("tel", "120"), ("url", "https://a.cn/x?y=1")]
    assert "".join(value for _, value in reply["parts"]) == reply["text"]


@pytest.mark.parametrize(
    "body",
    [
        {"id": ""}, {"id": "a b"}, {"id": None}, {"id": "x" * 65}, {"id": "1\n2"}, {"id": True}, {"session": "short"},
        {"session": "with space in it"}, {"session": ["12345678"]}, {"session": "../../etc/passwd"},
        {"session": None}, {"text": 5}, {"text": None}, {"text": {"$ne": ""}}, {"text": "x", "payload": ""},
        {"text": "x", "payload": "x" * 300},
    ],
)  # fmt: skip
async def test_malformed_messages_are_refused_in_chinese(client, site, body):
    assert_told(await post(client, **{"text": "好", **body}), 400)
    assert site.turn.handled == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(client, raw):
    assert_told(await client.post("/api/chat/messages", content=raw), 400)


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01\x02", "😀😀😀", "\u202e反", "字" * 10_000, "\n" * 500])
async def test_odd_texts_reach_the_turn_as_they_are(client, site, text):
    assert (await post(client, text=text)).status_code == 200
    assert site.turn.handled[0].text == text


async def test_half_characters_are_replaced(client, site):
    response = await client.post(
        "/api/chat/messages", content=b'{"session":"apiclient-1","id":"1","text":"a\\ud800b"}'
    )
    assert response.status_code == 200
    assert site.turn.handled[0].text == "a?b"


async def test_sql_and_html_are_only_text(client, site):
    evil = "'; DROP TABLE messages; --<script>alert(1)</script>{{7*7}}"
    response = await post(client, text=evil)
    assert response.json()["replies"][0]["text"] == f"收到：{evil}"
    assert len(await site.messages()) == 2


async def test_a_body_over_the_limit_is_413(client, site):
    assert_told(await post(client, text="x" * 300_000), 413)
    assert site.turn.handled == []


async def test_a_streamed_body_without_length_is_413_too(client):
    async def endless():
        for _ in range(400):
            yield b"x" * 1024

    assert_told(await client.post("/api/chat/messages", content=endless()), 413)


async def test_an_unknown_parameter_value_is_told_in_chinese(client):
    for bad in ("abc", "-1", "99999999999999999999999"):
        assert_told(await client.get("/api/chat/history", params={"session": SESSION, "after": bad}), 400)


async def test_a_failing_turn_is_a_calm_503_without_details(client, site, caplog):
    site.turn.failure = RuntimeError("secret words of the worker")
    response = await post(client, text="我的身份证")
    assert_told(response, 503)
    assert "secret" not in response.text
    assert "secret" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert response.headers["Retry-After"]


async def test_too_many_messages_of_one_session_are_slowed_down(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    slow = Site(database, tmp_path, messages_per_minute=3)
    async with slow.browser() as client:
        codes = [(await post(client, id=str(n), text="x")).status_code for n in range(4)]
        assert codes == [200, 200, 200, 429]
        response = await post(client, id="9", text="x")
        assert_told(response, 429)
        assert 1 <= int(response.headers["Retry-After"]) <= 60
        assert (await post(client, session="somebody-else", id="1", text="x")).status_code == 200
    await database.close()


async def test_too_many_messages_of_one_address_are_slowed_down(sqlite_url, tmp_path):
    database = Database(sqlite_url)
    slow = Site(database, tmp_path, address_messages_per_minute=2)
    async with slow.browser() as client:
        codes = [(await post(client, session=f"session-{n}", text="x")).status_code for n in range(3)]
    assert codes == [200, 200, 429]
    await database.close()


async def test_the_limiter_forgets_after_a_minute():
    from bot.channels.webchat_errors import WebchatError
    from bot.channels.webchat_limits import RateLimiter

    time = [0.0]
    limiter = RateLimiter(lambda: time[0])
    limiter.check("a", 1)
    with pytest.raises(WebchatError):
        limiter.check("a", 1)
    time[0] = 60.0
    limiter.check("a", 1)


@pytest.mark.parametrize(
    ("line", "logged"),
    [
        ("/api/chat/events?session=secret-one&last_event_id=4", "/api/chat/events?…"),
        ("/files/abcDEF_123?small", "/files/…?…"),
        ("/api/chat/messages", "/api/chat/messages"),
    ],
)
def test_the_access_log_holds_no_session_and_no_token(line, logged, caplog):
    import logging

    from bot.channels.webchat_log import mask_access_log

    mask_access_log()
    logger = logging.getLogger("uvicorn.access")
    logger.propagate = True
    with caplog.at_level("INFO", "uvicorn.access"):
        logger.info('%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", line, "1.1", 200)
    assert f"GET {logged} HTTP" in caplog.text


@pytest.mark.postgres
async def test_the_same_conversation_on_postgresql(postgres_url, tmp_path):
    database = Database(postgres_url)
    site = Site(database, tmp_path)
    async with site.browser() as client:
        first = await post(client, text="你好\x00")
        assert first.status_code == 200
        assert len((await client.get(f"/api/chat/history?session={SESSION}")).json()["messages"]) == 2
    await database.close()
