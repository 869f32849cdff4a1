"""The index finds what a plain search of the same patterns finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.emergency_index import Index, beginnings

PATTERNS = ["打[我他](?!工)", "(?:被|遭)[^,]{0,3}打", "(?<!不)想死", "喝了?药", "a{1,3}b", "救命$", r"\d楼"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("打我", {"打我"}),
        ("打[我他]", {"打我", "打他"}),
        ("喝了?药", {"喝了", "喝药"}),
        ("(?<!不)想死", {"想死"}),
        ("(?:被|遭)[^,]{0,3}打", {"被", "遭"}),
        ("火", {"火"}),
        ("要?命", {"要命", "命"}),
    ],
)
def test_a_pattern_tells_how_it_begins(pattern, expected):
    assert beginnings(pattern) == expected


@pytest.mark.parametrize("pattern", ["[^,]打", ".打", "", "打?"])
def test_a_pattern_that_could_begin_with_anything_is_refused(pattern):
    with pytest.raises(ValueError, match="could begin with anything"):
        beginnings(pattern)


@given(st.text(alphabet="打我他工被遭,不想死喝了药ab救命1楼", max_size=40))
def test_an_idea_is_found_where_a_search_finds_it(text):
    index = Index()
    ideas = [index.learn([pattern]) for pattern in PATTERNS]
    seen = index.look(text)
    for pattern, idea in zip(PATTERNS, ideas, strict=True):
        assert list(seen.hits(idea)) == [hit.span() for hit in re.finditer(pattern, text)]
        assert seen.has(idea) == bool(re.search(pattern, text))


@given(st.text(alphabet="打我他工被遭,不想死", max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_an_idea_shows_between_two_places_as_in_a_search_of_that_stretch(text, start, end):
    index = Index()
    idea = index.learn(["打[我他]", "被[^,]{0,3}打"])
    found = re.compile("打[我他]|被[^,]{0,3}打").search(text, start, end)
    assert index.look(text).shows(idea, start, end) == bool(found)


def test_what_is_blanked_out_leaves_the_rest_in_place():
    index = Index()
    erased, kept = index.learn(["累死了"]), index.learn(["想死"])
    seen = index.look("今天累死了,想死").without(erased)
    assert seen.text == "今天□□□,想死"
    assert list(seen.hits(kept)) == [(6, 8)]
