"""A message that the system writes by itself: stored in the conversation, and sent where the channel needs a push."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.messages import Outbound
from storage.models import Conversation, Message, OutboxRow
from tickets.delivery import PUSH_CHANNELS


async def tell(session: AsyncSession, conversation: Conversation, text: str, now: datetime) -> Message:
    """Write the message; the caller publishes `conversation:<id>` and `outbox` after the commit."""
    body = Outbound(text).to_json()
    message = Message(
        conversation_id=conversation.id,
        direction="out",
        author="system",
        text=text,
        body=body,
        created_at=now,
    )
    session.add(message)
    await session.flush()
    if conversation.channel in PUSH_CHANNELS:
        session.add(OutboxRow(
            message_id=message.id, channel=conversation.channel, address=conversation.address, body=body,
            not_before=now, created_at=now,
        ))  # fmt: skip
    return message
