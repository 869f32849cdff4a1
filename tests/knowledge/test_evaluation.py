import json
from pathlib import Path

import numpy as np

from knowledge import laws
from knowledge.calibration import MODES, Weights, load_weights, mode_of
from knowledge.content import EntryData, load_statutes
from knowledge.evaluation import Asked, evaluate, evaluate_citations
from knowledge.fitting import Questions, as_yaml, fit, report
from knowledge.index import COLUMNS, WORD_COLUMNS
from knowledge.search import KnowledgeBase
from knowledge.statute_search import StatuteSearch
from knowledge.workbench import statutes_of
from storage.database import Database
from tests.knowledge.conftest import ENTRIES
from tests.knowledge.law_kit import LABOUR, write_laws


def lines(file: Path, *rows: dict[str, object]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


async def test_figures_count_right_wrong_and_unanswerable(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    file = lines(
        tmp_path / "questions.jsonl",
        {"text": "加班费怎么算", "faq_id": "overtime_pay.rates"},
        {"text": "我想进工会", "accept": ["join_union.how", "join_union.other"]},
        {"text": "工头失联了", "faq_id": "overtime_pay.rates"},
        {"text": "qwerty", "accept": []},
    )
    figures = await evaluate(Asked(knowledge, None, None), file)
    assert (figures["n"], figures["answered"], figures["wrong_answer"]) == (4, 0.75, 0.25)
    assert figures["hit@1"] == 0.6667
    assert figures["unanswerable_answered"] == 0


async def test_citations_of_the_first_and_of_three_answers_count(
    knowledge: KnowledgeBase, tmp_path: Path
) -> None:
    file = lines(
        tmp_path / "citations.jsonl",
        {"text": "加班费怎么算", "articles": [["劳动合同法", 30], ["劳动法", 44]]},
        {"text": "怎么加入工会", "articles": [["工会法", 3]]},
    )
    figures = await evaluate_citations(Asked(knowledge, None, None), file)
    assert (figures["first"], figures["first_three"]) == (0.5, 0.5)


def test_every_mode_is_calibrated() -> None:
    weights = load_weights()
    assert set(weights) == set(MODES)
    assert mode_of(has_vector=True, has_intents=False) == "vector"
    assert (weights["words"].columns[:-WORD_COLUMNS] == 0).all()


def test_no_score_is_outside_zero_and_one() -> None:
    weights = Weights(np.full(len(COLUMNS), 50, np.float32), 1.0, 5.0, -3.0)
    scores = weights.scores(np.ones((4, len(COLUMNS)), np.float32), np.zeros(4, np.float32), 0.0)
    assert 0 < scores.sum() <= 1


def test_fitting_finds_the_column_that_tells() -> None:
    random = np.random.default_rng(1)
    features = random.uniform(0, 0.3, (300, 6, len(COLUMNS))).astype(np.float32)
    right = np.zeros((300, 6), bool)
    for row, place in enumerate(random.integers(-1, 6, 300)):
        if place >= 0:
            features[row, place, 2] = 0.9
            right[row, place] = True
    nothing, weight = np.zeros(300, np.float32), np.ones(300, np.float32)
    asked = Questions(features, np.zeros((300, 6), np.float32), nothing, right, weight)
    weights = fit(asked, "vector")
    assert weights.columns.argmax() == 2
    assert report(asked, "vector")["hit@1"] > 0.95
    assert "vector_intent:" in as_yaml(dict.fromkeys(MODES, weights))


def test_of_two_right_entries_either_counts() -> None:
    random = np.random.default_rng(2)
    features = random.uniform(0, 0.3, (200, 5, len(COLUMNS))).astype(np.float32)
    features[:, 0, 3] = 0.9  # only one of the two right entries can be told by anything
    right = np.zeros((200, 5), bool)
    right[:, :2] = True
    blank, weight = np.zeros(200, np.float32), np.ones(200, np.float32)
    asked = Questions(features, np.zeros((200, 5), np.float32), blank, right, weight)
    assert report(asked, "vector")["hit@1"] == 1.0


def test_an_entry_survives_being_stored() -> None:
    data = EntryData.model_validate(ENTRIES[0])
    assert EntryData.model_validate(data.stored()) == data


async def test_articles_of_the_law_fill_up_what_the_entries_leave(
    database: Database, knowledge: KnowledgeBase, folder: Path, tmp_path: Path
) -> None:
    async with database.write() as session:
        await laws.import_folder(session, write_laws(tmp_path / "laws", 劳动法=LABOUR), load_statutes(folder))
    statutes = StatuteSearch(database, None, content_folder=folder)
    await statutes.refresh()
    file = lines(
        tmp_path / "citations.jsonl",
        {"text": "职业危害作业的劳动者定期健康检查", "articles": [["劳动法", 54]]},
        {"text": "加班费怎么算", "articles": [["劳动合同法", 30]]},
        {"text": "qwerty", "articles": [["劳动法", 54]]},
    )
    before = await evaluate_citations(Asked(knowledge, None, None), file)
    after = await evaluate_citations(Asked(knowledge, None, None, statutes), file)
    assert (before["first_three"], after["first_three"]) == (0.3333, 0.6667)
    assert after["first"] == before["first"]
    assert (after["laws_searched"], before["laws_searched"]) == (2, 0)


async def test_the_laws_come_from_a_folder_or_an_installation_or_not_at_all(
    sqlite_url: str, tmp_path: Path
) -> None:
    folder = write_laws(tmp_path / "laws", 劳动法=LABOUR)
    async with statutes_of(folder, None, embedder=None) as searched:
        assert searched is not None
        assert len(searched) == 2
    for url in (None, sqlite_url, f"sqlite:///{tmp_path}/empty.db"):
        async with statutes_of(None, url, embedder=None) as searched:
            assert searched is None
    installed = Database(sqlite_url)
    async with installed.write() as session:
        await laws.import_folder(session, folder, load_statutes())
    await installed.close()
    async with statutes_of(None, sqlite_url, embedder=None) as searched:
        assert searched is not None
        assert len(searched) == 2
