"""Which version of a law held on which day, and what an article said in it.

A version is named after the day of its promulgation or last revision. When a version came into force is known for
the newest one alone, from laws.yml; an older one is taken to hold from its own date.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.statutes import Statute
from storage.models import LawArticle

UNDATED = "undated"
PARTIAL = "PARTIAL-"  # begins the name of a file that holds only some articles
_SLOW = timedelta(days=366)  # no law waits longer from its promulgation until it is in force


@dataclass(frozen=True, slots=True)
class ArticleText:
    """What one version of a law says in one article."""

    law: str
    version: str
    article: int
    text: str
    row: int = 0  # its place in the database: what a button may name


def day_of(version: str) -> date | None:
    """The day that names a version; None for a text without any date."""
    return None if version == UNDATED else date.fromisoformat(version)


def newest_first(versions: Iterable[str]) -> list[str]:
    """A dated text is newer than one that tells no date."""
    return sorted(versions, key=lambda version: (version != UNDATED, version), reverse=True)


def in_force_from(version: str, versions: Iterable[str], statute: Statute | None) -> date:
    """The first day on which this version holds, as far as it is known."""
    day = day_of(version) or date.min
    since = statute.in_force_since if statute else None
    newest = newest_first(versions)[0]
    return since if version == newest and since is not None and since > day else day


def in_force(versions: Sequence[str], statute: Statute | None, day: date) -> str | None:
    """The version that holds on `day`; the oldest one where all came later; None where there is none."""
    ordered = newest_first(versions)
    held = (version for version in ordered if in_force_from(version, ordered, statute) <= day)
    return next(held, ordered[-1] if ordered else None)


def superseded(newest: str, statute: Statute | None) -> bool:
    """True when the catalogue knows of a later text in force than the one that is held."""
    day, since = day_of(newest), statute.in_force_since if statute else None
    return day is not None and since is not None and since - day > _SLOW


def is_partial(statute: Statute | None) -> bool:
    """True when only some articles of the law could be obtained."""
    return statute is not None and (statute.file or "").startswith(PARTIAL)


async def versions_of_laws(session: AsyncSession) -> Mapping[str, list[str]]:
    """The versions of every imported law, newest first."""
    found: dict[str, list[str]] = defaultdict(list)
    for law, version in (await session.execute(select(LawArticle.law, LawArticle.version).distinct())).all():
        found[law].append(version)
    return {law: newest_first(versions) for law, versions in found.items()}


async def versions_of(session: AsyncSession, law: str) -> list[str]:
    """The imported versions of a law, newest first."""
    query = select(LawArticle.version).where(LawArticle.law == law).distinct()
    return newest_first((await session.scalars(query)).all())


async def article_history(session: AsyncSession, law: str, article: int) -> list[ArticleText]:
    """The article in every version that has it, newest first."""
    query = select(LawArticle).where(LawArticle.law == law, LawArticle.article == article)
    texts = {row.version: row.text for row in await session.scalars(query)}
    return [ArticleText(law, version, article, texts[version]) for version in newest_first(texts)]


async def articles_of(
    session: AsyncSession, versions: Mapping[str, Iterable[str]]
) -> dict[str, list[ArticleText]]:
    """All articles of these versions of these laws, by law."""
    found: dict[str, list[ArticleText]] = {}
    for law, wanted in versions.items():
        query = select(LawArticle).where(LawArticle.law == law, LawArticle.version.in_(list(wanted)))
        rows = await session.scalars(query.order_by(LawArticle.article))
        found[law] = [ArticleText(row.law, row.version, row.article, row.text, row.id) for row in rows]
    return found
