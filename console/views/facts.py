"""What a worker told in a form, as label and value: the labels are those of the flow that asked."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import dialogs
from console.texts import texts
from dialogs import slots
from dialogs.flow import Flow, SlotStep, load_flows
from storage.models import Ticket
from tickets.masking import mask_text

FLOWS = Path(dialogs.__file__).with_name("flows")
_SHOWN_APART = frozenset({"region", "employer", "amount_yuan", "people_count"})  # columns of the ticket


@cache
def _flows() -> Mapping[str, Flow]:
    return load_flows(FLOWS)


@cache
def _steps(category: str) -> Mapping[str, SlotStep]:
    """Return the questions by slot, those of the category's own flow first."""
    ordered = sorted(_flows().values(), key=lambda flow: flow.category == category)
    return {step.slot: step for flow in ordered for step in flow.steps if isinstance(step, SlotStep)}


def facts_of(ticket: Ticket) -> list[tuple[str, str]]:
    """Return label and value of every fact; texts are masked once more."""
    words = texts()["facts"]
    columns = [
        (words["region"], ticket.region),
        (words["employer"], ticket.employer),
        (
            words["amount_yuan"],
            f"{ticket.amount_yuan:,.2f}".removesuffix(".00") if ticket.amount_yuan else None,
        ),
        (words["people_count"], ticket.people_count),
    ]
    found = [(label, mask_text(str(value))) for label, value in columns if value]
    for name, value in ticket.facts.items():
        if name in _SHOWN_APART or value in (None, "", [], {}):
            continue
        shown = _shown(ticket.category, name, value)
        if shown is not None:
            found.append(shown)
    return found


def _shown(category: str, name: str, value: Any) -> tuple[str, str] | None:
    step = _steps(category).get(name)
    if step is not None:
        return None if step.type == "files" else (step.label, mask_text(_value(step, value)))
    label = texts()["flags"].get(name) or texts()["facts"].get(name) or name
    named = texts()["fact_values"].get(name, {})
    if isinstance(value, str) and value in named:
        return label, named[value]
    if isinstance(value, bool):
        return label, texts()["yes" if value else "no"]
    if isinstance(value, list | tuple):
        return label, mask_text("、".join(str(item) for item in value))
    return label, mask_text(str(value))


def _value(step: SlotStep, value: Any) -> str:
    try:
        return slots.show(step, value)
    except (TypeError, ValueError):  # another flow stored another kind of value under the same name
        return str(value)
