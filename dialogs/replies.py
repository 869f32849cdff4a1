"""The catalogue of everything the assistant says by itself: replies.yaml."""

from pathlib import Path
from typing import Any

import yaml

CATALOGUE = Path(__file__).with_name("replies.yaml")


class Replies:
    """Texts by key. A missing key or variable is a defect and raises at once."""

    def __init__(self, path: Path = CATALOGUE) -> None:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        self._texts: dict[str, str] = {key: str(value).strip() for key, value in raw.items()}

    def __call__(self, key: str, **values: Any) -> str:
        """Return the text of `key` with its {variables} filled in."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """True when the catalogue has this key."""
        return key in self._texts
