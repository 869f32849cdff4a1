"""An answer as a form: one phrasing and one citation per line."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from console.forms import Form
from knowledge.content import EntryData
from knowledge.statutes import ARTICLE_PATTERN, article_name

TEXTS = ("question", "answer", "more", "region", "source", "intent")
DATES = ("valid_from", "valid_to", "reviewed")
FIELDS = ("question", "intent", "answer", "more", "phrasings", "citations", "region", *DATES, "source")
_CITATION = re.compile(r"《?(?P<law>[^《》]+?)》?[\s,，:：]*(?P<article>第[^第]+|\d+(?:-\d+)?)条?")
DIFF_CHARACTERS = 4000


def from_form(form: Form) -> dict[str, Any]:
    """Return the posted fields as knowledge.faq takes them; what can't be read is left for its validation."""
    fields: dict[str, Any] = {name: form.text(name) or None for name in (*TEXTS, *DATES)}
    fields |= {
        "question": form.text("question"),
        "answer": form.text("answer"),
        "intent": form.text("intent"),
    }
    if fields["region"] is None:
        del fields["region"]
    fields["phrasings"] = tuple(form.lines("phrasings"))
    fields["citations"] = tuple(citation(line) for line in form.lines("citations"))
    return fields


def citation(line: str) -> dict[str, Any]:
    """Return law and article of a line such as 《劳动合同法》第三十条 or 劳动合同法 30."""
    found = _CITATION.fullmatch(line)
    if found is None:
        return {"law": line, "article": ""}
    article = found["article"]
    if article.startswith("第") and ARTICLE_PATTERN.fullmatch(article) is None:
        article = article.removeprefix("第").removesuffix("条")
    return {"law": found["law"].strip(), "article": article}


def to_form(data: EntryData) -> Form:
    """Return the entry as the form shows it."""
    return Form(dict(lines_of(data.stored()).items()))


def lines_of(stored: Mapping[str, Any]) -> dict[str, str]:
    """Return every field of a stored version as text."""
    shown = {name: str(stored.get(name) or "") for name in FIELDS}
    shown["phrasings"] = "\n".join(stored.get("phrasings") or ())
    shown["citations"] = "\n".join(
        f"《{one['law']}》{article_name(int(one['article']))}" for one in stored.get("citations") or ()
    )
    return shown


def difference(old: str, new: str) -> list[tuple[str, str]]:
    """Return the pieces of the new text as ("same" | "added" | "removed", piece), character by character."""
    if old == new:
        return [("same", new)] if new else []
    if max(len(old), len(new)) > DIFF_CHARACTERS:
        return [("removed", old), ("added", new)]
    pieces: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", old[a:b]))
            continue
        if b > a:
            pieces.append(("removed", old[a:b]))
        if d > c:
            pieces.append(("added", new[c:d]))
    return pieces
