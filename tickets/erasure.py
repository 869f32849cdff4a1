"""Deleting a person's data at their wish (PIPL art. 47), so that no row still leads to them.

The conversation's row stays for the receipt and begins anew. Its tickets keep what figures are made of (category,
county, amounts, times, outcome) and move to a row that belongs to nobody. Everything else goes.
"""

import re
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Table, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from nlu import entities
from storage.base import Base
from storage.cipher import CipherError
from storage.models import (
    Account,
    Attachment,
    AuditEntry,
    Conversation,
    Feedback,
    Message,
    Miss,
    OutboxRow,
    QuarantinedUpdate,
    Ticket,
    TicketEvent,
)
from storage.service_models import Document, TicketPaper, UnionRating
from tickets.audit import AuditTag, record
from tickets.catalogue import catalogue
from tickets.changes import NOBODY, lock_conversation, touch
from tickets.ratings import rater_of
from tickets.scrubbing import Scrubber, scrubber
from tickets.service import live_topics
from tickets.worker import withdraw

REPEATED_WITHIN = timedelta(hours=48)  # a channel may deliver a message again (Telegram keeps one for a day)
WHEN_CLOSED: Final = "erase_when_closed"  # preference: delete once nothing is open any more
READING_DAYS = 3  # between the last ticket's end and that deletion: its result is to be read first
LONGEST_CODE: Final = 32
FEWEST_DIGITS_OF_A_NUMBER: Final = 10_000_000_000  # from here a figure may be a phone or a card
_PEOPLE = re.compile(r"\d{1,6}\+?")
_ANY_DAY = date(2026, 1, 1)

Codes = Mapping[str, frozenset[str]]  # question -> the answers that its buttons can give


@dataclass(frozen=True)
class Erased:
    """What became of it: files whose bytes may go after the commit, live topics to wake."""

    files: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()


async def open_tickets(session: AsyncSession, conversation_id: int) -> Sequence[Ticket]:
    """Return what is still in somebody's hands."""
    query = select(Ticket).where(Ticket.conversation_id == conversation_id, Ticket.open)
    return (await session.scalars(query.order_by(Ticket.id))).all()


def must_wait(tickets: Iterable[Ticket]) -> bool:
    """True while somebody's life may be at stake: that help needs the data (PIPL art. 13 (4))."""
    return any(ticket.open and ticket.urgency == "critical" for ticket in tickets)


async def erase(
    session: AsyncSession, conversation_id: int, now: datetime, codes: Codes, *, receipt: int | None = None
) -> Erased:
    """Withdraw what is open and delete everything about the person; a second time finds nothing to do.

    The caller removes the files after the commit. `receipt` is the message that stays, without its words.
    """
    conversation = await lock_conversation(session, conversation_id)
    for ticket in await open_tickets(session, conversation_id):
        await withdraw(session, ticket.id, now)
    query = select(Ticket).where(Ticket.conversation_id == conversation_id).with_for_update(of=Ticket)
    tickets = (await session.scalars(query.execution_options(populate_existing=True))).all()
    hide = _known(conversation, tickets)
    topics = {topic for ticket in tickets for topic in live_topics(ticket)}
    nobody = await _nobody(session, now)
    for ticket in tickets:
        await _anonymise(session, ticket, nobody.id, hide, codes, now)
    await session.flush()
    await _scrub_audit(session, [ticket.number for ticket in tickets], hide)
    await _forget_updates(session, conversation, hide)
    await _unsign_ratings(session, conversation)
    await _empty_recent(session, conversation_id, nobody.id, receipt, now)
    files = await remove_rows(session, [conversation_id], keep=() if receipt is None else (receipt,))
    await _forget_sent(session, conversation)
    await _begin_anew(session, conversation, receipt, now)
    detail = {"tickets": len(tickets), "files": len(files)}
    record(session, AuditTag.DATA_ERASED, None, f"conversation:{conversation_id}", now, detail)
    await session.flush()
    return Erased(files, frozenset(topics))


async def remove_rows(
    session: AsyncSession, conversation_ids: Collection[int], *, keep: Collection[int] = ()
) -> frozenset[str]:
    """Delete every row that hangs on these conversations, tickets apart, and return the hashes of files left over.

    Tables are found by their column, so that a new one is not forgotten. `keep` are ids of messages.
    """
    ids = list(conversation_ids)
    hashes = await _hashes(session, ids)
    messages = select(Message.id).where(Message.conversation_id.in_(ids), Message.id.not_in(list(keep)))
    for by_message in (OutboxRow, Miss, Feedback):
        await session.execute(delete(by_message).where(by_message.message_id.in_(messages)))
    for table in reversed(Base.metadata.sorted_tables):
        if table.name not in {"tickets", "messages"} and "conversation_id" in table.c:
            await session.execute(delete(table).where(table.c.conversation_id.in_(ids)))
    await session.execute(delete(Message).where(Message.id.in_(messages)))
    return frozenset(hashes - await named_files(session, hashes))


