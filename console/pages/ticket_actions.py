"""What a cadre does with a ticket: each action is one form, one transaction, and a way back with what was typed."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from console.drafts import labelled
from console.pages.ticket import REPLY_LIMIT, show_ticket
from console.texts import error_text
from console.views.targets import chosen, load_targets
from console.web import Handler, Page, Routes
from knowledge.errors import DraftError
from storage.models import Account, Ticket
from tickets import service
from tickets.access import access_ticket
from tickets.catalogue import catalogue
from tickets.errors import NotAllowed, Outdated, TakenByColleague, TicketError
from tickets.masking import mask_value
from tickets.sla import SHANGHAI

NOTE_LIMIT = 2000
RESULT_LIMIT = 2000
REASON_LIMIT = 500
Work = Callable[[AsyncSession, Account, Page, int, int | None], Awaitable[object]]


class FormProblem(Exception):
    """A field can't be taken as it is; the text is what the cadre reads."""


def register(routes: Routes) -> None:
    """Add this module's routes."""
    works: dict[str, Work] = {
        "accept": _accept,
        "reply": _reply,
        "material": _material,
        "note": _note,
        "transfer": _transfer,
        "take_over": _take_over,
        "hand_back": _hand_back,
        "extend": _extend,
        "close": _close,
    }
    for name, work in works.items():
        address = name.replace("_", "-")
        routes.add("POST", f"/tickets/{{ticket_id:int}}/{address}", f"ticket.{name}", action(name, work))
    routes.add("POST", "/tickets/{ticket_id:int}/reveal", "ticket.reveal", reveal)


def action(name: str, work: Work) -> Handler:
    """Return the handler of one form: once only, in one transaction, with a way back to what was typed."""

    async def handle(page: Page) -> Response:
        ticket_id, number = page.id_in_path("ticket_id"), page.form.text("form_number")
        if page.shared.once.take(number):
            try:
                topics = await _carry_out(page, work, ticket_id)
            except NotAllowed:
                raise
            except (TicketError, FormProblem, DraftError) as problem:
                page.shared.once.give_back(number)
                return await _again(page, name, problem)
            except BaseException:
                page.shared.once.give_back(number)
                raise
            for topic in topics:
                await page.deps.live.publish(topic)
        # who passed a ticket out of sight goes back to the queue
        still_seen = await _visible(page, ticket_id)
        return page.go(
            f"/console/tickets/{ticket_id}?done={name}" if still_seen else f"/console/queue?done={name}"
        )

    return handle


async def _carry_out(page: Page, work: Work, ticket_id: int) -> list[str]:
    """Do the work in one transaction and return what to publish afterwards."""
    async with page.deps.database.write() as session:
        account = await _fresh(session, page)
        before = service.live_topics(await access_ticket(session, account, ticket_id))
        await work(session, account, page, ticket_id, page.form.number("version"))
        found = await session.scalar(select(Ticket).where(Ticket.id == ticket_id))
        after = service.live_topics(found) if found is not None else ()
    return list(dict.fromkeys((*before, *after)))


async def _fresh(session: AsyncSession, page: Page) -> Account:
    """The account as this transaction sees it; disabled meanwhile means no."""
    found = await session.scalar(select(Account).where(Account.id == page.account.id, Account.active))
    if found is None:
        raise NotAllowed
    return found


async def _visible(page: Page, ticket_id: int) -> bool:
    async with page.deps.database.read() as session:
        try:
            await access_ticket(session, page.account, ticket_id)
        except NotAllowed:
            return False
    return True


async def _again(page: Page, name: str, problem: TicketError | FormProblem | DraftError) -> Response:
    """Show the page again with what was typed; after a conflict also with what happened meanwhile."""
    conflict = isinstance(problem, Outdated | TakenByColleague)
    seen = (page.form.number("seen_event") or 0) if conflict else None
    status, message = (
        (422, str(problem)) if isinstance(problem, FormProblem) else (problem.status, problem.message)
    )
    return await show_ticket(page, status, panel=name, alert=message, seen_event=seen)


