"""Figures to Markdown: medians of rounds, ratios inside a round, percentiles over all rounds."""

import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

from nlu.training import RASA_PYTHON
from tests import postgres
from tests.bench.measure import KINDS, Timed, percentile

HANDLER, WEB, RASA = "ours, turn handler", "ours, over HTTP", "Rasa, over HTTP"
SIDES = (HANDLER, WEB, RASA)
TARGET = 5.0


@dataclass(frozen=True)
class Round:
    """One repetition on one database: every pass by side, run one right after the other."""

    alone: dict[str, Timed]
    together: dict[str, Timed]
    in_step: dict[str, dict[str, Timed]]


@dataclass
class Results:
    """All rounds by database, and what the processes held in memory at the end. MB."""

    people: int
    dialogues: int
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    load: list[str] = field(default_factory=list)


def ratio(rounds: Sequence[Round], chosen: Callable[[Round], dict[str, Timed]], side: str) -> float:
    """How many times more turns a second than Rasa: the median of the rounds' own ratios."""
    return median(chosen(one)[side].rate / chosen(one)[RASA].rate for one in rounds)


def _alone(one: Round) -> dict[str, Timed]:
    return one.alone


def _together(one: Round) -> dict[str, Timed]:
    return one.together


def section(results: Results) -> str:
    """The section "Turns" of docs/benchmarks.md."""
    parts = ["## Turns", INTRODUCTION, _verdict(results), _dialogue_table(results), _kinds_table(results)]
    return "\n\n".join([*parts, _memory_table(results), WHAT_DIFFERS, _conditions(results)]) + "\n"


INTRODUCTION = """\
`make bench` plays one dialogue, the first example of `dialogs/flows/wage_arrears.yaml` (a free sentence, the offer's
button, the employer, the consent button, the phone number, the submit button), on both sides in the same run.
"Turn handler" is `TurnHandler.handle` on channel telegram: from the message to the commit of message, state, ticket,
replies and outbox rows. "Over HTTP" is a request to `POST /api/chat/messages` on our side and to
`POST /webhooks/rest/webhook` of `rasa run` on the other. Understanding is the same trained pipeline on both sides."""

WHAT_DIFFERS = """\
What the two sides do is not the same, and where it differs Rasa does less: it does not read place, amount and people
out of the first sentence, searches no answers, checks no phone number, opens no ticket with routing and deadlines,
encrypts nothing and writes no outbox; it has four rules where a real assistant has dozens, and no action server.
On the other hand Rasa runs the model on every text, ours only on free sentences. Both use one process for the
dialogue; ours asks a second one, the intent server, for each free sentence.
"Over HTTP" compares like with like; the turn handler's figure leaves out the web server that Rasa's figure holds."""


def _verdict(results: Results) -> str:
    lines = []
    for database, rounds in results.rounds.items():
        figures = [ratio(rounds, chosen, side) for chosen in (_alone, _together) for side in (HANDLER, WEB)]
        texts = [f"{figure:.1f}" for figure in figures]
        reached = "reached" if min(figures[0], figures[2]) >= TARGET else "not reached"
        lines.append(
            f"- {database}: whole dialogue, turns per second against Rasa's: **{texts[0]}x** one person at a time, "
            f"**{texts[2]}x** with {results.people} at once; over HTTP {texts[1]}x and {texts[3]}x. "
            f"Target {TARGET:g}x for the turn handler: {reached}."
        )
    return "\n".join(lines)


def _dialogue_table(results: Results) -> str:
    rows = []
    for database, rounds in results.rounds.items():
        for label, chosen in (("1", _alone), (str(results.people), _together)):
            for side in SIDES:
                timed = [chosen(one)[side] for one in rounds]
                factor = "1" if side == RASA else f"{ratio(rounds, chosen, side):.1f}"
                work = milliseconds(median(one.cpu_per_turn for one in timed))
                turns = [turn for one in timed for turn in one.every]
                rows.append((database, label, side, *_speed(timed, turns), factor, work))
    head = ("database", "people", "side", "turns/s", "p50 ms", "p99 ms", "x Rasa", "CPU ms a turn")
    note = (
        "CPU: of the processes that serve (ours: dialogue and intent server), without the database server's."
    )
    return f"### Whole dialogue\n\n{note}\n\n" + table(head, rows)


