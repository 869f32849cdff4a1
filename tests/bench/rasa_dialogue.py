"""The other side of the comparison: the same dialogue served by Rasa's own stack, started as Rasa documents it."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import httpx
import yaml

from nlu.training import (
    PRODUCTION,
    RASA_PROJECT,
    RASA_PYTHON,
    default_training_files,
    model_path,
    rasa_environment,
)
from tests.bench.measure import Running, end, free_port

PROJECT = Path(__file__).with_name("rasa_stack")
READY_SECONDS = 180
TRACKERS = "NIANGJIA_BENCH_TRACKERS"


def ensure_stack_model(data: Path) -> Path:
    """The trained model of the comparison; trained only when its files or the production pipeline changed."""
    files = [*sorted(PROJECT.glob("*.yml")), *sorted((PROJECT / "data").glob("*.yml"))]
    print_of_inputs = model_path(PRODUCTION, data).name.encode()
    digest = hashlib.sha256(print_of_inputs + b"".join(path.read_bytes() for path in files)).hexdigest()
    target = (data / "models" / f"bench-{digest}.tar.gz").absolute()
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            _train(Path(scratch)).replace(target)
    return target


def _train(scratch: Path) -> Path:
    pipeline = yaml.safe_load((RASA_PROJECT / "config.yml").read_text(encoding="utf-8"))
    policies = yaml.safe_load((PROJECT / "config.yml").read_text(encoding="utf-8"))
    (scratch / "config.yml").write_text(yaml.safe_dump({**pipeline, **policies}), encoding="utf-8")
    data, domain = scratch / "data", scratch / "domain"
    domain.mkdir()
    shutil.copytree(PROJECT / "data", data)
    for file in default_training_files():
        shutil.copy(file, data)
    shutil.copy(RASA_PROJECT / "domain.yml", domain / "intents.yml")
    shutil.copy(PROJECT / "domain.yml", domain / "dialogue.yml")
    command = [str(RASA_PYTHON), "-m", "rasa", "train", "--config", str(scratch / "config.yml")]
    command += ["--domain", str(domain), "--data", str(data), "--out", str(scratch)]
    command += ["--fixed-model-name", "model"]
    environment = {
        **rasa_environment(),
        "OMP_NUM_THREADS": "2",
        "RASA_CACHE_DIRECTORY": str(scratch / "cache"),
    }
    done = subprocess.run(
        command, cwd=RASA_PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr)[-4000:])
    return scratch / "model.tar.gz"


@asynccontextmanager
async def rasa_stack(model: Path, engine: str, trackers: str) -> AsyncIterator[Running]:
    """Run `rasa run` with its REST channel and SQL tracker store while the block lasts.

    Args:
        engine: sqlite or postgresql.
        trackers: the SQLite file, or the URL of an empty PostgreSQL database.
    """
    port = free_port()
    command = [str(RASA_PYTHON), "-m", "rasa", "run", "--model", str(model), "--interface", "127.0.0.1"]
    command += ["--port", str(port), "--endpoints", str(PROJECT / f"endpoints_{engine}.yml")]
    command += ["--credentials", str(PROJECT / "credentials.yml")]
    environment = {**rasa_environment(), TRACKERS: trackers}
    process = await asyncio.create_subprocess_exec(
        *command, cwd=RASA_PROJECT, env=environment, start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
        stderr=None if os.environ.get("NIANGJIA_BENCH_LOGS") else asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        running = Running(f"http://127.0.0.1:{port}", process.pid)
        await _ready(running.url, process)
        yield running
    finally:
        await end(process)


async def _ready(url: str, process: asyncio.subprocess.Process) -> None:
    deadline = monotonic() + READY_SECONDS
    async with httpx.AsyncClient(trust_env=False) as client:
        while monotonic() < deadline and process.returncode is None:
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.25)
    raise RuntimeError("Rasa's own stack did not start")


class RasaPerson:
    """One person who writes to Rasa's REST channel."""

    def __init__(self, client: httpx.AsyncClient, url: str, person: str) -> None:
        self._client = client
        self._url = f"{url}/webhooks/rest/webhook"
        self._person = person
        self._buttons: dict[str, str] = {}
        self.shown = ""

    async def say(self, text: str) -> None:
        """Send text."""
        await self._send(text)

    async def press(self, label: str) -> None:
        """Press a button that was shown."""
        await self._send(self._buttons[label])

    async def _send(self, message: str) -> None:
        answer = await self._client.post(self._url, json={"sender": self._person, "message": message})
        answer.raise_for_status()
        replies = answer.json()
        self.shown = "\n".join(reply.get("text", "") for reply in replies)
        self._buttons |= {b["title"]: b["payload"] for reply in replies for b in reply.get("buttons", [])}
