"""What cannot wait: rules that run before any model, in a fraction of a millisecond.

The rules are data. `emergency.frames.yml` composes small ideas (a means and an intent, a place of danger and a person
in it, a weapon and a threat), so that a wording nobody foresaw is caught by its parts. `emergency.yml` holds what is
said in set phrases, and what takes a message out of the present. A miss costs more than a false alarm, but a false
alarm on 累死了, or on a question about the compensation for an old injury, makes people stop trusting the rule. So
figures of speech are erased before anything looks, and a message that asks about law, tells an old story or haggles
over what is done needs a sign of now.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from nlu.emergency_index import Idea, Index, Sighting

Kind = Literal["self_harm", "violence", "gathering", "trapped_injured", "child_labour"]

_PHRASES: Final = Path(__file__).resolve().parent / "emergency.yml"
_FRAMES: Final = Path(__file__).resolve().parent / "emergency.frames.yml"
_NOISE: Final = re.compile(r"[\s\u200b\ufe0f*#_\"'“”‘’()()【】\[\]<>《》]+")
# What bounds the time. A longer message is looked at in pieces of this length. Nobody repeats one idea, or cries wolf
# of one kind, as often as the other two allow.
_MAX_CHARS: Final = 500
_OVERLAP: Final = 60  # of two pieces: a cue with its surroundings stands in one of them
_MAX_TYPED: Final = 5000  # a channel passes on no more than 4096
_REPEATED: Final = re.compile(r"(.{1,8}?)\1{3,}")
_CROWDED: Final = 4  # ideas that may begin at one character; people stay below 3
_MAX_HITS: Final = 24  # of one anchor
_MAX_CUES: Final = 24  # of one kind
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

    others: tuple[Idea, ...]
    unless: Idea | None
    near: int
    sure: bool

    def may_hold(self, seen: Sighting) -> bool:
        """Whether the message gives each idea a chance at all."""
        return all(seen.places[idea.number] for idea in self.others)

    def holds(self, seen: Sighting, first: int, last: int) -> bool:
        """Whether everything the frame asks for stands around its anchor, which reaches from `first` to `last`."""
        start, end = max(0, first - self.near), last + self.near
        # An idea must stand in other characters than the anchor's own.
        return all(
            seen.shows(idea, start, first) or seen.shows(idea, last, end) for idea in self.others
        ) and not (self.unless is not None and seen.shows(self.unless, start, end))


@dataclass(frozen=True)
class _Rule:
    kind: Kind
    frames: dict[Idea, list[_Frame]]
    excuses: Idea
    averted: re.Pattern[str]
    also_now: re.Pattern[str]
    silenced_by: frozenset[str]


@dataclass(frozen=True)
class _Rules:
    index: Index
    figures: Idea
    contexts: dict[str, Idea]
    now: Idea
    cry: Idea
    condition: Idea
    kinds: tuple[_Rule, ...]


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns) or r"(?!)")


def _load(path: Path) -> dict[str, Any]:
    table: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return table


def _frames_of(kind: str, table: dict[str, Any], idea: Callable[[str], Idea]) -> dict[Idea, list[_Frame]]:
    """The frames of a kind by their anchor, so that each anchor is looked for once."""
    frames: dict[Idea, list[_Frame]] = {}
    for frame in table["frames"][kind]:
        anchor, *others = (idea(names) for names in frame["when"])
        unless = idea("|".join(frame["unless"])) if "unless" in frame else None
        frames.setdefault(anchor, []).append(
            _Frame(tuple(others), unless, frame["near"], frame.get("sure", False))
        )
    return frames


def _rule_of(rule: dict[str, Any], frames: dict[Idea, list[_Frame]], index: Index) -> _Rule:
    return _Rule(
        rule["kind"],
        frames,
        index.learn(rule["excuses"]),
        _any_of(rule.get("averted", [])),
        _any_of(rule.get("also_now", [])),
        frozenset(rule["silenced_by"]),
    )


@cache
def _rules() -> _Rules:
    table, ideas = _load(_PHRASES), _load(_FRAMES)
    index = Index()

    @cache
    def idea(names: str) -> Idea:
        return index.learn([part for name in names.split("|") for part in ideas["concepts"][name].split()])

    kinds = tuple(
        _rule_of(rule, _frames_of(rule.get("frames", rule["kind"]), ideas, idea), index)
        for rule in table["kinds"]
    )
    contexts = {name: index.learn(patterns) for name, patterns in table["contexts"].items()}
    return _Rules(
        index,
        index.learn(table["figures_of_speech"]),
        contexts,
        index.learn(table["now"]),
        index.learn(table["cry"]),
        index.learn(table["condition"]),
        kinds,
    )


def warm_up() -> None:
    """Compile the patterns, so that the first message doesn't wait for them."""
    _rules()


