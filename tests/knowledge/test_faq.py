import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from knowledge import faq
from knowledge.content import load_statutes
from knowledge.errors import EntryNotFound, InvalidEntry, KnowledgeError, VersionConflict
from knowledge.review import duplicate_warnings, warnings_of
from knowledge.search import KnowledgeBase
from storage.database import Database
from tests.knowledge.conftest import ENTRIES, entry, write_content

FIELDS = entry("leave.annual", "年假有几天", "一年休几天年假")
DELAYS = "wage_arrears.company_delays"


async def sync(database: Database, folder: Path, now: datetime) -> faq.SyncReport:
    async with database.write() as session:
        return await faq.sync_content(session, folder, now)


async def test_a_second_sync_changes_nothing(database: Database, folder: Path, now: datetime) -> None:
    assert (await sync(database, folder, now)).added == len(ENTRIES)
    again = await sync(database, folder, now)
    assert (again.added, again.updated, again.unchanged) == (0, 0, len(ENTRIES))


async def test_a_changed_file_becomes_a_new_version(database: Database, folder: Path, now: datetime) -> None:
    await sync(database, folder, now)
    write_content(folder, [{**ENTRIES[0], "answer": "新的答案。"}, *ENTRIES[1:]])
    assert (await sync(database, folder, now)).updated == 1
    async with database.read() as session:
        row = await faq.get_entry(session, DELAYS)
        assert (row.answer, row.version) == ("新的答案。", 2)
        assert [version.version for version in await faq.versions(session, DELAYS)] == [2, 1]


async def test_what_left_the_files_is_archived(database: Database, folder: Path, now: datetime) -> None:
    await sync(database, folder, now)
    write_content(folder, ENTRIES[1:])
    assert (await sync(database, folder, now)).archived == 1


async def test_an_edited_entry_is_never_overwritten(database: Database, folder: Path, now: datetime) -> None:
    await sync(database, folder, now)
    statutes = load_statutes(folder)
    async with database.write() as session:
        row = await faq.edit(
            session, None, DELAYS, 1, {**ENTRIES[0], "answer": "我们自己的答案。"}, statutes, now
        )
        await faq.publish(session, None, DELAYS, row.version, statutes, now)
    write_content(folder, [{**ENTRIES[0], "answer": "文件里的答案。"}, *ENTRIES[1:]])
    assert (await sync(database, folder, now)).kept == 1
    async with database.read() as session:
        assert (await faq.get_entry(session, DELAYS)).answer == "我们自己的答案。"


async def test_an_edit_stays_a_draft_until_it_is_published(
    database: Database, folder: Path, now: datetime
) -> None:
    await sync(database, folder, now)
    statutes = load_statutes(folder)
    async with database.write() as session:
        await faq.edit(session, None, DELAYS, 1, {**ENTRIES[0], "answer": "草稿。"}, statutes, now)
    async with database.write() as session:
        live = await faq.get_entry(session, DELAYS)
        draft = await faq.draft_of(session, live)
        assert draft is not None
        assert (draft.answer, live.answer == "草稿。") == ("草稿。", False)
        await faq.publish(session, None, DELAYS, live.version, statutes, now)
    async with database.read() as session:
        live = await faq.get_entry(session, DELAYS)
        assert (live.answer, await faq.draft_of(session, live)) == ("草稿。", None)


async def test_the_second_of_two_editors_is_told(database: Database, folder: Path, now: datetime) -> None:
    await sync(database, folder, now)
    statutes = load_statutes(folder)

    async def save(answer: str) -> object:
        async with database.write() as session:
            return await faq.edit(session, None, DELAYS, 1, {**ENTRIES[0], "answer": answer}, statutes, now)

    results = await asyncio.gather(save("甲的答案。"), save("乙的答案。"), return_exceptions=True)
    assert sum(isinstance(result, VersionConflict) for result in results) == 1


async def test_create_publish_archive_restore(database: Database, folder: Path, now: datetime) -> None:
    statutes = load_statutes(folder)
    async with database.write() as session:
        made = await faq.create(session, None, {**FIELDS, "id": ""}, statutes, now)
        assert made.id.startswith("leave.local_")
        assert made.status == faq.DRAFT
        made = await faq.publish(session, None, made.id, made.version, statutes, now)
        made = await faq.archive(session, None, made.id, made.version, now)
        assert made.status == faq.ARCHIVED
        made = await faq.restore(session, None, made.id, 1, made.version, now)
        assert (made.status, made.version) == (faq.DRAFT, 4)


