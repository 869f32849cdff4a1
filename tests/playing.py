"""say() and expect(): conversations played through the real turn."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.app import Application
from bot.messages import Button, Inbound, Outbound, TurnResult
from dialogs.flow import Example, Line
from dialogs.state import State
from storage.models import Conversation, Ticket

_numbers = itertools.count(1)


class Clock:
    """A clock that a test sets; it begins on a Tuesday morning in Kunming."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


class Player:
    """One person on one channel."""

    def __init__(
        self, application: Application, clock: Clock, channel: str = "terminal", address: str = ""
    ) -> None:
        self.application = application
        self.clock = clock
        self.channel = channel
        self.address = address or f"person-{next(_numbers)}"
        self.last: TurnResult = TurnResult(())
        self.buttons: dict[str, str] = {}

    async def say(self, text: str) -> TurnResult:
        """Send text."""
        return await self._send(kind="text", text=text)

    async def press(self, label: str) -> TurnResult:
        """Press the newest button with this label; one of the menu needs no earlier message."""
        if label not in self.buttons:
            offers = {
                flow.offer_label: f"flow:{name}" for name, flow in self.application.engine.flows.items()
            }
            self.buttons |= {known: payload for known, payload in offers.items() if known not in self.buttons}
        return await self._send(kind="button", payload=self.buttons[label])

    async def _send(self, **message: Any) -> TurnResult:
        inbound = Inbound(self.channel, self.address, f"m{next(_numbers)}", **message)
        self.last = await self.application.turns.handle(inbound)
        self.buttons |= {button.label: button.payload for button in self.all_buttons}
        return self.last

    @property
    def all_buttons(self) -> list[Button]:
        return [button for reply in self.last.replies for button in reply.buttons]

    @property
    def text(self) -> str:
        """What the last turn showed, buttons included."""
        return "\n".join([*(reply.text for reply in self.last.replies), *(b.label for b in self.all_buttons)])

    async def state(self) -> State:
        async with self.application.database.read() as session:
            query = select(Conversation).where(
                Conversation.channel == self.channel, Conversation.address == self.address
            )
            row = (await session.scalars(query)).one()
            return State.from_json(row.state)

    async def ticket(self) -> Ticket:
        """The ticket that the last turn opened or named."""
        async with self.application.database.read() as session:
            return (await session.scalars(select(Ticket).where(Ticket.number == self.last.ticket))).one()


async def play(player: Player, example: Example) -> None:
    """Play an example conversation and assert every expectation of every line."""
    for number, line in enumerate(example.lines, 1):
        where = f"{example.name}, line {number}: {line.say or line.press}"
        if line.wait_hours:
            player.clock.forward(line.wait_hours)
        await (player.press(line.press) if line.press else player.say(line.say or ""))
        await _check(player, line, where)


async def _check(player: Player, line: Line, where: str) -> None:
    for part in line.expect:
        assert part in player.text, f"{where}: {part!r} is missing in {player.text!r}"
    for part in line.reject:
        assert part not in player.text, f"{where}: {part!r} must not be shown"
    state = await player.state()
    if line.asked is not None:
        asked = state.frame.asked if state.frame else None
        assert asked == line.asked, f"{where}: asked {asked}, wanted {line.asked}; said {player.text!r}"
    for name, value in line.values.items():
        assert state.frame is not None
        assert state.frame.values.get(name) == value, where
    if line.ticket:
        assert player.last.ticket, f"{where}: no ticket; said {player.text!r}"
        ticket = await player.ticket()
        for name, value in line.ticket.items():
            assert getattr(ticket, name) == value, f"{where}: {name} is {getattr(ticket, name)!r}"


def texts(replies: tuple[Outbound, ...]) -> str:
    """The replies as one text."""
    return "\n".join(reply.text for reply in replies)
