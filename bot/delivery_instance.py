"""A name for this process that others can tell to be dead at once: a lock that the kernel releases.

A process on another machine has no lock file here; its claims end by time instead.
"""

import fcntl
import os
import uuid
from pathlib import Path


class Instance:
    """Holds `folder/<name>` locked while the process lives, also through kill -9."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self.name = uuid.uuid4().hex
        self._descriptor = os.open(folder / self.name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def is_dead(self, name: str | None) -> bool:
        """True when that process surely ended; False when it lives or runs elsewhere."""
        if not name or name == self.name:
            return False
        try:
            descriptor = os.open(self._folder / name, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def sweep(self, needed: set[str]) -> None:
        """Remove the files of dead processes that hold no row any more."""
        for path in self._folder.iterdir():
            if path.name not in needed and self.is_dead(path.name):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the name up; the file stays, so that others see at once whose claims are void."""
        os.close(self._descriptor)
