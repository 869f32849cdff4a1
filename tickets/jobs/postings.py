"""Postings in the database: bulk saving that updates what came before, pages for the console, export."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Organization
from storage.service_models import JobPosting
from tickets.access import Action, may, units_below
from tickets.audit import AuditTag, record
from tickets.errors import NotAllowed
from tickets.jobs.words import words
from tickets.spreadsheets import Cell

T = TypeVar("T")
DAYS_A_MONTH: Final = 21.75  # 劳社部发〔2008〕3号: wage days of a month
HOURS_A_DAY: Final = 8
MONTHLY: Final[Mapping[str, float]] = {"month": 1, "day": DAYS_A_MONTH, "hour": DAYS_A_MONTH * HOURS_A_DAY}
BATCH: Final = 500  # rows a statement: 24 values each, below the 32,766 of SQLite and PostgreSQL
PAGE_ROWS: Final = 50
KEPT: Final = frozenset({"organization_id", "reference", "active", "created_at"})  # by a later import
EXPORTED: Final = 1_000  # rows read at a time


@dataclass(frozen=True)
class NewPosting:
    """A posting as a list gives it. Wages in yuan for each `wage_unit`."""

    reference: str
    title: str
    trade: str
    employer: str
    region: str
    wage_from: int | None = None
    wage_to: int | None = None
    wage_unit: str = "month"
    people: int | None = None
    lodging: bool | None = None
    meals: bool | None = None
    insurance: bool | None = None
    age_from: int | None = None
    age_to: int | None = None
    details: str | None = None
    contact: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class Saved:
    """What a list does to the postings: new ones, changed ones, and those among them that were taken down before."""

    created: int
    updated: int
    inactive: int


def monthly(amount: int | None, unit: str) -> int | None:
    """Return a wage by month in yuan; None for piece work, which has none."""
    factor = MONTHLY.get(unit)
    return None if amount is None or factor is None else round(amount * factor)


async def foresee(session: AsyncSession, organization_id: int, postings: Sequence[NewPosting]) -> Saved:
    """Return what saving these would do; writes nothing."""
    known: dict[str, bool] = {}
    for part in _parts([posting.reference for posting in postings], BATCH):
        query = select(JobPosting.reference, JobPosting.active).where(
            JobPosting.organization_id == organization_id, JobPosting.reference.in_(part)
        )
        known |= {row.reference: row.active for row in await session.execute(query)}
    inactive = sum(not active for active in known.values())
    return Saved(len(postings) - len(known), len(known), inactive)


async def save(
    session: AsyncSession, account: Account, postings: Sequence[NewPosting], now: datetime
) -> Saved:
    """Add or update postings of the account's own unit by their reference; one statement for every 500.

    A posting that was taken down stays down: an old list must not bring it back.
    """
    if not may(account, Action.MANAGE_JOBS):
        raise NotAllowed
    unit_id = account.organization_id
    saved = await foresee(session, unit_id, postings)
    for part in _parts(postings, BATCH):
        await session.execute(_upsert(session, [_values(unit_id, posting, now) for posting in part]))
    detail = {"created": saved.created, "updated": saved.updated}
    record(session, AuditTag.JOBS_IMPORTED, account, f"organization {unit_id}", now, detail)
    return saved


def _values(organization_id: int, posting: NewPosting, now: datetime) -> dict[str, Any]:
    by_month = monthly(posting.wage_from or posting.wage_to, posting.wage_unit)
    return asdict(posting) | {
        "organization_id": organization_id, "monthly_from": by_month, "active": True, "created_at": now,
        "updated_at": now,
    }  # fmt: skip


def _upsert(session: AsyncSession, rows: list[dict[str, Any]]) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(JobPosting).values(rows)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in KEPT}
    return statement.on_conflict_do_update(index_elements=["organization_id", "reference"], set_=changed)


def _parts(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))


@dataclass(frozen=True)
class Filters:
    """What the console's list asks for; `state` is active, ended, inactive or all."""

    q: str = ""
    trade: str = ""
    state: str = "active"
    sort: str = "new"


@dataclass(frozen=True)
class ListPage:
    """One page of the list."""

    rows: Sequence[JobPosting]
    units: Mapping[int, str]
    total: int
    pages: int


