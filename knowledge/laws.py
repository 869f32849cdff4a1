"""Statutes as Markdown or plain text, split into articles and kept by version."""

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.law_texts import PARTIAL, UNDATED, articles_of, is_partial, newest_first, versions_of_laws
from knowledge.statutes import ARTICLE_PATTERN, Statute, article_code, article_name, parse_number
from storage.models import Cursor, FaqEntry, LawArticle

_ARTICLE_START = re.compile(rf"^(?:\*\*)?{ARTICLE_PATTERN.pattern}(?:\*\*)?[\s　:：]*")
_HEADING = re.compile(r"^#{1,6}\s|^第[零〇一二三四五六七八九十百]+[编章节](?:\s|　|$)|^附\s*则$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DAY = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_SOURCE_DAY = re.compile(r"\((\d{4}-\d{2}-\d{2})\)\.(?:md|txt)\b")
_SKIPPED = frozenset({"INDEX.md", "README.md"})
_SUFFIXES = frozenset({".md", ".txt"})
REVISION = "laws.revision"  # names the cursor that every import which changes a text sets anew


@dataclass(frozen=True, slots=True)
class Law:
    """One version of a law. `version` is the date of its last revision as the file tells it."""

    name: str
    version: str
    articles: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; `without_articles` are texts that have none (decisions, notices)."""

    laws: int
    articles: int
    added: int
    changed: int
    removed: int
    unchanged: int
    without_articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every citation of published entries against the imported articles."""

    checked: int
    missing: tuple[str, ...]  # "entry: 《law》article" that the imported text does not have
    not_checkable: Mapping[str, int]  # law that is not imported, or only in part -> citations of it


def read_law(file: Path, statute: Statute | None = None) -> Law:
    """Split one file; `statute` gives the name by which content calls this law."""
    name = statute.name if statute else file.stem.removeprefix(PARTIAL)
    raw = file.read_text(encoding="utf-8-sig")
    version = version_of(raw)
    if version == UNDATED and statute is not None and statute.in_force_since is not None:
        version = statute.in_force_since.isoformat()
    return Law(name, version, split_articles(_COMMENT.sub("", raw)))


def split_articles(text: str) -> dict[int, str]:
    """Articles by their code; an article runs to the next one, headings of chapters are not part of it."""
    articles: dict[int, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        found = _ARTICLE_START.match(line.strip())
        code = _code(found) if found else None
        if found is not None and code is not None and code not in articles:
            current = articles.setdefault(code, [])
            current.append(line.strip()[found.end() :])
        elif _HEADING.match(line.strip()):
            current = None
        elif current is not None and line.strip():
            current.append(line.strip())
    return {code: "\n".join(part for part in parts if part).strip() for code, parts in articles.items()}


def _code(found: re.Match[str]) -> int | None:
    number = parse_number(found[1])
    return article_code(number, parse_number(found[2]) if found[2] else 0) if number else None


def version_of(raw: str) -> str:
    """The latest date that the text before the first article or the name of its source file tells."""
    text = _COMMENT.sub("", raw)
    head: list[str] = []
    for line in text.splitlines():
        if _ARTICLE_START.match(line.strip()):
            break
        head.append(line)
    days = _days("\n".join(head)) + [date.fromisoformat(day) for day in _SOURCE_DAY.findall(raw)]
    return max(days).isoformat() if days else UNDATED


def _days(text: str) -> list[date]:
    days = []
    for year, month, day in (map(int, groups) for groups in _DAY.findall(text)):
        with suppress(ValueError):  # 2月30日 is a slip of the source, not a version
            days.append(date(year, month, day))
    return days


def law_files(folder: Path) -> list[Path]:
    """The statute files of a folder. Raises FileNotFoundError when there is no such folder."""
    if not folder.is_dir():
        raise FileNotFoundError(f"no such folder: {folder}")
    return sorted(f for f in folder.iterdir() if f.suffix in _SUFFIXES and f.name not in _SKIPPED)


async def import_folder(
    session: AsyncSession,
    folder: Path,
    statutes: Mapping[str, Statute] | None = None,
    *,
    today: date | None = None,
) -> ImportReport:
    """Bring all files of a folder into `law_articles`; a second run changes nothing."""
    today = today or datetime.now(UTC).date()
    by_file = {statute.file: statute for statute in (statutes or {}).values() if statute.file}
    laws = [read_law(file, by_file.get(file.stem)) for file in law_files(folder)]
    counts = {"added": 0, "changed": 0, "removed": 0, "unchanged": 0}
    for law in laws:
        for kind, number in (await _store(session, law, today)).items():
            counts[kind] += number
    if counts["added"] or counts["changed"] or counts["removed"]:
        await session.merge(Cursor(name=REVISION, value=uuid4().hex))
    return ImportReport(
        laws=sum(1 for law in laws if law.articles),
        articles=sum(len(law.articles) for law in laws),
        without_articles=tuple(law.name for law in laws if not law.articles),
        **counts,
    )


async def _store(session: AsyncSession, law: Law, today: date) -> dict[str, int]:
    query = select(LawArticle).where(LawArticle.law == law.name, LawArticle.version == law.version)
    rows = {row.article: row for row in await session.scalars(query)}
    if law.articles and not rows:
        await session.merge(Cursor(name=import_cursor(law.name, law.version), value=today.isoformat()))
    counts = {"added": 0, "changed": 0, "removed": 0, "unchanged": 0}
    for code, text in law.articles.items():
        row = rows.pop(code, None)
        if row is None:
            session.add(LawArticle(law=law.name, version=law.version, article=code, text=text))
            counts["added"] += 1
        elif row.text != text:
            row.text = text
            counts["changed"] += 1
        else:
            counts["unchanged"] += 1
    if rows:
        await session.execute(delete(LawArticle).where(LawArticle.id.in_([row.id for row in rows.values()])))
        counts["removed"] = len(rows)
    await session.flush()
    return counts


def import_cursor(law: str, version: str) -> str:
    """Name of the cursor that keeps the day on which a version was first imported."""
    return "law." + hashlib.sha256(f"{law}\n{version}".encode()).hexdigest()[:40]


async def article_text(session: AsyncSession, law: str, article: int) -> str | None:
    """The newest imported text of an article."""
    query = select(LawArticle.version, LawArticle.text).where(
        LawArticle.law == law, LawArticle.article == article
    )
    texts = {version: text for version, text in await session.execute(query)}  # noqa: C416 - rows are not plain tuples
    return texts[newest_first(texts)[0]] if texts else None


async def check_citations(session: AsyncSession, statutes: Mapping[str, Statute]) -> CheckReport:
    """Verify what published entries cite against the newest imported version of each law."""
    imported = await _newest_articles(session)
    published = select(FaqEntry).where(FaqEntry.status == "published").order_by(FaqEntry.id)
    rows = (await session.scalars(published)).all()
    checked, missing, not_checkable = 0, [], dict[str, int]()
    for row in rows:
        for law, article in ((str(c["law"]), int(c["article"])) for c in row.citations):
            known = imported.get(law)
            if known is None or (is_partial(statutes.get(law)) and article not in known):
                not_checkable[law] = not_checkable.get(law, 0) + 1
                continue
            checked += 1
            if article not in known:
                missing.append(f"{row.id}: 《{law}》{article_name(article)}")
    return CheckReport(checked, tuple(missing), not_checkable)


async def _newest_articles(session: AsyncSession) -> dict[str, frozenset[int]]:
    newest = {law: versions[:1] for law, versions in (await versions_of_laws(session)).items()}
    texts = await articles_of(session, newest)
    return {law: frozenset(one.article for one in articles) for law, articles in texts.items()}
