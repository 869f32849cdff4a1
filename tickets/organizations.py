"""The union tree: 云南省总工会, 16 prefectures, 129 county-level unions; and a demonstration's accounts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Organization
from tickets.accounts import create_account
from tickets.passwords import random_password

__all__ = ["Unit", "create_account", "create_organization", "prefixes", "seed_demo", "seed_tree", "units"]

FILE = Path(__file__).with_name("unions.yml")
OTHER_PREFIX = "GH"  # ticket numbers of a tree that is not in the file
_DISTRICT = "区"


@dataclass(frozen=True)
class Unit:
    """One union of the shipped tree; a parent comes before its children."""

    code: str
    name: str
    level: str
    region: str
    parent: str | None
    prefix: str | None = None


@cache
def _raw() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


@cache
def units() -> tuple[Unit, ...]:
    """Return the shipped tree, parents first."""
    return tuple(_units())


def _units() -> Iterator[Unit]:
    raw, pattern = _raw(), str(_raw()["names"]["union"])
    top = raw["province"]
    yield Unit(top["code"], pattern.format(region=top["name"]), "province", top["name"], None, top["prefix"])
    for city, entry in raw["prefectures"].items():
        region, code = f"{top['name']}{city}", entry["code"]
        yield Unit(code, pattern.format(region=city), "city", region, top["code"], entry["prefix"])
        for county, county_code in entry["counties"].items():
            place = f"{city}{county}" if county.endswith(_DISTRICT) else county
            yield Unit(county_code, pattern.format(region=place), "county", f"{region}{county}", code)


@cache
def prefixes() -> dict[str, str]:
    """Return the beginning of ticket numbers by unit code: 530100 -> KM."""
    return {unit.code: unit.prefix for unit in units() if unit.prefix}


async def create_organization(
    session: AsyncSession, *, code: str, name: str, level: str, region: str, parent: Organization | None
) -> Organization:
    """Add one unit below `parent`; its path is known once the database gave it an id."""
    unit = Organization(
        code=code, name=name, level=level, region=region, parent_id=parent.id if parent else None, path=""
    )
    session.add(unit)
    await session.flush()
    unit.path = f"{parent.path if parent else '/'}{unit.id}/"
    return unit


async def seed_tree(session: AsyncSession) -> int:
    """Add the units that are not there yet; returns how many. Units that exist are left as they are."""
    known = {unit.code: unit for unit in (await session.scalars(select(Organization))).all()}
    added = 0
    for level in ("province", "city", "county"):
        fresh = [unit for unit in units() if unit.level == level and unit.code not in known]
        rows = [
            Organization(
                code=unit.code,
                name=unit.name,
                level=unit.level,
                region=unit.region,
                parent_id=known[unit.parent].id if unit.parent else None,
                path="",
            )
            for unit in fresh
        ]
        session.add_all(rows)
        await session.flush()  # one statement per level instead of one per unit
        for unit, row in zip(fresh, rows, strict=True):
            row.path = f"{known[unit.parent].path if unit.parent else '/'}{row.id}/"
            known[unit.code] = row
        added += len(rows)
    await session.flush()
    return added


async def seed_demo(session: AsyncSession, now: datetime) -> list[tuple[str, str]]:
    """Add the demonstration's cadres and leaders; returns (username, password) of those that are new.

    The passwords are random and nowhere else: show them once, never log them.
    """
    await seed_tree(session)
    existing = set((await session.scalars(select(Account.username))).all())
    made = []
    for person in _raw()["demo"]:
        if person["username"] in existing:
            continue
        password = random_password()
        await create_account(
            session,
            username=person["username"],
            password=password,
            role=person["role"],
            organization_code=person["unit"],
            display_name=person["name"],
            now=now,
        )
        made.append((person["username"], password))
    return made
