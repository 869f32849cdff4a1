"""A list of postings: what is taken, what is told, what is refused."""

import io
import zipfile
from collections import Counter

import pytest
from sqlalchemy import event, select

from storage.service_models import JobPosting
from tests.tickets.job_kit import HEADINGS, posting, publish, rows, sheet
from tickets.errors import NotAllowed
from tickets.jobs import postings, tables
from tickets.jobs.import_sheet import check
from tickets.jobs.tables import RefusedTable
from tickets.spreadsheets import to_csv, to_xlsx


async def stored(house, *where) -> list[JobPosting]:
    async with house.database.read() as session:
        return list(await session.scalars(select(JobPosting).where(*where).order_by(JobPosting.id)))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_good_row_becomes_a_posting(kind):
    checked = check(sheet({}, kind=kind))
    assert not checked.problems
    found = checked.postings[0]
    assert (found.trade, found.region) == ("security", "云南省昆明市官渡区")
    assert (found.wage_from, found.wage_to, found.wage_unit, found.people) == (3500, 4500, "month", 3)
    assert (found.lodging, found.meals, found.insurance) == (True, False, None)
    assert (found.age_from, found.age_to, str(found.ends_on)) == (18, 55, "2027-01-31")


def test_bad_rows_are_told_with_line_column_and_reason_and_good_ones_are_taken():
    bad = [
        {"单位": ""}, {"地区": "火星"}, {"工资下限": "很多"}, {"编号": "A1"}, {"年龄下限": 15}, {"截止日期": "2026-02-30"},
        {"包住": "看情况"}, {"工资下限": 9000}, {"工资下限": 150, "工资上限": None}, {"截止日期": "2026-10-01"}, {"岗位": "长" * 129},
        {"工种": "", "岗位": "宇航员"}, {"编号": None}, {"人数": "0"}, {"工资单位": "年"}, {"年龄下限": 60}, {"说明": "#REF!"},
    ]  # fmt: skip
    checked = check(sheet({}, *bad, {}))
    assert [found.reference for found in checked.postings] == ["A1", f"A{len(bad) + 2}"]
    assert sorted({problem.line for problem in checked.problems}) == list(range(3, len(bad) + 3))
    assert [problem.column for problem in checked.problems] == [
        "单位", "地区", "工资下限", "编号", "年龄下限", "截止日期", "包住", "工资下限", "工资单位", "截止日期", "岗位", "工种", "编号", "人数",
        "工资单位", "年龄下限", "说明",
    ]  # fmt: skip
    assert all(problem.text for problem in checked.problems)
    assert checked.lines == len(bad) + 2


def test_all_that_is_wrong_with_a_row_is_told_at_once():
    checked = check(sheet({"单位": "", "地区": "火星", "包吃": "?"}))
    assert [problem.column for problem in checked.problems] == ["单位", "地区", "包吃"]
    assert (checked.bad_lines, checked.lines) == (1, 1)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_order_title_lines_blank_rows_and_other_columns_do_not_matter(kind):
    body = [[*reversed(row), "x"] for row in rows({}, {})]
    table = [
        ["昆明市岗位表"],
        [],
        [*reversed([f" {name}* " for name in HEADINGS]), "微信"],
        body[0],
        [],
        [None, " "],
        body[1],
    ]
    data = to_csv(table[0], table[1:]) if kind == "csv" else to_xlsx("表", table[0], table[1:])
    checked = check(data)
    assert (len(checked.postings), checked.problems, checked.unused) == (2, (), ("微信",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_as_different_programs_write_it(encoding, delimiter):
    text = sheet({}).decode("utf-8-sig").replace(",", delimiter)
    assert len(check(text.encode(encoding)).postings) == 1


def test_rows_count_as_the_spreadsheet_program_counts():
    checked = check(to_csv(HEADINGS, [*rows({}), [], *rows({"单位": None})]))
    assert [problem.line for problem in checked.problems] == [4]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"), (b" \n", "empty"), (b"\xd0\xcf\x11\xe0rest", "kind"), (b"PK\x03\x04rest", "broken"), (b"\x89PNG\r\n\x1a\n\x00", "kind"),
        ("姓名,电话\n张三,1".encode(), "header"), ("编号,岗位,工种,工资下限\n1,2,3,4".encode(), "missing_columns"),
        (to_csv(HEADINGS, []), "empty"), (to_xlsx("x", HEADINGS, []), "empty"),
    ],
)  # fmt: skip
def test_files_that_are_no_list_are_refused(data, reason):
    with pytest.raises(RefusedTable) as refused:
        check(data)
    assert refused.value.reason == reason
    assert refused.value.message


def test_the_largest_list_is_taken_and_one_row_more_is_not():
    most = [row[:] for row in rows({}) for _ in range(tables.MAX_ROWS)]
    for number, row in enumerate(most):
        row[0] = str(number)
    assert check(to_csv(HEADINGS, most)).lines == tables.MAX_ROWS
    with pytest.raises(RefusedTable) as refused:
        check(to_csv(HEADINGS, [*most, most[0]]))
    assert refused.value.reason == "too_many"


