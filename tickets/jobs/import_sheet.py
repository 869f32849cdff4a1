"""A list of postings, row by row: good rows become postings, every other one is told with column and reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tickets.jobs import cells
from tickets.jobs.cells import WrongCell
from tickets.jobs.postings import NewPosting, monthly
from tickets.jobs.tables import MAX_ROWS, Line, RefusedTable, read_table
from tickets.jobs.words import words

HEADING_LINES: Final = 10  # above the heading there may be a title
FEWEST_HEADINGS: Final = 4
LIMITS: Final = {"reference": 64, "title": 128, "employer": 128, "contact": 128, "details": 2_000}
LOW_MONTH, HIGH_DAY, HIGH_HOUR = 500, 5_000, 1_000  # yuan: beyond, the unit is wrong


@dataclass(frozen=True)
class Problem:
    """What is wrong: line as the spreadsheet program counts, heading as written, reason."""

    line: int
    column: str
    text: str


@dataclass(frozen=True)
class Checked:
    """What a file holds. Every line below the heading is in `postings` or, at least once, in `problems`."""

    postings: tuple[NewPosting, ...]
    problems: tuple[Problem, ...]
    unused: tuple[str, ...]  # headings that nobody knows

    @property
    def bad_lines(self) -> int:
        return len({problem.line for problem in self.problems})

    @property
    def lines(self) -> int:
        return len(self.postings) + self.bad_lines


def check(data: bytes) -> Checked:
    """Read a .xlsx or .csv file; raises RefusedTable when it can't be read at all. Takes seconds: use a thread."""
    lines = read_table(data)
    position, columns = _heading(lines)
    body = lines[position + 1 :]
    if not body:
        raise RefusedTable("empty")
    if len(body) > MAX_ROWS:
        raise RefusedTable("too_many", limit=f"{MAX_ROWS:,}")
    headings = {
        index: str(cell).strip() for index, cell in enumerate(lines[position].cells) if cell is not None
    }
    unused = tuple(name for index, name in headings.items() if name and index not in columns.values())
    names = {name: headings[index] for name, index in columns.items()}
    return _rows(body, columns, names, unused)


def _heading(lines: Sequence[Line]) -> tuple[int, dict[str, int]]:
    """Return where the heading stands, and the place of each column in a row."""
    best: dict[str, int] = {}
    for position, line in enumerate(lines[:HEADING_LINES]):
        found: dict[str, int] = {}
        for index, cell in enumerate(line.cells):
            name = words().headings.get(_heading_text(cell))
            if name is not None:
                found.setdefault(name, index)
        if len(found) >= FEWEST_HEADINGS and not set(words().required) - set(found):
            return position, found
        best = max(best, found, key=len)
    if len(best) < FEWEST_HEADINGS:
        raise RefusedTable("header", columns="、".join(words().column(name) for name in words().columns))
    missing = [words().column(name) for name in words().required if name not in best]
    raise RefusedTable("missing_columns", columns="、".join(missing))


def _heading_text(cell: Any) -> str:
    return cells.plain(cell).strip("*:").partition("(")[0] if cell is not None else ""


def _rows(
    body: Sequence[Line], columns: Mapping[str, int], names: Mapping[str, str], unused: tuple[str, ...]
) -> Checked:
    postings: list[NewPosting] = []
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for line in body:
        reader = _RowReader(line, columns, names)
        posting = reader.read()
        if posting is not None and posting.reference in first:
            reader.wrong("reference", words().problem("repeated", line=first[posting.reference]))
        elif posting is not None:
            first[posting.reference] = line.number
            postings.append(posting)
        problems += reader.problems
    return Checked(tuple(postings), tuple(problems), unused)


class _RowReader:
    """Reads one row; gathers what is wrong with any of its cells instead of stopping at the first."""

    def __init__(self, line: Line, columns: Mapping[str, int], names: Mapping[str, str]) -> None:
        self._line, self._columns, self._names = line, columns, names
        self.problems: list[Problem] = []

    def wrong(self, column: str, reason: str) -> None:
        heading = self._names.get(column) or words().column(column)
        self.problems.append(Problem(self._line.number, heading, reason))

    def _raw(self, column: str) -> Any:
        index = self._columns.get(column)
        return self._line.cells[index] if index is not None and index < len(self._line.cells) else None

    def _of(self, column: str, read: Callable[..., Any], *more: Any, default: Any = None) -> Any:
        try:
            return read(self._raw(column), *more)
        except WrongCell as error:
            self.wrong(column, str(error))
            return default

    def read(self) -> NewPosting | None:
        """Return the posting, None when anything is wrong with it."""
        values: dict[str, Any] = {name: self._text(name) for name in LIMITS}
        values["trade"] = self._of("trade", cells.trade, self._raw("title"))
        values["region"] = self._of("region", cells.region)
        values |= self._wages() | self._ages() | self._dates()
        values["people"] = self._of("people", cells.people)
        values |= {name: self._of(name, cells.flag) for name in ("lodging", "meals", "insurance")}
        return None if self.problems else NewPosting(**values)

    def _text(self, name: str) -> str | None:
        found: str | None = self._of(name, cells.text, LIMITS[name], default="?")
        if found is None and name in words().required:
            self.wrong(name, words().problem("missing"))
        return found

    def _wages(self) -> dict[str, Any]:
        low, high = self._of("wage_from", cells.wage, default=(None, None))
        upper, top = self._of("wage_to", cells.wage, default=(None, None))
        high = top or upper or high
        unit = self._of("wage_unit", cells.unit, default="piece")
        if low is not None and high is not None and low > high:
            self.wrong("wage_from", words().problem("wage_order"))
        elif low or high:
            self._plausible(low or high, unit)
        return {"wage_from": low, "wage_to": high, "wage_unit": unit}

    def _plausible(self, amount: int, unit: str) -> None:
        """A wage with the wrong unit would be shown to workers as many times what it is."""
        by_month = monthly(amount, unit)
        if unit == "month" and by_month is not None and by_month < LOW_MONTH:
            self.wrong("wage_unit", words().problem("wage_month_low", value=amount))
        if (unit == "day" and amount > HIGH_DAY) or (unit == "hour" and amount > HIGH_HOUR):
            label = words().unit_word(unit)
            self.wrong("wage_unit", words().problem("wage_day_high", value=amount, unit=label))

    def _ages(self) -> dict[str, Any]:
        low, high = self._of("age_from", cells.age, default=(None, None))
        upper, top = self._of("age_to", cells.age, default=(None, None))
        high = top or upper or high
        if low is not None and high is not None and low > high:
            self.wrong("age_from", words().problem("age_order"))
        return {"age_from": low, "age_to": high}

    def _dates(self) -> dict[str, Any]:
        first, last = self._of("starts_on", cells.day), self._of("ends_on", cells.day)
        if first is not None and last is not None and last < first:
            self.wrong("ends_on", words().problem("date_order"))
        return {"starts_on": first, "ends_on": last}
