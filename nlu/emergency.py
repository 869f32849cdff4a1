"""What cannot wait: rules that run before any model, in a fraction of a millisecond.

The patterns are data (`emergency.yml`). A miss costs more than a false alarm, but a false alarm on 累死了, or on a
question about the compensation for an old injury, makes people stop trusting the rule. So figures of speech are
erased before the patterns look, and a message that asks about law or tells an old story needs a sign of now.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

Kind = Literal["self_harm", "violence", "gathering", "trapped_injured", "child_labour"]

_TABLE: Final = Path(__file__).resolve().parent / "emergency.yml"
_NOISE: Final = re.compile(r"[\s\u200b\ufe0f*#_\"'“”‘’()()【】\[\]<>《》]+")
_MAX_CHARS: Final = 1500
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
class _Rule:
    kind: Kind
    certain: re.Pattern[str]
    cues: re.Pattern[str]
    excuses: re.Pattern[str]
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


@cache
def _rules() -> _Rules:
    table: dict[str, Any] = yaml.load(_TABLE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    kinds = tuple(
        _Rule(
            rule["kind"],
            _any_of(rule.get("certain", [])),
            _any_of(rule["cues"]),
            _any_of(rule["excuses"]),
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
        meant = rule.excuses.sub("□", literal)
        if cue := rule.certain.search(meant):
            return Emergency(rule.kind, cue.group())
        for cue in rule.cues.finditer(meant):
            # Looked for only now: most messages carry no cue at all.
            found = _contexts(rules, plain) if found is None else found
            if _is_now(rule, rules, meant, cue, found):
                return Emergency(rule.kind, cue.group())
    return None


def _contexts(rules: _Rules, text: str) -> frozenset[str]:
    """The contexts a message shows, which may take what it tells out of the present."""
    found = {name for name, pattern in rules.contexts.items() if pattern.search(text)}
    if len(text) < _ASKING_CHARS:
        found.discard("aftermath")
    if len(text) >= _STORY_CHARS:
        found.add("long")
    return frozenset(found)


def _is_now(rule: _Rule, rules: _Rules, text: str, cue: re.Match[str], found: frozenset[str]) -> bool:
    """Whether a cue is about what happens now: nothing calms it, or words near it say so."""
    calm = found & rule.silenced_by
    if not calm:
        return True
    near = text[max(0, cue.start() - _NEAR) : cue.end() + _NEAR]
    if "story" in calm:
        return False
    if rules.cry.search(near) or rule.also_now.search(near):
        return True
    return not found & {"law", "past", "closed"} and bool(rules.condition.search(near))
