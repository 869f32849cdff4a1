"""The client against a server that answers, is late, breaks or talks nonsense; one contract with the real one."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from nlu.breaker import CircuitBreaker
from nlu.rasa_client import EMBEDDING_SIZE, RasaUnderstander
from nlu.server import RasaServer
from nlu.training import ensure_model

WAGES = "老板拖欠工资三个月了"
ANSWER = {
    "text": WAGES,
    "intent": {"name": "wage_arrears", "confidence": 0.91},
    "intent_ranking": [
        {"name": "wage_arrears", "confidence": 0.91},
        {"name": "dismissal", "confidence": 0.05},
    ],
    "embedding": [0.1] * EMBEDDING_SIZE,
    "unsure": False,
}


class FakeRasa:
    """A real HTTP server on loopback with the one route that is asked."""

    def __init__(self) -> None:
        self.status = 200
        self.body: Any = ANSWER
        self.delay = 0.0
        self.asked: list[dict[str, Any]] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        self.asked.append(json.loads(await reader.readexactly(length)))
        await asyncio.sleep(self.delay)
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        writer.write(
            f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(body)
        writer.close()


@pytest.fixture
async def rasa() -> AsyncIterator[FakeRasa]:
    fake = FakeRasa()
    server = await asyncio.start_server(fake.answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fake.url = f"http://127.0.0.1:{port}"
    yield fake
    server.close()


@asynccontextmanager
async def asking(url: str | Callable[[], str | None], **options: Any) -> AsyncIterator[RasaUnderstander]:
    understander = RasaUnderstander(url, today=lambda: date(2026, 11, 22), **options)
    try:
        yield understander
    finally:
        await understander.aclose()


async def test_the_models_answer_is_handed_on(rasa: FakeRasa) -> None:
    async with asking(rasa.url) as understander:
        understanding = await understander.understand(WAGES)
    assert (understanding.intent, understanding.confidence) == ("wage_arrears", 0.91)
    assert [item.intent for item in understanding.ranking] == ["wage_arrears", "dismissal"]
    assert understanding.embedding == (0.1,) * EMBEDDING_SIZE
    assert understanding.source == "model"
    assert not understanding.unsure


async def test_an_emergency_is_never_sent_to_the_model(rasa: FakeRasa) -> None:
    async with asking(rasa.url) as understander:
        understanding = await understander.understand("我不想活了,想从楼上跳下去")
    assert (understanding.intent, understanding.confidence, understanding.source) == (
        "emergency",
        1.0,
        "rule",
    )
    assert rasa.asked == []


async def test_a_blank_message_is_not_sent(rasa: FakeRasa) -> None:
    async with asking(rasa.url) as understander:
        assert (await understander.understand(" \n")).source == "keywords"
    assert rasa.asked == []


async def test_a_pasted_page_is_cut_before_it_is_sent(rasa: FakeRasa) -> None:
    async with asking(rasa.url) as understander:
        await understander.understand("工资" * 5000)
    assert len(rasa.asked[0]["text"]) == 2000


@pytest.mark.parametrize("text", ["/greet", " //greet", "／greet"])
async def test_a_leading_slash_never_reaches_rasas_own_syntax(rasa: FakeRasa, text: str) -> None:
    async with asking(rasa.url) as understander:
        await understander.understand(text)
    assert rasa.asked == [{"text": "greet"}]


async def test_half_an_emoji_is_sent_as_a_mark_and_does_not_count_as_a_failure(rasa: FakeRasa) -> None:
    async with asking(rasa.url) as understander:
        assert (await understander.understand("工资\ud83d")).source == "model"
    assert rasa.asked == [{"text": "工资?"}]


async def test_an_intent_of_another_pipeline_becomes_out_of_scope(rasa: FakeRasa) -> None:
    rasa.body = {**ANSWER, "intent": {"name": "nlu_fallback", "confidence": 0.3}, "unsure": False}
    async with asking(rasa.url) as understander:
        understanding = await understander.understand(WAGES)
    assert (understanding.intent, understanding.unsure) == ("out_of_scope", True)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, ANSWER),
        (200, b"not json"),
        (200, {"status": "no model"}),
        (200, {**ANSWER, "intent": {"name": None, "confidence": 0.0}}),
        (200, {**ANSWER, "embedding": [0.1, 0.2]}),
    ],
)
async def test_nonsense_is_answered_from_keywords(rasa: FakeRasa, status: int, body: Any) -> None:
    rasa.status, rasa.body = status, body
    async with asking(rasa.url) as understander:
        understanding = await understander.understand(WAGES)
    assert (understanding.intent, understanding.source) == ("wage_arrears", "keywords")
    assert understanding.embedding is None


async def test_a_late_answer_is_not_waited_for(rasa: FakeRasa) -> None:
    rasa.delay = 5
    async with asking(rasa.url, timeout_seconds=0.1) as understander:
        understanding = await asyncio.wait_for(understander.understand(WAGES), 2)
    assert understanding.source == "keywords"


async def test_nobody_listening_and_no_address_yet(unused_port_url: str) -> None:
    for url in (unused_port_url, lambda: None):
        async with asking(url) as understander:
            assert (await understander.understand(WAGES)).source == "keywords"


@pytest.fixture
def unused_port_url() -> str:
    return "http://127.0.0.1:9"


async def test_after_failures_the_server_is_left_alone_then_probed(rasa: FakeRasa) -> None:
    seconds = 0.0
    breaker = CircuitBreaker(failures_to_open=2, rest_seconds=5, clock=lambda: seconds)
    rasa.status = 503
    async with asking(rasa.url, breaker=breaker) as understander:
        for _ in range(4):
            assert (await understander.understand(WAGES)).source == "keywords"
        assert len(rasa.asked) == 2
        rasa.status, seconds = 200, 5.0
        assert (await understander.understand(WAGES)).source == "model"
        assert (await understander.understand(WAGES)).source == "model"
    assert len(rasa.asked) == 4


async def test_a_failure_logs_no_word_of_the_message(
    rasa: FakeRasa, caplog: pytest.LogCaptureFixture
) -> None:
    rasa.body = {**ANSWER, "intent": WAGES}
    async with asking(rasa.url) as understander:
        await understander.understand(WAGES)
    assert "did not answer" in caplog.text
    assert WAGES not in caplog.text


@pytest.mark.rasa
async def test_the_real_server_keeps_the_same_contract() -> None:
    # asyncio.to_thread: training, if the data changed, must not block the loop.
    model = await asyncio.to_thread(ensure_model, data_folder=Path("data"))
    async with RasaServer(model) as server:
        await server.wait_ready(120)
        async with asking(lambda: server.url, timeout_seconds=10) as understander:
            understanding = await understander.understand(WAGES)
        async with httpx.AsyncClient(trust_env=False) as client:
            parsed = (await client.post(f"{server.url}/model/parse", json={"text": WAGES}, timeout=10)).json()
    assert parsed.keys() >= ANSWER.keys()
    assert (understanding.intent, understanding.source) == ("wage_arrears", "model")
    assert understanding.embedding is not None
    assert len(understanding.embedding) == EMBEDDING_SIZE
    assert 0.99 < sum(value * value for value in understanding.embedding) < 1.01
