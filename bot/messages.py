"""What every channel speaks: one inbound and one outbound form."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["text", "button", "photo", "document", "voice", "sticker", "other"]


@dataclass(frozen=True)
class Button:
    """A quick reply. `payload` is at most 64 bytes, the limit of Telegram's callback data."""

    label: str
    payload: str

    def to_json(self) -> dict[str, str]:
        return {"label": self.label, "payload": self.payload}


@dataclass(frozen=True)
class IncomingFile:
    """A file as it came from a channel, before any check of its content."""

    filename: str
    data: bytes


@dataclass(frozen=True)
class Inbound:
    """One message from a person. `external_id` is unique within the channel's address."""

    channel: str
    address: str
    external_id: str
    kind: Kind = "text"
    text: str = ""
    payload: str | None = None
    files: tuple[IncomingFile, ...] = ()
    edited: bool = False
    refused_file: str | None = None  # why a file could not be taken: key in the reply catalogue
    received_at: datetime | None = None

    @property
    def key(self) -> str:
        """The name under which a repeated delivery is recognised."""
        return f"{self.channel}:{self.address}:{self.external_id}"


@dataclass(frozen=True)
class SentFile:
    """A stored file that may be shown: `token` is its unguessable name."""

    token: str
    filename: str
    content_type: str

    def to_json(self) -> dict[str, str]:
        return {"token": self.token, "filename": self.filename, "content_type": self.content_type}


@dataclass(frozen=True)
class Outbound:
    """One message to a person."""

    text: str
    buttons: tuple[Button, ...] = ()
    files: tuple[SentFile, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "buttons": [button.to_json() for button in self.buttons],
            "attachments": [file.to_json() for file in self.files],
        }

    @staticmethod
    def from_json(body: dict[str, Any]) -> "Outbound":
        return Outbound(
            text=body["text"],
            buttons=tuple(Button(**button) for button in body.get("buttons", [])),
            files=tuple(SentFile(**file) for file in body.get("attachments", [])),
        )


@dataclass(frozen=True)
class TurnResult:
    """What one turn gave back. `understanding` has intent, confidence, entities, faq_id, citations."""

    replies: tuple[Outbound, ...]
    ticket: str | None = None
    understanding: dict[str, Any] = field(default_factory=dict)
    repeated: bool = False
    last_message_id: int = 0
    unnamed: frozenset[str] | None = None  # after an erasure: files that no row names any more
