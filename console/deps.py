"""What the console is built from."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from knowledge.content import CONTENT_FOLDER
from knowledge.drafting import Drafter
from knowledge.search import KnowledgeBase
from nlu.understanding import Understander
from storage.database import Database
from storage.live import Live
from tickets.sla import SlaPolicy


class FileSource(Protocol):
    """The stored bytes of files that people sent, by their hash."""

    def read(self, sha256: str) -> bytes: ...

    def read_thumbnail(self, sha256: str) -> bytes | None: ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class ConsoleDeps:
    """Collaborators and settings. Times of the event streams are seconds; `closing` ends them."""

    database: Database
    knowledge: KnowledgeBase
    understander: Understander
    live: Live
    policy: SlaPolicy
    files: FileSource
    session_hours: int = 12
    login_attempts: int = 5
    secure_cookies: bool = False
    public_url: str = ""
    content_folder: Path = CONTENT_FOLDER
    drafter: Drafter | None = None  # drafting replies is off
    heartbeat_seconds: float = 10.0
    poll_seconds: float = 5.0
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    clock: Callable[[], datetime] = _utc_now
