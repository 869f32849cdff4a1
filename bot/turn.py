"""One message = one transaction = one turn.

    seen before?  ->  understand (outside the transaction)  ->  BEGIN, lock, advance, effects, store, COMMIT

A crash anywhere leaves either nothing or everything; a repeated delivery gets the same answer again.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from weakref import WeakValueDictionary

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import history, job_offers, notice_board, worker_matters
from bot.cadre_link import linked
from bot.documents import Papers
from bot.effects import Applied, apply_effects
from bot.files import AcceptedFile, FileRefused, FileStore, accept_file
from bot.hearing import HeardMessage, Hearing, clean_payload
from bot.logs import describe_error
from bot.messages import Button, Inbound, Outbound, TurnResult
from bot.ocr import PhotoReading
from bot.personal import Personal
from bot.private_steps import PrivateSteps
from bot.retention import forget_bytes
from dialogs import ratings
from dialogs.engine import Engine
from dialogs.state import State
from dialogs.step import Step, Talk, joined
from dialogs.values import BoardWanted, Facts, Heard, OpenTicket, Reply
from storage.database import Database
from storage.live import Live
from storage.models import Conversation, Message
from tickets import service, worker_reminders
from tickets.errors import TicketError
from tickets.seasons import Seasons
from tickets.sla import SlaPolicy

log = logging.getLogger(__name__)
Written = tuple[TurnResult, set[str]]  # what a committed turn gives: the replies, and the live topics to wake
TRIES = 20  # a try that is lost means that another message of the same person got through


@dataclass(frozen=True)
class TurnSettings:
    """What a turn needs of the configuration."""

    text_limit: int  # characters
    file_limit: int  # bytes
    resume_hours: float
    hotline: str
    scan_command: tuple[str, ...] = ()
    seasons: Seasons = field(default_factory=Seasons)


class TurnHandler:
    """Handles messages of all channels; one conversation at a time, in the order of arrival."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        hearing: Hearing,
        live: Live,
        files: FileStore,
        policy: SlaPolicy,
        settings: TurnSettings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        papers: Papers | None = None,
        personal: Personal | None = None,
        private: PrivateSteps | None = None,
        reading: PhotoReading | None = None,
    ) -> None:
        self._papers = papers
        self._personal = personal
        self._private = private
        self._reading = reading
        self._database = database
        self._engine = engine
        self._hearing = hearing
        self._live = live
        self._files = files
        self._policy = policy
        self._settings = settings
        self._clock = clock
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def handle(self, inbound: Inbound) -> TurnResult:
        """Return the replies, after they are stored.

        The same `inbound.key` gives the same result without any effect. Raises only when the database is away.
        """
        address = (inbound.channel, inbound.address)
        lock = self._locks.get(address)
        if lock is None:
            lock = self._locks[address] = asyncio.Lock()
        async with lock:
            inbound = replace(inbound, payload=clean_payload(inbound.payload))
            inbound, accepted = await self._accept_files(inbound)
            accepted = await self._read(inbound, accepted)
            for attempt in range(TRIES):
                try:
                    written = await self._once(inbound, accepted)
                except IntegrityError:  # seen before, or another process was first with this new conversation
                    if attempt == TRIES - 1:
                        raise
                    earlier = await self._earlier(inbound)
                    if earlier is not None:
                        return earlier
                    continue
                if written is not None:
                    return await self._told(*written)
            raise RuntimeError("conversation changed under every try")

    async def _told(self, result: TurnResult, topics: set[str]) -> TurnResult:
        for topic in topics:
            await self._live.publish(topic)
        if result.unnamed is not None:
            await forget_bytes(self._database, self._files, result.unnamed)
        return result

    async def _earlier(self, inbound: Inbound) -> TurnResult | None:
        async with self._database.read() as session:
            return await history.earlier_result(session, inbound.key)

    async def _accept_files(self, inbound: Inbound) -> tuple[Inbound, tuple[AcceptedFile, ...]]:
        accepted: list[AcceptedFile] = []
        for file in inbound.files:
            try:
                taken = await asyncio.to_thread(
                    accept_file,
                    file.data,
                    file.filename,
                    self._settings.file_limit,
                    scan=self._settings.scan_command,
                )
            except FileRefused as refusal:
                return replace(inbound, files=(), refused_file=refusal.reason), ()
            accepted.append(taken)
        for taken in accepted:
            await asyncio.to_thread(self._files.put, taken)
        return inbound, tuple(accepted)

    async def _read(self, inbound: Inbound, accepted: tuple[AcceptedFile, ...]) -> tuple[AcceptedFile, ...]:
        """Read photos that came while a form is open; it takes seconds and is done before the transaction."""
        if self._reading is None or self._reading.reader is None or not accepted:
            return accepted
        query = select(Conversation.state).where(
            Conversation.channel == inbound.channel, Conversation.address == inbound.address
        )
        async with self._database.read() as session:
            state = State.from_json(await session.scalar(query))
        return await self._reading.with_lines(accepted) if state.frame is not None else accepted

    async def _once(self, inbound: Inbound, accepted: tuple[AcceptedFile, ...]) -> Written | None:
        """Run the turn; None when the conversation moved on meanwhile and everything must be looked at again.

        Buttons and plain answers take one transaction; a free sentence takes a look, the model, and then its own.
        """
        now = self._clock()
        async with self._database.write() as session:
            conversation, has_tickets = await history.lock_conversation(session, inbound, now)
            state = State.from_json(conversation.state)
            facts = self._facts(now, inbound, conversation)
            seen = (conversation.state_version, conversation.human_ticket_id)
            heard = await self._hearing.at_once(inbound, state, facts, accepted, silent=seen[1] is not None)
            if heard is not None:
                return await self._finish(session, conversation, inbound, heard, facts, accepted, has_tickets)
            await session.rollback()  # nothing is locked while the model thinks
        heard = await self._hearing.with_model(inbound, state, facts)
        async with self._database.write() as session:
            conversation, has_tickets = await history.lock_conversation(session, inbound, now)
            if seen != (conversation.state_version, conversation.human_ticket_id):
                return None  # another message, or a cadre who took over or handed back, was first
            return await self._finish(session, conversation, inbound, heard, facts, accepted, has_tickets)

    async def _finish(
        self, session: AsyncSession, conversation: Conversation, inbound: Inbound, heard: HeardMessage, facts: Facts,
        accepted: tuple[AcceptedFile, ...], has_tickets: bool,
    ) -> Written | None:  # fmt: skip
        if heard.silent and not await history.cadre_still_there(session, conversation):
            conversation.human_ticket_id = None
            return None  # nobody would read it: the bot answers again
        return await self._write(session, conversation, inbound, heard, facts, accepted, has_tickets)

    def _facts(self, now: datetime, inbound: Inbound, conversation: Conversation) -> Facts:
        return Facts(
            now=now,
            profile=dict(conversation.profile or {}),
            resume_hours=self._settings.resume_hours,
            hotline=self._settings.hotline,
            channel=inbound.channel,
            seasons=worker_matters.season_views(self._settings.seasons, now),
            reminders=worker_reminders.wanted(conversation),
        )

    async def _write(
        self, session: AsyncSession, conversation: Conversation, inbound: Inbound, heard: HeardMessage, facts: Facts,
        accepted: tuple[AcceptedFile, ...], has_tickets: bool,
    ) -> Written:  # fmt: skip
        """Write everything of the turn. A message that came before raises IntegrityError at the first statement."""
        now, topics = facts.now, {f"conversation:{conversation.id}"}
        message = await history.store_inbound(session, conversation, inbound, heard, now)
        for file in accepted:  # an erasure may have taken the same bytes away since they were stored
            await asyncio.to_thread(self._files.put, file)
        tokens = await history.record_files(session, conversation, message, accepted, now)
        if has_tickets:
            facts = replace(
                facts, tickets=await history.ticket_views(session, conversation.id, now, self._policy)
            )
        if conversation.human_ticket_id is not None and heard.silent:
            ticket = await service.add_from_worker(
                session, conversation.human_ticket_id, message.id, now, self._policy
            )
            _moved_on(conversation, now)
            warned = (
                self._private.warning(inbound.channel, inbound.text) if self._private is not None else None
            )
            result = TurnResult((Outbound(warned),) if warned else ())
            last = await history.store_replies(session, conversation, message, result, None, now)
            return replace(result, last_message_id=last), topics | {"outbox", *service.live_topics(ticket)}
        step = await self._step(session, conversation, inbound, replace(heard.heard, files=tokens), facts)
        if self._reading is not None:
            step = self._reading.offer(step, [line for file in accepted for line in file.lines], facts)
        unseen = ratings.unseen(self._engine.flows, State.from_json(conversation.state), step)
        step, applied = await self._apply(session, conversation, message, step, facts)
        conversation.state = step.state.to_json()
        _moved_on(conversation, now)
        outs = (*render(step.replies, applied), *applied.papers)
        result = TurnResult(outs, applied.ticket, history.describe(heard, step, self._hearing.knowledge))
        last = await history.store_replies(session, conversation, message, result, step.faq_id, now)
        if unseen:
            await history.hide_from_cadres(session, message)
        if inbound.channel in history.PUSH_CHANNELS or applied.topics:
            topics |= {"outbox", *applied.topics}
        return replace(result, last_message_id=last, unnamed=applied.unnamed), topics

    async def _step(
        self, session: AsyncSession, conversation: Conversation, inbound: Inbound, heard: Heard, facts: Facts
    ) -> Step:
        state = State.from_json(conversation.state)
        step = await linked(session, inbound, state, self._engine.replies)
        if step is not None:
            return step
        step, first = await self._own_data(session, conversation, state, heard, facts), ""
        if step is None and self._reading is not None:
            step = self._reading.pressed(state, heard, facts)
        if step is None and self._private is not None:
            heard, step, first = self._private.before(state, heard, facts)
        if step is None:
            step = await self._engine_step(session, conversation, inbound, heard, facts)
        if self._private is not None:
            step = await self._private.after(session, conversation, step, facts, first)
        return step

    async def _engine_step(
        self, session: AsyncSession, conversation: Conversation, inbound: Inbound, heard: Heard, facts: Facts
    ) -> Step:
        state = State.from_json(conversation.state)
        facts = replace(facts, faq=self._hearing.named_answers(inbound, state))
        step = self._advance(state, heard, facts)
        if step.wanted is None:
            return step
        if isinstance(step.wanted, BoardWanted):
            facts = replace(facts, board=await notice_board.look_up(session, conversation.id, step.wanted))
        else:
            found = await job_offers.look_up(session, conversation.id, step.wanted, facts.today)
            facts = replace(facts, jobs=found)
        return self._advance(state, heard, facts)  # a step is pure: it may be taken again

    async def _own_data(
        self, session: AsyncSession, conversation: Conversation, state: State, heard: Heard, facts: Facts
    ) -> Step | None:
        if self._personal is None:
            return None
        engine = self._engine
        talk = Talk(state, heard, facts, engine.flows, engine.replies, sums=engine.sums)
        return await self._personal.step(session, conversation, talk)

    async def _apply(
        self, session: AsyncSession, conversation: Conversation, message: Message, step: Step, facts: Facts
    ) -> tuple[Step, Applied]:
        """Carry out the step. What the ticket rules refuse (it was closed a moment ago) is told, not raised."""
        if not step.effects:
            return step, Applied()
        before = State.from_json(conversation.state)
        try:
            async with session.begin_nested():
                return step, await apply_effects(
                    session,
                    conversation,
                    message,
                    step,
                    facts.now,
                    self._policy,
                    self._papers,
                    self._personal,
                )
        except TicketError as refusal:
            log.warning("effect refused: %s", refusal.key)
            said = tuple(reply for reply in step.replies if not reply.template)
            told = said if said and _is_emergency(step) else (Reply(refusal.message),)
            return Step(replace(before, updated_at=facts.now.isoformat()), told, ()), Applied()

    def _advance(self, state: State, heard: Heard, facts: Facts) -> Step:
        try:
            return self._engine.advance(state, heard, facts)
        except Exception as defect:  # noqa: BLE001 - a defect of ours must not become the worker's: say so, keep the message
            log.error("dialog step failed: %s", describe_error(defect))  # noqa: TRY400 - no text in logs
            reply = Reply(self._engine.replies("trouble", hotline=facts.hotline))
            return Step(state, (reply,), ())


def _moved_on(conversation: Conversation, now: datetime) -> None:
    """Last of a turn's changes: the row is then written once."""
    conversation.last_inbound_at = now
    conversation.state_version += 1


def render(replies: tuple[Reply, ...], applied: Applied) -> tuple[Outbound, ...]:
    """Return what is sent: templates filled with the ticket that the step opened or moved."""
    filled = [
        replace(reply, text=reply.text.format_map(applied.values), template=False)
        if reply.template
        else reply
        for reply in replies
    ]
    return tuple(
        Outbound(reply.text, tuple(Button(choice.label, choice.payload) for choice in reply.choices))
        for reply in joined(filled)
    )


def _is_emergency(step: Step) -> bool:
    return any(isinstance(effect, OpenTicket) and effect.urgency == "critical" for effect in step.effects)
