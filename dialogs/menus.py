"""What can be done here: the menu, the service behind an intent, small talk, a form to go on with."""

from collections.abc import Sequence
from typing import Final, get_args

from dialogs import board_talk, buttons, sum_offers
from dialogs.choosing import choose
from dialogs.flow import Flow, Group
from dialogs.step import Talk
from dialogs.values import Choice
from nlu.understanding import INTENTS, Understanding

TALK_REPLIES: Final = frozenset({
    "greet", "goodbye", "thanks", "help", "chitchat", "abuse", "privacy_request", "affirm", "deny", "cancel", "correct",
})  # fmt: skip


MOST_BUTTONS: Final = 8  # of one screen; a longer list is shown in parts
LIKELY: Final = 5  # intents of a ranking that may be meant
GROUPS: Final[tuple[str, ...]] = get_args(Group)


def flow_for(talk: Talk, intent: str | None, about: str = "") -> Flow | None:
    """Return the flow that serves this intent: what was said chooses among several, else what it is `about`."""
    return choose(talk.flows.values(), intent, talk.heard.text, about)


def offered_flow(talk: Talk, intent: str | None) -> Flow | None:
    """Return the flow whose button was shown last, else the one that serves the intent."""
    shown = (buttons.parse(payload) for _, payload in talk.state.shown)
    names = (press.args[0] for press in shown if press is not None and press.kind == "flow")
    flows = (talk.flows[name] for name in names if name in talk.flows)
    return next((flow for flow in flows if intent in flow.intents), None) or flow_for(talk, intent)


def named_flow(talk: Talk, heard: Understanding | None) -> Flow | None:
    """Return the flow whose own words were said, where the model thought of its intent at all: 开个小店, 贷点款."""
    for ranked in heard.ranking[:LIKELY] if heard is not None else ():
        flow = flow_for(talk, ranked.intent)
        if flow is not None and any(word in talk.heard.text for word in flow.words):
            return flow
    return None


def offer(flow: Flow) -> Choice:
    """Return the button that begins the flow."""
    return Choice(flow.offer_label, buttons.make("flow", flow.flow))


def menu_choices(talk: Talk) -> tuple[Choice, ...]:
    """Return the menu: the groups of services, one's own matters, sums, a person."""
    groups = [
        Choice(talk.replies(f"group_{name}"), buttons.make("group", name))
        for name in GROUPS
        if _services_of(talk, name)
    ]
    return (
        *groups,
        Choice(talk.replies("button_status"), buttons.make("go", "status")),
        Choice(talk.replies("button_privacy"), buttons.make("go", "privacy")),
        *sum_offers.menu_button(talk),
        Choice(talk.replies("button_human"), buttons.make("go", "human")),
    )


def open_group(talk: Talk, argument: str) -> Talk | None:
    """Show the services of a group, in parts where they are many; None for no group of ours."""
    name, _, place = argument.partition(".")
    flows = _services_of(talk, name)
    start = int(place) if place.isdecimal() and len(place) < 3 else 0
    if start >= len(flows):
        return None
    key = "group_opened" if start == 0 else "group_further"
    board = (board_talk.choice(talk),) if name == "union" and start == 0 else ()
    return talk.say_key(key, *_part(talk, flows, name, start), *board, group=talk.replies(f"group_{name}"))


def _part(talk: Talk, flows: Sequence[Flow], name: str, start: int) -> list[Choice]:
    rest = flows[start:]
    if len(rest) <= MOST_BUTTONS:
        return [offer(flow) for flow in rest]
    following = start + MOST_BUTTONS - 1
    more = Choice(talk.replies("button_more_options"), buttons.make("group", f"{name}.{following}"))
    return [*(offer(flow) for flow in flows[start:following]), more]


def _services_of(talk: Talk, group: str) -> list[Flow]:
    """The services under a heading: those that most people come for first."""
    common = {intent: place for place, intent in enumerate(INTENTS)}
    flows = [flow for flow in sum_offers.services(talk) if flow.group == group]
    return sorted(flows, key=lambda flow: (bool(flow.words), common.get(flow.intents[0], len(common))))


def privacy_choices(talk: Talk) -> tuple[Choice, ...]:
    """Return what a person can do about their own data: see, copy, correct, consents, delete."""
    actions = ("show", "export", "fix", "agreed", "erase")
    return tuple(Choice(talk.replies(f"button_me_{name}"), buttons.make("me", name)) for name in actions)


def small_talk(talk: Talk, intent: str, *, brief: bool = False) -> Talk:
    """Answer a greeting, thanks, a moan; outside a form with the menu where it helps."""
    key = f"talk_{intent}"
    if intent == "privacy_request":
        return talk.say_key(key, *privacy_choices(talk), hotline=talk.facts.hotline)
    if brief or intent not in {"greet", "help", "affirm", "deny", "cancel", "correct"}:
        return talk.say_key(key, hotline=talk.facts.hotline)
    if intent == "greet" and talk.state.paused is not None:
        return offer_resume(talk)
    return talk.say_key(key, *menu_choices(talk), hotline=talk.facts.hotline)


def offer_resume(talk: Talk) -> Talk:
    """Tell what is set aside and ask whether to go on."""
    paused = talk.state.paused
    assert paused is not None
    title = talk.flows[paused.flow].title
    return talk.say_key(
        "welcome_back",
        Choice(talk.replies("button_resume"), buttons.make("do", paused.run, "resume")),
        Choice(talk.replies("button_restart"), buttons.make("do", paused.run, "restart")),
        Choice(talk.replies("button_drop"), buttons.make("do", paused.run, "cancel")),
        title=title,
        summary=talk.forms.summary(paused),
    )
