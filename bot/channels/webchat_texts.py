"""Every Chinese text of the web chat, from webchat.yml. A missing key is a defect and raises at once."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CATALOGUE = Path(__file__).with_name("webchat.yml")


@cache
def texts() -> dict[str, Any]:
    """Return the catalogue: page, authors, topics, errors, script."""
    loaded: dict[str, Any] = yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def error_text(key: str, **values: Any) -> str:
    """Return the text of an error with its {variables} filled in."""
    return str(texts()["errors"][key]).format(**values)
