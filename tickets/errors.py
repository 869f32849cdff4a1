"""Business errors. Each carries what to tell the person (`message`, Chinese, from the catalogue)."""

from typing import ClassVar

from tickets.catalogue import catalogue


class TicketError(Exception):
    """Base of all. `key` names the sentence in the catalogue, `status` the HTTP status it maps to."""

    key: ClassVar[str] = "invalid"
    status: ClassVar[int] = 422

    def __init__(self, **values: object) -> None:
        self.message = catalogue().error(self.key, **values)
        super().__init__(self.key)


class NotAllowed(TicketError):
    """The account may not do or see this. Looks like "not found", so that nobody learns what exists."""

    key = "not_found"
    status = 404


class Outdated(TicketError):
    """Somebody changed the ticket after this page was loaded."""

    key = "outdated"
    status = 409


class TakenByColleague(TicketError):
    """Another cadre is answering this person; take over first."""

    key = "taken"
    status = 409


class AlreadyClosed(TicketError):
    """The ticket is closed or withdrawn, so this can't be done."""

    key = "closed"
    status = 409


class PersonErased(TicketError):
    """The worker had their data deleted; nothing may be written about them any more."""

    key = "erased"
    status = 409


class NotClosed(TicketError):
    """Only a closed ticket can be reopened or rated."""

    key = "not_closed"
    status = 409


class ReopenTooLate(TicketError):
    """The days in which a worker may reopen are over."""

    key = "reopen_late"
    status = 409


class AlreadyExtended(TicketError):
    """The close deadline can be moved once."""

    key = "already_extended"
    status = 409


class EmptyText(TicketError):
    """A text that the worker or a colleague would read is missing."""

    key = "empty"


class TooLong(TicketError):
    """Longer than a channel can send."""

    key = "too_long"


class MissingReason(TicketError):
    """A reason has to be given; it is kept in the record."""

    key = "reason"


class UnknownClosure(TicketError):
    """The closure code is not in the catalogue."""

    key = "closure"


class UnknownField(TicketError):
    """This ticket has no such protected detail."""

    key = "no_field"


class UnknownFile(TicketError):
    """The file was not uploaded in this conversation."""

    key = "file"


class WrongStars(TicketError):
    """A rating is 1 to 5."""

    key = "stars"


class DuePast(TicketError):
    """The date by which material is asked for is over already."""

    key = "due_past"


class DatePast(TicketError):
    """A hearing or a limit lies in the past."""

    key = "date_past"


class NoAmount(TicketError):
    """A sum that was paid is more than nothing."""

    key = "amount"


class UnknownPaper(TicketError):
    """The ticket's list has no such paper, or it needs nothing any more."""

    key = "paper"


class MissingPaperNote(TicketError):
    """A paper is given back with what is wrong with it."""

    key = "paper_note"


class NothingChosen(TicketError):
    """A form without a choice."""

    key = "nothing_chosen"


class NoticeTooLong(TicketError):
    """The title or text of a notice is longer than a phone shows well."""

    key = "notice_long"


class NoticeNamesPeople(TicketError):
    """A notice that everybody reads holds an ID number or a bank card."""

    key = "notice_people"


class NoticeIsPublished(TicketError):
    """What is published is withdrawn first, then changed."""

    key = "notice_published"
    status = 409


class NoticeNotPublished(TicketError):
    """Only a published notice can be withdrawn."""

    key = "notice_unpublished"
    status = 409


class WrongTarget(TicketError):
    """The unit or person can't take this ticket."""

    key = "target"


class NoUnit(TicketError):
    """There is no union unit at all: the installation has no organisation tree yet."""

    key = "no_unit"
    status = 503


class UsernameTaken(TicketError):
    """Another account has this username."""

    key = "username"
    status = 409


class UnusableUsername(TicketError):
    """Letters, digits, dot, hyphen and underscore only, 2 to 64 of them."""

    key = "username_form"


class WeakPassword(TicketError):
    """The new password is too short or too easy."""

    key = "weak_password"


class WrongPassword(TicketError):
    """The present password, asked for again before a change, is wrong."""

    key = "wrong_password"


class UnknownRole(TicketError):
    """A role is cadre, leader or administrator."""

    key = "role"
