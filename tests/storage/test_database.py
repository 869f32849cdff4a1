"""A session's block is one transaction on both engines; times are UTC; what people say is unreadable at rest."""

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from storage.cipher import Cipher, CipherError, load_cipher, use_cipher
from storage.database import Database, normalise_url
from storage.models import Conversation, Cursor, Message


async def _conversation(database: Database, now: datetime, said: str = "你好") -> int:
    async with database.write() as session:
        row = Conversation(
            channel="webchat", address="a", created_at=now, last_inbound_at=now, profile={"name": said}
        )
        session.add(row)
        await session.flush()
        session.add(
            Message(conversation_id=row.id, direction="in", author="worker", text=said, created_at=now)
        )
        return row.id


async def test_an_error_in_the_block_leaves_nothing(database: Database, now: datetime) -> None:
    async def fail() -> None:
        async with database.write() as session:
            session.add(Cursor(name="offset", value="1"))
            await session.flush()
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        await fail()
    async with database.read() as session:
        assert (await session.scalars(select(Cursor))).all() == []


async def test_writers_wait_for_each_other(database: Database) -> None:
    async with database.write() as session:
        session.add(Cursor(name="count", value="0"))

    async def add_one() -> None:
        async with database.write() as session:
            query = select(Cursor).where(Cursor.name == "count").with_for_update()
            row = (await session.scalars(query)).one()
            row.value = str(int(row.value) + 1)

    await asyncio.gather(*(add_one() for _ in range(20)))
    async with database.read() as session:
        assert (await session.get_one(Cursor, "count")).value == "20"


async def test_foreign_keys_are_enforced(database: Database, now: datetime) -> None:
    with pytest.raises(IntegrityError):
        async with database.write() as session:
            session.add(
                Message(conversation_id=999, direction="in", author="worker", text="x", created_at=now)
            )


async def test_times_come_back_aware_and_in_utc(database: Database, now: datetime) -> None:
    shanghai = now.astimezone(timezone(timedelta(hours=8)))
    conversation_id = await _conversation(database, shanghai)
    async with database.read() as session:
        row = await session.get_one(Conversation, conversation_id)
    assert row.created_at == now
    assert row.created_at.utcoffset() == timedelta(0)


async def test_a_naive_time_is_refused(database: Database, now: datetime) -> None:
    with pytest.raises(StatementError, match="naive datetime"):
        await _conversation(database, now.replace(tzinfo=None))


async def test_words_and_profiles_are_unreadable_in_the_database(database: Database, now: datetime) -> None:
    conversation_id = await _conversation(database, now, "王小二13812345678")
    async with database.read() as session:
        stored = [
            bytes((await session.execute(text(query))).scalar_one())
            for query in ("SELECT text FROM messages", "SELECT profile FROM conversations")
        ]
        assert (await session.get_one(Conversation, conversation_id)).profile == {"name": "王小二13812345678"}
    for value in stored:
        assert "王小二".encode() not in value
        assert b"13812345678" not in value


async def test_a_rotated_key_still_reads_old_words(database: Database, now: datetime, cipher: Cipher) -> None:
    conversation_id = await _conversation(database, now, "老板欠薪")
    use_cipher(Cipher((b"n" * 32, *cipher.keys)))
    async with database.read() as session:
        assert (await session.get_one(Conversation, conversation_id)).profile == {"name": "老板欠薪"}
    use_cipher(Cipher((b"n" * 32,)))
    async with database.read() as session:
        with pytest.raises(CipherError):
            await session.get_one(Conversation, conversation_id)


def test_damaged_words_are_an_error(cipher: Cipher) -> None:
    sealed = cipher.encrypt("欠薪".encode())
    assert cipher.decrypt(sealed).decode() == "欠薪"
    with pytest.raises(CipherError, match="damaged"):
        cipher.decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_the_blind_index_survives_a_new_key(cipher: Cipher) -> None:
    rotated = Cipher((b"n" * 32, *cipher.keys))
    assert rotated.blind_index("13812345678") == cipher.blind_index("13812345678")
    assert cipher.blind_index("13812345678") != cipher.blind_index("13812345679")


def test_the_key_file_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "key"
    first = load_cipher([], file)
    assert load_cipher([], file).keys == first.keys
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgresql://u:secret@h/d", "postgresql+asyncpg://u:secret@h/d"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg://h/d"),
    ],
)
def test_urls_get_an_async_driver(given: str, used: str) -> None:
    assert normalise_url(given) == used
