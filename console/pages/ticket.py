"""The ticket page, its live stream and the files of its conversation."""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from console.deps import ConsoleDeps
from console.events import OVERLAP_IDS, last_event_id, stream_response
from console.render import render
from console.security import FILE_POLICY
from console.sessions import Signed
from console.times import due
from console.views.masker import masker
from console.views.targets import load_targets
from console.views.ticket import IMAGES, events_of, happened, load_ticket, messages_after, present
from console.web import Page, Routes
from knowledge.drafting import Draft
from storage.models import Attachment, Ticket
from tickets.access import Action, access_ticket, identity_hidden, may, visible_files, visible_tickets
from tickets.documents import store
from tickets.errors import NotAllowed
from tickets.sla import SHANGHAI
from tickets.values import EventKind, State

REPLY_LIMIT = 1000
MATERIAL_DAYS = 3  # working days suggested for bringing material


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/tickets/{ticket_id:int}", "ticket", ticket)
    routes.add("GET", "/tickets/{ticket_id:int}/events", "ticket.events", events, kind="data")
    routes.add("GET", "/files/{token}", "file", file, kind="data")
    routes.add("GET", "/files/{token}/thumbnail", "file.thumbnail", thumbnail, kind="data")


async def ticket(page: Page) -> Response:
    """Show one ticket."""
    return await show_ticket(page)


async def show_ticket(
    page: Page,
    status: int = 200,
    *,
    panel: str = "",
    alert: str | None = None,
    seen_event: int | None = None,
    draft: Draft | None = None,
) -> Response:
    """Return the ticket page; after a failed form with what was typed, and what happened meanwhile.

    Args:
        panel: which form failed.
        seen_event: the newest event that the failed form's page had shown.
        draft: what an AI drafted, for the reply box.
    """
    now, policy = page.now, page.deps.policy
    async with page.deps.database.read() as session:
        found = await access_ticket(session, page.account, page.id_in_path("ticket_id"))
        view = await load_ticket(session, page.account, found, now, policy)
        works = may(page.account, Action.WORK_TICKETS) and found.open
        today = now.astimezone(SHANGHAI).date()
        targets = await load_targets(session, page.account, found, today) if works else ()
    meanwhile = [] if seen_event is None else [entry for entry in view.history if entry.id > seen_event]
    suggested = policy.calendar.add_working_days(now, MATERIAL_DAYS).astimezone(SHANGHAI).date()
    values: dict[str, Any] = {
        "view": view,
        "targets": targets,
        "works": works,
        "typed": page.form if panel else None,
        "panel": panel,
        "alert": alert,
        "meanwhile": meanwhile,
        "suggested": suggested.isoformat(),
        "today": today.isoformat(),
        "form_number": secrets.token_urlsafe(12),
        "reply_limit": REPLY_LIMIT,
        "drafting": page.deps.drafter is not None,
        **_reply_box(page, panel, draft),
    }
    return page.show("ticket.html", status, **values)


def _reply_box(page: Page, panel: str, draft: Draft | None) -> dict[str, Any]:
    """What stands in the reply box: what was typed, with a fresh draft below it, or a draft already edited."""
    typed = page.form.text("text") if panel in {"reply", "draft"} else ""
    if draft is not None:
        return {"reply_text": f"{typed}\n\n{draft.text}".strip(), "draft": draft, "draft_text": draft.text}
    drafted = page.form.text("draft") if panel in {"reply", "draft"} else ""
    given = page.shared.drafts.of(page.id_in_path("ticket_id")) if drafted else ()
    same = next((one for one in reversed(given) if one.text == drafted), None)
    return {"reply_text": typed, "draft": same, "draft_text": drafted}


async def events(page: Page) -> Response:
    """Stream what the worker writes and colleagues do."""
    assert page.signed is not None
    ticket_id = page.id_in_path("ticket_id")
    async with page.deps.database.read() as session:
        found = await access_ticket(session, page.account, ticket_id)
    return stream_response(page, TicketNews(page.deps, page.signed, page.request, found))


@dataclass
class _Seen:
    message: int
    event: int


