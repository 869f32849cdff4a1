"""The application for arbitration of a ticket: see what it says, change it, make it again, read it, send it."""

import asyncio
from datetime import date
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.texts import texts
from console.views import paper as forms
from console.web import Page, Routes
from storage.models import Account, Attachment, Conversation, Ticket
from storage.service_models import Document
from tickets.access import Action, may
from tickets.audit import AuditTag, record
from tickets.changes import add_event, first_response_given, lock_conversation, require_mine
from tickets.delivery import live_topics, tell_worker
from tickets.documents import store
from tickets.documents.drafting import CONTENT_TYPE, draft
from tickets.documents.errors import NoPaper, PreviewFailed, PreviewOff
from tickets.documents.values import Application
from tickets.errors import AlreadyClosed, MissingReason, NotAllowed, Outdated
from tickets.sla import SHANGHAI
from tickets.values import EventKind

KIND = store.ARBITRATION
REASON_LIMIT = 500
PDF_POLICY = "default-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def register(routes: Routes) -> None:
    """Add this module's routes."""
    address = "/tickets/{ticket_id:int}/paper"
    routes.add("GET", address, "paper", paper)
    routes.add("POST", address, "paper.save", save)
    routes.add("POST", f"{address}/send", "paper.send", send)
    routes.add("POST", f"{address}/open", "paper.open", open_paper)


async def paper(page: Page) -> Response:
    """Show the paper's form."""
    return await _show(page)


async def _show(
    page: Page, status: int = 200, *, problems: tuple[str, ...] = (), alert: str = ""
) -> Response:
    async with page.deps.database.read() as session:
        document, ticket = await store.access_document(
            session, page.account, page.id_in_path("ticket_id"), KIND
        )
    answers = dict(document.data) if document else forms.begun(ticket)
    application = _composed(page, answers) if document else None
    return page.show(
        "paper.html",
        status,
        ticket=ticket,
        document=document,
        fields=forms.fields(answers, page.form if problems else None),
        application=application,
        problems=problems,
        alert=alert or None,
        works=may(page.account, Action.WORK_TICKETS) and ticket.open and page.deps.papers is not None,
        preview=page.deps.preview.available,
        version=document.version if document else 0,
    )


def _composed(page: Page, answers: dict[str, Any]) -> Application | None:
    return page.deps.papers.application(answers, _today(page)) if page.deps.papers is not None else None


def _today(page: Page) -> date:
    return page.now.astimezone(SHANGHAI).date()


async def save(page: Page) -> Response:
    """Take the form, count every sum again and keep a new version."""
    ticket_id = page.id_in_path("ticket_id")
    async with page.deps.database.read() as session:
        document, ticket = await store.access_document(
            session, page.account, ticket_id, KIND, Action.WORK_TICKETS
        )
    if not ticket.open:
        raise AlreadyClosed
    known = dict(document.data) if document else forms.begun(ticket)
    read = forms.read(page.form, known, _today(page))
    application = _composed(page, read.answers)
    if application is None:
        return await _show(page, 409, alert=texts()["paper"]["cannot_make"])
    if read.problems:
        return await _show(page, 422, problems=read.problems)
    if (document.version if document else 0) != (page.form.number("version") or 0):
        return await _show(page, 409, problems=(Outdated().message,))
    data = await asyncio.to_thread(draft, application, store.next_version(document))
    sha256 = await asyncio.to_thread(page.deps.files.keep, data)
    await _keep(page, ticket_id, read.answers, sha256, len(data))
    return page.go(f"/console/tickets/{ticket_id}/paper?done=paper_saved")


async def _keep(page: Page, ticket_id: int, answers: dict[str, Any], sha256: str, size: int) -> None:
    """Write the new version unless somebody was quicker."""
    async with page.deps.database.write() as session:
        account = await _fresh(session, page)
        found, ticket = await store.access_document(session, account, ticket_id, KIND, Action.WORK_TICKETS)
        await lock_conversation(session, ticket.conversation_id)
        locked = await store.of_ticket(session, ticket.id, KIND, lock=True)
        if (locked.version if locked else 0) != (page.form.number("version") or 0) or (found is None) != (
            locked is None
        ):
            raise Outdated
        steps = forms.flow().slots
        secret = {name: value for name, value in answers.items() if name in steps and steps[name].sensitive}
        ticket.sensitive = {**(ticket.sensitive or {}), **secret} or None
        document, _ = await store.save(session, ticket, KIND, answers, sha256, size, page.now, account)
        detail = {"kind": KIND, "version": document.version}
        record(session, AuditTag.LETTER_DRAFTED, account, f"ticket:{ticket.number}", page.now, detail)


