"""`python -m tests.bench`: the same dialogue on our side and on Rasa's own stack, in one run. Never a timed test."""

import asyncio
import itertools
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Annotated
from unittest import mock

import asyncpg
import httpx
import typer

from nlu.rasa_client import RasaUnderstander
from nlu.server import RasaServer
from nlu.training import DEFAULT_DATA_FOLDER, ensure_model
from tests import postgres
from tests.bench import growth, report
from tests.bench.measure import Running, Side, dialogues, in_step, load, memory_mb
from tests.bench.ours import PATIENCE_SECONDS, HandlerPerson, WebPerson, application, check, served
from tests.bench.rasa_dialogue import RasaPerson, ensure_stack_model, rasa_stack

WARM_UP = 2
# The server of the tests throws safety away; what is measured keeps what a commit promises.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}


def main(
    rounds: Annotated[int, typer.Option(help="Repetitions on each database.", min=1)] = 3,
    count: Annotated[int, typer.Option("--dialogues", help="Dialogues of each side in a round.", min=3)] = 36,
    people: Annotated[int, typer.Option(help="How many write at once.", min=1)] = 8,
    search_only: Annotated[bool, typer.Option("--search-only", help="Only search and parse.")] = False,
    write: Annotated[Path | None, typer.Option(help="Write the sections into this Markdown file.")] = None,
    data: Annotated[
        Path, typer.Option(envvar="NIANGJIA_DATA__FOLDER", help="Where trained models are kept.")
    ] = DEFAULT_DATA_FOLDER,
) -> None:
    """Measure turns per second, latency and memory beside Rasa's own stack; prints Markdown."""
    logging.basicConfig(level=logging.WARNING)
    models = ensure_model(data_folder=data), ensure_stack_model(data)
    results = report.Results(people, count)
    sections = []
    if not search_only:
        asyncio.run(_measure(results, rounds, models, data))
        sections.append(report.section(results))
    sections.append(growth.section(asyncio.run(_growth(models[0], data))))
    for text in sections:
        print(text)
        if write is not None:
            report.write(write, text)


async def _growth(model: Path, data: Path) -> growth.Growth:
    async with RasaServer(model) as intents:
        await intents.wait_ready()
        understander = RasaUnderstander(intents.url or "", timeout_seconds=PATIENCE_SECONDS)
        try:
            return await growth.growth(understander, data / "bench-vectors.db")
        finally:
            await understander.aclose()


async def _measure(results: report.Results, rounds: int, models: tuple[Path, Path], data: Path) -> None:
    async with RasaServer(models[0]) as intents:
        await intents.wait_ready()
        for engine in ("SQLite", "PostgreSQL"):
            with tempfile.TemporaryDirectory() as scratch, _databases(engine, Path(scratch)) as urls:
                await _on_one_database(results, engine, rounds, urls, models[1], intents, data, Path(scratch))


@contextmanager
def _databases(engine: str, scratch: Path) -> Iterator[tuple[str, str]]:
    """URL of an empty database for us, and what Rasa is told about its own."""
    if engine == "SQLite":
        yield f"sqlite:///{scratch / 'ours.db'}", str(scratch / "rasa.db")
        return
    with mock.patch.dict(postgres.SETTINGS, DURABLE), postgres.server() as url:
        yield f"{url}/ours", f"{url}/rasa"


async def _on_one_database(
    results: report.Results, engine: str, rounds: int, urls: tuple[str, str], stack_model: Path, intents: RasaServer,
    data: Path, scratch: Path,
) -> None:  # fmt: skip
    if engine == "PostgreSQL":
        await _create(urls)
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=120))
        built = await opened.enter_async_context(
            application(urls[0], scratch / "data", intents.url or "", data / "bench-vectors.db")
        )
        web = await opened.enter_async_context(served(built))
        stack = await opened.enter_async_context(rasa_stack(stack_model, engine.lower(), urls[1]))
        numbers = itertools.count(1)
        assert intents.pid is not None
        sides = {
            report.HANDLER: Side(lambda: HandlerPerson(built), (os.getpid(), intents.pid)),
            report.WEB: Side(lambda: WebPerson(client, web.url), (web.pid, intents.pid)),
            report.RASA: Side(lambda: RasaPerson(client, stack.url, f"person-{next(numbers)}"), (stack.pid,)),
        }
        for side in sides.values():
            await dialogues(side, WARM_UP, 1)
        results.rounds[engine] = [await _round(results, sides) for _ in range(rounds)]
        results.memory[engine] = _memory(web, intents, stack)
        each_round = results.dialogues + _third(results) + results.dialogues
        await check(built, 2 * (WARM_UP + rounds * each_round))


async def _create(urls: tuple[str, str]) -> None:
    base = urls[0].rpartition("/")[0]
    connection = await asyncpg.connect(f"{base}/postgres")
    try:
        for url in urls:
            await connection.execute(f"CREATE DATABASE {url.rpartition('/')[2]}")
    finally:
        await connection.close()


async def _round(results: report.Results, sides: dict[str, Side]) -> report.Round:
    results.load.append(load())
    count, people = results.dialogues, results.people
    alone = {name: await dialogues(side, _third(results), 1) for name, side in sides.items()}
    together = {name: await dialogues(side, count, people) for name, side in sides.items()}
    step = {name: await in_step(side, count, people) for name, side in sides.items()}
    return report.Round(alone, together, step)


def _third(results: report.Results) -> int:
    return results.dialogues // 3


def _memory(web: Running, intents: RasaServer, stack: Running) -> dict[str, float]:
    assert intents.pid is not None
    return {
        "our server": memory_mb(web.pid),
        "our intent server": memory_mb(intents.pid),
        "Rasa's own stack": memory_mb(stack.pid),
    }


if __name__ == "__main__":
    typer.run(main)
