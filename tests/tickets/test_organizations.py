"""The shipped union tree and the demonstration's accounts."""

import logging
from pathlib import Path

import pytest
import yaml
from sqlalchemy import func, select

import nlu
from storage.models import Account, Organization
from tests.tickets.conftest import House
from tickets.organizations import seed_demo, seed_tree, units
from tickets.passwords import verify_password


async def test_the_tree_has_every_level_with_paths(empty_house: House) -> None:
    async with empty_house.database.read() as session:
        rows = list(await session.scalars(select(Organization)))
    by_id = {row.id: row for row in rows}
    assert len(rows) == 1 + 16 + 129
    for row in rows:
        above = by_id[row.parent_id].path if row.parent_id else "/"
        assert row.path == f"{above}{row.id}/"
        assert row.region.startswith(by_id[row.parent_id].region if row.parent_id else "云南省")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("530000", "云南省总工会"),
        ("530100", "昆明市总工会"),
        ("530111", "昆明市官渡区总工会"),
        ("530102", "昆明市五华区总工会"),
        ("530181", "安宁市总工会"),
        ("530127", "嵩明县总工会"),
        ("530126", "石林彝族自治县总工会"),
        ("532901", "大理市总工会"),
    ],
)
def test_unions_have_their_proper_names(code: str, name: str) -> None:
    assert {unit.code: unit.name for unit in units()}[code] == name


def test_regions_are_written_as_slots_write_them() -> None:
    known = yaml.safe_load((Path(nlu.__file__).parent / "regions.yml").read_text(encoding="utf-8"))
    province = known["province"]
    expected = {province} | {
        f"{province}{city}{county}"
        for city, entry in known["prefectures"].items()
        for county in ("", *entry["counties"])
    }
    assert {unit.region for unit in units()} == expected


def test_codes_begin_with_those_of_the_unit_above() -> None:
    for unit in units():
        if unit.level == "county":
            assert unit.parent is not None
            assert unit.code[:4] == unit.parent[:4]


async def test_seeding_again_adds_nothing_and_keeps_what_was_edited(empty_house: House) -> None:
    async with empty_house.database.write() as session:
        unit = (await session.scalars(select(Organization).where(Organization.code == "530111"))).one()
        unit.phone = "0871-12351"
    assert await empty_house.do(seed_tree) == 0
    assert (await empty_house.unit("530111")).phone == "0871-12351"


async def test_the_demonstration_has_a_cadre_and_a_leader_for_two_districts(
    empty_house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = await empty_house.do(seed_demo, empty_house.now)
    async with empty_house.database.read() as session:
        accounts = {row.username: row for row in await session.scalars(select(Account).order_by(Account.id))}
    assert [(a.display_name, a.role, a.organization.name) for a in accounts.values()] == [
        ("张敏", "cadre", "昆明市官渡区总工会"),
        ("李国强", "leader", "昆明市官渡区总工会"),
        ("杨丽", "cadre", "昆明市五华区总工会"),
        ("赵建华", "leader", "昆明市五华区总工会"),
    ]
    assert len({password for _, password in made}) == 4
    for username, password in made:
        assert await verify_password(password, accounts[username].password_hash)
        assert password not in caplog.text


async def test_the_demonstration_is_made_once(empty_house: House) -> None:
    await empty_house.do(seed_demo, empty_house.now)
    assert await empty_house.do(seed_demo, empty_house.now) == []
    async with empty_house.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Account)) == 4
