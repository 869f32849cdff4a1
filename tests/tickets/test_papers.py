"""The check list: stored once, ticked off and photographed by the worker, taken or given back by the cadre."""

import pytest
from sqlalchemy import select

from storage.models import Attachment
from tests.tickets.conftest import House
from tests.tickets.test_worker_reminders import at
from tickets import paper_rows, papers
from tickets.errors import (
    AlreadyClosed,
    DuePast,
    EmptyText,
    MissingPaperNote,
    NotAllowed,
    NothingChosen,
    Outdated,
    TakenByColleague,
    TooLong,
    UnknownPaper,
)
from tickets.papers import Verdict
from tickets.service import take_over, withdraw
from tickets.sla import DEFAULT_POLICY
from tickets.values import PaperNeeded

NEEDED = [
    PaperNeeded("identity", "身份证"),
    PaperNeeded("income", "收入证明"),
    PaperNeeded("extra", "残疾证", required=False),
]
UNTIL = at("2026-12-04T18:00")


@pytest.fixture
async def ticket(house: House):
    opened = await house.ticket()
    await house.do(paper_rows.store, opened, NEEDED, house.now)
    return opened


async def states(house: House, ticket) -> dict[str, str]:
    async with house.database.read() as session:
        return {row.key: row.state for row in (await paper_rows.papers_of(session, [ticket.id]))[ticket.id]}


async def review(house: House, ticket, *verdicts: Verdict, until=UNTIL, name: str = "zhang", **named):
    return await house.do(
        papers.review, house.accounts[name], ticket.id, verdicts, until, house.now, DEFAULT_POLICY, **named
    )


async def photo(house: House, ticket, token: str = "t1") -> int:
    message_id = await house.says(ticket.conversation_id, "")
    async with house.database.write() as session:
        session.add(Attachment(
            token=token, conversation_id=ticket.conversation_id, message_id=message_id, sha256="a" * 64,
            filename="照片.jpg", content_type="image/jpeg", size=1, created_at=house.now,
        ))  # fmt: skip
    return message_id


async def test_storing_again_keeps_what_is_there(house: House, ticket) -> None:
    await house.do(papers.tick, ticket.id, "identity", "ready", house.now)
    await house.do(paper_rows.store, ticket, [*NEEDED, PaperNeeded("late", "后来加的")], house.now)
    assert await states(house, ticket) == {
        "identity": "ready",
        "income": "owed",
        "extra": "owed",
        "late": "owed",
    }


async def test_a_photo_belongs_to_its_paper_and_reaches_the_cadre(house: House, ticket) -> None:
    before = len(await house.outbox("chat-zhang"))
    message_id = await photo(house, ticket)
    await house.do(papers.photographed, ticket.id, "identity", message_id, house.now, DEFAULT_POLICY)
    async with house.database.read() as session:
        file = (await session.scalars(select(Attachment))).one()
    assert (file.paper, file.ticket_id) == ("identity", ticket.id)
    assert (await states(house, ticket))["identity"] == "sent"
    assert len(await house.outbox("chat-zhang")) == before + 1


async def test_what_cannot_be_had_is_told_to_the_cadre_and_stays_owed(house: House, ticket) -> None:
    before = len(await house.outbox("chat-zhang"))
    await house.do(papers.tick, ticket.id, "income", "cannot", house.now)
    assert (await states(house, ticket))["income"] == "owed"
    assert len(await house.outbox("chat-zhang")) == before + 1
    assert "paper" in await house.events(ticket.id)


async def test_a_paper_that_is_done_or_of_a_closed_ticket_cannot_be_changed(house: House, ticket) -> None:
    await review(house, ticket, Verdict("identity", "accepted"))
    for key in ("identity", "nothing"):
        with pytest.raises(UnknownPaper):
            await house.do(papers.tick, ticket.id, key, "ready", house.now)
    await house.do(withdraw, ticket.id, house.now)
    with pytest.raises(AlreadyClosed):
        await house.do(papers.tick, ticket.id, "income", "ready", house.now)


async def test_returning_tells_what_is_wrong_and_until_when(house: House, ticket) -> None:
    await review(
        house, ticket, Verdict("identity", "returned", "看不清号码"), Verdict("income", "returned", "缺十月"),
        Verdict("extra", "waived"),
    )  # fmt: skip
    text = (await house.messages(ticket.conversation_id))[-1].text
    for part in ("· 身份证：看不清号码", "· 收入证明：缺十月", "12月4日(周五)18:00前"):
        assert part in text
    assert await states(house, ticket) == {"identity": "returned", "income": "returned", "extra": "waived"}
    assert (await house.get(ticket.id)).state == "waiting"


async def test_all_that_is_required_accepted_is_told_once(house: House, ticket) -> None:
    await review(house, ticket, Verdict("identity", "accepted"), until=None)
    assert await house.messages(ticket.conversation_id) == []
    await review(house, ticket, Verdict("income", "waived"), until=None)
    assert [
        message.text.endswith("材料收齐了，不用再补。")
        for message in await house.messages(ticket.conversation_id)
    ] == [True]


@pytest.mark.parametrize(
    ("error", "verdicts", "until"),
    [
        (NothingChosen, (), UNTIL),
        (UnknownPaper, (Verdict("nothing", "accepted"),), UNTIL),
        (MissingPaperNote, (Verdict("identity", "returned", " "),), UNTIL),
        (TooLong, (Verdict("identity", "returned", "长" * 301),), UNTIL),
        (DuePast, (Verdict("identity", "returned", "糊"),), None),
        (DuePast, (Verdict("identity", "returned", "糊"),), at("2026-11-24T10:00")),
    ],
)
async def test_what_is_refused_changes_nothing(house: House, ticket, error, verdicts, until) -> None:
    with pytest.raises(error):
        await review(house, ticket, *verdicts, until=until)
    assert set((await states(house, ticket)).values()) == {"owed"}
    assert await house.messages(ticket.conversation_id) == []


async def test_colleagues_strangers_and_old_pages_are_refused(house: House, ticket) -> None:
    await house.person("chen", "cadre", "530111")
    with pytest.raises(NotAllowed):
        await review(house, ticket, Verdict("identity", "accepted"), name="yang")
    with pytest.raises(Outdated):
        await review(house, ticket, Verdict("identity", "accepted"), version=99)
    await house.do(take_over, house.accounts["zhang"], ticket.id, house.now)
    with pytest.raises(TakenByColleague):
        await review(house, ticket, Verdict("identity", "accepted"), name="chen")


async def test_a_cadre_adds_a_paper(house: House, ticket) -> None:
    await house.do(papers.add, house.accounts["zhang"], ticket.id, "  银行 流水 ", house.now)
    async with house.database.read() as session:
        added = (await paper_rows.papers_of(session, [ticket.id]))[ticket.id][-1]
    assert (added.label, added.state, added.required) == ("银行 流水", "owed", True)
    assert len(added.key) <= 32
    for error, label in ((EmptyText, " "), (TooLong, "长" * 61)):
        with pytest.raises(error):
            await house.do(papers.add, house.accounts["zhang"], ticket.id, label, house.now)
