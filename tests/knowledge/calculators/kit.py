"""Shared by the tests of the calculators: a day, places, the shipped figures, and a sum put into words."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from knowledge.calculators.figures import Figures, load_figures
from knowledge.calculators.registry import CALCULATORS
from knowledge.calculators.render import Rendered, problem, render
from knowledge.calculators.values import Calculation, InvalidInputError

TODAY = date(2026, 11, 22)
GUANDU = "云南省昆明市官渡区"
DALI = "云南省大理白族自治州大理市"
SHIPPED = load_figures()
NO_FIGURES = Figures()


def words(calculation: Calculation) -> Rendered:
    """The calculation with its own texts; a missing sentence or value is an error."""
    return render(calculation, CALCULATORS[calculation.calculator].wording)


def note_keys(calculation: Calculation) -> set[str]:
    return {note.key for note in calculation.notes}


def step_keys(calculation: Calculation) -> list[str]:
    return [step.key for step in calculation.steps]


def refused(name: str, sum_: Callable[[], Any]) -> tuple[str, str]:
    """Field and key of the refusal; its sentence must exist and have all its values."""
    with pytest.raises(InvalidInputError) as caught:
        sum_()
    assert "{" not in problem(caught.value, CALCULATORS[name].wording)
    return caught.value.field, caught.value.key
