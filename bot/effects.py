"""Carry out what a dialog step decided, inside the turn's transaction."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot import job_offers, notice_board, worker_matters
from bot.documents import Papers
from bot.messages import Outbound
from bot.personal import Personal
from dialogs import values as effects
from dialogs.step import Step
from storage.models import Attachment, Consent, Conversation, Feedback, Message, Miss, Ticket
from tickets import papers, ratings, service
from tickets.catalogue import catalogue
from tickets.errors import NotAllowed
from tickets.jobs import searches
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
    papers: list[Outbound] = field(default_factory=list)  # files that the step made, said after the replies
    unnamed: frozenset[str] | None = None  # files left over after the person's data were erased


async def apply_effects(
    session: AsyncSession,
    conversation: Conversation,
    message: Message,
    step: Step,
    now: datetime,
    policy: SlaPolicy,
    papers: Papers | None = None,
    personal: Personal | None = None,
) -> Applied:
    """Apply every effect in order; all or nothing with the turn."""
    work = _Work(session, conversation, message, now, policy, papers, personal)
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
        papers: Papers | None,
        personal: Personal | None,
    ) -> None:
        self.session = session
        self.conversation = conversation
        self.message = message
        self.now = now
        self.policy = policy
        self.papers = papers
        self.personal = personal
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
            case effects.KeepJobWish(wish):
                await job_offers.keep(self.session, self.conversation.id, wish, self.now)
            case effects.FollowJobs(on):
                await searches.follow(self.session, self.conversation.id, on, self.now)
            case effects.FollowNotices():
                await notice_board.follow(self.session, self.conversation.id, effect, self.now)
            case effects.RateUnion():
                await self._rate_union(effect)
            case effects.TickPaper(number, key, mark):
                ticket = await self._ticket(number)
                self._wake(await papers.tick(self.session, ticket.id, key, mark, self.now))
            case effects.SendPaper(number, key):
                ticket = await self._ticket(number)
                self._wake(await papers.photographed(
                    self.session, ticket.id, key, self.message.id, self.now, self.policy
                ))  # fmt: skip
            case effects.RemindSeason() | effects.SetReminders():
                await worker_matters.remind(self.session, self.conversation, effect, self.now)
            case effects.OwnData():
                await self._own_data(effect)
            case effects.LogMiss():
                await self._miss(effect)
            case effects.RecordFeedback(faq_id, solved):
                self.session.add(Feedback(
                    message_id=self.message.id, faq_id=faq_id, solved=solved, created_at=self.now
                ))  # fmt: skip

    async def _open(self, effect: effects.OpenTicket) -> None:
        if self.papers is None or not self.papers.wanted(effect):
            await self._new(effect)
            return
        answers = self.papers.answers(effect)
        ticket = await self.papers.earlier(self.session, self.conversation.id, effect)
        if ticket is None:
            ticket = await self._new(self.papers.public(effect))
        else:
            await service.add_from_worker(self.session, ticket.id, self.message.id, self.now, self.policy)
            self.papers.correct(ticket, effect, self.now)
            self._tell(ticket)
        paper = await self.papers.write(self.session, ticket, self.conversation.channel, answers, self.now)
        self.applied.papers.append(paper)

    async def _new(self, effect: effects.OpenTicket) -> Ticket:
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
        await worker_matters.opened(self.session, self.conversation, ticket, effect.papers, self.now)
        self.message.ticket_id = ticket.id
        if effect.files:
            await self.session.execute(
                update(Attachment)
                .where(Attachment.token.in_(effect.files), Attachment.conversation_id == self.conversation.id)
                .values(ticket_id=ticket.id)
            )
        self._tell(ticket)
        return ticket

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

    async def _own_data(self, wish: effects.OwnData) -> None:
        if self.personal is None:
            raise NotAllowed
        files, erased = await self.personal.carry_out(
            self.session, self.conversation, self.message.id, wish, self.now
        )
        self.applied.papers.extend(files)
        if erased is not None:
            self.applied.unnamed = erased.files
            self.applied.topics |= erased.topics

    async def _rate_union(self, effect: effects.RateUnion) -> None:
        """Keep the marks, and of the conversation's words about them nothing."""
        words, conversation = catalogue(), self.conversation
        rated = await ratings.rate(
            self.session, conversation, effect.region, effect.employer, effect.marks, effect.comment, self.now
        )
        await ratings.forget_words(self.session, conversation.id, words.message("rating_forgotten"))
        self.applied.values["unit"] = rated.unit
        self.applied.values["again"] = words.message("rating_again") if rated.again else ""

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
