"""A draft of a cadre's reply by an OpenAI-compatible endpoint, from given sources only. Off unless configured.

Nothing that comes back does anything: it is a text for a text box, checked against its sources.
"""

import asyncio
import ipaddress
import json
import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import yaml

from knowledge.draft_check import check, plain_name
from knowledge.draft_sources import Source
from knowledge.errors import DraftError

log = logging.getLogger(__name__)

LIMIT = 900  # characters of a draft: the reply box takes 1000
ASKED_LIMIT = 400  # what the model is asked for
ANSWER_BYTES = 256 * 1024
TOKENS = 1500
TEMPERATURE = 0.2
LINES = 30
LINE_CHARACTERS = 500
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_MARKDOWN = re.compile(r"\*\*|__|^#{1,6}\s+|^```\w*$|`", re.MULTILINE)
# Control and direction characters: they could hide text or turn it around.
_INVISIBLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SENTENCE_END = re.compile(r"[。！？!?；\n]")


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the conversation, without anything personal."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Matter:
    """What a reply is about, as it may leave the house: everything personal is hidden already."""

    category: str
    region: str
    facts: tuple[tuple[str, str], ...]
    conversation: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A text for the reply box. `doubtful` sentences carry a mark; `uncited`: it names none of its articles."""

    text: str
    sources: tuple[Source, ...]
    doubtful: int = 0
    shortened: bool = False
    uncited: bool = False


@cache
def prompts() -> dict[str, Any]:
    """What the model is told, from drafting.yml."""
    text = Path(__file__).with_name("drafting.yml").read_text(encoding="utf-8")
    return cast(dict[str, Any], yaml.safe_load(text))


def build_messages(matter: Matter, sources: Sequence[Source]) -> list[dict[str, str]]:
    """The two messages of the request. What people wrote is quoted as JSON: it can't end its own quotation."""
    words = prompts()
    keys = words["keys"]
    data = {
        keys["matter"]: {
            keys["category"]: matter.category,
            keys["region"]: matter.region,
            keys["facts"]: dict(matter.facts),
        },
        keys["conversation"]: [
            {keys["who"]: line.who, keys["text"]: line.text[:LINE_CHARACTERS]}
            for line in matter.conversation[-LINES:]
        ],
        keys["sources"]: [_source(source, keys) for source in sources],
    }
    system = words["system"].format(
        limit=ASKED_LIMIT, hidden_mark=words["hidden_mark"], not_enough=words["not_enough"]
    )
    quoted = json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8", "replace").decode()
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": f"{words['task']}\n\n{quoted}"},
    ]


def _source(source: Source, keys: dict[str, str]) -> dict[str, object]:
    shown: dict[str, object] = {keys["number"]: source.number, keys["title"]: source.title}
    if source.text:
        shown[keys["text"]] = source.text
    if source.basis:
        shown[keys["basis"]] = source.basis
    return shown


class Drafter:
    """POST {base_url}/v1/chat/completions.

    Args:
        law_names: laws that are recognised in a draft without 《》.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str = "",
        *,
        timeout_seconds: float = 30.0,
        law_names: Iterable[str] = (),
    ) -> None:
        self.model = model
        self._url = f"{base_url.rstrip('/').removesuffix('/v1')}/v1/chat/completions"
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout = timeout_seconds
        self._law_names = tuple(law_names)
        self._direct = _on_this_machine(base_url)  # a proxy for the outside world must never see loopback

    async def draft(self, matter: Matter, sources: Sequence[Source]) -> Draft:
        """Return a checked draft. Raises DraftError; without a source nothing is asked at all."""
        if not sources:
            raise DraftError("draft_no_source", 422)
        text, cut_off = _answer(await self._ask(build_messages(matter, sources)))
        if prompts()["not_enough"] in text[:20]:
            raise DraftError("draft_not_enough", 422)
        whole = _shorten(text)
        given = frozenset[tuple[str, int]]().union(*(source.references for source in sources))
        all_text = "\n".join(f"{source.title}\n{source.text}\n{source.basis}" for source in sources)
        checked = check(whole, given, all_text, (plain_name(name) for name in self._law_names))
        shortened = cut_off or len(whole) < len(text)
        return Draft(checked.text, tuple(sources), checked.doubtful, shortened, not checked.cited)

    async def _ask(self, messages: list[dict[str, str]]) -> bytes:
        body = {
            "model": self.model,
            "messages": messages,
            "temperature": TEMPERATURE,
            "max_tokens": TOKENS,
            "stream": False,
        }
        try:
            # httpx counts each read on its own: an answer that trickles in must not hold the cadre for ever.
            async with asyncio.timeout(self._timeout):
                return await self._post(body)
        except (TimeoutError, httpx.TimeoutException) as error:
            log.warning("drafting endpoint: no answer in time")
            raise DraftError("draft_timeout", 504) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("drafting endpoint: %s", type(error).__name__)
            raise DraftError("draft_away") from error

    async def _post(self, body: dict[str, Any]) -> bytes:
        client = httpx.AsyncClient(headers=self._headers, timeout=self._timeout, trust_env=not self._direct)
        async with client, client.stream("POST", self._url, json=body) as response:
            if response.status_code != httpx.codes.OK:
                log.warning("drafting endpoint: status %d", response.status_code)
                raise DraftError(_reason(response.status_code))
            data = bytearray()
            async for chunk in response.aiter_bytes():
                data += chunk
                if len(data) > ANSWER_BYTES:
                    log.warning("drafting endpoint: endless answer")
                    raise DraftError("draft_endless")
            return bytes(data)


def _reason(status: int) -> str:
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return "draft_crowded"
    return "draft_away" if status >= httpx.codes.INTERNAL_SERVER_ERROR else "draft_refused"


def _answer(data: bytes) -> tuple[str, bool]:
    """Return the text of the answer, and whether the model was cut off. Raises DraftError."""
    try:
        choice = json.loads(data)["choices"][0]
        content = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        log.warning("drafting endpoint: unreadable answer")
        raise DraftError("draft_unreadable") from error
    text = _clean(content) if isinstance(content, str) else ""
    if not text:
        log.warning("drafting endpoint: empty answer")
        raise DraftError("draft_unreadable")
    return text, choice.get("finish_reason") == "length"


def _clean(text: str) -> str:
    """Plain text only: no thoughts, no Markdown, nothing invisible, no half characters."""
    whole = text.encode("utf-8", "ignore").decode().replace("\r\n", "\n").replace("\r", "\n")
    visible = _INVISIBLE.sub("", _MARKDOWN.sub("", _THOUGHTS.sub("", whole)))
    return re.sub(r"\n{3,}", "\n\n", visible).strip()


def _shorten(text: str) -> str:
    """At most LIMIT characters, up to the end of a sentence."""
    if len(text) <= LIMIT:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, LIMIT)]
    return text[: ends[-1] if ends else LIMIT].strip()


def _on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
