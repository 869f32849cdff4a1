from datetime import datetime
from pathlib import Path

import pytest

from knowledge import faq, laws
from knowledge.content import load_statutes
from knowledge.statutes import article_code
from storage.database import Database

LABOUR_CONTRACT = """<!-- source: a collection (2026-07-17) -->

# 中华人民共和国劳动合同法

2007年6月29日通过

根据2012年12月28日《关于修改的决定》修正

## 第一章　总则

**第一条**　为了完善制度，制定本法。

**第二条**　适用本法。

第二款在这里，依照第一条办理。

## 第二章　订立

第三条 订立劳动合同，应当遵循下列原则：
（一）合法；
（二）公平。

第三条之一　新加的一条。
第三十条　按时足额支付。
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "劳动合同法.md").write_text(LABOUR_CONTRACT, encoding="utf-8")
    (folder / "PARTIAL-最低工资规定.md").write_text(
        "自2004年3月1日起施行。\n\n第一条 为了维护。\n", encoding="utf-8"
    )
    (folder / "INDEX.md").write_text("第一条 这不是法规。", encoding="utf-8")
    (folder / "通知.txt").write_text("没有条文的通知。", encoding="utf-8")
    return folder


def test_articles_keep_their_paragraphs_and_lose_the_headings() -> None:
    articles = laws.split_articles(LABOUR_CONTRACT)
    assert list(articles) == [1, 2, 3, article_code(3, 1), 30]
    assert articles[2] == "适用本法。\n第二款在这里，依照第一条办理。"
    assert articles[3].endswith("（二）公平。")
    assert articles[article_code(3, 1)] == "新加的一条。"


def test_the_version_is_the_latest_date_of_the_text_not_of_the_collection() -> None:
    assert laws.version_of(LABOUR_CONTRACT) == "2012-12-28"


def test_the_date_in_the_name_of_the_source_file_counts() -> None:
    assert (
        laws.version_of("<!-- source: x/条例(2010-12-20).md -->\n2003年4月27日公布\n第一条 一。")
        == "2010-12-20"
    )
    assert laws.version_of("第一条 一。") == laws.UNDATED


async def test_importing_twice_changes_nothing(database: Database, library: Path) -> None:
    async with database.write() as session:
        first = await laws.import_folder(session, library)
    async with database.write() as session:
        second = await laws.import_folder(session, library)
    assert (first.laws, first.articles, first.added, first.without_articles) == (2, 6, 6, ("通知",))
    assert (second.added, second.changed, second.removed, second.unchanged) == (0, 0, 0, 6)


async def test_a_corrected_file_is_taken_over(database: Database, library: Path) -> None:
    async with database.write() as session:
        await laws.import_folder(session, library)
    changed = LABOUR_CONTRACT.replace("按时足额支付", "及时足额支付").replace(
        "第三条之一　新加的一条。\n", ""
    )
    (library / "劳动合同法.md").write_text(changed, encoding="utf-8")
    async with database.write() as session:
        report = await laws.import_folder(session, library)
        assert (report.changed, report.removed) == (1, 1)
        assert await laws.article_text(session, "劳动合同法", 30) == "及时足额支付。"


async def test_citations_are_checked_against_what_is_imported(
    database: Database, library: Path, folder: Path, now: datetime
) -> None:
    statutes = load_statutes(folder)
    async with database.write() as session:
        await faq.sync_content(session, folder, now)
        nothing = await laws.check_citations(session, statutes)
        await laws.import_folder(session, library, statutes)
        good = await laws.check_citations(session, statutes)
        (library / "劳动合同法.md").write_text(
            LABOUR_CONTRACT.replace("第三十条　按时足额支付。\n", ""), encoding="utf-8"
        )
        await laws.import_folder(session, library, statutes)
        bad = await laws.check_citations(session, statutes)
    assert (nothing.checked, nothing.not_checkable) == (0, {"劳动合同法": 7})
    assert (good.checked, good.missing) == (7, ())
    assert bad.missing[0] == "female_worker.dismissed: 《劳动合同法》第三十条"


def test_an_absent_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        laws.law_files(tmp_path / "nothing")
