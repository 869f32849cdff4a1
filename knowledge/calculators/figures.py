"""Figures that differ by place and time (minimum wages, local averages), with validity and source.

They lie in content/figures.yml and can be replaced by another file of the same form.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, model_validator
from pydantic import Field as Limit

from knowledge.errors import ContentError

FIGURES_FILE = Path(__file__).parents[1] / "content" / "figures.yml"
NATIONAL = "全国"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@dataclass(frozen=True, slots=True)
class Figure:
    """One known figure. `valid_to` is the last day of its validity; None means no end, or no beginning, is set."""

    name: str
    region: str
    value: Decimal
    unit: str
    valid_from: date | None
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class UnknownFigure:
    """Says that a place has its own figure and nobody has confirmed it: no wider figure stands in for it."""

    name: str
    region: str
    valid_from: date | None = None
    valid_to: date | None = None


Row = Figure | UnknownFigure


class Figures:
    """Look-up by name, day and place."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Raises ContentError when two rows of one name and place hold on the same day."""
        self._rows: dict[tuple[str, str], list[Row]] = {}
        for row in rows:
            self._rows.setdefault((row.name, row.region), []).append(row)
        for key, same in self._rows.items():
            same.sort(key=lambda row: row.valid_from or date.min)
            if any(_overlap(early, late) for early, late in pairwise(same)):
                raise ContentError(f"figures: {key[0]}: {key[1]}: periods of validity overlap")

    def value(self, name: str, on: date, region: str = NATIONAL) -> Figure | None:
        """The figure of the smallest place around `region` that has one on that day: county, city, province, 全国.

        Args:
            name: as in figures.yml; a name that is not there has no figure.
            on: the day for which it must hold.
            region: full official names joined, 云南省昆明市官渡区.

        Returns:
            None when it is not set, or known to be unknown: the caller says so and leaves that item out.
        """
        for place in self._around(name, region):
            for row in self._rows[name, place]:
                if (row.valid_from or date.min) <= on <= (row.valid_to or date.max):
                    return row if isinstance(row, Figure) else None
        return None

    def _around(self, name: str, region: str) -> Sequence[str]:
        """Places that have rows of this name and contain `region`, the smallest first.

        Names are joined from large to small, so a place contains all that begin with its own name.
        """
        places = [place for known, place in self._rows if known == name and place != NATIONAL]
        inside = sorted((place for place in places if region.startswith(place)), key=len, reverse=True)
        return [*inside, NATIONAL] if (name, NATIONAL) in self._rows else inside


def _overlap(early: Row, late: Row) -> bool:
    return (late.valid_from or date.min) <= (early.valid_to or date.max)


class PeriodData(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    value: Annotated[Decimal, Limit(ge=0)] | None
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self


class FigureData(BaseModel):
    """One entry of figures.yml: a name, the places that share it, and its value through time."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    unit: Text
    regions: Annotated[tuple[Text, ...], Limit(min_length=1)] = (NATIONAL,)
    periods: Annotated[tuple[PeriodData, ...], Limit(min_length=1)]
    source: Text

    def rows(self) -> Iterable[Row]:
        for region in self.regions:
            for period in self.periods:
                span = (period.valid_from, period.valid_to)
                if period.value is None:
                    yield UnknownFigure(self.name, region, *span)
                else:
                    yield Figure(self.name, region, period.value, self.unit, *span, self.source)


def load_figures(path: Path | None = None) -> Figures:
    """Read and validate the file; raises ContentError with file, entry and key."""
    file = path or FIGURES_FILE
    raw = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or []
    if not isinstance(raw, list):
        raise ContentError(f"{file.name}: must be a list of figures")
    rows: list[Row] = []
    for number, entry in enumerate(raw, 1):
        name = entry.get("name", "?") if isinstance(entry, dict) else "?"
        try:
            rows.extend(FigureData.model_validate(entry).rows())
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"])
            raise ContentError(f"{file.name}: entry {number} ({name}): {where}: {problem['msg']}") from error
    return Figures(rows)
