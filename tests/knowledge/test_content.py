"""The loader's messages, and the shipped content itself."""

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from knowledge.content import ANSWER_LIMIT, Content, load_content
from knowledge.errors import ContentError
from knowledge.laws import law_files, read_law
from knowledge.statutes import article_name
from knowledge.tokens import WORDS
from nlu.understanding import INTENTS
from tests.beside import LAW_TEXTS
from tests.knowledge.conftest import ENTRIES, entry, write_content

QUESTIONS = Path(__file__).parent / "data" / "questions.jsonl"


@pytest.fixture(scope="module")
def shipped() -> Content:
    return load_content()


def test_a_good_folder_loads(folder: Path) -> None:
    content = load_content(folder)
    assert len(content.entries) == len(ENTRIES)
    assert content.statutes["劳动合同法"].printed == "劳动合同法"


def test_a_mistake_is_named_with_file_and_line(tmp_path: Path) -> None:
    write_content(tmp_path, [])
    (tmp_path / "faq" / "all.yml").write_text(
        "- id: leave.annual\n  intent: leave\n  question: 年假有几天\n  answer: 看工龄。\n  anwser: 写错的键\n",
        encoding="utf-8",
    )
    with pytest.raises(ContentError, match=r"all\.yml:5: 0\.anwser|all\.yml:5: anwser"):
        load_content(tmp_path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"intent": "no_such_intent"}, "unknown intent"),
        ({"citations": [{"law": "不存在的法", "article": 1}]}, "law not in laws.yml"),
        ({"citations": [{"law": "法律援助条例", "article": 1}]}, "no longer in force"),
        ({"citations": [{"law": "劳动法", "article": "x"}]}, "article"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to"),
    ],
)
def test_what_cannot_be_right_is_refused(tmp_path: Path, wrong: dict[str, object], message: str) -> None:
    write_content(tmp_path, [entry("leave.annual", "年假有几天", **{"intent": "leave"} | wrong)])
    with pytest.raises(ContentError, match=message):
        load_content(tmp_path)


def test_an_id_used_twice_names_both_places(tmp_path: Path) -> None:
    write_content(tmp_path, [ENTRIES[0], ENTRIES[0]])
    with pytest.raises(ContentError, match=r"already used at all\.yml:1"):
        load_content(tmp_path)


def test_broken_yaml_is_an_error_with_the_file(tmp_path: Path) -> None:
    write_content(tmp_path, [])
    (tmp_path / "faq" / "all.yml").write_text("- id: [", encoding="utf-8")
    with pytest.raises(ContentError, match=r"all\.yml: not valid YAML"):
        load_content(tmp_path)


def test_every_rights_and_service_intent_has_at_least_two_entries(shipped: Content) -> None:
    counts = Counter(item.intent for item in shipped.entries)
    wanted = [name for name, intent in INTENTS.items() if intent.group in {"rights", "services"}]
    assert len(shipped.entries) >= 80
    assert {name: counts[name] for name in wanted if counts[name] < 2} == {}


def test_every_entry_can_be_found_and_read_on_a_phone(shipped: Content) -> None:
    assert [item.id for item in shipped.entries if len(set(item.phrasings)) < 5] == []
    assert [item.id for item in shipped.entries if len(item.answer) > ANSWER_LIMIT] == []


def test_every_entry_carries_its_basis(shipped: Content) -> None:
    assert [item.id for item in shipped.entries if not item.citations] == []


def test_no_sentence_belongs_to_two_entries(shipped: Content) -> None:
    counts = Counter(text for item in shipped.entries for text in {item.question, *item.phrasings})
    assert [text for text, count in counts.items() if count > 1] == []


@pytest.mark.shared
def test_every_citation_exists_in_the_law_library(shipped: Content) -> None:
    by_file = {statute.file: statute for statute in shipped.statutes.values() if statute.file}
    library = {}
    for file in law_files(LAW_TEXTS):
        law = read_law(file, by_file.get(file.stem))
        partial = file.stem.startswith("PARTIAL-")
        library[law.name] = (law.articles, partial)
    missing = []
    for item in shipped.entries:
        for citation in item.citations:
            articles, partial = library.get(citation.law, ({}, True))
            if not partial and citation.article not in articles:
                missing.append(f"{item.id}: {citation.law} {article_name(citation.article)}")
    assert missing == []


def test_evaluation_questions_name_existing_entries_and_copy_no_phrasing(shipped: Content) -> None:
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    known = {item.id for item in shipped.entries}
    named = {
        name
        for row in rows
        for name in [*row.get("accept", []), *([row["faq_id"]] if "faq_id" in row else [])]
    }
    own = {text for item in shipped.entries for text in (item.question, *item.phrasings)}
    assert len(rows) >= 120
    assert sum(row.get("accept") == [] for row in rows) >= 15
    assert named <= known
    assert not {row["text"] for row in rows} & own


def test_no_word_stands_for_two_meanings() -> None:
    table = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    counts = Counter(word for group in table["same"] for word in group)
    assert [word for word, count in counts.items() if count > 1] == []
