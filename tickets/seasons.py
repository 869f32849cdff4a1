"""Services that are open at some times of the year only: when one opens next, and until when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

YEARS_AHEAD: Final = 2


@dataclass(frozen=True)
class Window:
    """A part of every year, both days included; it may pass the turn of the year. Days are (month, day)."""

    begins: tuple[int, int]
    ends: tuple[int, int]
    name: str = ""

    def in_year(self, year: int) -> tuple[date, date]:
        """Return first and last day of the window that begins in this year."""
        first = _day(year, self.begins)
        last = _day(year if self.ends >= self.begins else year + 1, self.ends)
        return first, last


@dataclass(frozen=True)
class SeasonNow:
    """A season as it stands today. `key` tells one opening from another: season, year, number of the window."""

    name: str
    open: bool
    opens: date  # today's window when open, else the next
    closes: date
    key: str


@dataclass(frozen=True)
class Seasons:
    """The seasons by name; local arrangements change them by configuration."""

    windows: Mapping[str, tuple[Window, ...]] = field(default_factory=dict)

    def now(self, name: str, today: date) -> SeasonNow | None:
        """Return the season as it stands; None for one that nobody described."""
        coming = [
            SeasonNow(name, first <= today, first, last, f"{name}:{year}:{number}")
            for number, window in enumerate(self.windows.get(name, ()))
            for year in range(today.year - 1, today.year + YEARS_AHEAD)
            for first, last in [window.in_year(year)]
            if today <= last
        ]
        return min(coming, key=lambda one: (one.opens, one.closes), default=None)

    def all_now(self, today: date) -> dict[str, SeasonNow]:
        """Return every season as it stands."""
        found = {name: self.now(name, today) for name in self.windows}
        return {name: season for name, season in found.items() if season is not None}

    def opening(self, key: str) -> date | None:
        """Return the day that a key names, by today's arrangement; None when there is no such window any more."""
        name, _, rest = key.partition(":")
        year, _, number = rest.partition(":")
        windows = self.windows.get(name, ())
        if not (year.isdigit() and number.isdigit() and int(number) < len(windows)):
            return None
        return windows[int(number)].in_year(int(year))[0]


def _day(year: int, day: tuple[int, int]) -> date:
    """The 29th of February is the 28th in most years."""
    try:
        return date(year, *day)
    except ValueError:
        return date(year, day[0] + 1, 1) - timedelta(days=1)
