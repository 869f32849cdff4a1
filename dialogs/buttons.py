"""Button payloads: short, readable, valid for good, so that an old button can still be understood.

flow:<name>               begin a flow
group:<name>              services under a heading of the menu; group:<name>.<start> goes on in a long list
s:<run>:<slot>:<index>    choose an option of a question
do:<run>:<action>         skip, back, pause, cancel, submit, edit, resume, restart, yes:<consent>, no:<consent>,
                          edit.<slot>, more (of a calculator's result)
calc:<name>               begin a calculator; calc:topic.<name> lists those of a topic
faq:<id>  more:<id>       show an answer, or its second half
ok:<id>   no:<id>         "解决了吗"
t:<number>:<action>       show, papers, add, withdraw, withdraw.yes, reopen, rate, r1 … r5
p:<number>:<key>:<action> show, ready, sent, cannot: a paper of the ticket
my:<what>                 papers, or a page of the matters
remind:<on|off>           reminders
season:<flow>:<action>    remind, early: a service whose season is not open
then:<intent>             the matter that was put off
job:<action>              more.<skip>, none.<shown>, nth.<index>, follow, stop: postings that were shown
read:<run>:<slot>         what was read on a photo is right; none: nothing of it (bot/ocr.py)
board:<action>            show, more.<skip>, read.<id>, follow, stop: notices of the union (会务公开)
me:<action>               one's own data: show, export, fix, agreed, erase … (bot/personal.py)
go:<word>                 menu, human, status, privacy, help, calculators
"""

from dataclasses import dataclass

LIMIT_BYTES = 64


@dataclass(frozen=True)
class Press:
    """A payload taken apart; `args` as many as its kind has."""

    kind: str
    args: tuple[str, ...]


ARGUMENTS = {
    "flow": 1, "s": 3, "do": 2, "calc": 1, "faq": 1, "more": 1, "ok": 1, "no": 1, "t": 2, "then": 1, "go": 1,
    "job": 1, "group": 1, "p": 3, "my": 1, "remind": 1, "season": 2, "me": 1, "board": 1, "read": 2,
}  # fmt: skip


def parse(payload: str) -> Press | None:
    """Return the parts, or None for a payload that we never made."""
    kind, _, rest = payload.partition(":")
    count = ARGUMENTS.get(kind)
    if count is None or not rest:
        return None
    args = tuple(rest.split(":", count - 1))
    return Press(kind, args) if len(args) == count and all(args) else None


def make(kind: str, *args: object) -> str:
    """Return the payload; raises ValueError above the limit of Telegram's callback data."""
    payload = ":".join([kind, *(str(arg) for arg in args)])
    if len(payload.encode()) > LIMIT_BYTES:
        raise ValueError(f"button payload over {LIMIT_BYTES} bytes: {payload}")
    return payload
