"""Short messages that steer the conversation: back, skip, cancel, pause, human … (controls.yaml)."""

import re
from pathlib import Path

import yaml

TABLE = Path(__file__).with_name("controls.yaml")
NOISE = re.compile("^[\\s。.!！~～,，]+|[\\s。.!！~～,，]+$")
LONGEST = 24  # characters; a longer message tells a story and is left to the model


class Controls:
    """Whole-message patterns by action."""

    def __init__(self, path: Path = TABLE) -> None:
        raw: dict[str, list[str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._table = [
            (action, re.compile("|".join(f"(?:{p})" for p in patterns))) for action, patterns in raw.items()
        ]

    def match(self, text: str) -> str | None:
        """Return the action that the whole message asks for, else None."""
        clean = NOISE.sub("", text)
        if not clean or len(clean) > LONGEST:
            return None
        for action, pattern in self._table:
            if pattern.fullmatch(clean):
                return action
        return None
