"""The supervisor: restarts what crashes, stops what it started, and dies with its parent."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from nlu.server import RasaServer
from nlu.training import ensure_model


def alive(pid: int) -> bool:
    """Running, not merely a zombie that nobody has collected."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a process, not a task, changes the condition
            await asyncio.sleep(0.05)


async def test_a_server_that_cannot_start_is_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    attempts: list[float] = []

    async def no_model() -> Path:
        attempts.append(asyncio.get_running_loop().time())
        raise FileNotFoundError("no model yet")

    server = RasaServer(no_model, first_wait_seconds=0.05, longest_wait_seconds=0.2)
    await server.start()
    await until(lambda: len(attempts) >= 4)
    await server.stop()
    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    assert pauses[0] < pauses[1] < pauses[2]
    assert (server.ready, server.url, server.pid) == (False, None, None)


async def test_stopping_one_that_never_started_is_harmless(tmp_path: Path) -> None:
    await RasaServer(tmp_path / "no.tar.gz").stop()


@pytest.mark.slow
@pytest.mark.rasa
async def test_a_killed_server_comes_back_and_a_stopped_one_leaves_nothing() -> None:
    model = await asyncio.to_thread(ensure_model, data_folder=Path("data"))
    server = RasaServer(model, first_wait_seconds=0.1)
    await server.start()
    await server.wait_ready(120)
    first = server.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: not server.ready)
    assert server.url is None
    await server.wait_ready(120)
    second = server.pid
    assert second is not None
    assert (second != first, server.restarts) == (True, 1)
    await server.stop()
    assert not alive(first)
    assert not alive(second)


PARENT = """
import asyncio, sys
from pathlib import Path
from nlu.server import RasaServer

async def main():
    server = RasaServer(Path(sys.argv[1]))
    await server.start()
    while server.pid is None:
        await asyncio.sleep(0.05)
    print(server.pid, flush=True)
    await server.wait_ready()
    print("ready", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.rasa
async def test_kill_9_of_the_parent_takes_the_server_with_it() -> None:
    model = await asyncio.to_thread(ensure_model, data_folder=Path("data"))
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(model), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    try:
        assert (await asyncio.wait_for(parent.stdout.readline(), 120)).strip() == b"ready"
        assert alive(child)
    finally:
        parent.kill()
        await parent.wait()
    await until(lambda: not alive(child), 10)
