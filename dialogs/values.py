"""What goes into a dialog step and what comes out of it: heard, facts, replies, effects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from nlu.understanding import Understanding

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Answer:
    """One curated answer that search proposes. `basis` is the ready line with law and article."""

    faq_id: str
    intent: str
    question: str
    text: str
    more: str | None
    basis: str
    score: float


@dataclass(frozen=True)
class LawText:
    """One article that was found in the laws themselves. `title` is its name with the day it holds from."""

    key: str
    name: str
    title: str
    text: str


@dataclass(frozen=True)
class Answers:
    """What the knowledge base found: outcome is answer, choices or none.

    `laws` are articles near to the question where no entry answers: the law's own text, no answer.
    `asked_with` is the reply that shows choices; another one than did_you_mean offers ways on, and is no miss.
    """

    outcome: str = "none"
    hits: tuple[Answer, ...] = ()
    asked_with: str = "did_you_mean"
    laws: tuple[LawText, ...] = ()


@dataclass(frozen=True)
class Heard:
    """One message as it was understood. `understanding` is None when the model was not needed."""

    text: str = ""
    payload: str | None = None
    kind: str = "text"
    understanding: Understanding | None = None
    emergency: str | None = None
    answers: Answers = Answers()
    files: tuple[str, ...] = ()
    refused_file: str | None = None
    truncated: bool = False


@dataclass(frozen=True)
class NeededPaper:
    """A paper that a service wants to see."""

    key: str
    label: str
    required: bool = True


@dataclass(frozen=True)
class PaperView:
    """A line of a ticket's check list: owed, ready, sent, accepted, returned (with a note) or waived."""

    key: str
    label: str
    state: str = "owed"
    required: bool = True
    note: str | None = None


@dataclass(frozen=True)
class SeasonView:
    """A season as it stands: open now, or when it opens. `key` names this opening for the reminder list."""

    open: bool
    opens: date
    key: str


@dataclass(frozen=True)
class TicketView:
    """What a worker may know of a ticket of theirs; due times are ready to read."""

    number: str
    category: str
    label: str
    state: str
    open: bool
    unit: str
    assignee: str | None
    due: str
    result: str | None = None
    can_reopen: bool = False
    rating: int | None = None
    papers: tuple[PaperView, ...] = ()
    dates: tuple[str, ...] = ()  # what is still ahead, ready to read


@dataclass(frozen=True)
class JobWish:
    """What somebody is looking for. Wage in yuan a month; `insisted`: in this place and nowhere else."""

    trade: str | None
    region: str | None
    monthly_wage: int | None = None
    wants_lodging: bool = False
    insisted: bool = False


@dataclass(frozen=True)
class JobsWanted:
    """The postings that a step needs to speak of; without a wish, those for the wish that was kept."""

    wish: JobWish | None = None
    skip: int = 0


@dataclass(frozen=True)
class JobOffers:
    """What was found: postings ready to read. `kept`: there is a wish to find more for."""

    wanted: JobsWanted
    postings: tuple[str, ...] = ()
    more: bool = False
    kept: bool = False
    followed: bool = False


@dataclass(frozen=True)
class BoardWanted:
    """Notices (会务公开) that a step needs: the newest for a place, or one in full. No place: the one followed."""

    region: str | None = None
    skip: int = 0
    notice: int | None = None


@dataclass(frozen=True)
class NoticeView:
    """A published notice: whose it is, since when, ready to read."""

    id: int
    title: str
    unit: str
    day: str
    text: str


@dataclass(frozen=True)
class Board:
    """What was found. `unit` is the one of the place, empty when there is neither place nor unit to follow."""

    wanted: BoardWanted
    unit: str = ""
    notices: tuple[NoticeView, ...] = ()
    more: bool = False
    followed: bool = False


Wanted = JobsWanted | BoardWanted


