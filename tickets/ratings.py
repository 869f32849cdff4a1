"""会员评家: a member's marks for their own union, once a year, and what leaders see of them.

Nothing in a row leads back to who it was: `rater` is a keyed hash of the conversation, only the month is kept, the
row's id is random, and nobody's name, message or ticket stands in the audit.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy import case, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.cipher import current_cipher
from storage.models import Account, Conversation, Message, Organization, OutboxRow
from storage.service_models import UnionRating
from tickets.access import UNSEEN, Action, access_organization, may, visible_organizations
from tickets.audit import AuditTag, record
from tickets.errors import NotAllowed, WrongStars
from tickets.masking import mask_text
from tickets.routing import home_unit
from tickets.sla import SHANGHAI

QUESTIONS: Final = ("service", "rights", "activity", "openness")
FEWEST: Final = 5  # ratings below which nothing is shown: it could be guessed whose they are
COMMENTS: Final = 200  # shown at a time, a random choice of them
COMMENT_CHARACTERS: Final = 500
PAGE_ROWS: Final = 50
PURPOSE: Final = "union-rating"  # so that the hash equals no other that is made of a conversation
NAME_CHARACTERS: Final = 4  # of a union's name that must be said, so that 工会 alone names none
_RANDOM_IDS: Final = 2**62
_TAIL = re.compile(r"(?:基层)?(?:工会)?(?:联合会|委员会)?$")


@dataclass(frozen=True)
class Rated:
    """Whose marks they became; `again`: they took the place of this year's earlier ones."""

    unit: str
    again: bool


def rater_of(conversation: Conversation, year: int) -> str:
    """Return the name under which a person rates in a year; another one next year."""
    who = f"{conversation.channel}:{conversation.address}"  # a row's id may be given to somebody else later
    return current_cipher().blind_index(f"{PURPOSE}:{year}:{who}")


async def rate(
    session: AsyncSession,
    conversation: Conversation,
    region: str | None,
    employer: str | None,
    marks: Mapping[str, int],
    comment: str | None,
    now: datetime,
) -> Rated:
    """Keep the marks (1 to 5 for each of QUESTIONS); this year's earlier ones of the same person go.

    The year is that of Kunming. Raises WrongStars, NoUnit.
    """
    if not complete(marks):
        raise WrongStars
    unit = await union_of(session, region, employer)
    month = now.astimezone(SHANGHAI).date().replace(day=1)
    rater = rater_of(conversation, month.year)
    gone = await session.execute(
        delete(UnionRating)
        .where(UnionRating.year == month.year, UnionRating.rater == rater)
        .returning(UnionRating.id)
    )
    again = bool(gone.scalars().all())
    session.add(UnionRating(
        id=secrets.randbelow(_RANDOM_IDS) + 1, organization_id=unit.id, year=month.year, rater=rater,
        marks={name: marks[name] for name in QUESTIONS}, rated_on=month,
        comment=mask_text(comment.strip()[:COMMENT_CHARACTERS]) if comment and comment.strip() else None,
    ))  # fmt: skip
    # The month stands for the time: the hour would tell who it was.
    at = datetime.combine(month, time(), SHANGHAI).astimezone(UTC)
    record(session, AuditTag.UNION_RATED, None, f"organization:{unit.id}", at, {"year": month.year})
    await session.flush()
    return Rated(unit.name, again)


def complete(marks: Mapping[str, int]) -> bool:
    """Tell whether these are the four marks, each from 1 to 5."""
    return set(marks) == set(QUESTIONS) and all(mark in range(1, 6) for mark in marks.values())


async def union_of(session: AsyncSession, region: str | None, employer: str | None) -> Organization:
    """Return the union of this employer at the place, where the tree has it, else the unit of the place."""
    home = await home_unit(session, region)
    name = _TAIL.sub("", "".join((employer or "").split()))
    if len(name) < NAME_CHARACTERS:
        return home
    named = select(Organization).where(
        Organization.path.startswith(home.path, autoescape=True),
        Organization.name.contains(name, autoescape=True),
    )
    found = (await session.scalars(named.limit(2))).all()
    return found[0] if len(found) == 1 else home


