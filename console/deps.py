"""What the console is built from."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from knowledge.content import CONTENT_FOLDER
from knowledge.drafting import Drafter
from knowledge.search import KnowledgeBase
from nlu.understanding import Understander
from storage.database import Database
from storage.live import Live
from tickets.documents.preview import Preview
from tickets.documents.values import Application
from tickets.outcome_texts import PLAIN, OutcomeTexts
from tickets.sla import SlaPolicy


class FileSource(Protocol):
    """The stored bytes of files that people sent, by their hash."""

    def read(self, sha256: str) -> bytes: ...

    def read_thumbnail(self, sha256: str) -> bytes | None: ...

    def keep(self, data: bytes) -> str: ...


class PaperComposer(Protocol):
    """Makes an application for arbitration of the answers that a worker gave, every sum by a calculator."""

    def application(self, answers: Mapping[str, Any], today: date) -> Application: ...

    def told(self, answers: Mapping[str, Any], today: date, version: int, *, abroad: bool = False) -> str: ...


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
    papers: PaperComposer | None = None  # papers can be read and not made again
    outcomes: OutcomeTexts = PLAIN  # what each service tells its workers
    preview: Preview = field(default_factory=Preview)
    heartbeat_seconds: float = 10.0
    poll_seconds: float = 5.0
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    clock: Callable[[], datetime] = _utc_now
