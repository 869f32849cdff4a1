"""The sources of a drafted reply: the best curated entries for a matter and the articles that they cite."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from knowledge.draft_check import Reference, plain_name, references
from knowledge.laws import article_text
from knowledge.search import Hit, KnowledgeBase
from knowledge.statutes import Citation, article_path
from nlu.understanding import INTENTS, OUT_OF_SCOPE, Understander

ENTRIES = 3
ARTICLES = 8
LOWEST_SCORE = 0.1  # a weaker hit is beside the matter, even when others are near
CATEGORY_TRUST = 0.5  # how likely the ticket's own category is, at least
ARTICLE_CHARACTERS = 1200
QUESTION_CHARACTERS = 400
Kind = Literal["entry", "article"]


@dataclass(frozen=True, slots=True)
class Source:
    """One numbered source. `text` is empty where the article's wording was never imported."""

    number: int
    kind: Kind
    title: str
    text: str
    basis: str = ""
    faq_id: str = ""
    address: str = ""  # of the public page that shows the article
    references: frozenset[Reference] = frozenset()


async def best_entries(
    knowledge: KnowledgeBase,
    understander: Understander,
    questions: Sequence[str],
    category: str,
    region: str | None,
    today: date,
) -> tuple[Hit, ...]:
    """At most three entries that the bot itself would answer or offer for what the worker wrote.

    Args:
        questions: what the worker wrote, without anything personal; each is searched for on its own.
        category: of the ticket; where it is an intent, it leans on the search.
    """
    await knowledge.refresh()
    asked = [text[:QUESTION_CHARACTERS] for text in questions if text.strip()]
    heard = await asyncio.gather(*(understander.understand(text) for text in asked))
    best: dict[str, Hit] = {}
    for text, understood in zip(asked, heard, strict=True):
        if INTENTS[understood.intent].group == "talk" and understood.intent != OUT_OF_SCOPE:
            continue  # thanks and greetings are not what the reply is about
        intents = {ranked.intent: ranked.confidence for ranked in understood.ranking}
        result = knowledge.search(
            text,
            embedding=understood.embedding,
            intents=_leaning(intents, category),
            region=region,
            today=today,
        )
        if result.outcome == "none":
            continue
        for hit in (*result.hits, *((result.local,) if result.local else ())):
            if hit.score >= LOWEST_SCORE and hit.score > (
                best[hit.faq_id].score if hit.faq_id in best else 0
            ):
                best[hit.faq_id] = hit
    return tuple(sorted(best.values(), key=lambda hit: -hit.score)[:ENTRIES])


def _leaning(intents: Mapping[str, float], category: str) -> dict[str, float]:
    leaning = dict(intents)
    if category in INTENTS and INTENTS[category].group != "talk":
        leaning[category] = max(leaning.get(category, 0.0), CATEGORY_TRUST)
    return leaning


async def sources_of(session: AsyncSession, hits: Sequence[Hit]) -> tuple[Source, ...]:
    """The entries, then each article that they cite, once, with its wording where it was imported."""
    sources = [_entry(number, hit) for number, hit in enumerate(hits, 1)]
    cited = {(one.law, one.article): one for hit in hits for one in hit.citations}
    for citation in list(cited.values())[:ARTICLES]:
        wording = await article_text(session, citation.law, citation.article) or ""
        sources.append(_article(len(sources) + 1, citation, wording))
    return tuple(sources)


def _article(number: int, citation: Citation, wording: str) -> Source:
    address = f"/laws/{quote(citation.law, safe='')}/{article_path(citation.article)}"
    text = wording[:ARTICLE_CHARACTERS]
    return Source(number, "article", citation.title, text, address=address, references=_named([citation]))


def _entry(number: int, hit: Hit) -> Source:
    text = "\n".join(part.strip() for part in (hit.answer, hit.more) if part)
    known = _named(hit.citations) | references(text)
    return Source(number, "entry", hit.question, text, hit.basis, hit.faq_id, references=known)


def _named(citations: Sequence[Citation]) -> frozenset[Reference]:
    """The cited articles under the name of the content and under the printed one."""
    printed = {
        (plain_name(one.title.partition("》")[0].removeprefix("《")), one.article) for one in citations
    }
    return frozenset(printed | {(plain_name(one.law), one.article) for one in citations})