def _kinds_table(results: Results) -> str:
    rows = []
    for database, rounds in results.rounds.items():
        for kind in KINDS:
            for side in (HANDLER, RASA):
                timed = [one.in_step[side][kind] for one in rounds]
                alone = [turn for one in rounds for turn in one.alone[side].turns[kind]]
                turns = [turn for one in timed for turn in one.every]
                one_by_one = (
                    f"{milliseconds(percentile(alone, 0.5))} / {milliseconds(percentile(alone, 0.99))}"
                )
                rows.append((database, kind, side, *_speed(timed, turns), one_by_one))
    head = ("database", "turn", "side", "turns/s", "p50 ms", "p99 ms", "one at a time: p50 / p99 ms")
    title = f"### By kind of turn, {results.people} people at once, all at the same point of the dialogue"
    note = (
        '"Slot answer" is text that our side understands from the open question; "submit" opens the ticket.'
    )
    return f"{title}\n\n{note}\n\n" + table(head, rows)


def _memory_table(results: Results) -> str:
    names = list(dict.fromkeys(name for held in results.memory.values() for name in held))
    rows = [
        (database, *(f"{held[name]:.0f}" for name in names), f"{sum(held[name] for name in names[:2]):.0f}")
        for database, held in results.memory.items()
    ]
    head = ("database", *names, "ours together")
    return "### Memory after the run (RSS, MB)\n\n" + table(head, rows)


def _conditions(results: Results) -> str:
    versions = _versions()
    return (
        "### Conditions\n\n"
        f"{os.cpu_count()} cores ({_processor()}), {platform.system()}; {versions}. "
        f"{len(next(iter(results.rounds.values())))} rounds for each database; in each round every side plays "
        f"{results.dialogues} dialogues with {results.people} people at once, a third of that one person at a time, "
        "one side right after the other. Rates and ratios are medians of the rounds, percentiles are over the turns "
        "of all rounds. The same machine runs clients, databases and both sides: only the ratios of the same run "
        "mean something elsewhere. SQLite: ours WAL with synchronous=FULL, Rasa's as it comes; PostgreSQL: fsync and "
        f"synchronous_commit on. Load average (1/5 min) before each round: {', '.join(results.load)}."
    )


def _speed(timed: Sequence[Timed], turns: Sequence[float]) -> tuple[str, str, str]:
    rate = median(one.rate for one in timed)
    return f"{rate:.1f}", milliseconds(percentile(turns, 0.5)), milliseconds(percentile(turns, 0.99))


def milliseconds(seconds: float) -> str:
    """Two digits or more."""
    return f"{1000 * seconds:.0f}" if seconds >= 0.01 else f"{1000 * seconds:.1f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _versions() -> str:
    rasa = "import importlib.metadata as m; print(m.version('rasa'), m.version('sqlalchemy'))"
    theirs = subprocess.run(
        [RASA_PYTHON, "-c", rasa], capture_output=True, text=True, check=True
    ).stdout.split()
    folder = postgres.binaries()
    assert folder is not None
    told = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True, check=True).stdout
    server = re.search(r"[\d.]+", told)
    return (
        f"Python {platform.python_version()}, SQLAlchemy {version('sqlalchemy')} (ours), Rasa {theirs[0]} with "
        f"SQLAlchemy {theirs[1]}, SQLite {sqlite3.sqlite_version}, PostgreSQL {server.group() if server else '?'}"
    )


def write(file: Path, text: str) -> None:
    """Put a section into the file, in place of the one with the same title; other sections stay as they are."""
    old = file.read_text(encoding="utf-8") if file.exists() else "# Benchmarks\n"
    title = re.escape(text.partition("\n")[0])
    mine = re.compile(rf"^{title}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    new, found = mine.subn(lambda _: text + "\n", old)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((new if found else f"{old.rstrip()}\n\n{text}").rstrip() + "\n", encoding="utf-8")
