"""Ticket numbers: KM20261122-0007 = Kunming, the day in China, the seventh of that day."""

from datetime import datetime

from sqlalchemy import Integer, String, cast, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Cursor, Organization
from tickets.organizations import OTHER_PREFIX, prefixes
from tickets.sla import SHANGHAI


async def next_number(session: AsyncSession, unit: Organization, now: datetime) -> str:
    """Return the next number of the unit's prefecture for today; two transactions never get the same."""
    series = f"{await _prefix(session, unit)}{now.astimezone(SHANGHAI):%Y%m%d}"
    return f"{series}-{await _count_up(session, f'ticket-number:{series}'):04d}"


async def _prefix(session: AsyncSession, unit: Organization) -> str:
    ids = [int(part) for part in unit.path.split("/") if part]
    query = select(Organization.code).where(Organization.id.in_(ids)).order_by(Organization.path.desc())
    known = prefixes()
    return next((known[code] for code in await session.scalars(query) if code in known), OTHER_PREFIX)


async def _count_up(session: AsyncSession, name: str) -> int:
    """Add one to a counter in the database; its row stays locked until the transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(Cursor)
        .values(name=name, value="1")
        .on_conflict_do_update(
            index_elements=[Cursor.name],
            set_={"value": cast(cast(Cursor.value, Integer) + 1, String)},
        )
        .returning(Cursor.value)
    )
    return int((await session.execute(statement)).scalar_one())
