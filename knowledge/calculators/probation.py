"""Probation 试用期: how long it may be, what it must pay, and what an unlawful one costs the employer.

劳动合同法 articles 19, 20, 70 and 83; 劳动合同法实施条例 article 15. The regulation of Yunnan of 2005 (article 11)
has other bands and is told beside the national ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from knowledge.calculators.figures import NATIONAL, Figures
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Note, Step, Value, cents

NAME = "probation"
CONTRACT_LAW, REGULATION = "劳动合同法", "劳动合同法实施条例"
YUNNAN, YUNNAN_RULES = "云南省", "云南省职工劳动权益保障条例"

BANDS = ((36, 6), (12, 2), (3, 1))  # months of the contract from, months of probation at most
OPEN_ENDED_LIMIT = 6
LEAST_SHARE = Decimal("0.8")
MOST_MONTHS = 600
MOST_WAGE = Decimal(10_000_000)


class Contract(StrEnum):
    """Kind of contract."""

    FIXED = "fixed"
    OPEN_ENDED = "open_ended"
    TASK = "task"
    PART_TIME = "part_time"


@dataclass(frozen=True, slots=True)
class Inputs:
    """The contract and its probation, in months; wages in yuan a month.

    `contract_months`: length of a fixed-term contract. `served_months`: how much of the probation has been worked;
    all of it when not given. `repeated`: a second probation at the same employer. `probation_only`: the contract
    covers nothing but the probation. `regular_wage`: pay after probation.
    """

    today: date
    contract: Contract
    probation_months: Decimal
    contract_months: Decimal | None = None
    served_months: Decimal | None = None
    regular_wage: Decimal | None = None
    probation_wage: Decimal | None = None
    repeated: bool = False
    probation_only: bool = False
    region: str = NATIONAL


def calculate(inputs: Inputs, figures: Figures) -> Calculation:
    """Months that were unlawful and what is owed for them, and pay that was below the floor, in yuan.

    Raises:
        InvalidInputError: the length of a fixed-term contract is missing, or a number is impossible.
    """
    _check(inputs)
    limit, reason = _limit(inputs)
    served = inputs.probation_months if inputs.served_months is None else inputs.served_months
    beyond = max(Decimal(0), served - limit)
    steps, notes = [reason], list[Note]()
    penalty = _penalty(inputs, beyond, steps)
    shortfall = _shortfall(inputs, figures, served, steps, notes)
    results: dict[str, Value] = {"limit": limit, "beyond": beyond, "penalty": penalty, "shortfall": shortfall}
    results["amount"] = penalty + shortfall
    notes.extend(_notes(inputs, limit, beyond))
    return Calculation(NAME, _headline(inputs, limit, results), results, tuple(steps), tuple(notes))


def _check(inputs: Inputs) -> None:
    if inputs.contract is Contract.FIXED and inputs.contract_months is None:
        raise InvalidInputError("contract_months", "contract_months_missing")
    if inputs.contract_months is not None and not 0 < inputs.contract_months <= MOST_MONTHS:
        raise InvalidInputError("contract_months", "months_impossible")
    if not 0 <= inputs.probation_months <= MOST_MONTHS:
        raise InvalidInputError("probation_months", "months_impossible")
    if inputs.served_months is not None and not 0 <= inputs.served_months <= inputs.probation_months:
        raise InvalidInputError("served_months", "served_too_long")
    if inputs.regular_wage is not None and not 0 < inputs.regular_wage <= MOST_WAGE:
        raise InvalidInputError("regular_wage", "wage_impossible")
    if inputs.probation_wage is not None and not 0 <= inputs.probation_wage <= MOST_WAGE:
        raise InvalidInputError("probation_wage", "wage_impossible")


def _limit(inputs: Inputs) -> tuple[int, Step]:
    """The longest lawful probation in months, and why."""
    law = (Article(CONTRACT_LAW, 19),)
    if inputs.contract is Contract.PART_TIME:
        return 0, Step("part_time", articles=(Article(CONTRACT_LAW, 70),))
    if inputs.contract is Contract.TASK:
        return 0, Step("task", articles=law)
    if inputs.repeated:
        return 0, Step("repeated", articles=law)
    if inputs.probation_only:
        return 0, Step("probation_only", articles=law)
    if inputs.contract is Contract.OPEN_ENDED:
        return OPEN_ENDED_LIMIT, Step("open_ended", {"limit": OPEN_ENDED_LIMIT}, law)
    months = inputs.contract_months or Decimal(0)
    limit = next((most for least, most in BANDS if months >= least), 0)
    values: dict[str, Value] = {"months": months, "limit": limit}
    return limit, Step("fixed" if limit else "too_short", values, law)


def _penalty(inputs: Inputs, beyond: Decimal, steps: list[Step]) -> Decimal:
    """Article 83: the wage after probation for each month beyond the limit that was worked."""
    if not beyond or inputs.regular_wage is None:
        return Decimal(0)
    amount = cents(inputs.regular_wage * beyond)
    values: dict[str, Value] = {"beyond": beyond, "wage": inputs.regular_wage, "amount": amount}
    steps.append(Step("penalty", values, (Article(CONTRACT_LAW, 83),)))
    return amount


def _shortfall(
    inputs: Inputs, figures: Figures, served: Decimal, steps: list[Step], notes: list[Note]
) -> Decimal:
    """Pay below 80% of the agreed wage, or below the local minimum, over the months worked."""
    if inputs.probation_wage is None:
        return Decimal(0)
    lowest = figures.value("minimum_wage_monthly", inputs.today, inputs.region)
    if lowest is None:
        notes.append(Note("minimum_unknown", articles=(Article(CONTRACT_LAW, 20),)))
    share = inputs.regular_wage * LEAST_SHARE if inputs.regular_wage else Decimal(0)
    floor = cents(max(share, lowest.value if lowest else Decimal(0)))
    law = (Article(CONTRACT_LAW, 20), Article(REGULATION, 15))
    if not floor:
        return Decimal(0)
    values: dict[str, Value] = {"floor": floor, "wage": inputs.probation_wage, "months": served}
    if inputs.probation_wage >= floor:
        steps.append(Step("pay_enough", values, law))
        return Decimal(0)
    amount = cents((floor - inputs.probation_wage) * served)
    steps.append(Step("pay_short", {**values, "amount": amount}, law))
    return amount


def _headline(inputs: Inputs, limit: int, results: dict[str, Value]) -> str:
    if results["amount"]:
        return "owed"
    if inputs.probation_months > limit:
        return "too_long" if limit else "not_allowed"
    return "lawful"


def _notes(inputs: Inputs, limit: int, beyond: Decimal) -> Iterator[Note]:
    if beyond and inputs.regular_wage is None:
        yield Note("wage_needed", {"beyond": beyond}, (Article(CONTRACT_LAW, 83),))
    if inputs.probation_months > limit and not beyond:
        yield Note("not_served_yet", articles=(Article(CONTRACT_LAW, 83),))
    if inputs.region.startswith(YUNNAN) and inputs.contract is Contract.FIXED:
        yield Note("yunnan_bands", articles=(Article(YUNNAN_RULES, 11),))
    if inputs.contract is Contract.PART_TIME:
        return
    yield Note("insurance", articles=(Article(CONTRACT_LAW, 19), Article("社会保险法", 58)))
    yield Note("dismissal", articles=(Article(CONTRACT_LAW, 21),))
