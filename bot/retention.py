"""Deleting what is no longer needed: conversations without a ticket, and the files that belong to them.

PIPL art. 19: kept for the shortest time that the purpose needs.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Attachment, Consent, Conversation, Message, OutboxRow, Ticket

BATCH = 200  # conversations a transaction, so that nobody waits for the sweep


async def forget_old_conversations(session: AsyncSession, now: datetime, days: int) -> list[str]:
    """Delete a batch of conversations that were silent for `days` and never became a ticket.

    Returns the hashes of files that no row names any more; the caller removes the bytes after commit.
    """
    silent = (
        select(Conversation.id)
        .where(Conversation.last_inbound_at < now - timedelta(days=days))
        .where(~exists().where(Ticket.conversation_id == Conversation.id))
        .limit(BATCH)
    )
    ids = list(await session.scalars(silent))
    if not ids:
        return []
    hashes = set(await session.scalars(select(Attachment.sha256).where(Attachment.conversation_id.in_(ids))))
    messages = select(Message.id).where(Message.conversation_id.in_(ids))
    await session.execute(delete(OutboxRow).where(OutboxRow.message_id.in_(messages)))
    for table in (Attachment, Consent, Message):
        await session.execute(delete(table).where(table.conversation_id.in_(ids)))
    await session.execute(delete(Conversation).where(Conversation.id.in_(ids)))
    still = set(await session.scalars(select(Attachment.sha256).where(Attachment.sha256.in_(hashes))))
    return sorted(hashes - still)
