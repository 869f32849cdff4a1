"""Facts in what people say: answers to a question about one slot, and what a free sentence volunteers.

Everything here is rules; importing this module is cheap. jionlp (lunar calendar, places outside Yunnan) is
loaded by the first call that needs it, or by `warm_up`.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from nlu.extractors import (
    dates,
    facts,
    ids,
    lunar,
    money,
    names,
    people,
    periods,
    regions,
    small,
    wages,
    yesno,
)
from nlu.extractors.correction import correction_target, is_correction
from nlu.extractors.evasion import answering, countable

__all__ = ["SLOTS", "correction_target", "extract", "is_correction", "parse_slot", "warm_up"]

Parser = Callable[[str, date, str], object | None]

_PARSERS: Final[dict[str, Parser]] = {
    "amount_yuan": lambda text, _now, ask: money.answer_amount(text, ask),
    "monthly_wage": lambda text, _now, ask: wages.monthly_wage(text, ask),
    "months_owed": periods.months_owed,
    "date": dates.answer_date,
    "phone": lambda text, _now, _ask: ids.phone(text),
    "id_number": lambda text, now, _ask: ids.id_number(text, now),
    "name": lambda text, _now, ask: names.person_name(text, ask),
    "employer": lambda text, _now, _ask: names.employer_name(text),
    "region": lambda text, _now, ask: regions.workplace(text, ask),
    "people_count": lambda text, _now, ask: people.people_count(text, ask),
    "yes_no": lambda text, _now, ask: yesno.yes_no(text, ask),
    "work_years": small.work_years,
    "pregnancy_week": small.pregnancy_week,
    "injury_grade": lambda text, _now, _ask: small.injury_grade(text),
    "children_count": lambda text, _now, ask: small.children_count(text, ask),
}
SLOTS: Final = frozenset(_PARSERS)
# These judge the whole message: a doubt is part of yes or no, a code is checked digit by digit.
_OWN_GUARD: Final = frozenset({"yes_no", "phone", "id_number"})
_MAX_CHARS: Final = 2000


def parse_slot(slot: str, text: str, now: date, ask: str = "") -> object | None:
    """The value a person gives for `slot` in answer to `ask`, in the format of that slot.

    None means "no usable answer": a refusal, a counter-question, or nothing that can be read with certainty.
    Raises KeyError for an unknown slot.
    """
    parser = _PARSERS[slot]
    body = text.strip()[:_MAX_CHARS]
    if slot not in _OWN_GUARD:
        body = countable(answering(body))
    return parser(body, now, ask) if body else None


def extract(text: str, now: date) -> dict[str, object]:
    """What a free sentence tells without being asked; only what can hardly be meant otherwise."""
    return facts.volunteered(text.strip()[:_MAX_CHARS], now)


def warm_up() -> None:
    """Load jionlp and the tables, so that no message waits for them."""
    regions.warm_up()
    lunar.warm_up()
