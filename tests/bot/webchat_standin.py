"""A small turn for the web chat's tests: stores what the real turn stores, and echoes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from bot import files
from bot.channels.webchat import WebchatDeps, build_router
from bot.files import FileRefused, FileStore, accept_file
from bot.messages import Button, Inbound, Outbound, TurnResult
from storage.database import Database
from storage.live import LocalLive
from storage.models import Conversation, Message

LIMIT_MB = 2


class EchoTurn:
    """Handles a message once per key: one stored message in, one reply with a button out."""

    def __init__(self, database: Database, live: LocalLive, store: FileStore) -> None:
        self.database, self.live, self.store = database, live, store
        self.handled: list[Inbound] = []
        self.failure: Exception | None = None
        self.delay = 0.0

    async def handle(self, inbound: Inbound) -> TurnResult:
        self.handled.append(inbound)
        await asyncio.sleep(self.delay)
        if self.failure:
            raise self.failure
        async with self.database.write() as session:
            seen = select(Message).where(Message.inbound_key == inbound.key)
            if (await session.execute(seen)).scalar_one_or_none() is not None:
                return TurnResult((), repeated=True)
            return await self._first_time(session, inbound)

    async def _first_time(self, session, inbound):
        found = select(Conversation).where(
            Conversation.channel == inbound.channel, Conversation.address == inbound.address
        )
        conversation = (await session.execute(found)).scalar_one()
        said = Message(
            conversation_id=conversation.id,
            inbound_key=inbound.key,
            direction="in",
            author="worker",
            kind=inbound.kind,
            text=inbound.text,
            body={"payload": inbound.payload} if inbound.payload else None,
            created_at=datetime.now(UTC),
        )
        session.add(said)
        await session.flush()
        out = Outbound(f"收到：{inbound.text or inbound.payload}", (Button("继续", "do:1:resume"),))
        for file in inbound.files:
            try:
                accepted = accept_file(file.data, file.filename, LIMIT_MB * 1024 * 1024)
            except FileRefused as refusal:
                out = Outbound(f"文件没有收下：{refusal.reason}")
                continue
            self.store.put(accepted)
            await files.record(
                session, accepted, conversation_id=conversation.id, message_id=said.id, now=said.created_at
            )
            out = Outbound("照片收到了。")
        session.add(_reply(conversation.id, said.id, out))
        await session.flush()
        return TurnResult((out,), ticket="KM20261124-0001" if "开单" in inbound.text else None)


def _reply(conversation_id, reply_to_id, out, author="bot"):
    return Message(
        conversation_id=conversation_id,
        reply_to_id=reply_to_id,
        direction="out",
        author=author,
        text=out.text,
        body=out.to_json(),
        created_at=datetime.now(UTC),
    )


class Site:
    """A web chat with everything behind it, and what tests do to it."""

    def __init__(self, database: Database, folder: Path, **settings) -> None:
        self.database = database
        self.live = LocalLive()
        self.store = FileStore(folder / "files")
        self.turn = EchoTurn(database, self.live, self.store)
        values = {"hotline": "0871-12351", "file_limit_mb": LIMIT_MB, "messages_per_minute": 1000, **settings}
        self.deps = WebchatDeps(self.turn, database, self.live, self.store, **values)
        self.app = FastAPI()
        self.app.include_router(build_router(self.deps))

    def browser(self) -> httpx.AsyncClient:
        """A client with a cookie jar of its own."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test")

    async def cadre_writes(
        self, text: str, *, address: str | None = None, created: datetime | None = None
    ) -> int:
        """Write to the (only, or addressed) conversation as a cadre does; return the message id."""
        async with self.database.write() as session:
            query = select(Conversation)
            if address:
                query = query.where(Conversation.address == address)
            conversation = (await session.execute(query)).scalars().one()
            row = _reply(conversation.id, None, Outbound(text), author="cadre")
            if created:
                row.created_at = created
            session.add(row)
            await session.flush()
        await self.live.publish(f"conversation:{conversation.id}")
        return row.id

    async def messages(self) -> list[Message]:
        async with self.database.read() as session:
            return list((await session.execute(select(Message).order_by(Message.id))).scalars())

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve on a free port of loopback; gives the address."""
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=0, log_level="info", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
        running = asyncio.create_task(server.serve())
        try:
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.02)
            port = server.servers[0].sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}"
        finally:
            self.deps.closing.set()
            server.should_exit = True
            await running


def page_session(html: str) -> str:
    """The session that a page was given."""
    return html.partition('data-session="')[2].partition('"')[0]
