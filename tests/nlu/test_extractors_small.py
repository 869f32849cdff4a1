"""Answers about work_years, pregnancy_week, injury_grade, children_count as people give them, against the value they mean."""

from datetime import date

import pytest

from nlu.entities import parse_slot

NOW = date(2026, 11, 22)  # a Sunday

WORK_YEARS = [
    ("三年半", 3.5),
    ("两年零三个月", 2.25),
    ("一年多", 1),
    ("八个月", 0.67),
    ("半年", 0.5),
    ("2019年3月进厂", 7.67),
    ("一共工作了15年,在这个厂5年", 5),
    ("十来年", 10),
    ("19年3月来的", 7.67),
    ("不记得", None),
    ("7", 7),
    ("去年3月来的", 1.67),
    ("五年", 5),
    ("一年零八个月", 1.67),
    ("2021年7月", 5.33),
    ("快十年了", 10),
    ("三个月", 0.25),
    ("两年半", 2.5),
    ("在这里干了6年,之前在别的厂4年", 6),
    ("累计12年,这家才3年", 3),
    ("刚满一年", 1),
    ("两三年", 2),
    ("2018年", 8),
    ("没多久", None),
    ("从2020年1月1号干到现在", 6.83),
    ("4年3个月", 4.25),
]


@pytest.mark.parametrize(("text", "value"), WORK_YEARS)
def test_work_years_is_read_from_an_answer(text, value):
    assert parse_slot("work_years", text, NOW) == value


PREGNANCY_WEEK = [
    ("24周", 24),
    ("24周+3天", 24),
    ("六个月", 24),
    ("12到13周", None),
    ("刚查出来", None),
    ("孕28周了", 28),
    ("预产期2027年3月1日", 25),
    ("二十六周", 26),
    ("怀了五个月", 20),
    ("30周+2", 30),
    ("七八个月", None),
    ("不知道几周", None),
    ("32", 32),
    ("快生了", None),
    ("孕12周", 12),
    ("十二三周", None),
    ("还没去检查", None),
]


@pytest.mark.parametrize(("text", "value"), PREGNANCY_WEEK)
def test_pregnancy_week_is_read_from_an_answer(text, value):
    assert parse_slot("pregnancy_week", text, NOW) == value


INJURY_GRADE = [
    ("十级", 10),
    ("九级伤残", 9),
    ("鉴定是8级", 8),
    ("还没鉴定", None),
    ("八到九级", None),
    ("8级或9级", None),
    ("11级", None),
    ("八九级吧", None),
    ("10", 10),
    ("还没出来", None),
    ("七级", 7),
    ("评了九级", 9),
    ("六级伤残", 6),
    ("正在鉴定", None),
    ("伤残十级", 10),
    ("没有评", None),
    ("可能八级", None),
    ("劳动能力鉴定结论是8级", 8),
    ("七到八级", None),
    ("5级", 5),
    ("不够级", None),
    ("一级", 1),
    ("三", 3),
]


@pytest.mark.parametrize(("text", "value"), INJURY_GRADE)
def test_injury_grade_is_read_from_an_answer(text, value):
    assert parse_slot("injury_grade", text, NOW) == value


CHILDREN_COUNT = [
    ("两个", 2),
    ("一儿一女", 2),
    ("俩", 2),
    ("三个娃", 3),
    ("没有", 0),
    ("双胞胎", 2),
    ("两个儿子一个女儿", 3),
    ("大的上高中,小的上初中", 2),
    ("两三个", None),
    ("独生子", 1),
    ("1", 1),
    ("一个都没有", 0),
    ("三个孩子", 3),
    ("两个娃娃,一个读高中一个读小学", 2),
    ("一儿两女", 3),
    ("就一个", 1),
    ("还没有", 0),
    ("两个女儿", 2),
    ("1个", 1),
    ("二胎了", 2),
    ("一个儿子", 1),
    ("有娃", None),
    ("四个", 4),
    ("一个男孩", 1),
    ("俩娃", 2),
    ("一双儿女", 2),
    ("不想说", None),
]


@pytest.mark.parametrize(("text", "value"), CHILDREN_COUNT)
def test_children_count_is_read_from_an_answer(text, value):
    assert parse_slot("children_count", text, NOW) == value
