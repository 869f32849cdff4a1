import json
from pathlib import Path

import numpy as np

from knowledge.calibration import MODES, Weights, load_weights, mode_of
from knowledge.content import EntryData
from knowledge.evaluation import Asked, evaluate, evaluate_citations
from knowledge.fitting import Questions, as_yaml, fit, report
from knowledge.index import COLUMNS
from knowledge.search import KnowledgeBase
from tests.knowledge.conftest import ENTRIES


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
    assert (weights["words"].columns[:-1] == 0).all()


def test_no_score_is_outside_zero_and_one() -> None:
    weights = Weights(np.full(len(COLUMNS), 50, np.float32), 1.0, 5.0, -3.0)
    scores = weights.scores(np.ones((4, len(COLUMNS)), np.float32), np.zeros(4, np.float32), 0.0)
    assert 0 < scores.sum() <= 1


def test_fitting_finds_the_column_that_tells() -> None:
    random = np.random.default_rng(1)
    features = random.uniform(0, 0.3, (300, 6, len(COLUMNS))).astype(np.float32)
    right = random.integers(-1, 6, 300)
    for row, place in enumerate(right):
        if place >= 0:
            features[row, place, 2] = 0.9
    asked = Questions(features, np.zeros((300, 6), np.float32), np.zeros(300, np.float32), right)
    weights = fit(asked, "vector")
    assert weights.columns.argmax() == 2
    assert report(asked, "vector")["hit@1"] > 0.95
    assert "vector_intent:" in as_yaml(dict.fromkeys(MODES, weights))


def test_an_entry_survives_being_stored() -> None:
    data = EntryData.model_validate(ENTRIES[0])
    assert EntryData.model_validate(data.stored()) == data
