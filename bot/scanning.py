"""The virus scan: a command of the administrator's (e.g. clamdscan) looks at every file before anybody gets it.

Off without a command. Exit 0 is harmless, 1 is refused; anything else means that nobody knows, and the file waits,
out of everybody's reach, until the scanner answers again.
"""

import asyncio
import logging
import os
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.telling import tell
from dialogs.replies import Replies
from storage.models import Attachment, Conversation

log = logging.getLogger(__name__)
SECONDS: Final = 60
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a private file in memory: the plain bytes reach no disk
AT_ONCE: Final = 20


class Scan(StrEnum):
    """Attachment.scan."""

    UNCHECKED = "unchecked"  # no scanner was set up when it came
    CLEAN = "clean"
    WAITING = "waiting"  # the scanner did not answer
    BLOCKED = "blocked"


def scan(data: bytes, command: Sequence[str]) -> Scan:
    """Return what the command says of these bytes; it gets a file's path as its last argument."""
    if not command:
        return Scan.UNCHECKED
    folder = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with tempfile.NamedTemporaryFile(prefix="niangjia-scan-", dir=folder) as file:
        file.write(data)
        file.flush()
        try:
            # the command is the administrator's own setting; the file name is ours
            done = subprocess.run([*command, file.name], capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("scan command failed: %s", type(error).__name__)  # noqa: TRY400 - its arguments are not for the log
            return Scan.WAITING
    if done.returncode not in {0, 1}:
        log.error("scan command ended with %d", done.returncode)
    return {0: Scan.CLEAN, 1: Scan.BLOCKED}.get(done.returncode, Scan.WAITING)


async def waiting(session: AsyncSession) -> list[str]:
    """Return the hashes of files that the scanner still owes an answer for, the oldest first."""
    query = select(Attachment.sha256).where(Attachment.scan == Scan.WAITING.value).order_by(Attachment.id)
    return list(dict.fromkeys(await session.scalars(query.limit(AT_ONCE))))


async def settle(session: AsyncSession, sha256: str, verdict: Scan, now: datetime) -> set[int]:
    """Write the answer to every row of these bytes, and tell whose file is blocked; return their conversations."""
    rows = (Attachment.sha256 == sha256, Attachment.scan == Scan.WAITING.value)
    owners = set(await session.scalars(select(Attachment.conversation_id).where(*rows)))
    await session.execute(update(Attachment).where(*rows).values(scan=verdict.value))
    if verdict is not Scan.BLOCKED:
        return set()
    await session.execute(update(Attachment).where(Attachment.sha256 == sha256).values(scan=verdict.value))
    for number in owners:
        conversation = await session.get_one(Conversation, number)
        await tell(session, conversation, Replies()("file_blocked"), now)
    return owners


async def look_again(data: bytes | None, command: Sequence[str]) -> Scan:
    """Return the answer for a file that waited; one that can't be read any more is blocked."""
    return Scan.BLOCKED if data is None else await asyncio.to_thread(scan, data, command)
