"""What may leave the house: a text without phone, number, account, name or employer, as far as can be told.

Stricter than `masking`, which leaves ends of numbers and the family name for the cadre's own eyes.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nlu.extractors.names import volunteered_employer
from nlu.extractors.text import narrow
from nlu.person_names import hide_names
from tickets.masking import HIDDEN, mask_text

SHORTEST = 2  # characters of a known detail that is looked for in texts
_MASKED = re.compile(r"[\dXx*]*\*{2,}[\dXx*]*")
_LONG_NUMBER = re.compile(r"(?<![\d.])\d(?:[ -]?\d){6,}(?![\d.])")
_DATE = re.compile(r"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])")
_DOT = re.compile(r"[·•.]")
_LONGEST_SIMPLE = 3  # characters of a name whose family name is one character
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"((?:微信|wx|vx|weixin|v信|qq|扣扣)[号是:: ]{0,4})[A-Za-z0-9][\w-]{4,}", re.IGNORECASE)


@dataclass(frozen=True)
class Scrubber:
    """Replaces what is known of the person first, then whatever looks like a number, an account or a name."""

    details: tuple[str, ...] = ()

    def __call__(self, text: str) -> str:
        plain = narrow(text)
        employer = volunteered_employer(plain)
        for detail in (*self.details, *((employer,) if employer else ())):
            plain = plain.replace(detail, HIDDEN)
        plain = _HANDLE.sub(rf"\1{HIDDEN}", _MAIL.sub(HIDDEN, plain))
        plain = _LONG_NUMBER.sub(_number, _MASKED.sub(HIDDEN, mask_text(plain)))
        return hide_names(plain, HIDDEN)


def _number(match: re.Match[str]) -> str:
    return match.group() if _DATE.fullmatch(match.group()) else HIDDEN


def scrubber(known: Iterable[Any], names: Iterable[str] = ()) -> Scrubber:
    """Return what hides every text and number inside `known`, and these people's names.

    Args:
        known: protected details as they are stored, the employer.
        names: full names: their given names are hidden, too.
    """
    told = [*_texts(known), *(part for name in names for part in _parts(name.strip()))]
    found = {one.strip() for text in told for one in (text, narrow(text))}
    return Scrubber(tuple(sorted((one for one in found if len(one) >= SHORTEST), key=len, reverse=True)))


def _parts(name: str) -> Iterator[str]:
    """张三丰 is 三丰 to his colleagues; a name with a dot is called by any of its parts."""
    yield name
    yield from _DOT.split(name)
    yield name[2 if len(name) > _LONGEST_SIMPLE else 1 :]


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value; a list of phones is stored as one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner)
