"""The form of a flow file, checked on load: an error names file, line and key."""

from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

SLOT_TYPES = Literal[
    "text", "choice", "choices", "files", "yes_no",
    "amount_yuan", "monthly_wage", "months_owed", "date", "phone", "id_number", "name", "employer",
    "region", "people_count", "work_years", "pregnancy_week", "injury_grade", "children_count",
    "number", "integer", "money", "day", "month", "rows",
]  # fmt: skip
# headings of the menu, in this order
Group = Literal["rights", "dispute", "hardship", "jobs", "union", "safety", "other"]
Unit = Literal["count", "years", "months", "days", "hours"]  # what a number or integer counts
# {slot: value} or {slot: {min: 3, present: true, in: […], has: […]}}; all must hold. `has`: one of several chosen
Condition = dict[str, Any]


class FlowError(Exception):
    """A flow file is wrong; the text names file and line."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))


class Option(Part):
    """One choice: `words` are other ways to say it."""

    value: str
    label: str = Field(max_length=30)
    words: list[str] = []


class SlotStep(Part):
    """One question. `optional` is the label of the button that skips it.

    A question `on_request` is never asked by itself; the person may tell or change its answer.
    """

    slot: str = Field(pattern=r"^[a-z_]{2,24}$")
    type: SLOT_TYPES
    label: str
    ask: str
    again: str | None = None
    options: list[Option] = []
    optional: str | None = None
    when: list[Condition] = []
    consent: str | None = None
    sensitive: bool = False
    max_length: int = Field(300, ge=1, le=2000)
    fills_from: str | None = None
    opening: bool = False  # a choice that the first sentence may already answer
    help: str | None = None  # said under the question
    unit: Unit = "count"
    columns: list[Literal["month", "money"]] = []  # of rows: what stands in one line, in this order
    on_request: bool = False
    private: bool = False  # not to be typed into a chat whose servers are abroad: a link of one use opens it

    @model_validator(mode="after")
    def options_where_needed(self) -> "SlotStep":
        if self.type in {"choice", "choices"} and not self.options:
            raise ValueError(f"slot {self.slot}: a {self.type} needs options")
        return self


class ConsentStep(Part):
    """Agreement before sensitive questions; refusing has a way on, told by `refused`."""

    consent: str = Field(pattern=r"^[a-z_]{2,24}$")
    ask: str
    refused: str
    when: list[Condition] = []


class SayStep(Part):
    """Something told once, when its turn comes."""

    say: str = Field(pattern=r"^[a-z_]{2,24}$")
    text: str
    when: list[Condition] = []


class Paper(Part):
    """One paper that the union will want to see; the worker ticks it off and photographs it over days."""

    key: str = Field(pattern=r"^[a-z_]{2,32}$")
    label: str = Field(max_length=60)
    hint: str | None = None  # where to get it, what will do instead
    required: bool = True
    private: bool = False  # not to be sent into a chat whose servers are abroad
    when: list[Condition] = []


class Outcomes(Part):
    """What the worker is told at each end. {number} {name} {close_due} and what the cadre writes: {reason} {what}
    {until} {result} {amount}. Without a text of its own a service says what `tickets/catalogue.yml` says."""

    accepted: str | None = None
    returned: str | None = None  # papers are missing: {what} by {until}
    not_accepted: str | None = None  # {reason}, and where to go instead
    decided: str | None = None  # {result}
    paid: str | None = None  # {amount}


class Basis(Part):
    """An article that the service rests on."""

    law: str
    article: int


def _kind(raw: Any) -> str:
    """Tell a step by its own key, so that an error speaks of that kind only."""
    keys = raw if isinstance(raw, dict) else vars(raw)
    return "slot" if "slot" in keys else "say" if "say" in keys else "consent"


Step = SlotStep | ConsentStep | SayStep
TaggedStep = Annotated[
    Annotated[SlotStep, Tag("slot")]
    | Annotated[ConsentStep, Tag("consent")]
    | Annotated[SayStep, Tag("say")],
    Discriminator(_kind),
]


class Line(Part):
    """One line of an example conversation: what the person does, what must be in the answer."""

    say: str | None = None
    press: str | None = None  # label of a button
    wait_hours: float | None = None
    restart_nlu: Literal["stop", "start"] | None = None
    expect: list[str] = []
    reject: list[str] = []
    asked: str | None = None
    values: dict[str, Any] = {}
    ticket: dict[str, Any] = {}


class Example(Part):
    name: str
    lines: list[Line]


class Flow(Part):
    """A service from first word to ticket, or the questions of a calculator, which ends in a sum instead."""

    flow: str = Field(pattern=r"^[a-z_]{2,32}$")
    kind: Literal["service", "calculator"] = "service"
    title: str
    intents: list[str]
    words: list[str] = []  # of several services for one intent, the words that choose this one
    group: Group = "other"  # under which heading of the menu it stands
    enter: Literal["start", "offer"] = "start"
    offer_label: str = Field(max_length=30)
    # what is looked up and shown once the answers are complete
    offers: Literal["jobs", "notices"] | None = None
    stores: Literal["rating"] | None = None  # kept as marks that lead back to nobody, instead of a ticket
    begin: str
    advice: str | None = None  # said instead of an answer when the knowledge base has none
    category: str
    ticket_title: str
    steps: list[TaggedStep]
    review: bool = True
    urgent_when: list[Condition] = []
    critical_when: list[Condition] = []  # somebody may come to harm within the hour
    done: str
    papers: list[Paper] = []
    outcomes: Outcomes = Outcomes()
    basis: list[Basis] = []
    season: str | None = (
        None  # name of a season in config.yaml; outside it the worker is put on the reminder list
    )
    off_season: str | None = None  # said then; {opens} is when it opens again
    early: str | None = None  # said instead of `begin` to who registers before the season; none: not possible
    note: str | None = None  # for docs/services.md: who does what behind the counter
    examples: list[Example] = []

    @model_validator(mode="after")
    def names_resolve(self) -> "Flow":
        slots = {step.slot for step in self.steps if isinstance(step, SlotStep)}
        if len(slots) != sum(isinstance(step, SlotStep) for step in self.steps):
            raise ValueError("a slot is asked twice")
        consents = {step.consent for step in self.steps if isinstance(step, ConsentStep)}
        for step in self.steps:
            if isinstance(step, SlotStep) and step.consent and step.consent not in consents:
                raise ValueError(f"slot {step.slot}: consent {step.consent} is never asked")
            for condition in step.when:
                _known_slots(condition, slots)
        rules = self.urgent_when + self.critical_when
        for condition in rules + [part for paper in self.papers for part in paper.when]:
            _known_slots(condition, slots)
        if len({paper.key for paper in self.papers}) != len(self.papers):
            raise ValueError("a paper is listed twice")
        if (self.season is None) != (self.off_season is None):
            raise ValueError("season and off_season belong together")
        return self

    @cached_property
    def slots(self) -> dict[str, SlotStep]:
        """The questions by slot name, in order."""
        return {step.slot: step for step in self.steps if isinstance(step, SlotStep)}


def _known_slots(condition: Condition, slots: set[str]) -> None:
    unknown = set(condition) - slots - {"boss_unreachable", "worksite", "left_job", "months_worked"}
    if unknown:
        raise ValueError(f"condition on unknown slot: {', '.join(sorted(unknown))}")


def step_id(step: Step) -> str:
    """The name under which a step is remembered."""
    if isinstance(step, SlotStep):
        return step.slot
    return f"consent:{step.consent}" if isinstance(step, ConsentStep) else f"say:{step.say}"


def holds(condition: Condition, values: dict[str, Any]) -> bool:
    """True when every part of the condition holds for the values known so far."""
    return all(_holds_one(values.get(name), wanted) for name, wanted in condition.items())


def _holds_one(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return bool(value == wanted)
    if "present" in wanted and (value is not None) != wanted["present"]:
        return False
    if "in" in wanted and value not in wanted["in"]:
        return False
    if "has" in wanted and not _has_any(value, wanted["has"]):
        return False
    if "min" in wanted:
        number = lower_bound(value)
        return number is not None and number >= float(wanted["min"])
    return True


def _has_any(value: Any, wanted: Any) -> bool:
    """True when one of the chosen options is among the wanted ones."""
    chosen = value if isinstance(value, list | tuple) else ()
    return any(option in chosen for option in (wanted if isinstance(wanted, list) else [wanted]))


def lower_bound(value: Any) -> float | None:
    """The number in a value, "10+" counting as 10; None when there is none."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and value.rstrip("+").isdigit():
        return float(value.rstrip("+"))
    return None


