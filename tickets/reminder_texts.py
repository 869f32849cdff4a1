"""What a reminder says, whether there is still a reason for it, and its way to the worker."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Conversation, Message, OutboxRow, Ticket, TicketEvent
from storage.service_models import Reminder
from tickets import paper_rows
from tickets.catalogue import catalogue
from tickets.delivery import PUSH_CHANNELS, tell_worker
from tickets.sla import SHANGHAI
from tickets.times import before_text, moment_text
from tickets.values import Button, EventKind, State

STOP: Final = "remind:off"  # payloads, as dialogs/buttons.py reads them
OVER: Final = frozenset(
    {"solved", "withdrawn", "duplicate"}
)  # closures after which no limit matters any more


@dataclass(frozen=True)
class Said:
    """A reminder ready to be sent."""

    text: str
    buttons: tuple[Button, ...]


def left_text(due: datetime, now: datetime) -> str:
    """Return how far a date is: 就是今天, 就是明天, 还有7天."""
    days = (due.astimezone(SHANGHAI).date() - now.astimezone(SHANGHAI).date()).days
    words = catalogue()
    if days < 2:
        return words.reminder("left_tomorrow" if days == 1 else "left_today")
    return words.reminder("left_days", days=days)


def day_text(due: datetime) -> str:
    """Return a day with its year: a limit may lie in the next."""
    local = due.astimezone(SHANGHAI)
    return catalogue().reminder("day", year=local.year, month=local.month, day=local.day)


async def message_of(
    session: AsyncSession, row: Reminder, ticket: Ticket | None, now: datetime
) -> Said | None:
    """Return the reminder, or None when the matter is done and nobody needs it any more."""
    stop = Button(catalogue().button("stop"), STOP)
    if row.kind == "season":
        return _season(row, now, stop)
    if ticket is None:
        return None
    see = Button(catalogue().button("see"), f"t:{ticket.number}:show")
    if row.kind == "papers":
        return await _papers(session, row, ticket, now, stop)
    over = (ticket.closure_code or "") in OVER if row.kind == "limitation" else not ticket.open
    if over:
        return None
    _, _, limit = row.subject.partition(":")
    what = "" if limit else await last_date_text(session, ticket, row.kind)
    text = catalogue().reminder(
        limit or row.kind,
        number=ticket.number, left=left_text(row.due_at, now), day=day_text(row.due_at),
        when=moment_text(row.due_at, now), what=what,
    )  # fmt: skip
    return Said(text, (see, stop))


def _season(row: Reminder, now: datetime, stop: Button) -> Said:
    words, name = catalogue(), row.subject.partition(":")[0]
    label = words.season(name)
    if now >= row.due_at:
        begin = Button(words.button("begin"), f"flow:{name}")
        return Said(words.reminder("season_begun", label=label), (begin, stop))
    text = words.reminder("season", label=label, day=day_text(row.due_at), left=left_text(row.due_at, now))
    return Said(text, (stop,))


async def _papers(
    session: AsyncSession, row: Reminder, ticket: Ticket, now: datetime, stop: Button
) -> Said | None:
    if not ticket.open:
        return None
    words, papers = catalogue(), (await paper_rows.papers_of(session, [ticket.id])).get(ticket.id, [])
    missing = [one for one in papers if one.state == "returned" or (one.state == "owed" and one.required)]
    if ticket.state != State.WAITING and not any(one.state == "returned" for one in missing):
        return None  # what was asked for has come
    lines = [words.message("paper_line", label=one.label) for one in missing]
    what = "\n".join(lines) or words.reminder("papers_asked")
    text = words.reminder(
        "papers",
        number=ticket.number,
        until=before_text(row.due_at, now),
        left=left_text(row.due_at, now),
        what=what,
    )
    return Said(text, (Button(words.button("papers"), f"t:{ticket.number}:papers"), stop))


def date_line(row: Reminder, now: datetime) -> str:
    """Return a coming date of a ticket as 我的事项 shows it."""
    _, _, limit = row.subject.partition(":")
    when = day_text(row.due_at) if limit else before_text(row.due_at, now)
    if row.kind == "hearing":
        when = moment_text(row.due_at, now)
    return catalogue().reminder(f"line_{limit or row.kind}", when=when)


async def last_date_text(session: AsyncSession, ticket: Ticket, kind: str) -> str:
    """Return what a cadre wrote about the date of this kind: where, what for."""
    query = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.DATE_SET.value
    )
    events = await session.scalars(query.order_by(TicketEvent.id.desc()))
    return next((event.text or "" for event in events if event.data.get("kind") == kind), "")


async def send(
    session: AsyncSession, conversation: Conversation, ticket: Ticket | None, said: Said, now: datetime
) -> None:
    """Store the message in the conversation, and in the outbox where the channel needs a push."""
    if ticket is not None:
        await tell_worker(session, conversation, ticket, said.text, now, buttons=said.buttons)
        return
    body: dict[str, Any] = {"buttons": [button.to_json() for button in said.buttons], "attachments": []}
    message = Message(
        conversation_id=conversation.id, direction="out", author="system", kind="text", text=said.text,
        body=body, created_at=now,
    )  # fmt: skip
    session.add(message)
    await session.flush()
    if conversation.channel in PUSH_CHANNELS:
        session.add(OutboxRow(
            message_id=message.id, channel=conversation.channel, address=conversation.address,
            body={"text": said.text, **body}, not_before=now, created_at=now,
        ))  # fmt: skip