async def named_files(session: AsyncSession, hashes: Collection[str]) -> set[str]:
    """Return those of the hashes that some row still names."""
    wanted = list(hashes)
    files = await session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(wanted)))
    papers = await session.scalars(select(Document.sha256).where(Document.sha256.in_(wanted)))
    return {*files, *(name for name in papers if name)}


async def due(session: AsyncSession, now: datetime) -> list[int]:
    """Return the conversations to delete now: wished for, nothing open, and the last result had time to be read."""
    wished = Conversation.preferences[WHEN_CLOSED].as_boolean().is_(True)
    since = now - timedelta(days=READING_DAYS)
    busy = select(Ticket.conversation_id).where(or_(Ticket.open, Ticket.closed_at > since))
    return list(await session.scalars(select(Conversation.id).where(wished, Conversation.id.not_in(busy))))


async def tidy_nobody(session: AsyncSession, now: datetime) -> None:
    """Delete what was kept against repeated deliveries, and rows of nobody without a ticket."""
    rows = select(Conversation.id).where(Conversation.channel == NOBODY)
    old = Message.created_at < now - REPEATED_WITHIN
    await session.execute(delete(Message).where(Message.conversation_id.in_(rows), old))
    tickets, messages = select(Ticket.conversation_id), select(Message.conversation_id)
    await session.execute(
        delete(Conversation).where(
            Conversation.channel == NOBODY, Conversation.id.not_in(tickets), Conversation.id.not_in(messages)
        )
    )


async def _hashes(session: AsyncSession, ids: Sequence[int]) -> set[str]:
    files = await session.scalars(select(Attachment.sha256).where(Attachment.conversation_id.in_(ids)))
    papers = await session.scalars(select(Document.sha256).where(Document.conversation_id.in_(ids)))
    return {*files, *(name for name in papers if name)}


async def _nobody(session: AsyncSession, now: datetime) -> Conversation:
    """A row that no channel and no browser can claim: the colon is in no web session's name."""
    row = Conversation(
        channel=NOBODY, address=f"{NOBODY}:{secrets.token_hex(8)}", created_at=now, last_inbound_at=now
    )
    session.add(row)
    await session.flush()
    return row


async def _anonymise(
    session: AsyncSession, ticket: Ticket, nobody: int, hide: Scrubber, codes: Codes, now: datetime
) -> None:
    ticket.conversation_id, ticket.opened_by_message_id = nobody, None
    ticket.title = catalogue().category(ticket.category).label
    ticket.sensitive = ticket.phone_index = ticket.employer = ticket.result = None
    place = entities.parse_slot("region", ticket.region, _ANY_DAY) if ticket.region else None
    ticket.region = str(place) if place else None
    ticket.facts = anonymous_facts(ticket.facts, codes)
    if ticket.people_count and not _PEOPLE.fullmatch(ticket.people_count):
        ticket.people_count = None
    touch(ticket, now)
    events = await session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket.id))
    for event in events:
        event.text = None
        event.data = {name: value for name, value in event.data.items() if name != "message_id"}
    for paper in await session.scalars(select(TicketPaper).where(TicketPaper.ticket_id == ticket.id)):
        paper.note, paper.label = None, hide(paper.label)


def anonymous_facts(facts: Mapping[str, Any], codes: Codes) -> dict[str, Any]:
    """Return figures and answers given by button. Words go: a name may stand in any of them."""
    return {name: value for name, value in facts.items() if _says_nobody(value, codes.get(name, frozenset()))}


def _says_nobody(value: Any, codes: frozenset[str]) -> bool:
    if isinstance(value, bool | int | float):
        return abs(value) < FEWEST_DIGITS_OF_A_NUMBER
    if isinstance(value, str):
        return value in codes
    return isinstance(value, list | tuple) and all(isinstance(one, str) and one in codes for one in value)


def _known(conversation: Conversation, tickets: Iterable[Ticket]) -> Scrubber:
    """What hides everything that the person told of themselves, wherever a cadre may have repeated it."""
    told = [
        *(ticket.sensitive or {} for ticket in tickets),
        conversation.profile or {},
        *_frames(conversation),
    ]
    names = [str(one["name"]) for one in told if one.get("name")]
    details = {name: value for one in told for name, value in one.items() if name in DETAILS}
    return scrubber(list(details.values()), names)