async def _fresh(session: AsyncSession, page: Page) -> Account:
    found = await session.scalar(select(Account).where(Account.id == page.account.id, Account.active))
    if found is None:
        raise NotAllowed
    return found


async def send(page: Page) -> Response:
    """Give the newest version to the worker where they wrote; a channel abroad gets it without the ID number."""
    ticket_id = page.id_in_path("ticket_id")
    if page.shared.once.take(page.form.text("form_number")):
        document, ticket, channel = await _to_send(page, ticket_id)
        papers, today = page.deps.papers, _today(page)
        if papers is None:
            return await _show(page, 409, alert=texts()["paper"]["cannot_make"])
        copy = store.for_channel(document.data, channel)
        abroad = copy != document.data
        sha256, size = document.sha256 or "", 0
        if abroad:
            data = await asyncio.to_thread(draft, papers.application(copy, today), document.version)
            sha256, size = await asyncio.to_thread(page.deps.files.keep, data), len(data)
        text = papers.told(document.data, today, document.version, abroad=abroad)
        await _sent(page, ticket.id, document, text, (sha256, size) if abroad else None)
        for topic in live_topics(ticket):
            await page.deps.live.publish(topic)
    return page.go(f"/console/tickets/{ticket_id}/paper?done=paper_sent")


async def _to_send(page: Page, ticket_id: int) -> tuple[Document, Ticket, str]:
    async with page.deps.database.read() as session:
        document, ticket = await store.access_document(
            session, page.account, ticket_id, KIND, Action.WORK_TICKETS
        )
        conversation = await session.get_one(Conversation, ticket.conversation_id)
    if document is None:
        raise NoPaper
    if not ticket.open:
        raise AlreadyClosed
    return document, ticket, conversation.channel


async def _sent(
    page: Page, ticket_id: int, document: Document, text: str, copy: tuple[str, int] | None
) -> None:
    async with page.deps.database.write() as session:
        account = await _fresh(session, page)
        _, ticket = await store.access_document(session, account, ticket_id, KIND, Action.WORK_TICKETS)
        conversation = await lock_conversation(session, ticket.conversation_id)
        await require_mine(session, account, ticket)
        if copy is not None:
            file = store.attach(session, ticket, *copy, document.version, page.now)
            await session.flush()
        else:
            file = (await session.scalars(select(Attachment).where(Attachment.token == document.token))).one()
        message = await tell_worker(
            session, conversation, ticket, text, page.now, account=account, files=(file,)
        )
        first_response_given(ticket, page.now)
        add_event(
            session, ticket, EventKind.REPLY, page.now, account=account, data={"message_id": message.id}
        )


async def open_paper(page: Page) -> Response:
    """Give the file, as Word or as PDF, for a reason that is kept."""
    ticket_id, reason = page.id_in_path("ticket_id"), page.form.text("reason")[:REASON_LIMIT]
    wants_pdf = page.form.text("how") == "pdf"
    if wants_pdf and not page.deps.preview.available:
        return await _show(page, PreviewOff.status, alert=PreviewOff().message)
    try:
        async with page.deps.database.write() as session:
            account = await _fresh(session, page)
            document = await store.open_document(session, account, ticket_id, KIND, reason, page.now)
        data = await asyncio.to_thread(page.deps.files.read, document.sha256 or "")
        if wants_pdf:
            return _file(await page.deps.preview.pdf(data), "application/pdf", document.version)
    except (MissingReason, NoPaper, PreviewFailed) as problem:
        return await _show(page, problem.status, alert=problem.message)
    return _file(data, CONTENT_TYPE, document.version)


def _file(data: bytes, content_type: str, version: int) -> Response:
    pdf = content_type == "application/pdf"
    name = store.file_name(version, "pdf" if pdf else "docx")
    headers = {"Content-Disposition": f"{'inline' if pdf else 'attachment'}; filename*=UTF-8''{quote(name)}"}
    return Response(data, media_type=content_type, headers=headers | {"Content-Security-Policy": PDF_POLICY})
