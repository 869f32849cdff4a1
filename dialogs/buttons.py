"""Button payloads: short, readable, valid for good, so that an old button can still be understood.

flow:<name>               begin a flow
s:<run>:<slot>:<index>    choose an option of a question
do:<run>:<action>         skip, back, pause, cancel, submit, edit, resume, restart, yes:<consent>, no:<consent>,
                          edit.<slot>, more (of a calculator's result)
calc:<name>               begin a calculator; calc:topic.<name> lists those of a topic
faq:<id>  more:<id>       show an answer, or its second half
ok:<id>   no:<id>         "解决了吗"
t:<number>:<action>       status, reopen, withdraw, r1 … r5
then:<intent>             the matter that was put off
job:<action>              more.<skip>, none.<shown>, nth.<index>, follow, stop: postings that were shown
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
    "job": 1,
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
