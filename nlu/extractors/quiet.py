"""Importing a library that prints a banner, without silencing the other threads meanwhile."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# One at a time: of two that overlap the second would put the first one's silence back for good.
_ONE_AT_A_TIME = threading.RLock()


class _SilentForOne:
    """Standard output that drops what one thread writes and passes on everything else."""

    def __init__(self, real: Any, thread: int) -> None:
        self._real = real
        self._thread = thread

    def write(self, text: str) -> int:
        if threading.get_ident() == self._thread:
            return len(text)
        return int(self._real.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@contextmanager
def quiet_import() -> Iterator[None]:
    """Drop what this thread prints inside the block; scripts read our standard output."""
    with _ONE_AT_A_TIME:
        real = sys.stdout
        sys.stdout = _SilentForOne(real, threading.get_ident())
        try:
            yield
        finally:
            sys.stdout = real
