"""Which evidence helps for which request: evidence.yml, checked on load."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from tickets.documents.values import Evidence, Missing

FILE = Path(__file__).with_name("evidence.yml")
EVERY = "every"


class Piece(BaseModel):
    """One kind of evidence. `helps` are claims, or "every"; `where` says how to get it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    helps: tuple[str, ...]
    source: str
    proves: str
    where: str
    optional: bool = False  # good to have, and not told as missing


class Record(BaseModel):
    """A record that the employer keeps."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    helps: tuple[str, ...]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    pieces: dict[str, Piece]
    held: tuple[Record, ...]


@cache
def catalogue() -> _File:
    """Return the shipped list; raises ValidationError when it is wrong."""
    return _File.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def held_by_worker(keys: Iterable[str]) -> tuple[Evidence, ...]:
    """Return what the worker has, in the order of the list."""
    have = set(keys)
    return tuple(
        Evidence(key, piece.name, piece.source, piece.proves)
        for key, piece in catalogue().pieces.items() if key in have
    )  # fmt: skip


def missing(keys: Iterable[str], claims: Iterable[str]) -> tuple[Missing, ...]:
    """Return what would help for these claims and is not there yet."""
    have, wanted = set(keys), {EVERY, *claims}
    return tuple(
        Missing(key, piece.name, piece.where)
        for key, piece in catalogue().pieces.items()
        if key not in have and not piece.optional and wanted & set(piece.helps)
    )


def held_by_employer(claims: Iterable[str]) -> tuple[str, ...]:
    """Return the records that the employer must produce (劳动争议调解仲裁法 article 6)."""
    wanted = {EVERY, *claims}
    return tuple(record.name for record in catalogue().held if wanted & set(record.helps))
