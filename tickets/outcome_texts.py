"""The words in which a worker hears of an outcome: the service's own, the catalogue's where it has none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from storage.models import Account, Ticket
from tickets.catalogue import catalogue
from tickets.times import before_text

KINDS: Final = ("accepted", "returned", "not_accepted", "decided", "paid")
# What a text of each kind may name; `tests/dialogs/test_outcome_texts.py` holds every service to it.
ALWAYS: Final = frozenset({"number", "name", "close_due"})
PLACEHOLDERS: Final[Mapping[str, frozenset[str]]] = {
    "accepted": ALWAYS,
    "returned": ALWAYS | {"what", "until"},
    "not_accepted": ALWAYS | {"reason"},
    "decided": ALWAYS | {"result"},
    "paid": ALWAYS | {"amount"},
}
NOT_ACCEPTED: Final = "not_accepted"
DECIDING: Final = frozenset({"answered", "solved", "partly_solved"})  # closures that are a decision of ours
_FALLBACK: Final = {"returned": "material"}
_PLACE: Final = re.compile(r"\{(\w+)\}")
_STOPS: Final = "。；，、.;,"


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return the text with its places filled; no 。。, no 前前, no 元元 where value and text both bring one.

    Raises KeyError for a place that nothing fills.
    """

    def one(found: re.Match[str]) -> str:
        name, following = found[1], template[found.end() :]
        value = values[name]
        if name == "amount" and following.startswith("元"):
            value = value.removesuffix("元")
        if following.startswith("前"):
            value = value.removesuffix("前")
        return value.rstrip(_STOPS) if following.startswith(tuple(_STOPS)) else value

    return _PLACE.sub(one, template).strip()


def yuan(amount: float) -> str:
    """Return a sum as it is read: 3,000元."""
    return f"{amount:,.2f}".removesuffix(".00") + "元"


@dataclass(frozen=True)
class OutcomeTexts:
    """The services' texts by ticket category and kind of outcome."""

    by_category: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def own(self, ticket: Ticket, kind: str) -> str | None:
        """Return the service's own template, if it has one."""
        return self.by_category.get(ticket.category, {}).get(kind)

    def text(self, kind: str, ticket: Ticket, account: Account, now: datetime, **values: str) -> str:
        """Return what the worker is told; `values` are what the cadre wrote."""
        known = {
            "number": ticket.number,
            "name": account.display_name,
            "close_due": before_text(ticket.close_due, now),
            **values,
        }
        own = self.own(ticket, kind)
        return fill(own, known) if own else catalogue().message(_FALLBACK.get(kind, kind), **known)

    def closing(
        self, ticket: Ticket, account: Account, code: str, result: str, now: datetime, reopen_days: int
    ) -> str:
        """Return the closing message: the service's own for a decision, with the invitation to rate it."""
        words = catalogue()
        kind = NOT_ACCEPTED if code == NOT_ACCEPTED else "decided" if code in DECIDING else ""
        if not kind or (kind == "decided" and self.own(ticket, kind) is None):
            return words.message(
                "closed", number=ticket.number, closure=words.closures[code], result=result, days=reopen_days
            )
        text = self.text(kind, ticket, account, now, reason=result, result=result)
        return f"{text}\n{words.message('rate_invite', days=reopen_days)}"


PLAIN: Final = OutcomeTexts()  # the catalogue's words for every category
