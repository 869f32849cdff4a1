"""The one access table: which route needs which permission.

A route that is not named here can't be registered. Which role has a permission is decided in
tickets.access; which tickets and accounts, too (own unit and below).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from storage.models import Account
from tickets.access import Action, may


class Open(StrEnum):
    """Routes that need no permission of a role."""

    EVERYBODY = "everybody"  # not signed in
    SIGNED_IN = "signed in"


ACCESS: Mapping[str, Action | Open] = MappingProxyType({
    "home": Open.SIGNED_IN,
    "static": Open.EVERYBODY,
    "sign_in": Open.EVERYBODY,
    "sign_in.submit": Open.EVERYBODY,
    "sign_out": Open.SIGNED_IN,
    "own": Open.SIGNED_IN,
    "own.password": Open.SIGNED_IN,
    "own.telegram": Open.SIGNED_IN,
    "queue": Action.SEE_TICKETS,
    "queue.body": Action.SEE_TICKETS,
    "queue.events": Action.SEE_TICKETS,
    "ticket": Action.SEE_TICKETS,
    "ticket.events": Action.SEE_TICKETS,
    "ticket.accept": Action.WORK_TICKETS,
    "ticket.reply": Action.WORK_TICKETS,
    "ticket.draft": Action.WORK_TICKETS,
    "ticket.material": Action.WORK_TICKETS,
    "ticket.note": Action.WORK_TICKETS,
    "ticket.transfer": Action.WORK_TICKETS,
    "ticket.take_over": Action.WORK_TICKETS,
    "ticket.hand_back": Action.WORK_TICKETS,
    "ticket.extend": Action.EXTEND_TICKETS,
    "ticket.close": Action.WORK_TICKETS,
    "ticket.papers": Action.WORK_TICKETS,
    "ticket.paper_add": Action.WORK_TICKETS,
    "ticket.not_accept": Action.WORK_TICKETS,
    "ticket.decide": Action.WORK_TICKETS,
    "ticket.pay": Action.WORK_TICKETS,
    "ticket.date": Action.WORK_TICKETS,
    "ticket.reveal": Action.REVEAL_DETAILS,
    "paper": Action.SEE_TICKETS,
    "paper.save": Action.WORK_TICKETS,
    "paper.send": Action.WORK_TICKETS,
    "paper.open": Action.REVEAL_DETAILS,
    "file": Action.SEE_TICKETS,
    "file.thumbnail": Action.SEE_TICKETS,
    "faq": Action.PUBLISH_KNOWLEDGE,
    "faq.new": Action.PUBLISH_KNOWLEDGE,
    "faq.create": Action.PUBLISH_KNOWLEDGE,
    "faq.edit": Action.PUBLISH_KNOWLEDGE,
    "faq.save": Action.PUBLISH_KNOWLEDGE,
    "faq.publish": Action.PUBLISH_KNOWLEDGE,
    "faq.archive": Action.PUBLISH_KNOWLEDGE,
    "faq.versions": Action.PUBLISH_KNOWLEDGE,
    "faq.restore": Action.PUBLISH_KNOWLEDGE,
    "test_box": Action.PUBLISH_KNOWLEDGE,
    "test_box.ask": Action.PUBLISH_KNOWLEDGE,
    "misses": Action.PUBLISH_KNOWLEDGE,
    "misses.done": Action.PUBLISH_KNOWLEDGE,
    "accounts": Action.MANAGE_ACCOUNTS,
    "accounts.new": Action.MANAGE_ACCOUNTS,
    "accounts.create": Action.MANAGE_ACCOUNTS,
    "account": Action.MANAGE_ACCOUNTS,
    "account.active": Action.MANAGE_ACCOUNTS,
    "account.password": Action.MANAGE_ACCOUNTS,
    "account.leave": Action.MANAGE_ACCOUNTS,
    "audit": Action.SEE_AUDIT,
    "jobs": Action.MANAGE_JOBS,
    "jobs.upload": Action.MANAGE_JOBS,
    "jobs.check": Action.MANAGE_JOBS,
    "jobs.import": Action.MANAGE_JOBS,
    "jobs.active": Action.MANAGE_JOBS,
    "jobs.export": Action.MANAGE_JOBS,
    "notices": Action.WRITE_NOTICES,
    "notices.new": Action.WRITE_NOTICES,
    "notices.create": Action.WRITE_NOTICES,
    "notice": Action.WRITE_NOTICES,
    "notice.save": Action.WRITE_NOTICES,
    "notice.publish": Action.PUBLISH_NOTICES,
    "notice.withdraw": Action.PUBLISH_NOTICES,
    "ratings": Action.SEE_RATINGS,
    "ratings.unit": Action.SEE_RATINGS,
})  # fmt: skip

# Routes whose forms bring a file, and how many bytes they may have: a list of 5 MB, and it again as text.
UPLOADS: Mapping[str, int] = MappingProxyType({"jobs.check": 5_100_000, "jobs.import": 7_000_000})


def allowed(account: Account | None, route: str) -> bool:
    """Tell whether the account (None: nobody signed in) may call the route at all."""
    needed = ACCESS[route]
    if needed is Open.EVERYBODY:
        return True
    if account is None or not account.active:
        return False
    return needed is Open.SIGNED_IN or may(account, str(needed))
