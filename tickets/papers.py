"""The check list of papers: the worker ticks off and photographs over days, the cadre takes or gives back."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Attachment, Ticket
from storage.service_models import TicketPaper
from tickets import working
from tickets.catalogue import catalogue
from tickets.changes import add_event, lock_for_cadre, lock_for_worker, require_mine, touch
from tickets.delivery import tell_worker
from tickets.errors import (
    AlreadyClosed,
    DuePast,
    EmptyText,
    MissingPaperNote,
    NothingChosen,
    TooLong,
    UnknownPaper,
)
from tickets.notices import notify_responsible
from tickets.outcome_texts import PLAIN, OutcomeTexts
from tickets.paper_rows import DONE, papers_of, store
from tickets.sla import SlaPolicy
from tickets.values import EventKind, PaperNeeded
from tickets.worker import add_from_worker

LABEL_LIMIT: Final = 60
NOTE_LIMIT: Final = 300
PAPERS_LIMIT: Final = 30  # lines of a list
Tick = Literal["owed", "ready", "sent", "cannot"]


@dataclass(frozen=True)
class Verdict:
    """What a cadre makes of one paper: accepted, waived, or returned with what is wrong with it."""

    key: str
    state: Literal["accepted", "returned", "waived"]
    note: str = ""


async def tick(session: AsyncSession, ticket_id: int, key: str, mark: Tick, now: datetime) -> Ticket:
    """The worker says how far a paper is; "cannot": it is not to be had, and the cadre hears of it.

    Raises AlreadyClosed, UnknownPaper.
    """
    _, ticket = await lock_for_worker(session, ticket_id)
    paper = await _open_paper(session, ticket, key)
    if paper.state == mark:
        return ticket
    if mark != "cannot":
        paper.state, paper.updated_at = mark, now
    data = {"key": key, "mark": mark}
    add_event(session, ticket, EventKind.PAPER, now, text=paper.label, data=data)
    if mark in {"sent", "cannot"}:
        await notify_responsible(session, ticket, "worker_added", now)
    await session.flush()
    return ticket


async def photographed(
    session: AsyncSession, ticket_id: int, key: str, message_id: int, now: datetime, policy: SlaPolicy
) -> Ticket:
    """The files of this message show a paper: they join the ticket, and the paper counts as sent.

    Raises AlreadyClosed, UnknownPaper.
    """
    _, ticket = await lock_for_worker(session, ticket_id)
    paper = await _open_paper(session, ticket, key)
    for file in await session.scalars(select(Attachment).where(Attachment.message_id == message_id)):
        file.paper = key
    paper.state, paper.updated_at = "sent", now
    return await add_from_worker(session, ticket_id, message_id, now, policy)


async def _open_paper(session: AsyncSession, ticket: Ticket, key: str) -> TicketPaper:
    if not ticket.open:
        raise AlreadyClosed
    query = select(TicketPaper).where(TicketPaper.ticket_id == ticket.id, TicketPaper.key == key)
    paper: TicketPaper | None = await session.scalar(query)
    if paper is None or paper.state in DONE:
        raise UnknownPaper
    return paper


async def review(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    verdicts: Sequence[Verdict],
    until: datetime | None,
    now: datetime,
    policy: SlaPolicy,
    texts: OutcomeTexts = PLAIN,
    *,
    version: int | None = None,
) -> Ticket:
    """Accept, waive or return papers. What is returned is told at once, with what is wrong and until when.

    Raises NothingChosen, UnknownPaper, MissingPaperNote, DuePast, and what every change of a cadre may.
    """
    conversation, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    listed = (await papers_of(session, [ticket.id])).get(ticket.id, [])
    papers = {paper.key: paper for paper in listed}
    if not verdicts:
        raise NothingChosen
    for verdict in verdicts:
        _judge(session, account, ticket, papers, verdict, now)
    touch(ticket, now)
    returned = [verdict for verdict in verdicts if verdict.state == "returned"]
    if returned:
        if until is None:
            raise DuePast
        await working.ask_material(
            session, account, ticket_id, _missing_text(papers, returned), until, now, policy, texts
        )
    elif all(paper.state in DONE for paper in papers.values() if paper.required):
        text = catalogue().message("papers_complete", number=ticket.number)
        await tell_worker(session, conversation, ticket, text, now, account=account)
    await session.flush()
    return ticket


def _judge(
    session: AsyncSession, account: Account, ticket: Ticket, papers: dict[str, TicketPaper], verdict: Verdict,
    now: datetime,
) -> None:  # fmt: skip
    paper, note = papers.get(verdict.key), verdict.note.strip()
    if paper is None:
        raise UnknownPaper
    if verdict.state == "returned" and not note:
        raise MissingPaperNote
    if len(note) > NOTE_LIMIT:
        raise TooLong(limit=NOTE_LIMIT)
    paper.state, paper.note, paper.updated_at = verdict.state, note or None, now
    data = {"key": verdict.key, "mark": verdict.state}
    add_event(session, ticket, EventKind.PAPER, now, account=account, text=paper.label, data=data)


def _missing_text(papers: dict[str, TicketPaper], returned: Sequence[Verdict]) -> str:
    words = catalogue()
    lines = [
        words.message("paper_note", label=papers[one.key].label, note=one.note.strip()) for one in returned
    ]
    return "\n".join(lines)


async def add(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    label: str,
    now: datetime,
    *,
    version: int | None = None,
) -> Ticket:
    """Put one more paper on the list; the worker sees it there, and is told when it is asked for.

    Raises EmptyText, TooLong, and what every change of a cadre may.
    """
    _, ticket = await lock_for_cadre(session, account, ticket_id, version)
    await require_mine(session, account, ticket)
    name = " ".join(label.split())
    if not name:
        raise EmptyText
    if len(name) > LABEL_LIMIT or len((await papers_of(session, [ticket.id]))[ticket.id]) >= PAPERS_LIMIT:
        raise TooLong(limit=LABEL_LIMIT)
    key = f"extra_{secrets.token_hex(4)}"
    await store(session, ticket, [PaperNeeded(key, name)], now)
    touch(ticket, now)
    data = {"key": key, "mark": "owed"}
    add_event(session, ticket, EventKind.PAPER, now, account=account, text=name, data=data)
    await session.flush()
    return ticket
