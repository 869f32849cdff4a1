"""What an administrator should know about an entry before it is saved or published."""

from collections.abc import Iterable, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from knowledge.content import ANSWER_LIMIT, EntryData
from knowledge.errors import message
from knowledge.law_changes import Change
from knowledge.search import KnowledgeBase
from knowledge.statutes import Statute, cite
from nlu.understanding import INTENTS

MINIMUM_PHRASINGS = 5
DUPLICATE = 0.80  # centred cosine from which two questions are probably one
_REASONS = {
    "missing": "reason_missing",
    "string_too_long": "reason_too_long",
    "too_long": "reason_too_long",
    "string_too_short": "reason_too_short",
}


def problems_of(data: EntryData, statutes: Mapping[str, Statute], *, publishing: bool) -> tuple[str, ...]:
    """What stands against saving (or publishing) it, in Chinese; empty when it is fine."""
    problems = [
        message("problem_repealed_law" if known else "problem_unknown_law", law=law)
        for law, known in _unusable_laws(data, statutes)
    ]
    if publishing and INTENTS[data.intent].group == "rights" and not data.citations:
        problems.append(message("problem_no_citation"))
    return tuple(problems)


def _unusable_laws(data: EntryData, statutes: Mapping[str, Statute]) -> list[tuple[str, bool]]:
    laws = dict.fromkeys(citation.law for citation in data.citations)
    return [(law, law in statutes) for law in laws if law not in statutes or statutes[law].repealed]


def validation_problems(error: ValidationError) -> tuple[str, ...]:
    """Pydantic's findings in the catalogue's words; no value of the form is repeated."""
    return tuple(dict.fromkeys(_in_chinese(problem) for problem in error.errors()))


def _in_chinese(problem: ErrorDetails) -> str:
    if not problem["loc"]:
        return message("problem_field", field=message("field_valid_to"), reason=message("reason_date"))
    name = str(problem["loc"][0])
    if name == "intent" and problem["type"] == "value_error":
        return message("problem_intent", intent=problem["input"])
    reason = message(_REASONS.get(problem["type"], "reason_other"))
    return message("problem_field", field=message(f"field_{name}"), reason=reason)


def warnings_of(data: EntryData) -> tuple[str, ...]:
    """What could be better; nothing here prevents publishing."""
    warnings = []
    if len(data.answer) > ANSWER_LIMIT:
        warnings.append(message("warning_long", length=len(data.answer), limit=ANSWER_LIMIT))
    if len(data.phrasings) < MINIMUM_PHRASINGS:
        warnings.append(message("warning_phrasings", count=len(data.phrasings), minimum=MINIMUM_PHRASINGS))
    return tuple(warnings)


def law_warnings(changes: Iterable[Change], statutes: Mapping[str, Statute]) -> tuple[str, ...]:
    """What happened to the cited articles since the entry was reviewed."""
    return tuple(
        message(f"law_{change.reason}", citation=cite(change.law, change.article, statutes).title)
        for change in changes
    )


async def duplicate_warnings(knowledge: KnowledgeBase, data: EntryData) -> tuple[str, ...]:
    """Published entries that ask nearly the same for the same place."""
    found = await knowledge.similar((data.question, *data.phrasings), besides=data.id)
    return tuple(
        message("warning_duplicate", question=hit.question, score=f"{hit.score:.2f}")
        for hit in found
        if hit.score >= DUPLICATE and hit.region == data.region
    )
