import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from knowledge import faq, laws
from knowledge.cli import app
from knowledge.content import load_statutes
from knowledge.law_changes import changes_since_review
from knowledge.review import law_warnings
from storage.database import Database
from tests.beside import LAW_TEXTS
from tests.knowledge.conftest import LAWS, entry, write_content
from tests.knowledge.law_kit import NEW, OLD, write_laws

PAY = [{"law": "劳动合同法", "article": 30}]
QUOTA = [{"law": "劳动合同法", "article": 31}]


async def prepared(
    database: Database, folder: Path, now: datetime, entries: Sequence[dict[str, object]]
) -> None:
    write_content(folder, entries)
    async with database.write() as session:
        await faq.sync_content(session, folder, now)


async def imported(database: Database, folder: Path, text: str, today: date, **more: str) -> None:
    async with database.write() as session:
        texts = write_laws(folder.parent / f"laws-{today}", 劳动合同法=text, **more)
        await laws.import_folder(session, texts, load_statutes(folder), today=today)


async def found(database: Database, folder: Path) -> list[tuple[str, int, str]]:
    async with database.read() as session:
        changes = await changes_since_review(session, load_statutes(folder))
    return [(change.entry, change.article, change.reason) for change in changes]


async def test_only_an_article_that_reads_otherwise_flags_its_entry(
    database: Database, folder: Path, now: datetime
) -> None:
    before, after = date(2026, 11, 22), date(2027, 3, 2)
    entries = [
        entry("wage_arrears.pay", "工资", "发工资", reviewed=before, citations=PAY),
        entry("wage_arrears.quota", "定额", "劳动定额", reviewed=before, citations=QUOTA),
        entry("wage_arrears.seen", "新的", "新的工资", reviewed=after, citations=PAY),
    ]
    await prepared(database, folder, now, entries)
    await imported(database, folder, OLD, date(2026, 11, 1))
    assert await found(database, folder) == []
    await imported(database, folder, NEW, date(2027, 3, 1))
    assert await found(database, folder) == [("wage_arrears.pay", 30, "changed")]
    async with database.write() as session:  # looked at again: the date alone settles it
        row = await faq.get_entry(session, "wage_arrears.pay")
        row.reviewed = after
    assert await found(database, folder) == []


async def test_a_law_that_is_promulgated_and_not_yet_in_force_can_be_settled_at_once(
    database: Database, folder: Path, now: datetime
) -> None:
    laws_then = [{**LAWS[0], "in_force_since": date(2027, 7, 1)}, *LAWS[1:]]
    entries = [entry("wage_arrears.pay", "工资", "发工资", reviewed=date(2027, 3, 10), citations=PAY)]
    await prepared(database, folder, now, entries)
    write_content(folder, entries, laws_then)
    await imported(database, folder, OLD, date(2026, 11, 1))
    await imported(database, folder, NEW, date(2027, 3, 20))  # came in after the review
    assert await found(database, folder) == [("wage_arrears.pay", 30, "changed")]
    async with database.write() as session:
        (await faq.get_entry(session, "wage_arrears.pay")).reviewed = date(2027, 3, 20)
    assert await found(database, folder) == []


async def test_a_repealed_a_vanished_and_a_shortened_law_flag_their_entries(
    database: Database, folder: Path, now: datetime
) -> None:
    entries = [
        entry("wage_arrears.gone", "没了", "没有了", reviewed=date(2026, 11, 22), citations=QUOTA),
        entry(
            "wage_arrears.labour", "劳动法", "劳动", reviewed=date(2026, 11, 22),
            citations=[{"law": "劳动法", "article": 44}],
        ),
        entry(
            "wage_arrears.code", "民法典", "合同", reviewed=date(2026, 11, 22),
            citations=[{"law": "民法典-合同编", "article": 463}],
        ),
    ]  # fmt: skip
    await prepared(database, folder, now, entries)
    await imported(database, folder, OLD, date(2026, 11, 1))
    await imported(database, folder, NEW.partition("第三十一条")[0], date(2027, 3, 1))
    repealed = [LAWS[0], {**LAWS[1], "status": "失效：已被取代"}]
    write_content(folder, entries, repealed)
    assert await found(database, folder) == [
        ("wage_arrears.code", 463, "unknown_law"),
        ("wage_arrears.gone", 31, "removed"),
        ("wage_arrears.labour", 44, "repealed"),
    ]
    async with database.read() as session:
        statutes = load_statutes(folder)
        lines = law_warnings(await changes_since_review(session, statutes), statutes)
    assert lines[1] == "《劳动合同法》第三十一条在新版本里没有了，请改引现行的条文。"


async def test_a_newer_law_whose_old_text_is_not_held_is_said_too(
    database: Database, folder: Path, now: datetime
) -> None:
    entries = [entry("wage_arrears.pay", "工资", "发工资", reviewed=date(2026, 11, 22), citations=PAY)]
    await prepared(database, folder, now, entries)
    await imported(database, folder, NEW, date(2027, 3, 1))
    assert await found(database, folder) == [("wage_arrears.pay", 30, "revised")]


async def test_an_archived_entry_and_nothing_imported_flag_nothing(
    database: Database, folder: Path, now: datetime
) -> None:
    entries = [entry("wage_arrears.pay", "工资", "发工资", reviewed=date(2026, 11, 22), citations=PAY)]
    await prepared(database, folder, now, entries)
    assert await found(database, folder) == []
    await imported(database, folder, NEW, date(2027, 3, 1))
    async with database.write() as session:
        await faq.archive(session, None, "wage_arrears.pay", 1, now)
    assert await found(database, folder) == []


def test_import_and_check_print_what_to_review(sqlite_url: str, tmp_path: Path) -> None:
    runner = CliRunner()
    for name, text in (("old", OLD), ("new", NEW)):
        laws_folder = write_laws(tmp_path / name, 劳动合同法=text)
        answer = runner.invoke(app, ["laws", "import", str(laws_folder), "--database", sqlite_url])
        assert json.loads(answer.stdout)["review"] == []  # no entry is in this database
    checked = runner.invoke(app, ["laws", "check", "--database", sqlite_url])
    assert json.loads(checked.stdout)["review"] == []


@pytest.mark.shared
async def test_shipped_entries_were_reviewed_by_the_laws_that_are_held(
    database: Database, now: datetime
) -> None:
    async with database.write() as session:
        await faq.sync_content(session, None, now)
        await laws.import_folder(session, LAW_TEXTS, load_statutes(), today=date(2026, 11, 22))
        assert await changes_since_review(session, load_statutes()) == ()
