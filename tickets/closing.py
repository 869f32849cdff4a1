"""What every way of closing a ticket has in common."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Conversation, Message, Ticket
from tickets.catalogue import catalogue
from tickets.changes import add_event, first_response_given, touch
from tickets.delivery import tell_worker
from tickets.values import Button, EventKind, State
from tickets.worker import STARS, release


async def finish(
    session: AsyncSession,
    conversation: Conversation,
    ticket: Ticket,
    account: Account,
    text: str,
    outcome: str,
    code: str,
    now: datetime,
) -> Message:
    """Close a locked ticket and tell the worker `text`; what was to remind them of its papers is over."""
    first_response_given(ticket, now)
    ticket.state, ticket.open, ticket.closed_at = State.CLOSED.value, False, now
    ticket.closure_code, ticket.result = code, outcome
    release(conversation, ticket)
    touch(ticket, now)
    message = await tell_worker(
        session, conversation, ticket, text, now, account=account, buttons=rating_buttons(ticket)
    )
    data = {"code": code, "message_id": message.id}
    add_event(session, ticket, EventKind.CLOSED, now, account=account, text=outcome, data=data)
    return message


def rating_buttons(ticket: Ticket) -> tuple[Button, ...]:
    """Return the buttons under the closing message: r1 … r5 and reopen."""
    words = catalogue()
    stars = (Button(words.button("stars", stars=star), f"t:{ticket.number}:r{star}") for star in STARS)
    return (*stars, Button(words.button("reopen"), f"t:{ticket.number}:reopen"))
