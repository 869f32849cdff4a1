"""The catalogue of 我的资料: bot/personal.yml."""

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tickets.sla import SHANGHAI

CATALOGUE: Final = Path(__file__).with_name("personal.yml")


@cache
def texts() -> dict[str, Any]:
    """Return the catalogue."""
    loaded: dict[str, Any] = yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


@cache
def patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the whole messages that mean one of the actions."""
    table: dict[str, list[str]] = texts()["words"]
    return tuple(
        (action, re.compile("|".join(f"(?:{one})" for one in found))) for action, found in table.items()
    )


def said(key: str, **values: Any) -> str:
    """Return a text with its {values} filled in."""
    text = str(texts()["say"][key]).strip()
    return text.format(**values) if values else text


def day_of(at: datetime) -> str:
    """Return the day in Kunming as people write it."""
    local = at.astimezone(SHANGHAI)
    return str(texts()["day"]).format(year=local.year, month=local.month, day=local.day)


def label_of(field: str) -> str:
    """Return what a detail is called."""
    return str(texts()["fields"].get(field, field))


def consent_label(consent: str) -> str:
    """Return what a consent was about."""
    return str(texts()["consents"].get(consent, texts()["consent"]))
