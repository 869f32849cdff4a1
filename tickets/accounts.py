"""Accounts of cadres, leaders and administrators: creating, changing, disabling."""

import re
import secrets
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Account, ConsoleSession, Organization
from tickets.access import Role
from tickets.audit import AuditTag, record
from tickets.errors import EmptyText, NotAllowed, UnknownRole, UnusableUsername, UsernameTaken, WrongPassword
from tickets.passwords import check_strength, hash_password, verify_password

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,63}")


async def create_account(
    session: AsyncSession,
    *,
    username: str,
    password: str,
    role: str,
    organization_code: str,
    now: datetime,
    display_name: str = "",
    by: Account | None = None,
) -> Account:
    """Create an account; `by` is the administrator who does it, None for the command line.

    Raises UsernameTaken, UnusableUsername, WeakPassword, UnknownRole, NotAllowed (no such unit below `by`).
    """
    name = username.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise UnusableUsername
    if role not in set(Role):
        raise UnknownRole
    check_strength(password, name)
    unit = await session.scalar(select(Organization).where(Organization.code == organization_code))
    if unit is None or (by is not None and not unit.path.startswith(by.organization.path)):
        raise NotAllowed
    if await session.scalar(select(Account.id).where(Account.username == name)):
        raise UsernameTaken
    account = Account(
        username=name,
        display_name=display_name.strip() or name,
        password_hash=await hash_password(password),
        role=role,
        organization=unit,
        active=True,
        created_at=now,
    )
    session.add(account)
    await session.flush()
    tag = AuditTag.ACCOUNT_CREATED if by else AuditTag.ACCOUNT_ADDED
    record(session, tag, by, f"account:{account.id}", now, {"role": role, "organization": organization_code})
    return account


async def change_password(
    session: AsyncSession, account: Account, present: str, new: str, now: datetime, *, keep: str | None = None
) -> None:
    """Set a new password and sign out everywhere, except the session whose token hash is `keep`."""
    if not await verify_password(present, account.password_hash):
        raise WrongPassword
    check_strength(new, account.username)
    account.password_hash = await hash_password(new)
    await revoke_sessions(session, account, keep)
    record(session, AuditTag.PASSWORD_CHANGED, account, f"account:{account.id}", now)


async def reset_password(
    session: AsyncSession, by: Account | None, account: Account, new: str, now: datetime
) -> None:
    """Set somebody's password and sign them out everywhere."""
    check_strength(new, account.username)
    account.password_hash = await hash_password(new)
    await revoke_sessions(session, account)
    record(session, AuditTag.PASSWORD_RESET, by, f"account:{account.id}", now)


async def set_active(
    session: AsyncSession, by: Account, account: Account, active: bool, now: datetime
) -> None:
    """Enable or disable an account; disabling ends its sessions at once."""
    account.active = active
    if not active:
        await revoke_sessions(session, account)
    tag = AuditTag.ACCOUNT_ENABLED if active else AuditTag.ACCOUNT_DISABLED
    record(session, tag, by, f"account:{account.id}", now)


async def change_account(
    session: AsyncSession, by: Account, account: Account, now: datetime, *, display_name: str, role: str
) -> None:
    """Change name and role; a new role ends the sessions of the old one."""
    if role not in set(Role):
        raise UnknownRole
    if not display_name.strip():
        raise EmptyText
    if role != account.role:
        await revoke_sessions(session, account)
    account.display_name, account.role = display_name.strip(), role
    record(session, AuditTag.ACCOUNT_CHANGED, by, f"account:{account.id}", now, {"role": role})


def set_leave(
    session: AsyncSession, by: Account, account: Account, until: date | None, now: datetime
) -> None:
    """Say until which day (included) somebody is away; new tickets pass them by."""
    account.on_leave_until = until
    detail = {"on_leave_until": until.isoformat() if until else None}
    record(session, AuditTag.ACCOUNT_CHANGED, by, f"account:{account.id}", now, detail)


def new_telegram_link(account: Account) -> str:
    """Give the account a one-time code; sending it to the bot links the chat for notices."""
    account.telegram_link_code = secrets.token_urlsafe(18)
    return account.telegram_link_code


async def link_telegram(session: AsyncSession, code: str, chat_id: str) -> Account | None:
    """Link the chat to the account that owns `code`, once; None for an unknown or used code."""
    query = select(Account).where(Account.telegram_link_code == code, Account.active)
    account = await session.scalar(query) if code else None
    if account is not None:
        account.telegram_chat_id, account.telegram_link_code = chat_id, None
    return account


async def revoke_sessions(session: AsyncSession, account: Account, keep: str | None = None) -> None:
    """End all console sessions of the account, except the one with token hash `keep`."""
    query = delete(ConsoleSession).where(ConsoleSession.account_id == account.id)
    await session.execute(query.where(ConsoleSession.token_hash != keep) if keep else query)
