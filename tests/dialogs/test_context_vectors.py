"""What hearing asks of the search: the topic's question beside the words, the mean of both vectors, its intent."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.hearing import Hearing
from bot.messages import Inbound
from dialogs.engine import build_engine
from dialogs.state import Pending, State
from dialogs.values import Facts
from knowledge.search import Hit, SearchResult
from nlu.understanding import Ranked, Understanding

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
QUESTION = "劳动仲裁怎么申请？"
VECTORS = {"要交钱不": (0.0, 1.0), QUESTION: (1.0, 0.0)}


def hit(name: str, score: float) -> Hit:
    return Hit(f"arbitration.{name}", "arbitration", QUESTION, "", None, (), "", score)


@dataclass
class Search:
    """Stands in for the knowledge base: keeps what it was asked, finds the entry shown before and another."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    outcome: str = "answer"

    async def refresh(self) -> bool:
        return False

    def get(self, faq_id: str) -> Hit | None:
        return hit("how", 0.0) if faq_id == "arbitration.how" else None

    def search(self, text: str, **asked: Any) -> SearchResult:
        self.asked.append({"text": text, **asked})
        return SearchResult(self.outcome, (hit("how", 0.7), hit("cost", 0.25), hit("where", 0.02)))  # type: ignore[arg-type]


class Model:
    """Stands in for the model: knows two sentences."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def understand(self, text: str) -> Understanding:
        self.asked.append(text)
        return Understanding(
            "legal_aid_apply", 0.4, (Ranked("legal_aid_apply", 0.4),), {}, VECTORS.get(text), "model", unsure=True
        )  # fmt: skip


async def heard(text: str, state: State, search: Search, model: Model, payload: str | None = None) -> Any:
    hearing = Hearing(build_engine({}), model, search, 2000)  # type: ignore[arg-type]
    message = Inbound("webchat", "a", "1", kind="button" if payload else "text", text=text, payload=payload)
    facts = Facts(now=NOW)
    assert await hearing.at_once(message, state, facts, (), silent=False) is None
    return (await hearing.with_model(message, state, facts)).heard


TOPIC = State(last_faq="arbitration.how", last_intent="arbitration", updated_at=NOW.isoformat())


async def test_the_joint_search_has_both_texts_the_mean_vector_and_the_topic_s_intent() -> None:
    search, model = Search(), Model()
    found = await heard("要交钱不", TOPIC, search, model)
    joint = search.asked[-1]
    assert joint["text"] == f"{QUESTION} 要交钱不"
    assert joint["embedding"] == (0.5, 0.5)
    assert joint["intents"] == {"legal_aid_apply": 0.2, "arbitration": 0.5}
    assert model.asked == ["要交钱不", QUESTION]
    assert found.understanding.intent == "arbitration"


async def test_the_entry_just_shown_is_not_the_answer_again() -> None:
    found = await heard("要交钱不", TOPIC, Search(), Model())
    assert [answer.faq_id for answer in found.answers.hits] == ["arbitration.cost", "arbitration.where"]
    assert found.answers.outcome == "answer"


@pytest.mark.parametrize("text", ["老板拖欠工资怎么办", "我想加入工会", "劳动仲裁要花多少钱才能办下来"])
async def test_a_whole_question_is_searched_alone_with_its_own_vector(text: str) -> None:
    search, model = Search(), Model()
    await heard(text, TOPIC, search, model)
    assert [asked["text"] for asked in search.asked] == [text]
    assert model.asked == [text]


async def test_a_picked_matter_is_understood_by_its_own_words() -> None:
    search, model = Search(), Model()
    state = State(
        pending=(Pending("dismissal", "又把我辞退了"),), awaiting="then", updated_at=NOW.isoformat()
    )
    found = await heard("好", state, search, model)
    assert model.asked == ["又把我辞退了"]
    assert (found.payload, found.text) == ("then:dismissal", "又把我辞退了")
    assert (found.understanding.intent, found.understanding.unsure) == ("dismissal", False)


async def test_an_old_button_of_a_matter_searches_its_name() -> None:
    model = Model()
    await heard("", State(), Search(), model, payload="then:leave")
    assert model.asked == ["休假和病假"]
