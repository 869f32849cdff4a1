"""The one place that decides who may see and do what. Everything goes by the organisation tree and role."""

from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, false, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, Attachment, Message, Organization, Ticket
from tickets.errors import NotAllowed

SHOWN_SCANS = ("unchecked", "clean")  # of Attachment.scan
UNSEEN = "unseen"  # kind of the messages in which somebody rates their union
OWN_COPY = "_export"  # Attachment.paper of a copy of somebody's data: no paper of a flow has this name


class Role(StrEnum):
    """What an account is for."""

    CADRE = "cadre"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What can be done in the console."""

    SEE_TICKETS = "tickets.see"
    WORK_TICKETS = "tickets.work"
    REVEAL_DETAILS = "tickets.reveal"
    EXTEND_TICKETS = "tickets.extend"
    EXPORT_TICKETS = "tickets.export"
    DRAFT_KNOWLEDGE = "knowledge.draft"
    PUBLISH_KNOWLEDGE = "knowledge.publish"
    TRAIN_MODEL = "nlu.train"
    SEE_REPORTS = "reports.see"
    MANAGE_ACCOUNTS = "accounts.manage"
    MANAGE_ORGANIZATIONS = "organizations.manage"
    CHANGE_SETTINGS = "settings.change"
    SEE_AUDIT = "audit.see"
    MANAGE_JOBS = "jobs.manage"
    WRITE_NOTICES = "notices.write"
    PUBLISH_NOTICES = "notices.publish"
    SEE_RATINGS = "ratings.see"


_CADRE = {
    Action.SEE_TICKETS,
    Action.WORK_TICKETS,
    Action.REVEAL_DETAILS,
    Action.DRAFT_KNOWLEDGE,
    Action.SEE_REPORTS,
    Action.MANAGE_JOBS,
    Action.WRITE_NOTICES,
}
_LEADER = _CADRE | {
    Action.EXTEND_TICKETS,
    Action.EXPORT_TICKETS,
    Action.PUBLISH_NOTICES,
    Action.SEE_RATINGS,
}
# An administrator runs the system and does not read what workers tell the union.
_ADMINISTRATOR = {
    Action.DRAFT_KNOWLEDGE,
    Action.PUBLISH_KNOWLEDGE,
    Action.TRAIN_MODEL,
    Action.SEE_REPORTS,
    Action.MANAGE_ACCOUNTS,
    Action.MANAGE_ORGANIZATIONS,
    Action.CHANGE_SETTINGS,
    Action.SEE_AUDIT,
    Action.WRITE_NOTICES,
    Action.PUBLISH_NOTICES,
}
GRANTS: dict[str, frozenset[Action]] = {
    Role.CADRE: frozenset(_CADRE),
    Role.LEADER: frozenset(_LEADER),
    Role.ADMINISTRATOR: frozenset(_ADMINISTRATOR),
}


def may(account: Account, action: Action | str) -> bool:
    """Tell whether the account's role allows the action; a disabled account may nothing."""
    return account.active and action in GRANTS.get(account.role, frozenset())


def require(account: Account, action: Action) -> None:
    """Raise NotAllowed unless the account may."""
    if not may(account, action):
        raise NotAllowed


def units_below(account: Account) -> Select[int]:
    """Return a subquery with the ids of the account's unit and all units below it."""
    return select(Organization.id).where(visible_organizations(account))


def visible_organizations(account: Account) -> ColumnElement[bool]:
    """Return the condition on Organization: the account's unit and below."""
    return Organization.path.startswith(account.organization.path, autoescape=True)


def visible_tickets(account: Account) -> ColumnElement[bool]:
    """Return the condition on Ticket: tickets of the account's unit and below, if the role reads tickets."""
    if not may(account, Action.SEE_TICKETS):
        return false()
    return Ticket.organization_id.in_(units_below(account))


def safe_files() -> ColumnElement[bool]:
    """Return the condition on Attachment: what the virus scan blocked, or still owes an answer for, is for nobody."""
    return Attachment.scan.in_(SHOWN_SCANS)


def visible_files() -> ColumnElement[bool]:
    """Return the condition on Attachment for cadres; the ticket's own rules come on top.

    The copy of all their data that a worker asked for is for the worker alone.
    """
    return and_(safe_files(), Attachment.paper.is_distinct_from(OWN_COPY))


def visible_messages() -> ColumnElement[bool]:
    """Return the condition on Message for cadres: what somebody says while rating their union is for nobody."""
    return Message.kind != UNSEEN


def visible_accounts(account: Account) -> ColumnElement[bool]:
    """Return the condition on Account: those whom an administrator manages, in their unit and below."""
    if not may(account, Action.MANAGE_ACCOUNTS):
        return false()
    return Account.organization_id.in_(units_below(account))


async def access_ticket(
    session: AsyncSession,
    account: Account,
    ticket_id: int,
    action: Action = Action.SEE_TICKETS,
    *,
    lock: bool = False,
) -> Ticket:
    """Return the ticket; raises NotAllowed when it isn't there or the account may not do `action` with it."""
    query = select(Ticket).where(Ticket.id == ticket_id, visible_tickets(account))
    if lock:
        query = query.with_for_update(of=Ticket).execution_options(populate_existing=True)
    ticket = await session.scalar(query) if may(account, action) else None
    if ticket is None:
        raise NotAllowed
    return ticket


async def access_account(session: AsyncSession, account: Account, account_id: int) -> Account:
    """Return an account that `account` manages; raises NotAllowed."""
    found = await session.scalar(select(Account).where(Account.id == account_id, visible_accounts(account)))
    if found is None:
        raise NotAllowed
    return found


async def access_organization(session: AsyncSession, account: Account, organization_id: int) -> Organization:
    """Return a unit at or below the account's own; raises NotAllowed."""
    query = select(Organization).where(Organization.id == organization_id, visible_organizations(account))
    found = await session.scalar(query)
    if found is None:
        raise NotAllowed
    return found


def identity_hidden(account: Account, ticket: Ticket) -> bool:
    """Tell whether who complained is hidden from this account.

    The union inside an enterprise may be the employer's own: it learns who complained only when the
    worker agreed (fact `share_with_employer_union`). Kunming's regulation on union supervision, art. 10.
    """
    return account.organization.level == "enterprise" and not ticket.facts.get(
        "share_with_employer_union", False
    )
