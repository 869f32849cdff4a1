"""The served application: health, loops that outlive their crashes, signals, and a start that does nothing twice."""

import asyncio
import os
import signal
import socket
import zlib
from collections.abc import Sequence

import httpx
import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import jobs, serving, starting
from bot.app import Application, build
from bot.config import Settings
from knowledge import faq
from knowledge.embedding import DIMENSIONS, Matrix, Vector
from knowledge.search import EMBEDDED_AT_ONCE, KnowledgeBase
from storage import migrate as migrations
from storage.database import Database
from storage.models import Cursor, FaqEntry
from tests.bot.turn_kit import with_ticket
from tests.playing import Player


def client_of(application: Application) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(serving.create_web(application))
    return httpx.AsyncClient(transport=transport, base_url="http://niangjia")


async def test_health_and_figures(application, person):
    await with_ticket(person)
    async with client_of(application) as client:
        assert (await client.get("/healthz")).text == "ok"
        ready = (await client.get("/readyz")).json()
        assert (ready["ready"], ready["model"]) == (True, "off")
        assert ready["answers"] > 0
        figures = (await client.get("/metrics")).text
        assert "niangjia_tickets_open 1.0" in figures
        assert "niangjia_tickets_overdue 0.0" in figures


async def test_not_ready_while_the_database_is_away(application, monkeypatch):
    def away() -> None:
        raise OperationalError("SELECT 1", {}, OSError())

    async with client_of(application) as client:
        monkeypatch.setattr(type(application.database), "read", lambda _self: away())
        response = await client.get("/readyz")
    assert (response.status_code, response.json()["database"]) == (503, "away")


async def test_a_loop_that_crashes_starts_again(monkeypatch, caplog):
    monkeypatch.setattr(serving, "RESTART_SECONDS", (0,))
    runs: list[int] = []

    async def work() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise ValueError("老板的话")

    await serving.forever("loop", work)
    assert len(runs) == 3
    assert "ValueError" in caplog.text
    assert "老板" not in caplog.text


async def test_timers_sweep_without_harm_twice(application, person, clock):
    await with_ticket(person)
    clock.forward(24 * 7)
    assert await jobs.sweep(application) > 0
    assert await jobs.sweep(application) == 0
    assert await jobs.tidy(application) == 0


def on_port(application: Application, port: int) -> Application:
    settings = Settings.model_validate({
        **application.settings.model_dump(), "server": {"port": port, "workers_in_process": False}
    })  # fmt: skip
    return Application(**{**vars(application), "settings": settings})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_serving_and_what_is_around_it_goes_on(application, number):
    """Also with a stream open, and without the signal being raised again: the caller still closes everything."""
    port, served = free_port(), asyncio.Event()
    task = asyncio.create_task(serving.serve(on_port(application, port), served.set))
    await asyncio.wait_for(served.wait(), 20)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        assert (await client.get("/healthz")).status_code == httpx.codes.OK
        began = asyncio.get_running_loop().time()
        os.kill(os.getpid(), number)
        await asyncio.wait_for(task, 10)
    assert asyncio.get_running_loop().time() - began < serving.GRACE_SECONDS + 2


async def test_a_port_in_use_is_said_at_once(application):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(serving.AddressTakenError, match=str(port)):
            await serving.serve(on_port(application, port), lambda: None)


async def test_a_second_start_neither_migrates_nor_reads_the_answers(
    application, few_answers, clock, monkeypatch
):
    async def must_not(*_: object) -> None:
        raise AssertionError("done twice")

    monkeypatch.setattr(migrations, "migrate", must_not)
    monkeypatch.setattr(faq, "sync_content", must_not)
    await starting.prepare(application.database, few_answers, clock())


async def test_changed_answers_are_brought_in(application, few_answers, clock, tmp_path):
    changed = tmp_path / "content"
    (changed / "faq").mkdir(parents=True)
    for file in few_answers.rglob("*.yml"):
        text = file.read_text(encoding="utf-8").replace(
            "平时加班每小时不低于1.5倍", "平时加班每小时至少1.5倍"
        )
        (changed / file.relative_to(few_answers)).write_text(text, encoding="utf-8")
    await starting.prepare(application.database, changed, clock())
    async with application.database.read() as session:
        assert "至少1.5倍" in (await session.get_one(FaqEntry, "overtime_pay.rates")).answer
    assert await application.knowledge.refresh()
    found = application.knowledge.get("overtime_pay.rates")
    assert found is not None
    assert "至少1.5倍" in found.answer


async def test_an_older_schema_is_migrated_though_the_answers_are_known(
    application, few_answers, clock, monkeypatch
):
    asked: list[str] = []

    async def noted(url: str) -> None:
        asked.append(url)

    async with application.database.write() as session:
        (await session.get_one(Cursor, starting.SCHEMA)).value = "older"
    monkeypatch.setattr(migrations, "migrate", noted)
    await starting.prepare(application.database, few_answers, clock())
    assert asked == [application.database.url]


class CountingEmbedder:
    """Unit vectors that depend on the text alone; remembers how many texts each call brought."""

    name = "counting"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed_query(self, text: str) -> Vector:
        return self.embed_passages([text])[0]

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        self.batches.append(len(texts))
        rows = [np.random.default_rng(zlib.crc32(text.encode())).normal(size=DIMENSIONS) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], np.float32)


async def test_a_first_start_answers_before_its_vectors_are_there(settings, few_answers, clock):
    """Nothing is embedded until somebody has time for it; then in batches that a stop does not lose."""
    embedder = CountingEmbedder()
    away = Settings.model_validate({**settings.model_dump(), "nlu": {"url": "http://127.0.0.1:9"}})

    async def started() -> Application:
        return await build(
            away, clock=clock, load_knowledge=False, embedder=lambda: embedder, content=few_answers
        )

    first = await started()
    person = Player(first, clock)
    await person.say("加班费到底怎么算，平时、周末、节假日各是几倍？")
    assert "依据" in person.text
    assert (embedder.batches, first.knowledge.compares_vectors) == ([], False)
    await asyncio.gather(first.warm_up(), first.knowledge.complete())
    assert first.knowledge.compares_vectors
    assert max(embedder.batches) <= EMBEDDED_AT_ONCE
    embedded = sum(embedder.batches)
    await first.aclose()

    second = await started()
    await second.warm_up()
    assert second.knowledge.compares_vectors
    assert sum(embedder.batches) == embedded
    await second.aclose()


async def test_many_messages_after_an_edit_load_the_answers_once(application, clock, monkeypatch):
    loads: list[int] = []
    load = KnowledgeBase._load

    async def counted(self: KnowledgeBase, *arguments: object) -> None:
        loads.append(1)
        await load(self, *arguments)

    monkeypatch.setattr(KnowledgeBase, "_load", counted)
    async with application.database.write() as session:
        entry = await session.get_one(FaqEntry, "overtime_pay.rates")
        entry.version, entry.updated_at = entry.version + 1, clock()
    people = [Player(application, clock) for _ in range(10)]
    await asyncio.gather(*(person.say("加班费怎么算") for person in people))
    assert len(loads) == 1


async def test_two_processes_may_start_at_once(database_url, few_answers, clock):
    databases = [Database(database_url), Database(database_url)]
    await asyncio.gather(*(starting.prepare(database, few_answers, clock()) for database in databases))
    async with databases[0].read() as session:
        assert len((await session.scalars(select(FaqEntry))).all()) > 5
    for database in databases:
        await database.close()
