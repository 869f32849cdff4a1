"""Marks what a drafted reply says without a source: articles, laws, links and numbers that were not given."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from knowledge.statutes import article_code, parse_number

MARK = "⚠"
_SENTENCE = re.compile(r"[^。！？!?；;\n]*(?:[。！？!?；;]+[”」’)）]*|\n+|$)")
_NUMBER = r"(?:[零〇一二两三四五六七八九十百千]+|\d{1,4})"
_ARTICLES = re.compile(
    rf"(?:第|(?<=[》法例定释、,和与及或至到]))\s*(?P<numbers>{_NUMBER}(?:\s*[、,和与及至到-]\s*第?{_NUMBER})*)\s*条"
    rf"(?:之(?P<sub>{_NUMBER}))?"
)
_ARTICLE_LIKE = re.compile(r"(?:article|art\.?)\s*\d+", re.IGNORECASE)
_LAW = re.compile(r"《(?P<law>[^《》]{2,80})》")
# A law that is neither in 《》 nor known; 该法, 本条例 point back to the law named before.
_UNNAMED = re.compile(r"(?<![本该同此述部》])(?:法|条例|规定|办法|细则|解释)(?=\s*第)")
_UNKNOWN = "?"
_STATUTE = re.compile(r"(?:法|法典|条例|规定|办法|解释|细则)$")
_RANGE = re.compile(r"[至到-]")
_LINK = re.compile(
    r"https?://|www\.|[a-z0-9-]+\.(?:com|cn|net|org|top|xyz|vip|cc|info|io|gov|site|shop)\b", re.IGNORECASE
)
_CONTACT = re.compile(r"(?<!\d)\d(?:[ -]?\d){6,}(?!\d)")
_IN_BRACKETS = re.compile(r"[（(][^（()）]*[)）]")
Reference = tuple[str, int]  # law as `plain_name` gives it, article code


@dataclass(frozen=True, slots=True)
class Checked:
    """The text with a mark before every doubtful sentence; `cited` are the given articles that it names."""

    text: str
    doubtful: int
    cited: frozenset[Reference]


def plain_name(law: str) -> str:
    """The name by which laws are compared: 中华人民共和国劳动合同法（2012修正） is 劳动合同法."""
    name = _IN_BRACKETS.sub("", unicodedata.normalize("NFKC", law)).replace(" ", "")
    return name.removeprefix("中华人民共和国").replace("<", "〈").replace(">", "〉")


def check(
    text: str, given: Collection[Reference], source_text: str = "", law_names: Iterable[str] = ()
) -> Checked:
    """Mark each sentence that names an article, a law, a link or a long number that is not in the sources.

    Args:
        given: the articles that the sources contain or cite.
        source_text: all sources; links and numbers in them are not doubtful.
        law_names: laws that are recognised without 《》.
    """
    scan = _Scan(frozenset(given), unicodedata.normalize("NFKC", source_text), _names(law_names, given))
    parts: list[str] = []
    doubtful = 0
    for sentence in _SENTENCE.findall(text.replace(MARK, "")):
        wrong = bool(sentence.strip()) and scan.doubts(sentence)
        doubtful += wrong
        blank = len(sentence) - len(sentence.lstrip())
        parts.append(sentence[:blank] + MARK + sentence[blank:] if wrong else sentence)
    return Checked("".join(parts), doubtful, frozenset(scan.cited))


def references(text: str, law_names: Iterable[str] = ()) -> frozenset[Reference]:
    """The articles that a text names together with their law in 《》."""
    scan = _Scan(frozenset(), "", _names(law_names, ()))
    for sentence in _SENTENCE.findall(text):
        scan.doubts(sentence)
    return frozenset(reference for reference in scan.seen if reference[0])


def _names(law_names: Iterable[str], given: Collection[Reference]) -> re.Pattern[str] | None:
    names = {plain_name(name) for name in law_names} | {law for law, _article in given}
    ordered = sorted((re.escape(name) for name in names if len(name) > 2), key=len, reverse=True)
    return re.compile("|".join(ordered)) if ordered else None


class _Scan:
    """Reads sentences in order: 该法第四十七条 belongs to the law named before."""

    def __init__(self, given: frozenset[Reference], source_text: str, names: re.Pattern[str] | None) -> None:
        self.cited: set[Reference] = set()
        self.seen: set[Reference] = set()
        self._given = given
        self._laws = {law for law, _article in given}
        self._source = source_text
        self._names = names
        self._current = ""

    def doubts(self, sentence: str) -> bool:
        """Tell whether the sentence says something that the sources do not."""
        plain = unicodedata.normalize("NFKC", sentence)
        found = self._contacts(plain) or _ARTICLE_LIKE.search(plain) is not None
        places = self._laws_in(plain)
        found = any(_STATUTE.search(law) and law not in self._laws for _start, law in places) or found
        marks: list[tuple[int, str | re.Match[str]]] = [
            *places,
            *((m.start(), m) for m in _ARTICLES.finditer(plain)),
        ]
        for _start, mark in sorted(marks, key=lambda item: item[0]):
            if isinstance(mark, str):
                self._current = mark
            else:
                found = not self._known(mark) or found
        return found

    def _laws_in(self, plain: str) -> list[tuple[int, str]]:
        """Where which law is named; a name inside 《》 is only part of a longer one."""
        places = [(match.start(), plain_name(match["law"])) for match in _LAW.finditer(plain)]
        open_text = _LAW.sub(lambda match: " " * len(match.group()), plain)
        named = list(self._names.finditer(open_text)) if self._names is not None else []
        places += [(match.start(), match.group()) for match in named]
        ends = {match.end() for match in named}
        unnamed = [match for match in _UNNAMED.finditer(open_text) if match.end() not in ends]
        return places + [(match.start(), _UNKNOWN) for match in unnamed]

    def _known(self, match: re.Match[str]) -> bool:
        named = {(self._current, code) for code in _codes(match)}
        self.seen |= named
        self.cited |= named & self._given
        return named <= self._given

    def _contacts(self, plain: str) -> bool:
        numbers = {_digits(match.group()) for match in _CONTACT.finditer(plain)}
        given = {_digits(match.group()) for match in _CONTACT.finditer(self._source)}
        return bool(numbers - given) or any(
            match.group() not in self._source for match in _LINK.finditer(plain)
        )


def _codes(match: re.Match[str]) -> set[int]:
    """Every article of 第三十八条, 第三十八、三十九条 or 第三十八至四十条."""
    numbers = [_value(part) for part in re.findall(_NUMBER, match["numbers"])]
    if match["sub"]:
        return {article_code(numbers[-1], _value(match["sub"])), *numbers[:-1]}
    if len(numbers) == 2 and _RANGE.search(match["numbers"]):
        return set(range(numbers[0], max(numbers) + 1))
    return set(numbers)


def _value(text: str) -> int:
    return int(text) if text.isdigit() else parse_number(text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
