"""Answers without a model: they may be modest, they may not fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.keywords import KeywordScorer
from nlu.understanding import INTENTS, OUT_OF_SCOPE

scorer = KeywordScorer.standard()


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("老板拖欠工资三个月了", "wage_arrears"),
        ("在工地摔伤了算工伤吗", "work_injury"),
        ("公司不给买社保,养老保险也没交", "social_insurance"),
        ("我想加入工会", "join_union"),
        ("我要申请法律援助找律师", "legal_aid_apply"),
        ("怀孕被调走,产假怎么算", "female_worker"),
        ("转人工!", "human_handoff"),
        ("好的。", "affirm"),
        ("ＯＫ", "affirm"),
        ("no", "deny"),
    ],
)
def test_plain_wordings_are_understood(text: str, intent: str) -> None:
    assert scorer.understand(text, {}).intent == intent


@pytest.mark.parametrize("text", ["", " ", "\n", "🙂", "asdfgh", "今天中午吃了米线", "\x00\ud800"])
def test_nothing_listed_is_out_of_scope_and_unsure_of_course(text: str) -> None:
    understanding = scorer.understand(text, {})
    assert understanding.intent == OUT_OF_SCOPE
    assert understanding.unsure
    assert understanding.source == "keywords"
    assert understanding.embedding is None


@given(st.text(max_size=300))
def test_any_text_gets_a_sorted_ranking_of_known_intents(text: str) -> None:
    ranking = scorer.rank(text)
    confidences = [item.confidence for item in ranking]
    assert confidences == sorted(confidences, reverse=True)
    assert 0 < sum(confidences) <= 1.000001
    assert all(item.intent in INTENTS for item in ranking)


def test_a_pasted_page_is_cut_and_answered() -> None:
    assert scorer.understand("老板拖欠工资。" * 5000, {}).intent == "wage_arrears"


def test_the_table_names_every_intent() -> None:
    assert set(scorer.intents) == set(INTENTS)
