"""Wake-up signals for SSE streams and workers. They carry no data: readers re-read the database.

A lost signal therefore costs a few seconds, never a message.
"""

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError


class Live(Protocol):
    """Publish after commit; wait until something was published or the time is over."""

    async def publish(self, topic: str) -> None: ...

    async def wait(self, topic: str, seconds: float) -> bool: ...

    async def close(self) -> None: ...


class LocalLive:
    """Signals inside one process."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    async def publish(self, topic: str) -> None:
        for event in self._waiting.get(topic, ()):
            event.set()

    async def wait(self, topic: str, seconds: float) -> bool:
        """Return True when the topic was published, False after `seconds`."""
        event = asyncio.Event()
        self._waiting[topic].add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._waiting[topic].discard(event)
            if not self._waiting[topic]:
                del self._waiting[topic]

    async def close(self) -> None:
        """Nothing is held."""


class RedisLive:
    """The same over Redis pub/sub; while Redis is away, waiting falls back to plain polling."""

    CHANNEL = "niangjia:live"

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._local = LocalLive()
        self._listener: asyncio.Task[None] | None = None

    async def publish(self, topic: str) -> None:
        await self._local.publish(topic)
        with suppress(RedisError, OSError):  # the database has it already; pollers find it
            await self._client.publish(self.CHANNEL, topic)

    async def wait(self, topic: str, seconds: float) -> bool:
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        return await self._local.wait(topic, seconds)

    async def _listen(self) -> None:
        with suppress(RedisError, OSError):
            async with self._client.pubsub() as pubsub:
                await pubsub.subscribe(self.CHANNEL)
                async for message in pubsub.listen():
                    if message["type"] == "message":
                        await self._local.publish(message["data"].decode())

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener
        await self._client.aclose()


def connect(url: str) -> Live:
    """Return the live signals for `redis.url`: in-process for memory://."""
    return LocalLive() if url.startswith("memory://") else RedisLive(Redis.from_url(url))
