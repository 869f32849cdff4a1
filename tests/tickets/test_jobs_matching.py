"""Which postings fit, and in which order, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.tickets.job_kit import posting, publish
from tickets.jobs import postings
from tickets.jobs.matching import Wish, count_fitting, find

GUANDU, WUHUA, KUNMING = "云南省昆明市官渡区", "云南省昆明市五华区", "云南省昆明市"
QUJING, SHENZHEN = "云南省曲靖市麒麟区", "广东省深圳市"
EVERYWHERE = (SHENZHEN, QUJING, KUNMING, WUHUA, GUANDU)


async def titles(house, wish: Wish, today=None, **options) -> list[str]:
    async with house.database.read() as session:
        found = await find(
            session, wish, today or house.now.date(), count=options.pop("count", 10), **options
        )
    return [row.title for row in found.postings]


async def offer(house, *given) -> None:
    await publish(
        house.database, house.accounts["zhang"], house.now,
        *(posting(f"A{number}", **values) for number, values in enumerate(given)),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("region", "order"),
    [
        (GUANDU, [GUANDU, WUHUA, KUNMING, QUJING, SHENZHEN]),
        (KUNMING, [GUANDU, WUHUA, KUNMING, QUJING, SHENZHEN]),
        (QUJING, [QUJING, GUANDU, WUHUA, KUNMING, SHENZHEN]),
        (SHENZHEN, [SHENZHEN, GUANDU, WUHUA, KUNMING, QUJING]),
    ],
)
async def test_nearer_comes_first_and_farther_is_no_reason_to_leave_out(house, region, order):
    await offer(house, *({"region": place, "title": place} for place in EVERYWHERE))
    assert await titles(house, Wish("security", region)) == order


async def test_nothing_farther_for_one_who_insists(house):
    await offer(house, *({"region": place, "title": place} for place in EVERYWHERE))
    assert await titles(house, Wish("security", GUANDU, circles=1)) == [GUANDU]
    assert sorted(await titles(house, Wish("security", KUNMING, circles=1))) == sorted(
        [KUNMING, GUANDU, WUHUA]
    )
    async with house.database.read() as session:
        assert await count_fitting(session, Wish("security", GUANDU, circles=2), house.now.date(), 0) == 3


async def test_wages_are_compared_by_month(house):
    await offer(
        house,
        {"title": "月薪不够", "wage_from": 4000}, {"title": "差一点", "wage_from": 5500}, {"title": "月薪够", "wage_from": 6000},
        {"title": "上限够", "wage_from": 4000, "wage_to": 7000}, {"title": "日薪够", "wage_from": 290, "wage_unit": "day"},
        {"title": "日薪不够", "wage_from": 150, "wage_unit": "day"}, {"title": "时薪够", "wage_from": 36, "wage_unit": "hour"},
        {"title": "面谈", "wage_from": None}, {"title": "计件", "wage_from": 2, "wage_unit": "piece"},
    )  # fmt: skip
    found = await titles(house, Wish("security", GUANDU, 6000))
    assert found[:3] == ["日薪够", "时薪够", "月薪够"]  # 6,308, 6,264 and 6,000 a month
    assert set(found[3:]) == {"差一点", "上限够", "面谈", "计件"}
    assert postings.monthly(290, "day") == 6308
    assert postings.monthly(36, "hour") == 6264


async def test_lodging_that_is_refused_is_left_out_and_silence_comes_later(house):
    await offer(
        house,
        {"title": "不包", "lodging": False},
        {"title": "没说", "lodging": None, "wage_from": 9000},
        {"title": "包住", "lodging": True},
    )
    assert await titles(house, Wish("security", GUANDU, wants_lodging=True)) == ["包住", "没说"]
    assert len(await titles(house, Wish("security", GUANDU))) == 3


async def test_what_is_over_or_taken_down_or_not_for_that_age_does_not_fit(house):
    today = house.now.date()
    await offer(
        house,
        {"title": "过期", "ends_on": today - timedelta(days=1)}, {"title": "今天到期", "ends_on": today},
        {"title": "只要年轻的", "age_to": 45}, {"title": "只要年长的", "age_from": 55}, {"title": "下架"},
    )  # fmt: skip
    async with house.database.read() as session:
        down = (await find(session, Wish("security", GUANDU), today, count=9)).postings
    await house.do(
        postings.set_active, house.accounts["zhang"], max(row.id for row in down), False, house.now
    )
    assert sorted(await titles(house, Wish("security", GUANDU, age=50))) == ["今天到期"]
    assert len(await titles(house, Wish("security", GUANDU))) == 3


async def test_trade_is_a_filter_unless_any_will_do(house):
    await offer(house, {"title": "保安"}, {"title": "厨师", "trade": "catering"})
    assert await titles(house, Wish("catering", GUANDU)) == ["厨师"]
    assert len(await titles(house, Wish("any", GUANDU))) == 2
    assert len(await titles(house, Wish())) == 2


async def test_pages_follow_each_other_without_gap_or_repeat_across_circles(house):
    await offer(house, *({"title": f"{place}{n}", "region": place} for place in EVERYWHERE for n in range(3)))
    wish, pages = Wish("security", GUANDU), []
    for skip in range(0, 18, 3):
        async with house.database.read() as session:
            found = await find(session, wish, house.now.date(), skip=skip)
        pages += [row.title for row in found.postings]
        assert found.more == (skip < 12)
    assert pages == await titles(house, wish, count=20)
    assert len(set(pages)) == 15


@pytest.mark.parametrize(
    "wish", [Wish("security", GUANDU), Wish("any", KUNMING, 5000, wants_lodging=True), Wish()]
)
async def test_a_search_takes_at_most_four_queries(house, wish):
    asked: list[str] = []
    engine = house.database.engine.sync_engine

    def note(_connection, _cursor, statement, *_) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    await titles(house, wish)
    event.remove(engine, "before_cursor_execute", note)
    assert 1 <= len([one for one in asked if one.startswith("SELECT")]) <= 4


async def test_the_index_serves_a_search(house):
    """Neither database walks through the whole table."""
    from sqlalchemy import select, text
    from sqlalchemy.dialects import postgresql, sqlite

    from storage.service_models import JobPosting

    dialect = sqlite.dialect() if house.database.is_sqlite else postgresql.dialect()
    query = select(JobPosting.id).where(
        JobPosting.active.is_(True),
        JobPosting.trade.in_(["security"]),
        JobPosting.region.in_([GUANDU, WUHUA]),
    )
    literal = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN " if house.database.is_sqlite else "EXPLAIN "
    async with house.database.read() as session:
        if not house.database.is_sqlite:
            await session.execute(text("SET enable_seqscan = off"))
        plan = "\n".join(str(row) for row in await session.execute(text(explain + literal)))
    assert "ix_job_postings_search" in plan