def test_the_largest_file_is_taken_and_one_byte_more_is_not():
    data = sheet({})
    full = data + b"\r\n" * ((tables.MAX_BYTES - len(data)) // 2)
    full += b" " * (tables.MAX_BYTES - len(full))
    with pytest.raises(RefusedTable) as refused:
        check(full + b" ")
    assert refused.value.reason == "too_large"
    with pytest.raises(RefusedTable) as refused:  # not for its size: for two million empty lines
        check(full)
    assert refused.value.reason == "too_many"
    padded = sheet({"说明": ""}) + "".join(f"{number},{'x' * 30}\n" for number in range(9_000)).encode()
    assert check(padded).lines == 9_001


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    "more",
    [
        {"xl/worksheets/sheet9.xml": b" " * (tables.MAX_UNPACKED + 1)},
        {"xl/styles.xml": b" " * (tables.MAX_PART + 1)},
        {f"part{number}": b"" for number in range(tables.MAX_PARTS)},
    ],
)
def test_zip_bombs_are_not_unpacked(more):
    with pytest.raises(RefusedTable) as refused:
        check(packed(unpacked(sheet({}, kind="xlsx")) | more))
    assert refused.value.reason == "bomb"


def test_an_archive_that_lies_about_its_size_is_refused():
    data = bytearray(
        packed(unpacked(sheet({}, kind="xlsx")) | {"xl/worksheets/sheet1.xml": b" " * 80_000_000})
    )
    true, lie = (80_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little")
    assert data.count(true)
    with pytest.raises(RefusedTable):
        check(bytes(data.replace(true, lie)))


def test_entities_are_not_expanded():
    parts = unpacked(sheet({}, kind="xlsx"))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    name = "xl/worksheets/sheet1.xml"
    head, mark, rest = parts[name].partition(b"<worksheet")
    with pytest.raises(RefusedTable) as refused:
        check(packed(parts | {name: head + bomb + mark + rest}))
    assert refused.value.reason == "broken"


def test_a_last_row_far_below_is_refused_and_not_counted_to():
    parts = unpacked(sheet({}, kind="xlsx"))
    name = "xl/worksheets/sheet1.xml"
    far = parts[name].replace(
        b"</sheetData>", b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData>'
    )
    with pytest.raises(RefusedTable) as refused:
        check(packed(parts | {name: far}))
    assert refused.value.reason == "too_many"


async def test_saving_again_updates_by_reference_within_the_unit(house, now):
    zhang, yang = house.accounts["zhang"], house.accounts["yang"]
    await publish(house.database, zhang, now, posting("A1"), posting("A2"))
    await publish(house.database, yang, now, posting("A1", title="别的单位的"))
    async with house.database.write() as session:
        saved = await postings.save(
            session, zhang, [posting("A2", wage_from=200, wage_unit="day"), posting("A3")], now
        )
    assert (saved.created, saved.updated, saved.inactive) == (1, 1, 0)
    own = await stored(house, JobPosting.organization_id == zhang.organization_id)
    assert [(row.reference, row.monthly_from) for row in own] == [("A1", 4000), ("A2", 4350), ("A3", 4000)]
    assert [row.title for row in await stored(house, JobPosting.organization_id == yang.organization_id)] == [
        "别的单位的"
    ]


async def test_what_was_taken_down_stays_down_when_an_old_list_comes_again(house, now):
    zhang = house.accounts["zhang"]
    await publish(house.database, zhang, now, posting("A1"))
    row = (await stored(house))[0]
    await house.do(postings.set_active, zhang, row.id, False, now)
    async with house.database.write() as session:
        saved = await postings.save(session, zhang, [posting("A1", title="新名字")], now)
    assert saved.inactive == 1
    assert [(row.title, row.active) for row in await stored(house)] == [("新名字", False)]


async def test_a_preview_writes_nothing(house, now):
    zhang = house.accounts["zhang"]
    await publish(house.database, zhang, now, posting("A1"))
    async with house.database.read() as session:
        foreseen = await postings.foresee(session, zhang.organization_id, [posting("A1"), posting("B1")])
    assert (foreseen.created, foreseen.updated) == (1, 1)
    assert [row.reference for row in await stored(house)] == ["A1"]


async def test_the_number_of_statements_grows_with_batches_not_with_rows(house, now):
    counted: Counter[str] = Counter()
    engine = house.database.engine.sync_engine

    def count(_connection, _cursor, statement, *_) -> None:
        counted[statement.split()[0]] += 1

    event.listen(engine, "before_cursor_execute", count)
    many = [posting(f"A{number}") for number in range(postings.BATCH * 2 + 1)]
    await publish(house.database, house.accounts["zhang"], now, *many)
    event.remove(engine, "before_cursor_execute", count)
    assert counted["INSERT"] == 3 + 1  # and the audit entry
    assert counted["SELECT"] <= 3
    assert len(await stored(house)) == len(many)


async def test_only_those_who_manage_jobs_may_save_or_take_down(house, now):
    with pytest.raises(NotAllowed):
        await publish(house.database, house.accounts["admin"], now, posting("A1"))
    await publish(house.database, house.accounts["zhang"], now, posting("A1"))
    row = (await stored(house))[0]
    with pytest.raises(NotAllowed):
        await house.do(postings.set_active, house.accounts["yang"], row.id, False, now)
    await house.do(postings.set_active, house.accounts["city"], row.id, False, now)
    assert not (await stored(house))[0].active


async def test_an_export_can_be_imported_again(house, now):
    zhang = house.accounts["zhang"]
    full = check(sheet({"说明": "=1+1"}, {"工资单位": "小时", "工资下限": 20, "工资上限": None})).postings
    await publish(house.database, zhang, now, *full)
    async with house.database.read() as session:
        found = postings.export_rows(session, zhang, postings.Filters(state="all", sort="region"), now.date())
        table = [row async for row in found]
    for data in (
        to_csv(postings.export_headings(), table),
        to_xlsx("岗位", postings.export_headings(), table),
    ):
        again = check(data)
        assert not again.problems
        assert sorted(again.postings, key=lambda one: one.reference) == list(full)
