"""Background work of a process: sending, polling, timers. The database is the truth; a lost timer is found again."""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot import one_time_links, personal_export, scanning
from bot.app import Application
from bot.retention import erase_when_due, forget_bytes, forget_old_conversations, forget_stray_files
from bot.worker_matters import seasons_from
from tickets import erasure, notice_subscriptions, worker_reminders
from tickets.jobs.searches import BATCH, tell_of_new_postings
from tickets.reminders import due_reminders

log = logging.getLogger(__name__)
SWEEP_EVERY = timedelta(minutes=1)
TIDY_EVERY = timedelta(hours=1)
JOBS_EVERY = timedelta(minutes=5)
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


async def tell_of_jobs(application: Application) -> int:
    """Write the messages about new postings that are due; return how many. Doing it twice changes nothing."""
    sent = 0
    while True:
        async with application.database.write() as session:
            looked, told = await tell_of_new_postings(session, application.clock())
        for one in told:
            await application.live.publish(f"conversation:{one.conversation_id}")
        if told:
            await application.live.publish("outbox")
        sent += len(told)
        if looked < BATCH:
            return sent


async def tell_of_notices(application: Application) -> int:
    """Write the messages about new notices that are due; return how many. Doing it twice changes nothing."""
    told_in_all = 0
    while True:
        async with application.database.write() as session:
            looked, told = await notice_subscriptions.tell_of_new_notices(session, application.clock())
        for conversation_id in told:
            await application.live.publish(f"conversation:{conversation_id}")
        if told:
            await application.live.publish("outbox")
        told_in_all += len(told)
        if looked < notice_subscriptions.BATCH:
            return told_in_all


async def remind_workers(application: Application) -> int:
    """Write the reminders to workers that are due; return how many were told. Doing it twice changes nothing."""
    seasons, told_in_all = seasons_from(application.settings.seasons), 0
    while True:
        async with application.database.write() as session:
            looked, told = await worker_reminders.tell_due(session, application.clock(), seasons)
        for conversation_id in told:
            await application.live.publish(f"conversation:{conversation_id}")
        if told:
            await application.live.publish("outbox")
        told_in_all += len(told)
        if looked < worker_reminders.BATCH:
            return told_in_all


async def tidy(application: Application) -> int:
    """Delete what the retention settings say; return how many files went."""
    days = application.settings.retention.chat_days
    database, files, now = application.database, application.files, application.clock()
    await erase_due(application)
    async with database.write() as session:
        unused = {
            *await forget_old_conversations(session, now, days),
            *await personal_export.forget_old(session, now),
        }
        await erasure.tidy_nobody(session, now)
        await one_time_links.forget_old(session, now)
    gone = await forget_bytes(database, files, unused)
    return gone + await forget_stray_files(database, files, now)


async def scan_waiting(application: Application) -> int:
    """Give files that the scanner could not look at to it once more; return how many it answered for."""
    command, settled = application.settings.files.scan_command, 0
    async with application.database.read() as session:
        hashes = await scanning.waiting(session)
    for sha256 in hashes:
        data = await asyncio.to_thread(application.files.read_if_there, sha256)
        verdict = await scanning.look_again(data, command)
        if verdict is scanning.Scan.WAITING:
            return settled  # it is still away
        async with application.database.write() as session:
            told = await scanning.settle(session, sha256, verdict, application.clock())
        if verdict is scanning.Scan.BLOCKED:
            await asyncio.to_thread(application.files.remove, sha256)
        for number in told:
            await application.live.publish(f"conversation:{number}")
            await application.live.publish("outbox")
        settled += 1
    return settled


async def erase_due(application: Application) -> int:
    """Delete what people wanted deleted once their matters are done; return how many people."""
    now = application.clock()
    async with application.database.read() as session:
        waiting = await erasure.due(session, now)
    for number in waiting:
        async with application.database.write() as session:
            if number not in await erasure.due(session, now):
                continue  # the person thought better of it
            erased = await erase_when_due(session, number, now, application.personal.codes)
        await forget_bytes(application.database, application.files, erased.files)
        for topic in (f"conversation:{number}", "outbox", *erased.topics):
            await application.live.publish(topic)
    return len(waiting)


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
        await scan_waiting(application)

    async def remind(perpetual: Perpetual = Perpetual(every=SWEEP_EVERY, automatic=True)) -> None:  # noqa: ARG001, B008
        await remind_workers(application)

    async def tell_jobs(perpetual: Perpetual = Perpetual(every=JOBS_EVERY, automatic=True)) -> None:  # noqa: ARG001, B008
        await tell_of_jobs(application)

    async def tell_notices(perpetual: Perpetual = Perpetual(every=JOBS_EVERY, automatic=True)) -> None:  # noqa: ARG001, B008
        await tell_of_notices(application)

    async def tidy_up(perpetual: Perpetual = Perpetual(every=TIDY_EVERY, automatic=True)) -> None:  # noqa: ARG001, B008
        await tidy(application)

    async with Docket("niangjia", url=application.settings.redis.url) as docket:
        docket.register(sweep_tickets)
        docket.register(tidy_up)
        docket.register(tell_jobs)
        docket.register(tell_notices)
        docket.register(remind)
        async with Worker(docket, concurrency=1) as worker:
            await worker.run_forever()
