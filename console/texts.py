"""Every Chinese text of the console that does not stand in a template, from texts.yml."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CATALOGUE = Path(__file__).with_name("texts.yml")


@cache
def texts() -> dict[str, Any]:
    """Return the catalogue; a missing key is a defect and raises at once."""
    loaded: dict[str, Any] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    return loaded


def error_text(key: str, **values: Any) -> str:
    """Return the text of an error with its {variables} filled in."""
    return str(texts()["errors"][key]).format(**values)
