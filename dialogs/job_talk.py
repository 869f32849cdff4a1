"""Postings in the conversation: shown once the answers are complete, more of them, and new ones when they come."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dialogs import buttons
from dialogs.state import Frame
from dialogs.values import Choice, FollowJobs, JobOffers, JobsWanted, JobWish, KeepJobWish

if TYPE_CHECKING:
    from dialogs.step import Talk

FLOW: Final = "job_seek"
REVIEW: Final = "review"
AT_ONCE: Final = 3  # postings in a message


def before_review(talk: "Talk", frame: Frame) -> "Talk":
    """Show what fits before the review, once for each wish; the review still leads to the union's help."""
    if talk.flows[frame.flow].offers != "jobs" or frame.asked != REVIEW:
        return talk
    wish = wish_of(frame.values)
    marker, wanted = f"jobs:{wish}", JobsWanted(wish)
    if marker in frame.said:
        return talk
    offers = talk.facts.jobs
    if offers is None or offers.wanted != wanted:
        return replace(talk, wanted=wanted)
    talk = talk.with_frame(replace(frame, said=(*frame.said, marker))).do(KeepJobWish(wish))
    return _show(talk, offers)


def wish_of(values: dict[str, Any]) -> JobWish:
    """Return what the answers of the form ask for."""
    wage = values.get("wage")
    return JobWish(
        trade=values.get("trade"),
        region=values.get("region"),
        monthly_wage=round(wage) if isinstance(wage, int | float) else None,
        wants_lodging=values.get("lodging") in {"both", "lodging"},
        insisted=values.get("where") == "only",
    )


def _show(talk: "Talk", offers: JobOffers) -> "Talk":
    """Up to three postings with the way to more of them."""
    say, skip = talk.replies, offers.wanted.skip
    follow = () if offers.followed else (_choice(talk, "button_job_follow", "follow"),)
    if not offers.postings:
        return talk.say_key("jobs_none" if skip == 0 else "jobs_no_more", *follow)
    more = (_choice(talk, "button_job_more", f"more.{skip + len(offers.postings)}"),) if offers.more else ()
    none = _choice(
        talk, "button_job_none", f"none.{skip + len(offers.postings)}"
    )  # so many can be pointed at
    key = "jobs_found" if skip == 0 else "jobs_further"
    return talk.say(say(key, postings="\n\n".join(offers.postings)), *more, none, *follow)


def _choice(talk: "Talk", key: str, action: str) -> Choice:
    return Choice(talk.replies(key), buttons.make("job", action))


def pressed(talk: "Talk", action: str) -> "Talk":
    """Carry out a button under postings, also under a message that came by itself."""
    name, _, argument = action.partition(".")
    if name == "stop":
        return talk.do(FollowJobs(on=False)).say_key("jobs_stopped").ask_again()
    if name == "nth" and argument.isdigit():
        return _way_on(talk.say_key("jobs_nth", number=int(argument) + 1))
    if name == "none":
        follow = _choice(talk, "button_job_follow", "follow")
        return _way_on(talk.say_key("jobs_not_fitting", follow))
    wanted = JobsWanted(None, int(argument) if argument.isdigit() and len(argument) < 5 else 0)
    offers = talk.facts.jobs
    if offers is None or offers.wanted != wanted:
        return replace(talk.say_key("jobs_no_more"), wanted=wanted)
    if not offers.kept:
        return _way_on(talk.say_key("jobs_forgotten"))
    if name == "follow":
        stop = _choice(talk, "button_job_stop", "stop")
        return talk.do(FollowJobs(on=True)).say_key("jobs_followed", stop).ask_again()
    return _way_on(_show(talk, offers))


def _way_on(talk: "Talk") -> "Talk":
    """The open form once more, or the way to the union's help where none is open."""
    if talk.state.frame is not None:
        return talk.ask_again()
    flow = talk.flows.get(FLOW)
    if flow is None or any(ticket.open and ticket.category == flow.category for ticket in talk.facts.tickets):
        return talk
    return talk.add("", Choice(flow.offer_label, buttons.make("flow", flow.flow)))
