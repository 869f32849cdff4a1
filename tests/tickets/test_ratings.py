"""会员评家: one rating a year, nothing that leads back, averages from five on."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from storage.models import AuditEntry, Conversation, Message, OutboxRow
from storage.service_models import UnionRating
from tests.tickets.conftest import GUANDU, REGION
from tickets import ratings
from tickets.access import UNSEEN
from tickets.errors import NotAllowed, WrongStars
from tickets.organizations import create_organization
from tickets.ratings import Rated, rate, rater_of, union_of
from tickets.sla import SHANGHAI

TEN = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
MARKS = {"service": 4, "rights": 3, "activity": 5, "openness": 2}


async def rated(house, conversation_id: int, now: datetime = TEN, **changes: Any) -> Rated:
    values = {"region": REGION, "employer": None, "marks": MARKS, "comment": None} | changes
    conversation = await house.talk(conversation_id)
    done: Rated = await house.do(rate, conversation, *values.values(), now)
    return done


async def rows(house, table=UnionRating) -> list[Any]:
    async with house.database.read() as session:
        return list(await session.scalars(select(table)))


async def several(house, count: int, **changes: Any) -> None:
    for _ in range(count):
        await rated(house, await house.conversation(), **changes)


# --- once a year ----------------------------------------------------------------------------------------------


async def test_a_second_one_in_the_year_takes_the_place_of_the_first(house):
    person = await house.conversation()
    assert await rated(house, person) == Rated("昆明市官渡区总工会", again=False)
    done = await rated(house, person, marks=MARKS | {"rights": 1}, region="云南省昆明市五华区")
    assert done == Rated("昆明市五华区总工会", again=True)
    (row,) = await rows(house)
    assert row.marks == MARKS | {"rights": 1}


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), datetime(2026, 12, 31, 16, 0, tzinfo=UTC), 2),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), datetime(2027, 1, 1, 0, 0, tzinfo=UTC), 1),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), datetime(2026, 12, 31, 15, 59, tzinfo=UTC), 1),
    ],
)
async def test_the_year_changes_at_midnight_in_kunming(house, first, second, left):
    person = await house.conversation()
    await rated(house, person, first)
    assert (await rated(house, person, second)).again == (left == 1)
    assert len(await rows(house)) == left


async def test_two_people_are_two(house):
    await several(house, 2)
    assert len(await rows(house)) == 2


@given(st.dictionaries(st.sampled_from([*ratings.QUESTIONS, "other"]), st.integers(-1, 7)))
def test_only_four_marks_from_one_to_five_are_taken(marks: dict[str, int]) -> None:
    good = set(marks) == set(ratings.QUESTIONS) and all(1 <= mark <= 5 for mark in marks.values())
    assert ratings.complete(marks) == good


async def test_a_wrong_mark_is_refused(house):
    for wrong in ({**MARKS, "service": 0}, {**MARKS, "service": 6}, {"service": 3}):
        with pytest.raises(WrongStars):
            await rated(house, await house.conversation(), marks=wrong)
    assert await rows(house) == []


# --- whose union ----------------------------------------------------------------------------------------------


async def test_the_employers_union_if_the_tree_has_it_else_the_unit_of_the_place(house):
    async with house.database.write() as session:
        parent = await session.get_one(type(await house.unit(GUANDU)), (await house.unit(GUANDU)).id)
        for code, name in (
            ("E1", "永盛塑料厂工会委员会"),
            ("E2", "大地建筑一队工会"),
            ("E3", "大地建筑二队工会"),
        ):
            await create_organization(
                session, code=code, name=name, level="enterprise", region=REGION, parent=parent
            )
    expected = {
        "永盛塑料厂": "永盛塑料厂工会委员会", "永盛塑料厂工会": "永盛塑料厂工会委员会", "大地建筑": "昆明市官渡区总工会",
        "没听说的厂": "昆明市官渡区总工会", "工会": "昆明市官渡区总工会", "%___": "昆明市官渡区总工会", None: "昆明市官渡区总工会",
    }  # fmt: skip
    for employer, unit in expected.items():
        assert (await house.do(union_of, REGION, employer)).name == unit, employer
    assert (await house.do(union_of, "云南省昆明市五华区", "永盛塑料厂")).name == "昆明市五华区总工会"


# --- nothing leads back ---------------------------------------------------------------------------------------


async def test_nothing_in_the_row_or_the_audit_leads_back(house):
    person = await house.conversation()
    await rated(house, person, comment=" 打我电话13887123456，身份证530102199003078515 ")
    (row,) = await rows(house)
    assert row.rated_on == date(2026, 11, 1)
    assert row.year == 2026
    assert row.comment is not None
    assert "13887123456" not in row.comment
    assert "530102199003078515" not in row.comment
    conversation = await house.talk(person)
    assert row.rater == rater_of(conversation, 2026)
    assert conversation.address not in row.rater
    assert rater_of(conversation, 2027) != row.rater
    assert row.id > 1_000  # random: the order of the rows tells nothing
    entry = next(one for one in await rows(house, AuditEntry) if one.tag == "worker:union:rate")
    assert (entry.account_id, entry.detail) == (None, {"year": 2026})
    assert entry.subject == f"organization:{row.organization_id}"
    assert entry.at == datetime(2026, 10, 31, 16, tzinfo=UTC)  # the month, not the hour
    assert {column.name for column in UnionRating.__table__.columns} == {
        "id", "organization_id", "year", "rater", "marks", "comment", "rated_on",
    }  # fmt: skip
    assert await rows(house, Message) == []


async def test_the_comment_is_unreadable_in_the_database(house):
    await rated(house, await house.conversation(), comment="账从来没贴出来过")
    async with house.database.read() as session:
        raw = await session.scalar(text("select comment from union_ratings"))
    assert "账从来".encode() not in bytes(raw)


async def test_what_was_said_while_rating_is_forgotten(house):
    person = await house.conversation()
    async with house.database.write() as session:
        conversation = await session.get_one(Conversation, person)
        for kind, direction, words in (
            (UNSEEN, "in", "1分"),
            (UNSEEN, "out", "服务:1分"),
            ("text", "in", "别的话"),
        ):
            message = Message(
                conversation_id=person, direction=direction, author="worker", kind=kind, text=words, body={"text": words},
                created_at=TEN,
            )  # fmt: skip
            session.add(message)
            await session.flush()
            if direction == "out":
                session.add(OutboxRow(
                    message_id=message.id, channel="telegram", address=conversation.address, body={"text": words},
                    status="sent", not_before=TEN, created_at=TEN,
                ))  # fmt: skip
    await house.do(ratings.forget_words, person, "没有留下")
    left = await rows(house, Message)
    assert [(row.text, row.body) for row in sorted(left, key=lambda row: row.id)] == [
        ("没有留下", None),
        ("没有留下", {"text": "没有留下", "buttons": [], "attachments": []}),
        ("别的话", {"text": "别的话"}),
    ]
    assert [row.body["text"] for row in await rows(house, OutboxRow)] == ["没有留下"]


# --- what leaders see -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "shown"), [(1, None), (4, None), (5, 5), (6, 6)])
async def test_averages_only_from_five_ratings_on(house, count, shown):
    await several(house, count, comment="账没贴")
    page = await house.do(ratings.load_page, house.accounts["li"], 2026, 1)
    (row,) = page.rows
    assert row.count == shown
    assert row.averages == ({name: float(mark) for name, mark in MARKS.items()} if shown else {})
    marks, comments = await house.do(ratings.load_unit, house.accounts["li"], row.unit_id, 2026)
    assert marks == row
    assert list(comments) == ["账没贴"] * (shown or 0)


async def test_averages_are_those_of_the_unit_and_the_year(house):
    await several(house, 4)
    await several(house, 1, marks=dict.fromkeys(MARKS, 1))
    await several(house, 5, region="云南省昆明市五华区", marks=dict.fromkeys(MARKS, 5))
    await several(house, 4, now=TEN - timedelta(days=365))
    page = await house.do(ratings.load_page, house.accounts["city"], 2026, 1)
    assert {row.unit: row.averages.get("service") for row in page.rows} == {
        "昆明市官渡区总工会": 3.4,
        "昆明市五华区总工会": 5.0,
    }
    before = await house.do(ratings.load_page, house.accounts["city"], 2025, 1)
    assert [row.count for row in before.rows] == [None]
    assert await house.do(ratings.years, TEN) == [2026, 2025]


async def test_only_leaders_see_and_only_their_own_and_below(house):
    await several(house, 5)
    unit = (await house.unit(GUANDU)).id
    for name in ("zhang", "admin"):
        with pytest.raises(NotAllowed):
            await house.do(ratings.load_page, house.accounts[name], 2026, 1)
        with pytest.raises(NotAllowed):
            await house.do(ratings.load_unit, house.accounts[name], unit, 2026)
    beside = await house.person("wuhua", "leader", "530102")
    assert (await house.do(ratings.load_page, beside, 2026, 1)).rows == []
    with pytest.raises(NotAllowed):
        await house.do(ratings.load_unit, beside, unit, 2026)


async def test_comments_come_in_no_order(house):
    for number in range(12):
        await rated(house, await house.conversation(), comment=f"第{number:02}句")
    unit = (await house.unit(GUANDU)).id
    orders = {
        tuple((await house.do(ratings.load_unit, house.accounts["li"], unit, 2026))[1]) for _ in range(4)
    }
    assert len(orders) > 1
    assert {tuple(sorted(one)) for one in orders} == {tuple(f"第{number:02}句" for number in range(12))}
