"""Serve: pages, API, console, channels and timers in one process, ended cleanly by one signal."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot import jobs
from bot.app import Application, drafter_from
from bot.channels import calculator_pages, law_pages, one_time_link, telegram, webchat
from bot.worker_matters import outcome_texts
from console.deps import ConsoleDeps
from console.routes import build_router as build_console
from knowledge.calculators.figures import load_figures
from knowledge.content import load_statutes
from storage.models import OutboxRow, Ticket

log = logging.getLogger(__name__)
RESTART_SECONDS = (1, 2, 5, 15, 60)
GRACE_SECONDS = 3  # for answers under way when the process is told to stop
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class AddressTakenError(Exception):
    """Something else listens there already."""


def create_web(application: Application, closing: asyncio.Event | None = None) -> FastAPI:
    """Return the ASGI application: chat at /, console at /console, health and figures.

    `closing` is set when the process is told to stop, so that open streams end.
    """
    web = FastAPI(title="娘家人", docs_url=None, redoc_url=None)
    settings = application.settings
    web.include_router(webchat.build_router(webchat.WebchatDeps(
        handler=application.turns,
        database=application.database,
        live=application.live,
        files=application.files,
        hotline=settings.local.hotline,
        file_limit_mb=settings.chat.file_limit_mb,
        messages_per_minute=settings.chat.messages_per_minute,
        secure_cookies=settings.server.secure_cookies,
        closing=closing or asyncio.Event(),
        clock=application.clock,
    )))  # fmt: skip
    web.include_router(calculator_pages.build_router(calculator_pages.CalculatorDeps(
        load_figures(), settings.local.hotline, clock=application.clock,
    )))  # fmt: skip
    web.include_router(law_pages.build_router(law_pages.LawDeps(
        application.database, load_statutes(), settings.local.hotline, clock=application.clock,
    )))  # fmt: skip
    web.include_router(one_time_link.build_router(one_time_link.LinkDeps(
        application.database, application.live, application.private, settings.chat.resume_hours, settings.local.hotline,
        clock=application.clock,
    )))  # fmt: skip
    web.include_router(build_console(ConsoleDeps(
        database=application.database,
        knowledge=application.knowledge,
        understander=application.understander,
        live=application.live,
        policy=application.policy,
        files=application.files,
        session_hours=settings.security.session_hours,
        login_attempts=settings.security.login_attempts,
        secure_cookies=settings.server.secure_cookies,
        public_url=settings.server.public_url,
        drafter=drafter_from(settings),
        papers=application.papers.composer,
        outcomes=outcome_texts(application.engine.flows),
        clock=application.clock,
    )))  # fmt: skip
    if settings.telegram.mode == "webhook":
        web.include_router(telegram.channel_of(application).router)
    _add_health(web, application)
    return web


def _add_health(web: FastAPI, application: Application) -> None:
    @web.get("/healthz", include_in_schema=False)
    async def alive() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @web.get("/readyz", include_in_schema=False)
    async def ready() -> JSONResponse:
        try:
            async with application.database.read() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError):
            return JSONResponse({"ready": False, "database": "away"}, status_code=503)
        rasa = application.rasa
        without = "off" if application.settings.nlu.url == "off" else "external"
        model = without if rasa is None else "ready" if rasa.ready else "starting"
        return JSONResponse(
            {
                "ready": True,
                "database": "ok",
                "model": model,
                "answers": len(application.knowledge),
                "search": "vectors" if application.knowledge.compares_vectors else "words",
            }
        )

    @web.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(await _figures(application), media_type=CONTENT_TYPE_LATEST)


async def _figures(application: Application) -> bytes:
    registry = CollectorRegistry()
    waiting = Gauge("niangjia_outbox_waiting", "Messages not yet sent", registry=registry)
    open_tickets = Gauge("niangjia_tickets_open", "Open tickets", registry=registry)
    overdue = Gauge("niangjia_tickets_overdue", "Open tickets past their deadline", registry=registry)
    model = Gauge("niangjia_model_ready", "1 while the intent model answers", registry=registry)
    async with application.database.read() as session:
        sending = OutboxRow.status.in_(("pending", "sending"))
        waiting.set(await session.scalar(select(func.count()).select_from(OutboxRow).where(sending)) or 0)
        opened = select(func.count()).select_from(Ticket).where(Ticket.open)
        open_tickets.set(await session.scalar(opened) or 0)
        overdue.set(await session.scalar(opened.where(Ticket.next_due < application.clock())) or 0)
    model.set(1 if application.rasa is None or application.rasa.ready else 0)
    return generate_latest(registry)


async def forever(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run a background loop; a crash is logged by its kind and the loop starts again, ever more patiently."""
    crashes = 0
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a background loop must outlive whatever went wrong once
            wait = RESTART_SECONDS[min(crashes, len(RESTART_SECONDS) - 1)]
            crashes += 1
            log.error("%s stopped (%s), starts again in %d s", name, type(error).__name__, wait)  # noqa: TRY400
            await asyncio.sleep(wait)
        else:
            return


@asynccontextmanager
async def background(application: Application) -> AsyncIterator[None]:
    """Run delivery, polling and timers while the block lasts."""
    tasks = [
        asyncio.create_task(forever(name, work), name=name) for name, work in jobs.loops(application).items()
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if application.settings.telegram.mode != "off":
            await telegram.channel_of(application).close()


class _Server(uvicorn.Server):
    """Tells when it listens, and takes a signal to stop as a wish: what was opened before it is closed after it."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None], closing: asyncio.Event) -> None:
        super().__init__(config)
        self._told = started
        self._closing = closing

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Uvicorn's own would raise the signal again and end the process before delivery, Rasa and database."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stop, number)
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)  # a second Ctrl-C ends at once

    def _stop(self, number: signal.Signals) -> None:
        self._closing.set()
        self.handle_exit(number, None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._told()


async def serve(application: Application, started: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; open streams get a moment to end. Raises AddressTakenError."""
    server, closing = application.settings.server, asyncio.Event()
    listening = _listen(server.host, server.port)
    config = uvicorn.Config(
        create_web(application, closing), log_config=None, access_log=False, lifespan="off", server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        stack.callback(listening.close)
        if server.workers_in_process:
            await stack.enter_async_context(background(application))
        await _Server(config, started, closing).serve([listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise AddressTakenError(f"{host}:{port}: {error.strerror}") from error
    return listening
