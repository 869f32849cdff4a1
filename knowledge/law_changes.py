"""Entries whose law changed after somebody last reviewed them; found by comparing texts, nothing is stored.

An entry was reviewed by the law that held on that day. It needs another look when an article that it cites reads
otherwise in the newest imported version, or when its law is repealed or no longer in the catalogue. A new reviewed
date settles it, also where the newest version is imported already but holds only from a later day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.law_texts import articles_of, day_of, in_force_from, is_partial, versions_of_laws
from knowledge.laws import import_cursor
from knowledge.statutes import Statute, article_name
from storage.models import Cursor, FaqEntry

# revised: the law has a version later than the review, and the text of that time is not held for comparison
Reason = Literal["changed", "removed", "revised", "repealed", "unknown_law"]


@dataclass(frozen=True, slots=True)
class Change:
    """Why one citation of an entry must be looked at again."""

    entry: str
    law: str
    article: int
    reason: Reason

    def to_json(self) -> dict[str, str | int]:
        """As `python -m knowledge laws check` prints it; `title` is 《law》article."""
        return {**asdict(self), "title": f"《{self.law}》{article_name(self.article)}"}


@dataclass(frozen=True, slots=True)
class _Library:
    """Every version of the laws that have several, and when the newest of each was imported."""

    statutes: Mapping[str, Statute]
    versions: Mapping[str, Sequence[str]]
    texts: Mapping[tuple[str, str, int], str]
    imported: Mapping[str, date]

    def reviewed_by(self, law: str, reviewed: date) -> str | None:
        """The version that a reviewer of that day went by; None when it is not held."""
        versions = self.versions[law]
        newest, seen = versions[0], self.imported.get(law)
        promulgated = day_of(newest)
        if seen is not None and reviewed >= seen and (promulgated is None or reviewed >= promulgated):
            return newest
        held = (v for v in versions if in_force_from(v, versions, self.statutes.get(law)) <= reviewed)
        return next(held, None)

    def reason(self, law: str, article: int, reviewed: date) -> Reason | None:
        statute = self.statutes.get(law)
        if statute is None:
            return "unknown_law"
        if statute.repealed:
            return "repealed"
        if law not in self.versions:
            return None
        newest, before = self.versions[law][0], self.reviewed_by(law, reviewed)
        if before == newest:
            return None
        if before is None:
            return "revised"
        now = self.texts.get((law, newest, article))
        if now is None:
            return None if is_partial(statute) else "removed"
        return "changed" if _letters(now) != _letters(self.texts.get((law, before, article), "")) else None


def _letters(text: str) -> str:
    return "".join(text.split())


async def changes_since_review(
    session: AsyncSession, statutes: Mapping[str, Statute], ids: Iterable[str] | None = None
) -> tuple[Change, ...]:
    """Every citation of drafts and published entries (or of these ids alone) that needs another look."""
    query = select(FaqEntry).where(FaqEntry.status != "archived").order_by(FaqEntry.id)
    if ids is not None:
        query = query.where(FaqEntry.id.in_(list(ids)))
    rows = (await session.scalars(query)).all()
    library = await _library(session, statutes)
    found = []
    for row in rows:
        reviewed = (
            row.reviewed or row.updated_at.date()
        )  # who wrote it without a date wrote by that day's law
        for law, article in dict.fromkeys((str(c["law"]), int(c["article"])) for c in row.citations):
            reason = library.reason(law, article, reviewed)
            if reason is not None:
                found.append(Change(row.id, law, article, reason))
    return tuple(found)


async def _library(session: AsyncSession, statutes: Mapping[str, Statute]) -> _Library:
    versions = await versions_of_laws(session)
    several = {law: found for law, found in versions.items() if len(found) > 1}
    texts = await articles_of(session, several)
    cursors = {import_cursor(law, found[0]): law for law, found in versions.items()}
    kept = await session.scalars(select(Cursor).where(Cursor.name.in_(list(cursors))))
    return _Library(
        statutes,
        versions,
        {(one.law, one.version, one.article): one.text for found in texts.values() for one in found},
        {cursors[row.name]: date.fromisoformat(row.value) for row in kept},
    )
