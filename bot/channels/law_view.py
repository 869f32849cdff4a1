"""What the page of an article shows: which text holds today, which are older, and what is not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from knowledge import law_texts
from knowledge.law_texts import ArticleText
from knowledge.statutes import Statute, article_name


@dataclass(frozen=True, slots=True)
class Older:
    """The article in another version; `since` is the first day of one that is still to come."""

    day: date | None
    lines: tuple[str, ...]
    same: bool
    since: date | None = None


@dataclass(frozen=True, slots=True)
class ArticleView:
    """One article. `lines` is empty where the text is not held, or no longer in force."""

    law: str
    title: str
    article: str
    since: date | None
    remark: str | None
    repealed: bool
    partial: bool = False
    superseded: bool = False
    version: date | None = None
    lines: tuple[str, ...] = ()
    older: tuple[Older, ...] = ()
    coming: tuple[Older, ...] = ()


async def look_up(
    session: AsyncSession, laws: Sequence[Statute], article: int, today: date
) -> ArticleView | None:
    """The article in the first of these laws (the books of one code) that has it; None when it can't exist."""
    imported = {statute.name: await law_texts.versions_of(session, statute.name) for statute in laws}
    for statute in laws:
        history = await law_texts.article_history(session, statute.name, article)
        if history:
            return _shown(statute, history, imported[statute.name], today)
    open_to_doubt = [one for one in laws if not imported[one.name] or law_texts.is_partial(one)]
    return _not_held(open_to_doubt, laws, article, imported) if open_to_doubt else None


def _not_held(
    doubtful: Sequence[Statute], laws: Sequence[Statute], article: int, imported: dict[str, list[str]]
) -> ArticleView:
    statute = doubtful[0]
    return ArticleView(
        law=statute.printed,
        title=statute.title if len(laws) == 1 else statute.title.partition("（")[0],
        article=article_name(article),
        since=statute.in_force_since,
        remark=statute.remark if len(laws) == 1 else None,
        repealed=statute.repealed,
        partial=bool(imported[statute.name]),
    )


def _shown(
    statute: Statute, history: Sequence[ArticleText], versions: Sequence[str], today: date
) -> ArticleView:
    held = law_texts.in_force(versions, statute, today) or versions[0]
    later = versions[: versions.index(held)]
    now = next((one for one in history if one.version == held), None)
    newest = held == versions[0]
    since = law_texts.in_force_from(held, versions, statute)
    known = statute.in_force_since if newest else since
    return ArticleView(
        law=statute.printed,
        title=statute.title,
        article=article_name(history[0].article),
        since=known if known != date.min else None,
        remark=statute.remark,
        repealed=statute.repealed,
        superseded=newest and law_texts.superseded(held, statute),
        version=law_texts.day_of(held),
        lines=_lines(now.text) if now else (),
        older=tuple(_older(one, now) for one in history if one.version not in {held, *later}),
        coming=tuple(
            _older(one, now, law_texts.in_force_from(one.version, versions, statute))
            for one in history if one.version in later
        ),
    )  # fmt: skip


def _older(one: ArticleText, now: ArticleText | None, since: date | None = None) -> Older:
    same = now is not None and "".join(now.text.split()) == "".join(one.text.split())
    return Older(law_texts.day_of(one.version), _lines(one.text), same, since)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
