"""会员评家 in the console: averages from five on for leaders, and a cadre who reads nothing of it."""

import pytest

from console.deps import ConsoleDeps
from storage.database import Database
from storage.models import Conversation, Message, Ticket
from tests.console.conftest import Browser, World
from tickets.access import UNSEEN
from tickets.ratings import rate

MARKS = {"service": 4, "rights": 3, "activity": 5, "openness": 2}


async def rated(database: Database, now, count: int, comment: str | None = None) -> None:
    async with database.write() as session:
        for number in range(count):
            row = Conversation(channel="webchat", address=f"r{number}", created_at=now, last_inbound_at=now)
            session.add(row)
            await rate(session, row, "云南省昆明市官渡区", None, MARKS, comment, now)


@pytest.mark.parametrize(("count", "shown"), [(4, False), (5, True)])
async def test_nothing_is_shown_below_five(
    browser: Browser, world: World, database: Database, now, count: int, shown: bool
):
    await rated(database, now, count, "账<b>没贴</b>，找13887123456")
    await browser.sign_in("county.leader")
    page = (await browser.get("/console/ratings")).text
    assert "昆明市官渡区总工会" in page
    assert ("不足五份，不显示" in page) != shown
    assert (">4.0<" in page) == shown
    unit = (await browser.get(f"/console/ratings/{world.units['county'].id}")).text
    assert ("不足五份，不显示" in unit) != shown
    assert ("账&lt;b&gt;没贴" in unit) == shown
    assert "13887123456" not in unit


async def test_leaders_of_the_unit_and_above_only(browser: Browser, world: World, database: Database, now):
    await rated(database, now, 5)
    unit = f"/console/ratings/{world.units['county'].id}"
    for name, listed, status in (
        ("county.leader", True, 200),
        ("city.leader", True, 200),
        ("beside.leader", False, 404),
        ("township.leader", False, 404),
    ):
        await browser.sign_in(name)
        assert ("官渡区总工会</a>" in (await browser.get("/console/ratings")).text) == listed
        assert (await browser.get(unit)).status_code == status
    for name in ("county.cadre", "county.administrator"):
        await browser.sign_in(name)
        assert (await browser.get("/console/ratings")).status_code == 403
        assert (await browser.get(unit)).status_code == 403


async def test_other_years_and_odd_addresses(browser: Browser, world: World, database: Database, now):
    await rated(database, now, 5)
    await browser.sign_in("county.leader")
    assert "还没有职工打分" in (await browser.get("/console/ratings?year=2025")).text
    for odd in ("year=x", "year=99999", "year=", "page=-1", "year=%00"):
        assert (await browser.get(f"/console/ratings?{odd}")).status_code == 200


async def test_a_cadre_does_not_read_what_was_said_while_rating(
    browser: Browser, world: World, database: Database, deps: ConsoleDeps, ticket: Ticket, now
):
    async with database.write() as session:
        for kind, text in (("text", "材料明天交"), (UNSEEN, "服务打1分，主席不管事")):
            session.add(Message(
                conversation_id=ticket.conversation_id, direction="in", author="worker", kind=kind, text=text, created_at=now,
            ))  # fmt: skip
            await session.flush()
    await browser.sign_in("county.cadre")
    for address in (f"/console/tickets/{ticket.id}", "/console/queue"):
        page = (await browser.get(address)).text
        assert "主席不管事" not in page
        assert "材料明天交" in page
