"""Text and buttons as Telegram takes them. Pure, and always the same for the same input."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from bot import limits
from bot.messages import Button

ROW_WIDTH = 24  # half-width columns that fit beside each other on a small phone
ROW_BUTTONS = 5
# where a long text may be cut, best first: paragraph, line, sentence, clause, blank
CUTS = (r"\n\s*\n", r"\n", r"(?<=[。!?！？;；])", r"(?<=[，,、：:])", r"\s")


def length(text: str) -> int:
    """Return the length that counts for Telegram: UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def split_text(text: str, limit: int = limits.TELEGRAM_TEXT_CHARACTERS) -> list[str]:
    """Return the text in pieces of at most `limit`, cut where a reader would pause; blank text gives none."""
    rest, pieces = text.strip(), []
    while length(rest) > limit:
        cut = _cut(rest, limit)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [piece for piece in (*pieces, rest) if piece]


def _cut(text: str, limit: int) -> int:
    end = _characters_within(text, limit)
    for pattern in CUTS:
        places = [match.start() for match in re.finditer(pattern, text[:end]) if match.start() > end // 2]
        if places:
            return places[-1]
    return end


def _characters_within(text: str, limit: int) -> int:
    units = 0
    for position, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return position
    return len(text)


def keyboard(buttons: Sequence[Button]) -> dict[str, Any] | None:
    """Return the inline keyboard: short labels side by side, long ones on a line of their own."""
    rows: list[list[Button]] = []
    width = 0
    for button in buttons:
        own = _width(button.label) + 2
        if not rows or width + own > ROW_WIDTH or len(rows[-1]) == ROW_BUTTONS:
            rows.append([])
            width = 0
        rows[-1].append(button)
        width += own
    if not rows:
        return None
    lines = [[{"text": one.label, "callback_data": one.payload} for one in row] for row in rows]
    return {"inline_keyboard": lines}


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
