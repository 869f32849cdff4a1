"""Matters of a message that wait for their turn: named, kept, offered again, dropped."""

from collections.abc import Sequence
from typing import Final

from dialogs import buttons, sum_offers
from dialogs.controls import THEN
from dialogs.state import Pending
from dialogs.step import Talk
from dialogs.values import Choice
from nlu import stance
from nlu.understanding import INTENTS, Understanding

PENDING_KEPT: Final = 3  # more is a story, and better told to a person


def put_off_others(talk: Talk, heard: Understanding) -> Talk:
    """Name what else the message told of, and keep it until its turn comes."""
    frame, state = talk.state.frame, talk.state
    served = talk.flows[frame.flow].intents if frame else []
    told = heard.intent if heard.intent in served else None
    handled = told or (served[0] if served else state.last_intent or heard.intent)
    named = [Pending(m.intent, m.clause) for m in stance.further(talk.heard.text, handled)]
    if not named:
        return talk
    earlier = [m for m in state.pending if m.intent not in {new.intent for new in named}]
    talk = talk.with_state(pending=(*named, *earlier)[:PENDING_KEPT])
    labels = "”“".join(INTENTS[matter.intent].label for matter in named)
    if frame is not None:
        return talk.say_first(talk.replies("also_told_in_form", labels=labels))
    button = then_button(talk)
    text = talk.replies("also_told", labels=labels, button=button.label)
    shown = button.payload in {choice.payload for reply in talk.said for choice in reply.choices}
    return talk.add(text, *(() if shown else (button,))).with_state(awaiting=THEN)


def offer_pending(talk: Talk) -> Talk:
    """After one matter is done: ask whether to go on with the next, or with a sum, if one waits."""
    if talk.state.frame is not None:
        return talk
    if talk.state.pending:
        label = INTENTS[talk.state.pending[0].intent].label
        talk = talk.say_key("then_offer", then_button(talk), label=label).with_state(awaiting=THEN)
    return sum_offers.unfinished(talk)


def still_open(talk: Talk, taken: Sequence[str]) -> tuple[Pending, ...]:
    """What waits once these intents are taken up: also the first matter, if its choices were left for the second."""
    state = talk.state
    left = tuple(matter for matter in state.pending if matter.intent not in taken)
    first = state.last_intent
    passed_over = len(left) < len(state.pending) and state.last_faq is None and first not in (None, *taken)
    if first is None or not passed_over or first in {matter.intent for matter in left}:
        return left
    return (Pending(first, INTENTS[first].label), *left)[:PENDING_KEPT]


def drop_pending(talk: Talk) -> Talk:
    """The person does not want the other matters now."""
    return talk.with_state(pending=()).say_key("then_dropped")


def then_button(talk: Talk) -> Choice:
    intent = talk.state.pending[0].intent
    return Choice(talk.replies("button_then", label=INTENTS[intent].label), buttons.make("then", intent))
