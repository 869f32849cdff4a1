"""What an administrator does: answers, test box, misses, accounts, audit."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from knowledge.search import KnowledgeBase
from storage.database import Database
from storage.models import Account, AuditEntry, FaqEntry, Miss
from tests.console.conftest import Browser, World, hidden

ENTRY = {
    "id": "wage_arrears.late_pay",
    "intent": "wage_arrears",
    "question": "工资晚几天发能投诉吗",
    "answer": "可以。约定的发薪日没发,就是拖欠。",
    "phrasings": "老板发工资总是拖\n工资拖了一个星期",
    "citations": "《劳动合同法》第三十条\n劳动法 50",
}


@pytest.fixture
async def admin(world: World, browser: Browser) -> Browser:
    await browser.sign_in("county.administrator")
    return browser


async def save(browser: Browser, **changes: object):
    html = (await browser.get(f"/console/faq/{ENTRY['id']}")).text
    fields = {**ENTRY, "version": hidden(html, "version"), **changes}
    return await browser.submit(f"/console/faq/{ENTRY['id']}", **fields)


async def entry(database: Database) -> FaqEntry:
    async with database.read() as session:
        return (await session.scalars(select(FaqEntry).where(FaqEntry.id == ENTRY["id"]))).one()


async def test_draft_is_saved_published_and_found(admin: Browser, database: Database, deps) -> None:
    answer = await admin.submit("/console/faq/new", **ENTRY)
    assert answer.headers["location"] == f"/console/faq/{ENTRY['id']}?done=saved"
    found = await entry(database)
    assert found.status == "draft"
    assert found.citations == [{"law": "劳动合同法", "article": 30}, {"law": "劳动法", "article": 50}]
    assert (await save(admin, then="publish")).status_code == 303
    assert (await entry(database)).status == "published"
    shown = (await admin.submit("/console/test-box", question="工资拖了一个星期")).text
    assert "结果：直接回答" in shown
    assert "词语（bm25）" in shown
    assert "拖欠工资" in shown
    assert "90%" in shown
    assert ENTRY["answer"] in shown


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"citations": "不存在的法 第三条"}, "法规库里没有“不存在的法”"),
        ({"phrasings": " \n "}, "请至少写一种"),
        ({"answer": "长" * 1001}, "答案：太长"),
        ({"question": ""}, "问题："),
        ({"intent": "nonsense"}, "分类“nonsense”不存在"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "失效日期不能早于生效日期"),
        ({"citations": "劳动法 第某条"}, "法律依据："),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    admin: Browser, database: Database, changes: dict[str, str], message: str
) -> None:
    answer = await admin.submit("/console/faq/new", **{**ENTRY, **changes, "more": "我写的<更多>"})
    assert answer.status_code == 422
    assert message in answer.text
    assert "我写的&lt;更多&gt;</textarea>" in answer.text
    async with database.read() as session:
        assert (await session.scalars(select(FaqEntry))).all() == []


async def test_rights_answer_without_a_law_stays_a_draft(admin: Browser, database: Database) -> None:
    await admin.submit("/console/faq/new", **{**ENTRY, "citations": ""})
    answer = await save(admin, citations="", then="publish")
    assert answer.status_code == 422
    assert "必须写明法律依据" in answer.text
    assert (await entry(database)).status == "draft"


async def test_second_editor_is_told_and_keeps_the_text(
    admin: Browser, database: Database, new_browser: Callable[[], Browser]
) -> None:
    await admin.submit("/console/faq/new", **ENTRY)
    html = (await admin.get(f"/console/faq/{ENTRY['id']}")).text
    other = new_browser()
    await other.sign_in("city.administrator")
    await save(other, answer="别人的答案写好了")
    fields = {**ENTRY, "version": hidden(html, "version"), "answer": "我的答案写了很久"}
    answer = await admin.submit(f"/console/faq/{ENTRY['id']}", **fields)
    assert answer.status_code == 409
    assert "刚刚被别人改过" in answer.text
    assert "我的答案写了很久</textarea>" in answer.text


async def test_versions_show_what_changed_and_can_be_restored(admin: Browser, database: Database) -> None:
    await admin.submit("/console/faq/new", **ENTRY)
    await save(admin, answer="可以。约定的发薪日没发,就算拖欠。")
    html = (await admin.get(f"/console/faq/{ENTRY['id']}/versions?show=2")).text
    assert '<del class="removed">是</del><ins class="added">算</ins>' in html
    old = (await admin.get(f"/console/faq/{ENTRY['id']}/versions?show=1")).text
    answer = await admin.submit(
        f"/console/faq/{ENTRY['id']}/restore", version=hidden(old, "version"), old=hidden(old, "old")
    )
    assert answer.headers["location"].endswith("done=restored")
    found = await entry(database)
    assert (found.version, found.answer) == (3, ENTRY["answer"])


async def test_archived_answer_is_no_longer_found(admin: Browser, deps) -> None:
    await admin.submit("/console/faq/new", **ENTRY)
    await save(admin, then="publish")
    knowledge: KnowledgeBase = deps.knowledge
    assert knowledge.get(ENTRY["id"]) is not None
    html = (await admin.get(f"/console/faq/{ENTRY['id']}")).text
    await admin.submit(f"/console/faq/{ENTRY['id']}/archive", version=hidden(html, "version"))
    assert knowledge.get(ENTRY["id"]) is None


async def test_list_is_searched_by_words_intent_and_state(admin: Browser) -> None:
    await admin.submit("/console/faq/new", **ENTRY)
    for query, found in (
        ("q=晚几天", True),
        ("q=没有这个", False),
        ("intent=leave", False),
        ("status=draft", True),
        ("status=published&page=x", False),
    ):
        assert (ENTRY["question"] in (await admin.get(f"/console/faq?{query}")).text) == found, query


async def test_miss_is_shown_masked_becomes_an_answer_and_is_marked_done(
    admin: Browser, database: Database, now
) -> None:
    async with database.write() as session:
        miss = Miss(
            text="我的电话13887123456,食堂太咸 <i>",
            reason="no_answer",
            intent="suggestion",
            state="new",
            created_at=now,
        )
        session.add(miss)
    html = (await admin.get("/console/misses")).text
    assert "138****3456,食堂太咸 &lt;i&gt;" in html
    assert "意见建议" in html
    assert "食堂太咸" in (await admin.get(f"/console/faq/new?miss={miss.id}")).text
    await admin.submit(f"/console/misses/{miss.id}/done")
    assert "食堂太咸" not in (await admin.get("/console/misses")).text
    assert "食堂太咸" in (await admin.get("/console/misses?state=done")).text


async def test_new_account_gets_a_password_once_that_works(
    admin: Browser, world: World, new_browser: Callable[[], Browser]
) -> None:
    fields = {
        "username": "Li.Ming",
        "display_name": "李明",
        "role": "cadre",
        "unit": world.units["township"].id,
    }
    page = await admin.submit("/console/accounts/new", **fields)
    password = re.search(r'class="once mono">([^<]+)<', page.text)[1]
    assert page.headers["cache-control"] == "no-store"
    assert (await new_browser().sign_in("li.ming", password)).status_code == 303
    assert "li.ming" in (await admin.get("/console/accounts?q=官渡街道")).text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"username": "county.cadre"}, "用户名已经有人用了"),
        ({"username": "李明"}, "以字母开头"),
        ({"role": "king"}, "请选择角色"),
        ({"unit": "beside"}, "请选择单位"),
        ({"unit": "city"}, "请选择单位"),
    ],
)
async def test_unusable_new_account_is_explained(
    admin: Browser, world: World, changes: dict[str, str], message: str
) -> None:
    fields = {"username": "li.ming", "display_name": "李明", "role": "cadre", "unit": "county", **changes}
    fields["unit"] = world.units[fields["unit"]].id
    answer = await admin.submit("/console/accounts/new", **fields)
    assert answer.status_code in {409, 422}
    assert message in answer.text
    assert 'value="李明"' in answer.text


async def test_reset_password_signs_the_person_out(
    admin: Browser, world: World, new_browser: Callable[[], Browser]
) -> None:
    cadre = new_browser()
    await cadre.sign_in("county.cadre")
    page = await admin.submit(f"/console/accounts/{world.accounts['county.cadre'].id}/password")
    password = re.search(r'class="once mono">([^<]+)<', page.text)[1]
    assert (await cadre.get("/console/queue?entered=1")).status_code == 303
    assert (await cadre.sign_in("county.cadre", password)).status_code == 303


async def test_nobody_locks_themselves_out(admin: Browser, world: World) -> None:
    own = world.accounts["county.administrator"].id
    assert (await admin.submit(f"/console/accounts/{own}/active", active=0)).status_code == 422
    assert (await admin.submit(f"/console/accounts/{own}/password")).status_code == 422
    assert (await admin.get("/console/accounts")).status_code == 200


async def test_leave_is_stored_and_ended(admin: Browser, world: World, database: Database) -> None:
    account_id = world.accounts["county.cadre"].id

    async def until() -> date | None:
        async with database.read() as session:
            return (await session.get(Account, account_id)).on_leave_until

    await admin.submit(f"/console/accounts/{account_id}/leave", until="2026-12-01")
    assert await until() == date(2026, 12, 1)
    assert (await admin.submit(f"/console/accounts/{account_id}/leave", until="tomorrow")).status_code == 422
    await admin.submit(f"/console/accounts/{account_id}/leave", until="")
    assert await until() is None


async def test_audit_shows_own_unit_and_below_only(
    admin: Browser, new_browser: Callable[[], Browser], database: Database
) -> None:
    await new_browser().sign_in("beside.cadre")
    await new_browser().sign_in("township.cadre")
    html = (await admin.get("/console/audit?tag=console:session:open")).text
    assert "官渡cadre" in html
    async with database.read() as session:
        assert len((await session.scalars(select(AuditEntry))).all()) == 3
    assert html.count("console:session:open") == 1  # the filter's own option
    assert html.count('data-label="时间"') == 2
