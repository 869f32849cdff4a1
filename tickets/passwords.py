"""Passwords of console accounts: argon2id hashes, a few rules, random first passwords."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from tickets.errors import WeakPassword

SHORTEST = 10
LONGEST = 200  # argon2 reads everything it is given; nobody types more
ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that looks like something else
RANDOM_LENGTH = 16
_RUNS = "01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz"
_hasher = PasswordHasher()


def random_password() -> str:
    """Return a password that can be read out over the phone (16 characters, 93 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))


def check_strength(password: str, username: str) -> None:
    """Raise WeakPassword for what is guessed first; length matters more than kinds of characters."""
    plain = password.casefold()
    easy = (
        plain == username.casefold()
        or len(set(plain)) < 4  # aaaabbbbcc
        or any(plain in run for run in _RUNS)
    )
    if easy or not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(length=SHORTEST)


async def hash_password(password: str) -> str:
    """Return the argon2id hash; works in a thread, since it takes tens of milliseconds on purpose."""
    return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(password: str, stored: str) -> bool:
    """Tell whether the password is right; a stored value that is no hash never matches."""
    return await asyncio.to_thread(_verify, password[: LONGEST + 1], stored)


def _verify(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)
