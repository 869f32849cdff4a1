"""Windows of a year: both ends, the turn of the year, two in a year."""

from datetime import date

import pytest

from bot.config import SeasonSettings
from bot.worker_matters import seasons_from
from tickets.seasons import Seasons, Window

SEASONS = seasons_from(SeasonSettings())


@pytest.mark.parametrize(
    ("name", "day", "open_", "opens"),
    [
        ("festival_care", "2026-12-02", False, "2026-12-03"),
        ("festival_care", "2026-12-03", True, "2026-12-03"),
        ("festival_care", "2027-01-01", True, "2026-12-03"),
        ("festival_care", "2027-03-03", True, "2026-12-03"),
        ("festival_care", "2027-03-04", False, "2027-09-01"),
        ("festival_care", "2026-08-31", False, "2026-09-01"),
        ("festival_care", "2026-10-10", True, "2026-09-01"),
        ("festival_care", "2026-10-11", False, "2026-12-03"),
        ("tuition_aid", "2026-06-30", False, "2026-07-01"),
        ("tuition_aid", "2026-07-01", True, "2026-07-01"),
        ("tuition_aid", "2026-08-31", True, "2026-07-01"),
        ("tuition_aid", "2026-09-01", False, "2027-07-01"),
        ("mutual_aid_join", "2026-10-14", False, "2026-10-15"),
        ("mutual_aid_join", "2026-12-15", True, "2026-10-15"),
        ("mutual_aid_join", "2026-12-16", False, "2027-10-15"),
    ],
)
def test_a_season_is_open_on_both_its_days_and_tells_when_it_opens_next(name, day, open_, opens):
    season = SEASONS.now(name, date.fromisoformat(day))
    assert season is not None
    assert (season.open, season.opens.isoformat()) == (open_, opens)
    assert SEASONS.opening(season.key) == season.opens


def test_the_key_names_an_opening_and_follows_the_configuration():
    season = SEASONS.now("festival_care", date(2026, 11, 24))
    assert season is not None
    later = Seasons({"festival_care": (Window((12, 10), (3, 3)), Window((9, 1), (10, 10)))})
    assert later.opening(season.key) == date(2026, 12, 10)
    assert Seasons({}).opening(season.key) is None
    assert SEASONS.opening("festival_care:x:y") is None


def test_nobody_knows_a_season_that_is_not_described():
    assert SEASONS.now("unknown", date(2026, 1, 1)) is None


def test_the_29th_of_february_is_the_28th_in_other_years():
    seasons = Seasons({"s": (Window((2, 29), (3, 5)),)})
    found = seasons.now("s", date(2027, 1, 1))
    assert found is not None
    assert found.opens == date(2027, 2, 28)
