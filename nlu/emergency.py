"""What cannot wait: rules that run before any model, in a few milliseconds.

The patterns are data (`emergency.yml`). A miss costs more than a false alarm, but a false alarm on 累死了 or
跳楼价 makes people stop trusting the rule, so figures of speech are erased before the patterns look.
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


@dataclass(frozen=True)
class Emergency:
    """One recognised emergency; `cue` is the stretch of the message that raised it."""

    kind: Kind
    cue: str = ""


@dataclass(frozen=True)
class _Rule:
    kind: Kind
    cues: re.Pattern[str]
    excuses: re.Pattern[str]
    forgives_past: bool
    settled: bool


@dataclass(frozen=True)
class _Rules:
    figures: re.Pattern[str]
    legal: re.Pattern[str]
    past: re.Pattern[str]
    settled: re.Pattern[str]
    present: re.Pattern[str]
    kinds: tuple[_Rule, ...]


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{p})" for p in patterns))


@cache
def _rules() -> _Rules:
    table: dict[str, Any] = yaml.load(_TABLE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    kinds = tuple(
        _Rule(
            rule["kind"],
            _any_of(rule["cues"]),
            _any_of(rule["excuses"]),
            forgives_past=rule["forgives_past"],
            settled=rule.get("settled", False),
        )
        for rule in table["kinds"]
    )
    return _Rules(
        _any_of(table["figures_of_speech"]),
        _any_of(table["legal_question"]),
        _any_of(table["past_time"]),
        _any_of(table["settled"]),
        _any_of(table["present"]),
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
    now = bool(rules.present.search(plain))
    literal = rules.figures.sub("□", plain)
    calm = not now and bool(rules.legal.search(plain))
    for rule in rules.kinds:
        if (calm and rule.kind != "self_harm") or _is_over(rule, rules, plain, now=now):
            continue
        if cue := rule.cues.search(rule.excuses.sub("□", literal)):
            return Emergency(rule.kind, cue.group())
    return None


def _is_over(rule: _Rule, rules: _Rules, text: str, *, now: bool) -> bool:
    """Whether the message tells of something past, for a kind where that ends the alarm."""
    if now:
        return False
    return bool(
        (rule.forgives_past and rules.past.search(text)) or (rule.settled and rules.settled.search(text))
    )
