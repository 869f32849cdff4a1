"""What is deleted by time, and what is not."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.retention import forget_old_conversations
from storage.database import Database
from storage.models import Attachment, Conversation, Message
from tickets import organizations
from tickets.opening import open_ticket
from tickets.sla import DEFAULT_POLICY
from tickets.values import NewTicket

DAYS = 90


async def _conversation(database: Database, address: str, last: datetime) -> int:
    async with database.write() as session:
        row = Conversation(channel="webchat", address=address, created_at=last, last_inbound_at=last)
        session.add(row)
        await session.flush()
        session.add(
            Message(
                conversation_id=row.id,
                direction="in",
                author="worker",
                text="电话13800000000",
                created_at=last,
            )
        )
        session.add(
            Attachment(
                token=address, conversation_id=row.id, sha256=address[0] * 64, filename="a.jpg", size=1,
                content_type="image/jpeg", created_at=last,
            )
        )  # fmt: skip
        return row.id


@pytest.mark.parametrize(
    ("age", "left"), [(timedelta(days=DAYS, seconds=1), 0), (timedelta(days=DAYS, seconds=-1), 1)]
)
async def test_silent_conversation_goes_after_the_days(
    database: Database, now: datetime, age: timedelta, left: int
) -> None:
    await _conversation(database, "a", now - age)
    async with database.write() as session:
        unused = await forget_old_conversations(session, now, DAYS)
    async with database.read() as session:
        for table in (Conversation, Message, Attachment):
            assert len((await session.scalars(select(table))).all()) == left
    assert unused == ([] if left else ["a" * 64])


async def test_conversation_with_a_ticket_stays(database: Database, now: datetime) -> None:
    old = now - timedelta(days=365)
    conversation = await _conversation(database, "b", old)
    async with database.write() as session:
        await organizations.seed_tree(session)
        await open_ticket(session, NewTicket(conversation, "wage_arrears", "欠薪"), old, DEFAULT_POLICY)
    async with database.write() as session:
        assert await forget_old_conversations(session, now, DAYS) == []
    async with database.read() as session:
        assert len((await session.scalars(select(Conversation))).all()) == 1


async def test_file_that_another_conversation_holds_too_is_kept(database: Database, now: datetime) -> None:
    await _conversation(database, "c1", now - timedelta(days=DAYS * 2))
    await _conversation(database, "c2", now)
    async with database.write() as session:
        assert await forget_old_conversations(session, now, DAYS) == []
