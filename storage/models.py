"""People, conversations, tickets, knowledge. What a worker says or sends is encrypted; what lists sort by is not."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base
from storage.types import BigId, EncryptedJson, EncryptedText, UtcDateTime


class Organization(Base):
    """A union unit in the tree: province, city, county, township (or park), enterprise."""

    __tablename__ = "organizations"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    level: Mapped[str] = mapped_column(String(16))  # province|city|county|township|enterprise
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    path: Mapped[str] = mapped_column(String(255), index=True)  # "/1/4/17/": own id last
    region: Mapped[str] = mapped_column(String(128), index=True)  # 云南省昆明市官渡区
    phone: Mapped[str | None] = mapped_column(String(32))  # the unit's public service number
    address: Mapped[str | None] = mapped_column(String(255))


class Account(Base):
    """Somebody who signs in to the console: cadre, leader or administrator of one unit."""

    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))  # cadre|leader|administrator
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), index=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    on_leave_until: Mapped[date | None] = mapped_column(Date)
    telegram_chat_id: Mapped[str | None] = mapped_column(String(64))
    telegram_link_code: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    organization: Mapped[Organization] = relationship(lazy="joined")


class ConsoleSession(Base):
    """A signed-in browser; only a hash of its cookie is kept."""

    __tablename__ = "console_sessions"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AuditEntry(Base):
    """Append-only: who did what to what. `tag` is an AuditTag value, `source:subject:action`."""

    __tablename__ = "audit_log"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    tag: Mapped[str] = mapped_column(String(64), index=True)
    subject: Mapped[str] = mapped_column(String(128))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Conversation(Base):
    """One person on one channel. `human_ticket_id` is set while a cadre is talking: the bot is silent."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "address"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))  # webchat|telegram|terminal
    address: Mapped[str] = mapped_column(String(128))  # session id, chat id
    secret_hash: Mapped[str | None] = mapped_column(String(64))  # the browser cookie it is bound to
    state: Mapped[Any] = mapped_column(EncryptedJson, nullable=True)
    state_version: Mapped[int] = mapped_column(Integer, default=0)
    profile: Mapped[Any] = mapped_column(EncryptedJson, nullable=True)
    human_ticket_id: Mapped[int | None] = mapped_column(BigId)
    preferences: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict
    )  # {"reminders": false}: no personal data
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_inbound_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Message(Base):
    """One message in or out. `inbound_key` makes a repeated delivery visible (unique)."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_conversation_id_id", "conversation_id", "id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    inbound_key: Mapped[str | None] = mapped_column(String(255), unique=True)
    reply_to_id: Mapped[int | None] = mapped_column(BigId, index=True)
    ticket_id: Mapped[int | None] = mapped_column(BigId, index=True)
    direction: Mapped[str] = mapped_column(String(8))  # in|out
    author: Mapped[str] = mapped_column(String(16))  # worker|bot|cadre|system
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(
        String(16), default="text"
    )  # text|button|photo|document|voice|sticker|other
    text: Mapped[str] = mapped_column(EncryptedText)
    body: Mapped[Any] = mapped_column(EncryptedJson, nullable=True)  # buttons, attachments, payload
    understanding: Mapped[dict[str, Any] | None] = mapped_column(
        JSON
    )  # intent, confidence, faq_id, score: no text
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class OutboxRow(Base):
    """What must be sent on a push channel. sending = handed to the channel, outcome not yet known.

    `not_before` is the earliest next attempt while pending, the end of the claim while sending, and the
    time of sending once sent: the index on it serves the pacing, too.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_status_not_before", "status", "not_before"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(128), index=True)
    body: Mapped[Any] = mapped_column(EncryptedJson)  # Outbound.to_json()
    status: Mapped[str] = mapped_column(String(16), default="pending")  # pending|sending|sent|failed
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(255))  # the kind of error, never message text
    external_id: Mapped[str | None] = mapped_column(String(64))  # the channel's id of the last part sent
    part: Mapped[int] = mapped_column(
        Integer, default=0
    )  # how many messages of it are sent: long text, files
    after_external_id: Mapped[str | None] = mapped_column(String(64))  # highest id known before the call
    claimed_by: Mapped[str | None] = mapped_column(String(64))  # the instance that is sending it
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when the last call began
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class QuarantinedUpdate(Base):
    """An update that could not be handled: kept for a person to look at, never in the way of others."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(128))
    raw: Mapped[str] = mapped_column(EncryptedText)
    error: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Cursor(Base):
    """A named position, e.g. the Telegram offset that may be confirmed next."""

    __tablename__ = "cursors"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(255))


class Attachment(Base):
    """A file that a worker or a cadre sent; the bytes lie in the data folder under their hash, encrypted."""

    __tablename__ = "attachments"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)  # unguessable name in addresses
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(BigId, index=True)
    ticket_id: Mapped[int | None] = mapped_column(BigId, index=True)
    paper: Mapped[str | None] = mapped_column(String(32))  # which paper of the ticket's check list it shows
    scan: Mapped[str] = mapped_column(String(16), default="unchecked")  # unchecked|clean|blocked
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    filename: Mapped[str] = mapped_column(EncryptedText)
    content_type: Mapped[str] = mapped_column(String(128))
    size: Mapped[int] = mapped_column(Integer)  # bytes
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Consent(Base):
    """What a person agreed to or refused, and when."""

    __tablename__ = "consents"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(64))
    granted: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Ticket(Base):
    """A worker's matter from opening to archive. `next_due` is what the queue is sorted by."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_queue", "organization_id", "open", "next_due"),
        Index("ix_tickets_assignee", "assignee_id", "open", "next_due"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    opened_by_message_id: Mapped[int | None] = mapped_column(BigId)
    category: Mapped[str] = mapped_column(String(32), index=True)
    title: Mapped[str] = mapped_column(EncryptedText)
    state: Mapped[str] = mapped_column(String(24), index=True)
    open: Mapped[bool] = mapped_column(Boolean, default=True)
    urgency: Mapped[str] = mapped_column(String(16), default="normal")  # normal|urgent|critical
    region: Mapped[str | None] = mapped_column(String(128), index=True)
    employer: Mapped[str | None] = mapped_column(String(128))
    amount_yuan: Mapped[float | None] = mapped_column(Float)
    people_count: Mapped[str | None] = mapped_column(String(16))  # "12" or "10+"
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # nothing that identifies the person
    sensitive: Mapped[Any] = mapped_column(
        EncryptedJson, nullable=True
    )  # name, phone, id_number, bank_card ...
    phone_index: Mapped[str | None] = mapped_column(String(32), index=True)  # blind index
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    first_response_due: Mapped[datetime] = mapped_column(UtcDateTime)
    close_due: Mapped[datetime] = mapped_column(UtcDateTime)
    next_due: Mapped[datetime] = mapped_column(UtcDateTime)
    first_response_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closure_code: Mapped[str | None] = mapped_column(String(32))
    result: Mapped[str | None] = mapped_column(EncryptedText)
    rating: Mapped[int | None] = mapped_column(Integer)  # 1-5
    reminded: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # which reminders already went out
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    organization: Mapped[Organization] = relationship(lazy="joined")
    assignee: Mapped[Account | None] = relationship(lazy="joined", foreign_keys=[assignee_id])


class TicketEvent(Base):
    """Append-only history of a ticket. kind "note" is internal: it never leaves the console."""

    __tablename__ = "ticket_events"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(24))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    text: Mapped[str | None] = mapped_column(EncryptedText)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # no personal data
    account: Mapped[Account | None] = relationship(lazy="joined")


