"""The paper's page: who sees it, what it hides, making it again, reading it for a reason, sending it."""

import shutil
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from bot.app import FLOWS
from bot.documents import composer_for
from console.deps import ConsoleDeps
from dialogs.flow import load_flows
from knowledge.calculators.figures import load_figures
from storage.database import Database
from storage.models import Attachment, AuditEntry, Message, Ticket, TicketEvent
from storage.service_models import Document
from tests.console.conftest import Browser, World, make_ticket
from tests.tickets.paper_case import ANSWERS, ID_NUMBER, TODAY
from tests.tickets.test_documents import text_of
from tickets.documents import store
from tickets.documents.drafting import draft
from tickets.documents.preview import Preview

COMPOSER = composer_for(load_flows(FLOWS), load_figures())
UNTOUCHED = {
    name: ANSWERS[name] for name in ("region", "employer", "monthly_wage", "months_owed", "wages_paid")
}


@pytest.fixture
def deps(deps: ConsoleDeps) -> ConsoleDeps:
    return replace(deps, papers=COMPOSER, preview=Preview(lambda: None))


@pytest.fixture
async def paper(database: Database, deps: ConsoleDeps, world: World, now: datetime) -> Ticket:
    """A ticket of the county with the four-claim paper in its first version."""
    sensitive = {name: ANSWERS[name] for name in ("name", "id_number", "phone", "home")}
    ticket = await make_ticket(
        database, now, category="arbitration", sensitive=sensitive, facts={"claims": ["wages"]}
    )
    data = draft(COMPOSER.application(ANSWERS, TODAY), 1)
    async with database.write() as session:
        found = await session.get_one(Ticket, ticket.id)
        await store.save(session, found, store.ARBITRATION, ANSWERS, deps.files.keep(data), len(data), now)
    return ticket


def form(**changes: object) -> dict[str, object]:
    """The form as the page shows it for unpaid wages alone."""
    return {"version": 1, "claims.wages": 1, **UNTOUCHED, **changes}


async def document_of(database: Database) -> Document:
    async with database.read() as session:
        return (await session.scalars(select(Document))).one()


async def test_the_page_shows_sums_and_hides_who_it_is(browser: Browser, paper: Ticket) -> None:
    await browser.sign_in("county.cadre")
    page = (await browser.get(f"/console/tickets/{paper.id}/paper")).text
    for part in ("16,000", "55,655.17", "工资支付台账", "加班审批单", "昆明市官渡区劳动人事争议仲裁委员会"):
        assert part in page
    for secret in (ID_NUMBER, "王建国", ANSWERS["phone"], ANSWERS["home"]):
        assert secret not in page
    assert "看不了" not in page
    assert f"/console/tickets/{paper.id}/paper" in (await browser.get(f"/console/tickets/{paper.id}")).text


async def test_a_corrected_form_makes_a_new_version_with_new_sums(
    browser: Browser, paper: Ticket, database: Database, deps: ConsoleDeps
) -> None:
    await browser.sign_in("county.cadre")
    answer = await browser.submit(
        f"/console/tickets/{paper.id}/paper",
        **form(monthly_wage="七千", employer_address="官渡区关上中路1号"),
    )
    assert answer.status_code == 303
    document = await document_of(database)
    assert (document.version, document.data["monthly_wage"]) == (2, 7000)
    assert document.data["id_number"] == ID_NUMBER
    told = text_of(deps.files.read(document.sha256 or ""))
    for part in ("19,000元", "官渡区关上中路1号", "王建国"):
        assert part in told
    async with database.read() as session:
        assert len((await session.scalars(select(Attachment))).all()) == 2
        assert (
            await session.scalars(select(AuditEntry.tag).order_by(AuditEntry.id.desc()))
        ).first() == "console:letter:draft"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"id_number": "530102198803050018"}, "身份证号"),
        ({"monthly_wage": "很多"}, "月工资"),
        ({"claims.wages": ""}, "至少勾选一项"),
        ({"hired_date": "二月三十号"}, "入职日期"),
        ({"story": "电话138****3456"}, "隐藏的号码"),
    ],
)
async def test_what_cannot_be_is_said_and_nothing_is_kept(
    browser: Browser, paper: Ticket, database: Database, changes: dict[str, object], told: str
) -> None:
    await browser.sign_in("county.cadre")
    answer = await browser.submit(f"/console/tickets/{paper.id}/paper", **form(**changes))
    assert answer.status_code == 422
    assert told in answer.text
    assert (await document_of(database)).version == 1


