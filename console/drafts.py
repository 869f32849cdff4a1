"""AI drafts at work: how many a cadre may ask for, which were given, and the line under a text that is one."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from console.texts import texts
from knowledge.draft_check import MARK
from knowledge.drafting import Draft
from knowledge.errors import DraftError

PER_HOUR = 20
HOUR = timedelta(hours=1)
TICKETS_REMEMBERED = 500
DRAFTS_OF_A_TICKET = 5
MAINLY = 0.5  # share of the draft that is still there, or of the text that is the draft's
FEWEST = 20  # characters that a short text must share with a draft: less is everybody's advice
SHORTEST_RUN = 6  # characters that must stand together; shorter runs are everybody's phrases


class DraftDesk:
    """What this process knows of drafts; nothing of it is stored. Each process counts on its own."""

    def __init__(self) -> None:
        self._busy: set[int] = set()
        self._asked: dict[int, deque[datetime]] = {}
        self._given: OrderedDict[int, deque[Draft]] = OrderedDict()

    @contextmanager
    def turn(self, account_id: int, now: datetime) -> Iterator[None]:
        """Hold the account's one turn. Raises DraftError while another is held, or after too many in an hour."""
        if account_id in self._busy:
            raise DraftError("draft_busy", 429)
        asked = self._asked.setdefault(account_id, deque())
        while asked and now - asked[0] >= HOUR:
            asked.popleft()
        if len(asked) >= PER_HOUR:
            minutes = max(1, -(-int((asked[0] + HOUR - now).total_seconds()) // 60))
            raise DraftError("draft_limit", 429, limit=PER_HOUR, minutes=minutes)
        asked.append(now)
        self._busy.add(account_id)
        try:
            yield
        finally:
            self._busy.discard(account_id)

    def remember(self, ticket_id: int, draft: Draft) -> None:
        """Keep a draft, so that its text is known again when it is sent."""
        self._given.setdefault(ticket_id, deque(maxlen=DRAFTS_OF_A_TICKET)).append(draft)
        self._given.move_to_end(ticket_id)
        while len(self._given) > TICKETS_REMEMBERED:
            self._given.popitem(last=False)

    def of(self, ticket_id: int) -> tuple[Draft, ...]:
        """Return the ticket's drafts, oldest first."""
        return tuple(self._given.get(ticket_id, ()))


def mainly_drafted(text: str, draft: str) -> bool:
    """Tell whether the text is still the draft in the main: half of either is found in the other."""
    sent, drafted = _bare(text), _bare(draft)
    if not sent or not drafted:
        return False
    matcher = SequenceMatcher(None, drafted, sent, autojunk=False)
    shortest = min(SHORTEST_RUN, len(drafted))
    same = sum(block.size for block in matcher.get_matching_blocks() if block.size >= shortest)
    return same >= MAINLY * len(drafted) or same >= max(MAINLY * len(sent), FEWEST)


def labelled(text: str, drafts: tuple[str, ...]) -> str:
    """Return what the worker gets: with the line that says so when it is an AI's draft in the main.

    Raises DraftError while a doubtful sentence of a draft still carries its mark.
    """
    if MARK in text and any(MARK in draft for draft in drafts):
        raise DraftError("draft_marked", 422)
    if not any(mainly_drafted(text, draft) for draft in drafts):
        return text
    line = str(texts()["drafting"]["outgoing"])
    return text if line in text else f"{text}\n\n{line}"


def _bare(text: str) -> str:
    """Letters and digits only: a moved comma does not make a text one's own."""
    return "".join(char for char in text if char.isalnum())
