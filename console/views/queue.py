"""The queue: filtered, sorted and cut in SQL; the number of queries does not depend on the number of tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from console.texts import texts
from console.times import Due, due
from console.views.masker import Masker, masker
from storage.models import Account, Message, Ticket
from tickets.access import visible_messages, visible_tickets
from tickets.sla import SlaPolicy

PAGE_ROWS = 50
HINT_CHARACTERS = 40
SEARCH_CHARACTERS = 60
SCOPES = ("mine", "unit", "all")
STATES = ("open", "closed")


@dataclass(frozen=True)
class Filters:
    """What the queue page asks for; everything comes from the address and is checked here."""

    scope: str = "mine"
    state: str = "open"
    category: str = ""
    overdue: bool = False
    urgent: bool = False
    q: str = ""
    page: int = 1

    @staticmethod
    def of(query: Mapping[str, str]) -> "Filters":
        """Return the filters of an address; anything unusable is left at its default."""
        page = query.get("page", "")
        return Filters(
            scope=_one_of(query.get("scope", ""), SCOPES),
            state=_one_of(query.get("state", ""), STATES),
            category=query.get("category", "")[:32].replace("\x00", ""),
            overdue=query.get("overdue") == "1",
            urgent=query.get("urgent") == "1",
            q=query.get("q", "").replace("\x00", "").strip()[:SEARCH_CHARACTERS],
            page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 and int(page) else 1,
        )

    def as_query(self) -> dict[str, Any]:
        """Return the values for an address."""
        return {name: (1 if value is True else value) for name, value in asdict(self).items()}


def _one_of(value: str, allowed: Sequence[str]) -> str:
    return value if value in allowed else allowed[0]


@dataclass(frozen=True)
class Hint:
    """The newest words of a conversation, masked and cut."""

    author: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Row:
    """One line of the queue."""

    ticket: Ticket
    due: Due
    hint: Hint | None


@dataclass(frozen=True)
class Queue:
    """One page of the queue with the numbers on its tabs."""

    rows: tuple[Row, ...]
    total: int
    pages: int
    counts: Mapping[str, int]


async def load_queue(
    session: AsyncSession, account: Account, filters: Filters, now: datetime, policy: SlaPolicy
) -> Queue:
    """Return the page that the filters ask for: four queries."""
    visible = visible_tickets(account)
    condition = and_(visible, *_conditions(account, filters, now))
    counts = await _counts(session, account, visible, now)
    total = await session.scalar(select(func.count()).select_from(Ticket).where(condition)) or 0
    order = (
        (Ticket.next_due, Ticket.id)
        if filters.state == "open"
        else (Ticket.closed_at.desc(), Ticket.id.desc())
    )
    query = select(Ticket).where(condition).order_by(*order)
    tickets = (await session.scalars(query.limit(PAGE_ROWS).offset((filters.page - 1) * PAGE_ROWS))).all()
    newest = await _newest_words(session, [ticket.conversation_id for ticket in tickets])
    rows = tuple(
        Row(
            ticket,
            due(ticket.next_due, now, policy, running=ticket.open),
            _hint(newest.get(ticket.conversation_id), masker(account, ticket)),
        )
        for ticket in tickets
    )
    return Queue(rows, total, max(1, -(-total // PAGE_ROWS)), counts)


def _conditions(account: Account, filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Ticket.open.is_(filters.state == "open")]
    if filters.scope == "mine":
        found.append(Ticket.assignee_id == account.id)
    elif filters.scope == "unit":
        found.append(Ticket.organization_id == account.organization_id)
    if filters.category:
        found.append(Ticket.category == filters.category)
    if filters.overdue:
        found.append(Ticket.next_due < now)
    if filters.urgent:
        found.append(Ticket.urgency != "normal")
    if filters.q:
        found.append(
            or_(
                Ticket.number.icontains(filters.q, autoescape=True),
                Ticket.employer.icontains(filters.q, autoescape=True),
            )
        )
    return found


async def _counts(
    session: AsyncSession, account: Account, visible: ColumnElement[bool], now: datetime
) -> Mapping[str, int]:
    columns = {
        "mine": Ticket.assignee_id == account.id,
        "unit": Ticket.organization_id == account.organization_id,
        "all": Ticket.id.is_not(None),
        "overdue": Ticket.next_due < now,
    }
    sums = [func.coalesce(func.sum(cast(part, Integer)), 0).label(name) for name, part in columns.items()]
    row = (await session.execute(select(*sums).where(visible, Ticket.open))).one()
    return {name: int(value) for name, value in row._mapping.items()}  # noqa: SLF001 - public in spite of its name


async def _newest_words(session: AsyncSession, conversation_ids: Sequence[int]) -> dict[int, Message]:
    """Return the newest words of a person, worker or cadre, in each conversation."""
    newest = (
        select(func.max(Message.id))
        .where(
            Message.conversation_id.in_(set(conversation_ids)),
            Message.author.in_(("worker", "cadre")),
            visible_messages(),
        )
        .group_by(Message.conversation_id)
    )
    rows = await session.scalars(select(Message).where(Message.id.in_(newest)))
    return {row.conversation_id: row for row in rows}


def _hint(row: Message | None, mask: Masker) -> Hint | None:
    if row is None:
        return None
    # masked before it is cut: half a phone number is not recognised as one
    text = mask(row.text).replace("\n", " ") or texts()["kinds"].get(row.kind, texts()["kinds"]["other"])
    cut = text if len(text) <= HINT_CHARACTERS else text[:HINT_CHARACTERS] + "…"
    return Hint(texts()["authors"][row.author], cut, row.created_at)
