"""Saved searches and the messages about new postings: once each, at most one message a day, never at night.

What a worker looks for is in `job_searches`; when to speak next is in `reminders` (kind "jobs"). Both are written in
the transaction that writes the message, so a crash or a second process tells nothing twice and forgets nothing.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from nlu.extractors import regions
from storage.models import Conversation, Message, OutboxRow
from storage.service_models import JobPosting, JobSearch, Reminder
from tickets.delivery import PUSH_CHANNELS
from tickets.jobs.matching import ANY_TRADE, Found, Wish, count_fitting, find
from tickets.jobs.showing import posting_text
from tickets.jobs.words import words
from tickets.sla import SHANGHAI
from tickets.values import Button

KIND, SUBJECT = "jobs", "search"
HERE_ONLY: Final = "jobs_here_only"  # preference: no place but the one of the search
DAY_BEGINS, DAY_ENDS = 8, 21  # o'clock in Kunming: outside, nobody is woken
AT_ONCE: Final = 3  # postings in a message
BATCH: Final = 100  # people in a transaction
FURTHER, NONE_FITS, STOP = (
    "job:more.{skip}",
    "job:none",
    "job:stop",
)  # payloads, as dialogs/buttons.py reads them


@dataclass(frozen=True)
class Told:
    """Who was told of how many postings."""

    conversation_id: int
    postings: tuple[int, ...]


async def search_of(session: AsyncSession, conversation_id: int) -> JobSearch | None:
    """Return what the person of this conversation looks for, if it was kept."""
    found: JobSearch | None = await session.scalar(
        select(JobSearch).where(JobSearch.conversation_id == conversation_id)
    )
    return found


async def wish_of(session: AsyncSession, search: JobSearch) -> Wish:
    """Return what the search asks for."""
    conversation = await session.get_one(Conversation, search.conversation_id)
    circles = 1 if (conversation.preferences or {}).get(HERE_ONLY) else None
    return Wish(search.trade, search.region, search.monthly_wage, search.wants_lodging, circles=circles)


async def keep_search(session: AsyncSession, conversation_id: int, wish: Wish, now: datetime) -> JobSearch:
    """Remember what the person looks for; nothing is sent unless they ask for it."""
    search = await search_of(session, conversation_id)
    if search is None:
        search = JobSearch(conversation_id=conversation_id, notify=False, told=0, created_at=now)
        session.add(search)
    search.trade = wish.trade if wish.trade != ANY_TRADE else None
    search.region, search.monthly_wage, search.wants_lodging = (
        wish.region,
        wish.monthly_wage,
        wish.wants_lodging,
    )
    search.updated_at = now
    conversation = await session.get_one(Conversation, conversation_id)
    others = {name: value for name, value in (conversation.preferences or {}).items() if name != HERE_ONLY}
    conversation.preferences = {**others, HERE_ONLY: True} if wish.circles == 1 else others
    await session.flush()
    return search


async def follow(session: AsyncSession, conversation_id: int, on: bool, now: datetime) -> bool:
    """Begin or stop telling of new postings; False when there is no search to follow."""
    search = await search_of(session, conversation_id)
    if search is None:
        return False
    if on and not search.notify:
        search.told = await _newest(session)  # what is there already was shown
    search.notify, search.updated_at = on, now
    query = select(Reminder).where(
        Reminder.conversation_id == conversation_id, Reminder.kind == KIND, Reminder.subject == SUBJECT
    )
    timer = await session.scalar(query)
    if timer is None and on:
        timer = Reminder(
            conversation_id=conversation_id, kind=KIND, subject=SUBJECT, due_at=now, next_at=now, active=True,
            sent={}, created_at=now,
        )  # fmt: skip
        session.add(timer)
    elif timer is not None:
        timer.active = on
    await session.flush()
    return True


async def _newest(session: AsyncSession) -> int:
    return await session.scalar(select(func.max(JobPosting.id))) or 0


def is_night(now: datetime) -> bool:
    """Tell whether it is between 21:00 and 08:00 in Kunming."""
    return not DAY_BEGINS <= now.astimezone(SHANGHAI).hour < DAY_ENDS


async def tell_of_new_postings(session: AsyncSession, now: datetime) -> tuple[int, tuple[Told, ...]]:
    """Write the messages that are due now; call it as often as you like, also from several processes.

    Returns how many searches were looked at (BATCH: there may be more) and who was told.
    """
    newest = 0 if is_night(now) else await _newest(session)
    if not newest:
        return 0, ()
    query = (
        select(Reminder, JobSearch, Conversation)
        .join(JobSearch, JobSearch.conversation_id == Reminder.conversation_id)
        .join(Conversation, Conversation.id == Reminder.conversation_id)
        .where(
            Reminder.kind == KIND, Reminder.active, Reminder.next_at <= now, JobSearch.notify,
            JobSearch.told < newest, Conversation.human_ticket_id.is_(None),
        )
        .order_by(Reminder.next_at, Reminder.id)
        .limit(BATCH)
        .with_for_update(of=(Reminder, JobSearch), skip_locked=True)
    )  # fmt: skip
    rows = (await session.execute(query)).all()
    told = [await _tell(session, *row, newest, now) for row in rows]
    return len(rows), tuple(one for one in told if one is not None)


async def _tell(
    session: AsyncSession,
    timer: Reminder,
    search: JobSearch,
    conversation: Conversation,
    newest: int,
    now: datetime,
) -> Told | None:
    wish, today, told_before = (
        _nearby(await wish_of(session, search)),
        now.astimezone(SHANGHAI).date(),
        search.told,
    )
    found = await find(session, wish, today, count=AT_ONCE, newer_than=told_before)
    search.told = newest  # looked at: fitting or not, they are not looked at again
    if not found.postings:
        return None
    left = await count_fitting(session, wish, today, told_before) - len(found.postings) if found.more else 0
    timer.next_at, timer.due_at = _tomorrow(now), now
    await _send(session, conversation, notice_text(found, left, today), now)
    return Told(conversation.id, tuple(posting.id for posting in found.postings))


def _nearby(wish: Wish) -> Wish:
    """Nobody is woken for a posting far away: of a county its prefecture, of a prefecture itself."""
    if wish.region is None or wish.circles is not None:
        return wish
    return replace(wish, circles=max(1, len(regions.circles(wish.region)) - 1))


def _tomorrow(now: datetime) -> datetime:
    """The same time of the next day: within the day since now is."""
    return now + timedelta(days=1)


def notice_text(found: Found, left: int, today: date) -> str:
    """Return the message about new postings; `left`: how many more fit."""
    lines = [posting_text(posting, number, today) for number, posting in enumerate(found.postings, 1)]
    text = words().notice("one", postings="\n\n".join(lines))
    return text + ("\n" + words().notice("more", count=left) if left > 0 else "")


async def _send(session: AsyncSession, conversation: Conversation, text: str, now: datetime) -> None:
    """Store the message in the conversation, and in the outbox where the channel needs a push."""
    labels = {"button_more": FURTHER.format(skip=0), "button_none": NONE_FITS, "button_stop": STOP}
    buttons = [Button(words().notice(key), payload).to_json() for key, payload in labels.items()]
    body: dict[str, Any] = {"text": text, "buttons": buttons, "attachments": []}
    message = Message(
        conversation_id=conversation.id, direction="out", author="system", kind="text", text=text,
        body={"buttons": buttons, "attachments": []}, created_at=now,
    )  # fmt: skip
    session.add(message)
    await session.flush()
    if conversation.channel in PUSH_CHANNELS:
        session.add(OutboxRow(
            message_id=message.id, channel=conversation.channel, address=conversation.address, body=body,
            not_before=now, created_at=now,
        ))  # fmt: skip
