"""One message = one transaction = one turn.

    seen before?  ->  understand (outside the transaction)  ->  BEGIN, lock, advance, effects, store, COMMIT

A crash anywhere leaves either nothing or everything; a repeated delivery gets the same answer again.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import history
from bot.cadre_link import linked
from bot.effects import Applied, apply_effects
from bot.files import AcceptedFile, FileRefused, FileStore, accept_file
from bot.hearing import Hearing
from bot.messages import Button, Inbound, Outbound, TurnResult
from dialogs.engine import Engine
from dialogs.state import State
from dialogs.step import Step, joined
from dialogs.values import Facts, Reply
from storage.database import Database
from storage.live import Live
from storage.models import Conversation
from tickets import service
from tickets.sla import SlaPolicy

log = logging.getLogger(__name__)
TRIES = 4


@dataclass(frozen=True)
class TurnSettings:
    """What a turn needs of the configuration."""

    text_limit: int  # characters
    file_limit: int  # bytes
    resume_hours: float
    hotline: str


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
    ) -> None:
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
            inbound, accepted = await self._accept_files(inbound)
            for attempt in range(TRIES):
                try:
                    result = await self._once(inbound, accepted)
                except IntegrityError:  # another process was first with this message or this new conversation
                    if attempt == TRIES - 1:
                        raise
                    continue
                if result is not None:
                    return result
            raise RuntimeError("conversation changed under every try")

    async def _accept_files(self, inbound: Inbound) -> tuple[Inbound, tuple[AcceptedFile, ...]]:
        accepted: list[AcceptedFile] = []
        for file in inbound.files:
            try:
                taken = await asyncio.to_thread(
                    accept_file, file.data, file.filename, self._settings.file_limit
                )
            except FileRefused as refusal:
                return replace(inbound, files=(), refused_file=refusal.reason), ()
            await asyncio.to_thread(self._files.put, taken)
            accepted.append(taken)
        return inbound, tuple(accepted)

    async def _once(self, inbound: Inbound, accepted: tuple[AcceptedFile, ...]) -> TurnResult | None:
        """Run the turn; None when the conversation moved on meanwhile and everything must be looked at again."""
        now = self._clock()
        async with self._database.read() as session:
            repeated = await history.earlier_result(session, inbound.key)
            if repeated is not None:
                return repeated
            seen = await history.find_conversation(session, inbound.channel, inbound.address)
        state = State.from_json(seen.state if seen else None)
        facts = self._facts(now, inbound, seen)
        heard = await self._hearing.hear(
            inbound, state, facts, accepted, silent=bool(seen and seen.human_ticket_id)
        )
        async with self._database.write() as session:
            conversation = await history.lock_conversation(session, inbound, now)
            if seen is not None and conversation.state_version != seen.state_version:
                return None
            if seen is None and conversation.state_version != 0:
                return None
            if seen is not None and conversation.human_ticket_id != seen.human_ticket_id:
                return None  # a cadre took over or handed back meanwhile
            repeated = await history.earlier_result(session, inbound.key)
            if repeated is not None:
                return repeated
            result, topics = await self._write(session, conversation, inbound, heard, facts, accepted)
        for topic in topics:
            await self._live.publish(topic)
        return result

    def _facts(self, now: datetime, inbound: Inbound, seen: Conversation | None) -> Facts:
        return Facts(
            now=now,
            profile=dict((seen.profile or {}) if seen else {}),
            resume_hours=self._settings.resume_hours,
            hotline=self._settings.hotline,
            channel=inbound.channel,
        )

    async def _write(
        self, session: AsyncSession, conversation: Conversation, inbound: Inbound, heard: Any, facts: Facts,
        accepted: tuple[AcceptedFile, ...],
    ) -> tuple[TurnResult, set[str]]:  # fmt: skip
        now = facts.now
        message = await history.store_inbound(session, conversation, inbound, heard, now)
        tokens = await history.record_files(session, conversation, message, accepted, now)
        conversation.last_inbound_at = now
        topics = {f"conversation:{conversation.id}"}
        if conversation.human_ticket_id is not None and heard.silent:
            await service.add_from_worker(
                session, conversation.human_ticket_id, message.id, now, self._policy
            )
            conversation.state_version += 1
            return TurnResult((), last_message_id=message.id), topics | {"outbox"}
        facts = replace(
            facts, tickets=await history.ticket_views(session, conversation.id, now, self._policy)
        )
        facts = replace(facts, faq=self._hearing.named_answers(inbound, State.from_json(conversation.state)))
        state = State.from_json(conversation.state)
        step = await linked(session, inbound, state, self._engine.replies)
        if step is None:
            step = self._advance(state, replace(heard.heard, files=tokens), facts)
        applied = await apply_effects(session, conversation, message, step, now, self._policy)
        conversation.state = step.state.to_json()
        conversation.state_version += 1
        outs = render(step.replies, applied)
        last = await history.store_replies(session, conversation, message, outs, step.faq_id, now)
        if inbound.channel in history.PUSH_CHANNELS or applied.topics:
            topics |= {"outbox", *applied.topics}
        understanding = history.describe(heard, step, self._hearing.knowledge)
        return TurnResult(outs, applied.ticket, understanding, last_message_id=last), topics

    def _advance(self, state: State, heard: Any, facts: Facts) -> Step:
        try:
            return self._engine.advance(state, heard, facts)
        except Exception as defect:  # noqa: BLE001 - a defect of ours must not become the worker's: say so, keep the message
            log.error("dialog step failed: %s at %s", type(defect).__name__, _where(defect))  # noqa: TRY400 - no text in logs
            reply = Reply(self._engine.replies("trouble", hotline=facts.hotline))
            return Step(state, (reply,), ())


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


def _where(defect: BaseException) -> str:
    trace = defect.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
