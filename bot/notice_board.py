"""Between the conversation and the notices of the union: what a step asked for, and who wants to be told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from dialogs.board_talk import AT_ONCE
from dialogs.values import Board, BoardWanted, FollowNotices, NoticeView
from storage.models import Organization
from storage.service_models import Notice
from tickets import notice_subscriptions, notices_board
from tickets.errors import NoUnit
from tickets.notice_subscriptions import day_text
from tickets.routing import home_unit


async def look_up(session: AsyncSession, conversation_id: int, wanted: BoardWanted) -> Board:
    """Return the notices that a step needs; without a place those of the unit that is followed."""
    followed = await notice_subscriptions.followed(session, conversation_id)
    unit = await _unit(session, wanted.region) if wanted.region else next(iter(followed), None)
    follows = unit is not None and unit.id in {one.id for one in followed}
    name = unit.name if unit is not None else ""
    if wanted.notice is not None:
        found = await notices_board.published(session, wanted.notice)
        shown = _views([found]) if found is not None else ()
        return Board(wanted, name, shown, followed=follows)
    if unit is None:
        return Board(wanted)
    rows = await notices_board.newest(session, unit, count=AT_ONCE + 1, skip=wanted.skip)
    return Board(wanted, name, _views(rows[:AT_ONCE]), more=len(rows) > AT_ONCE, followed=follows)


async def follow(session: AsyncSession, conversation_id: int, wish: FollowNotices, now: datetime) -> None:
    """Begin telling of new notices of the place, or stop telling."""
    if not wish.on:
        await notice_subscriptions.stop(session, conversation_id)
        return
    unit = await _unit(session, wish.region) if wish.region else None
    if unit is not None:
        await notice_subscriptions.follow(session, conversation_id, unit, now)


async def _unit(session: AsyncSession, region: str) -> Organization | None:
    try:
        return await home_unit(session, region)
    except NoUnit:  # no union tree yet: there is nothing to read
        return None


def _views(rows: Sequence[tuple[Notice, str]]) -> tuple[NoticeView, ...]:
    return tuple(
        NoticeView(notice.id, notice.title, unit, day_text(notice.published_at), notice.text)
        for notice, unit in rows
        if notice.published_at is not None
    )
