"""A throw-away PostgreSQL server for the tests: own data folder, own port, nothing kept, no root."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg

T = TypeVar("T")
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "jit": "off",
}
# The next test finds what a new database would give: connections ended, no row, sequences at their beginning.
# Most tables are empty already, and looking is much cheaper than deleting (or TRUNCATE, which makes new files).
EMPTY = """
DO $$
DECLARE name text; filled boolean;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
    IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
  END LOOP;
  PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$;
"""


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL server installed, or None."""
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if (path.parent / "pg_ctl").exists()
    ]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def _as_server_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: then it runs as the user that its package made, or as nobody."""
    if os.geteuid() != 0:
        return command
    return ["runuser", "-u", _server_user(), "--", *command]


def _server_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[str]) -> None:
    """Files, not pipes: the server inherits the output and would keep a pipe open for ever."""
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            _as_server_user(command),
            stdout=output,
            stderr=output,
            check=False,
            timeout=START_SECONDS,
            cwd="/",
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read().decode(errors='replace')}")


@contextmanager
def server() -> Iterator[str]:
    """Run a server for as long as the block lasts; gives its URL without a database name."""
    folder = binaries()
    if folder is None:
        raise RuntimeError("no PostgreSQL server found: install Debian's package postgresql")
    base = Path(tempfile.mkdtemp(prefix="niangjia-pg-"))
    if os.geteuid() == 0:
        shutil.chown(base, _server_user())
    data, port = base / "data", _free_port()
    try:
        _run(
            [
                str(folder / "initdb"),
                "-D",
                str(data),
                "-U",
                "niangjia",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ]
        )
        options = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        control = [str(folder / "pg_ctl"), "-D", str(data), "-w", "-l", str(base / "log")]
        _run([*control, "-o", f"-p {port} {options}", "start"])
        try:
            yield f"postgresql://niangjia@127.0.0.1:{port}"
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(base, ignore_errors=True)


async def create(server_url: str, name: str) -> None:
    """Create an empty database."""
    connection = await asyncpg.connect(f"{server_url}/postgres")
    try:
        await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()


class Shared:
    """A database that tests use in turn, and one connection, on a loop of its own, that empties it in between."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._thread = ThreadPoolExecutor(max_workers=1)  # a test has an event loop running in its own
        self._loop = asyncio.new_event_loop()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread.submit(self._loop.run_until_complete, work).result()

    def __enter__(self) -> Self:
        self._connection = self._run(asyncpg.connect(self.url))
        self._run(self._connection.execute("SET session_replication_role = replica"))  # no foreign keys
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._connection.close())
        self._thread.shutdown()
        self._loop.close()

    def empty(self) -> None:
        """Take out everything that a test left behind."""
        self._run(self._connection.execute(EMPTY))
