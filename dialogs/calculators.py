"""The calculators as the chat sees them: what the composition root provides, and how each one is offered.

The sums themselves live elsewhere; `dialogs` knows only this protocol and calculators.yaml.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import yaml
from pydantic import Field

from dialogs.flow import Condition, Flow, Part

CATALOGUE: Final = Path(__file__).with_name("calculators.yaml")
FLOW_PREFIX: Final = "calc_"  # a calculator's form must not be taken for the service of the same name
_ASKS_SUM: Final = re.compile(
    r"(?:赔|补|给|拿|领|算|发|欠|值|要|扣|交)[^,，。?？]{0,6}(?:多少|几个?(?:月|天|年|钱))|多少(?:钱|元|块|赔偿|补偿|天|个月|年|工资)|"
    r"(?:怎么|咋个?|如何|怎样)(?:样)?(?:计?算|赔|补)(?!了)|计算(?:方法|公式|标准)|几个月(?:工资)?|几(?:天|岁|倍)|多少岁|"
    r"(?:哪|几)年(?:哪月)?(?:能|可以|才)?(?:退|能退)|(?:什么时候|几时|啥时候|多大)[^,，。]{0,4}退休|"
    r"来得及|过(?:了)?(?:期|时效)|时效[^,，。]{0,4}(?:多久|多长|几年)|(?:[nN]\+1|2[nN])|"
    r"(?:帮|给)我算|算一?[下算]|能(?:赔|补|拿|领)[^,，。]{0,4}(?:多少|几)|够不够(?:最低)?"
)
_CALLS: Final = re.compile(
    r"(?:我?(?:想|要|能|可以|可不可以|能不能)|请|麻烦|你|您|帮|给|替|我|来|先|再|那|就)*"
    r"(?:算一?下子?|算一算|算算|计算一?下?|测算)(?P<what>.*)"
)
_SO_MUCH: Final = re.compile(  # 能赔多少, without a word of what for
    r"(?:我|这个|这样|这种|情况|那|大概|一共|总共|到底|能|可以|该|应该|会|要|老板|公司|单位|厂里|他们?|得|一?下|的|有|,|，)*"
    r"(?:赔|补偿?|拿|领|要|得|给|欠)?(?:我|到|回|得到)*(?:多少|好多|几个月)(?:钱|元|块|工资|补偿|赔偿)*(?:吧|呢|嘛|啊|呀|合适|才对|[\s。.!！?？])*"
)
_ANYTHING: Final = re.compile(r"(?:器|工具|功能|吧|嘛|呗|呢|钱|账|[\s。.!！?？,，])*")
_MENU: Final = re.compile(
    r"(?:打开|看看|有没有|用|我要|我想用)?(?:计算器|计算工具|算一算)(?:在哪里?|吧|呢)?[?？]?"
)


class Plan(Part):
    """How the chat offers one calculator and what it asks of the questions that need no answer."""

    label: str = Field(max_length=30)
    intents: tuple[str, ...]
    names: tuple[str, ...]
    words: tuple[str, ...] = ()
    asked_as: tuple[str, ...] = ()
    first: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    ask: Mapping[str, str] = Field(default_factory=dict)
    when: Mapping[str, Condition] = Field(default_factory=dict)
    implies: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)


class Topic(Part):
    """A group of the menu."""

    name: str = Field(pattern=r"^[a-z_]{2,24}$")
    label: str = Field(max_length=30)
    calculators: tuple[str, ...]


class Catalogue(Part):
    """calculators.yaml."""

    topics: tuple[Topic, ...]
    calculators: dict[str, Plan]
    texts: dict[str, str]


@dataclass(frozen=True)
class Sum:
    """A result in plain sentences."""

    headline: str
    steps: tuple[str, ...]
    notes: tuple[str, ...]
    basis: str
    disclaimer: str


@dataclass(frozen=True)
class Problem:
    """What is wrong with the answers: `field` is the question to put again, `text` the sentence that says why."""

    field: str
    text: str


class Calculators(Protocol):
    """What the composition root hands over."""

    @property
    def flows(self) -> Mapping[str, Flow]:
        """The questions of each calculator by its name, as a flow of kind "calculator" named calc_<name>."""
        ...

    def run(self, name: str, values: Mapping[str, Any], today: date) -> Sum | Problem:
        """The result of these answers, or the question whose answer is missing or can't be."""
        ...


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue; raises ValidationError when it is wrong."""
    return Catalogue.model_validate(yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def name_of(flow: str) -> str:
    """The calculator whose form has this flow name."""
    return flow.removeprefix(FLOW_PREFIX)


def asks_for_sum(text: str) -> bool:
    """True for 能赔多少, 怎么算, 几个月, 几岁退, 还来得及吗 …: a number would answer better than a rule."""
    return _ASKS_SUM.search(text) is not None


def fitting(intent: str | None, *said: str) -> str | None:
    """The calculator for an intent: one whose words were said goes before one that always fits."""
    plans = [(name, plan) for name, plan in catalogue().calculators.items() if intent in plan.intents]
    for text in said:
        named = next((name for name, plan in plans if _says(plan.words, text)), None)
        if named is not None:
            return named
    return next((name for name, plan in plans if not plan.words), None)


def called(text: str) -> str | None:
    """The calculator that 算一下加班费 calls, "" for 计算器 or 算一算 alone; None for any other message."""
    text = text.strip(" 。.!！~～")
    if _MENU.fullmatch(text):
        return ""
    match = _CALLS.match(text)
    if match is None:
        return None
    if _ANYTHING.fullmatch(match["what"]):
        return ""
    found = [
        (name, plan) for name, plan in catalogue().calculators.items() if _says(plan.names, match["what"])
    ]
    return found[0][0] if found else None


def asks_so_much(text: str) -> bool:
    """True for 能赔多少: asks for a sum and leaves it to the talk before which one."""
    return _SO_MUCH.fullmatch(text.strip()) is not None


def calls_so_much(text: str) -> bool:
    """True for 算一下能赔多少, which calls for that sum."""
    match = _CALLS.match(text.strip())
    return match is not None and asks_so_much(match["what"])


def fitting_one_of(matters: Iterable[tuple[str, str]], text: str) -> str | None:
    """The calculator for one of these matters (intent, words): one asked for in this way goes before the others."""
    found = [name for intent, words in matters if (name := fitting(intent, text, words)) is not None]
    plans = catalogue().calculators
    return next((name for name in found if _says(plans[name].asked_as, text)), next(iter(found), None))


def _says(words: Iterable[str], text: str) -> bool:
    return any(word in text for word in words)
