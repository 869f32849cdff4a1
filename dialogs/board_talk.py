"""会务公开 in the conversation: the newest notices of the place, one in full, telling of new ones."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dialogs import buttons
from dialogs.state import Frame
from dialogs.values import Board, BoardWanted, Choice, FollowNotices, NoticeView, SaveProfile

if TYPE_CHECKING:
    from dialogs.step import Talk

KIND: Final = "board"
AWAITING: Final = "board"  # what the state awaits after "which place?"
WORDS: Final = frozenset({"notices", "stop_notices"})  # actions of controls.yaml
AT_ONCE: Final = 3  # notices in a message
EXCERPT: Final = 60  # characters of each
REVIEW: Final = "review"


def choice(talk: "Talk") -> Choice:
    """Return the button that shows the notices."""
    return Choice(talk.replies("button_board"), buttons.make(KIND, "show"))


def before_review(talk: "Talk", frame: Frame) -> "Talk":
    """Show the newest notices before the review of a service that offers them; nothing where there are none."""
    if talk.flows[frame.flow].offers != "notices" or frame.asked != REVIEW or KIND in frame.said:
        return talk
    wanted = BoardWanted(_region(talk))
    if talk.wanted is not None or wanted.region is None:
        return talk
    board = _found(talk, wanted)
    if board is None:
        return replace(talk, wanted=wanted)
    talk = talk.with_frame(replace(frame, said=(*frame.said, KIND)))
    return _listed(talk, board) if board.notices else talk


def said(talk: "Talk", action: str) -> "Talk":
    """The same in words: 会务公开, 不用再发通知."""
    return pressed(talk, "stop" if action == "stop_notices" else "show")


def pressed(talk: "Talk", action: str) -> "Talk":
    """Carry out a button under notices, also under a message that came by itself."""
    name, _, argument = action.partition(".")
    if name == "stop":
        return talk.do(FollowNotices(on=False)).say_key("board_stopped").ask_again()
    number = int(argument) if argument.isascii() and argument.isdigit() and len(argument) < 17 else 0
    if name == "read":
        return _read(talk, number)
    skip = number if name == "more" and number < 100_000 else 0
    wanted = BoardWanted(_region(talk), skip)
    board = _found(talk, wanted)
    if board is None:
        return replace(talk.say_key("board_none", unit=""), wanted=wanted)
    if not board.unit:
        return talk.with_state(awaiting=AWAITING).say_key("board_where")
    if name == "follow":
        stop = Choice(talk.replies("button_board_stop"), buttons.make(KIND, "stop"))
        told = talk.do(FollowNotices(on=True, region=wanted.region))
        return told.say_key("board_followed", stop, unit=board.unit).ask_again()
    return _listed(talk, board).ask_again()


def at_place(talk: "Talk", region: str) -> "Talk":
    """The place was told: remember it and show its notices."""
    facts = replace(talk.facts, profile={**talk.facts.profile, "region": region})
    known = {name: value for name, value in talk.state.heard_facts.items() if name != "region"}
    told = replace(talk, facts=facts).with_state(awaiting=None, heard_facts=known)
    return pressed(told.do(SaveProfile({"region": region})), "show")


def _region(talk: "Talk") -> str | None:
    """The place of the open form, else the one last told of."""
    frame = talk.state.frame
    values: dict[str, Any] = dict(frame.values) if frame is not None else {}
    told = values.get("region") or talk.state.heard_facts.get("region") or talk.facts.profile.get("region")
    return str(told) if told else None


def _found(talk: "Talk", wanted: BoardWanted) -> Board | None:
    board = talk.facts.board
    return board if board is not None and board.wanted == wanted else None


def _listed(talk: "Talk", board: Board) -> "Talk":
    """Up to three notices, each with the button that shows it in full, and the way to more and to new ones."""
    follow = () if board.followed else (_button(talk, "button_board_follow", "follow"),)
    skip = board.wanted.skip
    if not board.notices:
        key = "board_none" if skip == 0 else "board_no_more"
        return talk.say_key(key, *follow, unit=board.unit)
    read = [
        Choice(talk.replies("button_board_read", number=number), buttons.make(KIND, f"read.{notice.id}"))
        for number, notice in enumerate(board.notices, 1)
    ]
    more = (_button(talk, "button_board_more", f"more.{skip + AT_ONCE}"),) if board.more else ()
    lines = "\n".join(_line(talk, number, notice) for number, notice in enumerate(board.notices, 1))
    key = "board_list" if skip == 0 else "board_further"
    return talk.say(talk.replies(key, unit=board.unit, lines=lines), *read, *more, *follow)


def _line(talk: "Talk", number: int, notice: NoticeView) -> str:
    start = " ".join(notice.text.split())
    start = start if len(start) <= EXCERPT else start[:EXCERPT] + "…"
    return talk.replies(
        "board_line", number=number, title=notice.title, unit=notice.unit, day=notice.day, start=start
    )


def _read(talk: "Talk", number: int) -> "Talk":
    wanted = BoardWanted(_region(talk), notice=number)
    board = _found(talk, wanted)
    if board is None:
        return replace(talk.say_key("board_gone"), wanted=wanted)
    if not board.notices:
        return talk.say_key("board_gone", _button(talk, "button_board", "show")).ask_again()
    notice = board.notices[0]
    text = talk.replies(
        "board_notice", title=notice.title, unit=notice.unit, day=notice.day, text=notice.text
    )
    follow = () if board.followed else (_button(talk, "button_board_follow", "follow"),)
    return talk.say(text, _button(talk, "button_board", "show"), *follow).ask_again()


def _button(talk: "Talk", key: str, action: str) -> Choice:
    return Choice(talk.replies(key), buttons.make(KIND, action))
