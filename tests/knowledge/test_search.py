import time
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.config import KnowledgeSettings
from knowledge import faq
from knowledge.search import DEFAULT_THRESHOLDS, KnowledgeBase, Thresholds
from storage.database import Database
from tests.knowledge.conftest import ENTRIES, TODAY, LetterEmbedder, entry, write_content


def ids(result) -> list[str]:
    return [hit.faq_id for hit in result.hits]


async def based_on(
    database: Database,
    folder: Path,
    entries: list[dict[str, object]],
    now: datetime,
    embedder: LetterEmbedder | None,
) -> KnowledgeBase:
    write_content(folder, entries)
    async with database.write() as session:
        await faq.sync_content(session, folder, now)
    base = KnowledgeBase(database, embedder, DEFAULT_THRESHOLDS, content_folder=folder)
    await base.load()
    return base


def test_the_defaults_are_those_of_the_configuration() -> None:
    configured = KnowledgeSettings()
    assert Thresholds(configured.answer_score, configured.choices_score) == DEFAULT_THRESHOLDS


async def test_own_words_are_answered_with_the_basis(
    knowledge: KnowledgeBase, embedder: LetterEmbedder
) -> None:
    text = "老板两个月没给工钱"
    result = knowledge.search(text, embedding=embedder.embed_query(text), today=TODAY)
    assert (result.outcome, ids(result)[0]) == ("answer", "wage_arrears.company_delays")
    assert result.hits[0].basis == "依据：《劳动合同法》第三十条（2013-07-01起施行）。以主管部门解释为准。"


async def test_words_alone_find_it_too(knowledge: KnowledgeBase) -> None:
    result = knowledge.search("加班费周末怎么算的", today=TODAY)
    assert ids(result)[0] == "overtime_pay.rates"
    assert result.hits[0].parts["closest"] == 0


async def test_a_stranger_finds_nothing(knowledge: KnowledgeBase) -> None:
    result = knowledge.search("qwerty", intents={"out_of_scope": 0.97}, today=TODAY)
    assert result.outcome == "none"


@pytest.mark.parametrize(
    "text", ["", " ", "😀", "\ud800", "\x00", "?!", "a" * 100_000, "'; DROP TABLE faq_entries --", "１２３"]
)
async def test_no_text_makes_it_fail(knowledge: KnowledgeBase, embedder: LetterEmbedder, text: str) -> None:
    assert knowledge.search(text, today=TODAY).outcome in {"answer", "choices", "none"}
    assert knowledge.search(text, embedding=embedder.embed_query(text[:500]), today=TODAY).outcome


@given(text=st.text(max_size=200))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_scores_are_probabilities(
    knowledge: KnowledgeBase, embedder: LetterEmbedder, text: str
) -> None:
    result = knowledge.search(text, embedding=embedder.embed_query(text), intents={"leave": 0.5}, today=TODAY)
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize("embedding", [[0.0] * 3, [float("nan")] * 384, [], [0.0] * 384])
async def test_a_useless_vector_falls_back_to_words(knowledge: KnowledgeBase, embedding: list[float]) -> None:
    result = knowledge.search("加班费怎么算呀", embedding=embedding, today=TODAY)
    assert ids(result)[0] == "overtime_pay.rates"


async def test_the_intent_leans_but_does_not_decide(
    knowledge: KnowledgeBase, embedder: LetterEmbedder
) -> None:
    text = "最低工资是多少，加班费怎么算"
    vector = embedder.embed_query(text)
    neutral = knowledge.search(text, embedding=vector, intents={"leave": 1.0}, today=TODAY)
    leaning = knowledge.search(text, embedding=vector, intents={"minimum_wage": 1.0}, today=TODAY)

    def share(result) -> float:
        return sum(hit.score for hit in result.hits if hit.intent == "minimum_wage")

    assert share(leaning) > share(neutral)
    sure = "怀孕被辞退怎么办"
    wrong = knowledge.search(
        sure, embedding=embedder.embed_query(sure), intents={"join_union": 1.0}, today=TODAY
    )
    assert ids(wrong)[0] == "female_worker.dismissed"


async def test_other_places_are_left_out(knowledge: KnowledgeBase) -> None:
    text = "云南最低工资是多少"
    assert ids(knowledge.search(text, today=TODAY))[0] == "minimum_wage.yunnan"
    assert ids(knowledge.search(text, region="云南省昆明市官渡区", today=TODAY))[0] == "minimum_wage.yunnan"
    assert "minimum_wage.yunnan" not in ids(knowledge.search(text, region="四川省成都市", today=TODAY))


