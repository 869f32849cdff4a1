from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge import faq, laws
from knowledge.content import load_statutes
from knowledge.embedding import Matrix
from knowledge.errors import EmbeddingError
from knowledge.statute_search import StatuteSearch, wanted
from storage.database import Database
from tests.beside import LAW_TEXTS
from tests.knowledge.conftest import LAWS, LetterEmbedder, write_content
from tests.knowledge.law_kit import LABOUR, OLD, REPEALED, write_laws

HEALTH = "接触职业危害的劳动者要不要定期健康检查"


async def imported(database: Database, folder: Path, target: Path, **texts: str) -> None:
    async with database.write() as session:
        await laws.import_folder(session, write_laws(target, **texts), load_statutes(folder))


@pytest.fixture
async def statutes(
    database: Database, folder: Path, tmp_path: Path, embedder: LetterEmbedder
) -> StatuteSearch:
    """Three laws, one of them repealed, with vectors."""
    texts = {"劳动合同法": OLD, "劳动法": LABOUR, "法律援助条例": REPEALED}
    await imported(database, folder, tmp_path / "laws", **texts)
    search = StatuteSearch(database, embedder, content_folder=folder)
    await search.complete()
    return search


def titles(result) -> list[str]:
    return [hit.citation.title for hit in result.hits]


async def test_the_nearest_article_of_a_law_in_force_is_found(
    statutes: StatuteSearch, embedder: LetterEmbedder
) -> None:
    assert (len(statutes), statutes.compares_vectors) == (6, True)
    result = statutes.search(HEALTH, embedding=embedder.embed_query(HEALTH))
    assert (result.outcome, titles(result)[0]) == ("articles", "《劳动法》第五十四条")
    assert len(result.hits) == 3
    assert result.hits[0].text.startswith("用人单位必须为劳动者提供")
    assert all("法律援助条例" not in title for title in titles(result))
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in result.hits), reverse=True)


async def test_words_alone_find_it_while_there_are_no_vectors(statutes: StatuteSearch) -> None:
    result = statutes.search(HEALTH)
    assert (result.outcome, titles(result)[0]) == ("articles", "《劳动法》第五十四条")


@pytest.mark.parametrize("text", ["", "?!", "qwerty asdf", "红烧肉要炖多久"])
async def test_what_is_near_no_article_shows_none(statutes: StatuteSearch, text: str) -> None:
    assert statutes.search(text).outcome == "none"


@given(text=st.text(max_size=200))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_no_text_makes_it_fail(statutes: StatuteSearch, embedder: LetterEmbedder, text: str) -> None:
    result = statutes.search(text, embedding=embedder.embed_query(text))
    assert all(0 <= hit.score <= 1 for hit in result.hits)


@pytest.mark.parametrize("embedding", [[0.0] * 3, [float("nan")] * 384, []])
async def test_a_useless_vector_falls_back_to_words(statutes: StatuteSearch, embedding: list[float]) -> None:
    assert titles(statutes.search(HEALTH, embedding=embedding)) == titles(statutes.search(HEALTH))


async def test_nothing_imported_finds_nothing(database: Database, embedder: LetterEmbedder) -> None:
    search = StatuteSearch(database, embedder)
    assert search.search(HEALTH).outcome == "none"
    assert not await search.complete()
    assert (search.search(HEALTH).outcome, len(search), embedder.asked) == ("none", 0, 0)


async def test_an_import_is_seen_by_words_at_once_and_by_vectors_in_the_background(
    database: Database, folder: Path, tmp_path: Path, statutes: StatuteSearch, embedder: LetterEmbedder
) -> None:
    before = embedder.asked
    assert not await statutes.refresh()
    await imported(database, folder, tmp_path / "more", 劳动法=LABOUR.replace("健康检查", "体检"))
    assert await statutes.refresh()
    assert (statutes.compares_vectors, embedder.asked) == (False, before)
    assert "体检" in statutes.search("劳动者定期体检的劳动防护用品").hits[0].text
    assert await statutes.complete()
    assert (statutes.compares_vectors, embedder.asked) == (True, before + 1)


async def test_a_second_start_embeds_nothing(
    database: Database, folder: Path, statutes: StatuteSearch, embedder: LetterEmbedder
) -> None:
    before = embedder.asked
    again = StatuteSearch(database, embedder, content_folder=folder)
    assert not await again.complete()
    assert (embedder.asked, again.compares_vectors) == (before, True)


async def test_without_its_model_it_goes_on_by_words(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    class Away(LetterEmbedder):
        def embed_passages(self, texts: Sequence[str]) -> Matrix:
            raise EmbeddingError("away")

    await imported(database, folder, tmp_path / "laws", 劳动法=LABOUR)
    search = StatuteSearch(database, Away(), content_folder=folder)
    assert await search.complete()
    assert (search.compares_vectors, search.search(HEALTH).outcome) == (False, "articles")


async def test_a_text_known_to_be_old_and_one_not_yet_in_force_are_left_out(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    later = [LAWS[0], {**LAWS[1], "in_force_since": date(2099, 1, 1)}]
    write_content(folder, [], later)
    await imported(database, folder, tmp_path / "laws", 劳动法=LABOUR)
    search = StatuteSearch(database, None, content_folder=folder)
    await search.refresh()
    assert len(search) == 0
    soon = LABOUR.replace("2018年12月29日", "2098年12月29日")
    await imported(database, folder, tmp_path / "soon", 劳动法=soon)
    await search.refresh()
    assert len(search) == 2  # the older text still holds


async def test_a_button_names_an_article(statutes: StatuteSearch) -> None:
    hit = statutes.search(HEALTH).hits[0]
    found = statutes.get(hit.key)
    assert found is not None
    assert (found.citation, found.text) == (hit.citation, hit.text)
    assert len(f"more:{hit.key}".encode()) <= 64
    assert statutes.get("law.999999") is None


@pytest.mark.parametrize(
    ("intent", "asked"),
    [
        ("leave", True),
        ("job_seek", True),
        (None, True),
        ("out_of_scope", False),
        ("greet", False),
        ("?", False),
    ],
)
def test_only_questions_to_the_union_are_looked_up(intent: str | None, asked: bool) -> None:
    assert wanted(intent) is asked


@pytest.mark.shared
async def test_all_real_laws_are_searched(sqlite_url: str, now: datetime, embedder: LetterEmbedder) -> None:
    database = Database(sqlite_url)
    async with database.write() as session:
        await faq.sync_content(session, None, now)
        await laws.import_folder(session, LAW_TEXTS, load_statutes())
    search = StatuteSearch(database, embedder)
    await search.complete()
    vector = embedder.embed_query("用人单位安排有害作业不给体检")
    result = search.search("用人单位安排有害作业不给体检", embedding=vector)
    await database.close()
    assert len(search) > 3000
    assert result.hits
    held_old = "住房公积金管理条例"  # the text that is held is of 2019, another is in force
    assert not any(held_old in article.citation.title for article in search._snapshot.articles)
