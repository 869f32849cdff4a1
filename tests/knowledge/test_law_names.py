from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.law_names import LawNames
from knowledge.statutes import Statute, article_of, article_path

NAMES = LawNames(
    {
        one.name: one
        for one in (
            Statute("劳动法", "中华人民共和国劳动法", date(2018, 12, 29)),
            Statute("民法典-总则编", "中华人民共和国民法典（总则编）"),
            Statute("民法典-合同编", "中华人民共和国民法典（合同编）"),
            Statute("工会法办法", "云南省实施《中华人民共和国工会法》办法"),
        )
    }
)
LABOUR = "/laws/%E5%8A%B3%E5%8A%A8%E6%B3%95"


def linked(text: str) -> list[tuple[str, str]]:
    return [(text[m.start : m.end], m.address) for m in NAMES.mentions(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("依据：《劳动法》第三条。", [("《劳动法》第三条", f"{LABOUR}/3")]),
        ("《中华人民共和国劳动法》第三条", [("《中华人民共和国劳动法》第三条", f"{LABOUR}/3")]),
        (
            "《劳动法》第三条第二款、第四条和第五条（2018-12-29起施行）",
            [("《劳动法》第三条", f"{LABOUR}/3"), ("第四条", f"{LABOUR}/4"), ("第五条", f"{LABOUR}/5")],
        ),
        (
            "《劳动法》第一百三十三条之一",
            [("《劳动法》第一百三十三条之一", f"{LABOUR}/133-1")],
        ),
        ("《民法典》第四百六十三条", [("《民法典》第四百六十三条", "/laws/%E6%B0%91%E6%B3%95%E5%85%B8/463")]),
        ("《刑法》第三条，《劳动法》怎么说，第三条", []),
        ("《劳动法》第零条", []),
        ("《<script>》第三条", []),
    ],
)
def test_known_laws_become_addresses_and_nothing_else_does(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert linked(text) == expected


def test_inner_marks_are_known_in_both_shapes() -> None:
    assert len(linked("《云南省实施〈中华人民共和国工会法〉办法》第十条")) == 1


@given(st.text(alphabet="《》第三条之一、和劳动法零百<>\n", max_size=60))
def test_mentions_lie_in_order_and_apart(text: str) -> None:
    end = 0
    for mention in NAMES.mentions(text):
        assert end <= mention.start < mention.end <= len(text)
        assert mention.address.startswith("/laws/")
        end = mention.end


@pytest.mark.parametrize("written", ["30", "第三十条", "133-1", "第一百三十三条之一"])
def test_an_article_has_one_code_however_it_is_written(written: str) -> None:
    assert article_path(article_of(written)) in {"30", "133-1"}


@pytest.mark.parametrize("written", ["", "x", "-1", "条", "第条", "9" * 5000, "三十"])
def test_what_is_no_article_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        article_of(written)
