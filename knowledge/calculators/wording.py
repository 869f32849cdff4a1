"""The words of a calculator: texts/<name>.yml and common.yml, validated on load with file and key."""

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator

from knowledge.errors import ContentError

TEXTS_FOLDER = Path(__file__).with_name("texts")
COMMON_FILE = Path(__file__).with_name("common.yml")

Kind = Literal[
    "money",  # yuan, not negative                       -> Decimal
    "number",  # not negative                            -> Decimal
    "integer",  # not negative                           -> int
    "date",  # 2026-11-22, 2026年11月22日                 -> date
    "month",  # 2026-11, 2026年11月                       -> date, the first of the month
    "choice",  # value or label of a choice               -> str, or the StrEnum of the input
    "yes_no",  # 是, 否, true, false                      -> bool
    "region",  # full official names joined               -> str
    "rows",  # one line a row, cells as in `columns`      -> tuple of what the input's type holds
]
Slot = Literal[
    "amount_yuan", "monthly_wage", "months_owed", "date", "work_years", "people_count", "pregnancy_week",
    "injury_grade", "children_count", "yes_no", "region",
]  # fmt: skip
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Part(BaseModel):
    """Unknown keys are refused: a mistyped key would silently lose its text."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))


class Choice(Part):
    """One answer to choose; `words` are other ways to say it."""

    value: str
    label: Sentence
    words: tuple[str, ...] = ()


class Column(Part):
    """One cell of a row."""

    name: Name
    kind: Literal["money", "number", "integer", "date", "month"]
    label: Sentence
    required: bool = True


class Field(Part):
    """One input. With `when`, it is asked (and required) only if the named fields have one of these values."""

    name: Name
    kind: Kind
    label: Sentence
    ask: Sentence
    help: Sentence | None = None
    required: bool = False
    slot: Slot | None = None
    choices: tuple[Choice, ...] = ()
    columns: tuple[Column, ...] = ()
    when: Mapping[Name, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def complete(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"field {self.name}: a choice, and only a choice, has choices")
        if (self.kind == "rows") != bool(self.columns):
            raise ValueError(f"field {self.name}: rows, and only rows, have columns")
        return self


class Wording(Part):
    """Everything that a calculator says."""

    title: Sentence
    intro: Sentence
    fields: tuple[Field, ...]
    headline: Mapping[Name, Sentence]
    steps: Mapping[Name, Sentence]
    notes: Mapping[Name, Sentence]
    problems: Mapping[Name, Sentence] = {}

    @model_validator(mode="after")
    def consistent(self) -> Self:
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("two fields have the same name")
        for place, field in enumerate(self.fields):
            if not set(field.when) <= set(names[:place]):
                raise ValueError(f"field {field.name}: `when` names a field that is not asked before it")
        return self

    @cached_property
    def field(self) -> Mapping[str, Field]:
        """Fields by name."""
        return {field.name: field for field in self.fields}

    def label(self, value: str) -> str:
        """The label of a choice by its value; the value itself when no field offers it."""
        found = (choice.label for field in self.fields for choice in field.choices if choice.value == value)
        return next(found, value)


class Common(Part):
    """What all calculators share."""

    disclaimer: Sentence
    yes: str
    no: str
    yes_words: tuple[str, ...]
    no_words: tuple[str, ...]
    problems: Mapping[Name, Sentence]


Loaded = TypeVar("Loaded", bound=Part)


def load_wording(name: str, folder: Path = TEXTS_FOLDER) -> Wording:
    """The words of one calculator. Raises ContentError naming file and key."""
    return _load(folder / f"{name}.yml", Wording)


@cache
def common() -> Common:
    """The shared words."""
    return _load(COMMON_FILE, Common)


def _load(file: Path, form: type[Loaded]) -> Loaded:
    try:
        raw: Any = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise ContentError(f"{file.name}: not valid YAML: {' '.join(str(error).split())}") from error
    try:
        return form.model_validate(raw)
    except ValidationError as error:
        lines = (f"{file.name}: {_place(problem['loc'])}: {problem['msg']}" for problem in error.errors())
        raise ContentError("\n".join(lines)) from error


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "file"
