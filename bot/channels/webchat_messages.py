"""Messages as the page and the API show them. Only what was said to or by the worker; no internal fields."""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.webchat_texts import texts
from bot.files_clean import DECODED
from knowledge.content import load_statutes
from knowledge.law_names import LawNames
from storage.models import Attachment, Message

PAGE_OF_MESSAGES = 60
REPLAY_MESSAGES = 200
BUTTONS_SEARCHED_MESSAGES = 40
KUNMING = ZoneInfo("Asia/Shanghai")
# numbers worth a tap: service hotlines, area code numbers, and 110/119/120 right after "call"
LINK = re.compile(
    r"(?P<url>https?://[\w./?=&%#:~+-]+[\w/])"
    r"|(?P<tel>(?<![\d-])(?:0\d{2,3}-\d{5,8}|123\d\d)(?![\d-])|(?<=[打拨])\s?1(?:10|19|20)(?!\d))",
    re.ASCII,
)


@cache
def _law_names() -> LawNames:
    return LawNames(load_statutes())


def split_links(text: str) -> list[list[str]]:
    """Return the text cut into ["text", words], ["tel", number], ["url", address] and ["law", words, address]."""
    found = [(m.start(), m.end(), str(m.lastgroup), "") for m in LINK.finditer(text)]
    found += [(law.start, law.end, "law", law.address) for law in _law_names().mentions(text)]
    parts: list[list[str]] = []
    end = 0
    for start, stop, kind, address in sorted(found):
        if start < end:
            continue
        if start > end:
            parts.append(["text", text[end:start]])
        parts.append([kind, text[start:stop], *([address] if address else [])])
        end = stop
    if end < len(text) or not parts:
        parts.append(["text", text[end:]])
    return parts


def view(row: Message, files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one message as JSON.

    `key` is the sender's own id of a message that came in; `parts` is the text cut at its links, if it has any.
    """
    body = row.body if isinstance(row.body, dict) else {}
    text = row.text
    if not text and not files and row.direction == "in":
        text = texts()["kinds"].get(row.kind, texts()["kinds"]["other"])
    shown = {
        "id": row.id,
        "author": row.author,
        "text": text,
        "buttons": body.get("buttons", []) if row.direction == "out" else [],
        "attachments": list(files),
        "at": row.created_at.isoformat(),
        "time": _local_time(row.created_at),
    }
    parts = split_links(text)
    if len(parts) > 1 or parts[0][0] != "text":
        shown["parts"] = parts
    if row.inbound_key:
        shown["key"] = row.inbound_key.rpartition(":")[2]
    return shown


def _local_time(at: datetime) -> str:
    local = at.astimezone(KUNMING)
    return str(texts()["page"]["time"]).format(month=local.month, day=local.day, clock=f"{local:%H:%M}")


async def views(session: AsyncSession, rows: Sequence[Message]) -> list[dict[str, Any]]:
    """Return the messages with their files: those named in the message, and those recorded for it."""
    files: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        body = row.body if isinstance(row.body, dict) else {}
        for file in body.get("attachments", []):
            if isinstance(file, dict) and "token" in file:
                files[row.id][file["token"]] = _file(file["token"], file["filename"], file["content_type"])
    if rows:
        of_these = Attachment.message_id.in_([row.id for row in rows])
        query = select(Attachment).where(of_these).order_by(Attachment.id)
        for kept in (await session.execute(query)).scalars():
            files[kept.message_id or 0][kept.token] = _file(kept.token, kept.filename, kept.content_type)
    return [view(row, list(files[row.id].values())) for row in rows]


def _file(token: str, filename: str, content_type: str) -> dict[str, Any]:
    shown = {"token": token, "filename": filename, "content_type": content_type, "url": f"/files/{token}"}
    return {**shown, "image": content_type in DECODED}


async def newest(
    session: AsyncSession, conversation_id: int, *, before: int | None = None, limit: int = PAGE_OF_MESSAGES
) -> list[Message]:
    """Return the last `limit` messages (of those before id `before`), oldest first."""
    query = select(Message).where(Message.conversation_id == conversation_id)
    if before is not None:
        query = query.where(Message.id < before)
    found = (await session.execute(query.order_by(Message.id.desc()).limit(limit))).scalars().all()
    return list(reversed(found))


async def since(session: AsyncSession, conversation_id: int, after: int, *, out_only: bool) -> list[Message]:
    """Return what was written after id `after`, oldest first, at most REPLAY_MESSAGES."""
    query = select(Message).where(Message.conversation_id == conversation_id, Message.id > after)
    if out_only:
        query = query.where(Message.direction == "out")
    return list((await session.execute(query.order_by(Message.id).limit(REPLAY_MESSAGES))).scalars())


async def turn_of(session: AsyncSession, inbound_key: str) -> tuple[Message | None, list[Message]]:
    """Return the stored message of this key and the replies to it."""
    query = select(Message).where(Message.inbound_key == inbound_key)
    said = (await session.execute(query)).scalar_one_or_none()
    if said is None:
        return None, []
    answers = select(Message).where(
        Message.conversation_id == said.conversation_id,
        Message.reply_to_id == said.id,
        Message.direction == "out",
    )
    return said, list((await session.execute(answers.order_by(Message.id))).scalars())


async def label_of(session: AsyncSession, conversation_id: int, payload: str) -> str:
    """Return what stood on the button with this payload, so that the transcript reads as it was tapped.

    The same payload may have another label on the welcome screen: what was shown last comes first.
    """
    query = select(Message).where(Message.conversation_id == conversation_id, Message.direction == "out")
    recent = query.order_by(Message.id.desc()).limit(BUTTONS_SEARCHED_MESSAGES)
    for row in (await session.execute(recent)).scalars():
        body = row.body if isinstance(row.body, dict) else {}
        for button in body.get("buttons", []):
            if button.get("payload") == payload:
                return str(button.get("label", ""))
    welcome = [*texts()["shortcuts"], *texts()["topics"]]
    return next((str(topic["label"]) for topic in welcome if topic["payload"] == payload), "")