DETAILS: Final = frozenset({"name", "phone", "id_number", "bank_card", "home", "mail", "address"})


def _frames(conversation: Conversation) -> list[dict[str, Any]]:
    state = conversation.state or {}
    found = [(state.get(name) or {}).get("values") or {} for name in ("frame", "paused", "calculated")]
    return [*found, state.get("heard_facts") or {}]


async def _scrub_audit(session: AsyncSession, numbers: Sequence[str], hide: Scrubber) -> None:
    """The entry stays: who looked at what, and when. What a cadre wrote as a reason loses the person's name."""
    subjects = [f"ticket:{number}" for number in numbers]
    for entry in await session.scalars(select(AuditEntry).where(AuditEntry.subject.in_(subjects))):
        cleaned = {name: hide(value) if name == "reason" else value for name, value in entry.detail.items()}
        if cleaned != entry.detail:
            entry.detail = cleaned


async def _unsign_ratings(session: AsyncSession, conversation: Conversation) -> None:
    """Marks for the union stay as figures; the words go, and the hash by which this year's could be found again."""
    years = list(await session.scalars(select(UnionRating.year).distinct()))
    raters = [rater_of(conversation, year) for year in years]
    for rating in await session.scalars(select(UnionRating).where(UnionRating.rater.in_(raters))):
        rating.rater, rating.comment = secrets.token_hex(16), None


async def _forget_updates(session: AsyncSession, conversation: Conversation, hide: Scrubber) -> None:
    """Delete quarantined updates that name the chat, or a detail of the person."""
    whole = re.compile(rf"(?<![\w-]){re.escape(conversation.address)}(?![\w-])")
    query = select(QuarantinedUpdate.id).where(QuarantinedUpdate.channel == conversation.channel)
    for number in list(await session.scalars(query)):
        try:
            raw = await session.scalar(select(QuarantinedUpdate.raw).where(QuarantinedUpdate.id == number))
        except CipherError:
            continue  # nobody can read it, nor can we
        if raw is not None and (whole.search(raw) or any(detail in raw for detail in hide.details)):
            await session.execute(delete(QuarantinedUpdate).where(QuarantinedUpdate.id == number))


async def _empty_recent(
    session: AsyncSession, conversation_id: int, nobody: int, receipt: int | None, now: datetime
) -> None:
    """Of what came lately only the delivery's name stays, for two days: a repeated one must not be taken as new."""
    recent = (
        Message.conversation_id == conversation_id,
        Message.inbound_key.is_not(None),
        Message.created_at > now - REPEATED_WITHIN,
        Message.id != (receipt or 0),
    )
    ids = list(await session.scalars(select(Message.id).where(*recent)))
    for table in (OutboxRow, Miss, Feedback):
        await session.execute(delete(table).where(table.message_id.in_(ids)))
    emptied = {"text": "", "body": None, "understanding": None, "ticket_id": None, "kind": "text"}
    change = update(Message).where(Message.id.in_(ids)).values(conversation_id=nobody, **emptied)
    await session.execute(change.execution_options(synchronize_session="fetch"))


async def _forget_sent(session: AsyncSession, conversation: Conversation) -> None:
    """What was sent without a message of the conversation; a cadre's notices in the same chat stay."""
    cadres = select(Account.telegram_chat_id).where(Account.telegram_chat_id.is_not(None))
    mine = (OutboxRow.channel == conversation.channel, OutboxRow.address == conversation.address)
    await session.execute(
        delete(OutboxRow).where(*mine, OutboxRow.message_id.is_(None), OutboxRow.address.not_in(cadres))
    )


async def _begin_anew(
    session: AsyncSession, conversation: Conversation, receipt: int | None, now: datetime
) -> None:
    conversation.state = conversation.profile = conversation.human_ticket_id = None
    conversation.preferences = {}
    conversation.state_version += 1
    conversation.created_at = now
    if receipt is not None:
        message = await session.get_one(Message, receipt)
        if message.direction == "in":
            message.text, message.body, message.understanding = "", None, None
        message.ticket_id = None


def tables_about_people() -> frozenset[Table]:
    """The tables that hang on a conversation, a ticket or a message: each must be dealt with above."""
    links = {"conversation_id", "ticket_id", "message_id"}
    return frozenset(table for table in Base.metadata.sorted_tables if links & set(table.c.keys()))