@dataclass(frozen=True)
class Facts:
    """What the step may know of the world; all read before the step, so that the step stays pure."""

    now: datetime
    profile: Mapping[str, Any] = field(default_factory=dict)
    tickets: tuple[TicketView, ...] = ()
    resume_hours: float = 12
    hotline: str = "12351"
    channel: str = "webchat"
    faq: Mapping[str, Answer] = field(default_factory=dict)  # entries that a button of this message names
    seasons: Mapping[str, SeasonView] = field(default_factory=dict)
    reminders: bool = True  # whether the person wants them
    jobs: JobOffers | None = None  # given when the step asked for it (Step.wanted) and is taken once more
    board: Board | None = None  # the same

    @property
    def today(self) -> date:
        """The day where the worker is: what 昨天 and 上个月 are counted from, and what an answer must be valid on."""
        return self.now.astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class Choice:
    """A button: label and payload (64 bytes at most)."""

    label: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """One message to the worker. A template gets {number} {unit} {assignee} {first_due} {close_due} filled in
    once the ticket that it speaks of exists."""

    text: str
    choices: tuple[Choice, ...] = ()
    template: bool = False


@dataclass(frozen=True)
class OpenTicket:
    """Open a matter; what confirms it stands in the replies as a template."""

    category: str
    title: str
    facts: Mapping[str, Any]
    sensitive: Mapping[str, Any]
    urgency: str
    region: str | None = None
    employer: str | None = None
    amount_yuan: float | None = None
    people_count: str | None = None
    files: tuple[str, ...] = ()
    papers: tuple[NeededPaper, ...] = ()


@dataclass(frozen=True)
class TickPaper:
    """The worker says how far a paper is: owed, ready, sent, or "cannot" be had."""

    number: str
    key: str
    mark: Literal["owed", "ready", "sent", "cannot"]


@dataclass(frozen=True)
class SendPaper:
    """The files of this message show a paper of an open ticket."""

    number: str
    key: str


@dataclass(frozen=True)
class RemindSeason:
    """Tell the person before this season opens."""

    key: str
    opens: date


@dataclass(frozen=True)
class SetReminders:
    """Stop all reminders, or bring them back."""

    on: bool


@dataclass(frozen=True)
class AddToTicket:
    """The worker added words or files to an open ticket."""

    number: str


@dataclass(frozen=True)
class RerouteTicket:
    """The place became known: the newest open ticket goes to the unit there."""

    region: str


@dataclass(frozen=True)
class ReopenTicket:
    number: str


@dataclass(frozen=True)
class WithdrawTicket:
    number: str


@dataclass(frozen=True)
class RateTicket:
    number: str
    stars: int


@dataclass(frozen=True)
class SaveProfile:
    """Remember what the person told about themselves, for this conversation only."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class RecordConsent:
    purpose: str
    granted: bool


@dataclass(frozen=True)
class OwnData:
    """A wish about one's own data: export, correct, undo (a consent), erase, later, keep. bot/personal.py does it."""

    action: str
    field: str = ""
    value: Any = None


@dataclass(frozen=True)
class LogMiss:
    """A question without a sure answer; reason is no_answer, unsure, thumbs_down or out_of_scope."""

    reason: str
    intent: str | None = None
    faq_id: str | None = None
    score: float | None = None


@dataclass(frozen=True)
class RecordFeedback:
    faq_id: str
    solved: bool


@dataclass(frozen=True)
class KeepJobWish:
    """Remember what the person looks for, so that more can be shown, and told if they ask for it."""

    wish: JobWish


@dataclass(frozen=True)
class FollowJobs:
    """Tell of new postings, or stop telling."""

    on: bool


@dataclass(frozen=True)
class FollowNotices:
    """Tell of new notices of the unit of this place and those above, or stop telling."""

    on: bool
    region: str | None = None


@dataclass(frozen=True)
class RateUnion:
    """Keep a member's marks for their union; nothing that leads back to them."""

    region: str | None
    employer: str | None
    marks: Mapping[str, int]
    comment: str | None = None


Effect = (
    OpenTicket
    | TickPaper
    | SendPaper
    | RemindSeason
    | SetReminders
    | AddToTicket
    | RerouteTicket
    | ReopenTicket
    | WithdrawTicket
    | RateTicket
    | SaveProfile
    | RecordConsent
    | OwnData
    | LogMiss
    | RecordFeedback
    | KeepJobWish
    | FollowJobs
    | FollowNotices
    | RateUnion
)
