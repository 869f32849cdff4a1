"""What of a ticket a drafting model may be told: the conversation and the facts without anything personal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from console.texts import texts
from console.views.facts import facts_of
from console.views.ticket import conversation_of
from knowledge.drafting import LINES, Line, Matter
from storage.models import Account, Conversation, Message, Ticket
from tickets.catalogue import catalogue
from tickets.scrubbing import Scrubber, scrubber

NEWEST = 2  # messages of the worker that sources are searched for
LONGEST = 2  # and as many of those before them
FEWEST_LETTERS = 4  # a shorter message (好的, 官渡区) asks nothing that could be searched for
BOT_CHARACTERS = 120  # of what the assistant said: enough to know what the worker answered
_KNOWN_PROFILE = ("name", "phone", "id_number", "bank_card")


@dataclass(frozen=True)
class Told:
    """The matter for the model, and what the worker wrote, to search the sources with."""

    matter: Matter
    questions: tuple[str, ...]


async def load_told(session: AsyncSession, account: Account, ticket: Ticket) -> Told:
    """Return what may be told; the caller has checked that the account may answer the ticket."""
    rows = (await conversation_of(session, account, ticket))[-LINES:]
    hide = await _scrubber(session, ticket, rows)
    written = [hide(row.text) for row in reversed(rows) if row.author == "worker" and row.kind == "text"]
    questions = [text for text in written if sum(char.isalpha() for char in text) >= FEWEST_LETTERS]
    matter = Matter(
        category=catalogue().category(ticket.category).label,
        region=ticket.region or "",
        facts=_facts(ticket, hide),
        conversation=tuple(Line(_who(row), _said(row, hide)) for row in rows if row.text.strip()),
    )
    return Told(matter, (*_telling(questions), hide(ticket.title)))


def _telling(questions: Sequence[str]) -> list[str]:
    """The newest of what the worker wrote, and the longest: the story was told at the beginning."""
    newest = questions[:NEWEST]
    return [*newest, *sorted(questions[NEWEST:], key=len, reverse=True)[:LONGEST]]


def _who(row: Message) -> str:
    """Worker, assistant or cadre: never the name of a person."""
    return str(texts()["authors"].get(row.author, row.author))


def _said(row: Message, hide: Scrubber) -> str:
    text = hide(row.text)
    return text if row.author in {"worker", "cadre"} else text[:BOT_CHARACTERS]


def _facts(ticket: Ticket, hide: Scrubber) -> tuple[tuple[str, str], ...]:
    """The employer's name is left out: the reply does not need it."""
    employer = texts()["facts"]["employer"]
    region = texts()["facts"]["region"]
    return tuple((label, hide(value)) for label, value in facts_of(ticket) if label not in {employer, region})


async def _scrubber(session: AsyncSession, ticket: Ticket, rows: Sequence[Message]) -> Scrubber:
    """Hide what is known: protected details of all tickets of the person, the profile, colleagues' names."""
    known, names = list[Any](), set[str]()
    for one in await session.scalars(select(Ticket).where(Ticket.conversation_id == ticket.conversation_id)):
        known += [one.sensitive, one.employer]
        names |= {str((one.sensitive or {}).get("name") or "")}
        names |= {one.assignee.display_name} if one.assignee else set()
    profile = await session.scalar(
        select(Conversation.profile).where(Conversation.id == ticket.conversation_id)
    )
    if isinstance(profile, dict):
        known += [profile.get(key) for key in _KNOWN_PROFILE]
        names |= {str(profile.get("name") or "")}
    ids = {row.account_id for row in rows if row.account_id is not None}
    names |= set(await session.scalars(select(Account.display_name).where(Account.id.in_(ids))))
    return scrubber([value for value in known if value is not None], names)
