"""The values that the rest of the product exchanges with tickets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

Urgency = Literal["normal", "urgent", "critical"]
URGENCIES: tuple[Urgency, ...] = ("normal", "urgent", "critical")  # in rising order


class State(StrEnum):
    """Where a matter stands. `supervised` (督办) is a flag of the reminders, never a state."""

    PENDING = "pending"  # 待受理
    ACCEPTED = "accepted"  # 已受理
    WORKING = "working"  # 办理中
    WAITING = "waiting"  # 待补充材料: the worker's turn
    REOPENED = "reopened"  # 重新办理
    CLOSED = "closed"  # 已办结
    WITHDRAWN = "withdrawn"  # 已撤回


class EventKind(StrEnum):
    """What happened to a ticket. NOTE never leaves the console."""

    OPENED = "opened"
    ACCEPTED = "accepted"
    REPLY = "reply"
    MATERIAL_ASKED = "material_asked"
    NOTE = "note"
    TRANSFERRED = "transferred"
    TAKEN_OVER = "taken_over"
    HANDED_BACK = "handed_back"
    WORKER_ADDED = "worker_added"
    EXTENDED = "extended"
    CLOSED = "closed"
    REOPENED = "reopened"
    RATED = "rated"
    WITHDRAWN = "withdrawn"
    REVEALED = "revealed"
    REMINDER = "reminder"
    ESCALATED = "escalated"
    PAPER = "paper"  # a line of the check list changed
    DECIDED = "decided"
    PAID = "paid"
    DATE_SET = "date_set"  # a hearing or a limit that the worker is reminded of


@dataclass(frozen=True)
class PaperNeeded:
    """A paper that the union will want to see."""

    key: str
    label: str
    required: bool = True


@dataclass(frozen=True)
class NewTicket:
    """A matter to be opened. `facts` must not identify the person; `sensitive` is encrypted as a whole."""

    conversation_id: int
    category: str
    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    sensitive: Mapping[str, Any] = field(default_factory=dict)
    region: str | None = None
    employer: str | None = None
    amount_yuan: float | None = None
    people_count: str | None = None
    urgency: Urgency = "normal"
    opened_by_message_id: int | None = None


@dataclass(frozen=True)
class TicketBrief:
    """What a worker may know of their ticket. The `…_text` are ready to read: 11月24日(周二)18:00前."""

    id: int
    number: str
    category: str
    category_label: str
    state: str
    state_label: str
    open: bool
    unit: str
    assignee: str | None
    first_response_due: datetime
    close_due: datetime
    closed_at: datetime | None
    result: str | None
    rating: int | None
    can_reopen: bool
    first_response_due_text: str
    close_due_text: str
    next_due_text: str


@dataclass(frozen=True)
class Button:
    """A quick reply in a message to the worker, as every channel shows it."""

    label: str
    payload: str

    def to_json(self) -> dict[str, str]:
        return {"label": self.label, "payload": self.payload}
