"""Splitting and keyboards keep Telegram's limits and the reader's comfort."""

from hypothesis import given
from hypothesis import strategies as st

from bot import limits
from bot.channels.telegram_text import ROW_BUTTONS, keyboard, length, split_text
from bot.messages import Button


@given(st.text(max_size=400), st.integers(2, 60))
def test_no_piece_is_too_long_and_no_character_is_lost(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert all(0 < length(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_short_text_stays_whole() -> None:
    assert split_text("您好。\n请说。") == ["您好。\n请说。"]


def test_it_is_cut_between_paragraphs_first() -> None:
    first, second = "甲" * 3000, "乙。" * 1000
    assert split_text(f"{first}\n\n{second}") == [first, second]


def test_emoji_count_twice() -> None:
    pieces = split_text("😀" * 3000)
    assert [length(piece) for piece in pieces] == [limits.TELEGRAM_TEXT_CHARACTERS, 1904]


def test_short_labels_share_a_line_and_long_ones_do_not() -> None:
    stars = [Button(f"{number}分", f"t:1:r{number}") for number in range(1, 6)]
    long = Button("我要反映老板拖欠我工资的事", "flow:wage_arrears")
    markup = keyboard([*stars, long])
    assert markup is not None
    rows = markup["inline_keyboard"]
    assert len(rows[-1]) == 1
    assert all(len(row) <= ROW_BUTTONS for row in rows)
    assert [one["callback_data"] for row in rows for one in row][-1] == "flow:wage_arrears"


def test_no_buttons_no_keyboard() -> None:
    assert keyboard(()) is None
