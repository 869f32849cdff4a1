"""Matters in the hands of people: where each stands, a person in one step, emergencies."""

import re
from typing import Final

from dialogs import buttons, matters, sum_offers
from dialogs.step import Talk
from dialogs.sums import put_aside
from dialogs.values import AddToTicket, Choice, OpenTicket
from nlu import entities
from nlu.understanding import INTENTS

LONGEST_WHEN: Final = 20  # characters; a longer question says itself what it is about
_LONG: Final = (
    r"(?:要|得|还|等|大概|一般|最快|最晚)*"
    r"(?:多久|多长时间|好久|几时|什么时候|啥时候|啥子时候|哪天|哪个时候|几天|多少天|几个工作日)"
)
_WHEN: Final = re.compile(
    rf"(?:那|请问|我想问下?|想问下?|我?(?:的|这个?|那个?)?(?:事情?|申请|单子|投诉)?|这个?|,|，)*{_LONG}"
    r"(?:才|就|能|可以|会|要|有|得|给|个|我|办|处理|审|批)*"
    r"(?:下来|出来|结果|消息|回音|回复|答复|回信|办好|办完|办成|办下来|弄好|弄完|搞定|解决|处理|处理完|批|批下来|"
    r"好|成|完|拿到钱|信|音信|人管|人办)*"
    r"(?:了|啊|呢|嘛|吗|呀|的|[\s?？。])*"
)
_WHEN_TO_ME: Final = re.compile(
    rf"{_LONG}(?:才|就|能|可以|会|有人|你们|工会|干部|人|给|来|再|跟|和)*"
    r"(?:回|联系|找|打电话给|答复|回复|通知)(?:电话)?(?:给|一下)?我"
)


def status(talk: Talk) -> Talk:
    """Tell where each matter stands, by whom and by when."""
    return matters.listed(talk)


def asks_when(talk: Talk) -> bool:
    """True for 多久能下来 while a matter is in hand and no entry is talked about, and for 什么时候回我 at any time."""
    said = talk.heard.text.strip()
    if not any(ticket.open for ticket in talk.facts.tickets) or len(said) > LONGEST_WHEN:
        return False
    if _WHEN_TO_ME.search(said) is not None:
        return True
    told = talk.state.last_faq is not None or talk.state.offered
    return not told and _WHEN.fullmatch(said) is not None


def human(talk: Talk) -> Talk:
    """Hand over to a person in one step: a ticket at once, the region asked afterwards if unknown."""
    open_one = next((ticket for ticket in talk.facts.tickets if ticket.open), None)
    if open_one is not None:
        who = f"{open_one.unit} {open_one.assignee or ''}".strip()
        return talk.say_key("human_already", number=open_one.number, who=who, due=open_one.due).do(
            AddToTicket(open_one.number)
        )
    frame = talk.state.frame
    known = {**talk.facts.profile, **talk.state.heard_facts, **sum_offers.handed_over(talk, frame)}
    sensitive_names = {n for flow in talk.flows.values() for n, s in flow.slots.items() if s.sensitive}
    region = known.get("region")
    opened = OpenTicket(
        category="human_handoff",
        title=talk.flows[frame.flow].title if frame else _topic(talk),
        facts={key: value for key, value in known.items() if key not in sensitive_names},
        sensitive={key: value for key, value in known.items() if key in sensitive_names},
        urgency="normal",
        region=region,
        employer=known.get("employer"),
        amount_yuan=known.get("amount_yuan"),
        people_count=known.get("people_count"),
    )
    talk = put_aside(talk).with_state(frame=None, last_faq=None, offered=()).do(opened)
    talk = talk.say_template(talk.replies("human_done"))
    if region is None:
        return talk.with_state(awaiting="region").say_key("human_ask_region")
    return talk.say_key("human_go_on")


def emergency(talk: Talk) -> Talk:
    """Fixed humane text with the right numbers, an urgent ticket, the person's form left as it was."""
    kind = talk.heard.emergency or "self_harm"
    text = talk.replies(f"emergency_{kind}", hotline=talk.facts.hotline)
    already = next((t for t in talk.facts.tickets if t.open and t.category == "emergency"), None)
    if already is not None:
        return talk.say(text).do(AddToTicket(already.number))
    found = entities.extract(talk.heard.text, talk.facts.today)
    region = found.get("region") or talk.state.heard_facts.get("region") or talk.facts.profile.get("region")
    opened = OpenTicket(
        category="emergency",
        title=talk.replies(f"emergency_title_{kind}"),
        facts={
            "kind": kind,
            **{k: v for k, v in found.items() if k in ("people_count", "employer", "region")},
        },
        sensitive={},
        urgency="critical",
        region=_maybe_text(region),
        employer=_maybe_text(found.get("employer")),
        people_count=_maybe_text(found.get("people_count")),
    )
    talk = talk.say(text).do(opened).say_template(talk.replies("emergency_done"))
    return talk if region else talk.with_state(awaiting="region").say_key("emergency_ask_region")


def unclear_danger(talk: Talk) -> Talk:
    return talk.say_key(
        "emergency_unclear",
        Choice(talk.replies("button_human"), buttons.make("go", "human")),
        hotline=talk.facts.hotline,
    )


def _topic(talk: Talk) -> str:
    intent = talk.state.last_intent
    return INTENTS[intent].label if intent and intent in INTENTS else talk.replies("human_title")


def _maybe_text(value: object) -> str | None:
    return None if value is None else str(value)
