"""Notices to cadres on Telegram: number, category, region, deadline and link, never a person's data."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Organization, OutboxRow, Ticket
from tickets.access import Role
from tickets.catalogue import catalogue
from tickets.masking import mask_text
from tickets.sla import SHANGHAI
from tickets.times import before_text

CHANNEL = "telegram"


def notice_text(ticket: Ticket, kind: str, now: datetime) -> str:
    """Return the words of a notice; every value is one that a passer-by may read."""
    words = catalogue()
    return words.notice(
        kind,
        number=ticket.number,
        category=words.category(ticket.category).label,
        region=mask_text(ticket.region) if ticket.region else words.notice("no_region"),
        urgency=words.urgencies.get(ticket.urgency, ticket.urgency),
        due=before_text(ticket.next_due, now),
        link=words.notice("link", id=ticket.id, number=ticket.number),
    )


def notify(session: AsyncSession, ticket: Ticket, kind: str, to: Iterable[Account], now: datetime) -> int:
    """Put one notice per linked chat into the outbox; returns how many."""
    chats = dict.fromkeys(account.telegram_chat_id for account in to if account.telegram_chat_id)
    body = {"text": notice_text(ticket, kind, now), "buttons": [], "attachments": []}
    session.add_all(
        OutboxRow(channel=CHANNEL, address=chat, body=body, not_before=now, created_at=now) for chat in chats
    )
    return len(chats)


def is_away(account: Account, now: datetime) -> bool:
    """Tell whether the account is disabled or on leave today (in China)."""
    today = now.astimezone(SHANGHAI).date()
    return not account.active or (account.on_leave_until is not None and account.on_leave_until >= today)


async def leaders_of(session: AsyncSession, organization_id: int, today: date) -> list[Account]:
    """Return the leaders of a unit who are there today."""
    query = select(Account).where(
        Account.organization_id == organization_id,
        Account.role == Role.LEADER.value,
        Account.active,
        or_(Account.on_leave_until.is_(None), Account.on_leave_until < today),
    )
    return list(await session.scalars(query.order_by(Account.id)))


async def upper_leaders(session: AsyncSession, unit: Organization, today: date) -> list[Account]:
    """Return the leaders of the nearest unit above that has any."""
    for organization_id in reversed([int(part) for part in unit.path.split("/") if part][:-1]):
        leaders = await leaders_of(session, organization_id, today)
        if leaders:
            return leaders
    return []


async def responsible(session: AsyncSession, ticket: Ticket, now: datetime) -> list[Account]:
    """Return who acts on the ticket now: its cadre, or leaders while there is none or they are away."""
    if ticket.assignee is not None and not is_away(ticket.assignee, now):
        return [ticket.assignee]
    today = now.astimezone(SHANGHAI).date()
    return await leaders_of(session, ticket.organization_id, today) or await upper_leaders(
        session, ticket.organization, today
    )


async def everyone_in_charge(session: AsyncSession, ticket: Ticket, now: datetime) -> list[Account]:
    """Return whom an emergency wakes: the cadre, the unit's leaders and those of the union above."""
    today = now.astimezone(SHANGHAI).date()
    return [
        *await responsible(session, ticket, now),
        *await leaders_of(session, ticket.organization_id, today),
        *await upper_leaders(session, ticket.organization, today),
    ]


async def notify_responsible(session: AsyncSession, ticket: Ticket, kind: str, now: datetime) -> int:
    """Notify who acts on the ticket now."""
    return notify(session, ticket, kind, await responsible(session, ticket, now), now)
