"""The queue: what is in it, in which order, at which cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update
from starlette.requests import Request

from console.events import Changes
from console.sessions import Signed
from storage.database import Database
from storage.models import Account, Ticket
from tests.console.conftest import Browser, World, make_ticket

QUERIES_ALLOWED = 6


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
async def cadre(world: World, browser: Browser) -> Browser:
    await browser.sign_in("county.cadre")
    return browser


async def test_what_is_due_next_comes_first_with_words_for_it(
    cadre: Browser, database: Database, now
) -> None:
    late, soon, fine = [await make_ticket(database, now, address=f"p{n}") for n in range(3)]
    async with database.write() as session:
        for ticket, hours in ((late, -3), (soon, 1), (fine, 72)):
            await session.execute(
                update(Ticket).where(Ticket.id == ticket.id).values(next_due=now + timedelta(hours=hours))
            )
    html = (await cadre.get("/console/queue")).text
    table = html[html.index("<tbody>") :]
    assert [table.index(ticket.number) for ticket in (late, soon, fine)] == sorted(
        table.index(t.number) for t in (late, soon, fine)
    )
    for words in ("已超期", "超了3小时", "快到期", "还剩1小时", "正常", "还剩3天"):
        assert words in table, words


async def test_queue_never_shows_a_name_phone_or_id(cadre: Browser, ticket: Ticket) -> None:
    html = (await cadre.get("/console/queue")).text
    assert ticket.number in html
    assert "138****3456" in html
    assert "13887123456" not in html
    assert "530102199003078515" not in html


@pytest.mark.parametrize("count", [1, 60])
async def test_number_of_queries_does_not_grow_with_tickets(
    cadre: Browser, database: Database, now, count: int
) -> None:
    first = await make_ticket(database, now)
    async with database.write() as session:
        columns = [
            column.name
            for column in Ticket.__table__.columns
            if column.name not in {"id", "number", "opened_by_message_id"}
        ]
        values = {name: getattr(first, name) for name in columns}
        session.add_all(Ticket(number=f"KM20261124-1{n:03d}", **values) for n in range(count - 1))
    with counted(database) as statements:
        html = (await cadre.get("/console/queue")).text
    assert len(statements) <= QUERIES_ALLOWED, statements
    assert html.count("<tr class=") == min(count, 50)
    assert ("第1页，共2页" in html) == (count == 60)


async def test_filters_work_together_in_sql(cadre: Browser, database: Database, now) -> None:
    wages = await make_ticket(database, now, address="a", employer="恒泰劳务")
    relief = await make_ticket(
        database, now, address="b", category="relief_apply", employer="百分之100%公司", urgency="urgent"
    )
    for query, found in (
        ("category=relief_apply", {relief.number}),
        ("urgent=1", {relief.number}),
        ("q=恒泰", {wages.number}),
        ("q=100%25", {relief.number}),
        (f"q={wages.number[-6:]}", {wages.number}),
        ("overdue=1", set()),
        ("state=closed", set()),
        ("scope=unit", {wages.number, relief.number}),
        ("scope=all&page=9", set()),
        ("scope=' or 1=1&page=-1&state=x&category=%00", {wages.number, relief.number}),
    ):
        table = (await cadre.get(f"/console/queue?{query}")).text
        assert {number for number in (wages.number, relief.number) if f">{number}</a>" in table} == found, (
            query
        )


async def test_leader_of_the_city_sees_counties_and_a_neighbour_does_not(
    browser: Browser, ticket: Ticket
) -> None:
    await browser.sign_in("city.leader")
    assert ticket.number in (await browser.get("/console/queue?scope=all")).text
    await browser.sign_in("beside.leader")
    assert ticket.number not in (await browser.get("/console/queue?scope=all")).text


async def test_changes_tell_only_of_visible_tickets_and_only_once(
    world: World, database: Database, deps, now
) -> None:
    async def source(username: str) -> Changes:
        async with database.read() as session:
            account = (await session.scalars(select(Account).where(Account.username == username))).one()
        return Changes(
            deps, Signed(account, "", ""), Request({"type": "http", "headers": [], "query_string": b""})
        )

    async def read(changes: Changes):
        async with database.read() as session:
            return await changes.read(session)

    own, beside = await source("county.cadre"), await source("beside.cadre")
    assert (await read(own))[1] == {"tickets": []}
    await read(beside)
    ticket = await make_ticket(database, now)
    assert (await read(own))[1] == {"tickets": [ticket.id]}
    assert await read(own) is None
    assert await read(beside) is None
