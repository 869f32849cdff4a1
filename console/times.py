"""Deadlines and moments as a cadre reads them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from console.texts import texts
from tickets.sla import SlaPolicy
from tickets.times import moment_text

SOON_WORKING = timedelta(hours=2)
Level = Literal["overdue", "soon", "fine", "none"]


@dataclass(frozen=True)
class Due:
    """A deadline: how near it is, in a word and in two texts."""

    level: Level
    label: str
    relative: str
    absolute: str
    iso: str


def due(moment: datetime, now: datetime, policy: SlaPolicy, *, running: bool = True) -> Due:
    """Return the deadline as shown; `running` is False when its clock has stopped."""
    words = texts()["due"]
    absolute, iso = moment_text(moment, now), moment.isoformat()
    if not running:
        return Due("none", words["none"], words["none"], absolute, iso)
    if now > moment:
        return Due("overdue", words["overdue"], words["over"].format(span=span(now - moment)), absolute, iso)
    soon = policy.calendar.working_between(now, moment) <= SOON_WORKING
    level: Level = "soon" if soon else "fine"
    return Due(level, words[level], words["left"].format(span=span(moment - now)), absolute, iso)


def span(length: timedelta) -> str:
    """Return a duration in its largest unit: 3天, 5小时, 20分钟."""
    words, minutes = texts()["due"], int(length.total_seconds() // 60)
    if minutes >= 48 * 60:
        return str(words["days"].format(n=minutes // 1440))
    if minutes >= 60:
        return str(words["hours"].format(n=minutes // 60))
    return str(words["minutes"].format(n=minutes)) if minutes else str(words["moment"])


def ago(moment: datetime, now: datetime) -> str:
    """Return how long something is past: 5分钟前, 刚刚."""
    if now - moment < timedelta(minutes=1):
        return str(texts()["just_now"])
    return str(texts()["ago"].format(span=span(now - moment)))
