"""Lists of tickets for cadres: filtered, sorted and cut into pages by the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from storage.models import Account, Organization, Ticket, TicketEvent
from tickets.access import visible_tickets
from tickets.opening import phone_index

PER_PAGE = 20
MOST_PER_PAGE = 100
MINIMUM_PHONE_DIGITS = 11


@dataclass(frozen=True)
class TicketFilter:
    """What a list shows. `search` finds a ticket number, an employer, or a whole phone number."""

    open: bool | None = True
    mine: bool = False
    unassigned: bool = False
    overdue: bool = False
    state: str | None = None
    category: str | None = None
    urgency: str | None = None
    region: str | None = None
    organization_id: int | None = None
    search: str = ""
    order: Literal["due", "newest"] = "due"


@dataclass(frozen=True)
class TicketPage:
    """One page of a list; `page` counts from 1."""

    tickets: tuple[Ticket, ...]
    total: int
    page: int
    pages: int


async def list_tickets(
    session: AsyncSession,
    account: Account,
    wanted: TicketFilter,
    now: datetime,
    *,
    page: int = 1,
    per_page: int = PER_PAGE,
) -> TicketPage:
    """Return one page of the tickets that the account may see: next due first, closed ones newest first."""
    conditions = [visible_tickets(account), *_conditions(account, wanted, now)]
    total = await session.scalar(select(func.count()).select_from(Ticket).where(*conditions)) or 0
    size = min(max(per_page, 1), MOST_PER_PAGE)
    pages = max(-(-total // size), 1)
    number = min(max(page, 1), pages)
    # Protected details are not even decrypted for a list.
    query = (
        _ordered(select(Ticket), wanted).where(*conditions).options(defer(Ticket.sensitive, raiseload=True))
    )
    rows = await session.scalars(query.limit(size).offset((number - 1) * size))
    return TicketPage(tuple(rows), total, number, pages)


def _ordered(query: Select[Ticket], wanted: TicketFilter) -> Select[Ticket]:
    if wanted.order == "newest" or wanted.open is False:
        return query.order_by(Ticket.created_at.desc(), Ticket.id.desc())
    return query.order_by(Ticket.next_due, Ticket.id)


def _conditions(account: Account, wanted: TicketFilter, now: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.open is not None:
        conditions.append(Ticket.open.is_(wanted.open))
    if wanted.mine:
        conditions.append(Ticket.assignee_id == account.id)
    if wanted.unassigned:
        conditions.append(Ticket.assignee_id.is_(None))
    if wanted.overdue:
        conditions += [Ticket.open.is_(True), Ticket.next_due < now]
    for column, value in (
        (Ticket.state, wanted.state),
        (Ticket.category, wanted.category),
        (Ticket.urgency, wanted.urgency),
    ):
        if value:
            conditions.append(column == value)
    if wanted.region:
        conditions.append(Ticket.region.startswith(wanted.region, autoescape=True))
    if wanted.organization_id is not None:
        conditions.append(Ticket.organization_id.in_(_units_below(wanted.organization_id)))
    if wanted.search.strip():
        conditions.append(_matches(wanted.search.strip()))
    return conditions


def _units_below(organization_id: int) -> Select[int]:
    return select(Organization.id).where(Organization.path.contains(f"/{organization_id}/"))


def _matches(search: str) -> ColumnElement[bool]:
    found = or_(
        Ticket.number.icontains(search, autoescape=True), Ticket.employer.icontains(search, autoescape=True)
    )
    if sum(char.isdecimal() for char in search) >= MINIMUM_PHONE_DIGITS:
        return or_(found, Ticket.phone_index == phone_index(search))
    return found


async def counts(session: AsyncSession, account: Account, now: datetime) -> dict[str, int]:
    """Return how many open tickets the account sees: all, mine, unassigned, overdue."""
    query = select(
        func.count(),
        func.count().filter(Ticket.assignee_id == account.id),
        func.count().filter(Ticket.assignee_id.is_(None)),
        func.count().filter(Ticket.next_due < now),
    ).where(visible_tickets(account), Ticket.open)
    row = (await session.execute(query)).one()
    return dict(zip(("open", "mine", "unassigned", "overdue"), row, strict=True))


async def history(session: AsyncSession, ticket: Ticket) -> tuple[TicketEvent, ...]:
    """Return everything that happened to a ticket, oldest first; the caller has checked access."""
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    return tuple(await session.scalars(query))
