"""The Chinese words of job postings, from words.yml."""

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("words.yml")


class Words:
    """Read once; a missing text is a defect and raises KeyError."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self.columns: Mapping[str, list[str]] = raw["columns"]
        self.required: list[str] = raw["required"]
        self.trades: Mapping[str, str] = {name: entry["label"] for name, entry in raw["trades"].items()}
        self.unit_labels: Mapping[str, str] = raw["unit_labels"]
        self.showing: Mapping[str, Any] = raw["showing"]

    @cached_property
    def trade_words(self) -> tuple[tuple[str, str], ...]:
        """Each word with its trade, the longest first."""
        entries = self._raw["trades"].items()
        pairs = [(word, name) for name, entry in entries for word in (entry["label"], *entry["words"])]
        return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))

    @cached_property
    def headings(self) -> Mapping[str, str]:
        """Every heading that is understood, with the column that it names."""
        return {heading: name for name, headings in self.columns.items() for heading in headings}

    @cached_property
    def units(self) -> Mapping[str, str]:
        return {word: unit for unit, words in self._raw["units"].items() for word in words}

    def among(self, group: str) -> frozenset[str]:
        """Return the words of a plain list: yes, no, open_wage, any_number."""
        return frozenset(self._raw[group])

    def column(self, name: str) -> str:
        """Return the heading that we print for a column."""
        return self.columns[name][0]

    def unit_word(self, unit: str) -> str:
        """Return how a list writes a unit of wages: 月, 天, 小时, 件."""
        return str(self._raw["units"][unit][0])

    def yes_word(self, value: bool) -> str:
        """Return how a list writes yes and no."""
        return str(self._raw["yes" if value else "no"][0])

    def problem(self, key: str, **values: object) -> str:
        """Return what is wrong with a cell."""
        return str(self._raw["problems"][key]).format(**values)

    def refusal(self, key: str, **values: object) -> str:
        """Return why a file was not taken at all."""
        return str(self._raw["refusals"][key]).format(**values)

    def notice(self, key: str, **values: object) -> str:
        """Return a text of the message about new postings."""
        return str(self._raw["notice"][key]).strip().format(**values)

    def say(self, key: str, **values: object) -> str:
        """Return a line of a posting as workers read it."""
        return str(self.showing[key]).format(**values)


@cache
def words() -> Words:
    """Return the words of this process."""
    return Words(yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
