"""Links of one use: ten minutes, one step of one form of one conversation. Only a hash of the token is stored."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from dialogs.state import Frame, State
from storage.models import Conversation
from storage.service_models import OneTimeLink

TOKEN_BYTES: Final = 32  # 256 bits
TOKEN_CHARACTERS: Final = 43
VALID: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=1)  # so that an old link is told what it was
PATH: Final = "/private"


class Refusal(StrEnum):
    """Why a link does not open (any more); names the text of the page."""

    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    MOVED_ON = "moved_on"  # the form was sent off, dropped, or begun anew


@dataclass(frozen=True)
class Opened:
    """A link that may be used now."""

    link: OneTimeLink
    conversation: Conversation
    frame: Frame


def hash_of(token: str) -> str:
    """Return what is stored of a token; looking it up takes as long for a near miss as for a far one."""
    return hashlib.sha256(token.encode()).hexdigest()


async def issue(session: AsyncSession, conversation_id: int, slot: str, run: int, now: datetime) -> str:
    """Return a new token; earlier unused links of the conversation stop working."""
    unused = (OneTimeLink.conversation_id == conversation_id, OneTimeLink.used_at.is_(None))
    await session.execute(delete(OneTimeLink).where(*unused))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(OneTimeLink(
        token_hash=hash_of(token), conversation_id=conversation_id, slot=slot, run=str(run), created_at=now,
        expires_at=now + VALID,
    ))  # fmt: skip
    await session.flush()
    return token


async def open_link(
    session: AsyncSession, token: str, now: datetime, *, lock: bool = False
) -> Opened | Refusal:
    """Return what the link opens; with `lock`, conversation and link are held until the transaction ends."""
    if len(token) != TOKEN_CHARACTERS or not token.isascii():
        return Refusal.UNKNOWN
    found = await session.get(OneTimeLink, hash_of(token))
    if found is None:
        return Refusal.UNKNOWN
    query = select(Conversation).where(Conversation.id == found.conversation_id)
    conversation = (await session.scalars(query.with_for_update() if lock else query)).one_or_none()
    if conversation is None:
        return Refusal.UNKNOWN
    if lock:  # the conversation first, as a turn does; somebody may have been faster meanwhile
        same = select(OneTimeLink).where(OneTimeLink.token_hash == found.token_hash).with_for_update()
        found = (await session.scalars(same.execution_options(populate_existing=True))).one_or_none()
        if found is None:
            return Refusal.UNKNOWN
    if found.used_at is not None:
        return Refusal.USED
    if now >= found.expires_at:
        return Refusal.EXPIRED
    frame = State.from_json(conversation.state).frame
    if frame is None or str(frame.run) != found.run:
        return Refusal.MOVED_ON
    return Opened(found, conversation, frame)


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Delete links that expired a day ago."""
    await session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at < now - KEPT))
