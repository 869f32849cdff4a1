"""The rows of drafted papers: one Document for each ticket and kind, a new version whenever it is made again."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Attachment, Ticket
from storage.service_models import Document
from tickets.access import Action, access_ticket, identity_hidden
from tickets.audit import AuditTag, record
from tickets.changes import add_event
from tickets.documents.errors import NoPaper
from tickets.documents.texts import texts
from tickets.errors import MissingReason, NotAllowed
from tickets.masking import mask_text
from tickets.values import EventKind

ARBITRATION = "arbitration"
ABROAD = frozenset({"telegram"})  # channels whose servers are abroad: no ID number goes there
PRIVATE = frozenset({"id_number"})
TOKEN_BYTES = 32
STORED_TYPE = "application/msword"  # the full name of .docx does not fit the column; the ending tells
FIELD = "document"  # what the audit log and the history call it


async def save(
    session: AsyncSession,
    ticket: Ticket,
    kind: str,
    data: Mapping[str, Any],
    sha256: str,
    size: int,
    now: datetime,
    account: Account | None = None,
) -> tuple[Document, Attachment]:
    """Keep a new version: `data` is what it was made from, `sha256` names the stored bytes.

    Earlier versions stay with the ticket as files.
    """
    document = await of_ticket(session, ticket.id, kind, lock=True)
    if document is None:
        document = Document(
            ticket_id=ticket.id, conversation_id=ticket.conversation_id, kind=kind, version=0, created_at=now
        )
        session.add(document)
    document.version += 1
    document.data, document.sha256, document.updated_at = dict(data), sha256, now
    document.account_id = account.id if account else None
    file = attach(session, ticket, sha256, size, document.version, now)
    document.token = file.token
    await session.flush()
    return document, file


def attach(
    session: AsyncSession, ticket: Ticket, sha256: str, size: int, version: int, now: datetime
) -> Attachment:
    """Add the row by which stored bytes can be given to people."""
    file = Attachment(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        conversation_id=ticket.conversation_id,
        ticket_id=ticket.id,
        sha256=sha256,
        filename=file_name(version, "docx"),
        content_type=STORED_TYPE,
        size=size,
        created_at=now,
    )
    session.add(file)
    return file


def file_name(version: int, ending: str) -> str:
    """What the file is called where it is saved; nobody's name is in it."""
    return f"{texts()['file_name'].format(version=version)}.{ending}"


def for_channel(answers: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """Return what a paper sent over this channel may be made from."""
    return {name: value for name, value in answers.items() if channel not in ABROAD or name not in PRIVATE}


def next_version(document: Document | None) -> int:
    """The number that the version to be made will have."""
    return (document.version if document else 0) + 1


async def of_ticket(
    session: AsyncSession, ticket_id: int, kind: str, *, lock: bool = False
) -> Document | None:
    """Return the ticket's paper of this kind."""
    query = select(Document).where(Document.ticket_id == ticket_id, Document.kind == kind)
    return await session.scalar(query.with_for_update() if lock else query)


async def of_conversation(
    session: AsyncSession, conversation_id: int, kind: str
) -> list[tuple[Document, Ticket]]:
    """Return the papers whose tickets are still open, newest first: a corrected one takes their place."""
    query = (
        select(Document, Ticket)
        .join(Ticket, Ticket.id == Document.ticket_id)
        .where(Document.conversation_id == conversation_id, Document.kind == kind, Ticket.open)
        .order_by(Document.id.desc())
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def access_document(
    session: AsyncSession, account: Account, ticket_id: int, kind: str, action: Action = Action.SEE_TICKETS
) -> tuple[Document | None, Ticket]:
    """Return the paper, if there is one, and its ticket; raises NotAllowed as the ticket does, and to whom the
    worker's identity is hidden.
    """
    ticket = await access_ticket(session, account, ticket_id, action)
    if identity_hidden(account, ticket):
        raise NotAllowed
    return await of_ticket(session, ticket.id, kind), ticket


async def open_document(
    session: AsyncSession, account: Account, ticket_id: int, kind: str, reason: str, now: datetime
) -> Document:
    """Return the paper to be read in the clear; who read it and why is kept for good, as for a revealed detail.

    Raises NotAllowed, NoPaper, MissingReason.
    """
    document, ticket = await access_document(session, account, ticket_id, kind, Action.REVEAL_DETAILS)
    if document is None:
        raise NoPaper
    if not reason.strip():
        raise MissingReason
    detail = {"field": FIELD, "version": document.version, "reason": mask_text(reason.strip())[:255]}
    record(session, AuditTag.DETAIL_REVEALED, account, f"ticket:{ticket.number}", now, detail)
    data = {"field": FIELD, "version": document.version}
    add_event(session, ticket, EventKind.REVEALED, now, account=account, text=reason.strip(), data=data)
    await session.flush()
    return document


async def is_document(session: AsyncSession, file: Attachment) -> bool:
    """True for a file that is a drafted paper, of whatever version."""
    if file.content_type != STORED_TYPE or file.ticket_id is None:
        return False
    query = select(Document.id).where(Document.ticket_id == file.ticket_id)
    return await session.scalar(query) is not None
