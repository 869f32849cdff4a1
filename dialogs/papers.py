"""The check list of papers: what a service needs, what is still owed, ticking off and photographs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

from dialogs import buttons
from dialogs.flow import Flow, Paper, holds
from dialogs.state import State
from dialogs.values import Choice, NeededPaper, PaperView, SendPaper, TicketView, TickPaper

if TYPE_CHECKING:
    from dialogs.step import Talk

DONE: Final = frozenset({"accepted", "waived"})  # nothing more is wanted of it
OUTSTANDING: Final = frozenset({"owed", "ready", "returned"})
ABROAD: Final = frozenset({"telegram"})  # channels whose servers are outside the country
LABEL: Final = 28  # characters on a button
MARKS: Final[tuple[Literal["ready", "sent", "cannot"], ...]] = ("ready", "sent", "cannot")


def needed(flow: Flow, values: Mapping[str, Any]) -> tuple[NeededPaper, ...]:
    """Return the papers that the service wants with these answers."""
    known = dict(values)
    return tuple(
        NeededPaper(paper.key, paper.label, paper.required)
        for paper in flow.papers
        if not paper.when or any(holds(condition, known) for condition in paper.when)
    )


def after_opening(talk: "Talk", papers: tuple[NeededPaper, ...]) -> "Talk":
    """Tell what is still to be brought, in the message that confirms the ticket."""
    if not papers:
        return talk
    wanted = [paper.label for paper in papers if paper.required]
    helpful = [paper.label for paper in papers if not paper.required]
    say = talk.replies
    parts = [
        say("papers_wanted", lines=_lines(talk, wanted)) if wanted else "",
        say("papers_helpful", lines=_lines(talk, helpful)) if helpful else "",
        say("papers_how"),
        say("papers_abroad") if talk.facts.channel in ABROAD else "",
    ]
    text = "\n".join(part for part in parts if part)
    return talk.say(text, Choice(say("button_papers"), buttons.make("my", "papers")))


def _lines(talk: "Talk", labels: list[str]) -> str:
    return "\n".join(talk.replies("papers_line", label=label) for label in labels)


def outstanding(ticket: TicketView) -> list[PaperView]:
    """Return what is still to come of an open ticket: what is wanted first."""
    if not ticket.open:
        return []
    open_ones = [paper for paper in ticket.papers if paper.state in OUTSTANDING]
    return sorted(open_ones, key=lambda paper: not paper.required)


def lines(talk: "Talk", ticket: TicketView) -> str:
    """Return the check list of a ticket, one line a paper with how far it is; empty without papers."""
    return "\n".join(_line(talk, paper) for paper in ticket.papers)


def _line(talk: "Talk", paper: PaperView) -> str:
    say = talk.replies
    optional = "" if paper.required else say("paper_optional")
    state = say(f"paper_{paper.state}")
    line = say("paper_line", label=paper.label, optional=optional, state=state)
    return line + (say("paper_note", note=paper.note) if paper.note and paper.state == "returned" else "")


def list_all(talk: "Talk") -> "Talk":
    """The check list of the only open matter that has one; of several, the choice."""
    listed = [ticket for ticket in talk.facts.tickets if ticket.open and ticket.papers]
    if not listed:
        return talk.say_key("papers_none").ask_again()
    if len(listed) == 1:
        return show(talk, listed[0])
    choices = [
        Choice(f"{ticket.label} {ticket.number[-4:]}", buttons.make("t", ticket.number, "papers"))
        for ticket in listed[:5]
    ]
    return talk.say_key("papers_which", *choices)


def show(talk: "Talk", ticket: TicketView) -> "Talk":
    """The check list with a button for each paper that can still be ticked off or photographed."""
    if not ticket.papers:
        return talk.say_key("papers_none_here", number=ticket.number).ask_again()
    if not ticket.open:
        return talk.say_key("papers_closed", number=ticket.number, lines=lines(talk, ticket)).ask_again()
    choices = [
        Choice(paper.label[:LABEL], buttons.make("p", ticket.number, paper.key, "show"))
        for paper in (*outstanding(ticket), *(one for one in ticket.papers if one.state == "sent"))
    ]
    key = "papers_list" if choices else "papers_all_there"
    return talk.say_key(key, *choices, number=ticket.number, lines=lines(talk, ticket))


def pressed(talk: "Talk", number: str, key: str, action: str) -> "Talk":
    """A button of one paper: look at it, or tick it off."""
    ticket = next((one for one in talk.facts.tickets if one.number == number), None)
    paper = next((one for one in ticket.papers if one.key == key), None) if ticket is not None else None
    if ticket is None or paper is None:
        return talk.say_key("ticket_unknown").ask_again()
    if not ticket.open:
        return talk.say_key("papers_over", number=number).ask_again()
    if paper.state in DONE:
        return show(talk.say_key("paper_done", label=paper.label), ticket)
    mark = next((one for one in MARKS if one == action), None)
    if mark is None:
        return _one(talk, ticket, paper)
    talk = (
        talk.with_state(paper=None)
        .do(TickPaper(number, key, mark))
        .say_key(f"paper_marked_{mark}", label=paper.label)
    )
    if mark == "cannot":
        return talk.ask_again()
    return _go_on(talk, _marked(ticket, key, mark))


def _one(talk: "Talk", ticket: TicketView, paper: PaperView) -> "Talk":
    """One paper: what it is, what was wrong with it; a photo that comes now is of this paper."""
    say, described = talk.replies, _described(talk, ticket, paper.key)
    parts = [
        say("paper_chosen", label=paper.label),
        (described.hint or "") if described is not None else "",
        say("paper_was_returned", note=paper.note) if paper.state == "returned" and paper.note else "",
        say("paper_photograph"),
        say("papers_abroad") if talk.facts.channel in ABROAD else "",
    ]
    choices = [
        Choice(say(f"button_paper_{action}"), buttons.make("p", ticket.number, paper.key, action))
        for action in MARKS
        if paper.state != action
    ]
    choices.append(Choice(say("button_paper_list"), buttons.make("t", ticket.number, "papers")))
    chosen = f"{ticket.number}:{paper.key}:{talk.state.runs}"
    return talk.with_state(paper=chosen, awaiting=None).say("\n".join(filter(None, parts)), *choices)


def _described(talk: "Talk", ticket: TicketView, key: str) -> Paper | None:
    flow = next((one for one in talk.flows.values() if one.category == ticket.category), None)
    return next((paper for paper in flow.papers if paper.key == key), None) if flow is not None else None


def _marked(ticket: TicketView, key: str, state: str) -> TicketView:
    papers = tuple(replace(one, state=state) if one.key == key else one for one in ticket.papers)
    return replace(ticket, papers=papers)


def _go_on(talk: "Talk", ticket: TicketView) -> "Talk":
    """What is still owed, or that everything is there."""
    left = [paper for paper in outstanding(ticket) if paper.state != "ready"]
    if talk.state.frame is not None:
        return talk.ask_again()
    if not left:
        return talk.say_key("papers_all_there_now", number=ticket.number)
    choices = [
        Choice(paper.label[:LABEL], buttons.make("p", ticket.number, paper.key, "show")) for paper in left
    ]
    return talk.say_key("papers_left", *choices, lines=_lines(talk, [paper.label for paper in left]))


def chosen(state: State) -> tuple[str, str] | None:
    """Return ticket and paper that a photo would be of; None once another flow was begun."""
    number, _, rest = (state.paper or "").partition(":")
    key, _, runs = rest.partition(":")
    return (number, key) if key and runs == str(state.runs) else None


def photographed(talk: "Talk") -> "Talk | None":
    """Files that came while a paper was chosen are of that paper; None when there is no such paper any more."""
    number, key = chosen(talk.state) or ("", "")
    ticket = next((one for one in talk.facts.tickets if one.open and one.number == number), None)
    paper = next((one for one in ticket.papers if one.key == key), None) if ticket is not None else None
    if ticket is None or paper is None or paper.state in DONE:
        return None
    talk = talk.do(SendPaper(number, key)).say_key("paper_photographed", label=paper.label)
    return _go_on(talk, _marked(ticket, key, "sent"))


def put_down(talk: "Talk", payload: str | None) -> "Talk":
    """Another button than one of papers: a photo that comes now is of something else."""
    if talk.state.paper is None or (payload or "").startswith("p:"):
        return talk
    return talk.with_state(paper=None)
