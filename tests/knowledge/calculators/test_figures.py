from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.figures import Figure, Figures, UnknownFigure, load_figures
from knowledge.errors import ContentError
from tests.knowledge.calculators.kit import DALI, GUANDU, SHIPPED, TODAY

BEFORE, FROM = date(2026, 8, 31), date(2026, 9, 1)


def figure(region: str, value: int, first: date | None = None, last: date | None = None) -> Figure:
    return Figure("wage", region, Decimal(value), "元", first, last, "通知")


@pytest.mark.parametrize(
    ("region", "before", "after", "hourly"),
    [
        (GUANDU, 2170, 2270, 22),
        ("云南省昆明市嵩明县", 2170, 2270, 22),
        ("云南省昆明市东川区", 2020, 2120, 21),
        ("云南省昆明市石林彝族自治县", 2020, 2120, 21),
        ("云南省保山市隆阳区", 2020, 2120, 21),
        ("云南省保山市腾冲市", 1870, 1970, 20),
    ],
)
def test_minimum_wages_of_yunnan(region: str, before: int, after: int, hourly: int) -> None:
    found = [SHIPPED.value("minimum_wage_monthly", day, region) for day in (BEFORE, FROM)]
    assert [one and one.value for one in found] == [before, after]
    by_hour = SHIPPED.value("minimum_wage_hourly", TODAY, region)
    assert by_hour is not None
    assert by_hour.value == hourly


@pytest.mark.parametrize("region", ["云南省", "云南省昆明市", DALI, "全国", "四川省成都市"])
def test_a_place_whose_class_is_not_known_has_no_minimum(region: str) -> None:
    assert SHIPPED.value("minimum_wage_monthly", TODAY, region) is None


def test_the_range_of_the_province_is_known() -> None:
    names = ("minimum_wage_monthly_lowest", "minimum_wage_monthly_highest")
    assert [one.value for name in names if (one := SHIPPED.value(name, TODAY, DALI))] == [1970, 2270]
    assert SHIPPED.value(names[0], TODAY, "全国") is None


def test_before_the_first_notice_nothing_is_known() -> None:
    assert SHIPPED.value("minimum_wage_monthly", date(2025, 9, 30), GUANDU) is None
    assert SHIPPED.value("minimum_wage_monthly", date(2025, 10, 1), GUANDU) is not None


@pytest.mark.parametrize(
    "name",
    ["local_average_wage_monthly", "national_disposable_income_yearly", "unemployment_benefit_monthly",
     *(f"injury_{kind}_subsidy_months_{grade}" for kind in ("medical", "employment") for grade in range(5, 11))],
)  # fmt: skip
def test_what_is_not_confirmed_is_not_invented(name: str) -> None:
    assert SHIPPED.value(name, TODAY, GUANDU) is None


def test_the_smallest_place_wins_and_wider_ones_fill_in() -> None:
    figures = Figures([figure("全国", 1), figure("云南省", 2), figure("云南省昆明市", 3), figure(GUANDU, 4)])
    places = [GUANDU, "云南省昆明市五华区", DALI, "四川省", "全国"]
    found = [figures.value("wage", TODAY, place) for place in places]
    assert [one and one.value for one in found] == [4, 3, 2, 1, 1]


def test_a_place_known_to_have_its_own_figure_does_not_borrow_a_wider_one() -> None:
    figures = Figures([figure("全国", 1), UnknownFigure("wage", "云南省")])
    assert figures.value("wage", TODAY, GUANDU) is None
    assert figures.value("wage", TODAY, "四川省") is not None


def test_a_name_nobody_set_has_no_figure() -> None:
    assert SHIPPED.value("no_such_figure", TODAY, GUANDU) is None


def test_validity_that_overlaps_is_refused() -> None:
    touching = [figure("云南省", 1, None, BEFORE), figure("云南省", 2, FROM)]
    assert Figures(touching).value("wage", BEFORE, GUANDU) == touching[0]
    with pytest.raises(ContentError, match=r"wage: 云南省: .*overlap"):
        Figures([figure("云南省", 1, None, FROM), figure("云南省", 2, FROM)])
    with pytest.raises(ContentError, match="overlap"):
        Figures([figure("云南省", 1), figure("云南省", 2, FROM, FROM)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {name: wage, unit: 元, periods: [{value: 1}], sauce: x}", r"f\.yml: entry 1 \(wage\): (sauce|source)"),
        ("- {name: wage, unit: 元, source: x, periods: [{value: -1}]}", r"periods\.0\.value"),
        ("- {name: wage, unit: 元, source: x, periods: []}", "periods"),
        ("- {name: wage, unit: 元, source: x, periods: [{value: 1, valid_from: 2026-02-01, valid_to: 2026-01-01}]}",
         "valid_to lies before"),
        ("- {name: wage, unit: 元, source: x, periods: [{value: 1}, {value: 2}]}", "overlap"),
        ("name: wage", "must be a list"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "f.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=message):
        load_figures(tmp_path / "f.yml")


@given(st.dates(date(2025, 10, 1), date(2100, 1, 1)))
def test_from_the_first_notice_on_every_day_has_its_minimum(day: date) -> None:
    known = SHIPPED.value("minimum_wage_monthly", day, GUANDU)
    lowest = SHIPPED.value("minimum_wage_monthly_lowest", day, GUANDU)
    assert known is not None
    assert lowest is not None
    assert lowest.value <= known.value
