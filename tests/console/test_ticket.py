"""The ticket page and everything a cadre does on it."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from storage.database import Database
from storage.models import (
    Account,
    Attachment,
    AuditEntry,
    Conversation,
    Message,
    Organization,
    OutboxRow,
    Ticket,
)
from tests.console.conftest import Browser, World, hidden, make_ticket
from tickets import service
from tickets.organizations import create_organization

PHONE, NAME, ID_NUMBER = "13887123456", "张三丰", "530102199003078515"


@pytest.fixture
async def cadre(world: World, browser: Browser) -> Browser:
    await browser.sign_in("county.cadre")
    return browser


async def page_of(browser: Browser, ticket: Ticket) -> str:
    answer = await browser.get(f"/console/tickets/{ticket.id}")
    assert answer.status_code == 200
    return answer.text


async def act(browser: Browser, ticket: Ticket, action: str, **values: object):
    html = await page_of(browser, ticket)
    fields = {"version": hidden(html, "version"), "seen_event": hidden(html, "seen_event"), **values}
    return await browser.submit(f"/console/tickets/{ticket.id}/{action}", **fields)


async def stored(database: Database, ticket: Ticket) -> Ticket:
    async with database.read() as session:
        return (await session.scalars(select(Ticket).where(Ticket.id == ticket.id))).one()


async def messages_out(database: Database, ticket: Ticket) -> list[str]:
    async with database.read() as session:
        query = select(Message).where(
            Message.conversation_id == ticket.conversation_id, Message.ticket_id == ticket.id
        )
        return [
            row.text
            for row in await session.scalars(query.where(Message.direction == "out").order_by(Message.id))
        ]


async def test_page_shows_facts_clocks_and_talk_but_no_personal_number(
    cadre: Browser, ticket: Ticket
) -> None:
    html = await page_of(cadre, ticket)
    for shown in (
        "欠薪28000元",
        "恒泰劳务",
        "云南省昆明市官渡区",
        "28,000",
        "3个月",
        "首次回复",
        "老板欠我工资",
        "Telegram",
    ):
        assert shown in html, shown
    assert PHONE not in html
    assert ID_NUMBER not in html
    assert "138****3456" in html


async def test_what_a_worker_wrote_is_escaped(cadre: Browser, ticket: Ticket) -> None:
    html = await page_of(cadre, ticket)
    assert "<b>身份证" not in html
    assert "&lt;b&gt;身份证" in html


async def test_reply_reaches_the_worker_where_they_wrote(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    answer = await act(cadre, ticket, "reply", text="您好,我是小李。\n明天上午给您打电话。")
    assert answer.headers["location"] == f"/console/tickets/{ticket.id}?done=reply"
    async with database.read() as session:
        rows = [row for row in await session.scalars(select(OutboxRow)) if row.address == "person-1"]
    assert "明天上午给您打电话" in rows[0].body["text"]
    html = await page_of(cadre, ticket)
    assert "明天上午给您打电话" in html
    assert "人工对话中" in html


async def test_same_form_sent_twice_sends_one_message(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    values = {"text": "只发一次", "form_number": "abc-1"}
    first, second = await act(cadre, ticket, "reply", **values), await act(cadre, ticket, "reply", **values)
    assert first.status_code == second.status_code == 303
    assert sum("只发一次" in text for text in await messages_out(database, ticket)) == 1


async def test_failed_form_may_be_sent_again_under_the_same_number(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    assert (await act(cadre, ticket, "reply", text="", form_number="abc-2")).status_code == 422
    assert (await act(cadre, ticket, "reply", text="现在有字了", form_number="abc-2")).status_code == 303
    assert any("现在有字了" in text for text in await messages_out(database, ticket))


async def test_too_long_reply_is_kept_and_explained(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    text = "长" * 1001
    answer = await act(cadre, ticket, "reply", text=text)
    assert answer.status_code == 422
    assert "1000个字以内（现在1001个字）" in answer.text
    assert text in answer.text
    assert await messages_out(database, ticket) == []


async def test_accept_tells_the_worker_and_moves_the_state(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    await act(cadre, ticket, "accept")
    assert (await stored(database, ticket)).state == "accepted"
    assert "已经受理" in (await messages_out(database, ticket))[0]


async def test_asking_for_material_waits_until_the_end_of_work_of_that_day(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    await act(cadre, ticket, "material", text="考勤表照片", until="2026-11-27")
    found = await stored(database, ticket)
    assert (found.state, found.next_due.isoformat()) == ("waiting", "2026-11-27T10:00:00+00:00")
    html = await page_of(cadre, ticket)
    assert "等职工补材料" in html
    assert "暂停计时" in html


@pytest.mark.parametrize(
    ("until", "message"), [("", "请选择日期"), ("soon", "请选择日期"), ("2026-11-20", "截止时间要晚于现在")]
)
async def test_unusable_date_for_material_keeps_the_text(
    cadre: Browser, ticket: Ticket, until: str, message: str
) -> None:
    answer = await act(cadre, ticket, "material", text="考勤表照片", until=until)
    assert answer.status_code == 422
    assert message in answer.text
    assert "考勤表照片" in answer.text


async def test_note_is_shown_apart_and_never_becomes_a_message(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    await act(cadre, ticket, "note", text="老板是惯犯 <script>")
    html = await page_of(cadre, ticket)
    notes = html[html.index('class="notes"') : html.index("</section>", html.index('class="notes"'))]
    assert "老板是惯犯 &lt;script&gt;" in notes
    assert "内部备注 · 工人看不到" in notes
    assert html.count("老板是惯犯") == 1
    async with database.read() as session:
        texts = [row.text for row in await session.scalars(select(Message))]
        bodies = [
            json.dumps(row.body, ensure_ascii=False) for row in await session.scalars(select(OutboxRow))
        ]
    assert not any("惯犯" in text for text in (*texts, *bodies))


async def test_transfer_to_a_unit_below_goes_on_in_sight(
    cadre: Browser, world: World, ticket: Ticket, database: Database
) -> None:
    unit = world.units["township"].id
    answer = await act(cadre, ticket, "transfer", target=f"unit:{unit}", reason="属地管理")
    assert answer.headers["location"].startswith(f"/console/tickets/{ticket.id}")
    assert (await stored(database, ticket)).organization_id == unit
    html = await page_of(cadre, ticket)
    assert "官渡街道总工会，属地管理" in html


async def test_transfer_up_leaves_sight_and_goes_back_to_the_queue(
    cadre: Browser, world: World, ticket: Ticket
) -> None:
    answer = await act(
        cadre, ticket, "transfer", target=f"unit:{world.units['city'].id}", reason="不是本区的"
    )
    assert answer.headers["location"] == "/console/queue?done=transfer"
    assert (await cadre.get(f"/console/tickets/{ticket.id}")).status_code == 404


@pytest.mark.parametrize("target", ["", "unit:999", "person:1;drop", "unit:beside", "person:beside"])
async def test_transfer_to_what_was_not_offered_is_refused(
    cadre: Browser, world: World, ticket: Ticket, database: Database, target: str
) -> None:
    names = {
        "unit:beside": f"unit:{world.units['beside'].id}",
        "person:beside": f"person:{world.accounts['beside.cadre'].id}",
    }
    answer = await act(cadre, ticket, "transfer", target=names.get(target, target), reason="试试")
    assert answer.status_code == 422
    assert "请选择要转给" in answer.text
    assert ">试试</textarea>" in answer.text
    assert (await stored(database, ticket)).organization_id == world.units["county"].id


async def test_take_over_and_hand_back(cadre: Browser, ticket: Ticket, database: Database) -> None:
    async def talking() -> int | None:
        async with database.read() as session:
            return (await session.get(Conversation, ticket.conversation_id)).human_ticket_id

    await act(cadre, ticket, "take-over")
    assert await talking() == ticket.id
    await act(cadre, ticket, "hand-back")
    assert await talking() is None


async def test_closing_needs_a_code_and_keeps_what_was_typed(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    refused = await act(cadre, ticket, "close", result="公司已补发28000元", code="")
    assert refused.status_code == 422
    assert "公司已补发28000元</textarea>" in refused.text
    await act(cadre, ticket, "close", result="公司已补发28000元", code="solved")
    found = await stored(database, ticket)
    assert (found.open, found.closure_code) == (False, "solved")
    html = await page_of(cadre, ticket)
    assert "办理结果" in html
    assert f'action="/console/tickets/{ticket.id}/reply"' not in html


async def test_stale_page_gets_the_news_and_keeps_the_text(
    cadre: Browser, ticket: Ticket, database: Database, new_browser: Callable[[], Browser], world: World
) -> None:
    html = await page_of(cadre, ticket)
    leader = new_browser()
    await leader.sign_in("county.leader")
    await act(leader, ticket, "take-over")
    await act(
        leader, ticket, "transfer", target=f"person:{world.accounts['county.cadre'].id}", reason="还是你来"
    )
    values = {
        "version": hidden(html, "version"),
        "seen_event": hidden(html, "seen_event"),
        "text": "我刚写好的话",
    }
    answer = await cadre.submit(f"/console/tickets/{ticket.id}/reply", **values)
    assert answer.status_code == 409
    assert "刚刚有人更新过" in answer.text
    assert "我刚写好的话</textarea>" in answer.text
    alert = answer.text[answer.text.index('role="alert"') : answer.text.index("您写的内容还在")]
    assert "接手" in alert
    assert "转办" in alert
    assert "还是你来" in alert
    again = {**values, "version": hidden(answer.text, "version")}
    assert (await cadre.submit(f"/console/tickets/{ticket.id}/reply", **again)).status_code == 303


async def test_two_cadres_do_not_answer_the_same_person(
    cadre: Browser, ticket: Ticket, database: Database, new_browser: Callable[[], Browser]
) -> None:
    leader = new_browser()
    await leader.sign_in("county.leader")
    answer = await act(leader, ticket, "reply", text="我来回")
    assert answer.status_code == 409
    assert "先点“接手”" in answer.text
    assert "我来回</textarea>" in answer.text
    assert await messages_out(database, ticket) == []


async def test_reveal_needs_a_reason_and_is_audited(
    cadre: Browser, ticket: Ticket, database: Database
) -> None:
    refused = await act(cadre, ticket, "reveal", field="phone", reason=" ")
    assert refused.status_code == 422
    assert PHONE not in refused.text
    shown = await act(cadre, ticket, "reveal", field="phone", reason="打电话核实")
    assert shown.status_code == 200
    assert PHONE in shown.text
    assert shown.headers["cache-control"] == "no-store"
    async with database.read() as session:
        entry = (
            await session.scalars(select(AuditEntry).where(AuditEntry.tag == "console:ticket:reveal"))
        ).one()
    assert entry.detail == {"field": "phone", "reason": "打电话核实"}
    assert PHONE not in await page_of(cadre, ticket)


async def test_leader_extends_once_and_the_cadre_may_not(
    cadre: Browser, ticket: Ticket, database: Database, new_browser: Callable[[], Browser]
) -> None:
    leader = new_browser()
    await leader.sign_in("county.leader")
    assert (await act(cadre, ticket, "extend", days=5, reason="要等回函")).status_code == 403
    assert (await act(leader, ticket, "extend", days=99, reason="要等回函")).status_code == 422
    assert (await act(leader, ticket, "extend", days=5, reason="要等回函")).status_code == 303
    assert (await stored(database, ticket)).close_due > ticket.close_due
    assert (await act(leader, ticket, "extend", days=5, reason="再等等")).status_code == 409


async def test_union_of_the_employer_does_not_learn_who_complained(
    world: World, browser: Browser, database: Database, now, password_hash: str
) -> None:
    ticket = await make_ticket(database, now, facts={"share_with_employer_union": True})
    async with database.write() as session:
        county = await session.get(Organization, world.units["county"].id)
        unit = await create_organization(
            session, code="firm", name="恒泰工会", level="enterprise", region="", parent=county
        )
        session.add(
            Account(
                username="firm.cadre",
                display_name="企业",
                password_hash=password_hash,
                role="cadre",
                organization=unit,
                active=True,
                created_at=now,
            )
        )
        found = await session.get(Ticket, ticket.id)
        found.organization_id, found.facts = unit.id, {}
    await browser.sign_in("firm.cadre")
    html = await page_of(browser, ticket)
    assert NAME not in html
    assert "138****3456" not in html
    assert "更早的对话" not in html
    assert (await act(browser, ticket, "reveal", field="phone", reason="想知道")).status_code == 404


async def test_files_are_given_only_to_those_who_see_the_ticket(
    cadre: Browser, ticket: Ticket, database: Database, deps, now, new_browser: Callable[[], Browser]
) -> None:
    from bot.files import AcceptedFile

    accepted = AcceptedFile(b"%PDF-1.4", b"small", "证据<1>.pdf", "application/pdf", "a" * 64)
    deps.files.put(accepted)
    async with database.write() as session:
        session.add(Attachment(
            token="token-1", conversation_id=ticket.conversation_id, ticket_id=ticket.id, sha256="a" * 64,
            filename="证据<1>.pdf", content_type="application/pdf", size=8, created_at=now,
        ))  # fmt: skip
    answer = await cadre.get("/console/files/token-1")
    assert answer.content == b"%PDF-1.4"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert (await cadre.get("/console/files/token-1/thumbnail")).content == b"small"
    assert (await cadre.get("/console/files/nothing")).status_code == 404
    assert "证据&lt;1&gt;.pdf" in await page_of(cadre, ticket)
    stranger = new_browser()
    await stranger.sign_in("beside.cadre")
    assert (await stranger.get("/console/files/token-1")).status_code == 404


async def test_stream_brings_what_the_worker_writes(
    cadre: Browser, ticket: Ticket, database: Database, deps, now, routes
) -> None:
    """The source behind the stream: httpx's ASGI transport gives an answer only when it has ended."""
    from starlette.requests import Request

    from console.pages.ticket import TicketNews
    from console.sessions import Signed

    html = await page_of(cadre, ticket)
    after = re.search(r"events\?after=([\d.]+)", html)[1]
    scope = {"type": "http", "headers": [], "query_string": f"after={after}".encode()}
    async with database.read() as session:
        account = (await session.scalars(select(Account).where(Account.username == "county.cadre"))).one()
    news = TicketNews(deps, Signed(account, "", ""), Request(scope), ticket)
    async with database.read() as session:
        assert await news.read(session) is None
    async with database.write() as session:
        row = Message(
            conversation_id=ticket.conversation_id,
            direction="in",
            author="worker",
            text="电话13887123456 <i>",
            created_at=now + timedelta(minutes=1),
        )
        session.add(row)
        await session.flush()
        await service.add_from_worker(session, ticket.id, row.id, now + timedelta(minutes=1))
    async with database.read() as session:
        event_id, data = await news.read(session)
        assert await news.read(session) is None
    assert len(data["messages"]) == 1
    assert "138****3456 &lt;i&gt;" in data["messages"][0]
    assert data["by_others"] is False
    assert event_id == f"{row.id}.{data['last_event']}"


@pytest.mark.parametrize("hidden_by", [{"scan": "blocked"}, {"scan": "waiting"}, {"paper": "_export"}])
async def test_blocked_files_and_a_workers_own_copy_are_for_no_cadre(
    cadre: Browser, ticket: Ticket, database: Database, deps, now, hidden_by: dict[str, str]
) -> None:
    from bot.files import AcceptedFile

    deps.files.put(AcceptedFile(b"%PDF-1.4", b"small", "x.pdf", "application/pdf", "b" * 64))
    async with database.write() as session:
        session.add(Attachment(
            token="token-2", conversation_id=ticket.conversation_id, ticket_id=ticket.id, sha256="b" * 64,
            filename="证物甲.pdf", content_type="application/pdf", size=8, created_at=now, **hidden_by,
        ))  # fmt: skip
    for address in ("/console/files/token-2", "/console/files/token-2/thumbnail"):
        assert (await cadre.get(address)).status_code == 404
    assert "证物甲" not in await page_of(cadre, ticket)
