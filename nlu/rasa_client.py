"""Asks the Rasa server what a message means; answers from keywords when the server does not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nlu import emergency, entities
from nlu.breaker import CircuitBreaker
from nlu.keywords import KeywordScorer
from nlu.understanding import EMERGENCY, INTENTS, OUT_OF_SCOPE, Ranked, Understanding

log = logging.getLogger(__name__)

EMBEDDING_SIZE = 384
# Rasa reads no more than this of a message anyway; a pasted page must not cost seconds.
MAX_CHARACTERS_SENT = 2000
TIME_ZONE = ZoneInfo("Asia/Shanghai")


class _Intent(BaseModel):
    name: str
    confidence: float = Field(ge=0, le=1)


class _Parsed(BaseModel):
    """The part of Rasa's answer that is used. The FallbackClassifier of other pipelines adds more names."""

    model_config = ConfigDict(extra="ignore")

    intent: _Intent
    intent_ranking: list[_Intent]
    embedding: list[float] | None = None
    unsure: bool = False


class RasaUnderstander:
    """Understands messages through a Rasa server. Never raises for a message or for an absent server.

    Args:
        url: the server's address, or a callable that gives it, or None while there is none yet.
        client: an httpx client; the caller closes it. Without one, `aclose` closes our own.
        today: the date that "last month" is counted from; Shanghai's today unless told.
    """

    def __init__(
        self,
        url: str | Callable[[], str | None],
        *,
        timeout_seconds: float = 1.5,
        breaker: CircuitBreaker | None = None,
        keywords: KeywordScorer | None = None,
        client: httpx.AsyncClient | None = None,
        today: Callable[[], date] = lambda: datetime.now(TIME_ZONE).date(),
    ) -> None:
        self._url: Callable[[], str | None] = url if callable(url) else lambda: url
        self._timeout = timeout_seconds
        self._breaker = breaker or CircuitBreaker()
        self._keywords = keywords or KeywordScorer.standard()
        # trust_env=False: a proxy set for the outside world must never see loopback traffic.
        self._client = client or httpx.AsyncClient(trust_env=False)
        self._owns_client = client is None
        self._today = today

    async def aclose(self) -> None:
        if self._owns_client:
            await self._client.aclose()

    async def understand(self, text: str) -> Understanding:
        found = entities.extract(text, self._today())
        if emergency.detect(text) is not None:
            certain = (Ranked(EMERGENCY, 1.0),)
            return Understanding(EMERGENCY, 1.0, certain, found, None, "rule", unsure=False)
        sent = _sendable(text)
        parsed = await self._ask(sent) if sent else None
        if parsed is None:
            return self._keywords.understand(text, found)
        return _from_model(parsed, found)

    async def _ask(self, text: str) -> _Parsed | None:
        """Rasa's answer, or None when it is away, late or answers nonsense."""
        url = self._url()
        if url is None or not self._breaker.allow():
            return None
        try:
            parsed = await self._request(url, text)
        except (httpx.HTTPError, ValidationError, ValueError) as error:
            self._breaker.failed()
            # The kind only: an exception's text may hold the message.
            log.warning("intent server did not answer: %s", type(error).__name__)
            return None
        except BaseException:
            self._breaker.abandoned()
            raise
        self._breaker.succeeded()
        return parsed

    async def _request(self, url: str, text: str) -> _Parsed:
        body: Mapping[str, Any] = {"text": text}
        response = await self._client.post(f"{url.rstrip('/')}/model/parse", json=body, timeout=self._timeout)
        response.raise_for_status()
        parsed = _Parsed.model_validate_json(response.content)
        if parsed.embedding is not None and len(parsed.embedding) != EMBEDDING_SIZE:
            raise ValueError("embedding of unexpected size")
        return parsed


def _sendable(text: str) -> str:
    """What Rasa may see of a message.

    A leading slash is Rasa's own syntax: "/greet" would force an intent past the model, and a slash that it
    cannot read is logged with the text. Half characters (a cut emoji) cannot be sent as UTF-8.
    """
    whole = text[:MAX_CHARACTERS_SENT].encode("utf-8", "replace").decode("utf-8")
    return whole.strip().lstrip("/／ ").strip()


def _from_model(parsed: _Parsed, found: Mapping[str, object]) -> Understanding:
    ranking = tuple(
        Ranked(item.name, item.confidence) for item in parsed.intent_ranking if item.name in INTENTS
    )
    # nlu_fallback is how a plain Rasa pipeline says "none of these".
    known = parsed.intent.name in INTENTS
    return Understanding(
        intent=parsed.intent.name if known else OUT_OF_SCOPE,
        confidence=parsed.intent.confidence,
        ranking=ranking,
        entities=found,
        embedding=tuple(parsed.embedding) if parsed.embedding is not None else None,
        source="model",
        unsure=parsed.unsure or not known,
    )
