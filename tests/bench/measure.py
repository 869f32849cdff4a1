"""Clocks and counters of the benchmark: dialogues played by many people at once, percentiles, memory, load."""

import asyncio
import contextlib
import os
import signal
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Protocol

from dialogs.flow import Line, load_flow

FLOW = Path(__file__).resolve().parents[2] / "dialogs" / "flows" / "wage_arrears.yaml"
LAST = "提交"
KINDS = ("free text", "slot answer", "button", "submit")


class Person(Protocol):
    """One person on one side of the comparison. `shown` is what the last answer showed."""

    shown: str

    async def say(self, text: str) -> None: ...

    async def press(self, label: str) -> None: ...


@dataclass(frozen=True)
class Running:
    """A server under measurement."""

    url: str
    pid: int


@dataclass(frozen=True)
class Side:
    """One side of the comparison: how a new person comes to it, and the processes that serve them."""

    newcomer: Callable[[], Person]
    pids: tuple[int, ...]

    def cpu(self) -> float:
        """Processor seconds that its processes used so far."""
        return sum(cpu_seconds(pid) for pid in self.pids)


@dataclass
class Timed:
    """One pass: how long it took in all, processor time used, and every turn's time, by kind. Seconds."""

    seconds: float = 0.0
    cpu: float = 0.0
    turns: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def every(self) -> list[float]:
        return [taken for kind in self.turns.values() for taken in kind]

    @property
    def rate(self) -> float:
        """Turns per second."""
        return len(self.every) / self.seconds

    @property
    def cpu_per_turn(self) -> float:
        """Processor seconds per turn; other work on the machine hardly changes it."""
        return self.cpu / len(self.every)

    @contextlib.contextmanager
    def running(self, side: Side) -> Iterator[None]:
        """Add the time that the block takes."""
        began, cpu = perf_counter(), side.cpu()
        yield
        self.seconds += perf_counter() - began
        self.cpu += side.cpu() - cpu


def script() -> tuple[Line, ...]:
    """The dialogue: the first example of the arrears flow."""
    return tuple(load_flow(FLOW).examples[0].lines)


def kind_of(line: Line, number: int) -> str:
    """The first line is free text; later text answers an open question; the last button opens the ticket."""
    if line.press:
        return "submit" if line.press == LAST else "button"
    return "free text" if number == 0 else "slot answer"


async def dialogues(side: Side, count: int, together: int) -> Timed:
    """Play the dialogue `count` times, `together` people at once; each begins when another one is done."""
    lines, timed, waiting = script(), Timed(), iter(range(count))

    async def one_after_the_other() -> None:
        for _ in waiting:
            person = side.newcomer()
            for number, line in enumerate(lines):
                await _timed_turn(person, line, kind_of(line, number), timed)

    with timed.running(side):
        await asyncio.gather(*(one_after_the_other() for _ in range(together)))
    return timed


async def in_step(side: Side, count: int, together: int) -> dict[str, Timed]:
    """Let everybody say the first line, then everybody the second …: the rate of each kind of turn by itself."""
    people = [side.newcomer() for _ in range(count)]
    result: dict[str, Timed] = {kind: Timed() for kind in KINDS}
    for number, line in enumerate(script()):
        kind, waiting = kind_of(line, number), iter(people)

        async def take_turns(line: Line, kind: str, waiting: Iterator[Person]) -> None:
            for person in waiting:
                await _timed_turn(person, line, kind, result[kind])

        with result[kind].running(side):
            await asyncio.gather(*(take_turns(line, kind, waiting) for _ in range(together)))
    return result


async def _timed_turn(person: Person, line: Line, kind: str, timed: Timed) -> None:
    began = perf_counter()
    await (person.press(line.press) if line.press else person.say(line.say or ""))
    timed.turns[kind].append(perf_counter() - began)
    if not person.shown:
        raise RuntimeError(f"no answer to {line.press or line.say}: what was measured is not the dialogue")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def cpu_seconds(pid: int) -> float:
    """Processor time of a process with all its threads, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 + sum(memory_mb(int(child)) for child in children)


def load() -> str:
    """Load average of the machine over one and five minutes."""
    one, five, _ = os.getloadavg()
    return f"{one:.1f}/{five:.1f}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def end(process: asyncio.subprocess.Process) -> None:
    """End a child and its process group, politely first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
