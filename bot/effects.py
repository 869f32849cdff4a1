"""Carry out what a dialog step decided, inside the turn's transaction."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from dialogs import values as effects
from dialogs.step import Step
from storage.models import Attachment, Consent, Conversation, Feedback, Message, Miss, Ticket
from tickets import service
from tickets.errors import NotAllowed
from tickets.masking import mask_text
from tickets.sla import SlaPolicy
from tickets.values import NewTicket, TicketBrief

TEMPLATE_WORDS = ("number", "unit", "assignee", "first_due", "close_due")


@dataclass
class Applied:
    """What became of the effects: words for the reply templates, the ticket told to the channel, topics to wake."""

    values: dict[str, str] = field(default_factory=lambda: dict.fromkeys(TEMPLATE_WORDS, ""))
    ticket: str | None = None
    topics: set[str] = field(default_factory=set)


async def apply_effects(
    session: AsyncSession,
    conversation: Conversation,
    message: Message,
    step: Step,
    now: datetime,
    policy: SlaPolicy,
) -> Applied:
    """Apply every effect in order; all or nothing with the turn."""
    work = _Work(session, conversation, message, now, policy)
    for effect in step.effects:
        await work.apply(effect)
    return work.applied


class _Work:
    def __init__(
        self,
        session: AsyncSession,
        conversation: Conversation,
        message: Message,
        now: datetime,
        policy: SlaPolicy,
    ) -> None:
        self.session = session
        self.conversation = conversation
        self.message = message
        self.now = now
        self.policy = policy
        self.applied = Applied()

    async def apply(self, effect: effects.Effect) -> None:
        match effect:
            case effects.OpenTicket():
                await self._open(effect)
            case effects.AddToTicket(number):
                await self._add(number)
            case effects.RerouteTicket(region):
                await self._reroute(region)
            case effects.ReopenTicket(number):
                ticket = await self._ticket(number)
                self._tell(
                    await service.reopen(self.session, ticket.id, self.message.text, self.now, self.policy)
                )
            case effects.WithdrawTicket(number):
                ticket = await self._ticket(number)
                await service.withdraw(self.session, ticket.id, self.now)
                self._wake(ticket)
            case effects.RateTicket(number, stars):
                ticket = await self._ticket(number)
                await service.rate(self.session, ticket.id, stars, self.now)
            case effects.SaveProfile(values):
                self.conversation.profile = {**(self.conversation.profile or {}), **values}
            case effects.RecordConsent(purpose, granted):
                self.session.add(Consent(
                    conversation_id=self.conversation.id, purpose=purpose, granted=granted, created_at=self.now
                ))  # fmt: skip
            case effects.LogMiss():
                await self._miss(effect)
            case effects.RecordFeedback(faq_id, solved):
                self.session.add(Feedback(
                    message_id=self.message.id, faq_id=faq_id, solved=solved, created_at=self.now
                ))  # fmt: skip

    async def _open(self, effect: effects.OpenTicket) -> None:
        new = NewTicket(
            conversation_id=self.conversation.id,
            category=effect.category,
            title=effect.title,
            facts=dict(effect.facts),
            sensitive=dict(effect.sensitive),
            region=_fitting(effect.region, Ticket.region),
            employer=effect.employer,
            amount_yuan=effect.amount_yuan,
            people_count=_fitting(effect.people_count, Ticket.people_count),
            urgency=effect.urgency,  # type: ignore[arg-type]  # dialogs know urgencies as plain words
            opened_by_message_id=self.message.id,
        )
        ticket = await service.open_ticket(self.session, new, self.now, self.policy)
        self.message.ticket_id = ticket.id
        if effect.files:
            await self.session.execute(
                update(Attachment)
                .where(Attachment.token.in_(effect.files), Attachment.conversation_id == self.conversation.id)
                .values(ticket_id=ticket.id)
            )
        self._tell(ticket)

    async def _add(self, number: str) -> None:
        ticket = await self._ticket(number)
        if ticket.open:
            await service.add_from_worker(self.session, ticket.id, self.message.id, self.now, self.policy)
        self._wake(ticket)

    async def _reroute(self, region: str) -> None:
        briefs = await service.briefs_of(
            self.session, self.conversation.id, self.now, self.policy.reopen_days
        )
        newest = next((brief for brief in briefs if brief.open), None)
        if newest is not None:
            self._tell(await service.set_region(self.session, newest.id, region, self.now))

    async def _ticket(self, number: str) -> Ticket:
        ticket = await service.find_ticket(self.session, self.conversation.id, number)
        if ticket is None:  # the dialog only names tickets that it was shown
            raise NotAllowed
        return ticket

    async def _miss(self, effect: effects.LogMiss) -> None:
        self.session.add(Miss(
            message_id=self.message.id, text=mask_text(self.message.text), reason=effect.reason, intent=effect.intent,
            faq_id=effect.faq_id, score=effect.score, created_at=self.now,
        ))  # fmt: skip

    def _tell(self, ticket: Ticket) -> None:
        brief: TicketBrief = service.brief(ticket, self.now, self.policy.reopen_days)
        self.applied.ticket = brief.number
        self.applied.values = {
            "number": brief.number,
            "unit": brief.unit,
            "assignee": brief.assignee or "",
            "first_due": brief.first_response_due_text,
            "close_due": brief.close_due_text,
        }
        self._wake(ticket)

    def _wake(self, ticket: Ticket) -> None:
        self.applied.topics |= set(service.live_topics(ticket))


def _fitting(value: str | None, column: InstrumentedAttribute[str | None]) -> str | None:
    """The value if the column holds it. A cut number would be a wrong number; what was said stays in the facts."""
    length: int = column.type.length  # a String column has one
    return value if value is not None and len(value) <= length else None
