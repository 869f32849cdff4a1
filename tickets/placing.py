"""The place of a matter became known after it was opened: it moves to the unit there."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Ticket
from tickets.changes import add_event, lock_for_worker, touch
from tickets.notices import everyone_in_charge, notify, notify_responsible
from tickets.routing import route
from tickets.sla import SHANGHAI
from tickets.values import EventKind


async def set_region(session: AsyncSession, ticket_id: int, region: str, now: datetime) -> Ticket:
    """Record where the worker works and route again, unless a cadre has begun; deadlines stay as promised.

    Raises NotAllowed when there is no such ticket.
    """
    _, ticket = await lock_for_worker(session, ticket_id)
    ticket.region = region
    ticket.facts = {**ticket.facts, "region": region}
    if ticket.open and ticket.first_response_at is None:
        unit, assignee = await route(session, region, ticket.category, now.astimezone(SHANGHAI).date())
        if unit.id != ticket.organization_id:
            before = ticket.organization.code
            ticket.organization, ticket.assignee = unit, assignee
            add_event(session, ticket, EventKind.TRANSFERRED, now, data={"from": before, "to": unit.code})
            if ticket.urgency == "critical":
                notify(session, ticket, "critical", await everyone_in_charge(session, ticket, now), now)
            else:
                await notify_responsible(session, ticket, "opened", now)
    touch(ticket, now)
    await session.flush()
    return ticket
