"""Where a ticket may be passed on to: own unit and below, and back up to the units above."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Organization, Ticket
from tickets.access import Role, visible_organizations


@dataclass(frozen=True)
class Person:
    """Somebody who can take a ticket."""

    id: int
    name: str
    role: str
    away_until: date | None


@dataclass(frozen=True)
class Target:
    """A unit with those of its people whom this account may choose."""

    id: int
    name: str
    above: bool
    people: tuple[Person, ...]


async def load_targets(
    session: AsyncSession, account: Account, ticket: Ticket, today: date
) -> tuple[Target, ...]:
    """Return the units that may be chosen, own one first; two queries."""
    path = account.organization.path
    above = [int(part) for part in path.split("/") if part][:-1]
    query = select(Organization).where(or_(visible_organizations(account), Organization.id.in_(above)))
    if not ticket.facts.get("share_with_employer_union", False):
        query = query.where(Organization.level != "enterprise")
    units = (await session.scalars(query.order_by(Organization.path))).all()
    people: dict[int, list[Person]] = defaultdict(list)
    workers = select(Account).where(
        Account.organization_id.in_([unit.id for unit in units if unit.id not in above]),
        Account.active,
        Account.role.in_((Role.CADRE.value, Role.LEADER.value)),
    )
    for one in await session.scalars(workers.order_by(Account.role, Account.id)):
        away = one.on_leave_until if one.on_leave_until and one.on_leave_until >= today else None
        people[one.organization_id].append(Person(one.id, one.display_name, one.role, away))
    ordered = sorted(units, key=lambda unit: (unit.id in above, unit.path.count("/"), unit.path))
    return tuple(Target(unit.id, unit.name, unit.id in above, tuple(people[unit.id])) for unit in ordered)


def chosen(targets: tuple[Target, ...], value: str) -> tuple[int | None, int | None] | None:
    """Return (unit, person) of a posted choice "unit:5" or "person:7"; None for one that was not offered."""
    kind, _, number = value.partition(":")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    wanted = int(number)
    if kind == "unit" and any(target.id == wanted for target in targets):
        return wanted, None
    if kind == "person":
        for target in targets:
            if any(person.id == wanted for person in target.people):
                return target.id, wanted
    return None
