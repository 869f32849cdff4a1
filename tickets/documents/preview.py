"""A Word file as PDF through LibreOffice, where it is installed: one at a time, each with a profile of its own."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tickets.documents.errors import PreviewFailed, PreviewOff

SECONDS = 60.0
FONTS = Path(__file__).with_name("fonts.conf")  # 宋体 and 黑体 by what is installed
PROGRAMS = ("soffice", "libreoffice")


class Preview:
    """Turns .docx into .pdf. One conversion takes a processor for seconds: the others wait."""

    def __init__(
        self, program: Callable[[], str | None] | None = None, *, timeout_seconds: float = SECONDS
    ) -> None:
        self._program = program or found
        self._timeout = timeout_seconds
        self._turn = asyncio.Semaphore(1)

    @property
    def available(self) -> bool:
        """True when LibreOffice is installed."""
        return self._program() is not None

    async def pdf(self, document: bytes) -> bytes:
        """Return the PDF; raises PreviewOff, PreviewFailed."""
        program = self._program()
        if program is None:
            raise PreviewOff
        async with self._turn:
            with tempfile.TemporaryDirectory(prefix="niangjia-pdf-") as folder:
                return await self._convert(program, Path(folder), document)

    async def _convert(self, program: str, folder: Path, document: bytes) -> bytes:
        source = folder / "paper.docx"
        await asyncio.to_thread(source.write_bytes, document)
        arguments = (
            "--headless", "--norestore", "--nolockcheck", f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--convert-to", "pdf", "--outdir", str(folder), str(source),
        )  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            program, *arguments, cwd=folder, env=_environment(folder), start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await asyncio.wait_for(process.wait(), self._timeout)
        except TimeoutError as error:
            raise PreviewFailed from error
        finally:
            await _ended(process)
        made = folder / "paper.pdf"
        if process.returncode != 0 or not made.exists():
            raise PreviewFailed
        return await asyncio.to_thread(made.read_bytes)


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(folder), "FONTCONFIG_FILE": str(FONTS)}


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Stop what is left of it with its children: soffice is a script around the program."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@cache
def found() -> str | None:
    """Return where LibreOffice is; None when it is not installed."""
    return next((path for name in PROGRAMS if (path := shutil.which(name)) is not None), None)
