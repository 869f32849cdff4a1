"""Where a conversation stands. Immutable; stored as JSON with the conversation."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Frame:
    """One open flow. `run` tells its buttons from those of an earlier run."""

    flow: str
    run: int
    values: dict[str, Any] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    consents: dict[str, bool] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()  # in the order of answering, for going back
    asked: str | None = None  # step id that is open: slot name, "consent:<purpose>", "review", "edit"
    attempts: int = 0
    files: tuple[str, ...] = ()

    def without(self, *names: str) -> "Frame":
        """Return the frame with these answers forgotten, so that they are asked again."""
        return replace(
            self,
            values={key: value for key, value in self.values.items() if key not in names},
            skipped=tuple(name for name in self.skipped if name not in names),
            answered=tuple(name for name in self.answered if name not in names),
            consents={k: v for k, v in self.consents.items() if f"consent:{k}" not in names},
        )


@dataclass(frozen=True)
class Pending:
    """A matter of an earlier message that still waits, with the words that were about it."""

    intent: str
    clause: str


@dataclass(frozen=True)
class State:
    """Open flow (if any), what is set aside, what was last talked about."""

    frame: Frame | None = None
    paused: Frame | None = None
    calculated: Frame | None = None  # the answers of the last sum, so that one of them can be changed
    heard_facts: dict[str, Any] = field(default_factory=dict)  # volunteered before a flow was begun
    last_faq: str | None = None
    last_intent: str | None = None
    offered: tuple[str, ...] = ()  # faq ids shown as choices, so that "第二个" can be understood
    shown: tuple[tuple[str, str], ...] = ()  # label and payload of the last reply's buttons
    pending: tuple[Pending, ...] = ()  # what else was told and still waits for its turn
    files: tuple[str, ...] = ()  # sent before any service was begun: the next one takes them along
    awaiting: str | None = None  # "region", "add:<number>", or "then": go on with pending[0]?
    paper: str | None = None  # "<ticket>:<paper>:<runs>": a photo that comes now is of this paper
    read: dict[str, Any] = field(default_factory=dict)  # found on a photo, to be confirmed by a button
    runs: int = 0
    confused: int = 0  # messages in a row that were not understood
    updated_at: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(raw: dict[str, Any] | None) -> "State":
        """Return the state; fields of an older or newer version are passed over, never fatal."""
        if not raw:
            return State()
        known = {key: value for key, value in raw.items() if key in State.__dataclass_fields__}
        known["frame"] = _frame(known.get("frame"))
        known["paused"] = _frame(known.get("paused"))
        known["calculated"] = _frame(known.get("calculated"))
        known["files"] = tuple(known.get("files", ()))
        known["offered"] = tuple(known.get("offered", ()))
        known["shown"] = tuple((str(label), str(payload)) for label, payload in known.get("shown", ()))
        known["pending"] = tuple(Pending(raw["intent"], raw["clause"]) for raw in known.get("pending", ()))
        return State(**known)

    def idle_hours(self, now: datetime) -> float:
        """Hours since the last message; 0 for a new conversation."""
        if self.updated_at is None:
            return 0.0
        return (now - datetime.fromisoformat(self.updated_at)).total_seconds() / 3600


def _frame(raw: dict[str, Any] | None) -> Frame | None:
    if not raw:
        return None
    known = {key: value for key, value in raw.items() if key in Frame.__dataclass_fields__}
    for key in ("skipped", "said", "answered", "files"):
        known[key] = tuple(known.get(key, ()))
    return Frame(**known)
