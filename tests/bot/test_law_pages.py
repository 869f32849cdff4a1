"""The page of one article: what it said on which day, and what is not known."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from bot import serving
from bot.channels.law_pages import LawDeps, build_router, texts
from bot.channels.webchat_messages import split_links
from knowledge import laws
from knowledge.content import load_statutes
from storage.database import Database
from tests.beside import LAW_TEXTS
from tests.bot.test_webchat_page import EVIL, Tags
from tests.bot.webchat_standin import Site, page_session
from tests.knowledge.law_kit import NEW, OLD, write_laws

TODAY = datetime(2026, 11, 22, 4, tzinfo=UTC)
AFTER = datetime(2027, 6, 1, 4, tzinfo=UTC)
PAY = "及时足额支付"
BASIS = "依据：《劳动合同法》第三十条、第三十一条之一（2013-07-01起施行）。以主管部门解释为准。"


def browser(database: Database, now: datetime = TODAY) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(build_router(LawDeps(database, load_statutes(), "0871-12351", clock=lambda: now)))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(database) as opened:
        yield opened


async def imported(database: Database, folder: Path, **more: str) -> None:
    async with database.write() as session:
        await laws.import_folder(session, write_laws(folder, **more), load_statutes())


async def test_the_text_in_force_stands_with_its_dates(client, database, tmp_path):
    await imported(database, tmp_path, 劳动合同法=OLD)
    page = await client.get("/laws/劳动合同法/30")
    assert page.status_code == 200
    for shown in (
        "《劳动合同法》第三十条", "中华人民共和国劳动合同法", PAY, "2013-07-01起施行", "2012-12-28公布", "以主管部门解释为准",
    ):  # fmt: skip
        assert shown in page.text
    assert "以前的文本" not in page.text
    tags = Tags(page.text)
    assert "tel:087112351" in [link["href"] for link in tags.named("a")]
    assert not tags.named("script")
    assert "unsafe" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("law", ["劳动合同法", "中华人民共和国劳动合同法"])
@pytest.mark.parametrize("article", ["31-1", "第三十一条之一"])
async def test_an_inserted_article_is_found_however_it_is_written(client, database, tmp_path, law, article):
    await imported(database, tmp_path, 劳动合同法=OLD)
    assert "安排夜班的" in (await client.get(f"/laws/{law}/{article}")).text


async def test_of_two_versions_the_one_of_the_day_is_shown_and_the_other_listed(database, tmp_path):
    await imported(database, tmp_path / "a", 劳动合同法=OLD)
    await imported(database, tmp_path / "b", 劳动合同法=NEW.partition("第三十一条之一")[0])
    async with browser(database) as today, browser(database, AFTER) as later:
        now = (await today.get("/laws/劳动合同法/30")).text
        then = (await later.get("/laws/劳动合同法/30")).text
        same = (await later.get("/laws/劳动合同法/31")).text
        gone = (await later.get("/laws/劳动合同法/31-1")).text
    card = now.partition('<article class="card article"')[2].partition("</article>")[0]
    assert PAY in card
    assert "还没有施行的新文本：2027-03-01公布" in now
    card = then.partition('<article class="card article"')[2].partition("</article>")[0]
    assert "每月足额支付" in card
    assert "2012-12-28公布（修订）的文本" in then
    assert PAY in then
    assert "和上面的条文一样" in same
    assert "现行的文本里没有这一条了" in gone
    assert "安排夜班的" in gone


async def test_before_anything_is_imported_it_says_so(client):
    page = await client.get("/laws/劳动合同法/30")
    assert page.status_code == 200
    assert "还没有收进这个系统" in page.text
    assert "中华人民共和国劳动合同法" in page.text
    assert "2013-07-01起施行" in page.text
    code = (await client.get("/laws/民法典/463")).text
    assert "《民法典》第四百六十三条" in code
    assert "总则编" not in code


async def test_a_book_of_the_code_is_found_by_the_article(client, database, tmp_path):
    books = {
        "民法典-总则编": "2021年1月1日施行\n第一条　总则的话。\n",
        "民法典-合同编": "2021年1月1日施行\n第四百六十三条　合同的话。\n",
    }
    await imported(database, tmp_path, **books)
    assert "合同的话" in (await client.get("/laws/民法典/463")).text
    assert "总则的话" in (await client.get("/laws/民法典/1")).text


@pytest.mark.parametrize(
    "address",
    ["刑法/3", "劳动合同法/0", "劳动合同法/x", "劳动合同法/999", "劳动合同法/-1", "%3Cscript%3E/1", "劳动合同法/" + "9" * 4000, "劳动合同法/第千千条千"],
)  # fmt: skip
async def test_what_does_not_exist_is_a_friendly_404(client, database, tmp_path, address):
    await imported(database, tmp_path, 劳动合同法=OLD)
    page = await client.get(f"/laws/{address}")
    assert page.status_code == 404
    assert texts()["missing"]["title"] in page.text
    assert "/#write" in page.text
    assert "<script>" not in page.text


async def test_an_old_text_a_partial_one_and_a_repealed_law_are_said_to_be_so(client, database, tmp_path):
    fund = "2019年3月24日修订\n第一条　公积金的话。\n"
    aid = "2003年9月1日公布\n第一条　援助的话。\n"
    await imported(
        database, tmp_path, **{"住房公积金管理条例": fund, "PARTIAL-最低工资规定": aid, "法律援助条例": aid}
    )
    assert "2026-09-20起施行的新文本还没有收进来" in (await client.get("/laws/住房公积金管理条例/1")).text
    assert "只收了一部分条文" in (await client.get("/laws/最低工资规定/9")).text
    assert "已经失效" in (await client.get("/laws/法律援助条例/1")).text


async def test_nothing_of_a_text_becomes_markup(client, database, tmp_path):
    await imported(database, tmp_path, 劳动合同法=f"2012年12月28日修正\n第三十条　{EVIL}\n")
    page = (await client.get("/laws/劳动合同法/30")).text
    assert not Tags(page).named("script")
    assert "&lt;script&gt;" in page


async def test_replies_link_articles_with_and_without_javascript(site: Site):
    async with site.browser() as client:
        session = page_session((await client.get("/")).text)
        answer = await client.post(
            "/api/chat/messages", json={"session": session, "id": "1", "text": f"{BASIS}《刑法》第三条"}
        )
        parts = answer.json()["replies"][0]["parts"]
        tags = Tags((await client.get("/")).text)
    assert [part[1:] for part in parts if part[0] == "law"] == [
        ["《劳动合同法》第三十条", "/laws/%E5%8A%B3%E5%8A%A8%E5%90%88%E5%90%8C%E6%B3%95/30"],
        ["第三十一条之一", "/laws/%E5%8A%B3%E5%8A%A8%E5%90%88%E5%90%8C%E6%B3%95/31-1"],
    ]
    linked = [link for link in tags.named("a") if link["href"].startswith("/laws/")]
    assert all((link["target"], link["rel"]) == ("_blank", "noopener") for link in linked)
    assert {link["href"] for link in linked} == {part[2] for part in parts if part[0] == "law"}


def test_a_text_cut_at_its_links_loses_nothing():
    text = f"打12351问。{BASIS}再看 https://example.com/a"
    assert "".join(part[1] for part in split_links(text)) == text


async def test_the_served_site_has_the_page(application):
    web = serving.create_web(application)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://test") as client:
        assert (await client.get("/laws/劳动合同法/30")).status_code == 200


@pytest.mark.shared
async def test_every_shipped_citation_leads_to_a_page(client, database):
    async with database.write() as session:
        await laws.import_folder(session, LAW_TEXTS, load_statutes())
    page = (await client.get("/laws/劳动合同法/30")).text
    assert "用人单位应当按照劳动合同约定和国家规定" in page
    assert "2012-12-28公布" in page