class FaqEntry(Base):
    """A curated answer. `id` is "<intent>.<slug>" and stays the same over all versions."""

    __tablename__ = "faq_entries"
    id: Mapped[str] = mapped_column(String(96), primary_key=True)
    intent: Mapped[str] = mapped_column(String(32), index=True)
    question: Mapped[str] = mapped_column(Text)
    phrasings: Mapped[list[str]] = mapped_column(JSON, default=list)
    answer: Mapped[str] = mapped_column(Text)
    more: Mapped[str | None] = mapped_column(Text)
    citations: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # [{"law": …, "article": 30}]
    region: Mapped[str] = mapped_column(String(128))
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    reviewed: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str | None] = mapped_column(String(128))
    status: Mapped[str] = mapped_column(String(16), index=True)  # draft|published|archived
    edited: Mapped[bool] = mapped_column(
        Boolean, default=False
    )  # changed here: the shipped file must not overwrite it
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class FaqVersion(Base):
    """What an entry looked like at each version."""

    __tablename__ = "faq_versions"
    __table_args__ = (UniqueConstraint("faq_id", "version"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    faq_id: Mapped[str] = mapped_column(ForeignKey("faq_entries.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class TextVector(Base):
    """Cache of sentence vectors, keyed by model and text hash, so that a start need not embed again."""

    __tablename__ = "text_vectors"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)  # float32, little endian


class Miss(Base):
    """A question that had no sure answer, or whose answer did not help."""

    __tablename__ = "misses"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int | None] = mapped_column(BigId, unique=True)
    text: Mapped[str] = mapped_column(EncryptedText)  # masked before it is stored
    reason: Mapped[str] = mapped_column(String(16))  # no_answer|unsure|thumbs_down|out_of_scope
    intent: Mapped[str | None] = mapped_column(String(32))
    faq_id: Mapped[str | None] = mapped_column(String(96))
    score: Mapped[float | None] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16), default="new", index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Feedback(Base):
    """ "解决了吗": one per answer message."""

    __tablename__ = "feedback"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[int] = mapped_column(BigId, unique=True)
    faq_id: Mapped[str] = mapped_column(String(96), index=True)
    solved: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LawArticle(Base):
    """One article of one version of a law, as imported."""

    __tablename__ = "law_articles"
    __table_args__ = (UniqueConstraint("law", "version", "article"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    law: Mapped[str] = mapped_column(String(96), index=True)
    version: Mapped[str] = mapped_column(String(32))  # promulgation or revision date
    article: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
