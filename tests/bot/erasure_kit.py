"""Looks for traces of a person: in every column of every table, in every file's bytes, in what files hold decrypted."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import LargeBinary, select, type_coerce

from bot.app import Application
from storage.base import Base
from storage.cipher import CipherError, current_cipher


async def everything(application: Application) -> dict[str, list[Any]]:
    """Every value of every column, decrypted, under "table.column"."""
    found: dict[str, list[Any]] = {}
    async with application.database.read() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                values = (await session.execute(select(column))).scalars()
                found[f"{table.name}.{column.name}"] = [value for value in values if value is not None]
    return found


async def columns_with(application: Application, secrets: tuple[str, ...]) -> dict[str, list[str]]:
    """Where one of the secrets can be read, by column."""
    found: dict[str, list[str]] = {}
    for name, values in (await everything(application)).items():
        told = [secret for secret in secrets if any(secret in str(value) for value in values)]
        if told:
            found[name] = told
    return found


async def ciphertexts(application: Application) -> list[bytes]:
    """What the encrypted columns hold at this moment, as it lies in the file."""
    found = []
    async with application.database.read() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if type(column.type).__name__.startswith("Encrypted"):
                    raw = select(type_coerce(column, LargeBinary)).where(column.is_not(None))
                    found += [bytes(value) for value in (await session.execute(raw)).scalars()]
    return found


def bytes_of(*folders: Path) -> dict[Path, bytes]:
    """Every file below these folders: database, write-ahead log, attachments."""
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def files_with(folders: tuple[Path, ...], secrets: tuple[str, ...]) -> list[tuple[str, str]]:
    """Files in whose bytes, plain or decrypted, one of the secrets can be read."""
    found = []
    for path, data in bytes_of(*folders).items():
        plain = data
        with suppress(CipherError, ValueError):  # not one of ours: the database
            plain = data + current_cipher().decrypt(data)
        found += [(path.name, secret) for secret in secrets if secret.encode() in plain]
    return found