SORTS: Final[Mapping[str, tuple[Any, ...]]] = {
    "new": (JobPosting.updated_at.desc(), JobPosting.id.desc()),
    "wage": (func.coalesce(JobPosting.monthly_from, 0).desc(), JobPosting.id.desc()),
    "region": (JobPosting.region, JobPosting.id.desc()),
    "ends": (func.coalesce(JobPosting.ends_on, date.max), JobPosting.id.desc()),
}
STATES: Final = ("active", "ended", "inactive", "all")


def _visible(account: Account) -> ColumnElement[bool]:
    return JobPosting.organization_id.in_(units_below(account))


def _condition(account: Account, filters: Filters, today: date) -> ColumnElement[bool]:
    over = and_(JobPosting.ends_on.is_not(None), JobPosting.ends_on < today)
    found: list[ColumnElement[bool]] = [_visible(account)]
    if filters.state != "all":
        found.append(JobPosting.active.is_(filters.state != "inactive"))
    if filters.state == "active":
        found.append(or_(JobPosting.ends_on.is_(None), JobPosting.ends_on >= today))
    if filters.state == "ended":
        found.append(over)
    if filters.trade:
        found.append(JobPosting.trade == filters.trade)
    if filters.q:
        columns = (JobPosting.reference, JobPosting.title, JobPosting.employer, JobPosting.region)
        found.append(or_(*(column.icontains(filters.q, autoescape=True) for column in columns)))
    return and_(*found)


async def load_page(
    session: AsyncSession, account: Account, filters: Filters, number: int, today: date
) -> ListPage:
    """Return a page of the postings of the account's unit and below, sorted in the database: three queries."""
    if not may(account, Action.MANAGE_JOBS):
        raise NotAllowed
    condition = _condition(account, filters, today)
    total = await session.scalar(select(func.count()).select_from(JobPosting).where(condition)) or 0
    query = select(JobPosting).where(condition).order_by(*SORTS[filters.sort])
    rows = (await session.scalars(query.limit(PAGE_ROWS).offset((number - 1) * PAGE_ROWS))).all()
    names = select(Organization.id, Organization.name).where(
        Organization.id.in_({row.organization_id for row in rows})
    )
    units = {row.id: row.name for row in await session.execute(names)}
    return ListPage(rows, units, total, max(1, -(-total // PAGE_ROWS)))


async def set_active(
    session: AsyncSession, account: Account, posting_id: int, active: bool, now: datetime
) -> JobPosting:
    """Take a posting down or put it up again; raises NotAllowed for one of another unit."""
    query = select(JobPosting).where(JobPosting.id == posting_id, _visible(account)).with_for_update()
    posting = await session.scalar(query) if may(account, Action.MANAGE_JOBS) else None
    if posting is None:
        raise NotAllowed
    if posting.active != active:
        posting.active, posting.updated_at = active, now
        record(session, AuditTag.JOB_ACTIVE, account, f"job {posting.id}", now, {"active": active})
    return posting


async def export_rows(
    session: AsyncSession, account: Account, filters: Filters, today: date
) -> AsyncIterator[list[Cell]]:
    """Give the postings as rows under the headings of `export_headings`, a thousand at a time."""
    if not may(account, Action.MANAGE_JOBS):
        raise NotAllowed
    query = select(JobPosting).where(_condition(account, filters, today)).order_by(*SORTS[filters.sort])
    for start in range(0, 2**31, EXPORTED):
        rows = (await session.scalars(query.limit(EXPORTED).offset(start))).all()
        for posting in rows:
            yield _cells(posting)
        session.expunge_all()
        if len(rows) < EXPORTED:
            return


def export_headings() -> list[str]:
    """Return the headings that an import understands."""
    return [words().column(name) for name in words().columns]


def _cells(posting: JobPosting) -> list[Cell]:
    return [_cell(name, getattr(posting, name)) for name in words().columns]


def _cell(name: str, value: Cell) -> Cell:
    if name == "trade":
        return words().trades.get(str(value), value)
    if name == "wage_unit":
        return words().unit_word(str(value))
    return words().yes_word(value) if isinstance(value, bool) else value
