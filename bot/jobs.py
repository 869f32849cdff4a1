"""Background work of a process: sending, polling, timers. The database is the truth; a lost timer is found again."""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.app import Application
from bot.retention import forget_old_conversations
from tickets.reminders import due_reminders

log = logging.getLogger(__name__)
SWEEP_EVERY = timedelta(minutes=1)
TIDY_EVERY = timedelta(hours=1)
STATUTES_EVERY = timedelta(minutes=1)
Loop = Callable[[], Awaitable[None]]


def loops(application: Application) -> dict[str, Loop]:
    """Return the background loops that the configuration asks for, by name."""
    found: dict[str, Loop] = {
        "timers": lambda: run_timers(application),
        "statutes": lambda: keep_statutes(application),
    }
    if application.settings.telegram.mode != "off":
        from bot.channels import telegram

        found |= telegram.loops(application)
    return found


async def sweep(application: Application) -> int:
    """Write the reminders that are due; return how many. Doing it twice changes nothing."""
    async with application.database.write() as session:
        sent = await due_reminders(session, application.clock(), application.policy)
    if sent:
        await application.live.publish("outbox")
    return len(sent)


async def tidy(application: Application) -> int:
    """Delete what the retention settings say; return how many files went."""
    days = application.settings.retention.chat_days
    async with application.database.write() as session:
        unused = await forget_old_conversations(session, application.clock(), days)
    for sha256 in unused:
        application.files.remove(sha256)
    return len(unused)


async def keep_statutes(application: Application) -> None:
    """Take in what was imported while the process runs, and give it vectors without hurry."""
    while True:
        await asyncio.sleep(STATUTES_EVERY.total_seconds())
        await application.statutes.complete()


async def run_timers(application: Application) -> None:
    """Run the sweep every minute; processes that share a Redis share the work."""
    await asyncio.to_thread(
        importlib.import_module, "docket"
    )  # half a second that the page need not wait for
    from docket import Docket, Perpetual, Worker

    async def sweep_tickets(perpetual: Perpetual = Perpetual(every=SWEEP_EVERY, automatic=True)) -> None:  # noqa: ARG001, B008
        await sweep(application)

    async def tidy_up(perpetual: Perpetual = Perpetual(every=TIDY_EVERY, automatic=True)) -> None:  # noqa: ARG001, B008
        await tidy(application)

    async with Docket("niangjia", url=application.settings.redis.url) as docket:
        docket.register(sweep_tickets)
        docket.register(tidy_up)
        async with Worker(docket, concurrency=1) as worker:
            await worker.run_forever()
