"""Shipped knowledge: content/faq/*.yml and content/laws.yml, validated with file and line."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Self

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from knowledge.errors import ContentError
from knowledge.statutes import Statute, article_of
from nlu.understanding import INTENTS

CONTENT_FOLDER = Path(__file__).with_name("content")
NATIONAL = "全国"
ANSWER_LIMIT = 220  # characters that fit on a phone without scrolling; longer is a warning in the console
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)]
_MAX_CITATIONS = 8
_REPEALED = "失效"


def _article(value: object) -> object:
    """30, "30", "第三十条", "133-1" or "第一百三十三条之一" become the stored code."""
    return article_of(value) if isinstance(value, str) else value


class Model(BaseModel):
    """Unknown keys are refused: a mistyped key would silently lose its text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CitationData(Model):
    law: Text
    article: Annotated[int, BeforeValidator(_article), Field(gt=0, lt=1_000_000)]


class EntryData(Model):
    """One entry as it is written in a file, edited in the console and kept in every version."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z0-9_]+$", max_length=96)]
    intent: str
    question: Annotated[Text, StringConstraints(max_length=200)]
    phrasings: tuple[Annotated[Text, StringConstraints(max_length=400)], ...] = ()
    answer: Annotated[Text, StringConstraints(max_length=1000)]
    more: Annotated[Text, StringConstraints(max_length=3000)] | None = None
    citations: Annotated[tuple[CitationData, ...], Field(max_length=_MAX_CITATIONS)] = ()
    region: Text = NATIONAL
    valid_from: date | None = None
    valid_to: date | None = None
    reviewed: date | None = None
    source: Annotated[str, StringConstraints(max_length=128)] | None = None

    @field_validator("intent")
    @classmethod
    def known_intent(cls, value: str) -> str:
        if value not in INTENTS:
            raise ValueError(f"unknown intent {value}")
        return value

    @model_validator(mode="after")
    def dates_in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self

    def stored(self) -> dict[str, Any]:
        """Plain JSON values, as FaqVersion keeps them."""
        return self.model_dump(mode="json")


class StatuteData(BaseModel):
    """One line of laws.yml; more keys are allowed there (files, notes)."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    title: str | None = None
    in_force_since: date | None = None
    status: str = ""
    file: str | None = None

    def statute(self, name: str) -> Statute:
        repealed = self.status.startswith(_REPEALED)
        remark = self.status.partition("：")[2].strip() or None
        return Statute(name, self.title or name, self.in_force_since, repealed, self.file, remark)


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that is shipped."""

    entries: tuple[EntryData, ...]
    statutes: Mapping[str, Statute]


def load_content(folder: Path = CONTENT_FOLDER) -> Content:
    """Read and validate all of it; raises ContentError with one line for each mistake."""
    problems: list[str] = []
    statutes = load_statutes(folder)
    entries: list[EntryData] = []
    seen: dict[str, str] = {}
    for file in sorted((folder / "faq").glob("*.yml")):
        for entry, line in _entries_of(file, problems):
            place = f"{file.name}:{line}"
            if entry.id in seen:
                problems.append(f"{place}: id {entry.id} is already used at {seen[entry.id]}")
            problems.extend(f"{place}: {entry.id}: {problem}" for problem in _unusable(entry, statutes))
            seen[entry.id] = place
            entries.append(entry)
    if problems:
        raise ContentError("\n".join(problems))
    return Content(tuple(entries), statutes)


def _unusable(entry: EntryData, statutes: Mapping[str, Statute]) -> Iterator[str]:
    for law in dict.fromkeys(citation.law for citation in entry.citations):
        if law not in statutes:
            yield f"law not in laws.yml: {law}"
        elif statutes[law].repealed:
            yield f"law no longer in force: {law}"


def load_statutes(folder: Path = CONTENT_FOLDER) -> Mapping[str, Statute]:
    """The laws that may be cited, by name; empty when laws.yml is missing. Read again only when the file changed."""
    file = folder / "laws.yml"
    if not file.exists():
        return MappingProxyType({})
    stat = file.stat()
    return _statutes_of(file, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4)
def _statutes_of(file: Path, _changed: int, _size: int) -> Mapping[str, Statute]:
    raw = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    rows = {row["name"]: row for row in raw} if isinstance(raw, list) else raw
    statutes = {}
    for name, row in rows.items():
        try:
            statutes[name] = StatuteData.model_validate(row or {}).statute(name)
        except ValidationError as error:
            raise ContentError(f"{file.name}: {name}: {error.errors()[0]['msg']}") from error
    return MappingProxyType(statutes)


def _entries_of(file: Path, problems: list[str]) -> Iterator[tuple[EntryData, int]]:
    text = file.read_text(encoding="utf-8")
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        raw = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        problems.append(f"{file.name}: not valid YAML: {' '.join(str(error).split())}")
        return
    if raw is None or node is None:
        return
    if not isinstance(raw, list):
        problems.append(f"{file.name}:1: must be a list of entries")
        return
    for number, row in enumerate(raw):
        try:
            yield EntryData.model_validate(row), _line(node, (number,))
        except ValidationError as error:
            for problem in error.errors():
                where = ".".join(str(part) for part in problem["loc"]) or "entry"
                line = _line(node, (number, *problem["loc"]))
                problems.append(f"{file.name}:{line}: {where}: {problem['msg']}")


def _line(node: yaml.Node, path: Sequence[int | str]) -> int:
    """Line of the deepest part of the path that the file has."""
    for part in path:
        child = _child(node, part)
        if child is None:
            break
        node = child
    return int(node.start_mark.line) + 1


def _child(node: yaml.Node, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child: yaml.Node = node.value[part]
        return child
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part:
                found: yaml.Node = value
                return found
    return None
