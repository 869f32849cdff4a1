"""What can go wrong in the knowledge base. `message` is Chinese and may be shown to an administrator."""

from pathlib import Path
from typing import cast

import yaml

_MESSAGES = cast(
    dict[str, str], yaml.safe_load(Path(__file__).with_name("messages.yml").read_text(encoding="utf-8"))
)


def message(key: str, **values: object) -> str:
    """The text of the catalogue under `key`, with its places filled in."""
    return _MESSAGES[key].format(**values)


class KnowledgeError(Exception):
    """Base of all; `message` says what to do, in the words of the catalogue."""

    status = 400

    def __init__(self, key: str, **values: object) -> None:
        self.key = key
        self.message = message(key, **values)
        super().__init__(self.message)


class EntryNotFound(KnowledgeError):
    """No entry, or no such version of it."""

    status = 404


class VersionConflict(KnowledgeError):
    """Somebody else saved the entry after it was opened here."""

    status = 409


class InvalidEntry(KnowledgeError):
    """The entry can't be saved or published as it is; `problems` has one Chinese line for each reason."""

    status = 422

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("invalid_entry", problems="\n".join(problems))


class DraftError(KnowledgeError):
    """No draft of a reply; `status` tells whose fault it was. The text carries no word of a worker."""

    def __init__(self, key: str, status: int = 502, **values: object) -> None:
        super().__init__(key, **values)
        self.status = status


class ContentError(Exception):
    """Shipped content can't be used; each line names file, line and place."""


class EmbeddingError(Exception):
    """The embedding service gave no usable answer; the text carries no message of a worker."""
