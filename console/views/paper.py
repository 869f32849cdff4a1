"""The form of an application for arbitration: the questions that the chat asks, read in the same way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import dialogs
from console.forms import Form
from console.texts import texts
from dialogs import slots
from dialogs.flow import Flow, SlotStep, load_flow
from storage.models import Ticket
from tickets.masking import mask_text, mask_value

FLOW = Path(dialogs.__file__).with_name("flows") / "arbitration_papers.yaml"
LONG = 100  # characters from which an answer gets a box of several lines
_COLUMNS = ("region", "employer")  # of the ticket, for a paper that is begun here


@dataclass(frozen=True)
class Field:
    """One field as shown: `kind` is text, long, choice, choices or secret; `value` as typed or kept."""

    name: str
    label: str
    kind: str
    value: str
    help: str
    options: tuple[tuple[str, str, bool], ...] = ()  # value, label, chosen
    limit: int = 300


@dataclass(frozen=True)
class Read:
    """What a posted form gives: the answers, or why they can't be taken."""

    answers: dict[str, Any]
    problems: tuple[str, ...]


@cache
def flow() -> Flow:
    """The questions."""
    return load_flow(FLOW)


def begun(ticket: Ticket) -> dict[str, Any]:
    """What a ticket of another kind already knows of them."""
    known = {**ticket.facts, **{name: getattr(ticket, name) for name in _COLUMNS}, **(ticket.sensitive or {})}
    # a choice of another form may mean something else under the same name
    unlike = set() if ticket.category == flow().category else {"choice", "choices", "yes_no"}
    names = (name for name, step in flow().slots.items() if step.type not in unlike)
    return {name: known[name] for name in names if known.get(name) not in (None, "", [])}


def fields(answers: Mapping[str, Any], typed: Form | None = None) -> list[Field]:
    """The form with what is known, or with what was typed and could not be taken."""
    return [_field(step, answers.get(name), typed) for name, step in flow().slots.items()]


def _field(step: SlotStep, value: Any, typed: Form | None) -> Field:
    if step.type in {"choice", "choices", "yes_no"}:
        return _chosen(step, value, typed)
    if step.sensitive:
        hidden = texts()["paper"]["sensitive"].format(value=mask_value(step.slot, value)) if value else ""
        given = typed.text(step.slot) if typed else ""
        return Field(step.slot, step.label, "secret", given, hidden, limit=step.max_length)
    text = typed.text(step.slot) if typed else shown(value)
    kind = "long" if step.type == "rows" or (step.max_length > 2 * LONG and step.type == "text") else "text"
    return Field(step.slot, step.label, kind, text, step.ask.strip(), limit=step.max_length)


def _chosen(step: SlotStep, value: Any, typed: Form | None) -> Field:
    words = {"yes": texts()["yes"], "no": texts()["no"]}
    named = [(one.value, one.label) for one in step.options] or list(words.items())
    many = step.type == "choices"
    options = tuple((name, label, _is_chosen(step, name, value, typed)) for name, label in named)
    return Field(step.slot, step.label, "choices" if many else "choice", "", step.ask.strip(), options)


def _is_chosen(step: SlotStep, name: str, value: Any, typed: Form | None) -> bool:
    if step.type == "choices":
        return bool(typed.text(f"{step.slot}.{name}")) if typed else name in (value or ())
    return (typed.text(step.slot) if typed else value) == name


def shown(value: Any) -> str:
    """A value as it stands in a field; numbers that identify somebody are hidden."""
    if value is None:
        return ""
    if isinstance(value, float | int):
        return f"{value:.15g}"
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    return mask_text(str(value))


def read(form: Form, answers: Mapping[str, Any], today: date) -> Read:
    """Read a posted form over what is known. An empty protected field keeps its value."""
    found, problems = dict(answers), []
    for name, step in flow().slots.items():
        value, problem = _given(step, form, answers.get(name), today)
        problems += [problem] if problem else []
        found.pop(name, None)
        if value not in (None, "", []):
            found[name] = value
    if not found.get("claims"):
        problems.append(texts()["paper"]["no_claims"])
    return Read(found, tuple(problems))


def _given(step: SlotStep, form: Form, old: Any, today: date) -> tuple[Any, str]:
    if step.type == "choices":
        return [one.value for one in step.options if form.text(f"{step.slot}.{one.value}")], ""
    text = form.text(step.slot)
    if step.type in {"choice", "yes_no"}:
        allowed = {one.value for one in step.options} or {"yes", "no"}
        return (text if text in allowed else None), ""
    if text == shown(old) and not step.sensitive:
        return old, ""
    if not text:
        return (old if step.sensitive else None), ""
    if "***" in text:
        return old, texts()["paper"]["hidden"].format(label=step.label)
    value = slots.parse(step, text, today)
    if value is None:
        again = (step.again or "").strip()
        return old, texts()["paper"]["missing"].format(label=step.label, again=again)
    return value, ""
