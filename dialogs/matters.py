"""我的事项: the person's matters, five at a time; one of them with dates, papers and what can be done; reminders."""

from typing import TYPE_CHECKING, Final

from dialogs import buttons, papers
from dialogs.values import Choice, SetReminders, TicketView, WithdrawTicket

if TYPE_CHECKING:
    from dialogs.step import Talk

AT_ONCE: Final = 5
WORDS: Final = frozenset({"papers", "stop_reminders", "resume_reminders"})  # actions of controls.yaml


def listed(talk: "Talk", page: int = 0) -> "Talk":
    """Tell where each matter stands; the only one in full."""
    tickets = talk.facts.tickets
    if not tickets:
        return talk.say_key("status_none")
    if len(tickets) == 1:
        return shown(talk, tickets[0])
    first = page * AT_ONCE if page * AT_ONCE < len(tickets) else 0
    some = tickets[first : first + AT_ONCE]
    choices = [
        Choice(f"{ticket.label} {ticket.number[-4:]}", buttons.make("t", ticket.number, "show"))
        for ticket in some
    ]
    if first + AT_ONCE < len(tickets):
        following = buttons.make("my", first // AT_ONCE + 1)
        choices.append(Choice(talk.replies("button_more_matters"), following))
    return talk.say("\n\n".join(_head(talk, ticket) for ticket in some), *choices)


def _head(talk: "Talk", ticket: TicketView) -> str:
    """What it is, where it stands, who does it, by when."""
    who = f"{ticket.unit} {ticket.assignee or ''}".strip()
    text = talk.replies(
        "status_open" if ticket.open else "status_closed",
        number=ticket.number, label=ticket.label, state=ticket.state, who=who, due=ticket.due,
        result=ticket.result or "",
    )  # fmt: skip
    left = papers.outstanding(ticket)
    owed = [paper for paper in left if paper.required and paper.state != "ready"]
    return text + ("\n" + talk.replies("status_owed", count=len(owed)) if owed else "")


def shown(talk: "Talk", ticket: TicketView) -> "Talk":
    """One matter with its dates and papers, and the buttons for what can be done with it."""
    say = talk.replies
    dates = "\n".join(say("status_date", line=line) for line in ticket.dates)
    listed_papers = papers.lines(talk, ticket) if ticket.open else ""
    parts = [
        _head(talk, ticket),
        dates,
        say("status_papers", lines=listed_papers) if listed_papers else "",
    ]
    return talk.say("\n".join(filter(None, parts)), *_choices(talk, ticket))


def _choices(talk: "Talk", ticket: TicketView) -> list[Choice]:
    def button(key: str, action: str) -> Choice:
        return Choice(talk.replies(key), buttons.make("t", ticket.number, action))

    if not ticket.open:
        reopen = [button("button_reopen_this", "reopen")] if ticket.can_reopen else []
        return [*reopen, button("button_rate", "rate")] if ticket.result is not None else reopen
    choices = [button("button_papers", "papers")] if papers.outstanding(ticket) else []
    choices += [button("button_add_this", "add"), button("button_withdraw", "withdraw")]
    if ticket.dates:
        on = talk.facts.reminders
        key = "button_reminders_off" if on else "button_reminders_on"
        choices.append(Choice(talk.replies(key), buttons.make("remind", "off" if on else "on")))
    return choices


def pressed(talk: "Talk", ticket: TicketView, action: str) -> "Talk | None":
    """Carry out a button of one matter; None for those that the caller knows."""
    number = ticket.number
    if action == "show":
        return shown(talk, ticket).ask_again()
    if action == "papers":
        return papers.show(talk, ticket)
    if action == "rate" and not ticket.open:
        stars = [
            Choice(talk.replies("button_stars", stars=star), buttons.make("t", number, f"r{star}"))
            for star in range(1, 6)
        ]
        return talk.say_key("rate_how", *stars, number=number)
    if action == "withdraw" and ticket.open:
        return talk.say_key(
            "withdraw_sure",
            Choice(talk.replies("button_withdraw_yes"), buttons.make("t", number, "withdraw.yes")),
            Choice(talk.replies("button_withdraw_no"), buttons.make("t", number, "show")),
            number=number, label=ticket.label,
        )  # fmt: skip
    if action == "withdraw.yes" and ticket.open:
        return talk.do(WithdrawTicket(number)).say_key("withdrawn", number=number).ask_again()
    return None


def my(talk: "Talk", what: str) -> "Talk":
    """A page of the list, or the papers of the open matter."""
    if what == "papers":
        return papers.list_all(talk)
    return listed(talk, int(what) if what.isdecimal() and len(what) < 5 else 0).ask_again()


def remind(talk: "Talk", what: str) -> "Talk":
    """Stop all reminders with one tap, or bring them back."""
    on = what == "on"
    other = Choice(
        talk.replies("button_reminders_off" if on else "button_reminders_on"),
        buttons.make("remind", "off" if on else "on"),
    )
    return talk.do(SetReminders(on)).say_key("reminders_on" if on else "reminders_off", other).ask_again()


def said(talk: "Talk", action: str) -> "Talk":
    """The same in words: 交材料, 不再提醒, 恢复提醒."""
    if action == "papers":
        return papers.list_all(talk)
    return remind(talk, "on" if action == "resume_reminders" else "off")
