"""A small content folder and an embedder without a model: equal letters give near vectors."""

import hashlib
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

from knowledge import faq
from knowledge.embedding import DIMENSIONS, Matrix, Vector
from knowledge.search import DEFAULT_THRESHOLDS, KnowledgeBase
from storage.database import Database

TODAY = date(2026, 11, 24)
LAWS = [
    {
        "name": "劳动合同法",
        "title": "中华人民共和国劳动合同法",
        "in_force_since": date(2013, 7, 1),
        "status": "有效",
    },
    {"name": "劳动法", "title": "中华人民共和国劳动法", "status": "有效"},
    {"name": "法律援助条例", "title": "法律援助条例", "status": "失效：已被取代"},
    {"name": "民法典-合同编", "title": "中华人民共和国民法典（合同编）", "in_force_since": date(2021, 1, 1)},
]


class LetterEmbedder:
    """Counts pairs of letters in hashed places; `asked` tells how many texts it had to embed."""

    name = "letters"

    def __init__(self) -> None:
        self.asked = 0

    def embed_query(self, text: str) -> Vector:
        vector = np.zeros(DIMENSIONS, np.float32)
        for left, right in pairwise(text + "$"):
            digest = hashlib.sha256((left + right).encode("utf-8", "replace")).digest()
            vector[int.from_bytes(digest[:4]) % DIMENSIONS] += 1
        return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9), np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        self.asked += len(texts)
        return np.array([self.embed_query(text) for text in texts], np.float32).reshape(
            len(texts), DIMENSIONS
        )


def entry(faq_id: str, question: str, *phrasings: str, **more: object) -> dict[str, object]:
    """A valid entry as it stands in a file."""
    return {
        "id": faq_id,
        "intent": faq_id.partition(".")[0],
        "question": question,
        "phrasings": list(phrasings),
        "answer": f"关于{question}，您可以这样办。1. 留好记录。",
        "citations": [{"law": "劳动合同法", "article": 30}],
        "region": "全国",
        **more,
    }


ENTRIES = [
    entry("wage_arrears.company_delays", "公司一直拖着不发工资怎么办", "老板两个月没给工钱", "薪水拖了又拖"),
    entry("wage_arrears.boss_gone", "包工头跑路了工钱找谁要", "工头失联了", "带班的卷钱跑了"),
    entry("minimum_wage.what_is", "最低工资包括哪些钱", "最低工资含社保吗", "最低工资算加班费吗"),
    entry("minimum_wage.yunnan", "云南最低工资是多少", "昆明最低工资多少钱", "最低工资几多", region="云南省"),
    entry("overtime_pay.rates", "加班费怎么算", "周末加班几倍", "节假日上班给多少"),
    entry("female_worker.dismissed", "怀孕被辞退怎么办", "孕妇能开除吗", "怀上孩子公司叫我走"),
    entry("join_union.how", "怎么加入工会", "入会要什么条件", "我想进工会"),
]


def write_content(folder: Path, entries: Sequence[dict[str, object]], laws: object = LAWS) -> Path:
    (folder / "faq").mkdir(parents=True, exist_ok=True)
    (folder / "faq" / "all.yml").write_text(
        yaml.safe_dump(list(entries), allow_unicode=True), encoding="utf-8"
    )
    (folder / "laws.yml").write_text(yaml.safe_dump(laws, allow_unicode=True), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_content(tmp_path / "content", ENTRIES)


@pytest.fixture
def embedder() -> LetterEmbedder:
    return LetterEmbedder()


@pytest.fixture
async def knowledge(database: Database, folder: Path, embedder: LetterEmbedder, now) -> KnowledgeBase:
    """The small content, in the database and in memory."""
    async with database.write() as session:
        await faq.sync_content(session, folder, now)
    base = KnowledgeBase(database, embedder, DEFAULT_THRESHOLDS, content_folder=folder)
    await base.load()
    return base
