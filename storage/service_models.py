"""Tables of single services: papers, reminders, jobs, notices, ratings, links of one use."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.types import BigId, EncryptedJson, EncryptedText, UtcDateTime


class TicketPaper(Base):
    """One line of a ticket's check list. `key` and `label` come from the flow, or from a cadre who added it."""

    __tablename__ = "ticket_papers"
    __table_args__ = (UniqueConstraint("ticket_id", "key"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    key: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(128))
    required: Mapped[bool] = mapped_column(Boolean, default=True)
    state: Mapped[str] = mapped_column(String(16), default="owed")  # owed|ready|sent|accepted|returned|waived
    note: Mapped[str | None] = mapped_column(EncryptedText)  # why a cadre gave it back
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reminder(Base):
    """Something that a worker wants to be told of in time. One row for each person, kind and subject.

    `subject` names what it is about without personal data: a ticket's number, a season and its year.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("conversation_id", "kind", "subject"),
        Index("ix_reminders_next", "active", "next_at"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(BigId, index=True)
    kind: Mapped[str] = mapped_column(String(16))  # papers|hearing|limitation|season|jobs|own
    subject: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)  # the date that must not be missed
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when to speak next, outside the night
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    sent: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # which ones went out, and when
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobPosting(Base):
    """A vacancy that a union published. Wages in yuan for each `wage_unit`; no upper bound when `wage_to` is none."""

    __tablename__ = "job_postings"
    __table_args__ = (
        UniqueConstraint("organization_id", "reference"),
        Index("ix_job_postings_search", "active", "trade", "region"),
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), index=True)
    reference: Mapped[str] = mapped_column(
        String(64)
    )  # of the list that it came from: importing again updates
    title: Mapped[str] = mapped_column(String(128))
    trade: Mapped[str] = mapped_column(String(32))
    employer: Mapped[str] = mapped_column(String(128))
    region: Mapped[str] = mapped_column(String(128))
    wage_from: Mapped[int | None] = mapped_column(Integer)
    wage_to: Mapped[int | None] = mapped_column(Integer)
    wage_unit: Mapped[str] = mapped_column(String(8), default="month")  # month|day|hour|piece
    monthly_from: Mapped[int | None] = mapped_column(Integer)  # wage_from by month, to compare
    people: Mapped[int | None] = mapped_column(Integer)
    lodging: Mapped[bool | None] = mapped_column(Boolean)
    meals: Mapped[bool | None] = mapped_column(Boolean)
    insurance: Mapped[bool | None] = mapped_column(Boolean)
    age_from: Mapped[int | None] = mapped_column(Integer)
    age_to: Mapped[int | None] = mapped_column(Integer)
    details: Mapped[str | None] = mapped_column(Text)
    contact: Mapped[str | None] = mapped_column(String(128))  # public, as the employer gave it
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date, index=True)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JobSearch(Base):
    """What somebody is looking for and wants to hear of. `told` is the newest posting they were told of."""

    __tablename__ = "job_searches"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), unique=True)
    trade: Mapped[str | None] = mapped_column(String(32))
    region: Mapped[str | None] = mapped_column(String(128))
    monthly_wage: Mapped[int | None] = mapped_column(Integer)
    wants_lodging: Mapped[bool] = mapped_column(Boolean, default=False)
    notify: Mapped[bool] = mapped_column(Boolean, default=False)
    told: Mapped[int] = mapped_column(BigId, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Notice(Base):
    """Something that a unit lets its members know (会务公开)."""

    __tablename__ = "notices"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), index=True)
    title: Mapped[str] = mapped_column(String(128))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16), default="draft", index=True)  # draft|published|withdrawn
    pushed: Mapped[bool] = mapped_column(Boolean, default=False)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeSubscription(Base):
    """Who wants the notices of a unit."""

    __tablename__ = "notice_subscriptions"
    __table_args__ = (UniqueConstraint("conversation_id", "organization_id"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class UnionRating(Base):
    """A member's marks for their own union (会员评家), once a year. `rater` is a blind index, nothing leads back."""

    __tablename__ = "union_ratings"
    __table_args__ = (UniqueConstraint("organization_id", "year", "rater"),)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    rater: Mapped[str] = mapped_column(String(64))
    marks: Mapped[dict[str, int]] = mapped_column(JSON)  # question -> 1 to 5
    comment: Mapped[str | None] = mapped_column(EncryptedText)
    rated_on: Mapped[date] = mapped_column(Date)  # the month's first day: a time would tell who it was


class OneTimeLink(Base):
    """Opens one sensitive step of a conversation on the phone page, once, for ten minutes."""

    __tablename__ = "one_time_links"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    slot: Mapped[str] = mapped_column(String(32))
    run: Mapped[str] = mapped_column(String(32))  # of the flow that asks; another run makes it void
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Document(Base):
    """A paper drafted for a ticket, e.g. an application for arbitration. The bytes lie with the attachments."""

    __tablename__ = "documents"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    token: Mapped[str] = mapped_column(String(43), unique=True)
    data: Mapped[Any] = mapped_column(EncryptedJson)  # what it was made from, so that it can be made again
    sha256: Mapped[str | None] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(Integer, default=1)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