def detect(text: str) -> Emergency | None:
    """The emergency a message tells of, or None. Needs no model and never raises."""
    return next((found for piece in _pieces(_plain(text)) if (found := _detect(piece)) is not None), None)


def _detect(plain: str) -> Emergency | None:
    rules = _rules()
    seen = rules.index.look(plain)
    if sum(map(len, seen.places)) > _CROWDED * len(plain):
        seen = rules.index.look(_REPEATED.sub(r"\1\1\1", plain))
    literal = seen.without(rules.figures)
    setting = _Setting(rules, seen)
    for rule in rules.kinds:
        only_sure = not setting.may_be_now(rule)
        # Erasing excuses costs more than looking for cues, and most messages carry none.
        if next(_cues(rule, literal, only_sure=only_sure), None) is None:
            continue
        meant = literal.without(rule.excuses)
        for start, end, sure in islice(_cues(rule, meant, only_sure=only_sure), _MAX_CUES):
            if sure or setting.is_now(rule, meant.text, start, end):
                return Emergency(rule.kind, meant.text[start:end])
    return None


def _plain(text: str) -> str:
    """A message without what only looks different."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text[:_MAX_TYPED])).lower()


def _pieces(plain: str) -> Iterator[str]:
    """A long message in pieces of bounded length, likeliest first: its beginning and end, then what lies between.

    People open with what happens and close with what they ask for; each piece of the middle is read after the
    beginning, which shows whether all this is an old story.
    """
    half = _MAX_CHARS // 2
    if len(plain) <= _MAX_CHARS:
        yield plain
        return
    yield f"{plain[:half]}。{plain[-half:]}"
    step = _MAX_CHARS - half - _OVERLAP
    for start in range(half - _OVERLAP, len(plain) - half, step):
        yield f"{plain[:half]}。{plain[start : start + half]}"


def _cues(rule: _Rule, seen: Sighting, *, only_sure: bool) -> Iterator[tuple[int, int, bool]]:
    """Yield what may raise a kind: start, end, and whether no context takes it back."""
    for anchor, frames in rule.frames.items():
        within = [frame for frame in frames if frame.sure >= only_sure and frame.may_hold(seen)]
        if not within:
            continue
        for start, end in islice(seen.hits(anchor), _MAX_HITS):
            holding = [frame.sure for frame in within if frame.holds(seen, start, end)]
            if holding and not _averted(rule, seen.text, start):
                yield start, end, any(holding)


def _averted(rule: _Rule, text: str, start: int) -> bool:
    """Whether the words just before a cue, in its own clause, say that it did not or might come to pass."""
    clause = _CLAUSE.split(text[max(0, start - _BEFORE) : start])[-1]
    return bool(rule.averted.search(clause))


class _Setting:
    """What a message shows beside its cues: whether it tells of the present."""

    def __init__(self, rules: _Rules, seen: Sighting) -> None:
        self._rules = rules
        self._seen = seen
        text = seen.text
        found = {name for name, idea in rules.contexts.items() if self._seen.has(idea)}
        if len(text) < _ASKING_CHARS:
            found.discard("aftermath")
        elif not self._seen.has(rules.now):
            found.add("untimed")
        if len(text) >= _STORY_CHARS:
            found.add("long")
        self._found = frozenset(found)

    def may_be_now(self, rule: _Rule) -> bool:
        """Whether any cue of a kind could be about what happens now."""
        if not (calm := self._found & rule.silenced_by):
            return True
        seen, rules = self._seen, self._rules
        return "story" not in calm and (
            seen.has(rules.cry) or seen.has(rules.condition) or bool(rule.also_now.search(seen.text))
        )

    def is_now(self, rule: _Rule, text: str, start: int, end: int) -> bool:
        """Whether a cue is about what happens now: nothing calms it, or words near it say so."""
        calm = self._found & rule.silenced_by
        if not calm:
            return True
        if "story" in calm:
            return False
        start, end = max(0, start - _NEAR), end + _NEAR
        near = Sighting(text, self._seen.places)
        if near.shows(self._rules.cry, start, end) or rule.also_now.search(text, start, end):
            return True
        return not self._found & {"law", "past", "closed"} and near.shows(self._rules.condition, start, end)
