"""Serve: pages, API, console, channels and timers in one process, ended cleanly by one signal."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot import jobs
from bot.app import Application
from bot.channels import telegram, webchat
from console.deps import ConsoleDeps
from console.routes import build_router as build_console
from storage.models import OutboxRow, Ticket

log = logging.getLogger(__name__)
RESTART_SECONDS = (1, 2, 5, 15, 60)


def create_web(application: Application) -> FastAPI:
    """Return the ASGI application: chat at /, console at /console, health and figures."""
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
        model = "external" if application.rasa is None else "ready" if application.rasa.ready else "starting"
        return JSONResponse(
            {"ready": True, "database": "ok", "model": model, "answers": len(application.knowledge)}
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
    """Tells when it listens, so that the address is printed only then."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._told = started

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            self._told()


async def serve(application: Application, started: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; open streams get a moment to end."""
    server = application.settings.server
    config = uvicorn.Config(
        create_web(application), host=server.host, port=server.port, log_config=None, access_log=False,
        timeout_graceful_shutdown=int(timedelta(seconds=3).total_seconds()), lifespan="off", server_header=False,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        if server.workers_in_process:
            await stack.enter_async_context(background(application))
        await _Server(config, started).serve()
