"""What a form posted: limited in size, cleaned of what no database takes; and each form only once."""

from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

FORM_BYTES = 256 * 1024
FIELDS = 300
NUMBERS_REMEMBERED = 5_000


class FormTooLarge(Exception):
    """The body is longer than any form of ours."""


class FormBroken(Exception):
    """The body is not a form."""


@dataclass(frozen=True)
class Upload:
    """A file that a form brought along."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Form:
    """Posted values; a missing field is an empty text."""

    values: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the field without blanks around it."""
        return self.values.get(name, "").strip()

    def raw(self, name: str) -> str:
        """Return the field as typed: passwords."""
        return self.values.get(name, "")

    def number(self, name: str) -> int | None:
        """Return a whole number of at most nine digits, or None."""
        value = self.text(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else None

    def lines(self, name: str) -> list[str]:
        """Return the lines of a field that are not empty."""
        return [line.strip() for line in self.text(name).split("\n") if line.strip()]


async def read_form(request: Request) -> Form:
    """Return the posted form; raises FormTooLarge, FormBroken."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise FormTooLarge
    try:
        pairs = parse_qsl(
            body.decode("ascii", "replace"), keep_blank_values=True, errors="replace", max_num_fields=FIELDS
        )
    except ValueError as error:
        raise FormBroken from error
    return Form({name: _clean(value) for name, value in pairs})


async def read_upload(request: Request, limit: int) -> Form:
    """Return a posted form with files, `limit` bytes in all; raises FormTooLarge, FormBroken."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await read_form(request)
    parser = MultiPartParser(
        request.headers, _limited(request, limit), max_files=1, max_fields=20, max_part_size=limit
    )
    try:
        posted = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise FormBroken from error
    values: dict[str, str] = {}
    files: dict[str, Upload] = {}
    for name, value in posted.multi_items():
        if isinstance(value, UploadFile):
            files[name] = Upload(_clean(value.filename or ""), await value.read())
        else:
            values[name] = _clean(value)
    await posted.close()
    return Form(values, files)


async def _limited(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    taken = 0
    async for chunk in request.stream():
        taken += len(chunk)
        if taken > limit:
            raise FormTooLarge
        yield chunk


def _clean(value: str) -> str:
    """One kind of line end; no NUL, which PostgreSQL refuses."""
    return value.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")


class OnceOnly:
    """Forms that were carried out, in this process: a second click must not send a second message."""

    def __init__(self) -> None:
        self._taken: OrderedDict[str, None] = OrderedDict()

    def take(self, number: str) -> bool:
        """Claim the form's number; False when it was claimed before. A form without number is always new."""
        if not number:
            return True
        if number in self._taken:
            return False
        self._taken[number] = None
        while len(self._taken) > NUMBERS_REMEMBERED:
            self._taken.popitem(last=False)
        return True

    def give_back(self, number: str) -> None:
        """The form failed and may be sent again."""
        self._taken.pop(number, None)
