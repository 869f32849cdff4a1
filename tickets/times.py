"""Times as people read them: Asia/Shanghai, 11月24日(周二)18:00前."""

from datetime import datetime

from tickets.catalogue import catalogue
from tickets.sla import SHANGHAI


def moment_text(moment: datetime, seen_from: datetime) -> str:
    """Return the moment; the year is written only when it is not the year of `seen_from`."""
    local, words = moment.astimezone(SHANGHAI), catalogue()
    same_year = local.year == seen_from.astimezone(SHANGHAI).year
    pattern: str = words.time("moment" if same_year else "moment_with_year")
    return pattern.format(
        year=local.year, month=local.month, day=local.day,
        weekday=words.time("weekdays")[local.weekday()], hour=local.hour, minute=local.minute,
    )  # fmt: skip


def before_text(moment: datetime, seen_from: datetime) -> str:
    """Return a deadline: the moment and 前."""
    pattern: str = catalogue().time("before")
    return pattern.format(moment=moment_text(moment, seen_from))
