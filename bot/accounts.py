"""What the command line does with accounts, tickets and health."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.app import Application, build, opened
from bot.config import Settings
from bot.starting import alone
from storage.cipher import CipherError
from storage.database import Database
from storage.models import Account, Organization, Ticket, TicketEvent
from tickets import organizations
from tickets.accounts import create_account
from tickets.errors import TicketError
from tickets.passwords import random_password

ADMINISTRATOR = "admin"
TOP_UNIT = "530000"
PROBE = "hello"


class AccountError(Exception):
    """The account can't be made; the text is for the person at the terminal."""


@dataclass(frozen=True)
class Made:
    """An account that was just made; the password is known only here."""

    username: str
    password: str
    role: str
    unit: str


async def ensure_tree(application: Application) -> None:
    """Make sure that there are union units to route to."""
    await _plant(application.database)


async def _plant(database: Database) -> None:
    async with alone(database) as session:
        if not await session.scalar(select(func.count()).select_from(Organization)):
            await organizations.seed_tree(session)


async def first_start(application: Application) -> list[Made]:
    """Seed the tree, the administrator and, if wanted, the demonstration accounts; only on an empty database."""
    now = application.clock()
    async with alone(application.database) as session:
        await organizations.seed_tree(session)
        if await session.scalar(select(func.count()).select_from(Account)):
            return []
        password = random_password()
        await create_account(
            session, username=ADMINISTRATOR, password=password, role="administrator", organization_code=TOP_UNIT,
            now=now,
        )  # fmt: skip
        passwords = {ADMINISTRATOR: password}
        if application.settings.demo.enabled:
            passwords |= dict(await organizations.seed_demo(session, now))
        rows = await session.scalars(select(Account).order_by(Account.id))
        return [
            Made(row.username, passwords[row.username], row.role, row.organization.name)
            for row in rows if row.username in passwords
        ]  # fmt: skip


def welcome(made: Iterable[Made], texts: dict[str, str]) -> list[str]:
    """Return the lines that show new passwords, once."""
    made = list(made)
    lines = []
    for title, chosen in (
        ("first_admin", [one for one in made if one.username == ADMINISTRATOR]),
        ("demo", [one for one in made if one.username != ADMINISTRATOR]),
    ):
        if chosen:
            lines.append(texts[title])
            lines += [texts["account"].format(**vars(one)) for one in chosen]
    return lines


async def create(
    settings: Settings, role: str, organization: str, username: str, name: str, password: str | None
) -> str:
    """Create one account and return its password."""
    chosen = password if password is not None else random_password()
    async with opened(settings) as database:
        await _plant(database)
        try:
            async with database.write() as session:
                await create_account(
                    session, username=username, password=chosen, role=role, organization_code=organization,
                    display_name=name, now=datetime.now(UTC),
                )  # fmt: skip
        except TicketError as error:
            raise AccountError(error.message) from error
    return chosen


async def tickets(settings: Settings, *, open_only: bool) -> list[dict[str, Any]]:
    """Return every ticket with its events; sensitive values are left out or masked."""
    async with opened(settings) as database, database.read() as session:
        query = select(Ticket).order_by(Ticket.id)
        rows = (await session.scalars(query.where(Ticket.open) if open_only else query)).all()
        events = (await session.scalars(select(TicketEvent).order_by(TicketEvent.id))).all()
    by_ticket: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        by_ticket.setdefault(event.ticket_id, []).append({"at": event.at.isoformat(), "kind": event.kind})
    return [{**_row(row), "events": by_ticket.get(row.id, [])} for row in rows]


def _row(ticket: Ticket) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "category": ticket.category,
        "state": ticket.state,
        "open": ticket.open,
        "urgency": ticket.urgency,
        "region": ticket.region,
        "employer": ticket.employer,
        "amount_yuan": ticket.amount_yuan,
        "people_count": ticket.people_count,
        "facts": ticket.facts,
        "sensitive": dict.fromkeys(ticket.sensitive or {}, "***"),
        "first_response_due": ticket.first_response_due.isoformat(),
        "close_due": ticket.close_due.isoformat(),
        "next_due": ticket.next_due.isoformat(),
        "unit": ticket.organization.name,
        "assignee": ticket.assignee.display_name if ticket.assignee else None,
        "created_at": ticket.created_at.isoformat(),
    }


async def doctor(settings: Settings, texts: dict[str, str]) -> tuple[list[str], bool]:
    """Return what was checked and whether all is well."""
    try:
        application = await build(settings, load_knowledge=False, embedder=None)
        await application.knowledge.refresh()
    except (SQLAlchemyError, OSError, CipherError, ValueError) as error:
        return [texts["bad"].format(name="database", detail=type(error).__name__)], False
    try:
        checks = [
            ("database", application.database.engine.dialect.name, True),
            ("knowledge", len(application.knowledge), len(application.knowledge) > 0),
            ("nlu", *await _model_answers(application)),
        ]
    finally:
        await application.aclose()
    lines = [texts["ok" if good else "bad"].format(name=name, detail=detail) for name, detail, good in checks]
    return lines, all(good for _, _, good in checks)


async def _model_answers(application: Application) -> tuple[str, bool]:
    """What understood a greeting: the model, or keywords because it is away (which is well when it is off)."""
    if application.rasa is not None:
        with contextlib.suppress(TimeoutError):
            await application.rasa.wait_ready()
    heard = await application.understander.understand(PROBE)
    return heard.source, heard.source == "model" or application.settings.nlu.url == "off"
