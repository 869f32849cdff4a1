"""Between the conversation and what belongs to a worker's matters: seasons, papers, dates, the words of outcomes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.config import SeasonSettings, SeasonWindow
from dialogs import values as effects
from dialogs.flow import Flow
from dialogs.values import NeededPaper, PaperView, SeasonView
from storage.models import Conversation, Ticket
from storage.service_models import Reminder, TicketPaper
from tickets import paper_rows, reminder_texts, worker_reminders
from tickets.outcome_texts import OutcomeTexts
from tickets.seasons import Seasons, Window
from tickets.sla import SHANGHAI
from tickets.values import PaperNeeded


def seasons_from(settings: SeasonSettings) -> Seasons:
    """Return the seasons that the configuration sets."""
    named: Mapping[str, list[SeasonWindow]] = {
        name: getattr(settings, name) for name in SeasonSettings.model_fields
    }
    return Seasons({
        name: tuple(Window(one.first, one.last, one.name) for one in windows)
        for name, windows in named.items()
    })  # fmt: skip


def season_views(seasons: Seasons, now: datetime) -> dict[str, SeasonView]:
    """Return the seasons as a step of the dialog may know them."""
    today = now.astimezone(SHANGHAI).date()
    return {name: SeasonView(one.open, one.opens, one.key) for name, one in seasons.all_now(today).items()}


def outcome_texts(flows: Mapping[str, Flow]) -> OutcomeTexts:
    """Return what each service tells at its outcomes, by ticket category."""
    return OutcomeTexts({
        flow.category: {kind: text for kind, text in flow.outcomes.model_dump().items() if text}
        for flow in flows.values()
        if flow.kind == "service"
    })  # fmt: skip


async def opened(
    session: AsyncSession, conversation: Conversation, ticket: Ticket, papers: Sequence[NeededPaper],
    now: datetime,
) -> None:  # fmt: skip
    """A ticket was opened: keep its check list, and the limits that follow from its facts."""
    needed = [PaperNeeded(one.key, one.label, one.required) for one in papers]
    await paper_rows.store(session, ticket, needed, now)
    await worker_reminders.of_ticket_facts(session, conversation, ticket, now)


async def remind(
    session: AsyncSession,
    conversation: Conversation,
    wish: effects.RemindSeason | effects.SetReminders,
    now: datetime,
) -> None:
    """Put the person on the list of a season, stop all reminders, or bring them back."""
    if isinstance(wish, effects.SetReminders):
        await worker_reminders.switch(session, conversation, now, on=wish.on)
    else:
        await worker_reminders.of_season(session, conversation, wish.key, wish.opens, now)


async def papers_and_dates(
    session: AsyncSession, conversation_id: int, ticket_ids: Sequence[int], now: datetime
) -> tuple[dict[int, tuple[PaperView, ...]], dict[int, tuple[str, ...]]]:
    """Return check lists and coming dates of tickets, by ticket."""
    found = await paper_rows.papers_of(session, ticket_ids)
    papers = {ticket_id: tuple(_paper(one) for one in rows) for ticket_id, rows in found.items()}
    dates: dict[int, tuple[str, ...]] = {}
    for row in await worker_reminders.dates_of(session, conversation_id, now):
        if row.ticket_id is not None:
            dates[row.ticket_id] = (*dates.get(row.ticket_id, ()), _date(row, now))
    return papers, dates


def _paper(row: TicketPaper) -> PaperView:
    return PaperView(row.key, row.label, row.state, row.required, row.note)


def _date(row: Reminder, now: datetime) -> str:
    return reminder_texts.date_line(row, now)
