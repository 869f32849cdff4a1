"""What can be done here: the menu, the service behind an intent, small talk, a form to go on with."""

from typing import Final

from dialogs import buttons, sum_offers
from dialogs.flow import Flow
from dialogs.step import Talk
from dialogs.values import Choice

TALK_REPLIES: Final = frozenset({
    "greet", "goodbye", "thanks", "help", "chitchat", "abuse", "privacy_request", "affirm", "deny", "cancel", "correct",
})  # fmt: skip


def flow_for(talk: Talk, intent: str | None) -> Flow | None:
    """Return the flow that serves this intent, if there is one."""
    return next((flow for flow in talk.flows.values() if intent in flow.intents), None)


def menu_choices(talk: Talk) -> tuple[Choice, ...]:
    """Return the menu: the services, status, a person."""
    services = [Choice(f.offer_label, buttons.make("flow", f.flow)) for f in sum_offers.services(talk)]
    return (
        *services,
        *sum_offers.menu_button(talk),
        Choice(talk.replies("button_status"), buttons.make("go", "status")),
        Choice(talk.replies("button_human"), buttons.make("go", "human")),
    )


def small_talk(talk: Talk, intent: str, *, brief: bool = False) -> Talk:
    """Answer a greeting, thanks, a moan; outside a form with the menu where it helps."""
    key = f"talk_{intent}"
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
