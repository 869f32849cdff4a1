"""Deleting what is no longer needed: old conversations, what people want deleted, and the files of both.

PIPL art. 19: kept for the shortest time that the purpose needs.
"""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.files import FileStore
from bot.personal_texts import said
from nlu import stance
from storage.database import Database
from storage.models import Conversation, Message, OutboxRow, Ticket
from tickets import erasure
from tickets.delivery import PUSH_CHANNELS
from tickets.erasure import Codes, Erased, named_files, remove_rows

BATCH = 200  # conversations a transaction, so that nobody waits for the sweep
FILES_AT_ONCE = 500
STRAY_AFTER = timedelta(hours=2)  # a file is stored before the turn that names it is committed


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
    unnamed = await remove_rows(session, ids)
    await session.execute(delete(Conversation).where(Conversation.id.in_(ids)))
    return sorted(unnamed)


async def erase_when_due(session: AsyncSession, conversation_id: int, now: datetime, codes: Codes) -> Erased:
    """Carry out a deletion that was put off until nothing is open, and leave a word of it."""
    conversation = await session.get_one(Conversation, conversation_id)
    text = said("erased_later")
    message = Message(
        conversation_id=conversation.id, direction="out", author="system", text=text, created_at=now,
        body={"buttons": [], "attachments": []},
    )  # fmt: skip
    session.add(message)  # before the others go: ids of messages only ever rise for a page that is open
    await session.flush()
    erased = await erasure.erase(session, conversation.id, now, codes, receipt=message.id)
    if conversation.channel in PUSH_CHANNELS:
        body = {"text": text, "buttons": [], "attachments": []}
        session.add(OutboxRow(
            message_id=message.id, channel=conversation.channel, address=conversation.address, body=body,
            not_before=now, created_at=now,
        ))  # fmt: skip
    return erased


async def forget_bytes(database: Database, files: FileStore, hashes: Collection[str]) -> int:
    """Remove files that no row names any more, and what SQLite's log and this process remember of deleted rows."""
    async with database.write() as session:  # nobody names one of them meanwhile
        gone = set(hashes) - await named_files(session, hashes)
        for sha256 in gone:
            await asyncio.to_thread(files.remove, sha256)
    await database.forget_deleted()
    stance.forget()
    return len(gone)


async def forget_stray_files(database: Database, files: FileStore, now: datetime) -> int:
    """Remove stored files without a row: a crash came between a commit and the removal, or before a commit."""
    names = await asyncio.to_thread(files.older_than, now - STRAY_AFTER)
    gone = 0
    for start in range(0, len(names), FILES_AT_ONCE):
        part = names[start : start + FILES_AT_ONCE]
        async with database.read() as session:
            stray = set(part) - await named_files(session, part)
        if stray:
            gone += await forget_bytes(database, files, stray)
    return gone
