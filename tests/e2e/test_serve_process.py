"""`python -m bot serve` as a process: how soon the page is there, how it ends, what it leaves behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.served import Served, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SECOND_START_SECONDS = 15.0  # 3 on an idle machine; the build machine has other work
STOP_SECONDS = 15.0
SESSION = "serve-process-session-0123456789"


def ask(served: Served, text: str, number: str) -> str:
    """The first reply to a message on the web chat."""
    body = {"session": SESSION, "id": number, "text": text}
    answer = httpx.post(f"{served.url}/api/chat/messages", json=body, timeout=60, trust_env=False)
    answer.raise_for_status()
    return str(answer.json()["replies"][0]["text"])


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> float:
    """Send the signal; return how many seconds the end took."""
    began = time.monotonic()
    process.send_signal(number)
    process.wait(STOP_SECONDS + 15)
    return time.monotonic() - began


def children(pid: int) -> set[int]:
    """Process ids of all descendants."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(line.split()[0]): int(line.split()[1]) for line in listed.splitlines()}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def running(pids: set[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    alive = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            continue
        if state != "Z":
            alive.add(pid)
    return alive


def test_a_second_start_is_quick_and_signals_end_it_cleanly(tmp_path: Path) -> None:
    with serving(tmp_path, NLU__URL="off") as served:
        assert ask(served, "你好", "m1")
        with httpx.stream(
            "GET", f"{served.url}/api/chat/events?session={SESSION}", timeout=30, trust_env=False
        ) as stream:
            assert stream.status_code in {200, 403, 404}  # an open stream must not hold the end up
            assert stopped(served.process, signal.SIGINT) < STOP_SECONDS
        assert served.process.returncode == 0
    assert any("已经停下" in line for line in served.printed)

    began = time.monotonic()
    with serving(tmp_path, NLU__URL="off") as served:
        took = time.monotonic() - began
        print(f"second start to page: {took:.1f} s")
        assert took < SECOND_START_SECONDS
        assert not any("管理员账号" in line for line in served.printed)
        assert "依据" in ask(served, "加班费到底怎么算，平时、周末、节假日各是几倍？", "m2")
        assert stopped(served.process, signal.SIGTERM) < STOP_SECONDS
    assert served.process.returncode == 0
    assert not [line for line in served.logged if "rror" in line.replace("uvicorn.error", "")]


@pytest.mark.rasa
def test_no_child_is_left_behind(tmp_path: Path) -> None:
    """Stopped while Rasa starts (or, on a first start, while it is trained)."""
    (tmp_path / "models").symlink_to(Path("data/models").resolve())
    with serving(tmp_path) as served:
        while not children(served.process.pid):
            time.sleep(0.1)
        born = children(served.process.pid)
        assert ask(served, "你好", "m1")  # answered though the model is not there yet
        born |= children(served.process.pid)
        assert stopped(served.process, signal.SIGINT) < STOP_SECONDS
        assert served.process.returncode == 0
    assert running(born) == set()


@pytest.mark.rasa
def test_training_ends_with_the_server(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        deadline = time.monotonic() + 60
        while len(children(served.process.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        born = children(served.process.pid)
        assert born, "no training on a first start"
        assert stopped(served.process, signal.SIGTERM) < STOP_SECONDS
    assert running(born) == set()


def test_a_port_in_use_is_explained(tmp_path: Path) -> None:
    with serving(tmp_path, NLU__URL="off") as served:
        port = served.url.rpartition(":")[2]
        second = subprocess.run(
            [served.process.args[0], "-m", "bot", "serve"], capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "NIANGJIA_SERVER__PORT": port, "NIANGJIA_DATA__FOLDER": str(tmp_path), "NIANGJIA_NLU__URL": "off"},
        )  # fmt: skip
    assert second.returncode == 1
    assert port in second.stderr
    assert "Traceback" not in second.stderr
