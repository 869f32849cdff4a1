"""Who wants a unit's notices, and telling them: each notice once, at most one message a day, never at night.

Who wants them is in `notice_subscriptions`; when to speak next, up to when was looked, and which notices went out
is in `reminders` (kind "notices"). All of it is written in the transaction that writes the message, so a crash or a
second process tells nothing twice and forgets nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import Conversation, Organization
from storage.service_models import Notice, NoticeSubscription, Reminder
from tickets.jobs.searches import is_night
from tickets.notices_board import PUBLISHED
from tickets.reminder_texts import Said, send
from tickets.sla import SHANGHAI
from tickets.values import Button

FILE: Final = Path(__file__).with_name("notices_board.yml")
KIND, SUBJECT = "notices", "board"
AT_ONCE: Final = 5  # titles in a message
BATCH: Final = 100  # people in a transaction
SETTLED: Final = timedelta(minutes=1)  # a publication this old is committed: none comes in between
SHOW, READ, STOP = "board:show", "board:read.{id}", "board:stop"  # payloads, as dialogs/buttons.py reads them
_Home = aliased(Organization)  # the unit that somebody follows; notices come from it and those above


@cache
def _texts() -> Mapping[str, Any]:
    loaded: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def said(key: str, **values: object) -> str:
    """Return a text of notices_board.yml with its {values} filled in."""
    return str(_texts()[key]).strip().format(**values)


def day_text(moment: datetime) -> str:
    """Return the day of a publication as workers read it."""
    local = moment.astimezone(SHANGHAI)
    return said("day", year=local.year, month=local.month, day=local.day)


async def followed(session: AsyncSession, conversation_id: int) -> Sequence[Organization]:
    """Return the units that the person follows, the newest wish first."""
    query = (
        select(Organization)
        .join(NoticeSubscription, NoticeSubscription.organization_id == Organization.id)
        .where(NoticeSubscription.conversation_id == conversation_id)
        .order_by(NoticeSubscription.created_at.desc(), NoticeSubscription.id.desc())
    )
    return (await session.scalars(query)).all()


async def follow(session: AsyncSession, conversation_id: int, unit: Organization, now: datetime) -> bool:
    """Tell of notices of the unit and those above from now on; False when it was so already.

    The caller has locked the conversation.
    """
    known = await session.scalar(
        select(NoticeSubscription).where(
            NoticeSubscription.conversation_id == conversation_id,
            NoticeSubscription.organization_id == unit.id,
        )
    )
    if known is not None:
        return False
    session.add(NoticeSubscription(conversation_id=conversation_id, organization_id=unit.id, created_at=now))
    timer = await _timer(session, conversation_id)
    if timer is None:
        session.add(Reminder(
            conversation_id=conversation_id, kind=KIND, subject=SUBJECT, due_at=now, next_at=now, active=True,
            sent={}, created_at=now,
        ))  # fmt: skip
    elif not timer.active:
        timer.active, timer.due_at = True, now
    await session.flush()
    return True


async def stop(session: AsyncSession, conversation_id: int) -> None:
    """Tell of no notice any more. What was told stays noted: it is not told again to who comes back."""
    await session.execute(
        delete(NoticeSubscription).where(NoticeSubscription.conversation_id == conversation_id)
    )
    timer = await _timer(session, conversation_id)
    if timer is not None:
        timer.active = False
    await session.flush()


async def _timer(session: AsyncSession, conversation_id: int) -> Reminder | None:
    query = select(Reminder).where(
        Reminder.conversation_id == conversation_id, Reminder.kind == KIND, Reminder.subject == SUBJECT
    )
    found: Reminder | None = await session.scalar(query)
    return found


def _news(until: datetime) -> Any:
    """Published notices that a subscriber was not looked up for yet; correlated to the row of `reminders`."""
    return (
        select(Notice.id)
        .join(Organization, Organization.id == Notice.organization_id)
        .join(_Home, _Home.path.startswith(Organization.path))
        .join(NoticeSubscription, NoticeSubscription.organization_id == _Home.id)
        .where(
            NoticeSubscription.conversation_id == Reminder.conversation_id,
            Notice.status == PUBLISHED,
            Notice.published_at <= until,
            Notice.published_at > Reminder.due_at,
            Notice.published_at > NoticeSubscription.created_at,
        )
        .correlate(Reminder)
    )


async def tell_of_new_notices(session: AsyncSession, now: datetime) -> tuple[int, tuple[int, ...]]:
    """Write the messages that are due now; call it as often as you like, also from several processes.

    Returns how many subscribers were looked at (BATCH: there may be more) and the conversations that were told.
    """
    if is_night(now):
        return 0, ()
    until = now - SETTLED
    query = (
        select(Reminder, Conversation)
        .join(Conversation, Conversation.id == Reminder.conversation_id)
        .where(
            Reminder.kind == KIND, Reminder.active, Reminder.next_at <= now,
            Conversation.human_ticket_id.is_(None), _news(until).exists(),
        )
        .order_by(Reminder.next_at, Reminder.id)
        .limit(BATCH)
        .with_for_update(of=Reminder, skip_locked=True)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    rows = (await session.execute(query)).all()
    told = [conversation.id for timer, conversation in rows if await _tell(session, timer, conversation, now)]
    await session.flush()
    return len(rows), tuple(told)


async def _tell(session: AsyncSession, timer: Reminder, conversation: Conversation, now: datetime) -> bool:
    until = now - SETTLED
    news = _news(until).join(Reminder, Reminder.id == timer.id).correlate(None)
    query = (
        select(Notice, Organization.name)
        .join(Organization, Organization.id == Notice.organization_id)
        .where(Notice.id.in_(news))
        .order_by(Notice.published_at.desc(), Notice.id.desc())
    )
    found = [(notice, name) for notice, name in await session.execute(query)]
    fresh = [(notice, name) for notice, name in found if str(notice.id) not in timer.sent]
    timer.due_at = until  # looked at: new or told before, they are not looked at again
    if not fresh:
        return False
    ids = [notice.id for notice, _ in fresh]
    timer.sent = {**timer.sent, **{str(one): now.isoformat() for one in ids}}
    timer.next_at = now + timedelta(days=1)
    await session.execute(update(Notice).where(Notice.id.in_(ids), ~Notice.pushed).values(pushed=True))
    await send(session, conversation, None, _message(fresh), now)
    return True


def _message(fresh: Sequence[tuple[Notice, str]]) -> Said:
    shown = fresh[:AT_ONCE]
    lines = [
        said("line", number=number, title=notice.title, unit=name, day=day_text(notice.published_at))
        for number, (notice, name) in enumerate(shown, 1)
        if notice.published_at is not None
    ]
    text = said("told", lines="\n".join(lines))
    if len(fresh) > len(shown):
        text += "\n" + said("further", count=len(fresh) - len(shown))
    show = READ.format(id=fresh[0][0].id) if len(fresh) == 1 else SHOW
    return Said(text, (Button(said("button_show"), show), Button(said("button_stop"), STOP)))
