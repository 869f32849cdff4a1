"""From an uploaded file to rows of cells, within limits: a file that would not fit in memory is never unpacked."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from tickets.errors import TicketError
from tickets.jobs.words import words

MAX_BYTES: Final = 5_000_000  # of the file as uploaded
MAX_ROWS: Final = 10_000  # of postings in one file
MAX_COLUMNS: Final = 60
MAX_SCANNED: Final = 100_000  # rows looked at, empty ones counted
MAX_UNPACKED: Final = 60_000_000  # bytes of a workbook when unpacked: 10,000 full rows need 20 million
MAX_PART: Final = 5_000_000  # bytes of a part that is neither a sheet nor its texts
MAX_PARTS: Final = 500
MAX_CELL: Final = 10_000  # characters of a CSV field
_ZIP, _OLD_XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCODINGS: Final = ("utf-8-sig", "gb18030")
Row = Sequence[Any]


class RefusedTable(TicketError):
    """The file as a whole can't be read; the message says why and what to do."""

    key = "invalid"

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__()
        self.reason = reason
        self.message = words().refusal(reason, **values)


@dataclass(frozen=True)
class Line:
    """One row that is not empty, with its number as the spreadsheet program shows it."""

    number: int
    cells: Row


def read_table(data: bytes) -> list[Line]:
    """Return the rows of a .xlsx or .csv file that are not empty, the heading among them; raises RefusedTable.

    At most MAX_ROWS postings and ten lines of headings.
    """
    if not data.strip():
        raise RefusedTable("empty")
    if len(data) > MAX_BYTES:
        raise RefusedTable("too_large", limit=MAX_BYTES // 1_000_000)
    if data.startswith(_OLD_XLS):
        raise RefusedTable("kind")
    return _xlsx(data) if data.startswith(_ZIP) else _csv(data)


def _lines(rows: Iterable[Row]) -> list[Line]:
    found: list[Line] = []
    for number, cells in enumerate(rows, 1):
        if number > MAX_SCANNED:
            raise RefusedTable("too_many", limit=f"{MAX_ROWS:,}")
        if any(cell is not None and str(cell).strip() for cell in cells):
            found.append(Line(number, cells))
            if len(found) > MAX_ROWS + 10:
                raise RefusedTable("too_many", limit=f"{MAX_ROWS:,}")
    if not found:
        raise RefusedTable("empty")
    return found


def _xlsx(data: bytes) -> list[Line]:
    """Read the first visible sheet. What is unpacked is limited by what the archive declares: zipfile reads no more."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive.infolist())
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
            if not sheets:
                raise RefusedTable("empty")
            return _lines(sheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True))
        finally:
            book.close()
    except (
        zipfile.BadZipFile, InvalidFileException, SyntaxError, KeyError, ValueError, TypeError, IndexError,
        AttributeError, OSError, EOFError, NotImplementedError, RuntimeError, AssertionError,
    ) as error:  # fmt: skip
        # openpyxl checks nothing: what a broken or hostile workbook raises depends on where it is broken
        raise RefusedTable("broken") from error


def _check_archive(parts: Sequence[zipfile.ZipInfo]) -> None:
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise RefusedTable("bomb")
    for part in parts:
        rows = part.filename.startswith("xl/worksheets/") or part.filename == "xl/sharedStrings.xml"
        media = part.filename.startswith(("xl/media/", "docProps/"))  # pictures are not read
        if not rows and not media and part.file_size > MAX_PART:
            raise RefusedTable("bomb")


def _csv(data: bytes) -> list[Line]:
    decoded = _decode(data)
    if "\x00" in decoded:
        raise RefusedTable("kind")
    head = decoded[:4000].partition("\n")[0]
    delimiter = max(",\t;，", key=head.count)
    csv.field_size_limit(MAX_CELL)
    try:
        return _lines(_cut(csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter)))
    except csv.Error as error:
        raise RefusedTable("broken") from error


def _cut(rows: Iterable[list[str]]) -> Iterator[Row]:
    return (row[:MAX_COLUMNS] for row in rows)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = _ENCODINGS
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RefusedTable("kind")
