"""Where calculators meet everything else: the menu, the buttons of an answer, what a ticket takes of an open one."""

from collections.abc import Iterator
from typing import Any

from dialogs import buttons
from dialogs.calculators import asks_for_sum, asks_so_much, fitting, fitting_one_of
from dialogs.flow import Flow
from dialogs.state import Frame
from dialogs.step import Talk
from dialogs.sums import CARRIED, MENU, facts_of, is_sum, text
from dialogs.values import Answer, Choice
from nlu.understanding import Understanding


def services(talk: Talk) -> Iterator[Flow]:
    """The flows that end in a ticket: what the menu lists."""
    return (flow for flow in talk.flows.values() if flow.kind == "service")


def menu_button(talk: Talk) -> tuple[Choice, ...]:
    """The menu's way to the calculators."""
    return (Choice(text("button_menu"), buttons.make("go", MENU)),) if talk.sums is not None else ()


def offered(
    talk: Talk, intent: str | None, choices: list[Choice], answer: Answer | None = None
) -> tuple[str, list[Choice]]:
    """The calculator that fits goes into an answer's buttons: first and named where a sum was asked for."""
    said = talk.heard.text
    name = fitting(intent, said, answer.question if answer else "")
    if name is None or talk.sums is None:
        return "", choices
    button = talk.sums.button(name)
    if asks_for_sum(said):
        return text("offer", label=button.label), [button, *choices]
    return "", [*choices[:1], button, *choices[1:]]


def beside(talk: Talk, heard: Understanding | None) -> Talk:
    """The calculator after 您是想问, where a sum was asked for; last, so that 第二个 still counts the questions."""
    hits = talk.heard.answers.hits
    intent = heard.intent if heard is not None and not heard.unsure else hits[0].intent
    name = fitting(intent, talk.heard.text) if asks_for_sum(talk.heard.text) else None
    if name is None or talk.sums is None:
        return talk
    button = talk.sums.button(name)
    return talk.add(text("offer", label=button.label), button)


def instead(talk: Talk, heard: Understanding | None) -> Talk | None:
    """The calculator by itself where a sum was asked for and no answer was found."""
    if heard is None or heard.unsure or talk.sums is None or not asks_for_sum(talk.heard.text):
        return None
    name = fitting(heard.intent, talk.heard.text)
    if name is None:
        return None
    button = talk.sums.button(name)
    human = Choice(talk.replies("button_human"), buttons.make("go", "human"))
    talk = talk.with_state(last_intent=heard.intent, last_faq=None, confused=0)
    return talk.say(text("offer_only", label=button.label), button, human)


def of_the_talk(talk: Talk) -> str | None:
    """The calculator for what was talked about: the last topic, a matter that waits, the service of the last ticket."""
    state, tickets = talk.state, talk.facts.tickets
    shown = talk.facts.faq.get(state.last_faq or "")
    matters = [(state.last_intent, shown.question if shown is not None else "")] if state.last_intent else []
    matters += [(matter.intent, matter.clause) for matter in state.pending]
    if tickets:
        served = (flow for flow in services(talk) if flow.category == tickets[0].category)
        matters += [(intent, "") for flow in served for intent in flow.intents]
    return fitting_one_of(matters, talk.heard.text)


def so_much(talk: Talk) -> Talk | None:
    """能赔多少 where no topic is left to lean on: the calculator of what is remembered."""
    name = of_the_talk(talk) if asks_so_much(talk.heard.text) and talk.state.last_intent is None else None
    if name is None or talk.sums is None:
        return None
    button = talk.sums.button(name)
    return talk.with_state(confused=0).say(text("offer_only", label=button.label), button)


def unfinished(talk: Talk) -> Talk:
    """After a service is done or dropped: the sum that still waits for its answers, if one does."""
    frame, state = talk.state.calculated, talk.state
    if frame is None or frame.asked is None or state.frame is not None or state.paused is not None:
        return talk
    button = go_on(talk, frame)
    title = talk.flows[frame.flow].title
    if state.awaiting is not None:  # one question at a time
        return talk.add(text("also_unfinished", title=title), button)
    return talk.say(text("unfinished", title=title), button)


def go_on(talk: Talk, frame: Frame) -> Choice:
    """The button that takes up a form that was set aside."""
    key = "button_go_on" if is_sum(talk, frame) else "button_resume"
    return Choice(text(key, title=talk.flows[frame.flow].title), buttons.make("do", frame.run, "resume"))


def handed_over(talk: Talk, frame: Frame | None) -> dict[str, Any]:
    """What a ticket for a person takes from the open form: of a calculator no more than other forms would know."""
    if frame is None:
        return {}
    if talk.flows[frame.flow].stores is not None:  # marks are for no ticket
        return {name: frame.values[name] for name in ("region",) if name in frame.values}
    if not is_sum(talk, frame):
        return frame.values
    facts = facts_of(talk.flows[frame.flow], frame)
    return {name: facts[name] for name in CARRIED if name in facts}