async def test_an_older_page_changes_nothing(browser: Browser, paper: Ticket, database: Database) -> None:
    await browser.sign_in("county.cadre")
    for expected in (303, 409):
        answer = await browser.submit(f"/console/tickets/{paper.id}/paper", **form())
        assert answer.status_code == expected
    assert (await document_of(database)).version == 2


async def test_reading_it_needs_a_reason_and_is_kept(
    browser: Browser, paper: Ticket, database: Database
) -> None:
    await browser.sign_in("county.cadre")
    address = f"/console/tickets/{paper.id}/paper/open"
    assert (await browser.submit(address, how="word")).status_code == 422
    answer = await browser.submit(address, how="word", reason="核对后交仲裁委")
    assert answer.status_code == 200
    assert ID_NUMBER in text_of(answer.content)
    assert "attachment" in answer.headers["content-disposition"]
    async with database.read() as session:
        entry = (
            await session.scalars(select(AuditEntry).where(AuditEntry.tag == "console:ticket:reveal"))
        ).one()
        event = (await session.scalars(select(TicketEvent).where(TicketEvent.kind == "revealed"))).one()
    assert entry.detail == {"field": "document", "version": 1, "reason": "核对后交仲裁委"}
    assert event.data["field"] == "document"
    assert "申请书草稿" in (await browser.get(f"/console/tickets/{paper.id}")).text


async def test_without_libreoffice_the_word_file_is_offered(browser: Browser, paper: Ticket) -> None:
    await browser.sign_in("county.cadre")
    answer = await browser.submit(f"/console/tickets/{paper.id}/paper/open", how="pdf", reason="看一眼")
    assert answer.status_code == 409
    assert "下载 Word" in answer.text


async def test_the_file_itself_leads_to_the_page(browser: Browser, paper: Ticket, database: Database) -> None:
    token = (await document_of(database)).token
    await browser.sign_in("county.cadre")
    answer = await browser.get(f"/console/files/{token}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/console/tickets/{paper.id}/paper"


async def test_sent_over_a_channel_abroad_it_has_no_id_number(
    browser: Browser, paper: Ticket, database: Database, deps: ConsoleDeps
) -> None:
    await browser.sign_in("county.cadre")
    for _ in range(2):  # the second click sends nothing
        answer = await browser.submit(f"/console/tickets/{paper.id}/paper/send", form_number="once")
        assert answer.status_code == 303
    async with database.read() as session:
        query = select(Message).where(Message.direction == "out", Message.author == "cadre")
        (message,) = (await session.scalars(query)).all()
        token = message.body["attachments"][0]["token"]
        file = (await session.scalars(select(Attachment).where(Attachment.token == token))).one()
        assert (await session.get_one(Ticket, paper.id)).first_response_at is not None
    assert ID_NUMBER not in text_of(deps.files.read(file.sha256))
    assert "请核对后签名" in message.text


async def test_a_paper_can_be_begun_for_another_ticket(
    browser: Browser, ticket: Ticket, database: Database, deps: ConsoleDeps
) -> None:
    await browser.sign_in("county.cadre")
    page = (await browser.get(f"/console/tickets/{ticket.id}/paper")).text
    assert "还没有写" in page
    assert "恒泰劳务" in page
    answer = await browser.submit(f"/console/tickets/{ticket.id}/paper", **form(version=0))
    assert answer.status_code == 303
    told = text_of(deps.files.read((await document_of(database)).sha256 or ""))
    assert "张三丰" in told


async def test_the_employers_own_union_does_not_see_who_asks(
    browser: Browser, paper: Ticket, database: Database, world: World
) -> None:
    async with database.write() as session:
        unit = await session.get_one(type(world.units["county"]), world.units["county"].id)
        unit.level = "enterprise"
    await browser.sign_in("county.cadre")
    assert (await browser.get(f"/console/tickets/{paper.id}/paper")).status_code == 404


@pytest.mark.slow
class TestPreview:
    """With LibreOffice itself."""

    @pytest.fixture
    def deps(self, deps: ConsoleDeps) -> ConsoleDeps:
        if shutil.which("soffice") is None:
            pytest.skip("LibreOffice (soffice) is not installed")
        return replace(deps, preview=Preview())

    async def test_the_preview_is_a_pdf_in_the_browser(self, browser: Browser, paper: Ticket) -> None:
        await browser.sign_in("county.cadre")
        answer = await browser.submit(f"/console/tickets/{paper.id}/paper/open", how="pdf", reason="看一眼")
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF")
        assert answer.headers["content-disposition"].startswith("inline")
