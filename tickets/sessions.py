"""Console sign-in: throttled, argon2, opaque tokens of which only a hash is kept, CSRF token per session."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.cipher import current_cipher
from storage.models import Account, AuditEntry, ConsoleSession
from tickets.accounts import revoke_sessions
from tickets.audit import AuditTag, record
from tickets.passwords import hash_password, is_outdated, verify_password

THROTTLE_WINDOW = timedelta(minutes=15)
ADDRESS_FACTOR = 5  # a whole office may share one address
TOKEN_BYTES = 32
# What a wrong username is checked against, so that it takes as long as a wrong password.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$KiaKo47hRejx9k+39VBgxw$M2Rxez1RBnvkIRv3lnDXkRdoG2jrS1TIIMSqLQNKWjk"


@dataclass(frozen=True)
class SignInPolicy:
    """How long a sign-in lasts, and how many wrong passwords in 15 minutes bring a pause."""

    session_hours: int = 12
    login_attempts: int = 5


@dataclass(frozen=True)
class SignedIn:
    """A valid session. `token` is known only right after signing in; it goes into the cookie."""

    account: Account
    csrf: str
    token_hash: str
    expires_at: datetime
    token: str = ""


@dataclass(frozen=True)
class Refused:
    """Why a sign-in failed. It is a value, not an exception: the failed attempt must be committed."""

    reason: Literal["wrong", "paused"]


def token_hash(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


async def sign_in(
    session: AsyncSession,
    username: str,
    password: str,
    address: str,
    now: datetime,
    *,
    policy: SignInPolicy,
) -> SignedIn | Refused:
    """Check the password and open a session; `address` is where the browser connects from."""
    name = username.strip().lower()
    if await _is_paused(session, name, address, now, policy):
        return Refused("paused")
    account = await session.scalar(select(Account).where(Account.username == name, Account.active))
    right = await verify_password(password, account.password_hash if account else _NOBODY)
    if account is None or not right:
        record(session, AuditTag.SESSION_REFUSED, None, _subject("username", name), now)
        record(session, AuditTag.ADDRESS_REFUSED, None, _subject("address", address), now)
        await session.flush()
        return Refused("wrong")
    if is_outdated(account.password_hash):
        account.password_hash = await hash_password(password)
    return await _open(session, account, now, policy)


async def _open(session: AsyncSession, account: Account, now: datetime, policy: SignInPolicy) -> SignedIn:
    token, csrf = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    expires = now + timedelta(hours=policy.session_hours)
    hashed = token_hash(token)
    session.add(
        ConsoleSession(
            token_hash=hashed, account_id=account.id, csrf=csrf, created_at=now, expires_at=expires
        )
    )
    account.last_login_at = now
    record(session, AuditTag.SESSION_OPENED, account, f"account:{account.id}", now)
    await session.flush()
    return SignedIn(account, csrf, hashed, expires, token)


def _subject(kind: str, value: str) -> str:
    """Hash what was typed: people type their password into the username field."""
    return f"{kind}:{current_cipher().blind_index(value)}"


async def _is_paused(
    session: AsyncSession, username: str, address: str, now: datetime, policy: SignInPolicy
) -> bool:
    since = now - THROTTLE_WINDOW
    for tag, subject, limit in (
        (AuditTag.SESSION_REFUSED, _subject("username", username), policy.login_attempts),
        (AuditTag.ADDRESS_REFUSED, _subject("address", address), policy.login_attempts * ADDRESS_FACTOR),
    ):
        query = select(func.count()).where(
            AuditEntry.tag == tag.value, AuditEntry.subject == subject, AuditEntry.at > since
        )
        if (await session.scalar(query) or 0) >= limit:
            return True
    return False


async def find_session(session: AsyncSession, token: str, now: datetime) -> SignedIn | None:
    """Return the session of a cookie; None when it is unknown, over, or the account was disabled."""
    hashed = token_hash(token)
    query = (
        select(ConsoleSession, Account)
        .join(Account, Account.id == ConsoleSession.account_id)
        .where(ConsoleSession.token_hash == hashed, ConsoleSession.expires_at > now, Account.active)
    )
    row = (await session.execute(query)).one_or_none() if token else None
    if row is None:
        return None
    opened, account = row
    return SignedIn(account, opened.csrf, hashed, opened.expires_at)


def csrf_matches(signed_in: SignedIn, sent: str | None) -> bool:
    """Tell whether a form carries the session's CSRF token."""
    return bool(sent) and hmac.compare_digest(signed_in.csrf.encode(), (sent or "").encode())


async def sign_out(session: AsyncSession, signed_in: SignedIn, now: datetime) -> None:
    """End this session."""
    await session.execute(delete(ConsoleSession).where(ConsoleSession.token_hash == signed_in.token_hash))
    record(session, AuditTag.SESSION_CLOSED, signed_in.account, f"account:{signed_in.account.id}", now)


async def sign_out_everywhere(session: AsyncSession, account: Account, now: datetime) -> None:
    """End all sessions of the account."""
    await revoke_sessions(session, account)
    record(session, AuditTag.SESSIONS_REVOKED, account, f"account:{account.id}", now)


async def purge_sessions(session: AsyncSession, now: datetime) -> None:
    """Delete sessions that are over."""
    await session.execute(delete(ConsoleSession).where(ConsoleSession.expires_at <= now))
