"""A union tree with a few people, and a worker's conversation, on both databases."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from storage.database import Database
from storage.models import Account, Conversation, Message, Organization, OutboxRow, Ticket, TicketEvent
from tickets.organizations import create_account, seed_tree
from tickets.service import open_ticket
from tickets.sla import DEFAULT_POLICY
from tickets.values import NewTicket

PASSWORD = "correct horse battery"
GUANDU, WUHUA, KUNMING, YUNNAN = "530111", "530102", "530100", "530000"
REGION = "云南省昆明市官渡区"


@dataclass
class House:
    """What most tests of tickets need; every call is a transaction of its own."""

    database: Database
    now: datetime
    accounts: dict[str, Account] = field(default_factory=dict)
    _keys: Any = field(default_factory=lambda: itertools.count(1))

    async def person(self, name: str, role: str, unit: str, *, chat: bool = True) -> Account:
        async with self.database.write() as session:
            account = await create_account(
                session, username=name, password=PASSWORD, role=role, organization_code=unit, now=self.now
            )
            account.telegram_chat_id = f"chat-{name}" if chat else None
        self.accounts[name] = account
        return account

    async def conversation(self, channel: str = "telegram") -> int:
        async with self.database.write() as session:
            row = Conversation(
                channel=channel,
                address=f"worker-{next(self._keys)}",
                created_at=self.now,
                last_inbound_at=self.now,
            )
            session.add(row)
            await session.flush()
            return row.id

    async def says(self, conversation_id: int, text: str = "喂") -> int:
        async with self.database.write() as session:
            row = Message(
                conversation_id=conversation_id,
                direction="in",
                author="worker",
                text=text,
                created_at=self.now,
            )
            session.add(row)
            await session.flush()
            return row.id

    async def ticket(self, now: datetime | None = None, channel: str = "telegram", **changes: Any) -> Ticket:
        conversation_id = changes.pop("conversation_id", None) or await self.conversation(channel)
        values: dict[str, Any] = {
            "category": "wage_arrears", "title": "老板欠我三个月工资", "region": REGION,
            "sensitive": {"name": "王小二", "phone": "138 1234 5678", "id_number": "530102199001011234"},
        }  # fmt: skip
        async with self.database.write() as session:
            new = NewTicket(conversation_id=conversation_id, **(values | changes))
            return await open_ticket(session, new, now or self.now, DEFAULT_POLICY)

    async def do(self, work: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        async with self.database.write() as session:
            return await work(session, *args, **named)

    async def get(self, ticket_id: int) -> Ticket:
        async with self.database.read() as session:
            return await session.get_one(Ticket, ticket_id)

    async def talk(self, conversation_id: int) -> Conversation:
        async with self.database.read() as session:
            return await session.get_one(Conversation, conversation_id)

    async def unit(self, code: str) -> Organization:
        async with self.database.read() as session:
            return (await session.scalars(select(Organization).where(Organization.code == code))).one()

    async def messages(self, conversation_id: int) -> list[Message]:
        async with self.database.read() as session:
            query = select(Message).where(
                Message.conversation_id == conversation_id, Message.direction == "out"
            )
            return list(await session.scalars(query.order_by(Message.id)))

    async def outbox(self, address: str | None = None) -> list[OutboxRow]:
        async with self.database.read() as session:
            query = select(OutboxRow).order_by(OutboxRow.id)
            return list(
                await session.scalars(query.where(OutboxRow.address == address) if address else query)
            )

    async def events(self, ticket_id: int) -> list[str]:
        async with self.database.read() as session:
            query = (
                select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.id)
            )
            return list(await session.scalars(query))


@pytest.fixture
async def empty_house(database: Database, now: datetime) -> House:
    """The union tree without any account."""
    async with database.write() as session:
        await seed_tree(session)
    return House(database, now)


@pytest.fixture
async def house(empty_house: House) -> House:
    """Guandu with the cadre zhang, her colleague chen and the leader li; a city leader; another district's cadre."""
    await empty_house.person("zhang", "cadre", GUANDU)
    await empty_house.person("li", "leader", GUANDU)
    await empty_house.person("city", "leader", KUNMING)
    await empty_house.person("yang", "cadre", WUHUA)
    await empty_house.person("admin", "administrator", YUNNAN)
    return empty_house
