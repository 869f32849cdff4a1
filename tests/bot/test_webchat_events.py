"""The event stream over a real connection: live, resumed by id, nothing lost, nothing twice."""

import asyncio
import json

import httpx
import pytest

from storage.database import Database
from tests.bot.webchat_standin import Site

SESSION = "apiclient-1"


@pytest.fixture
def site_settings():
    return {"heartbeat_seconds": 0.2}


@pytest.fixture
async def client(site):
    async with site.served() as address, httpx.AsyncClient(base_url=address, timeout=10) as browser:
        yield browser


async def say(client, number, text):
    body = {"session": SESSION, "id": str(number), "text": text}
    (reply,) = (await client.post("/api/chat/messages", json=body)).json()["replies"]
    return reply["id"]


async def read(client, count, *, headers=None, session=SESSION, **params):
    """Read events until `count` came, or one second of heartbeats without any."""
    events, quiet = [], 0
    query = {"session": session, **params}
    async with client.stream("GET", "/api/chat/events", params=query, headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("id: "):
                events.append(int(line[4:]))
            elif line.startswith("data: "):
                body = json.loads(line[6:])
                assert body["id"] == events[-1]
                events[-1] = body
                quiet = 0
            elif line.startswith(":"):
                quiet += 1
            if len([e for e in events if isinstance(e, dict)]) == count or quiet >= 5:
                break
    return events


async def test_a_cadres_message_arrives_while_the_page_is_open(client, site):
    last = await say(client, 1, "你好")
    reading = asyncio.create_task(read(client, 1, last_event_id=last))
    await asyncio.sleep(0.1)
    await site.cadre_writes("我是官渡区总工会的小王")
    (event,) = await asyncio.wait_for(reading, 5)
    assert (event["text"], event["author"], event["buttons"]) == ("我是官渡区总工会的小王", "cadre", [])


async def test_a_bots_reply_arrives_on_the_other_open_page(client):
    last = await say(client, 1, "一")
    reading = asyncio.create_task(read(client, 1, last_event_id=last))
    await asyncio.sleep(0.1)
    await say(client, 2, "二")
    (event,) = await asyncio.wait_for(reading, 5)
    assert event["text"] == "收到：二"


async def test_resuming_by_parameter_gives_only_what_was_missed(client, site):
    last = await say(client, 1, "一")
    missed = [await site.cadre_writes("二"), await site.cadre_writes("三")]
    assert [e["id"] for e in await read(client, 2, last_event_id=last)] == missed
    assert [e["id"] for e in await read(client, 1, last_event_id=missed[0])] == missed[1:]
    assert await read(client, 1, last_event_id=missed[1]) == []


async def test_the_header_of_a_reconnecting_browser_wins_over_the_address(client, site):
    await say(client, 1, "一")
    first, second = await site.cadre_writes("二"), await site.cadre_writes("三")
    events = await read(client, 1, headers={"Last-Event-ID": str(first)}, last_event_id=0)
    assert [e["id"] for e in events] == [second]


@pytest.mark.parametrize("header", ["x", "-1", "٣", "9" * 40])
async def test_a_broken_header_does_no_harm(client, header):
    await say(client, 1, "一")
    await read(client, 1, headers={"Last-Event-ID": header.encode()})


async def test_a_lost_wake_up_costs_a_heartbeat_not_a_message(client, site):
    last = await say(client, 1, "一")
    reading = asyncio.create_task(read(client, 1, last_event_id=last))
    await asyncio.sleep(0.1)
    site.live.publish = _deaf
    await site.cadre_writes("听得到吗")
    (event,) = await asyncio.wait_for(reading, 5)
    assert event["text"] == "听得到吗"


async def _deaf(topic):
    pass


async def test_a_stream_opened_before_the_first_message_begins_with_it(client):
    reading = asyncio.create_task(read(client, 1))
    await asyncio.sleep(0.1)
    await say(client, 1, "一")
    (event,) = await asyncio.wait_for(reading, 5)
    assert event["text"] == "收到：一"


async def test_a_message_committed_late_with_a_smaller_id_is_still_given(site):
    """PostgreSQL hands out ids before the commit: 7 can become visible after 8."""
    from bot.channels.webchat_events import EventStream
    from bot.channels.webchat_session import Claim
    from storage.models import Message

    async with site.browser() as browser:
        last = await say(browser, 1, "一")
    late, early = await site.cadre_writes("晚到的"), await site.cadre_writes("先到的")
    async with site.database.write() as session:
        row = await session.get(Message, late)
        kept = {c.name: getattr(row, c.name) for c in Message.__table__.columns}
        await session.delete(row)
    stream = EventStream(site.database, site.live, Claim(SESSION), last, asyncio.Event(), 0.05).run()
    given = []
    async for chunk in stream:
        if chunk.startswith("id: "):
            given.append(int(chunk[4:].partition("\n")[0]))
            if given == [early]:
                async with site.database.write() as session:
                    session.add(Message(**kept))
        if len(given) == 2:
            break
    await stream.aclose()
    assert given == [early, late]


async def test_one_conversation_cannot_hold_endless_streams_open(client, site):
    await say(client, 1, "一")
    readers = [asyncio.create_task(read(client, 1, last_event_id=10**6)) for _ in range(6)]
    await asyncio.sleep(0.3)
    refused = await client.get("/api/chat/events", params={"session": SESSION})
    assert refused.status_code == 429
    assert "太多" in refused.json()["error"]["message"]
    await asyncio.gather(*readers)
    await asyncio.sleep(0.5)
    assert not site.deps.live._waiting


async def test_streams_end_at_once_when_the_server_closes(client, site):
    last = await say(client, 1, "一")
    object.__setattr__(site.deps, "heartbeat_seconds", 60)
    reading = asyncio.create_task(read(client, 1, last_event_id=last))
    early = asyncio.create_task(read(client, 1, session="nobody-yet"))
    await asyncio.sleep(0.2)
    site.deps.closing.set()
    assert await asyncio.wait_for(asyncio.gather(reading, early), 1) == [[], []]


@pytest.mark.postgres
async def test_events_on_postgresql(postgres_url, tmp_path):
    database = Database(postgres_url)
    site = Site(database, tmp_path, heartbeat_seconds=0.2)
    async with site.served() as address, httpx.AsyncClient(base_url=address, timeout=10) as client:
        last = await say(client, 1, "一")
        told = await site.cadre_writes("二")
        assert [e["id"] for e in await read(client, 1, last_event_id=last)] == [told]
    await database.close()
