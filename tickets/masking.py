"""Hides phone numbers, ID numbers and bank cards, alone or inside free text."""

import re
from collections.abc import Mapping
from typing import Any

# What people put between digits: blanks of all kinds, hyphens, dots, and invisible characters from copying.
_GAP = r"[\s\u200b-\u200d\u2060\ufeff\-\u2010-\u2015\u2212\uff0d.·_]{0,3}"
_START, _END = r"(?<![\d*])", r"(?!\d)"
_RUN = re.compile(rf"{_START}[+＋]?\d(?:{_GAP}\d){{10,}}(?:{_GAP}[XxＸｘ])?")
_COUNTRY = r"(?:[+＋]?[8８][6６])?"
_MOBILE = re.compile(rf"{_START}{_COUNTRY}{_GAP}[1１]{_GAP}[3-9３-９](?:{_GAP}\d){{9}}{_END}")
_ID = re.compile(
    rf"{_START}[1-9１-９](?:{_GAP}\d){{5}}{_GAP}(?:[1１]{_GAP}[89８９]|[2２]{_GAP}[0０])"
    rf"(?:{_GAP}\d){{9}}{_GAP}[\dXxＸｘ]{_END}"
)
_CARD = re.compile(rf"{_START}[3-9３-９](?:{_GAP}\d){{14,18}}{_END}")
_LANDLINE = re.compile(rf"{_START}[0０]\d{{2,3}}{_GAP}[2-9２-９]\d{{6,7}}{_END}")
_LONG = re.compile(r"\d{11,}[Xx]?")
_SPELLED = re.compile(r"[零〇○一二三四五六七八九幺两]{11,18}")
_DATE = re.compile(r"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:[12]\d|3[01]|0?[1-9])(?!\d)")
_FEWEST_CARD_DIGITS = 15
HIDDEN = "******"


def _keep_ends(text: str, first: int, last: int) -> str:
    """Replace the digits between the first and last ones kept; the gaps between them vanish."""
    digits = [char for char in text if char.isdigit() or char in "XxＸｘ"]
    middle = max(len(digits) - first - last, 0)
    return "".join(digits[:first]) + "*" * middle + ("".join(digits[-last:]) if last else "")


def mask_text(text: str) -> str:
    """Return the text with phone numbers, ID numbers and bank cards hidden: too much, not too little."""
    text = _RUN.sub(_run, text)
    text = _LANDLINE.sub(lambda match: _keep_ends(match.group(), 4, 2), text)
    return _SPELLED.sub(HIDDEN, text)


def _run(match: re.Match[str]) -> str:
    """Hide what is in a run of digits: first taken as one number with gaps, then as several in a row."""
    text = match.group()
    if _ID.fullmatch(text):
        return _id(text)
    if _MOBILE.fullmatch(text):
        return _mobile(text)
    if _CARD.fullmatch(text):
        return _card(text)
    text = _ID.sub(lambda found: _id(found.group()), text)
    text = _MOBILE.sub(lambda found: _mobile(found.group()), text)
    text = _CARD.sub(lambda found: _card(found.group()), text)
    return _LONG.sub(lambda found: _keep_ends(found.group(), 0, 4), text)


def without_identity(text: str) -> str:
    """Return the text without ID numbers and bank cards; phone numbers, sums and dates stay."""

    def one(match: re.Match[str]) -> str:
        run = match.group()
        if _MOBILE.fullmatch(run):
            return run
        if _ID.fullmatch(run) or (_CARD.fullmatch(run) and _card(run) != run):
            return HIDDEN
        run = _ID.sub(HIDDEN, run)
        return _CARD.sub(
            lambda found: HIDDEN if _card(found.group()) != found.group() else found.group(), run
        )

    spelled = _SPELLED.sub(
        lambda found: HIDDEN if len(found.group()) >= _FEWEST_CARD_DIGITS else found.group(), text
    )
    return _RUN.sub(one, spelled)


def _id(text: str) -> str:
    return _keep_ends(text, 3, 2)


def _mobile(text: str) -> str:
    return _keep_ends(_without_country(text), 3, 4)


def _card(text: str) -> str:
    """Dates in a row have as many digits as a card; they stay readable."""
    digits = sum(char.isdigit() for char in _DATE.sub("", text))
    return _keep_ends(text, 0, 4) if digits >= _FEWEST_CARD_DIGITS else text


def _without_country(text: str) -> str:
    digits = "".join(char for char in text if char.isdigit())
    return digits[-11:]


def mask_name(name: str) -> str:
    """Return the family name and stars: 张*."""
    stripped = name.strip()
    return stripped[:1] + "*" * max(len(stripped) - 1, 1) if stripped else ""


def mask_value(field: str, value: Any) -> str:
    """Return a protected detail as a screen shows it before it is revealed with a reason."""
    text = str(value)
    if field == "name":
        return mask_name(text)
    if field == "phone":
        return _keep_ends(text, 3, 4) if sum(char.isdigit() for char in text) >= 11 else HIDDEN
    if field == "id_number":
        return _keep_ends(text, 3, 2) if len(text) >= 15 else HIDDEN
    if field == "bank_card":
        return _keep_ends(text, 0, 4) if len(text) >= 12 else HIDDEN
    return HIDDEN


def mask_sensitive(sensitive: Mapping[str, Any] | None) -> dict[str, str]:
    """Return every protected detail of a ticket, hidden; empty ones are left out."""
    return {
        name: mask_value(name, value)
        for name, value in (sensitive or {}).items()
        if value not in (None, "", [])
    }


def mask_json(value: Any) -> Any:
    """Return the JSON value with every text inside masked; keys stay."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {key: mask_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask_json(item) for item in value]
    return value
