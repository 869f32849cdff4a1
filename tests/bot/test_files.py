"""Files: known by content, cleaned of what they betray, kept encrypted, refused with a reason."""

import io
import math
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.files import FileRefused, FileStore, accept_file, find, record, safe_filename
from bot.files_clean import blank_gps
from storage.database import Database
from storage.models import Conversation

LIMIT = 20 * 1024 * 1024
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EXE = b"MZ\x90\x00" + bytes(60) + b"PE\x00\x00" + bytes(400)
ORIENTATION, GPS, MAKE = 0x0112, 0x8825, 0x010F


def image_bytes(form="JPEG", size=(60, 30), mode="RGB", **options):
    image = Image.new(mode, size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))  # the corner tells which way is up
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def picture(name="工资条.jpg"):
    return name, image_bytes(), "image/jpeg"


def with_exif(orientation=6):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[MAKE] = "SecretPhone"
    exif.get_ifd(GPS)[2] = (25.0, 2.0, 11.0)
    return image_bytes(exif=exif.tobytes())


def accepted(data, name="x.jpg", limit=LIMIT):
    return accept_file(data, name, limit)


def refusal(data, name="x.jpg", limit=LIMIT, **options):
    with pytest.raises(FileRefused) as caught:
        accept_file(data, name, limit, **options)
    return caught.value.reason


@pytest.mark.parametrize(
    ("form", "content_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_pictures_are_accepted_with_a_thumbnail(form, content_type):
    file = accepted(image_bytes(form))
    assert (file.content_type, file.kind) == (content_type, "photo")
    assert file.thumbnail[:3] == b"\xff\xd8\xff"


def test_a_pdf_is_a_document():
    file = accepted(PDF, "合同.pdf")
    assert (file.content_type, file.kind, file.thumbnail, file.data) == (
        "application/pdf",
        "document",
        None,
        PDF,
    )


def test_exif_and_place_are_gone_and_the_picture_stands_upright():
    file = accepted(with_exif(orientation=6))
    assert b"SecretPhone" not in file.data
    with Image.open(io.BytesIO(file.data)) as image:
        assert dict(image.getexif()) == {}
        assert image.size == (30, 60)  # turned by 90 degrees
        assert image.getpixel((28, 2))[1] < 80  # the red corner is now at the top right


def test_what_is_appended_to_a_picture_is_gone():
    assert b"PK\x03\x04evil" not in accepted(image_bytes() + b"PK\x03\x04evil").data


def test_comments_in_a_picture_are_gone():
    assert b"secret comment" not in accepted(image_bytes(comment=b"secret comment")).data


def test_a_transparent_png_keeps_its_transparency():
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")
    with Image.open(io.BytesIO(accepted(out.getvalue()).data)) as kept:
        assert kept.mode == "RGBA"


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1"])
def test_uncommon_colour_modes_are_accepted(mode):
    form = "JPEG" if mode in {"L", "CMYK"} else "PNG"
    image = Image.new(mode, (20, 20))
    out = io.BytesIO()
    image.save(out, form)
    assert accepted(out.getvalue()).kind == "photo"


def test_huge_photos_are_made_smaller():
    with Image.open(io.BytesIO(accepted(image_bytes(size=(6000, 3000))).data)) as image:
        assert image.size == (4096, 2048)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (EXE, "type"),
        (b"#!/bin/sh\nrm -rf /\n", "type"),
        (b"<html><script>alert(1)</script>", "type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "type"),
        (b"PK\x03\x04" + bytes(100), "type"),
        (b"GIF89a" + bytes(100), "type"),
        (b"\x7fELF" + bytes(100), "type"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "damaged"),
        (image_bytes()[:300], "damaged"),
        (image_bytes("PNG")[:60], "damaged"),
        (b"%PDF-1.4 cut off", "damaged"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(20), "damaged"),
    ],
)
def test_what_is_not_a_photo_or_pdf_is_refused(data, reason):
    assert refusal(data, "IMG_0001.jpg") == reason


def test_thirty_megabytes_are_refused():
    assert refusal(image_bytes() + bytes(30 * 1024 * 1024)) == "too_large"


def test_a_decompression_bomb_is_refused_before_it_is_unpacked():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for side in (9_000, 60_000):
        head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
        assert refusal(bomb) == "too_large"


def test_the_scan_command_decides(tmp_path):
    assert refusal(PDF, scan=("/bin/sh", "-c", "grep -q EOF $0 && exit 1")) == "virus"
    assert accept_file(PDF, "a.pdf", LIMIT, scan=("/bin/true",)).kind == "document"


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("工资条.jpg", "工资条.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\我\\照片.JPEG", "照片.jpg"),
        ("a.exe", "a.jpg"),
        ("evil\u202egpj.exe", "evilgpj.jpg"),
        ('<script>".jpg', "script.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        ("\r\nSet-Cookie: x=1.jpg", "Set-Cookie x=1.jpg"),
        ("名" * 300 + ".jpg", "名" * 80 + ".jpg"),
    ],
)
def test_names_are_made_harmless(given_name, kept):
    assert safe_filename(given_name, "image/jpeg") == kept


