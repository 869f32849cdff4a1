"""Many entries: sentences are compared one by one only for those that lead, and nothing that leads is missed."""

import numpy as np
import pytest

from knowledge import index as module
from knowledge.index import COLUMNS, Document, Floats, SearchIndex, leading, unit

ENTRIES = 600


@pytest.fixture
def corpus() -> tuple[list[Document], Floats, Floats]:
    random = np.random.default_rng(3)
    documents = [
        Document((f"问题{n}", *(f"说法{n}之{k}" for k in range(n % 4))), f"答案{n}") for n in range(ENTRIES)
    ]
    themes = unit(random.standard_normal((ENTRIES, 64)).astype(np.float32))
    owners = [n for n, document in enumerate(documents) for _ in document.sentences]
    noise = 0.08 * random.standard_normal((len(owners), 64)).astype(np.float32)
    return documents, unit(themes[owners] + noise), themes


@pytest.mark.parametrize("wanted", [0, 3, 299, 599])
def test_the_shortened_comparison_finds_what_the_full_one_finds(
    corpus: tuple[list[Document], Floats, Floats], wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents, sentences, answers = corpus
    full = SearchIndex(documents, sentences, answers)
    query = unit(
        answers[wanted] + 0.05 * np.random.default_rng(wanted).standard_normal(64).astype(np.float32)
    )
    exact = full.features(f"说法{wanted}", query)
    monkeypatch.setattr(module, "COMPARED_ONE_BY_ONE", ENTRIES - 1)
    monkeypatch.setattr(module, "LEADING", 20)
    short = full.features(f"说法{wanted}", query)
    ahead = leading(exact[:, COLUMNS.index("theme")], 20)
    assert exact[:, 0].argmax() == short[:, 0].argmax() == wanted
    np.testing.assert_allclose(short[ahead], exact[ahead], rtol=1e-5)
    assert not np.allclose(short[:, 0], exact[:, 0])  # the others were not compared
    np.testing.assert_allclose(short[:, 2:], exact[:, 2:])


def test_up_to_the_limit_every_sentence_is_compared(
    corpus: tuple[list[Document], Floats, Floats], monkeypatch: pytest.MonkeyPatch
) -> None:
    documents, sentences, answers = corpus
    index = SearchIndex(documents, sentences, answers)
    exact = index.features("", answers[5])
    monkeypatch.setattr(module, "COMPARED_ONE_BY_ONE", ENTRIES)
    monkeypatch.setattr(module, "LEADING", 1)
    np.testing.assert_array_equal(index.features("", answers[5]), exact)


@pytest.mark.parametrize(
    ("values", "count", "places"),
    [([], 3, []), ([1, 3, 2], 5, [1, 2, 0]), ([1, 3, 3, 0, 2], 3, [1, 2, 4])],
)
def test_leading(values: list[float], count: int, places: list[int]) -> None:
    assert leading(np.array(values, np.float32), count).tolist() == places
