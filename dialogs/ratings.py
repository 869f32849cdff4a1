"""会员评家: the end of the form that is kept as marks, which lead back to nobody, instead of a ticket."""

from collections.abc import Mapping
from typing import Final

from dialogs.flow import Flow
from dialogs.state import Frame, State
from dialogs.step import Step, Talk
from dialogs.values import AddToTicket, OpenTicket, RateUnion

RATING: Final = "rating"  # Flow.stores
MARK: Final = "mark_"  # the beginning of a slot that is a mark
_SEEN: Final = (OpenTicket, AddToTicket)


def kept(talk: Talk, frame: Frame) -> Talk:
    """Keep the marks; of the form nothing stays, not even the place."""
    values = frame.values
    rating = RateUnion(
        region=values.get("region"),
        employer=values.get("employer"),
        marks={
            name.removeprefix(MARK): int(value) for name, value in values.items() if name.startswith(MARK)
        },
        comment=values.get("comment"),
    )
    talk = talk.with_state(frame=None, heard_facts={}, last_intent=None, last_faq=None, awaiting=None)
    return talk.do(rating).say_template(talk.flows[frame.flow].done)


def unseen(flows: Mapping[str, Flow], before: State, step: Step) -> bool:
    """Tell whether the turn is about marks, so that no cadre may read it; what goes to a person is always read."""
    if any(isinstance(effect, _SEEN) for effect in step.effects):
        return False
    frames = (before.frame, before.paused, step.state.frame, step.state.paused)
    runs = [frame.run for frame in frames if frame is not None and _is_rating(flows, frame)]
    rating = (before.frame, step.state.frame)
    if any(frame is not None and _is_rating(flows, frame) for frame in rating):
        return True
    shown = [choice.payload for reply in step.replies for choice in reply.choices]
    return any(payload.startswith((f"do:{run}:", f"s:{run}:")) for run in runs for payload in shown)


def _is_rating(flows: Mapping[str, Flow], frame: Frame) -> bool:
    flow = flows.get(frame.flow)
    return flow is not None and flow.stores == RATING
