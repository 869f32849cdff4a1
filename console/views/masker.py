"""Hides in free text what a ticket keeps as protected details: the worker typed it in the conversation, too."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.models import Account, Ticket
from tickets.access import identity_hidden
from tickets.masking import HIDDEN, mask_text, mask_value

SHORTEST = 2  # characters of a detail that is looked for in texts


@dataclass(frozen=True)
class Masker:
    """Replaces known details, then whatever looks like a phone, ID or card number."""

    details: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, text: str) -> str:
        for detail, hidden in self.details.items():
            text = text.replace(detail, hidden)
        return mask_text(text)


def masker(account: Account, ticket: Ticket) -> Masker:
    """Return what hides, in texts of this ticket, what this account sees only with a reason or not at all."""
    concealed = identity_hidden(account, ticket)
    details = {
        value.strip(): HIDDEN if concealed else mask_value(name, value.strip())
        for name, value in (ticket.sensitive or {}).items()
        if isinstance(value, str) and len(value.strip()) >= SHORTEST and (concealed or name in _MASKED)
    }
    return Masker(dict(sorted(details.items(), key=lambda item: len(item[0]), reverse=True)))


# An address or an illness is part of the matter: the cadre reads it in the worker's own words.
_MASKED = frozenset({"name", "phone", "id_number", "bank_card"})
