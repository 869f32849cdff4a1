"""Every example conversation of every flow, through the real turn with real Rasa."""

import pytest

from bot.app import FLOWS, Application
from dialogs.flow import Example, load_flows
from tests.playing import Clock, Player, play

EXAMPLES = [
    pytest.param(example, id=f"{flow.flow}-{number}")
    for flow in load_flows(FLOWS).values()
    for number, example in enumerate(flow.examples, 1)
]


@pytest.mark.rasa
@pytest.mark.parametrize("example", EXAMPLES)
async def test_example_conversation(application: Application, clock: Clock, example: Example) -> None:
    await play(Player(application, clock), example)
