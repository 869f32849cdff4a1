"""`python -m tests.bench.jobs`: finding among many postings, and importing a list. Prints Markdown; never a timed test."""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any
from unittest import mock

import typer
from sqlalchemy import text

from nlu.extractors import regions
from storage.database import Database
from storage.migrate import migrate
from storage.models import Account
from storage.service_models import JobPosting
from tests import postgres
from tests.bench.measure import load, percentile
from tests.bench.report import milliseconds, table
from tickets.jobs import matching, postings
from tickets.jobs.import_sheet import check
from tickets.jobs.matching import Wish
from tickets.jobs.words import words
from tickets.organizations import seed_tree
from tickets.spreadsheets import to_csv, to_xlsx

TODAY, NOW = date(2026, 11, 24), datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LIST_ROWS = 5_000
# The server of the tests throws safety away; what is measured keeps what a commit promises.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}
CITY_SHARE = 0.4  # of all postings in the provincial capital


def main(
    count: Annotated[int, typer.Option(help="Postings in the database.", min=1000)] = 100_000,
    searches: Annotated[int, typer.Option(help="Searches on each database.", min=10)] = 400,
) -> None:
    """Measure both on SQLite and PostgreSQL."""
    rows = [row for engine in ("SQLite", "PostgreSQL") for row in _on(engine, count, searches)]
    print(
        f"## Job postings\n\n{count:,} postings, {searches} searches, a list of {LIST_ROWS:,}; load {load()}\n"
    )
    print(table(("database", "what", "p50 ms", "p95 ms", "most ms"), rows))


def _on(engine: str, count: int, searches: int) -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory() as folder, _url(engine, Path(folder)) as url:
        return asyncio.run(_measure(engine, url, count, searches))


@contextmanager
def _url(engine: str, folder: Path) -> Iterator[str]:
    if engine == "SQLite":
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    with mock.patch.dict(postgres.SETTINGS, DURABLE), postgres.server() as server:
        asyncio.run(postgres.create(server, "bench"))
        yield f"{server}/bench"


async def _measure(engine: str, url: str, count: int, searches: int) -> list[tuple[str, ...]]:
    await migrate(url)
    database = Database(url)
    try:
        account = await _fill(database, count)
        plain = [await _search(database, wish) for wish in _wishes(searches, random.Random(1), any_share=0.1)]
        broad = [
            await _search(database, wish) for wish in _wishes(searches // 4, random.Random(2), any_share=1)
        ]
        lists = [(name, await _import(database, account, data)) for name, data in _lists()]
    finally:
        await database.close()
    result = [
        _row(engine, "search, one trade in ten any", plain), _row(engine, "search, every trade", broad)
    ]  # fmt: skip
    return result + [_row(engine, f"import {name}", seconds) for name, seconds in lists]


def _row(engine: str, what: str, seconds: list[float]) -> tuple[str, ...]:
    return (engine, what, *(milliseconds(percentile(seconds, share)) for share in (0.5, 0.95, 1.0)))


async def _search(database: Database, wish: Wish) -> float:
    async with database.read() as session:
        start = perf_counter()
        await matching.find(session, wish, TODAY)
        return perf_counter() - start


async def _import(database: Database, account: Account, data: bytes) -> list[float]:
    """First and second time: everything new, everything updated."""
    seconds = []
    for _ in range(2):
        start = perf_counter()
        checked = await asyncio.to_thread(check, data)
        async with database.write() as session:
            await postings.save(session, account, checked.postings, NOW)
        seconds.append(perf_counter() - start)
        assert len(checked.postings) == LIST_ROWS
    return seconds


async def _fill(database: Database, count: int) -> Account:
    async with database.write() as session:
        await seed_tree(session)
        unit = await session.scalar(text("SELECT id FROM organizations WHERE code = '530100'"))
        account = Account(
            username="bench", display_name="bench", password_hash="-", role="cadre", organization_id=unit,
            created_at=NOW, active=True,
        )  # fmt: skip
        session.add(account)
    async with database.write() as session:
        loaded = await session.get_one(Account, account.id)
        for start in range(0, count, 1_000):
            rows = [
                _values(number, unit, random.Random(number))
                for number in range(start, min(start + 1_000, count))
            ]
            await session.execute(JobPosting.__table__.insert(), rows)
    async with database.write() as session:
        await session.execute(text("ANALYZE"))
    return loaded


def _counties() -> tuple[list[str], list[str]]:
    kunming, *wider = regions.circles("云南省昆明市")
    return list(kunming), [name for circle in wider for name in circle]


def _values(number: int, unit: Any, chance: random.Random) -> dict[str, Any]:
    kunming, elsewhere = _counties()
    wage_unit = chance.choices(("month", "day", "hour"), (8, 1, 1))[0]
    low = {
        "month": chance.randint(25, 90) * 100,
        "day": chance.randint(100, 350),
        "hour": chance.randint(15, 40),
    }[wage_unit]
    return {
        "organization_id": unit, "reference": f"B{number}", "title": f"岗位{number}", "trade": chance.choice(list(words().trades)),
        "employer": f"恒泰{number % 997}公司", "region": chance.choice(kunming if chance.random() < CITY_SHARE else elsewhere),
        "wage_from": low, "wage_to": chance.choice((None, low * 13 // 10)), "wage_unit": wage_unit,
        "monthly_from": postings.monthly(low, wage_unit), "people": chance.randint(1, 50),
        "lodging": chance.choice((True, False, None)), "meals": chance.choice((True, False, None)), "insurance": True,
        "age_from": 18, "age_to": chance.choice((None, 45, 60)), "details": "工作内容写在这里" * chance.randint(1, 20),
        "contact": "0871-12345678", "starts_on": None,
        "ends_on": TODAY + timedelta(days=chance.randint(-20, 120)), "active": chance.random() > 0.05,
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip


def _wishes(count: int, chance: random.Random, *, any_share: float) -> Iterator[Wish]:
    kunming, elsewhere = _counties()
    for _ in range(count):
        trade = "any" if chance.random() < any_share else chance.choice(list(words().trades))
        region = chance.choices(
            (chance.choice(kunming), chance.choice(elsewhere), "云南省昆明市"), (6, 3, 2)
        )[0]
        wage = chance.choice((None, 3000, 4500, 6000, 8000))
        yield Wish(trade, region, wage, chance.random() < 0.5, chance.choice((None, 30, 52)))


def _lists() -> Iterator[tuple[str, bytes]]:
    headings = [words().column(name) for name in words().columns]
    rows = [
        (
            f"L{number}", "小区保安", "保安物业", f"恒泰{number % 97}物业公司", "官渡区", "3.5千", "4500", "月", 3, "是", "否", "是",
            18, "55岁", "白班夜班轮换", "0871-12345678", "2026-11-01", "2027年1月31日",
        )
        for number in range(LIST_ROWS)
    ]  # fmt: skip
    yield ".xlsx", to_xlsx("postings", headings, rows)
    yield ".csv", to_csv(headings, [(f"C{row[0]}", *row[1:]) for row in rows])


if __name__ == "__main__":
    typer.run(main)
