"""From what somebody typed, or from slots, to the typed inputs of a calculator."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, get_args, get_type_hints

from knowledge.calculators.reading import empty, read, wrong
from knowledge.calculators.wording import Field, Wording

Raw = Mapping[str, object]
# A date, a yes or an amount said earlier may be about anything: these slots only tell how to hear the answer.
HEARD_ONLY = frozenset({"date", "yes_no", "amount_yuan"})


def parse(inputs: type[Any], wording: Wording, raw: Raw, today: date) -> Any:
    """The typed inputs; an input named `today` gets the caller's day.

    Args:
        inputs: the calculator's dataclass.
        wording: its texts, whose fields say how each value is to be read.
        raw: strings from a form, or values of slots; empty strings and None count as not given.
        today: the day on which the question is asked.

    Raises:
        InvalidInputError: naming the first field that is missing or can't be read.
    """
    hints = get_type_hints(inputs)
    values: dict[str, Any] = {}
    for field in wording.fields:
        given = raw.get(field.name)
        if not applies(field, values):
            continue
        if empty(given):
            if field.required:
                raise wrong(field, "required")
            continue
        values[field.name] = _typed(hints[field.name], read(field, given))
    if "today" in hints and "today" not in values:
        values["today"] = today
    return inputs(**values)


def applies(field: Field, values: Mapping[str, object]) -> bool:
    """True when the field is to be asked, given the values of earlier fields."""
    return all(str(_plain(values.get(name))) in wanted for name, wanted in field.when.items())


def next_field(wording: Wording, raw: Raw) -> Field | None:
    """The first required field that applies and has no value yet; None when the form is complete.

    A calculator may still need one of two optional fields: its InvalidInputError then names the one to ask for.

    Raises:
        InvalidInputError: an answer that is there can't be read.
    """
    known: dict[str, object] = {}
    for field in wording.fields:
        given = raw.get(field.name)
        if not applies(field, known):
            continue
        if empty(given):
            if field.required:
                return field
            continue
        known[field.name] = read(field, given)
    return None


def from_slots(wording: Wording, slots: Raw) -> dict[str, object]:
    """Values for the fields that can be filled from what was said before; a slot fills the first field naming it."""
    raw: dict[str, object] = {}
    used = set(HEARD_ONLY)
    for field in wording.fields:
        if field.slot and field.slot not in used and not empty(slots.get(field.slot)):
            raw[field.name] = slots[field.slot]
            used.add(field.slot)
    return raw


def _plain(value: object) -> object:
    """How a value is written in `when`: yes and no for bool."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def _typed(hint: Any, value: Any) -> Any:
    """A choice as its StrEnum, a row as its dataclass; everything else is already right."""
    kinds = [kind for kind in (hint, *get_args(hint)) if isinstance(kind, type)]
    if isinstance(value, tuple):
        row = next(kind for kind in kinds if hasattr(kind, "__dataclass_fields__"))
        return tuple(row(**cells) for cells in value)
    enums = [kind for kind in kinds if issubclass(kind, StrEnum)]
    return enums[0](value) if enums and isinstance(value, str) else value
