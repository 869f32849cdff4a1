"""A posting as workers read it: five short lines."""

from datetime import date

from storage.service_models import JobPosting
from tickets.jobs.postings import monthly
from tickets.jobs.words import words


def posting_text(posting: JobPosting, number: int, today: date) -> str:
    """Return title, employer, place, wage, board and contact of one posting."""
    say = words().say
    title = say("title", number=number, title=posting.title)
    if posting.people:
        title += say("people", people=posting.people)
    contact = say("contact", contact=posting.contact) if posting.contact else say("no_contact")
    return "\n".join((
        title,
        say("employer", employer=posting.employer),
        say("region", region=posting.region),
        say("wage", wage=_wage(posting)),
        say("conditions", conditions="；".join(_conditions(posting, today))),
        contact,
    ))  # fmt: skip


def _wage(posting: JobPosting) -> str:
    say, low, high = words().say, posting.wage_from, posting.wage_to
    unit = words().unit_labels[posting.wage_unit]
    if low is None and high is None:
        return say("wage_open")
    if low is None:
        text = say("wage_upto", high=high, unit=unit)
    elif high is None or high == low:
        text = say("wage_one", low=low, unit=unit)
    else:
        text = say("wage_range", low=low, high=high, unit=unit)
    month = monthly(low or high, posting.wage_unit)
    return text + say("monthly", month=month) if month is not None and posting.wage_unit != "month" else text


def _conditions(posting: JobPosting, today: date) -> list[str]:
    say, found = words().say, [words().say(f"board_{_board(posting.lodging, posting.meals)}")]
    low, high = posting.age_from, posting.age_to
    if low and high:
        found.append(say("age_both", low=low, high=high))
    elif low or high:
        found.append(say("age_from", low=low) if low else say("age_to", high=high))
    if posting.starts_on and posting.starts_on > today:
        found.append(say("starts", month=posting.starts_on.month, day=posting.starts_on.day))
    if posting.ends_on:
        found.append(say("ends", month=posting.ends_on.month, day=posting.ends_on.day))
    return found


def _board(lodging: bool | None, meals: bool | None) -> str:
    """What is known of board and lodging; silence of the employer is not a promise."""
    if lodging and meals:
        return "both"
    if lodging:
        return "lodging" if meals is False else "lodging_only"
    if meals:
        return "meals" if lodging is False else "meals_only"
    return "none" if lodging is False and meals is False else "unknown"
