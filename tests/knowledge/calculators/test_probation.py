from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calculators.probation import NAME, Contract, Inputs, calculate
from knowledge.calculators.values import Calculation
from tests.knowledge.calculators.kit import (
    DALI,
    GUANDU,
    NO_FIGURES,
    SHIPPED,
    TODAY,
    note_keys,
    refused,
    step_keys,
    words,
)


def probation(length: str = "12", months: str = "2", **more: Any) -> Calculation:
    """A fixed contract of `length` months with a probation of `months`; whole numbers become Decimal."""
    whole = {name: Decimal(value) for name, value in more.items() if type(value) is int}
    values = {"contract": Contract.FIXED, "region": GUANDU} | more | whole
    values |= {"contract_months": Decimal(length), "probation_months": Decimal(months)}
    return calculate(Inputs(TODAY, **values), SHIPPED)


@pytest.mark.parametrize(
    ("contract", "limit"),
    [("2.9", 0), ("3", 1), ("11.9", 1), ("12", 2), ("35.9", 2), ("36", 6), ("120", 6)],
)
def test_the_limit_follows_the_length_of_the_contract(contract: str, limit: int) -> None:
    lawful, too_long = probation(contract, str(limit)), probation(contract, str(limit + 1))
    assert (lawful.results["limit"], lawful.headline) == (limit, "lawful")
    assert too_long.headline == ("too_long" if limit else "not_allowed")
    assert words(too_long).basis


@pytest.mark.parametrize(
    ("kind", "limit", "step"),
    [
        ({"contract": Contract.OPEN_ENDED}, 6, "open_ended"),
        ({"contract": Contract.TASK}, 0, "task"),
        ({"contract": Contract.PART_TIME}, 0, "part_time"),
        ({"repeated": True}, 0, "repeated"),
        ({"probation_only": True}, 0, "probation_only"),
    ],
)
def test_other_contracts_have_their_own_limit(kind: dict[str, Any], limit: int, step: str) -> None:
    done = probation("36", "6", **kind)
    assert (done.results["limit"], step_keys(done)[0]) == (limit, step)
    assert words(done).text


def test_months_beyond_the_limit_are_paid_once_more_at_the_regular_wage() -> None:
    done = probation("12", "6", regular_wage=5000, probation_wage=4000)
    assert (done.results["penalty"], done.results["shortfall"], done.headline) == (20000, 0, "owed")


def test_only_months_that_were_worked_count() -> None:
    assert probation("12", "6", served_months=3, regular_wage=5000).results["penalty"] == 5000
    waiting = probation("12", "6", served_months=2, regular_wage=5000)
    assert (waiting.results["penalty"], waiting.headline) == (0, "too_long")
    assert "not_served_yet" in note_keys(waiting)


def test_without_the_regular_wage_it_is_asked_for() -> None:
    assert "wage_needed" in note_keys(probation("12", "6"))


@pytest.mark.parametrize(
    ("wage", "shortfall"), [("4000", 0), ("3999.99", "0.02"), ("3500", 1000), ("0", 8000)]
)
def test_eighty_percent_of_the_regular_wage_is_the_floor(wage: str, shortfall: Any) -> None:
    assert probation(regular_wage=5000, probation_wage=Decimal(wage)).results["shortfall"] == Decimal(
        shortfall
    )


def test_the_local_minimum_is_the_floor_when_it_is_higher() -> None:
    assert probation(regular_wage=2500, probation_wage=2200).results["shortfall"] == 140
    unknown = probation(regular_wage=2500, probation_wage=2200, region=DALI)
    assert (unknown.results["shortfall"], "minimum_unknown" in note_keys(unknown)) == (0, True)
    only_minimum = probation(probation_wage=2200)
    assert only_minimum.results["shortfall"] == 140


def test_the_stricter_bands_of_yunnan_are_told_in_yunnan() -> None:
    assert "yunnan_bands" in note_keys(probation())
    assert "yunnan_bands" not in note_keys(probation(region="四川省成都市"))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"contract_months": None}, ("contract_months", "contract_months_missing")),
        ({"contract_months": Decimal(0)}, ("contract_months", "months_impossible")),
        ({"probation_months": Decimal(601)}, ("probation_months", "months_impossible")),
        ({"served_months": Decimal(4)}, ("served_months", "served_too_long")),
        ({"regular_wage": Decimal(0)}, ("regular_wage", "wage_impossible")),
        ({"probation_wage": Decimal(-1)}, ("probation_wage", "wage_impossible")),
    ],
)
def test_impossible_inputs_are_refused(wrong: dict[str, Any], problem: tuple[str, str]) -> None:
    good = {
        "today": TODAY,
        "contract": Contract.FIXED,
        "contract_months": Decimal(12),
        "probation_months": Decimal(3),
    }
    assert refused(NAME, lambda: calculate(Inputs(**{**good, **wrong}), NO_FIGURES)) == problem


MONTHS = st.decimals(0, 24, places=1)
WAGE = st.decimals(1, 50_000, places=2)


@given(st.sampled_from(Contract), st.decimals("0.1", 100, places=1), MONTHS, MONTHS, WAGE, WAGE)
def test_longer_probation_never_costs_the_employer_less(
    contract: Contract, length: Decimal, months: Decimal, more: Decimal, regular: Decimal, wage: Decimal
) -> None:
    def run(agreed: Decimal) -> Calculation:
        inputs = Inputs(
            TODAY, contract, agreed, length, regular_wage=regular, probation_wage=wage, region=GUANDU
        )
        return calculate(inputs, SHIPPED)

    short, long = run(months), run(months + more)
    assert words(long).text
    assert 0 <= short.results["amount"] <= long.results["amount"]
    assert long.results["amount"] == long.results["penalty"] + long.results["shortfall"]
