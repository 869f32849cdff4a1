"""Notices in the console: the list, drafting, publishing, withdrawing, two people at once."""

import pytest
from sqlalchemy import event, select

from storage.database import Database
from storage.service_models import Notice
from tests.console.conftest import Browser, World, hidden

TEXT = "上半年会费收支。\n<b>明细</b>在公示栏。"


async def drafted(browser: Browser, title: str = "会费收支公布", text: str = TEXT) -> str:
    answer = await browser.submit("/console/notices/new", title=title, text=text)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


async def version(browser: Browser, address: str) -> str:
    return hidden((await browser.get(address)).text, "version")


async def test_from_draft_to_withdrawn(browser: Browser, world: World):
    await browser.sign_in("county.cadre")
    address = await drafted(browser)
    page = (await browser.get(f"{address}?done=notice_saved")).text
    for part in ("会费收支公布", "草稿", "&lt;b&gt;明细", "职工还看不到"):
        assert part in page
    assert "保存并发布" not in page
    await browser.sign_in("county.leader")
    done = await browser.submit(f"{address}/publish", version=await version(browser, address))
    assert done.status_code == 303
    shown = (await browser.get(done.headers["location"])).text
    assert "已发布" in shown
    assert "<textarea" not in shown  # what is published is withdrawn first
    done = await browser.submit(f"{address}/withdraw", version=await version(browser, address))
    assert "已撤回" in (await browser.get(done.headers["location"])).text
    saved = await browser.submit(
        address, version=await version(browser, address), title="改好的", text="改好了。", then="publish"
    )
    shown = (await browser.get(saved.headers["location"])).text
    assert "改好的" in shown
    assert "职工马上能看到" in shown


async def test_an_administrator_publishes_too(browser: Browser, world: World):
    await browser.sign_in("county.administrator")
    address = await drafted(browser)
    assert (await browser.submit(f"{address}/publish", version=1)).status_code == 303


async def test_a_cadre_cannot_publish_not_even_with_the_form_of_a_leader(
    browser: Browser, world: World, database: Database
):
    await browser.sign_in("county.cadre")
    address = await drafted(browser)
    assert (await browser.submit(f"{address}/publish", version=1)).status_code == 403
    answer = await browser.submit(address, version=1, title="x", text="y", then="publish")
    assert answer.status_code == 404
    async with database.read() as session:
        (row,) = (await session.scalars(select(Notice))).all()
    assert (row.status, row.title) == ("draft", "会费收支公布")  # neither half of it was done


async def test_who_comes_second_is_told_and_loses_no_word(browser: Browser, world: World):
    await browser.sign_in("county.cadre")
    address = await drafted(browser)
    assert (await browser.submit(address, version=1, title="先改的", text="甲")).status_code == 303
    late = await browser.submit(address, version=1, title="后改的", text="乙的长长的话")
    assert late.status_code == 409
    for part in ('role="alert"', "刚刚有人更新过", "后改的", "乙的长长的话"):
        assert part in late.text
    assert hidden(late.text, "version") == "2"
    assert "先改的" in (await browser.get(address)).text


@pytest.mark.parametrize(
    ("title", "text", "told"),
    [
        ("", "正文", "请写上内容"),
        ("标题", "", "请写上内容"),
        ("题" * 61, "正文", "最多60个字"),
        ("标题", "530102199003078515", "身份证号或银行卡号"),
    ],
)
async def test_what_cannot_be_saved_is_explained_with_the_words_kept(
    browser: Browser, world: World, title: str, text: str, told: str
):
    await browser.sign_in("county.cadre")
    answer = await browser.submit("/console/notices/new", title=title, text=text)
    assert answer.status_code == 422
    assert told in answer.text
    assert (title or text) in answer.text


async def test_each_unit_sees_its_own_and_those_below_and_changes_its_own(browser: Browser, world: World):
    await browser.sign_in("county.leader")
    address = await drafted(browser, "官渡的通知")
    for name, seen in (
        ("city.leader", True),
        ("county.cadre", True),
        ("beside.leader", False),
        ("township.leader", False),
    ):
        await browser.sign_in(name)
        assert ("官渡的通知" in (await browser.get("/console/notices")).text) == seen
        assert (await browser.get(address)).status_code == (200 if seen else 404)
        if name != "county.cadre":
            assert (await browser.submit(f"{address}/publish", version=1)).status_code == 404
            assert (await browser.submit(address, version=1, title="x", text="y")).status_code == 404


async def test_a_unit_above_withdraws_what_is_wrong(browser: Browser, world: World):
    await browser.sign_in("county.leader")
    address = await drafted(browser)
    await browser.submit(f"{address}/publish", version=1)
    await browser.sign_in("city.leader")
    page = (await browser.get(address)).text
    assert "撤回" in page
    assert "发布已保存" not in page
    assert (await browser.submit(f"{address}/withdraw", version=2)).status_code == 303


async def test_the_list_is_cut_and_found_in_the_database(
    browser: Browser, world: World, database: Database, now
):
    async with database.write() as session:
        session.add_all(
            Notice(
                organization_id=world.units["county"].id, title=f"通知{number:03}", text="正文", pushed=False,
                status="published" if number % 2 else "draft", version=1, created_at=now, updated_at=now,
            )
            for number in range(120)
        )  # fmt: skip
    await browser.sign_in("county.cadre")
    asked: list[str] = []
    engine = database.engine.sync_engine

    def note(_connection, _cursor, statement, *_) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    first = (await browser.get("/console/notices")).text
    event.remove(engine, "before_cursor_execute", note)
    assert len([one for one in asked if "FROM notices" in one]) == 2
    assert "通知（120）" in first
    assert "通知119" in first
    assert "通知069" not in first
    assert "通知069" in (await browser.get("/console/notices?page=2")).text
    assert "通知（1）" in (await browser.get("/console/notices?q=通知007")).text
    assert "通知（60）" in (await browser.get("/console/notices?state=published")).text
    assert (await browser.get("/console/notices?state=x&page=-1&q=%00%25")).status_code == 200