def load_flows(folder: Path) -> dict[str, Flow]:
    """Return the flows of all *.yaml files by name; raises FlowError with file and line."""
    flows: dict[str, Flow] = {}
    for path in sorted(folder.glob("*.yaml")):
        flow = load_flow(path)
        if flow.flow in flows:
            raise FlowError(f"{path}:1: flow {flow.flow} exists already")
        flows[flow.flow] = flow
    return flows


def load_flow(path: Path) -> Flow:
    """Return the flow of one file; raises FlowError with file, line and what is wrong.

    A flow never changes: a file that is as it was gives the same one again.
    """
    stamp = path.stat()
    return _read(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=256)
def _read(path: Path, changed: int, size: int) -> Flow:  # noqa: ARG001
    text = path.read_text(encoding="utf-8")
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        raw = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FlowError(f"{path}:{line}: {error.problem}") from error
    if not isinstance(raw, dict) or node is None:
        raise FlowError(f"{path}:1: a flow is a mapping")
    try:
        return Flow.model_validate(raw)
    except ValidationError as error:
        lines = dict(_lines(node, ()))
        raise FlowError("\n".join(_explain(problem, lines, path) for problem in error.errors())) from error


def _lines(node: yaml.Node, path: tuple[int | str, ...]) -> Iterator[tuple[tuple[int | str, ...], int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), key.start_mark.line + 1
            yield from _lines(value, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*path, index))


def _explain(problem: Any, lines: dict[tuple[int | str, ...], int], path: Path) -> str:
    location = tuple(problem["loc"])
    if len(location) > 2 and location[0] == "steps" and location[2] in {"slot", "consent", "say"}:
        location = location[:2] + location[3:]  # the tag is ours, not a key of the file
    known = location
    while known and known not in lines:
        known = known[:-1]
    where = ".".join(str(part) for part in location) or "flow"
    return f"{path}:{lines.get(known, 1)}: {where}: {problem['msg']}"
