"""Requests become Inbound: the one place where anything a browser sends is looked at."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from bot.channels.webchat_errors import WebchatError
from bot.channels.webchat_limits import (
    BODY_BYTES,
    FORM_NUMBER,
    MEGABYTE,
    MESSAGE_ID,
    MULTIPART_OVERHEAD_BYTES,
    PAYLOAD_CHARACTERS,
    limited,
    read_body,
)
from bot.channels.webchat_session import CHANNEL
from bot.files_clean import is_image
from bot.messages import Inbound, IncomingFile, Kind


@dataclass(frozen=True)
class Said:
    """One message of a request. A file counts before a button, a button before a text."""

    id: str
    session: str | None
    text: str = ""
    payload: str | None = None
    token: str | None = None
    file: IncomingFile | None = None

    def inbound(self, address: str, *, label: str = "", file: IncomingFile | None = None) -> Inbound:
        """Return what the turn takes; `label` is what stood on the pressed button."""
        sent = file or self.file
        if sent is not None:
            kind: Kind = "photo" if is_image(sent.data) else "document"
            return Inbound(CHANNEL, address, self.id, kind, self.text, files=(sent,))
        if self.payload is not None:
            return Inbound(CHANNEL, address, self.id, "button", label, self.payload)
        return Inbound(CHANNEL, address, self.id, "text", self.text)


def _plain(text: str) -> str:
    """Replace half characters (lone surrogates), which no database can store."""
    return text.encode("utf-8", "replace").decode()


async def read_json_message(request: Request) -> Said:
    """Return the message of POST /api/chat/messages; raises WebchatError 400 or 413."""
    try:
        body = json.loads(await read_body(request))
    except (ValueError, RecursionError) as error:
        raise WebchatError(400, "bad_json") from error
    if not isinstance(body, dict):
        raise WebchatError(400, "bad_json")
    session = body.get("session")
    if session is not None and not isinstance(session, str):
        raise WebchatError(400, "bad_session")
    content = {name: body[name] for name in ("text", "payload", "attachment") if body.get(name) is not None}
    if not content or not all(isinstance(value, str) for value in content.values()):
        raise WebchatError(400, "nothing_said")
    payload, token = content.get("payload"), content.get("attachment")
    if payload is not None and not 0 < len(payload) <= PAYLOAD_CHARACTERS:
        raise WebchatError(400, "bad_button")
    return Said(
        _message_id(body.get("id")),
        session,
        _plain(content.get("text", "")),
        _plain(payload) if payload is not None else None,
        token,
    )


def _message_id(value: Any) -> str:
    given = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(given, str) or not MESSAGE_ID.fullmatch(given):
        raise WebchatError(400, "bad_id")
    return given


async def read_upload(request: Request, limit_bytes: int) -> Said:
    """Return the message of POST /api/chat/attachments: fields session, id, file (and a text beside it).

    Raises:
        WebchatError: 400 for a form without file or id, 413 for a file over `limit_bytes`.
    """
    form = await _form(request, limit_bytes)
    file = await _file(form, limit_bytes)
    if file is None:
        raise WebchatError(400, "no_file")
    session = _field(form, "session") or None
    return Said(_message_id(_field(form, "id")), session, _plain(_field(form, "text")), file=file)


async def read_form_message(request: Request, limit_bytes: int) -> Said:
    """Return the message of the plain form (JavaScript off).

    The id is the form's number plus a hash of the content: sending the same form twice is one message,
    going back in the browser and writing something else into the old form is another.
    """
    form = await _form(request, limit_bytes)
    text, payload, number = _plain(_field(form, "text")), _plain(_field(form, "payload")), _field(form, "id")
    file = await _file(form, limit_bytes)
    if not FORM_NUMBER.fullmatch(number) or len(payload) > PAYLOAD_CHARACTERS:
        raise WebchatError(400, "bad_form")
    content = hashlib.sha256(json.dumps([text, payload]).encode() + (file.data if file else b""))
    session = _field(form, "session") or None
    return Said(f"{number}-{content.hexdigest()[:16]}", session, text, payload or None, file=file)


async def _form(request: Request, limit_bytes: int) -> FormData:
    megabytes = limit_bytes // MEGABYTE
    largest = limit_bytes + BODY_BYTES + MULTIPART_OVERHEAD_BYTES
    inside = limited(request, largest, "file_too_large", megabytes=megabytes)
    try:
        return await inside.form(max_files=4, max_fields=16, max_part_size=BODY_BYTES)
    except (MultiPartException, HTTPException) as error:  # the second is the first, dressed for an app
        raise WebchatError(400, "bad_form") from error


def _field(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


async def _file(form: FormData, limit_bytes: int) -> IncomingFile | None:
    """Return the first file that has content or a name; browsers send an empty part when none was chosen."""
    for value in form.getlist("file"):
        if isinstance(value, UploadFile) and (value.filename or value.size):
            if (value.size or 0) > limit_bytes:
                raise WebchatError(413, "file_too_large", megabytes=limit_bytes // MEGABYTE)
            return IncomingFile(_plain(value.filename or "file"), await value.read())
    return None
