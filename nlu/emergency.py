"""What cannot wait: rules that run before any model, in a fraction of a millisecond.

The rules are data. `emergency.frames.yml` composes small ideas (a means and an intent, a place of danger and a person
in it, a weapon and a threat), so that a wording nobody foresaw is caught by its parts. `emergency.yml` holds what is
said in set phrases, and what takes a message out of the present. A miss costs more than a false alarm, but a false
alarm on 累死了, or on a question about the compensation for an old injury, makes people stop trusting the rule. So
figures of speech are erased before anything looks, and a message that asks about law or tells an old story needs a
sign of now.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

Kind = Literal["self_harm", "violence", "gathering", "trapped_injured", "child_labour"]

_PHRASES: Final = Path(__file__).resolve().parent / "emergency.yml"
_FRAMES: Final = Path(__file__).resolve().parent / "emergency.frames.yml"
_NOISE: Final = re.compile(r"[\s\u200b\ufe0f*#_\"'“”‘’()()【】\[\]<>《》]+")
_LEADING_CHOICE: Final = re.compile(r"\(\?:(?P<words>[^()\[\]]+)\)(?P<rest>[^?*+{].*|)")
_LEADING_CLASS: Final = re.compile(r"\[(?P<class>[^^\]\\-]+)\](?P<rest>[^?*+{].*|)")
_MAX_CHARS: Final = 1500
_CLAUSE: Final = re.compile(r"[,。!?;、]")
_BEFORE: Final = 10  # how far before a cue a word such as 没人, 差点 or 万一 takes it back
_NEAR: Final = 25  # characters either side of a cue in which a word of now belongs to it
# From here on, words such as 请问 or 住院 mark a consultation; in a shorter message it may be panic.
_ASKING_CHARS: Final = 26
_STORY_CHARS: Final = 90  # nobody in danger types this much without saying that it is happening


@dataclass(frozen=True)
class Emergency:
    """One recognised emergency; `cue` is the stretch of the message that raised it."""

    kind: Kind
    cue: str = ""


@dataclass(frozen=True)
class _Frame:
    """Ideas that together tell of an emergency: `others` stand near the anchor, `unless` does not."""

    others: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    near: int
    sure: bool

    def holds(self, text: str, anchor: re.Match[str]) -> bool:
        """Whether everything the frame asks for stands around this hit of its anchor."""
        start, end = max(0, anchor.start() - self.near), anchor.end() + self.near
        if self.unless is not None and self.unless.search(text, start, end):
            return False
        # An idea must stand in other characters than the anchor's own.
        return all(
            idea.search(text, start, anchor.start()) or idea.search(text, anchor.end(), end)
            for idea in self.others
        )


@dataclass(frozen=True)
class _Rule:
    kind: Kind
    frames: dict[re.Pattern[str], list[_Frame]]
    excuses: re.Pattern[str]
    averted: re.Pattern[str]
    also_now: re.Pattern[str]
    silenced_by: frozenset[str]


@dataclass(frozen=True)
class _Rules:
    figures: re.Pattern[str]
    contexts: dict[str, re.Pattern[str]]
    cry: re.Pattern[str]
    condition: re.Pattern[str]
    kinds: tuple[_Rule, ...]


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns) or r"(?!)")


def _idea(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(spelled for pattern in patterns for spelled in _spelled(pattern)))


def _spelled(pattern: str) -> list[str]:
    """Write out the choices a pattern begins with: `re` skips ahead quickly only to plain first characters."""
    if choice := _LEADING_CHOICE.fullmatch(pattern):
        words, rest = choice["words"].split("|"), choice["rest"]
    elif choice := _LEADING_CLASS.fullmatch(pattern):
        words, rest = list(choice["class"]), choice["rest"]
    else:
        return [pattern]
    return [spelled for word in words for spelled in _spelled(word + rest)]


def _load(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return table


def _frames_of(kind: str, table: dict[str, Any]) -> dict[re.Pattern[str], list[_Frame]]:
    """The frames of a kind by their anchor, so that each anchor is looked for once."""

    @cache
    def idea(names: str) -> re.Pattern[str]:
        return _idea([pattern for name in names.split("|") for pattern in table["concepts"][name].split()])

    frames: dict[re.Pattern[str], list[_Frame]] = {}
    for frame in table["frames"][kind]:
        anchor, *others = (idea(names) for names in frame["when"])
        unless = idea("|".join(frame["unless"])) if "unless" in frame else None
        frames.setdefault(anchor, []).append(
            _Frame(tuple(others), unless, frame["near"], frame.get("sure", False))
        )
    return frames


@cache
def _rules() -> _Rules:
    table, ideas = _load(_PHRASES), _load(_FRAMES)
    kinds = tuple(
        _Rule(
            rule["kind"],
            _frames_of(rule.get("frames", rule["kind"]), ideas),
            _any_of(rule["excuses"]),
            _any_of(rule.get("averted", [])),
            _any_of(rule.get("also_now", [])),
            frozenset(rule["silenced_by"]),
        )
        for rule in table["kinds"]
    )
    contexts = {name: _any_of(patterns) for name, patterns in table["contexts"].items()}
    return _Rules(
        _any_of(table["figures_of_speech"]),
        contexts,
        _any_of(table["cry"]),
        _any_of(table["condition"]),
        kinds,
    )


def warm_up() -> None:
    """Compile the patterns, so that the first message doesn't wait for them."""
    _rules()


