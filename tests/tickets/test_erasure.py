"""Which facts may stay in an anonymous ticket, and that no table is forgotten."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from storage.base import Base
from storage.database import Database
from storage.models import Conversation, Message, Ticket
from tickets import erasure, organizations, service
from tickets.erasure import anonymous_facts, remove_rows, tables_about_people
from tickets.opening import open_ticket
from tickets.sla import DEFAULT_POLICY
from tickets.values import NewTicket

CODES = {"status": frozenset({"member", "gig"}), "evidence": frozenset({"contract", "chat"})}
# How erasure deals with each table that hangs on a person. A new one belongs into tickets/erasure.py first.
DEALT_WITH = {
    "attachments": "deleted", "consents": "deleted", "documents": "deleted", "job_searches": "deleted",
    "messages": "deleted", "notice_subscriptions": "deleted", "one_time_links": "deleted", "reminders": "deleted",
    "outbox": "deleted", "misses": "deleted", "feedback": "deleted",
    "tickets": "anonymous", "ticket_events": "anonymous", "ticket_papers": "anonymous",
}  # fmt: skip


def test_every_table_about_people_is_dealt_with() -> None:
    assert {table.name for table in tables_about_people()} == set(DEALT_WITH)


def test_figures_and_codes_stay_words_go() -> None:
    facts = {
        "amount_yuan": 28000, "months_owed": 2.5, "worksite": True, "status": "gig", "evidence": ["chat"],
        "employer": "恒泰劳务", "story": "member", "note": "gig", "trade": ["李四"], "date": "2026-03-01", "nothing": None,
    }  # fmt: skip
    left = {"amount_yuan": 28000, "months_owed": 2.5, "worksite": True, "status": "gig", "evidence": ["chat"]}
    assert anonymous_facts(facts, CODES) == left


@given(
    st.dictionaries(st.sampled_from(["status", "evidence", "story", "x"]), st.text() | st.lists(st.text()))
)
def test_no_word_that_no_button_gave_ever_stays(facts: dict[str, object]) -> None:
    for name, value in anonymous_facts(facts, CODES).items():
        words = [value] if isinstance(value, str) else value
        assert set(words) <= CODES.get(name, frozenset())


@pytest.mark.parametrize("number", [13887123456, 6222021234567890123.0, -13887123456])
def test_a_number_that_may_be_a_phone_goes(number: float) -> None:
    assert anonymous_facts({"reached": number}, {}) == {}


async def _person(database: Database, now: datetime, address: str = "web-1") -> int:
    async with database.write() as session:
        row = Conversation(
            channel="webchat", address=address, created_at=now, last_inbound_at=now, profile={"name": "王五"}
        )
        session.add(row)
        await session.flush()
        session.add(Message(
            conversation_id=row.id, inbound_key=f"webchat:{address}:1", direction="in", author="worker",
            text="王五在此", created_at=now,
        ))  # fmt: skip
        return row.id


async def test_erasing_somebody_of_whom_nothing_is_known_does_nothing(
    database: Database, now: datetime
) -> None:
    number = await _person(database, now)
    for _ in range(2):
        async with database.write() as session:
            erased = await erasure.erase(session, number, now, {})
        assert erased.files == frozenset()
    async with database.read() as session:
        assert [row.text for row in await session.scalars(select(Message))] == [""]


async def test_what_is_kept_against_repeats_goes_after_two_days(database: Database, now: datetime) -> None:
    number = await _person(database, now)
    async with database.write() as session:
        await erasure.erase(session, number, now, {})
    for later, left in ((timedelta(hours=47), 1), (timedelta(hours=49), 0)):
        async with database.write() as session:
            await erasure.tidy_nobody(session, now + later)
        async with database.read() as session:
            nobody = select(Conversation).where(Conversation.channel == "erased")
            assert len((await session.scalars(nobody)).all()) == left


async def test_rows_of_anonymous_tickets_are_never_tidied(database: Database, now: datetime) -> None:
    number = await _person(database, now)
    async with database.write() as session:
        await organizations.seed_tree(session)
        ticket = await open_ticket(
            session, NewTicket(number, "wage_arrears", "王五欠薪"), now, DEFAULT_POLICY
        )
        await service.withdraw(session, ticket.id, now)
        await erasure.erase(session, number, now, {})
    async with database.write() as session:
        await erasure.tidy_nobody(session, now + timedelta(days=400))
    async with database.read() as session:
        (ticket,) = (await session.scalars(select(Ticket))).all()
        assert ticket.title == "欠薪维权"
        assert await session.get(Conversation, ticket.conversation_id) is not None


async def test_removing_a_conversation_leaves_no_row_that_names_it(database: Database, now: datetime) -> None:
    number = await _person(database, now)
    async with database.write() as session:
        await remove_rows(session, [number])
        for table in Base.metadata.sorted_tables:
            if "conversation_id" in table.c:
                found = await session.execute(select(table).where(table.c.conversation_id == number))
                assert found.first() is None, table.name
