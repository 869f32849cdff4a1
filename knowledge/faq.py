"""Entries from shipped files and from the console: drafts, versions, publishing. One transaction per caller.

The row in `faq_entries` is what is live. Saving an entry that is live puts the new text into a version row with
the status "draft"; publishing copies it into the live row. `version` counts every step and guards against two
people saving at once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.content import CONTENT_FOLDER, EntryData, load_content
from knowledge.errors import EntryNotFound, InvalidEntry, KnowledgeError, VersionConflict
from knowledge.review import problems_of, validation_problems
from knowledge.statutes import Statute
from storage.models import FaqEntry, FaqVersion

Status = Literal["draft", "published", "archived"]
DRAFT: Status = "draft"
PUBLISHED: Status = "published"
ARCHIVED: Status = "archived"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many shipped entries were added, changed, left as they were, kept as edited here, archived."""

    added: int
    updated: int
    unchanged: int
    kept: int
    archived: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `total` counts all that match."""

    entries: tuple[FaqEntry, ...]
    total: int
    page: int
    pages: int


async def sync_content(session: AsyncSession, folder: Path | None, now: datetime) -> SyncReport:
    """Bring the shipped files into the database; what was edited in the console stays as it is."""
    content = load_content(folder or CONTENT_FOLDER)
    rows = {row.id: row for row in await session.scalars(select(FaqEntry))}
    counts = dict.fromkeys(("added", "updated", "unchanged", "kept", "archived"), 0)
    for data in content.entries:
        counts[await _sync_one(session, rows.get(data.id), data, now)] += 1
    shipped = {data.id for data in content.entries}
    for row in rows.values():
        if row.id not in shipped and not row.edited and row.status != ARCHIVED:
            _write(session, row, data_of(row), ARCHIVED, None, now)
            counts["archived"] += 1
    await session.flush()
    return SyncReport(**counts)


async def _sync_one(session: AsyncSession, row: FaqEntry | None, data: EntryData, now: datetime) -> str:
    if row is None:
        row = FaqEntry(id=data.id, version=0, edited=False)
        _write(session, row, data, PUBLISHED, None, now)
        session.add(row)
        return "added"
    if row.edited:
        return "kept"
    if row.status == PUBLISHED and data_of(row) == data:
        return "unchanged"
    _write(session, row, data, PUBLISHED, None, now)
    return "updated"


async def create(
    session: AsyncSession,
    account_id: int | None,
    fields: Mapping[str, Any],
    statutes: Mapping[str, Statute],
    now: datetime,
) -> FaqEntry:
    """A new draft; without an id it gets one in its intent. Raises InvalidEntry."""
    proposed = str(fields.get("id") or f"{fields.get('intent')}.local_{uuid4().hex[:8]}")
    data = validated({**fields, "id": proposed}, statutes)
    if await session.get(FaqEntry, data.id) is not None:
        raise KnowledgeError("id_taken", faq_id=data.id)
    row = FaqEntry(id=data.id, version=0, edited=True)
    _write(session, row, data, DRAFT, account_id, now)
    session.add(row)
    await session.flush()
    return row


async def edit(
    session: AsyncSession,
    account_id: int | None,
    faq_id: str,
    expected_version: int,
    fields: Mapping[str, Any],
    statutes: Mapping[str, Statute],
    now: datetime,
) -> FaqEntry:
    """Save as a draft: what is live stays live until it is published. Raises VersionConflict, InvalidEntry."""
    data = validated({**fields, "id": faq_id}, statutes)
    row = await _claim(session, faq_id, expected_version, account_id, now)
    if row.status == PUBLISHED:
        _remember(session, row, data, DRAFT, account_id, now)
    else:
        _fill(row, data, DRAFT)
        _remember(session, row, data, DRAFT, account_id, now)
    await session.flush()
    return row


async def publish(
    session: AsyncSession,
    account_id: int | None,
    faq_id: str,
    expected_version: int,
    statutes: Mapping[str, Statute],
    now: datetime,
) -> FaqEntry:
    """Make the newest text live. Raises InvalidEntry when a rights entry has no basis."""
    row = await get_entry(session, faq_id)
    draft = await draft_of(session, row)
    if row.status == PUBLISHED and draft is None:
        raise KnowledgeError("nothing_to_publish")
    data = draft or data_of(row)
    problems = problems_of(data, statutes, publishing=True)
    if problems:
        raise InvalidEntry(problems)
    row = await _claim(session, faq_id, expected_version, account_id, now)
    _fill(row, data, PUBLISHED)
    _remember(session, row, data, PUBLISHED, account_id, now)
    await session.flush()
    return row


async def archive(
    session: AsyncSession, account_id: int | None, faq_id: str, expected_version: int, now: datetime
) -> FaqEntry:
    """Take it out of use; it can be restored from any version."""
    row = await _claim(session, faq_id, expected_version, account_id, now)
    row.status = ARCHIVED
    _remember(session, row, data_of(row), ARCHIVED, account_id, now)
    await session.flush()
    return row


async def restore(
    session: AsyncSession,
    account_id: int | None,
    faq_id: str,
    version: int,
    expected_version: int,
    now: datetime,
) -> FaqEntry:
    """Take the text of an old version as a new draft."""
    query = select(FaqVersion).where(FaqVersion.faq_id == faq_id, FaqVersion.version == version)
    old = (await session.scalars(query)).one_or_none()
    if old is None:
        raise EntryNotFound("version_not_found")
    row = await _claim(session, faq_id, expected_version, account_id, now)
    data = _from_version(old)
    if row.status != PUBLISHED:
        _fill(row, data, DRAFT)
    _remember(session, row, data, DRAFT, account_id, now)
    await session.flush()
    return row


async def get_entry(session: AsyncSession, faq_id: str) -> FaqEntry:
    """The live row. Raises EntryNotFound."""
    row = await session.get(FaqEntry, faq_id)
    if row is None:
        raise EntryNotFound("entry_not_found")
    return row


async def draft_of(session: AsyncSession, row: FaqEntry) -> EntryData | None:
    """The text that was saved after the live one, if there is one."""
    newest = select(FaqVersion).where(FaqVersion.faq_id == row.id, FaqVersion.version == row.version)
    version = (await session.scalars(newest)).one_or_none()
    if version is None or version.data.get("status") != DRAFT:
        return None
    return _from_version(version)


async def versions(session: AsyncSession, faq_id: str) -> Sequence[FaqVersion]:
    """All versions, newest first; `data["status"]` tells what each was."""
    query = select(FaqVersion).where(FaqVersion.faq_id == faq_id).order_by(FaqVersion.version.desc())
    return (await session.scalars(query)).all()


async def list_entries(
    session: AsyncSession,
    *,
    search: str = "",
    intent: str | None = None,
    status: Status | None = None,
    ids: Collection[str] | None = None,
    page: int = 1,
    per_page: int = 20,
) -> Page:
    """Entries in order of intent and id (of `ids` alone, if given); all words of `search` occur in the entry.

    The filter runs here and not in SQL: phrasings are JSON, which the databases search differently, and there
    are hundreds of entries, not millions.
    """
    query = select(FaqEntry).order_by(FaqEntry.intent, FaqEntry.id)
    if intent:
        query = query.where(FaqEntry.intent == intent)
    if status:
        query = query.where(FaqEntry.status == status)
    if ids is not None:
        query = query.where(FaqEntry.id.in_(list(ids)))
    rows = (await session.scalars(query)).all()
    words = search.casefold().split()
    found = [row for row in rows if all(word in _searchable(row) for word in words)]
    pages = max(1, -(-len(found) // per_page))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * per_page : page * per_page]
    return Page(tuple(shown), len(found), page, pages)


async def counts_by_status(session: AsyncSession) -> dict[str, int]:
    """How many entries are drafts, published, archived."""
    query = select(FaqEntry.status, func.count()).group_by(FaqEntry.status)
    return {status: count for status, count in await session.execute(query)}  # noqa: C416 - rows are not plain tuples


def validated(fields: Mapping[str, Any], statutes: Mapping[str, Statute]) -> EntryData:
    """Form values as an entry. Raises InvalidEntry with one line for each problem."""
    try:
        data = EntryData.model_validate(dict(fields))
    except ValidationError as error:
        raise InvalidEntry(validation_problems(error)) from error
    problems = problems_of(data, statutes, publishing=False)
    if problems:
        raise InvalidEntry(problems)
    return data


def data_of(row: FaqEntry) -> EntryData:
    """The live text of a row."""
    return EntryData.model_validate({name: getattr(row, name) for name in EntryData.model_fields})


async def _claim(
    session: AsyncSession, faq_id: str, expected_version: int, account_id: int | None, now: datetime
) -> FaqEntry:
    """Count the version up if nobody was faster; the row then belongs to this transaction."""
    statement = (
        update(FaqEntry)
        .where(FaqEntry.id == faq_id, FaqEntry.version == expected_version)
        .values(version=expected_version + 1, edited=True, updated_at=now, updated_by_id=account_id)
        .returning(FaqEntry.id)
        .execution_options(synchronize_session=False)
    )
    claimed = (await session.execute(statement)).scalar_one_or_none()
    row = await session.get(FaqEntry, faq_id, populate_existing=True)
    if row is None:
        raise EntryNotFound("entry_not_found")
    if claimed is None:
        raise VersionConflict("version_conflict")
    return row


def _write(
    session: AsyncSession,
    row: FaqEntry,
    data: EntryData,
    status: Status,
    account_id: int | None,
    now: datetime,
) -> None:
    row.version += 1
    row.updated_at, row.updated_by_id = now, account_id
    _fill(row, data, status)
    _remember(session, row, data, status, account_id, now)


def _fill(row: FaqEntry, data: EntryData, status: Status) -> None:
    for name in EntryData.model_fields:
        setattr(row, name, getattr(data, name))
    row.phrasings = list(data.phrasings)
    row.citations = [citation.model_dump() for citation in data.citations]
    row.status = status


def _remember(
    session: AsyncSession,
    row: FaqEntry,
    data: EntryData,
    status: Status,
    account_id: int | None,
    now: datetime,
) -> None:
    stored = data.stored() | {"status": status}
    session.add(FaqVersion(faq_id=row.id, version=row.version, data=stored, at=now, account_id=account_id))


def _from_version(version: FaqVersion) -> EntryData:
    return EntryData.model_validate({name: version.data.get(name) for name in EntryData.model_fields})


def _searchable(row: FaqEntry) -> str:
    laws = [citation["law"] for citation in row.citations]
    return "\n".join([row.id, row.question, row.answer, row.more or "", *row.phrasings, *laws]).casefold()
