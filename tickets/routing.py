"""Which union unit and which cadre a matter goes to."""

from datetime import date

from sqlalchemy import func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Organization, Ticket
from tickets.access import Role
from tickets.errors import NoUnit

_ROUTABLE = Organization.level != "enterprise"  # the employer's own union must not learn who complained


async def route(
    session: AsyncSession,
    region: str | None,
    category: str,  # noqa: ARG001 - part of the interface: units may specialise later
    today: date,
) -> tuple[Organization, Account | None]:
    """Return the unit and person for a matter at `region` (full official names joined, or None).

    The deepest unit whose region begins the matter's region gets it. If nobody works there today, the
    nearest unit above with somebody does; if nobody works anywhere above, the deepest unit keeps it in
    its queue without an assignee. An unknown region goes to the top of the tree.
    Raises NoUnit when there is no unit at all.
    """
    home = await home_unit(session, region)
    for unit in await upwards(session, home):
        person = await least_busy(session, unit.id, today)
        if person is not None:
            return unit, person
    return home, None


async def home_unit(session: AsyncSession, region: str | None) -> Organization:
    """Return the deepest unit whose region begins this one, the top of the tree for an unknown one; raises NoUnit."""
    wanted = (region or "").strip()
    deepest = (
        select(Organization)
        .where(_ROUTABLE)
        .order_by(func.length(Organization.region).desc(), Organization.id)
    )
    if wanted:
        covering = deepest.where(literal(wanted).startswith(Organization.region), Organization.region != "")
        found = await session.scalar(covering.limit(1))
        if found is None:  # said without the province: 昆明市官渡区
            found = await session.scalar(
                deepest.where(Organization.region.endswith(wanted, autoescape=True)).limit(1)
            )
        if found is not None:
            return found
    top = await session.scalar(
        select(Organization)
        .where(_ROUTABLE, Organization.parent_id.is_(None))
        .order_by(Organization.id)
        .limit(1)
    )
    if top is None:
        raise NoUnit
    return top


async def upwards(session: AsyncSession, unit: Organization) -> list[Organization]:
    """Return the unit and those above it, nearest first."""
    ids = [int(part) for part in unit.path.split("/") if part]
    found = {
        row.id: row for row in await session.scalars(select(Organization).where(Organization.id.in_(ids)))
    }
    return [found[unit_id] for unit_id in reversed(ids) if unit_id in found]


async def least_busy(session: AsyncSession, organization_id: int, today: date) -> Account | None:
    """Return the cadre of the unit with the fewest open tickets and not on leave; else a leader."""
    load = (
        select(func.count())
        .select_from(Ticket)
        .where(Ticket.assignee_id == Account.id, Ticket.open)
        .correlate(Account)
        .scalar_subquery()
    )
    query = (
        select(Account)
        .where(
            Account.organization_id == organization_id,
            Account.active,
            Account.role.in_((Role.CADRE.value, Role.LEADER.value)),
            or_(Account.on_leave_until.is_(None), Account.on_leave_until < today),
        )
        .order_by(Account.role == Role.LEADER.value, load, Account.id)
        .limit(1)
    )
    return await session.scalar(query)
