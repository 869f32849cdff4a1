from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.statutes import (
    Statute,
    article_code,
    article_name,
    basis_line,
    chinese_number,
    cite,
    parse_number,
)

LAWS = {
    "劳动合同法": Statute("劳动合同法", "中华人民共和国劳动合同法", date(2013, 7, 1)),
    "民法典-合同编": Statute("民法典-合同编", "中华人民共和国民法典（合同编）", date(2021, 1, 1)),
    "工会法办法": Statute("工会法办法", "云南省实施《中华人民共和国工会法》办法"),
}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (14, "十四"),
        (30, "三十"),
        (100, "一百"),
        (107, "一百零七"),
        (110, "一百一十"),
        (1005, "一千零五"),
        (1260, "一千二百六十"),
    ],
)
def test_article_numbers_are_written_as_laws_write_them(number: int, text: str) -> None:
    assert chinese_number(number) == text


@given(st.integers(1, 9999))
def test_a_number_survives_writing_and_reading(number: int) -> None:
    assert parse_number(chinese_number(number)) == number


def test_an_inserted_article_has_its_own_name() -> None:
    assert article_name(article_code(133, 1)) == "第一百三十三条之一"


def test_basis_of_one_citation_is_exactly_this_line() -> None:
    line = basis_line([cite("劳动合同法", 30, LAWS)])
    assert line == "依据：《劳动合同法》第三十条（2013-07-01起施行）。以主管部门解释为准。"


def test_several_citations_are_joined_and_an_unknown_date_is_left_out() -> None:
    line = basis_line([cite("劳动合同法", 30, LAWS), cite("没有登记的法", 2, LAWS)])
    assert (
        line
        == "依据：《劳动合同法》第三十条（2013-07-01起施行）、《没有登记的法》第二条。以主管部门解释为准。"
    )


def test_without_citations_there_is_no_line() -> None:
    assert basis_line([]) == ""


def test_the_civil_code_is_printed_without_its_book_and_inner_marks_are_single() -> None:
    assert cite("民法典-合同编", 463, LAWS).title == "《民法典》第四百六十三条"
    assert cite("工会法办法", 10, LAWS).title == "《云南省实施〈中华人民共和国工会法〉办法》第十条"
