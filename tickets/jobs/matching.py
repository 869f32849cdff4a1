"""Which postings fit: filter and order in SQL, the nearest circle of regions first; never more than four queries.

Trade, dates, age and a lodging that is refused are filters. Distance is a rank (same county, city, province, elsewhere)
unless the worker said how far at most. Wages are compared by month; up to a tenth less than wished is still shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from nlu.extractors import regions
from storage.service_models import JobPosting
from tickets.jobs.postings import MONTHLY
from tickets.jobs.words import words

ANY_TRADE: Final = "any"
TOLERANCE: Final = 0.9  # of the wage wished for


@dataclass(frozen=True)
class Wish:
    """What somebody is looking for. Wage in yuan a month.

    `circles`: how far, counted from the place: 1 in this place and nowhere else, None anywhere.
    """

    trade: str | None = None
    region: str | None = None
    monthly_wage: int | None = None
    wants_lodging: bool = False
    age: int | None = None
    circles: int | None = None


@dataclass(frozen=True)
class Found:
    """Postings in order, nearest and best first, and whether there are more."""

    postings: tuple[JobPosting, ...]
    more: bool


async def find(
    session: AsyncSession, wish: Wish, today: date, *, count: int = 3, skip: int = 0, newer_than: int = 0
) -> Found:
    """Return `count` fitting postings after the first `skip`; `newer_than` is an id that they must be above."""
    wanted = skip + count + 1
    found: list[JobPosting] = []
    fitting = and_(*_fits(wish, today, newer_than))
    for place in _places(wish):
        query = _ordered(select(JobPosting).where(fitting, *place), wish).limit(wanted - len(found))
        found += (await session.scalars(query)).all()
        if len(found) >= wanted:
            break
    return Found(tuple(found[skip : skip + count]), len(found) > skip + count)


async def count_fitting(session: AsyncSession, wish: Wish, today: date, newer_than: int) -> int:
    """Return how many postings above an id fit."""
    places = or_(*(and_(*place) for place in _places(wish) if place))
    query = select(func.count()).select_from(JobPosting).where(*_fits(wish, today, newer_than))
    return await session.scalar(query if wish.region is None else query.where(places)) or 0


def _places(wish: Wish) -> Sequence[list[ColumnElement[bool]]]:
    """The conditions on the region, one for each circle; equality alone, which an index serves in any collation."""
    if wish.region is None:
        return [[]]
    circles = regions.circles(wish.region)
    near: list[list[ColumnElement[bool]]] = [[JobPosting.region.in_(circle)] for circle in circles]
    if wish.circles is not None:
        return near[: wish.circles]
    inside = [name for circle in circles for name in circle]
    return [*near, [JobPosting.region.not_in(inside)]]


def _fits(wish: Wish, today: date, newer_than: int) -> list[ColumnElement[bool]]:
    trades = [wish.trade] if wish.trade and wish.trade != ANY_TRADE else list(words().trades)
    found: list[ColumnElement[bool]] = [
        JobPosting.active.is_(True),
        JobPosting.trade.in_(trades),
        or_(JobPosting.ends_on.is_(None), JobPosting.ends_on >= today),
    ]
    if newer_than:
        found.append(JobPosting.id > newer_than)
    if wish.wants_lodging:
        found.append(or_(JobPosting.lodging.is_(None), JobPosting.lodging.is_(True)))
    if wish.monthly_wage is not None:
        found.append(
            or_(JobPosting.monthly_from.is_(None), _most_by_month() >= wish.monthly_wage * TOLERANCE)
        )
    if wish.age is not None:
        found.append(or_(JobPosting.age_from.is_(None), JobPosting.age_from <= wish.age))
        found.append(or_(JobPosting.age_to.is_(None), JobPosting.age_to >= wish.age))
    return found


def _most_by_month() -> ColumnElement[Any]:
    """The upper wage by month, the lower one where there is no upper."""
    factors = case(MONTHLY, value=JobPosting.wage_unit, else_=None)
    return func.coalesce(JobPosting.wage_to * factors, JobPosting.monthly_from)


def _ordered(query: Select[JobPosting], wish: Wish) -> Select[JobPosting]:
    """Enough wage first, then lodging that is sure, then the better wage, then the newer posting."""
    wage = func.coalesce(JobPosting.monthly_from, 0)
    order: list[Any] = []
    if wish.monthly_wage is not None:
        order.append(case((wage >= wish.monthly_wage, 0), else_=1))
    if wish.wants_lodging:
        order.append(case((JobPosting.lodging.is_(True), 0), else_=1))
    return query.order_by(*order, wage.desc(), JobPosting.id.desc())
