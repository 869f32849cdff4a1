"""The virus scan: what it blocks is there for nobody, and what it could not look at waits."""

import stat
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from bot import scanning
from bot.app import Application
from bot.config import Settings
from bot.files import find
from bot.jobs import scan_waiting
from bot.messages import IncomingFile
from bot.scanning import Scan
from bot.serving import create_web
from storage.models import Attachment, Message
from tests.bot.turn_kit import inbound, photo, rows, with_ticket
from tests.playing import Player

EICAR = b"%PDF-1.4 X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H* %%EOF"


@pytest.fixture
def scanner(tmp_path: Path) -> Path:
    """A scanner of the shape of clamdscan: 1 for a virus, 2 while its daemon is away."""
    file = tmp_path / "scanner"
    away = tmp_path / "away"
    file.write_text(
        f'#!/bin/sh\n[ -e "{away}" ] && exit 2\ngrep -q EICAR "$1" && exit 1\n'
        f'stat -c %a "$1" >> "{tmp_path}/modes"\nexit 0\n'
    )
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


@pytest.fixture
def settings(database_url: str, tmp_path: Path, scanner: Path) -> Settings:
    return Settings.model_validate({
        "data": {"folder": tmp_path / "data"}, "database": {"url": database_url}, "nlu": {"url": "off"},
        "files": {"scan_command": [str(scanner)]},
    })  # fmt: skip


async def send(application: Application, person: Player, name: str, data: bytes) -> None:
    message = inbound(person, name, kind="document", files=(IncomingFile(name, data),))
    person.last = await application.turns.handle(message)


async def test_a_clean_file_is_marked_and_shown(
    application: Application, person: Player, tmp_path: Path
) -> None:
    await send(application, person, "a.jpg", photo())
    (row,) = await rows(application, Attachment)
    assert row.scan == "clean"
    async with application.database.read() as session:
        assert await find(session, row.token) is not None
    assert (tmp_path / "modes").read_text().split() == ["600"]


async def test_a_blocked_file_is_not_stored_and_the_worker_is_told(
    application: Application, person: Player
) -> None:
    await send(application, person, "a.pdf", EICAR)
    assert "可能不安全" in person.text
    assert await rows(application, Attachment) == []
    assert not list(application.files.folder.rglob("*"))


async def test_without_a_scanner_that_answers_a_file_waits_out_of_reach(
    application: Application, person: Player, tmp_path: Path
) -> None:
    ticket = await with_ticket(person)
    (tmp_path / "away").touch()
    await send(application, person, "a.pdf", EICAR)
    await send(application, person, "b.jpg", photo())
    waiting = await rows(application, Attachment)
    assert [row.scan for row in waiting] == ["waiting", "waiting"]
    async with application.database.read() as session:
        assert [await find(session, row.token) for row in waiting] == [None, None]
    transport = httpx.ASGITransport(create_web(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        for row in waiting:
            assert (await client.get(f"/files/{row.token}?session={person.address}")).status_code == 404
    assert await scan_waiting(application) == 0
    (tmp_path / "away").unlink()
    assert await scan_waiting(application) == 2
    settled = await rows(application, Attachment)
    assert [row.scan for row in settled] == ["blocked", "clean"]
    assert application.files.read_if_there(settled[0].sha256) is None
    told = await rows(application, Message, Message.author == "system")
    assert ["可能不安全" in row.text for row in told] == [True]
    assert await scan_waiting(application) == 0
    assert ticket.number


async def test_a_scanner_that_is_not_there_blocks_nobody_and_lets_nothing_through(tmp_path: Path) -> None:
    assert scanning.scan(b"x", [str(tmp_path / "none")]) is Scan.WAITING
    assert scanning.scan(b"x", ["/bin/sh", "-c", "exit 2"]) is Scan.WAITING
    assert scanning.scan(b"x", ["/bin/true"]) is Scan.CLEAN
    assert scanning.scan(b"x", ["/bin/sh", "-c", "exit 1"]) is Scan.BLOCKED
    assert scanning.scan(b"x", []) is Scan.UNCHECKED


async def test_a_scanner_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "SECONDS", 0.05)
    assert scanning.scan(b"x", ["/bin/sh", "-c", "sleep 5"]) is Scan.WAITING


async def test_the_same_bytes_blocked_later_are_blocked_for_everybody(
    application: Application, person: Player, clock: object, tmp_path: Path
) -> None:
    (tmp_path / "away").touch()
    other = Player(application, person.clock, channel="telegram", address="55")
    await send(application, person, "a.pdf", EICAR)
    await send(application, other, "b.pdf", EICAR)
    (tmp_path / "away").unlink()
    await scan_waiting(application)
    async with application.database.read() as session:
        assert set(await session.scalars(select(Attachment.scan))) == {"blocked"}
    told = await rows(application, Message, Message.author == "system")
    assert len({row.conversation_id for row in told}) == 2
