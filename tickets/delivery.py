"""Messages to a worker from a ticket: stored in the conversation, and sent where the channel needs a push."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Attachment, Conversation, Message, OutboxRow, Ticket
from tickets.catalogue import catalogue
from tickets.errors import UnknownFile
from tickets.values import Button

PUSH_CHANNELS = frozenset({"telegram", "wechat"})  # the web chat reads messages by itself (SSE)


def header(ticket: Ticket, account: Account | None) -> str:
    """Return who speaks: 【昆明市官渡区总工会 张敏】; the unit alone when the system speaks."""
    words = catalogue()
    if account is None:
        return words.message("unit_header", unit=ticket.organization.name)
    return words.message("header", unit=account.organization.name, name=account.display_name)


async def tell_worker(
    session: AsyncSession,
    conversation: Conversation,
    ticket: Ticket,
    text: str,
    now: datetime,
    *,
    account: Account | None = None,
    speaker: Account | None = None,
    buttons: Sequence[Button] = (),
    files: Sequence[Attachment] = (),
) -> Message:
    """Write a message headed by `account` (a cadre) or, from the system, by `speaker` or the unit."""
    content = {
        "text": header(ticket, account or speaker) + text,
        "buttons": [button.to_json() for button in buttons],
        "attachments": [
            {"token": file.token, "filename": file.filename, "content_type": file.content_type}
            for file in files
        ],
    }
    message = Message(
        conversation_id=conversation.id,
        ticket_id=ticket.id,
        direction="out",
        author="cadre" if account else "system",
        account_id=account.id if account else None,
        kind="text",
        text=content["text"],
        body={"buttons": content["buttons"], "attachments": content["attachments"]},
        created_at=now,
    )
    session.add(message)
    await session.flush()
    for file in files:
        file.message_id, file.ticket_id = message.id, ticket.id
    if conversation.channel in PUSH_CHANNELS:
        session.add(
            OutboxRow(
                message_id=message.id,
                channel=conversation.channel,
                address=conversation.address,
                body=content,
                not_before=now,
                created_at=now,
            )
        )
    return message


async def files_of(
    session: AsyncSession, conversation: Conversation, tokens: Sequence[str]
) -> list[Attachment]:
    """Return the uploaded files in the order given; raises UnknownFile for one of another conversation."""
    if not tokens:
        return []
    query = select(Attachment).where(
        Attachment.token.in_(tokens), Attachment.conversation_id == conversation.id
    )
    found = {file.token: file for file in await session.scalars(query)}
    if len(found) != len(set(tokens)):
        raise UnknownFile
    return [found[token] for token in dict.fromkeys(tokens)]


def live_topics(ticket: Ticket) -> tuple[str, ...]:
    """Return what to publish after a change to this ticket was committed."""
    return (f"conversation:{ticket.conversation_id}", f"queue:{ticket.organization_id}", "outbox")