async def forget_words(session: AsyncSession, conversation_id: int, text: str) -> None:
    """Put `text` in the place of what was said while rating, in the conversation and in what was sent."""
    query = select(Message).where(Message.conversation_id == conversation_id, Message.kind == UNSEEN)
    rows = (await session.scalars(query)).all()
    said = {"text": text, "buttons": [], "attachments": []}
    for row in rows:
        row.text, row.body, row.understanding = text, said if row.direction == "out" else None, None
    sent = select(OutboxRow).where(
        OutboxRow.message_id.in_([row.id for row in rows]), OutboxRow.status == "sent"
    )
    for one in await session.scalars(sent):
        one.body = said


@dataclass(frozen=True)
class UnitMarks:
    """What a leader sees of a unit's year: nothing but that there are too few, or number and averages."""

    unit_id: int
    unit: str
    count: int | None  # none: fewer than FEWEST
    averages: Mapping[str, float]


@dataclass(frozen=True)
class ListPage:
    """One page of units that were rated in a year."""

    rows: Sequence[UnitMarks]
    total: int
    pages: int


def _columns() -> list[Any]:
    """Number and averages; the database itself keeps them back where there are too few."""
    enough = func.count() >= FEWEST
    parts = [case((enough, func.avg(UnionRating.marks[name].as_integer())), else_=None) for name in QUESTIONS]
    return [case((enough, func.count()), else_=None), *parts]


async def load_page(session: AsyncSession, account: Account, year: int, number: int) -> ListPage:
    """Return the units of the leader's own and below that were rated in this year; raises NotAllowed."""
    if not may(account, Action.SEE_RATINGS):
        raise NotAllowed
    condition = (UnionRating.year == year, visible_organizations(account))
    joined = (
        select(UnionRating.organization_id)
        .join(Organization, Organization.id == UnionRating.organization_id)
        .where(*condition)
        .distinct()
    )
    total = await session.scalar(select(func.count()).select_from(joined.subquery())) or 0
    query = (
        select(Organization.id, Organization.name, *_columns())
        .join(UnionRating, UnionRating.organization_id == Organization.id)
        .where(*condition)
        .group_by(Organization.id, Organization.name, Organization.path)
        .order_by(Organization.path)
        .limit(PAGE_ROWS)
        .offset((number - 1) * PAGE_ROWS)
    )
    rows = [_marks(*row) for row in await session.execute(query)]
    return ListPage(rows, total, max(1, -(-total // PAGE_ROWS)))


def _marks(unit_id: int, unit: str, count: int | None, *averages: Any) -> UnitMarks:
    shown = zip(QUESTIONS, averages, strict=True)
    known = {name: round(float(value), 1) for name, value in shown if value is not None}
    return UnitMarks(unit_id, unit, count, known)


async def load_unit(
    session: AsyncSession, account: Account, unit_id: int, year: int
) -> tuple[UnitMarks, Sequence[str]]:
    """Return a unit's figures and comments in no order, both only from FEWEST ratings on; raises NotAllowed."""
    if not may(account, Action.SEE_RATINGS):
        raise NotAllowed
    unit = await access_organization(session, account, unit_id)
    mine = (UnionRating.organization_id == unit.id, UnionRating.year == year)
    row = (await session.execute(select(*_columns()).where(*mine))).one()
    marks = _marks(unit.id, unit.name, *row)
    if marks.count is None:
        return marks, ()
    query = select(UnionRating.comment).where(*mine, UnionRating.comment.is_not(None))
    chosen = await session.scalars(query.order_by(func.random()).limit(COMMENTS))
    return marks, [comment for comment in chosen if comment]


async def years(session: AsyncSession, now: datetime) -> list[int]:
    """Return the years with ratings and the present one, newest first."""
    found = set(await session.scalars(select(UnionRating.year).distinct()))
    today: date = now.astimezone(SHANGHAI).date()
    return sorted(found | {today.year}, reverse=True)
