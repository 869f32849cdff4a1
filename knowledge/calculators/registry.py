"""All calculators by name. A new one is a module with NAME, Inputs and calculate, its texts, and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol

from knowledge.calculators import (
    annual_leave,
    double_wage,
    economic_compensation,
    forms,
    limitation,
    maternity,
    medical_period,
    minimum_wage_check,
    overtime_pay,
    probation,
    render,
    retirement,
    unemployment_months,
    wage_arrears_total,
    work_death,
    work_injury,
)
from knowledge.calculators.figures import Figures
from knowledge.calculators.values import Calculation
from knowledge.calculators.wording import Wording, load_wording


class CalculatorModule(Protocol):
    """What a calculator's module exports."""

    @property
    def NAME(self) -> str: ...  # noqa: N802 - a module constant
    @property
    def Inputs(self) -> type[Any]: ...  # noqa: N802 - a class
    @property
    def calculate(self) -> Callable[[Any, Figures], Calculation]: ...


@dataclass(frozen=True, slots=True)
class CalculatorSpec:
    """One calculator: its inputs, its sum and its words."""

    name: str
    inputs: type[Any]
    calculate: Callable[[Any, Figures], Calculation]
    wording: Wording

    def run(self, raw: forms.Raw, figures: Figures, today: date) -> render.Rendered:
        """From raw answers to the text. Raises InvalidInputError; `render.problem` puts it into words."""
        inputs = forms.parse(self.inputs, self.wording, raw, today)
        return render.render(self.calculate(inputs, figures), self.wording)


MODULES: tuple[CalculatorModule, ...] = (
    economic_compensation,
    double_wage,
    overtime_pay,
    annual_leave,
    probation,
    wage_arrears_total,
    minimum_wage_check,
    work_injury,
    work_death,
    maternity,
    medical_period,
    unemployment_months,
    retirement,
    limitation,
)


def _specs() -> Mapping[str, CalculatorSpec]:
    specs = (CalculatorSpec(m.NAME, m.Inputs, m.calculate, load_wording(m.NAME)) for m in MODULES)
    return MappingProxyType({spec.name: spec for spec in specs})


CALCULATORS: Mapping[str, CalculatorSpec] = _specs()
