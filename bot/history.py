"""The message rows of a turn: what came in, what went out, and the same answer again for a repeated delivery."""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import files as file_rows
from bot.files import AcceptedFile
from bot.hearing import HeardMessage
from bot.messages import Inbound, Outbound, TurnResult
from bot.worker_matters import papers_and_dates
from dialogs.step import Step
from dialogs.values import OpenTicket, TicketView
from knowledge.search import KnowledgeBase
from storage.models import Conversation, Message, OutboxRow, Ticket
from tickets import service
from tickets.access import UNSEEN
from tickets.sla import SlaPolicy

PUSH_CHANNELS = frozenset({"telegram"})
STORED_CHARACTERS = 20_000
RESULT = "result"  # key in the body of the first reply: ticket and understanding that the turn gave back


async def lock_conversation(
    session: AsyncSession, inbound: Inbound, now: datetime
) -> tuple[Conversation, bool]:
    """Return the conversation, locked until the end of the transaction, and whether it has tickets.

    A first message creates it.
    """
    has_tickets = exists().where(Ticket.conversation_id == Conversation.id)
    query = (
        select(Conversation, has_tickets)
        .where(Conversation.channel == inbound.channel, Conversation.address == inbound.address)
        .with_for_update(of=Conversation)
    )
    found = (await session.execute(query)).one_or_none()
    if found is not None:
        return found[0], bool(found[1])
    conversation = Conversation(
        channel=inbound.channel,
        address=inbound.address,
        state_version=0,
        created_at=now,
        last_inbound_at=now,
    )
    session.add(conversation)
    await session.flush()
    return conversation, False


async def earlier_result(session: AsyncSession, key: str) -> TurnResult | None:
    """Return what this message led to when it came the first time, None when it is new."""
    message = (await session.execute(select(Message).where(Message.inbound_key == key))).scalar_one_or_none()
    if message is None:
        return None
    rows = (
        await session.execute(
            select(Message)
            .where(Message.reply_to_id == message.id, Message.direction == "out")
            .order_by(Message.id)
        )
    ).scalars()
    replies = list(rows)
    last = replies[-1].id if replies else message.id
    outs = tuple(Outbound.from_json(row.body) for row in replies)
    result = (replies[0].body or {}).get(RESULT, {}) if replies else {}
    return TurnResult(
        outs, result.get("ticket"), result.get("about", {}), repeated=True, last_message_id=last
    )


async def cadre_still_there(session: AsyncSession, conversation: Conversation) -> bool:
    """False when the ticket for which the bot is silent is closed, so that nobody reads what is said."""
    query = select(Ticket.open).where(Ticket.id == conversation.human_ticket_id)
    return bool(await session.scalar(query))


async def store_inbound(
    session: AsyncSession, conversation: Conversation, inbound: Inbound, heard: HeardMessage, now: datetime
) -> Message:
    """Add the worker's message; a second one with the same key raises IntegrityError."""
    understanding = heard.heard.understanding
    message = Message(
        conversation_id=conversation.id,
        inbound_key=inbound.key,
        direction="in",
        author="worker",
        kind=inbound.kind,
        text=heard.text[:STORED_CHARACTERS],
        body={"payload": inbound.payload} if inbound.payload else None,
        understanding=None
        if understanding is None
        else {
            "intent": understanding.intent,
            "confidence": round(understanding.confidence, 4),
            "source": understanding.source,
            "ranking": [[ranked.intent, round(ranked.confidence, 4)] for ranked in understanding.ranking[:3]],
        },
        created_at=now,
    )
    session.add(message)
    await session.flush()
    return message


async def record_files(
    session: AsyncSession,
    conversation: Conversation,
    message: Message,
    accepted: tuple[AcceptedFile, ...],
    now: datetime,
) -> tuple[str, ...]:
    """Make stored files part of the conversation; return their tokens."""
    sent = []
    for file in accepted:
        row = await file_rows.record(
            session, file, conversation_id=conversation.id, message_id=message.id, now=now
        )  # fmt: skip
        sent.append(file_rows.sent_file(row))
    if sent:
        message.body = {**(message.body or {}), "attachments": [file.to_json() for file in sent]}
    return tuple(file.token for file in sent)


async def store_replies(
    session: AsyncSession, conversation: Conversation, cause: Message, result: TurnResult, faq_id: str | None,
    now: datetime,
) -> int:  # fmt: skip
    """Add the replies, and their outbox rows on a push channel; return the last message id.

    What a repeated delivery must be told again is kept with the first reply.
    """
    kept = {RESULT: {"ticket": result.ticket, "about": result.understanding}}
    rows = [
        Message(
            conversation_id=conversation.id, reply_to_id=cause.id, direction="out", author="bot", text=out.text,
            body={**out.to_json(), **(kept if number == 0 else {})}, created_at=now,
            understanding={"faq_id": faq_id} if faq_id else None,
        )
        for number, out in enumerate(result.replies)
    ]  # fmt: skip
    session.add_all(rows)
    await session.flush()  # one INSERT for all of them, numbered in the order of the list
    if conversation.channel in PUSH_CHANNELS:
        session.add_all(
            OutboxRow(
                message_id=row.id, channel=conversation.channel, address=conversation.address, body=out.to_json(),
                not_before=now, created_at=now,
            )
            for row, out in zip(rows, result.replies, strict=True)
        )  # fmt: skip
    return rows[-1].id if rows else cause.id


async def hide_from_cadres(session: AsyncSession, message: Message) -> None:
    """Keep a message and its replies from every cadre: what somebody says while rating their union."""
    message.kind = UNSEEN
    replies = update(Message).where(Message.reply_to_id == message.id)
    await session.execute(replies.values(kind=UNSEEN).execution_options(synchronize_session=False))


async def ticket_views(
    session: AsyncSession, conversation_id: int, now: datetime, policy: SlaPolicy
) -> tuple[TicketView, ...]:
    """Return what the worker may know of their tickets, newest first."""
    briefs = await service.briefs_of(session, conversation_id, now, policy.reopen_days)
    papers, dates = await papers_and_dates(session, conversation_id, [brief.id for brief in briefs], now)
    return tuple(
        TicketView(
            number=brief.number, category=brief.category, label=brief.category_label, state=brief.state_label,
            open=brief.open, unit=brief.unit, assignee=brief.assignee, due=brief.next_due_text, result=brief.result,
            can_reopen=brief.can_reopen, rating=brief.rating,
            papers=papers.get(brief.id, ()), dates=dates.get(brief.id, ()) if brief.open else (),
        )
        for brief in briefs
    )  # fmt: skip


def describe(heard: HeardMessage, step: Step, knowledge: KnowledgeBase) -> dict[str, Any]:
    """Return intent, confidence, entities, faq id and citations for scripts; sensitive values are left out."""
    understanding = heard.heard.understanding
    hit = knowledge.get(step.faq_id) if step.faq_id else None
    hidden = {"phone", "id_number", "name"}
    emergency = heard.heard.emergency
    return {
        "intent": "emergency" if emergency else understanding.intent if understanding else None,
        "confidence": 1.0 if emergency else round(understanding.confidence, 4) if understanding else None,
        "entities": {
            k: v for k, v in (understanding.entities if understanding else {}).items() if k not in hidden
        },
        "faq_id": step.faq_id,
        "citations": [[citation.law, citation.article] for citation in hit.citations] if hit else [],
        "opened": [effect.category for effect in step.effects if isinstance(effect, OpenTicket)],
    }
