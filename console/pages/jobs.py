"""Job postings: the list, a file that is checked first and taken then, taking down, export."""

import asyncio
import base64
import binascii
import zlib
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.pages.accounts import page_number
from console.texts import error_text, texts
from console.web import Page, Routes
from storage.models import Account
from tickets.audit import AuditTag, record
from tickets.errors import NotAllowed
from tickets.jobs import postings
from tickets.jobs.import_sheet import Checked, check
from tickets.jobs.postings import SORTS, STATES, Filters
from tickets.jobs.tables import MAX_BYTES, MAX_ROWS, RefusedTable
from tickets.jobs.words import words
from tickets.sla import SHANGHAI
from tickets.spreadsheets import to_csv, to_xlsx

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/jobs", "jobs", jobs)
    routes.add("GET", "/jobs/upload", "jobs.upload", upload)
    routes.add("POST", "/jobs/upload", "jobs.check", preview)
    routes.add("POST", "/jobs/import", "jobs.import", take)
    routes.add("GET", "/jobs/export", "jobs.export", export, kind="data")
    routes.add("POST", "/jobs/{posting_id:int}/active", "jobs.active", active)


def _filters(page: Page) -> Filters:
    state, sort, trade = page.query("state"), page.query("sort"), page.query("trade")
    return Filters(
        q=page.query("q")[:60],
        trade=trade if trade in words().trades else "",
        state=state if state in STATES else STATES[0],
        sort=sort if sort in SORTS else "new",
    )


async def jobs(page: Page) -> Response:
    """List the postings of the own unit and below."""
    filters, number = _filters(page), page_number(page)
    today = page.now.astimezone(SHANGHAI).date()
    async with page.deps.database.read() as session:
        shown = await postings.load_page(session, page.account, filters, number, today)
    return page.show("jobs.html", shown=shown, filters=filters, number=number, job=words(), today=today)


async def upload(page: Page) -> Response:
    """Show the form for a list, with what it must look like."""
    return _upload_form(page)


def _upload_form(page: Page, status: int = 200, alert: str | None = None) -> Response:
    required = [words().column(name) for name in words().required]
    limits = {"mb": MAX_BYTES // 1_000_000, "rows": f"{MAX_ROWS:,}"}
    return page.show(
        "jobs_upload.html", status, alert=alert, headings=postings.export_headings(), required=required,
        limits=limits, job=words(),
    )  # fmt: skip


async def preview(page: Page) -> Response:
    """Check the file and show what importing it would do; nothing is written."""
    file = page.form.files.get("list")
    if file is None or not file.data:
        return _upload_form(page, 422, error_text("no_list"))
    try:
        checked = await asyncio.to_thread(check, file.data)
    except RefusedTable as refused:
        return _upload_form(page, 422, refused.message)
    async with page.deps.database.read() as session:
        foreseen = await postings.foresee(session, page.account.organization_id, checked.postings)
    packed = base64.urlsafe_b64encode(zlib.compress(file.data)).decode()
    return page.show("jobs_report.html", checked=checked, saved=foreseen, packed=packed, name=file.name[:100])


async def take(page: Page) -> Response:
    """Take the good rows of the file that was looked at; the same file twice changes nothing more."""
    data = _unpacked(page.form.raw("packed"))
    if data is None:
        return _upload_form(page, 422, error_text("no_list"))
    try:
        checked: Checked = await asyncio.to_thread(check, data)
        async with page.deps.database.write() as session:
            by = await _account(session, page)
            saved = await postings.save(session, by, checked.postings, page.now)
    except RefusedTable as refused:
        return _upload_form(page, 422, refused.message)
    return page.show("jobs_report.html", checked=checked, saved=saved, packed=None, name="")


def _unpacked(packed: str) -> bytes | None:
    """Return the file that the preview sent along; at most as much as an upload may have."""
    if not packed:
        return None
    try:
        opened = zlib.decompressobj()
        return opened.decompress(base64.urlsafe_b64decode(packed.encode("ascii")), MAX_BYTES + 1)
    except (zlib.error, binascii.Error, UnicodeEncodeError):
        return None


async def _account(session: AsyncSession, page: Page) -> Account:
    by = await session.get(Account, page.account.id)
    if by is None or not by.active:
        raise NotAllowed
    return by


async def active(page: Page) -> Response:
    """Take a posting down or put it up again."""
    up = page.form.text("active") == "1"
    async with page.deps.database.write() as session:
        by = await _account(session, page)
        await postings.set_active(session, by, page.id_in_path("posting_id"), up, page.now)
    return page.go(
        f"/console/jobs?state={'active' if up else 'inactive'}&done={'job_up' if up else 'job_down'}"
    )


async def export(page: Page) -> Response:
    """Give what the list shows as a file; audited."""
    kind: Literal["csv", "xlsx"] = "csv" if page.query("kind") == "csv" else "xlsx"
    filters, today = _filters(page), page.now.astimezone(SHANGHAI).date()
    async with page.deps.database.read() as session:
        rows = [row async for row in postings.export_rows(session, page.account, filters, today)]
    async with page.deps.database.write() as session:
        by = await _account(session, page)
        record(session, AuditTag.JOBS_EXPORTED, by, f"{len(rows)} postings", page.now)
    headings = postings.export_headings()
    if kind == "csv":
        data = await asyncio.to_thread(to_csv, headings, rows)
    else:
        data = await asyncio.to_thread(to_xlsx, texts()["jobs"]["sheet"], headings, rows)
    disposition = f'attachment; filename="jobs-{today:%Y%m%d}.{kind}"'
    return Response(data, media_type=TYPES[kind], headers={"Content-Disposition": disposition})
