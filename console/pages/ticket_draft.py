"""A draft of the reply by an AI endpoint: asked for by a cadre, put into the reply box, never sent by itself."""

from starlette.responses import Response

from console.pages.ticket import show_ticket
from console.views.draft import load_told
from console.web import Page, Routes
from knowledge.draft_sources import best_entries, sources_of
from knowledge.drafting import Draft, Drafter
from knowledge.errors import DraftError
from storage.models import Ticket
from tickets.audit import AuditTag, record
from tickets.changes import lock_for_cadre
from tickets.errors import NotAllowed, TakenByColleague, TicketError
from tickets.sla import SHANGHAI


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("POST", "/tickets/{ticket_id:int}/draft", "ticket.draft", draft)


async def draft(page: Page) -> Response:
    """Show the ticket page again, with a draft in the reply box or with the reason why there is none."""
    # The reply form's own number stays free: it is sent after the draft.
    number, ticket_id = page.form.text("form_number"), page.id_in_path("ticket_id")
    claim = f"draft:{number}" if number else ""
    try:
        if page.shared.once.take(claim):
            made = await _claimed(page, claim)
            page.shared.drafts.remember(ticket_id, made)
        else:
            made = _last(page, ticket_id)
    except NotAllowed:
        raise
    except (TicketError, DraftError) as problem:
        return await show_ticket(page, problem.status, panel="draft", alert=problem.message)
    return await show_ticket(page, panel="draft", draft=made)


async def _claimed(page: Page, claim: str) -> Draft:
    try:
        return await _make(page)
    except BaseException:
        page.shared.once.give_back(claim)
        raise


def _last(page: Page, ticket_id: int) -> Draft:
    """The page was loaded again: what was drafted is shown, nothing new is asked."""
    given = page.shared.drafts.of(ticket_id)
    if not given:
        raise DraftError("draft_busy", 429)
    return given[-1]


async def _make(page: Page) -> Draft:
    drafter = page.deps.drafter
    if drafter is None:
        await _may_reply(page, None)
        raise DraftError("draft_off", 409)
    with page.shared.drafts.turn(page.account.id, page.now):
        ticket = await _may_reply(page, drafter)
        async with page.deps.database.read() as session:
            told = await load_told(session, page.account, ticket)
        hits = await best_entries(
            page.deps.knowledge,
            page.deps.understander,
            told.questions,
            ticket.category,
            ticket.region,
            page.now.astimezone(SHANGHAI).date(),
        )
        async with page.deps.database.read() as session:
            sources = await sources_of(session, hits)
        return await drafter.draft(told.matter, sources)


async def _may_reply(page: Page, drafter: Drafter | None) -> Ticket:
    """Check that the account may reply, and keep that it asked, before anything leaves the house.

    Raises NotAllowed, AlreadyClosed, TakenByColleague.
    """
    account, ticket_id = page.account, page.id_in_path("ticket_id")
    async with page.deps.database.write() as session:
        _conversation, ticket = await lock_for_cadre(session, account, ticket_id, version=None)
        if ticket.assignee is not None and ticket.assignee_id != account.id:
            raise TakenByColleague(name=ticket.assignee.display_name)
        if drafter is not None:
            subject, detail = f"ticket:{ticket.number}", {"model": drafter.model}
            record(session, AuditTag.DRAFT_REQUESTED, account, subject, page.now, detail)
    return ticket
