"""Which unit and person a matter goes to."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.models import Account
from tests.tickets.conftest import GUANDU, KUNMING, WUHUA, YUNNAN, House
from tickets.organizations import create_organization, units
from tickets.routing import route

TODAY = date(2026, 11, 24)


async def _routed(house: House, region: str | None) -> tuple[str, str | None]:
    unit, person = await house.do(route, region, "wage_arrears", TODAY)
    return unit.code, person.username if person else None


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("云南省昆明市官渡区", (GUANDU, "zhang")),
        ("云南省昆明市官渡区小板桥街道", (GUANDU, "zhang")),
        ("昆明市官渡区", (GUANDU, "zhang")),
        ("官渡区", (GUANDU, "zhang")),
        ("云南省昆明市五华区", (WUHUA, "yang")),
        ("云南省昆明市", (KUNMING, "city")),
        ("云南省昆明市盘龙区", (KUNMING, "city")),  # nobody works in Panlong: the city has somebody
        (
            "云南省大理白族自治州大理市",
            ("532901", None),
        ),  # nobody there or above: the deepest unit's queue keeps it
        ("四川省成都市", (YUNNAN, None)),
        ("", (YUNNAN, None)),
        (None, (YUNNAN, None)),
        ("%", (YUNNAN, None)),
    ],
)
async def test_a_region_leads_to_a_unit(
    house: House, region: str | None, expected: tuple[str, str | None]
) -> None:
    assert await _routed(house, region) == expected


async def _leave(house: House, name: str, until: date | None) -> None:
    async with house.database.write() as session:
        (await session.get_one(Account, house.accounts[name].id)).on_leave_until = until


async def test_a_cadre_on_leave_is_passed_by_until_the_day_after(house: House) -> None:
    await _leave(house, "zhang", TODAY)
    assert await _routed(house, "云南省昆明市官渡区") == (GUANDU, "li")
    await _leave(house, "zhang", date(2026, 11, 23))
    assert await _routed(house, "云南省昆明市官渡区") == (GUANDU, "zhang")


async def test_when_the_whole_unit_is_away_the_union_above_takes_it(house: House) -> None:
    for name in ("zhang", "li"):
        await _leave(house, name, TODAY)
    assert await _routed(house, "云南省昆明市官渡区") == (KUNMING, "city")


async def test_disabled_accounts_and_administrators_get_nothing(house: House) -> None:
    async with house.database.write() as session:
        for name in ("zhang", "li", "city"):
            (await session.get_one(Account, house.accounts[name].id)).active = False
    assert await _routed(house, "云南省昆明市官渡区") == (GUANDU, None)


async def test_the_cadre_with_the_fewest_open_tickets_is_next(house: House) -> None:
    await house.person("chen", "cadre", GUANDU)
    assigned = [(await house.ticket()).assignee for _ in range(4)]
    assert [person.username for person in assigned if person] == ["zhang", "chen", "zhang", "chen"]


async def test_the_employers_own_union_never_gets_a_matter_by_its_region(house: House) -> None:
    async with house.database.write() as session:
        parent = await house.unit(GUANDU)
        await create_organization(
            session,
            code="factory",
            name="某厂工会",
            level="enterprise",
            region="云南省昆明市官渡区某厂",
            parent=parent,
        )
    await house.person("boss", "cadre", "factory")
    assert await _routed(house, "云南省昆明市官渡区某厂") == (GUANDU, "zhang")


@given(st.sampled_from(units()), st.text(alphabet="街道村镇", max_size=4))
def test_the_deepest_unit_of_the_shipped_tree_is_unambiguous(unit: object, tail: str) -> None:
    region = unit.region + tail
    covering = [other for other in units() if region.startswith(other.region)]
    longest = max(len(other.region) for other in covering)
    assert sum(len(other.region) == longest for other in covering) == 1


def test_the_clock_of_leave_is_the_day_in_china() -> None:
    from tickets.notices import is_away

    account = Account(active=True, on_leave_until=date(2026, 11, 24))
    assert is_away(account, datetime(2026, 11, 24, 15, 59, tzinfo=UTC))
    assert not is_away(account, datetime(2026, 11, 24, 16, 0, tzinfo=UTC))
