"""Files that people send: checked by content, cleaned, encrypted, kept under their hash.

`accept_file` decides and cleans (processor work: call it in a thread), `FileStore` keeps the bytes,
`record` and `find` are the rows that say whose file it is.
"""

import hashlib
import os
import re
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import scanning
from bot.files_clean import DECODED, EXTENSIONS, FileRefused, clean, content_type_of
from bot.messages import Kind, SentFile
from bot.scanning import Scan
from storage.cipher import CipherError, current_cipher
from storage.models import Attachment
from tickets.access import safe_files

FILENAME_CHARACTERS = 80
TOKEN_BYTES = 32
# control, path and shell characters; and those that turn the reading direction (gpj.exe)
DANGEROUS_IN_NAMES = re.compile(
    r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]'
)

__all__ = ["AcceptedFile", "FileRefused", "FileStore", "accept_file", "find", "record", "sent_file"]


@dataclass(frozen=True)
class AcceptedFile:
    """A file that may be kept. `sha256` is that of the cleaned bytes."""

    data: bytes
    thumbnail: bytes | None
    filename: str
    content_type: str
    sha256: str
    scan: str = Scan.UNCHECKED.value
    lines: tuple[str, ...] = ()  # what was read on it (bot/ocr.py); never stored

    @property
    def kind(self) -> Kind:
        """What the message that carries it is called: photo or document."""
        return "photo" if self.content_type in DECODED else "document"


def accept_file(data: bytes, filename: str, limit: int, *, scan: Sequence[str] = ()) -> AcceptedFile:
    """Return the cleaned file.

    Args:
        limit: largest size in bytes.
        scan: command that reads the file's path as its last argument: bot/scanning.py.

    Raises:
        FileRefused: with the reason empty, too_large, type, damaged or virus.
    """
    if not data:
        raise FileRefused("empty")
    if len(data) > limit:
        raise FileRefused("too_large")
    content_type = content_type_of(data)
    verdict = scanning.scan(data, scan)
    if verdict is Scan.BLOCKED:
        raise FileRefused("virus")
    cleaned, thumbnail = clean(data, content_type)
    digest = hashlib.sha256(cleaned).hexdigest()
    return AcceptedFile(
        cleaned, thumbnail, safe_filename(filename, content_type), content_type, digest, verdict.value
    )


def safe_filename(filename: str, content_type: str) -> str:
    """Return a name without path, control or direction characters, ending as its content demands."""
    encodable = filename.encode("utf-8", "replace").decode()
    last = PurePosixPath(encodable.replace("\\", "/")).name
    stem = DANGEROUS_IN_NAMES.sub("", last).rpartition(".")[0] or DANGEROUS_IN_NAMES.sub("", last)
    return f"{stem.strip(' .')[:FILENAME_CHARACTERS] or 'file'}.{EXTENSIONS[content_type]}"


class FileStore:
    """Encrypted bytes in `folder`, named by the hash of the plain bytes; equal files are kept once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, accepted: AcceptedFile) -> None:
        """Keep the file and its thumbnail; on return they survive a power cut."""
        self._write(self._path(accepted.sha256), accepted.data)
        if accepted.thumbnail is not None:
            self._write(self._path(accepted.sha256, ".thumb"), accepted.thumbnail)

    def keep(self, data: bytes) -> str:
        """Keep bytes that we made ourselves; return the name under which they are read."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._write(self._path(sha256), data)
        return sha256

    def read(self, sha256: str) -> bytes:
        """Return the plain bytes; raises FileNotFoundError, or CipherError when damaged."""
        return current_cipher().decrypt(self._path(sha256).read_bytes())

    def read_if_there(self, sha256: str) -> bytes | None:
        """Return the plain bytes, None for a file that is gone or damaged."""
        try:
            return self.read(sha256)
        except (FileNotFoundError, CipherError):
            return None

    def read_thumbnail(self, sha256: str) -> bytes | None:
        """Return the small JPEG, or None when this file has none."""
        path = self._path(sha256, ".thumb")
        return current_cipher().decrypt(path.read_bytes()) if path.exists() else None

    def remove(self, sha256: str) -> None:
        """Overwrite and delete file and thumbnail; the caller has made sure that no row names them any more."""
        for suffix in ("", ".thumb"):
            _wipe(self._path(sha256, suffix))

    def older_than(self, moment: datetime) -> list[str]:
        """Return the names of files that were written before `moment`."""
        paths = (
            path for path in self.folder.glob("??/*") if re.fullmatch(r"[0-9a-f]{64}(\.thumb)?", path.name)
        )
        return sorted({path.name[:64] for path in paths if _written(path) < moment.timestamp()})

    def _path(self, sha256: str, suffix: str = "") -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise FileNotFoundError("not the name of a stored file")
        return self.folder / sha256[:2] / f"{sha256}{suffix}"

    def _write(self, path: Path, plain: bytes) -> None:
        if path.exists():
            path.touch()  # it is wanted again: no stray file
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(current_cipher().encrypt(plain))
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)  # complete or absent, never half
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # removed meanwhile
        return float("inf")


def _wipe(path: Path) -> None:
    """The blocks hold ciphertext; overwriting them costs little where the file system writes in place."""
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)


async def record(
    session: AsyncSession,
    accepted: AcceptedFile,
    *,
    conversation_id: int,
    message_id: int | None,
    now: datetime,
    ticket_id: int | None = None,
) -> Attachment:
    """Add the row that makes a stored file part of a conversation; call after FileStore.put."""
    row = Attachment(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        conversation_id=conversation_id,
        message_id=message_id,
        ticket_id=ticket_id,
        sha256=accepted.sha256,
        scan=accepted.scan,
        filename=accepted.filename,
        content_type=accepted.content_type,
        size=len(accepted.data),
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row


async def find(session: AsyncSession, token: str) -> Attachment | None:
    """Return the file of this name; whether the asker may see it is for the caller to decide.

    One that the scan blocked, or that still waits for it, is there for nobody.
    """
    query = select(Attachment).where(Attachment.token == token, safe_files())
    return (await session.execute(query)).scalar_one_or_none()


def sent_file(row: Attachment) -> SentFile:
    """Return what a message says about its file."""
    return SentFile(row.token, row.filename, row.content_type)
