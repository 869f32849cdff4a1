"""Postings in the console: upload with a preview, the list, taking down, export."""

import csv
import io

import httpx
from sqlalchemy import event, func, select

from storage.database import Database
from storage.models import AuditEntry
from storage.service_models import JobPosting
from tests.console.conftest import HOST, Browser, World, hidden
from tests.tickets.job_kit import posting, publish, sheet
from tickets.jobs import tables
from tickets.jobs.import_sheet import check


async def upload(browser: Browser, data: bytes, name: str = "岗位.csv", **fields: str) -> httpx.Response:
    return await browser.post(
        "/console/jobs/upload",
        data={"csrf": browser.csrf, **fields},
        files={"list": (name, data)},
        headers={"Origin": HOST},
    )


async def references(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(select(JobPosting.reference).order_by(JobPosting.reference)))


async def test_a_list_is_checked_first_and_taken_then(browser: Browser, world: World, database: Database):
    await browser.sign_in("county.cadre")
    page = await upload(browser, sheet({}, {"地区": "火星"}, {}, kind="xlsx"), "岗位.xlsx")
    assert page.status_code == 200
    for part in ("还没有保存", "共3行", "可以导入2行", "新增2", "第3行", "地区", "没有对上"):
        assert part in page.text
    assert await references(database) == []
    done = await browser.submit("/console/jobs/import", packed=hidden(page.text, "packed"))
    assert "已导入2行" in done.text
    assert "第3行" in done.text
    assert await references(database) == ["A1", "A3"]
    again = await upload(browser, sheet({}))
    assert "更新1" in again.text
    async with database.read() as session:
        assert await session.scalar(select(func.count()).where(AuditEntry.tag == "console:job:import")) == 1


async def test_files_that_cannot_be_read_are_explained(browser: Browser, world: World, database: Database):
    await browser.sign_in("county.cadre")
    for data in (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", "姓名\n张三".encode()):
        answer = await upload(browser, data)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
    assert (await browser.submit("/console/jobs/import", packed="@@@")).status_code == 422
    assert (await browser.submit("/console/jobs/import")).status_code == 422


async def test_the_size_of_an_upload_is_limited_on_both_sides(browser: Browser, world: World):
    await browser.sign_in("county.cadre")
    row = sheet({})
    full = row + b"x" * (tables.MAX_BYTES - len(row))
    assert "文件太大" not in (await upload(browser, full)).text
    over = await upload(browser, full + b"x")
    assert (over.status_code, "文件太大" in over.text) == (422, True)
    assert (await upload(browser, b"x" * 5_200_000)).status_code == 413


async def test_a_large_list_survives_the_preview(browser: Browser, world: World, database: Database):
    await browser.sign_in("county.cadre")
    page = await upload(browser, sheet(*[{}] * 2_000))
    done = await browser.post(
        "/console/jobs/import", data={"csrf": browser.csrf, "packed": hidden(page.text, "packed")}, headers={"Origin": HOST},
        files={"none": b""},
    )  # fmt: skip
    assert "已导入2000行" in done.text
    assert len(await references(database)) == 2_000


async def test_uploads_need_the_token_and_the_role(browser: Browser, world: World, database: Database):
    answer = await upload(browser, sheet({}))
    assert answer.status_code in {303, 401, 413}
    await browser.sign_in("county.cadre")
    browser.csrf += "x"
    assert (await upload(browser, sheet({}))).status_code == 403
    await browser.sign_in("county.administrator")
    assert (await upload(browser, sheet({}))).status_code == 403
    assert await references(database) == []


async def test_the_list_is_cut_and_sorted_in_the_database(
    browser: Browser, world: World, database: Database, now
):
    many = [
        posting(f"A{number:03}", title=f"岗位{number:03}", wage_from=3000 + number) for number in range(120)
    ]
    await publish(database, world.accounts["county.cadre"], now, *many)
    await browser.sign_in("county.cadre")
    asked: list[str] = []
    engine = database.engine.sync_engine

    def note(_connection, _cursor, statement, *_) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    first = (await browser.get("/console/jobs?sort=wage")).text
    event.remove(engine, "before_cursor_execute", note)
    assert len([one for one in asked if "job_postings" in one]) == 2
    assert "岗位（120）" in first
    assert "岗位119" in first
    assert "岗位069" not in first
    assert "岗位069" in (await browser.get("/console/jobs?sort=wage&page=2")).text
    assert "岗位（1）" in (await browser.get("/console/jobs?q=岗位007")).text
    assert (await browser.get("/console/jobs?sort=x&state=y&trade=z&page=-1&q=%00%25")).status_code == 200


async def test_each_unit_sees_its_own_and_those_below(
    browser: Browser, world: World, database: Database, now
):
    await publish(database, world.accounts["county.cadre"], now, posting("A1", title="官渡的岗位"))
    for name, seen in (
        ("city.leader", True),
        ("county.cadre", True),
        ("beside.cadre", False),
        ("township.cadre", False),
    ):
        await browser.sign_in(name)
        assert ("官渡的岗位" in (await browser.get("/console/jobs")).text) == seen


async def test_a_posting_is_taken_down_and_put_up_again(
    browser: Browser, world: World, database: Database, now
):
    await publish(database, world.accounts["county.cadre"], now, posting("A1", title="官渡的岗位"))
    await browser.sign_in("county.cadre")
    async with database.read() as session:
        number = await session.scalar(select(JobPosting.id))
    answer = await browser.submit(f"/console/jobs/{number}/active", active=0)
    assert answer.status_code == 303
    assert "官渡的岗位" not in (await browser.get("/console/jobs")).text
    shown = (await browser.get(answer.headers["location"])).text
    assert "岗位已下架" in shown
    assert "官渡的岗位" in shown
    await browser.submit(f"/console/jobs/{number}/active", active=1)
    assert "官渡的岗位" in (await browser.get("/console/jobs")).text


async def test_an_export_holds_no_formula_and_is_audited(
    browser: Browser, world: World, database: Database, now
):
    await publish(
        database,
        world.accounts["county.cadre"],
        now,
        posting("A1", title='=HYPERLINK("x")', details="@SUM(1)"),
    )
    await browser.sign_in("county.leader")
    text = await browser.get("/console/jobs/export?kind=csv")
    assert "attachment" in text.headers["content-disposition"]
    cells = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))[1]
    assert '\'=HYPERLINK("x")' in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    book = await browser.get("/console/jobs/export?kind=xlsx")
    assert check(book.content).postings[0].title == '=HYPERLINK("x")'
    async with database.read() as session:
        assert await session.scalar(select(func.count()).where(AuditEntry.tag == "console:job:export")) == 2
