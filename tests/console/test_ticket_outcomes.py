"""The check list and the outcomes on the ticket page."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from console.deps import ConsoleDeps
from storage.database import Database
from storage.models import Account, Attachment, Organization, Ticket
from storage.service_models import Reminder, TicketPaper
from tests.console.conftest import Browser, World
from tests.console.test_ticket import act, messages_out, page_of, stored
from tickets import paper_rows
from tickets.organizations import create_organization
from tickets.outcome_texts import OutcomeTexts
from tickets.values import PaperNeeded

OWN = OutcomeTexts({
    "wage_arrears": {
        "accepted": "要工钱的事{number}由{name}办。",
        "returned": "还差：{what}请在{until}发来。",
        "not_accepted": "没法办：{reason}。可以打12333。",
        "decided": "有结果了：{result}。",
        "paid": "单位给了{amount}元。",
    }
})  # fmt: skip


@pytest.fixture
def deps(deps: ConsoleDeps) -> ConsoleDeps:
    return replace(deps, outcomes=OWN)


@pytest.fixture
async def cadre(world: World, browser: Browser) -> Browser:
    await browser.sign_in("county.cadre")
    return browser


@pytest.fixture
async def listed(ticket: Ticket, database: Database, now) -> Ticket:
    """The ticket with two papers, of which one was photographed."""
    async with database.write() as session:
        needed = [PaperNeeded("work_proof", "干活的证明"), PaperNeeded("iou", "欠条", required=False)]
        await paper_rows.store(session, ticket, needed, now)
        session.add(Attachment(
            token="t1", conversation_id=ticket.conversation_id, ticket_id=ticket.id, paper="work_proof",
            sha256="b" * 64, filename="工牌.jpg", content_type="image/jpeg", size=1, created_at=now,
        ))  # fmt: skip
        paper = (await session.scalars(select(TicketPaper).where(TicketPaper.key == "work_proof"))).one()
        paper.state = "sent"
    return ticket


async def states(database: Database) -> dict[str, str]:
    async with database.read() as session:
        return {row.key: row.state for row in await session.scalars(select(TicketPaper))}


async def test_the_check_list_shows_states_and_photos(cadre: Browser, listed: Ticket) -> None:
    html = await page_of(cadre, listed)
    part = html[html.index('id="papers"') :]
    for shown in ("干活的证明", "已交，待看", "工牌.jpg", "欠条", "（有就交）", "未交"):
        assert shown in part, shown


async def test_a_paper_is_returned_with_note_and_day_and_another_accepted(
    cadre: Browser, listed: Ticket, database: Database
) -> None:
    form = {
        "state-work_proof": "returned",
        "note-work_proof": "看不清",
        "state-iou": "waived",
        "until": "2026-12-04",
    }
    answer = await act(cadre, listed, "papers", **form)
    assert answer.headers["location"].endswith("?done=papers")
    assert await states(database) == {"work_proof": "returned", "iou": "waived"}
    told = (await messages_out(database, listed))[-1]
    assert "干活的证明：看不清" in told
    assert "12月4日(周五)18:00前" in told
    assert (await stored(database, listed)).state == "waiting"
    assert "已退回" in await page_of(cadre, listed)


@pytest.mark.parametrize(
    ("form", "alert"),
    [
        ({}, "还没有选"),
        ({"state-work_proof": "returned", "until": "2026-12-04"}, "写明哪里不行"),
        ({"state-work_proof": "returned", "note-work_proof": "糊", "until": ""}, "请选择日期"),
        ({"state-nothing": "accepted"}, "没有这份材料"),
    ],
)
async def test_a_check_list_that_cannot_be_saved_says_why(
    cadre: Browser, listed: Ticket, database: Database, form: dict[str, str], alert: str
) -> None:
    answer = await act(cadre, listed, "papers", **form)
    assert answer.status_code == 422
    assert alert in answer.text
    assert await states(database) == {"work_proof": "sent", "iou": "owed"}


async def test_a_paper_is_added(cadre: Browser, listed: Ticket, database: Database) -> None:
    await act(cadre, listed, "paper-add", label="银行流水")
    assert "银行流水" in await page_of(cadre, listed)
    assert (await act(cadre, listed, "paper-add", label="")).status_code == 422


async def test_outcomes_are_told_in_the_services_own_words(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    await act(cadre, ticket, "accept")
    assert "要工钱的事" in (await messages_out(database, ticket))[-1]
    await act(cadre, ticket, "decide", result="公司同意补发")
    assert "有结果了：公司同意补发。" in (await messages_out(database, ticket))[-1]
    assert (await stored(database, ticket)).open
    assert (await act(cadre, ticket, "pay", amount="三千")).status_code == 422
    await act(cadre, ticket, "pay", amount="28,000元")
    assert "单位给了28,000元。" in (await messages_out(database, ticket))[-1]
    done = await stored(database, ticket)
    assert (done.open, done.closure_code) == (False, "solved")


async def test_not_accepting_needs_a_written_reason(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    assert (await act(cadre, ticket, "not-accept", reason=" ")).status_code == 422
    assert (await stored(database, ticket)).open
    await act(cadre, ticket, "not-accept", reason="单位在外省")
    assert "没法办：单位在外省。可以打12333。" in (await messages_out(database, ticket))[-1]
    assert (await stored(database, ticket)).closure_code == "not_accepted"


async def test_a_hearing_is_entered_and_will_be_reminded_of(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    for form in (
        {"day": "2026-11-20", "time": "09:00"},
        {"day": "", "time": "09:00"},
        {"day": "2026-12-10", "time": "x"},
    ):
        assert (await act(cadre, ticket, "date", kind="hearing", what="开庭", **form)).status_code == 422
    await act(cadre, ticket, "date", kind="hearing", day="2026-12-10", time="14:30", what="仲裁院开庭")
    assert "12月10日(周四)14:30 仲裁院开庭" in (await messages_out(database, ticket))[-1]
    async with database.read() as session:
        reminder = (await session.scalars(select(Reminder))).one()
    assert (reminder.kind, reminder.subject, reminder.active) == ("hearing", ticket.number, True)
    assert "登记日子" in await page_of(cadre, ticket)


async def test_the_union_of_the_employer_sees_the_list_but_no_photo_of_it(
    browser: Browser, listed: Ticket, world: World, database: Database, now, password_hash: str
) -> None:
    async with database.write() as session:
        county = await session.get_one(Organization, world.units["county"].id)
        unit = await create_organization(
            session, code="firm", name="恒泰工会", level="enterprise", region="", parent=county
        )
        session.add(Account(
            username="firm.cadre", display_name="企业", password_hash=password_hash, role="cadre", organization=unit,
            active=True, created_at=now,
        ))  # fmt: skip
        found = await session.get_one(Ticket, listed.id)
        found.organization_id, found.facts = unit.id, {}
    await browser.sign_in("firm.cadre")
    html = await page_of(browser, listed)
    assert "干活的证明" in html
    assert "工牌.jpg" not in html


@pytest.mark.parametrize("scan", ["blocked", "waiting"])
async def test_a_photo_that_may_be_harmful_is_not_in_the_list(
    cadre: Browser, listed: Ticket, database: Database, scan: str
) -> None:
    async with database.write() as session:
        (await session.scalars(select(Attachment))).one().scan = scan
    assert "工牌.jpg" not in await page_of(cadre, listed)