async def test_a_local_entry_adds_to_the_national_answer(
    database: Database, folder: Path, now: datetime, embedder: LetterEmbedder
) -> None:
    entries = [
        *ENTRIES,
        entry("leave.marriage", "婚假有几天", "结婚放几天假", "婚假多少天"),
        entry(
            "leave.marriage_yunnan", "云南婚假有几天", "云南结婚放几天假", "云南婚假多少天", region="云南省"
        ),
    ]
    base = await based_on(database, folder, entries, now, embedder)
    vector = embedder.embed_query("婚假有几天")
    here = base.search("婚假有几天", embedding=vector, region="云南省昆明市", today=TODAY)
    assert (ids(here)[0], here.local and here.local.faq_id) == ("leave.marriage", "leave.marriage_yunnan")
    assert base.search("婚假有几天", embedding=vector, today=TODAY).local is None


async def test_only_what_is_valid_today_is_found(
    database: Database, folder: Path, now: datetime, embedder: LetterEmbedder
) -> None:
    old = {**ENTRIES[4], "valid_to": date(2026, 6, 30)}
    new = entry("overtime_pay.new", "加班费怎么算", "周末加班给几倍", valid_from=date(2026, 7, 1))
    base = await based_on(database, folder, [*ENTRIES[:4], old, new], now, embedder)
    assert ids(base.search("加班费怎么算", today=date(2026, 6, 1)))[0] == "overtime_pay.rates"
    found = ids(base.search("加班费怎么算", today=TODAY))
    assert found[0] == "overtime_pay.new"
    assert "overtime_pay.rates" not in found


async def test_two_entries_that_say_the_same_are_offered_once(
    database: Database, folder: Path, now: datetime, embedder: LetterEmbedder
) -> None:
    twin = {**ENTRIES[4], "id": "overtime_pay.twin"}
    base = await based_on(database, folder, [*ENTRIES, twin], now, embedder)
    text = "周末加班给几倍的钱"
    found = ids(base.search(text, embedding=embedder.embed_query(text), today=TODAY))
    assert sum(name in {"overtime_pay.rates", "overtime_pay.twin"} for name in found) == 1


async def test_thresholds_decide_the_outcome(
    database: Database, knowledge: KnowledgeBase, folder: Path
) -> None:
    text = "工资的事"
    score = knowledge.search(text, today=TODAY).hits[0].score
    for thresholds, outcome in [
        (Thresholds(score - 0.001, 0.0), "answer"),
        (Thresholds(1.0, score / 2), "choices"),
        (Thresholds(1.0, 1.0), "none"),
    ]:
        base = KnowledgeBase(database, None, thresholds, content_folder=folder)
        await base.load()
        assert base.search(text, today=TODAY).outcome == outcome


async def test_an_empty_knowledge_finds_nothing(database: Database) -> None:
    base = KnowledgeBase(database, None, DEFAULT_THRESHOLDS)
    await base.load()
    assert base.search("工资", today=TODAY).outcome == "none"
    assert base.get("leave.annual") is None


async def test_a_second_start_embeds_nothing(
    database: Database, knowledge: KnowledgeBase, folder: Path, embedder: LetterEmbedder
) -> None:
    before = embedder.asked
    again = KnowledgeBase(database, embedder, DEFAULT_THRESHOLDS, content_folder=folder)
    await again.load()
    assert (embedder.asked, len(again)) == (before, len(knowledge))


async def test_five_hundred_entries_are_searched_in_milliseconds(
    sqlite_url: str, folder: Path, now: datetime, embedder: LetterEmbedder
) -> None:
    database = Database(sqlite_url)
    many = [
        entry(
            f"leave.number_{n}",
            f"第{n}号问题是关于假期和工资的",
            *(f"{n}号问法之{k}，请假几天" for k in range(7)),
        )
        for n in range(500)
    ]
    base = await based_on(database, folder, many, now, embedder)
    vector = embedder.embed_query("请假扣工资吗")
    times = []
    for _ in range(60):
        start = time.process_time()  # this thread's work, whatever else the machine does
        base.search(
            "公司说请假几天就要扣工资，合不合法", embedding=vector, intents={"leave": 0.9}, today=TODAY
        )
        times.append(time.process_time() - start)
    await database.close()
    assert float(np.median(times)) < 0.010


def test_a_hit_is_a_value(knowledge: KnowledgeBase) -> None:
    hit = knowledge.get("join_union.how")
    assert hit is not None
    assert replace(hit, score=0.5).faq_id == hit.faq_id