def detect(text: str) -> Emergency | None:
    """The emergency a message tells of, or None. Needs no model and never raises."""
    rules = _rules()
    plain = _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()[:_MAX_CHARS]
    if not plain:
        return None
    literal = rules.figures.sub("□", plain)
    found: frozenset[str] | None = None
    for rule in rules.kinds:
        # Erasing excuses costs more than looking for cues, and most messages carry none.
        if next(_cues(rule, literal), None) is None:
            continue
        meant = rule.excuses.sub("□", literal)
        for start, end, sure in _cues(rule, meant):
            if sure:
                return Emergency(rule.kind, meant[start:end])
            found = _contexts(rules, plain) if found is None else found
            if _is_now(rule, rules, meant, (start, end), found):
                return Emergency(rule.kind, meant[start:end])
    return None


def _cues(rule: _Rule, text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield what may raise a kind: start, end, and whether no context takes it back."""
    for anchor, frames in rule.frames.items():
        for hit in anchor.finditer(text):
            holding = [frame for frame in frames if frame.holds(text, hit)]
            if holding and not _averted(rule, text, hit.start()):
                yield hit.start(), hit.end(), any(frame.sure for frame in holding)


def _averted(rule: _Rule, text: str, start: int) -> bool:
    """Whether the words just before a cue, in its own clause, say that it did not or might come to pass."""
    clause = _CLAUSE.split(text[max(0, start - _BEFORE) : start])[-1]
    return bool(rule.averted.search(clause))


def _contexts(rules: _Rules, text: str) -> frozenset[str]:
    """The contexts a message shows, which may take what it tells out of the present."""
    found = {name for name, pattern in rules.contexts.items() if pattern.search(text)}
    if len(text) < _ASKING_CHARS:
        found.discard("aftermath")
    if len(text) >= _STORY_CHARS:
        found.add("long")
    return frozenset(found)


def _is_now(rule: _Rule, rules: _Rules, text: str, cue: tuple[int, int], found: frozenset[str]) -> bool:
    """Whether a cue is about what happens now: nothing calms it, or words near it say so."""
    calm = found & rule.silenced_by
    if not calm:
        return True
    near = text[max(0, cue[0] - _NEAR) : cue[1] + _NEAR]
    if "story" in calm:
        return False
    if rules.cry.search(near) or rule.also_now.search(near):
        return True
    return not found & {"law", "past", "closed"} and bool(rules.condition.search(near))
