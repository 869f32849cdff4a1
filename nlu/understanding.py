"""What understanding a message gives: the types that every channel and flow relies on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Protocol, cast, get_args

import yaml

Group = Literal["rights", "services", "talk"]
Source = Literal["rule", "model", "keywords"]

OUT_OF_SCOPE = "out_of_scope"
EMERGENCY = "emergency"

_INTENTS_FILE = Path(__file__).with_name("intents.yml")


@dataclass(frozen=True, slots=True)
class Intent:
    """One intent: its name, the group that decides what it leads to, and its Chinese label."""

    name: str
    group: Group
    label: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """One candidate intent with its calibrated probability (0 to 1)."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """What one message means.

    `ranking` is sorted, best first, and keeps the model's own order even when `intent` was set to
    out_of_scope because nothing was likely enough. `unsure` asks the caller to offer the first
    candidates as buttons instead of acting. `embedding` is the 384-d query vector of the text,
    None when the model did not answer.
    """

    intent: str
    confidence: float
    ranking: tuple[Ranked, ...]
    entities: Mapping[str, object]
    embedding: tuple[float, ...] | None
    source: Source
    unsure: bool


class Understander(Protocol):
    """Anything that understands one message. Implementations never raise for a message's content."""

    async def understand(self, text: str) -> Understanding: ...


def load_intents(path: Path = _INTENTS_FILE) -> Mapping[str, Intent]:
    """All intents by name, in the file's order. Raises ValueError for an unknown group."""
    raw = cast(dict[str, dict[str, str]], yaml.safe_load(path.read_text(encoding="utf-8")))
    intents: dict[str, Intent] = {}
    for name, entry in raw.items():
        if entry["group"] not in get_args(Group):
            raise ValueError(f"{path.name}: intent {name} has unknown group {entry['group']!r}")
        intents[name] = Intent(name, cast(Group, entry["group"]), entry["label"])
    return MappingProxyType(intents)


INTENTS: Mapping[str, Intent] = load_intents()