async def test_restoring_a_live_entry_gives_a_draft(database: Database, folder: Path, now: datetime) -> None:
    await sync(database, folder, now)
    write_content(folder, [{**ENTRIES[0], "answer": "第二版。"}, *ENTRIES[1:]])
    await sync(database, folder, now)
    async with database.write() as session:
        row = await faq.restore(session, None, DELAYS, 1, 2, now)
        draft = await faq.draft_of(session, row)
        assert (row.answer, draft and draft.answer) == ("第二版。", ENTRIES[0]["answer"])


async def test_a_taken_id_is_refused(database: Database, folder: Path, now: datetime) -> None:
    await sync(database, folder, now)
    async with database.write() as session:
        with pytest.raises(KnowledgeError, match=DELAYS):
            await faq.create(session, None, ENTRIES[0], load_statutes(folder), now)


async def test_publishing_twice_is_refused(database: Database, folder: Path, now: datetime) -> None:
    await sync(database, folder, now)
    async with database.write() as session:
        with pytest.raises(KnowledgeError, match="没有需要发布"):
            await faq.publish(session, None, DELAYS, 1, load_statutes(folder), now)


async def test_an_absent_entry_is_not_found(database: Database, now: datetime) -> None:
    async with database.write() as session:
        with pytest.raises(EntryNotFound):
            await faq.archive(session, None, "leave.nothing", 1, now)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"citations": [{"law": "不存在的法", "article": 1}]}, "不存在的法"),
        ({"citations": [{"law": "法律援助条例", "article": 1}]}, "失效"),
        ({"question": ""}, "问题"),
        ({"intent": "nonsense"}, "nonsense"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "失效日期"),
        ({"answer": "长" * 2000}, "答案"),
    ],
)
def test_what_is_wrong_is_said_in_chinese(folder: Path, wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidEntry) as caught:
        faq.validated({**FIELDS, **wrong}, load_statutes(folder))
    assert words in caught.value.message


async def test_a_rights_entry_without_basis_is_not_published(
    database: Database, folder: Path, now: datetime
) -> None:
    statutes = load_statutes(folder)
    async with database.write() as session:
        made = await faq.create(session, None, {**FIELDS, "citations": []}, statutes, now)
        with pytest.raises(InvalidEntry, match="法律依据"):
            await faq.publish(session, None, made.id, made.version, statutes, now)


async def test_the_list_is_searched_and_paged(database: Database, folder: Path, now: datetime) -> None:
    await sync(database, folder, now)
    async with database.read() as session:
        first = await faq.list_entries(session, per_page=3)
        assert (first.total, first.pages, len(first.entries)) == (len(ENTRIES), 3, 3)
        assert (await faq.list_entries(session, per_page=3, page=99)).page == 3
        found = await faq.list_entries(session, search="卷钱 带班")
        assert [row.id for row in found.entries] == ["wage_arrears.boss_gone"]
        assert (await faq.list_entries(session, intent="join_union")).total == 1
        assert (await faq.list_entries(session, status=faq.DRAFT)).total == 0
        assert await faq.counts_by_status(session) == {"published": len(ENTRIES)}


async def test_duplicates_and_thin_entries_are_warned_about(knowledge: KnowledgeBase, folder: Path) -> None:
    statutes = load_statutes(folder)
    twin = faq.validated(
        entry("join_union.again", "怎么加入工会呢", "入会要什么条件", "我想进工会"), statutes
    )
    assert any("怎么加入工会" in warning for warning in await duplicate_warnings(knowledge, twin))
    other = faq.validated(entry("leave.annual", "年假有几天", "一年能休多少天"), statutes)
    assert await duplicate_warnings(knowledge, other) == ()
    assert any("问法" in warning for warning in warnings_of(other))


async def test_refresh_sees_an_edit_made_elsewhere(
    database: Database, knowledge: KnowledgeBase, folder: Path, now: datetime
) -> None:
    assert await knowledge.refresh() is False
    statutes, later = load_statutes(folder), now + timedelta(minutes=1)
    async with database.write() as session:
        row = await faq.edit(
            session, None, DELAYS, 1, {**ENTRIES[0], "answer": "刚改的答案。"}, statutes, later
        )
        await faq.publish(session, None, DELAYS, row.version, statutes, later)
    assert await knowledge.refresh() is True
    hit = knowledge.get(DELAYS)
    assert hit is not None
    assert hit.answer == "刚改的答案。"