@given(st.text())
def test_no_name_can_leave_its_folder_or_break_a_header(name):
    made = safe_filename(name, "application/pdf")
    assert made.endswith(".pdf")
    assert not set(made) & set('/\\\r\n\x00"')


@given(
    st.binary(max_size=2000), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"%PDF-1.4"])
)
def test_random_bytes_are_accepted_or_refused_never_worse(noise, head):
    with suppress(FileRefused):
        accept_file(head + noise, "x.jpg", LIMIT)


def heic_with_gps():
    exif = Image.Exif()
    exif[MAKE] = "Phone"
    exif.get_ifd(GPS)[2] = (25.0, 2.0, 11.0)
    block = exif.tobytes()
    start = block if block.startswith(b"Exif\x00\x00") else b"Exif\x00\x00" + block
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(40) + start + bytes(20)


def test_a_heic_photo_is_a_document_without_its_place():
    data = heic_with_gps()
    file = accepted(data, "IMG_1.HEIC")
    assert (file.content_type, file.kind, file.filename) == ("image/heic", "document", "IMG_1.heic")
    assert len(file.data) == len(data)
    exif = Image.Exif()
    exif.load(file.data[file.data.index(b"Exif\x00\x00") :])
    assert exif[MAKE] == "Phone"
    assert all(math.isnan(part) or part == 0 for part in exif.get_ifd(GPS).get(2, ()))


@given(st.binary(max_size=400))
def test_blanking_never_fails_and_never_changes_the_length(noise):
    data = b"Exif\x00\x00II*\x00" + noise
    assert len(blank_gps(data)) == len(data)


def test_stored_files_are_unreadable_on_disk_and_kept_once(tmp_path):
    store, file = FileStore(tmp_path), accepted(PDF, "a.pdf")
    store.put(file)
    store.put(file)
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert b"PDF" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert store.read(file.sha256) == PDF
    assert store.read_thumbnail(file.sha256) is None


def test_a_picture_has_a_readable_thumbnail_until_it_is_removed(tmp_path):
    store, file = FileStore(tmp_path), accepted(image_bytes())
    store.put(file)
    assert store.read_thumbnail(file.sha256) == file.thumbnail
    store.remove(file.sha256)
    with pytest.raises(FileNotFoundError):
        store.read(file.sha256)


@pytest.mark.parametrize("name", ["../../../etc/passwd", "", "a" * 63, "A" * 64])
def test_only_hashes_name_files(tmp_path, name):
    with pytest.raises(FileNotFoundError):
        FileStore(tmp_path).read(name)


async def test_a_recorded_file_is_found_by_its_unguessable_token(database: Database, now):
    file = accepted(PDF, "合同.pdf")
    async with database.write() as session:
        conversation = Conversation(channel="webchat", address="a" * 9, created_at=now, last_inbound_at=now)
        session.add(conversation)
        await session.flush()
        row = await record(session, file, conversation_id=conversation.id, message_id=None, now=now)
    async with database.read() as session:
        found = await find(session, row.token)
        assert (found.filename, found.sha256, found.size) == ("合同.pdf", file.sha256, len(PDF))
        assert len(row.token) == 43
        assert await find(session, "x") is None
