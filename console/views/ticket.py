"""Everything that a ticket page shows, read in a fixed number of queries. Texts are masked here."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from console.texts import texts
from console.times import Due, due
from console.views.facts import facts_of
from console.views.masker import Masker, masker
from storage.models import Account, Attachment, Conversation, Message, Organization, Ticket, TicketEvent
from tickets import paper_rows
from tickets.access import identity_hidden, visible_files, visible_messages
from tickets.catalogue import catalogue
from tickets.masking import mask_sensitive, mask_text
from tickets.sla import SlaPolicy
from tickets.values import EventKind, State

MESSAGES = 300
EARLIER_MESSAGES = 60
EVENTS = 300
FROM_WORKER = frozenset({
    EventKind.WORKER_ADDED, EventKind.REOPENED, EventKind.RATED, EventKind.WITHDRAWN, EventKind.PAPER,
})  # fmt: skip
IMAGES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


@dataclass(frozen=True)
class File:
    """A file as listed; `image` when a thumbnail can be shown."""

    token: str
    name: str
    image: bool
    kilobytes: int


@dataclass(frozen=True)
class Said:
    """One message of the conversation."""

    id: int
    author: str
    who: str
    text: str
    at: datetime
    files: tuple[File, ...]


@dataclass(frozen=True)
class Happened:
    """One entry of the history, or an internal note."""

    id: int
    kind: str
    label: str
    who: str
    text: str
    at: datetime


@dataclass(frozen=True)
class PaperLine:
    """A line of the check list, with the files that show the paper."""

    key: str
    label: str
    required: bool
    state: str
    note: str
    files: tuple[File, ...]


@dataclass(frozen=True)
class TicketView:
    """One ticket as its page shows it."""

    ticket: Ticket
    title: str
    result: str
    channel: str
    talking: bool  # a cadre talks on this ticket: the bot is silent
    mine: bool
    hidden: bool  # who complained is hidden from this account
    facts: list[tuple[str, str]]
    sensitive: list[tuple[str, str, str]]
    first: Due
    close: Due
    waiting: Due | None
    messages: list[Said]
    earlier: list[Said]
    files: list[File]
    papers: list[PaperLine]
    notes: list[Happened]
    history: list[Happened]
    last_message: int
    last_event: int


async def load_ticket(
    session: AsyncSession, account: Account, ticket: Ticket, now: datetime, policy: SlaPolicy
) -> TicketView:
    """Return the page's content; the caller has checked that the account may see the ticket."""
    conversation = (
        await session.scalars(select(Conversation).where(Conversation.id == ticket.conversation_id))
    ).one()
    hidden = identity_hidden(account, ticket)
    rows, earlier = await _messages(session, ticket, with_earlier=not hidden)
    events = await events_of(session, ticket)
    files = {} if hidden else await _files(session, ticket, [row.id for row in (*earlier, *rows)])
    names = await _names(session, (*earlier, *rows))
    mask = masker(account, ticket)
    shown = [said(row, files, names, mask) for row in rows]
    history = await happened(session, events, mask)
    words = catalogue()
    return TicketView(
        ticket=ticket,
        title=mask(ticket.title),
        result=mask(ticket.result or ""),
        channel=texts()["channels"].get(conversation.channel, conversation.channel),
        talking=conversation.human_ticket_id == ticket.id,
        mine=ticket.assignee_id == account.id,
        hidden=hidden,
        facts=facts_of(ticket),
        sensitive=[
            (name, words.fields.get(name, name), value)
            for name, value in mask_sensitive(ticket.sensitive).items()
        ],
        first=due(
            ticket.first_response_due, now, policy, running=ticket.open and ticket.first_response_at is None
        ),
        close=due(ticket.close_due, now, policy, running=ticket.open and ticket.state != State.WAITING),
        waiting=due(ticket.next_due, now, policy) if ticket.state == State.WAITING else None,
        messages=shown,
        earlier=[said(row, files, names, mask) for row in earlier],
        files=_unique(files),
        papers=await _papers(session, ticket, hidden=hidden),
        notes=[entry for entry in history if entry.kind == EventKind.NOTE],
        history=[entry for entry in history if entry.kind != EventKind.NOTE],
        last_message=max((row.id for row in rows), default=0),
        last_event=max((event.id for event in events), default=0),
    )


async def _messages(
    session: AsyncSession, ticket: Ticket, *, with_earlier: bool
) -> tuple[list[Message], list[Message]]:
    """Return the messages from the ticket on, and the newest of those before it; both oldest first."""
    base = select(Message).where(Message.conversation_id == ticket.conversation_id, visible_messages())
    opened_by = ticket.opened_by_message_id
    since = Message.id >= opened_by if opened_by else Message.created_at >= ticket.created_at
    rows = (await session.scalars(base.where(since).order_by(Message.id.desc()).limit(MESSAGES))).all()
    if not with_earlier:
        return list(reversed(rows)), []
    before = Message.id < opened_by if opened_by else Message.created_at < ticket.created_at
    earlier = await session.scalars(base.where(before).order_by(Message.id.desc()).limit(EARLIER_MESSAGES))
    return list(reversed(rows)), list(reversed(earlier.all()))


async def conversation_of(session: AsyncSession, account: Account, ticket: Ticket) -> list[Message]:
    """Return the messages that the account sees on the ticket's page, oldest first."""
    rows, earlier = await _messages(session, ticket, with_earlier=not identity_hidden(account, ticket))
    return [*earlier, *rows]


