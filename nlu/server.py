"""Keeps one Rasa server running on loopback: start, wait until ready, restart after a crash, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Self

import httpx

from nlu.training import RASA_PROJECT, RASA_PYTHON, rasa_environment

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_READY_POLL_SECONDS = 0.25
_STOP_SECONDS = 5.0
# A server that ran this long was healthy: the next crash starts with a short wait again.
_HEALTHY_SECONDS = 60.0


class RasaServer:
    """Supervisor of a child `rasa run`.

    `url` is None until the child has a port, and `ready` is True while it answers. The child lives in its own
    process group and is killed by the kernel when this process dies, also on kill -9. Run it on the main
    thread's event loop: the kernel watches the thread that started the child.

    Args:
        model: the model package, or a coroutine function that gives it (and may train first).
        with_tensorflow: for models whose pipeline needs it; costs ten seconds and 300 MB.
        first_wait_seconds, longest_wait_seconds: exponential back-off between restarts.
        ready_seconds: a child that is not ready by then counts as crashed.
    """

    def __init__(
        self,
        model: Path | Callable[[], Awaitable[Path]],
        *,
        with_tensorflow: bool = False,
        first_wait_seconds: float = 0.5,
        longest_wait_seconds: float = 60.0,
        ready_seconds: float = 180.0,
    ) -> None:
        self._model = model
        self._with_tensorflow = with_tensorflow
        self._first_wait = first_wait_seconds
        self._longest_wait = longest_wait_seconds
        self._ready_seconds = ready_seconds
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._port: int | None = None
        self._ready = asyncio.Event()
        self.restarts = 0

    @property
    def url(self) -> str | None:
        """The address to ask, None while no child is ready."""
        return f"http://{HOST}:{self._port}" if self._port is not None and self.ready else None

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    @property
    def pid(self) -> int | None:
        """Process id of the child, None between children."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Begins in the background and returns at once. Twice is harmless."""
        if self._task is None:
            self._task = asyncio.create_task(self._supervise(), name="rasa-server")

    async def wait_ready(self, timeout_seconds: float = 180.0) -> None:
        """Waits until the server answers. Raises TimeoutError."""
        await asyncio.wait_for(self._ready.wait(), timeout_seconds)

    async def stop(self) -> None:
        """Ends supervision and the child, politely first."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._end_child()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _supervise(self) -> None:
        wait = self._first_wait
        while True:
            began = monotonic()
            try:
                await self._run_once()
            except Exception:
                # Whatever prevents a start (no model yet, no memory) may pass: keywords answer meanwhile.
                log.exception("Rasa server could not run")
            finally:
                self._ready.clear()
                await self._end_child()
            if monotonic() - began >= _HEALTHY_SECONDS:
                wait = self._first_wait
            log.warning("Rasa server ended, next start in %.1f s", wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, self._longest_wait)
            self.restarts += 1

    async def _run_once(self) -> None:
        model = self._model if isinstance(self._model, Path) else await self._model()
        self._port = _free_port()
        self._process = await _spawn(model, self._port, with_tensorflow=self._with_tensorflow)
        exited = asyncio.create_task(self._process.wait())
        try:
            began = monotonic()
            if await self._becomes_ready(exited):
                log.info("Rasa server ready after %.1f s", monotonic() - began)
                self._ready.set()
                await exited
        finally:
            exited.cancel()

    async def _becomes_ready(self, exited: asyncio.Task[int]) -> bool:
        """Asks /status until it has a model; False when the child ends or takes too long."""
        deadline = monotonic() + self._ready_seconds
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            while not exited.done() and monotonic() < deadline:
                with contextlib.suppress(httpx.HTTPError):
                    response = await client.get(f"http://{HOST}:{self._port}/status")
                    if response.status_code == httpx.codes.OK:
                        return True
                await asyncio.wait({exited}, timeout=_READY_POLL_SECONDS)
        return False

    async def _end_child(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        _signal_group(process.pid, signal.SIGKILL)
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def _spawn(model: Path, port: int, *, with_tensorflow: bool) -> asyncio.subprocess.Process:
    command = [str(RASA_PYTHON), str(RASA_PROJECT / "serve.py"), "run", "--enable-api"]
    command += ["--model", str(model), "--interface", HOST, "--port", str(port)]
    command += ["--endpoints", str(RASA_PROJECT / "endpoints.yml")]
    command += ["--credentials", str(RASA_PROJECT / "credentials.yml")]
    command += ["--with-tensorflow"] if with_tensorflow else []
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=RASA_PROJECT,
        env={**rasa_environment(), "NIANGJIA_SUPERVISOR_PID": str(os.getpid())},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=sys.stderr,
        start_new_session=True,
    )


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
