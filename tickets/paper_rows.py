"""The check list of a ticket as rows: reading it, and writing it when the ticket is opened."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Ticket
from storage.service_models import TicketPaper
from tickets.values import PaperNeeded

STATES: Final = ("owed", "ready", "sent", "accepted", "returned", "waived")
DONE: Final = frozenset({"accepted", "waived"})  # nothing more is wanted of it


async def store(session: AsyncSession, ticket: Ticket, needed: Sequence[PaperNeeded], now: datetime) -> None:
    """Add what the list does not have yet; what is there keeps its state."""
    there = {paper.key for paper in (await papers_of(session, [ticket.id])).get(ticket.id, [])}
    session.add_all(
        TicketPaper(
            ticket_id=ticket.id, key=one.key, label=one.label, required=one.required, state="owed",
            updated_at=now,
        )
        for one in needed
        if one.key not in there
    )  # fmt: skip
    await session.flush()


async def papers_of(session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, list[TicketPaper]]:
    """Return the papers by ticket, in the order of the list."""
    found: dict[int, list[TicketPaper]] = defaultdict(list)
    if ticket_ids:
        query = select(TicketPaper).where(TicketPaper.ticket_id.in_(ticket_ids))
        for paper in await session.scalars(query.order_by(TicketPaper.id)):
            found[paper.ticket_id].append(paper)
    return found
