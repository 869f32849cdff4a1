"""The curated answers: list, editing, publishing, versions."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.forms import Form
from console.pages.accounts import page_number
from console.texts import error_text
from console.views.faq_form import FIELDS, difference, from_form, lines_of, to_form
from console.web import Page, Routes
from knowledge import faq
from knowledge.content import EntryData, load_statutes
from knowledge.errors import InvalidEntry, KnowledgeError
from knowledge.law_changes import changes_since_review
from knowledge.review import duplicate_warnings, law_warnings, warnings_of
from knowledge.statutes import Statute
from nlu.understanding import INTENTS
from storage.models import FaqEntry, Miss
from tickets.audit import AuditTag, record

STATES: Mapping[str, faq.Status] = {"draft": faq.DRAFT, "published": faq.PUBLISHED, "archived": faq.ARCHIVED}
PAGE_ROWS = 50
SEARCH_CHARACTERS = 60


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/faq", "faq", entries)
    routes.add("GET", "/faq/new", "faq.new", new)
    routes.add("POST", "/faq/new", "faq.create", create)
    routes.add("GET", "/faq/{faq_id}", "faq.edit", edit)
    routes.add("POST", "/faq/{faq_id}", "faq.save", save)
    routes.add("POST", "/faq/{faq_id}/publish", "faq.publish", publish)
    routes.add("POST", "/faq/{faq_id}/archive", "faq.archive", archive)
    routes.add("GET", "/faq/{faq_id}/versions", "faq.versions", versions)
    routes.add("POST", "/faq/{faq_id}/restore", "faq.restore", restore)


def _statutes(page: Page) -> Mapping[str, Statute]:
    return load_statutes(page.deps.content_folder)


async def entries(page: Page) -> Response:
    """List the entries."""
    q, intent, state = page.query("q")[:SEARCH_CHARACTERS], page.query("intent"), page.query("status")
    review = page.query("review") == "1"
    async with page.deps.database.read() as session:
        stale = {change.entry for change in await changes_since_review(session, _statutes(page))}
        found = await faq.list_entries(
            session, search=q, intent=intent if intent in INTENTS else None, status=STATES.get(state),
            ids=stale if review else None, page=page_number(page), per_page=PAGE_ROWS,
        )  # fmt: skip
        counts = await faq.counts_by_status(session)
    return page.show(
        "faq_list.html", found=found, counts=counts, stale=stale, q=q, intent=intent, status_was=state,
        review="1" if review else "",
    )  # fmt: skip


async def new(page: Page) -> Response:
    """Show an empty form, or one that begins with a question that was missed."""
    miss = page.query("miss")
    typed = Form()
    if miss.isascii() and miss.isdigit() and len(miss) < 18:
        async with page.deps.database.read() as session:
            found = await session.get(Miss, int(miss))
        if found is not None:
            typed = Form(
                {"question": found.text[:200], "phrasings": found.text[:400], "intent": found.intent or ""}
            )
    return _form(page, typed, None)


def _form(
    page: Page, typed: Form, entry: FaqEntry | None, status: int = 200, *,
    problems: tuple[str, ...] = (), warnings: tuple[str, ...] = (), changes: tuple[str, ...] = (),
    has_draft: bool = False,
) -> Response:  # fmt: skip
    laws = sorted(name for name, statute in _statutes(page).items() if not statute.repealed)
    version = entry.version if entry else 0
    return page.show(
        "faq_edit.html", status, typed=typed, entry=entry, version=version, problems=problems, warnings=warnings,
        changes=changes, has_draft=has_draft, laws=laws,
    )  # fmt: skip


async def create(page: Page) -> Response:
    """Save a new draft."""
    fields = from_form(page.form) | {"id": page.form.text("id") or None}
    try:
        _check(page, fields, page.form.text("id") or f"{fields['intent']}.new")
        async with page.deps.database.write() as session:
            made = await faq.create(session, page.account.id, fields, _statutes(page), page.now)
            _audit(session, page, made.id, "create", made.version)
    except KnowledgeError as problem:
        return _form(page, page.form, None, problem.status, problems=_lines(problem))
    return page.go(f"/console/faq/{made.id}?done=saved")


def _lines(problem: KnowledgeError) -> tuple[str, ...]:
    return problem.problems if isinstance(problem, InvalidEntry) else (problem.message,)


def _check(page: Page, fields: Mapping[str, Any], faq_id: str) -> None:
    """Raise InvalidEntry with every problem at once; an entry without a phrasing is hardly ever found."""
    problems = [] if fields["phrasings"] else [error_text("phrasing")]
    try:
        faq.validated({**fields, "id": faq_id}, _statutes(page))
    except InvalidEntry as invalid:
        problems = [*invalid.problems, *problems]
    if problems:
        raise InvalidEntry(tuple(problems))


def _id(page: Page) -> str:
    return page.text_in_path("faq_id")


async def edit(page: Page) -> Response:
    """Show an entry: its draft, when there is one, else what is live."""
    return await _edit(page)


async def _edit(
    page: Page, status: int = 200, *, typed: Form | None = None, problems: tuple[str, ...] = ()
) -> Response:
    statutes = _statutes(page)
    async with page.deps.database.read() as session:
        entry = await faq.get_entry(session, _id(page))
        draft = await faq.draft_of(session, entry)
        changes = law_warnings(await changes_since_review(session, statutes, [entry.id]), statutes)
    data: EntryData = draft or faq.data_of(entry)
    warnings = (*warnings_of(data), *await duplicate_warnings(page.deps.knowledge, data))
    has_draft = draft is not None
    return _form(
        page, typed or to_form(data), entry, status, problems=problems, warnings=warnings, changes=changes,
        has_draft=has_draft,
    )  # fmt: skip


async def save(page: Page) -> Response:
    """Save the draft, and publish it when asked to."""
    publishing = page.form.text("then") == "publish"
    try:
        _check(page, from_form(page.form), _id(page))
        async with page.deps.database.write() as session:
            statutes, version = _statutes(page), page.form.number("version") or 0
            saved = await faq.edit(
                session, page.account.id, _id(page), version, from_form(page.form), statutes, page.now
            )
            _audit(session, page, saved.id, "edit", saved.version)
            if publishing:
                saved = await faq.publish(
                    session, page.account.id, saved.id, saved.version, statutes, page.now
                )
                _audit(session, page, saved.id, "publish", saved.version)
    except KnowledgeError as problem:
        if problem.status == 404:
            raise
        return await _edit(page, problem.status, typed=page.form, problems=_lines(problem))
    if publishing:
        await page.deps.knowledge.refresh()
    return page.go(f"/console/faq/{saved.id}?done={'published' if publishing else 'saved'}")


async def publish(page: Page) -> Response:
    """Make the saved draft live."""
    return await _step(page, "publish")


async def archive(page: Page) -> Response:
    """Take an entry out of use."""
    return await _step(page, "archive")


async def restore(page: Page) -> Response:
    """Take an old version as a new draft."""
    return await _step(page, "restore")


DONE = {"publish": "published", "archive": "archived", "restore": "restored"}


async def _step(page: Page, step: str) -> Response:
    faq_id, version = _id(page), page.form.number("version") or 0
    try:
        async with page.deps.database.write() as session:
            if step == "publish":
                row = await faq.publish(session, page.account.id, faq_id, version, _statutes(page), page.now)
            elif step == "archive":
                row = await faq.archive(session, page.account.id, faq_id, version, page.now)
            else:
                old = page.form.number("old") or 0
                row = await faq.restore(session, page.account.id, faq_id, old, version, page.now)
            _audit(session, page, faq_id, step, row.version)
    except KnowledgeError as problem:
        if problem.status == 404:
            raise
        return await _edit(page, problem.status, problems=_lines(problem))
    await page.deps.knowledge.refresh()
    return page.go(f"/console/faq/{faq_id}?done={DONE[step]}")


def _audit(session: AsyncSession, page: Page, faq_id: str, step: str, version: int) -> None:
    record(
        session,
        AuditTag.FAQ_CHANGED,
        page.account,
        f"faq:{faq_id}",
        page.now,
        {"step": step, "version": version},
    )


async def versions(page: Page) -> Response:
    """List the versions, and show what one of them changed."""
    async with page.deps.database.read() as session:
        entry = await faq.get_entry(session, _id(page))
        rows = list(await faq.versions(session, entry.id))
    wanted = page.query("show")
    place = next((i for i, row in enumerate(rows) if str(row.version) == wanted), 0)
    shown, before = rows[place], rows[place + 1] if place + 1 < len(rows) else None
    new_texts, old_texts = lines_of(shown.data), lines_of(before.data if before else {})
    changes = [(name, difference(old_texts[name], new_texts[name])) for name in FIELDS]
    return page.show(
        "faq_versions.html", entry=entry, rows=rows, shown=shown, before=before,
        changes=[(name, pieces) for name, pieces in changes if any(kind != "same" for kind, _ in pieces)],
    )  # fmt: skip
