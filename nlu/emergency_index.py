"""Finding many patterns in a message at once: each is tried only where the message shows how it can begin."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import add
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any, Final

_ANY: Final = "\0"  # stands for a character that could be anything
_MANY: Final = 40  # a class of more characters than this is taken as anything
_DIGITS: Final = frozenset("0123456789")


def beginnings(pattern: str) -> frozenset[str]:
    """The one or two characters that whatever matches begins with; two where the pattern settles them.

    Raises:
        ValueError: it could begin with anything, and would have to be tried at every place.
    """
    found = {start.rstrip(_ANY) if _ANY in start else start for start in _starts(_parser.parse(pattern))}
    if any(not start or start.startswith(_ANY) for start in found):
        raise ValueError(f"could begin with anything: {pattern[:80]}")
    return frozenset(start for start in found if start[0] not in found or len(start) == 1)


def _starts(nodes: Iterable[tuple[Any, Any]]) -> set[str]:
    starts = {""}
    for node in nodes:
        if all(len(start) >= 2 for start in starts):
            break
        steps = _steps(*node)
        starts = {(start + step)[:2] for start in starts for step in (steps if len(start) < 2 else ("",))}
    return starts


def _steps(kind: Any, value: Any) -> set[str]:
    """What one part of a parsed pattern may contribute to a beginning."""
    if kind is _constants.LITERAL:
        return {chr(value)}
    if kind is _constants.IN:
        return _class(value)
    if kind is _constants.BRANCH:
        return {start for branch in value[1] for start in _starts(branch)}
    if kind is _constants.SUBPATTERN:
        return _starts(value[-1])
    if kind is _constants.MAX_REPEAT:
        least, most, part = value
        once = _starts(part)
        # What comes after one turn may be another one.
        return {s if len(s) == 2 or most == 1 else s + _ANY for s in once} | ({""} if least == 0 else set())
    return {""} if kind in (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT) else {_ANY}


def _class(members: list[tuple[Any, Any]]) -> set[str]:
    chars: set[str] = set()
    for kind, value in members:
        if kind is _constants.LITERAL:
            chars.add(chr(value))
        elif kind is _constants.RANGE and value[1] - value[0] < _MANY:
            chars.update(map(chr, range(value[0], value[1] + 1)))
        elif kind is _constants.CATEGORY and value is _constants.CATEGORY_DIGIT:
            chars.update(_DIGITS)
        else:
            return {_ANY}
    return chars


def alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between the bars that stand in no bracket."""
    parts, depth = [""], 0
    for piece in re.findall(r"\\.|\[[^\]]*\]|.", pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


@dataclass(frozen=True, eq=False)
class Idea:
    """What any of some patterns tells: by first character, what may follow it; and its number in the index."""

    patterns: dict[str, re.Pattern[str]]
    number: int

    def end(self, text: str, place: int, limit: int) -> int:
        """Where the idea ends that begins at a place and ends before a limit; 0 if it is not there."""
        pattern = self.patterns.get(text[place])
        hit = pattern.match(text, place, limit) if pattern else None
        return hit.end() if hit else 0


class Sighting:
    """A message, and where in it each idea of an index may begin. A place may disappoint; no other place can hold it.

    Each place is tried once at most, and only when somebody asks for its idea.
    """

    def __init__(self, text: str, places: list[list[int]]) -> None:
        self.text = text
        self.places = places
        self._ends: dict[tuple[int, int], int] = {}

    def _end(self, idea: Idea, place: int) -> int:
        """Where an idea that begins at a place ends; 0 if it is not there."""
        key = idea.number, place
        if (end := self._ends.get(key)) is None:
            end = self._ends[key] = idea.end(self.text, place, len(self.text))
        return end

    def hits(self, idea: Idea) -> Iterator[tuple[int, int]]:
        """Beginning and end of each hit of an idea, leftmost first, none overlapping another."""
        done = 0
        for place in self.places[idea.number]:
            if place >= done and (end := self._end(idea, place)):
                yield place, end
                done = end

    def shows(self, idea: Idea, start: int, end: int) -> bool:
        """Whether an idea stands between two places."""
        places = self.places[idea.number]
        for at in range(bisect_left(places, start), bisect_left(places, end)):
            reach = self._end(idea, places[at])
            # What reaches too far may have a shorter form.
            if reach and (reach <= end or idea.end(self.text, places[at], end)):
                return True
        return False

    def has(self, idea: Idea) -> bool:
        """Whether an idea stands anywhere."""
        return any(self._end(idea, place) for place in self.places[idea.number])

    def without(self, idea: Idea) -> "Sighting":
        """The message with an idea blanked out; as long as before, so that every place stays where it is."""
        kept, done = [], 0
        for start, end in self.hits(idea):
            kept += [self.text[done:start], "□" * (end - start)]
            done = end
        return Sighting("".join(kept) + self.text[done:], self.places) if kept else self


class Index:
    """Finds in one pass where each of its ideas may begin: by the two characters that an idea can begin with.

    Searching for every pattern would read the message once per pattern.
    """

    def __init__(self) -> None:
        self._ideas = 0
        self._pairs: dict[str, list[int]] = {}
        self._singles: dict[str, list[int]] = {}

    def learn(self, patterns: list[str]) -> Idea:
        """Take in the idea that any of some patterns tells."""
        number, self._ideas = self._ideas, self._ideas + 1
        follow: dict[str, list[str]] = {}
        keys: set[str] = set()
        for part in (part for pattern in patterns for part in alternatives(pattern)):
            starts = beginnings(part)
            keys |= starts
            for first in {start[0] for start in starts}:
                follow.setdefault(first, []).append(part)
        for key in keys:
            if len(key) == 1:
                self._singles.setdefault(key, []).append(number)
            elif key[0] not in keys:
                self._pairs.setdefault(key, []).append(number)
        return Idea({first: re.compile("|".join(parts)) for first, parts in follow.items()}, number)

    def look(self, text: str) -> Sighting:
        """Where the ideas may begin in a message."""
        places: list[list[int]] = [[] for _ in range(self._ideas)]
        pairs, singles = self._pairs.get, self._singles.get
        for place, pair in enumerate(map(add, text, text[1:] + "\n")):
            if numbers := pairs(pair):
                for number in numbers:
                    places[number].append(place)
            if numbers := singles(pair[0]):
                for number in numbers:
                    places[number].append(place)
        return Sighting(text, places)
