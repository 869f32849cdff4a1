"""The training sentences: complete, enough, in one place each, and not taken from the evaluation."""

import json
import unicodedata
from collections import Counter
from functools import cache

import pytest
import yaml

from nlu.keywords import KeywordScorer
from nlu.training import RASA_PROJECT, default_training_files
from nlu.understanding import INTENTS
from tests.beside import LABELLED_QUESTIONS

# Short talk ("好的", "谢谢") has fewer ways to be said than a legal question.
ENOUGH = {"talk": 25, "rights": 60, "services": 60}
MORE = {"out_of_scope": 200}


@cache
def sentences() -> list[tuple[str, str]]:
    found = []
    for file in default_training_files():
        for entry in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]:
            lines = (line.strip() for line in entry["examples"].splitlines())
            found += [(entry["intent"], line.removeprefix("- ").strip()) for line in lines if line]
    return found


def bare(text: str) -> str:
    letters = "".join(
        character for character in unicodedata.normalize("NFKC", text).lower() if character.isalnum()
    )
    # A line of marks alone ("???") is compared as it is.
    return letters or text.strip()


def test_domain_and_catalogue_name_the_same_intents() -> None:
    domain = yaml.safe_load((RASA_PROJECT / "domain.yml").read_text(encoding="utf-8"))
    assert domain["intents"] == list(INTENTS)
    assert {intent for intent, _ in sentences()} == set(INTENTS)
    assert set(KeywordScorer.standard().intents) == set(INTENTS)


def test_one_file_per_intent_named_like_it() -> None:
    assert [file.stem for file in default_training_files()] == sorted(INTENTS)


@pytest.mark.parametrize("intent", INTENTS)
def test_an_intent_has_enough_sentences(intent: str) -> None:
    count = sum(1 for name, _ in sentences() if name == intent)
    assert count >= MORE.get(intent, ENOUGH[INTENTS[intent].group])


def test_no_line_occurs_twice() -> None:
    counts = Counter(sentences())
    assert [line for line, count in counts.items() if count > 1] == []


def test_no_sentence_belongs_to_two_intents() -> None:
    intents: dict[str, set[str]] = {}
    for intent, text in sentences():
        intents.setdefault(bare(text), set()).add(intent)
    assert {text: names for text, names in intents.items() if len(names) > 1} == {}


@pytest.mark.shared
def test_no_sentence_is_one_of_the_evaluation() -> None:
    lines = LABELLED_QUESTIONS.read_text(encoding="utf-8").splitlines()
    labelled = {bare(json.loads(line)["text"]) for line in lines if line.strip()}
    # The number only: a failure must not print the evaluation.
    taken = sum(bare(text) in labelled for _, text in sentences())
    assert taken == 0