class TicketNews:
    """New messages as HTML, the present state, and whether somebody else changed the ticket."""

    def __init__(self, deps: ConsoleDeps, signed: Signed, request: Request, found: Ticket) -> None:
        self.topics = (f"conversation:{found.conversation_id}",)
        self._deps = deps
        self._account = signed.account
        self._ticket_id = found.id
        self._seen = _Seen(last_event_id(request) or 0, _second_id(request))
        self._floor = self._seen.message
        self._given: set[int] = set()

    async def read(self, session: AsyncSession) -> tuple[str, dict[str, Any]] | None:
        found = await access_ticket(session, self._account, self._ticket_id)
        floor = max(self._floor, self._seen.message - OVERLAP_IDS)
        rows = [row for row in await messages_after(session, found, floor) if row.id not in self._given]
        new_events = await events_of(session, found, self._seen.event)
        if not rows and not new_events:
            return None
        now = self._deps.clock()
        shown = await present(session, self._account, found, rows)
        mask = masker(self._account, found)
        self._given = {given for given in self._given if given > floor} | {row.id for row in rows}
        self._seen.message = max([self._seen.message, *(row.id for row in rows)])
        self._seen.event = max([self._seen.event, *(event.id for event in new_events)])
        others = [
            event for event in new_events
            if event.account_id not in (None, self._account.id) and event.kind != EventKind.NOTE
        ]  # fmt: skip
        data = {
            "messages": [render("message.html", message=message, now=now) for message in shown],
            "history": [
                render("history_entry.html", entry=entry, now=now)
                for entry in await happened(session, new_events, mask)
                if entry.kind != EventKind.NOTE
            ],
            "status": self._status(found),
            "version": found.version,
            "last_event": self._seen.event,
            "by_others": bool(others),
        }
        return f"{self._seen.message}.{self._seen.event}", data

    def _status(self, found: Ticket) -> str:
        now, policy = self._deps.clock(), self._deps.policy
        waiting = found.state == State.WAITING
        clocks = {
            "first": due(
                found.first_response_due, now, policy, running=found.open and found.first_response_at is None
            ),
            "close": due(found.close_due, now, policy, running=found.open and not waiting),
            "waiting": due(found.next_due, now, policy) if waiting else None,
        }
        return render("ticket_status.html", ticket=found, now=now, **clocks)


def _second_id(request: Request) -> int:
    """Return the event part of "<message>.<event>"."""
    for given in (request.headers.get("last-event-id", ""), request.query_params.get("after", "")):
        tail = given.partition(".")[2]
        if tail.isascii() and tail.isdigit() and len(tail) < 19:
            return int(tail)
    return 0


async def _access_file(session: AsyncSession, page: Page) -> Attachment:
    """Return a file of a conversation in which the account sees a ticket; raises NotAllowed."""
    query = select(Attachment).where(Attachment.token == page.text_in_path("token"), visible_files())
    found = await session.scalar(query)
    if found is None:
        raise NotAllowed
    talked = select(Ticket).where(
        Ticket.conversation_id == found.conversation_id, visible_tickets(page.account)
    )
    tickets = (await session.scalars(talked)).all()
    if not any(not identity_hidden(page.account, one) for one in tickets):
        raise NotAllowed
    return found


async def file(page: Page) -> Response:
    """Give a file: pictures are shown, everything else is downloaded."""
    async with page.deps.database.read() as session:
        found = await _access_file(session, page)
        drafted = await store.is_document(session, found)
    if drafted:  # it names people: read there, with a reason that is kept
        return page.go(f"/console/tickets/{found.ticket_id}/paper")
    try:
        data = page.deps.files.read(found.sha256)
    except FileNotFoundError as error:  # deleted after its time was over
        raise NotAllowed from error
    how = "inline" if found.content_type in IMAGES else "attachment"
    headers = {
        "Content-Disposition": f"{how}; filename*=UTF-8''{quote(found.filename)}",
        "Content-Security-Policy": FILE_POLICY,
    }
    return Response(data, media_type=found.content_type, headers=headers)


async def thumbnail(page: Page) -> Response:
    """Give the small picture of a photo."""
    async with page.deps.database.read() as session:
        found = await _access_file(session, page)
    data = page.deps.files.read_thumbnail(found.sha256)
    if data is None:
        raise NotAllowed
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, max-age=600"}
    return Response(data, media_type="image/jpeg", headers=headers)
