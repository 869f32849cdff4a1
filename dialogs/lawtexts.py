"""Articles of the law in a reply: two at most, each cut short, with a button that shows the whole text."""

from collections.abc import Sequence

from dialogs import buttons
from dialogs.replies import Replies
from dialogs.values import Choice, LawText

SHOWN = 2
SHOWN_CHARACTERS = 120
_PAUSES = "。；;：，,、"  # where a text may be cut, so that no word is torn


def lines(laws: Sequence[LawText], replies: Replies) -> str:
    """Return one line for each article."""
    return "\n".join(
        replies("no_answer_law", title=law.title, text=shortened(law.text)).strip() for law in laws[:SHOWN]
    )


def whole_text_buttons(laws: Sequence[LawText], replies: Replies) -> list[Choice]:
    """Return a button for each article that was cut."""
    return [
        Choice(replies("button_law", name=law.name), buttons.make("more", law.key))
        for law in laws[:SHOWN]
        if shortened(law.text) != _one_line(law.text)
    ]


def shortened(text: str) -> str:
    """Return the text in one line; a long one ends at the last pause that fits, with a mark that it goes on."""
    whole = _one_line(text)
    if len(whole) <= SHOWN_CHARACTERS:
        return whole
    cut = whole[: SHOWN_CHARACTERS - 1]
    pause = max(cut.rfind(sign) for sign in _PAUSES) + 1
    return (cut[:pause] if pause > SHOWN_CHARACTERS // 2 else cut) + "…"


def _one_line(text: str) -> str:
    return "".join(line.strip() for line in text.splitlines())
