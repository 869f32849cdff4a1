"""A stand-in for the turn: the same rows as bot/turn.py writes, with an echo for an answer."""

import asyncio
from datetime import UTC, datetime

from sqlalchemy import select

from bot.messages import Button, Inbound, Outbound, TurnResult
from storage.database import Database
from storage.models import Conversation, Message, OutboxRow


class EchoTurn:
    """Idempotent by inbound.key; `errors` are raised by the next calls, first one first."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self.seen: list[Inbound] = []
        self.errors: list[Exception] = []
        self.poison: Exception | None = None  # raised for every text "poison"
        self.slow: dict[str, float] = {}  # seconds by address

    async def handle(self, inbound: Inbound) -> TurnResult:
        if self.errors:
            raise self.errors.pop(0)
        if self.poison is not None and inbound.text == "poison":
            raise self.poison
        await asyncio.sleep(self.slow.get(inbound.address, 0))
        async with self._lock, self._database.write() as session:
            known = select(Message.id).where(Message.inbound_key == inbound.key)
            if (await session.execute(known)).first() is not None:
                return TurnResult((), repeated=True)
            now = datetime.now(UTC)
            found = select(Conversation).where(
                Conversation.channel == inbound.channel, Conversation.address == inbound.address
            )
            conversation = (await session.execute(found)).scalar_one_or_none()
            if conversation is None:
                conversation = Conversation(
                    channel=inbound.channel, address=inbound.address, created_at=now, last_inbound_at=now
                )
                session.add(conversation)
                await session.flush()
            for direction, author, key in (("in", "worker", inbound.key), ("out", "bot", None)):
                session.add(
                    Message(
                        conversation_id=conversation.id, inbound_key=key, direction=direction, author=author,
                        kind=inbound.kind, text=inbound.text, created_at=now,
                    )
                )  # fmt: skip
            reply = Outbound(f"echo {inbound.text or inbound.payload}", (Button("好", "go:menu"),))
            session.add(
                OutboxRow(
                    channel=inbound.channel,
                    address=inbound.address,
                    body=reply.to_json(),
                    not_before=now,
                    created_at=now,
                )
            )
        self.seen.append(inbound)
        return TurnResult((reply,))
