"""The product as its users run it: `python -m bot serve` in a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import httpx

ACCOUNT = re.compile(
    r"^\s+(?P<username>[a-z][\w.-]+)\s+(?P<password>\S+)\s+(?P<role>cadre|leader|administrator) · (?P<unit>\S+)"
)


@dataclass
class Served:
    """A running server: where it is, what accounts it printed, what it logged."""

    url: str
    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def password(self, unit: str, role: str = "cadre") -> tuple[str, str]:
        """Username and password that were printed for a role of a unit."""
        for line in self.printed:
            match = ACCOUNT.match(line)
            if match and match["role"] == role and unit in match["unit"]:
                return match["username"], match["password"]
        raise AssertionError(f"no {role} of {unit} in what was printed: {len(self.printed)} lines")

    def wait_until_served(self, seconds: float) -> float:
        """Wait for the page; return how many seconds it took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            assert self.process.poll() is None, f"server ended: {''.join(self.logged[-20:])}"
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False).status_code == httpx.codes.OK:
                    return time.monotonic() - began
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError(f"no page after {seconds} s: {''.join(self.logged[-20:])}")

    def wait_until_complete(self, seconds: float) -> None:
        """Wait until a first start has computed its sentence vectors."""
        began = time.monotonic()
        while httpx.get(f"{self.url}/readyz", timeout=5, trust_env=False).json()["search"] != "vectors":
            assert time.monotonic() - began < seconds, "sentence vectors are not ready"
            time.sleep(0.5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[Served]:
    """Serve from `folder` until the block ends; keys like NLU__URL go into the environment."""
    port = free_port()
    settings = {f"NIANGJIA_{name}": value for name, value in environment.items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NIANGJIA_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        env={
            **inherited,
            "NIANGJIA_SERVER__PORT": str(port),
            "NIANGJIA_DATA__FOLDER": str(folder),
            **settings,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    served = Served(f"http://127.0.0.1:{port}", process)
    for stream, lines in ((process.stdout, served.printed), (process.stderr, served.logged)):
        Thread(target=lambda s=stream, kept=lines: kept.extend(s), daemon=True).start()
    try:
        served.wait_until_served(180)
        yield served
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
