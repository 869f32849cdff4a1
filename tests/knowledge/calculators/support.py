"""What every test of a calculator checks beside its numbers: it can be put into words, its articles exist."""

from collections.abc import Mapping
from functools import cache

from knowledge.calculators.figures import Figures
from knowledge.calculators.registry import CALCULATORS
from knowledge.calculators.render import Rendered
from knowledge.calculators.values import Calculation, Note, Step
from knowledge.content import load_statutes
from knowledge.laws import read_law
from tests.beside import LAW_TEXTS
from tests.knowledge.calculators.kit import SHIPPED, TODAY, words


def run(inputs: object, figures: Figures | None = None) -> Calculation:
    """The result; rendering it must find every sentence and value, and the articles must exist."""
    spec = next(spec for spec in CALCULATORS.values() if spec.inputs is type(inputs))
    calculation = spec.calculate(inputs, figures or SHIPPED)
    assert_readable(words(calculation))
    assert missing_articles(calculation) == []
    return calculation


def answer(name: str, raw: Mapping[str, object]) -> Rendered:
    """From typed answers to the text, as a form or a chat does it."""
    return CALCULATORS[name].run(raw, SHIPPED, TODAY)


def assert_readable(shown: Rendered) -> None:
    for text in (shown.headline, *shown.steps, *shown.notes):
        assert "{" not in text, text
        assert "Decimal" not in text, text
        assert "None" not in text, text


def missing_articles(calculation: Calculation) -> list[str]:
    """Articles that the law's text does not have; laws whose text is not at hand only need to be in the catalogue."""
    wrong = []
    for article in calculation.articles:
        known = _articles(article.law)
        if known is not None and article.number not in known:
            wrong.append(f"{article.law} {article.number}")
    return wrong


@cache
def _articles(law: str) -> frozenset[int] | None:
    statute = load_statutes()[law]
    assert not statute.repealed, law
    file = LAW_TEXTS / f"{statute.file}.md"
    if statute.file is None or not file.exists():
        return None
    return frozenset(read_law(file, statute).articles)


def keys(parts: tuple[Step, ...] | tuple[Note, ...]) -> list[str]:
    return [part.key for part in parts]


def step(calculation: Calculation, key: str) -> Mapping[str, object]:
    """Values of the step with that key; fails when it is not there."""
    return next(part.values for part in calculation.steps if part.key == key)
