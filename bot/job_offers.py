"""Between the conversation and the postings: what a step asked for, and the wish that is kept."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from dialogs.job_talk import AT_ONCE
from dialogs.values import JobOffers, JobsWanted, JobWish
from tickets.jobs import searches
from tickets.jobs.matching import Wish, find
from tickets.jobs.showing import posting_text


async def look_up(session: AsyncSession, conversation_id: int, wanted: JobsWanted, today: date) -> JobOffers:
    """Return the postings that a step needs; those of the kept wish where it names none."""
    search = await searches.search_of(session, conversation_id)
    if wanted.wish is not None:
        wish: Wish | None = _wish(wanted.wish)
    else:
        wish = await searches.wish_of(session, search) if search is not None else None
    followed = search is not None and search.notify
    if wish is None:
        return JobOffers(wanted)
    found = await find(session, wish, today, count=AT_ONCE, skip=wanted.skip)
    first = wanted.skip + 1
    texts = tuple(
        posting_text(posting, number, today) for number, posting in enumerate(found.postings, first)
    )
    return JobOffers(wanted, texts, found.more, kept=True, followed=followed)


async def keep(session: AsyncSession, conversation_id: int, wish: JobWish, now: datetime) -> None:
    """Remember what the person looks for."""
    await searches.keep_search(session, conversation_id, _wish(wish), now)


def _wish(wish: JobWish) -> Wish:
    circles = 1 if wish.insisted else None
    return Wish(wish.trade, wish.region, wish.monthly_wage, wish.wants_lodging, circles=circles)
