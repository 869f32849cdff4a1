"""The Chinese words of tickets: labels, messages to workers, notices to cadres, errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tickets.values import Urgency

FILE = Path(__file__).with_name("catalogue.yml")
OTHER = "other"


@dataclass(frozen=True)
class Category:
    """One kind of matter: its label, the difficulty that sets the deadline, and its least urgency."""

    name: str
    label: str
    difficulty: str
    urgency: Urgency


class Catalogue:
    """Read once from the YAML file; every lookup of a missing message is a programming error."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self.categories: Mapping[str, Category] = {
            name: Category(name, entry["label"], entry["difficulty"], entry.get("urgency", "normal"))
            for name, entry in raw["categories"].items()
        }
        self.states: Mapping[str, str] = raw["states"]
        self.closures: Mapping[str, str] = raw["closures"]
        self.urgencies: Mapping[str, str] = raw["urgencies"]
        self.difficulties: Mapping[str, str] = raw["difficulties"]
        self.events: Mapping[str, str] = raw["events"]
        self.roles: Mapping[str, str] = raw["roles"]
        self.fields: Mapping[str, str] = raw["fields"]

    def category(self, name: str) -> Category:
        """Return the category; one that nobody described is treated as 其他事项, never refused."""
        return self.categories.get(name) or self.categories[OTHER]

    def message(self, key: str, **values: object) -> str:
        """Return a message to a worker."""
        return str(self._raw["messages"][key]).strip().format(**values)

    def reminder(self, key: str, **values: object) -> str:
        """Return a reminder to a worker, or a part of one."""
        return str(self._raw["reminders"][key]).strip().format(**values)

    def season(self, name: str) -> str:
        """Return what a season is called."""
        return str(self._raw["seasons"].get(name, name))

    def notice(self, key: str, **values: object) -> str:
        """Return a notice to a cadre."""
        return str(self._raw["notices"][key]).strip().format(**values)

    def button(self, key: str, **values: object) -> str:
        """Return the label of a button."""
        return str(self._raw["buttons"][key]).format(**values)

    def error(self, key: str, **values: object) -> str:
        """Return what to tell the person about an error."""
        return str(self._raw["errors"][key]).strip().format(**values)

    def time(self, key: str) -> Any:
        """Return a pattern or list for writing times."""
        return self._raw["times"][key]


@cache
def catalogue() -> Catalogue:
    """Return the catalogue of this process."""
    return Catalogue(yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