async def messages_after(session: AsyncSession, ticket: Ticket, message_id: int) -> list[Message]:
    """Return the ticket's messages with larger ids, oldest first."""
    query = select(Message).where(
        Message.conversation_id == ticket.conversation_id, Message.id > message_id, visible_messages()
    )
    if ticket.opened_by_message_id:
        query = query.where(Message.id >= ticket.opened_by_message_id)
    return list(await session.scalars(query.order_by(Message.id).limit(MESSAGES)))


async def present(
    session: AsyncSession, account: Account, ticket: Ticket, rows: Sequence[Message]
) -> list[Said]:
    """Return messages as the page shows them, with their files."""
    hidden = identity_hidden(account, ticket)
    files = {} if hidden or not rows else await _files(session, ticket, [row.id for row in rows])
    names, mask = await _names(session, rows), masker(account, ticket)
    return [said(row, files, names, mask) for row in rows]


async def _files(session: AsyncSession, ticket: Ticket, message_ids: Sequence[int]) -> dict[int, list[File]]:
    """Return files by message id; under 0 those that belong to the ticket without a message shown here."""
    query = select(Attachment).where(
        Attachment.conversation_id == ticket.conversation_id,
        visible_files(),
        or_(Attachment.message_id.in_(message_ids), Attachment.ticket_id == ticket.id),
    )
    found: dict[int, list[File]] = defaultdict(list)
    shown = set(message_ids)
    for row in await session.scalars(query.order_by(Attachment.id)):
        key = row.message_id if row.message_id in shown else 0
        found[key or 0].append(_file(row))
    return found


async def _papers(session: AsyncSession, ticket: Ticket, *, hidden: bool) -> list[PaperLine]:
    """Return the check list; the files only to whom the person is not hidden from."""
    rows = (await paper_rows.papers_of(session, [ticket.id])).get(ticket.id, [])
    shown: dict[str, list[File]] = defaultdict(list)
    if rows and not hidden:
        query = select(Attachment).where(
            Attachment.ticket_id == ticket.id, Attachment.paper.is_not(None), visible_files()
        )
        for file in await session.scalars(query.order_by(Attachment.id)):
            shown[file.paper or ""].append(_file(file))
    return [
        PaperLine(
            row.key, mask_text(row.label), row.required, row.state, mask_text(row.note or ""),
            tuple(shown[row.key]),
        )
        for row in rows
    ]  # fmt: skip


def _file(row: Attachment) -> File:
    return File(row.token, mask_text(row.filename), row.content_type in IMAGES, -(-row.size // 1024))


def _unique(files: Mapping[int, list[File]]) -> list[File]:
    return list({file.token: file for group in files.values() for file in group}.values())


async def _names(session: AsyncSession, rows: Sequence[Message]) -> dict[int, str]:
    ids = {row.account_id for row in rows if row.account_id is not None}
    if not ids:
        return {}
    query = select(Account.id, Account.display_name).where(Account.id.in_(ids))
    return {row[0]: row[1] for row in (await session.execute(query)).all()}


def said(row: Message, files: Mapping[int, list[File]], names: Mapping[int, str], mask: Masker) -> Said:
    """Return one message as shown."""
    attached = tuple(files.get(row.id, ()))
    kinds = texts()["kinds"]
    text = mask(row.text) or ("" if attached else kinds.get(row.kind, kinds["other"]))
    who = names.get(row.account_id or 0) or texts()["authors"].get(row.author, row.author)
    return Said(row.id, row.author, who, text, row.created_at, attached)


async def events_of(session: AsyncSession, ticket: Ticket, after: int = 0) -> list[TicketEvent]:
    """Return the newest events, newest first."""
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket.id, TicketEvent.id > after)
    return list(await session.scalars(query.order_by(TicketEvent.id.desc()).limit(EVENTS)))


async def happened(session: AsyncSession, events: Sequence[TicketEvent], mask: Masker) -> list[Happened]:
    """Return events as shown: who, what, and what was said about it."""
    unit_ids = {event.data["to"] for event in events if isinstance(event.data.get("to"), int)}
    units: dict[int, str] = {}
    if unit_ids:
        query = select(Organization.id, Organization.name).where(Organization.id.in_(unit_ids))
        units = {row[0]: row[1] for row in (await session.execute(query)).all()}
    words = catalogue()
    return [
        Happened(
            event.id,
            event.kind,
            words.events.get(event.kind, event.kind),
            _who(event),
            "，".join(part for part in (_detail(event.data, units), mask(event.text or "")) if part),
            event.at,
        )
        for event in events
    ]


def _who(event: TicketEvent) -> str:
    if event.account is not None:
        return event.account.display_name
    return str(texts()["authors"]["worker" if event.kind in FROM_WORKER else "system"])


def _detail(data: Mapping[str, Any], units: Mapping[int, str]) -> str:
    """Return what the event's data says in words."""
    words, patterns = catalogue(), texts()["event_details"]
    parts = [
        units.get(data.get("to", 0), ""),
        words.closures.get(str(data.get("code")), ""),
        words.fields.get(str(data.get("field")), ""),
        texts()["papers"]["marks"].get(str(data.get("mark")), ""),
        patterns["stars"].format(n=data["stars"]) if "stars" in data else "",
        patterns["days"].format(n=data["days"]) if "days" in data else "",
    ]
    return "，".join(part for part in parts if part)
