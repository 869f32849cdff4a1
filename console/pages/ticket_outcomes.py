"""What a cadre decides on a ticket: its papers, not accepting, a decision, a payment, a date to remember."""

from datetime import date, datetime, time
from typing import Literal, cast

from sqlalchemy.ext.asyncio import AsyncSession

from console.pages.ticket_actions import (
    REASON_LIMIT,
    RESULT_LIMIT,
    FormProblem,
    Work,
    action,
    end_of_work,
    limited,
)
from console.texts import error_text
from console.web import Page, Routes
from storage.models import Account
from tickets import outcomes, papers
from tickets.papers import Verdict
from tickets.sla import SHANGHAI

WHAT_LIMIT = 300
VERDICTS = ("accepted", "returned", "waived")


def register(routes: Routes) -> None:
    """Add this module's routes."""
    works: dict[str, Work] = {
        "papers": _papers,
        "paper_add": _paper_add,
        "not_accept": _not_accept,
        "decide": _decide,
        "pay": _pay,
        "date": _date,
    }
    for name, work in works.items():
        address = name.replace("_", "-")
        routes.add("POST", f"/tickets/{{ticket_id:int}}/{address}", f"ticket.{name}", action(name, work))


async def _papers(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    verdicts = _verdicts(page)
    returns = any(one.state == "returned" for one in verdicts)
    until = end_of_work(page.form.text("until"), page.deps.policy.periods) if returns else None
    await papers.review(
        session, account, ticket_id, verdicts, until, page.now, page.deps.policy, page.deps.outcomes,
        version=version,
    )  # fmt: skip


def _verdicts(page: Page) -> list[Verdict]:
    """The papers for which something was chosen."""
    chosen = {
        name.removeprefix("state-"): page.form.text(name)
        for name in page.form.values
        if name.startswith("state-")
    }
    return [
        Verdict(key, cast(Literal["accepted", "returned", "waived"], state), page.form.text(f"note-{key}"))
        for key, state in chosen.items()
        if state in VERDICTS
    ]


async def _paper_add(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    await papers.add(session, account, ticket_id, page.form.text("label"), page.now, version=version)


async def _not_accept(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    reason = limited(page.form.text("reason"), REASON_LIMIT)
    await outcomes.not_accept(
        session, account, ticket_id, reason, page.now, page.deps.policy, page.deps.outcomes, version=version
    )


async def _decide(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    result = limited(page.form.text("result"), RESULT_LIMIT)
    await outcomes.decide(
        session, account, ticket_id, result, page.now, page.deps.policy, page.deps.outcomes, version=version
    )


async def _pay(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    amount = _amount(page.form.text("amount"))
    await outcomes.pay(
        session, account, ticket_id, amount, page.now, page.deps.policy, page.deps.outcomes, version=version
    )


def _amount(typed: str) -> float | None:
    """3000, 3,000 and 3000元 are the same sum; None for what is none."""
    plain = typed.replace(",", "").replace("，", "").removesuffix("元").strip()
    whole, _, cents = plain.partition(".")
    fits = whole.isascii() and whole.isdigit() and len(whole) < 10 and len(cents) < 3
    return float(plain) if fits and (not cents or (cents.isascii() and cents.isdigit())) else None


async def _date(
    session: AsyncSession, account: Account, page: Page, ticket_id: int, version: int | None
) -> None:
    kind: Literal["hearing", "limitation"] = (
        "limitation" if page.form.text("kind") == "limitation" else "hearing"
    )
    what = limited(page.form.text("what"), WHAT_LIMIT)
    await outcomes.set_date(session, account, ticket_id, kind, _moment(page), what, page.now, version=version)


def _moment(page: Page) -> datetime:
    try:
        day, hour = date.fromisoformat(page.form.text("day")), time.fromisoformat(page.form.text("time"))
    except ValueError as error:
        raise FormProblem(error_text("date_time")) from error
    return datetime.combine(day, hour.replace(tzinfo=None), SHANGHAI)
