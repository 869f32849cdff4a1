"""Names of laws, article numbers as Chinese law writes them, and the one line that carries the basis."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from knowledge.errors import message

_DIGITS = "零一二三四五六七八九"
_UNITS = ((1000, "千"), (100, "百"), (10, "十"))
_VALUES = {character: value for value, character in enumerate(_DIGITS)} | {"〇": 0, "两": 2}
_SUB_ARTICLE = 10_000  # 第X条之N is kept in the integer column as N * 10000 + X

_BOOK_OF_CODE = re.compile(r"（[^（）]*编）$")

ARTICLE_PATTERN = re.compile(r"第([零〇一二两三四五六七八九十百千]+)条(?:之([一二三四五六七八九十]+))?")


@dataclass(frozen=True, slots=True)
class Statute:
    """One law that answers may cite; `name` is what content and evaluation files call it."""

    name: str
    title: str  # the full official title
    in_force_since: date | None = None
    repealed: bool = False
    file: str | None = None  # stem of its file in the law library, where that differs from the name
    remark: str | None = None  # what the catalogue tells about the text that is held

    @property
    def printed(self) -> str:
        """What stands between 《》: 劳动合同法, 民法典, a judicial interpretation by its full title."""
        if self.title.endswith(("号", ")")):  # a notice is better known by its name than by its number
            return self.name
        short = _BOOK_OF_CODE.sub("", self.title.removeprefix("中华人民共和国"))
        return short.replace("《", "〈").replace("》", "〉")


@dataclass(frozen=True, slots=True)
class Citation:
    """One cited article. `title` is how it is printed: 《劳动合同法》第三十条."""

    law: str
    article: int
    title: str
    in_force_since: date | None


def article_code(number: int, sub: int = 0) -> int:
    """The integer under which an article is stored: 30 for 第三十条, 10133 for 第一百三十三条之一."""
    return sub * _SUB_ARTICLE + number


def article_name(code: int) -> str:
    """第三十条, 第一百三十三条之一."""
    sub, number = divmod(code, _SUB_ARTICLE)
    name = f"第{chinese_number(number)}条"
    return f"{name}之{chinese_number(sub)}" if sub else name


def article_of(text: str) -> int:
    """The code of "30", "133-1", "第三十条" or "第一百三十三条之一". Raises ValueError."""
    found = ARTICLE_PATTERN.fullmatch(text.strip())
    if found:
        return article_code(parse_number(found[1]), parse_number(found[2]) if found[2] else 0)
    number, _, sub = text.strip().partition("-")
    if not number.isdecimal() or (sub and not sub.isdecimal()):
        raise ValueError("must be an article number")
    return article_code(int(number), int(sub or 0))


def is_article(code: int) -> bool:
    """Whether any law could have an article of this code."""
    sub, number = divmod(code, _SUB_ARTICLE)
    return number > 0 and 0 <= sub < 100


def article_path(code: int) -> str:
    """How an article stands in an address: 30, 133-1."""
    sub, number = divmod(code, _SUB_ARTICLE)
    return f"{number}-{sub}" if sub else str(number)


def chinese_number(value: int) -> str:
    """1 to 9999 as written in laws: 十二, 一百零七, 一千零一十."""
    if not 0 < value < _SUB_ARTICLE:
        raise ValueError(f"not an article number: {value}")
    text, rest, gap = "", value, False
    for unit, sign in _UNITS:
        digit, rest = divmod(rest, unit)
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + sign
            gap = False
        else:
            gap = bool(text)
    if rest:
        text += ("零" if gap and text else "") + _DIGITS[rest]
    return text[1:] if text.startswith("一十") else text


def parse_number(text: str) -> int:
    """The reverse of `chinese_number`; takes 〇 and 两 too."""
    total, digit = 0, 0
    units = {sign: unit for unit, sign in _UNITS}
    for character in text:
        if character in units:
            total += (digit or 1) * units[character]
            digit = 0
        else:
            digit = _VALUES[character]
    return total + digit


def cite(law: str, article: int, statutes: Mapping[str, Statute]) -> Citation:
    """The citation as shown to people; a law that is not in the catalogue keeps its name and has no date."""
    statute = statutes.get(law)
    title = message("citation", law=statute.printed if statute else law, article=article_name(article))
    return Citation(law, article, title, statute.in_force_since if statute else None)


def basis_line(citations: Iterable[Citation]) -> str:
    """依据：《劳动合同法》第三十条、第四十条（2013-07-01起施行）。以主管部门解释为准。 Empty when nothing is cited.

    Articles of one law stand together, so that its name and date are read once.
    """
    by_law: dict[str, list[Citation]] = {}
    for citation in citations:
        by_law.setdefault(citation.law, []).append(citation)
    separator = message("citation_separator")
    parts = []
    for cited in by_law.values():
        articles = [cited[0].title, *(article_name(other.article) for other in cited[1:])]
        parts.append(separator.join(articles) + _since(cited[0].in_force_since))
    return message("basis", citations=separator.join(parts)) if parts else ""


def in_force_title(citation: Citation) -> str:
    """《劳动合同法》第三十条（2013-07-01起施行）."""
    return citation.title + _since(citation.in_force_since)


def _since(day: date | None) -> str:
    return message("citation_in_force", since=day.isoformat()) if day else ""
