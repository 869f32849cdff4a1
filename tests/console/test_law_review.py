"""Entries whose law changed: a badge, a filter, what changed, and how it is settled."""

from datetime import date
from pathlib import Path

import pytest

from knowledge import laws
from knowledge.content import load_statutes
from storage.database import Database
from tests.console.conftest import Browser, World
from tests.console.test_administration import ENTRY, save
from tests.knowledge.law_kit import NEW, OLD, write_laws

BADGE = "法条有变化，请复核"
OTHER = {**ENTRY, "id": "wage_arrears.other", "question": "别的问题", "citations": "劳动法 50"}


@pytest.fixture
async def admin(world: World, browser: Browser) -> Browser:
    await browser.sign_in("county.administrator")
    return browser


async def imported(database: Database, folder: Path, text: str) -> None:
    async with database.write() as session:
        await laws.import_folder(
            session, write_laws(folder, 劳动合同法=text), load_statutes(), today=date(2027, 3, 2)
        )


async def test_badge_filter_and_settling(admin: Browser, database: Database, tmp_path: Path) -> None:
    for fields in (ENTRY, OTHER):
        await admin.submit("/console/faq/new", **fields, reviewed="2026-11-22")
    await imported(database, tmp_path / "old", OLD)
    assert f'tag-urgent">{BADGE}' not in (await admin.get("/console/faq")).text
    await imported(database, tmp_path / "new", NEW)

    listed = (await admin.get("/console/faq")).text
    assert listed.count(f'tag-urgent">{BADGE}') == 1
    assert f"{BADGE}（1）" in listed
    filtered = (await admin.get("/console/faq?review=1")).text
    assert ENTRY["question"] in filtered
    assert OTHER["question"] not in filtered
    assert (
        "《劳动合同法》第三十条的条文在核对之后有变化"
        in (await admin.get(f"/console/faq/{ENTRY['id']}")).text
    )

    await save(admin, reviewed="2027-03-02", then="publish")
    assert f'tag-urgent">{BADGE}' not in (await admin.get("/console/faq")).text
    assert ENTRY["question"] not in (await admin.get("/console/faq?review=1")).text


async def test_the_filter_is_paged(
    admin: Browser, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.pages.faq.PAGE_ROWS", 1)
    for number in range(2):
        fields = {**ENTRY, "id": f"wage_arrears.n{number}", "question": f"第{number}个问题"}
        await admin.submit("/console/faq/new", **fields, reviewed="2026-11-22")
    await imported(database, tmp_path / "new", NEW)
    page = (await admin.get("/console/faq?review=1")).text
    assert "第0个问题" in page
    assert "第1个问题" not in page
    assert "review=1&amp;page=2" in page
    assert "第1个问题" in (await admin.get("/console/faq?review=1&page=2")).text