def limited(text: str, limit: int) -> str:
    """Return the text; raises FormProblem above `limit` characters."""
    if len(text) > limit:
        raise FormProblem(error_text("too_long", limit=limit, length=len(text)))
    return text


def _to_worker(page: Page, ticket_id: int, text: str) -> str:
    """Return the text as the worker gets it: what an AI drafted in the main says so."""
    given = (draft.text for draft in page.shared.drafts.of(ticket_id))
    return labelled(text, (page.form.text("draft"), *given))


async def _accept(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    await service.accept(session, account, ticket_id, page.now, page.deps.outcomes, version=version)


async def _reply(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    text = _to_worker(page, ticket_id, limited(page.form.text("text"), REPLY_LIMIT))
    await service.reply(session, account, ticket_id, text, (), page.now, version=version)


async def _material(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    what = _to_worker(page, ticket_id, limited(page.form.text("text"), REPLY_LIMIT))
    until = end_of_work(page.form.text("until"), page.deps.policy.periods)
    await service.ask_material(
        session,
        account,
        ticket_id,
        what,
        until,
        page.now,
        page.deps.policy,
        page.deps.outcomes,
        version=version,
    )


def end_of_work(value: str, periods: tuple[str, ...]) -> datetime:
    """Return when work ends on the day of a form; raises FormProblem without a day."""
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise FormProblem(error_text("date")) from error
    end = time.fromisoformat(periods[-1].partition("-")[2])
    return datetime.combine(day, end, SHANGHAI)


async def _note(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, _version: int | None
) -> None:
    await service.add_note(session, account, ticket_id, limited(page.form.text("text"), NOTE_LIMIT), page.now)


async def _transfer(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    ticket = await access_ticket(session, account, ticket_id)
    targets = await load_targets(session, account, ticket, page.now.astimezone(SHANGHAI).date())
    target = chosen(targets, page.form.text("target"))
    if target is None:
        raise FormProblem(error_text("target"))
    reason = limited(page.form.text("reason"), REASON_LIMIT)
    await service.transfer(session, account, ticket_id, *target, reason, page.now, version=version)


async def _take_over(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    await service.take_over(session, account, ticket_id, page.now, version=version)


async def _hand_back(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    await service.hand_back(session, account, ticket_id, page.now, version=version)


async def _extend(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    days = page.form.number("days")
    if days is None or not 1 <= days <= 30:
        raise FormProblem(error_text("days"))
    reason = limited(page.form.text("reason"), REASON_LIMIT)
    await service.extend(
        session, account, ticket_id, days, reason, page.now, page.deps.policy, version=version
    )


async def _close(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    result = _to_worker(page, ticket_id, limited(page.form.text("result"), RESULT_LIMIT))
    code = page.form.text("code")
    await service.close(
        session,
        account,
        ticket_id,
        result,
        code,
        page.now,
        page.deps.policy,
        page.deps.outcomes,
        version=version,
    )


async def reveal(page: Page) -> Response:
    """Show one protected detail once, with a reason that is kept; nothing of the page is stored anywhere."""
    ticket_id, name = page.id_in_path("ticket_id"), page.form.text("field")
    try:
        reason = limited(page.form.text("reason"), REASON_LIMIT)
        async with page.deps.database.write() as session:
            account = await _fresh(session, page)
            value = await service.reveal(session, account, ticket_id, name, reason, page.now)
            ticket = await access_ticket(session, account, ticket_id)
    except NotAllowed:
        raise
    except (TicketError, FormProblem) as problem:
        return await _again(page, f"reveal-{name}", problem)
    label = catalogue().fields.get(name, name)
    return page.show(
        "revealed.html",
        ticket=ticket,
        label=label,
        value=value,
        dial=name == "phone",
        masked=mask_value(name, value),
    )
