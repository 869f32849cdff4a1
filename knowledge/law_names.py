"""Laws as texts call them, and the places of a text where an article is cited."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from knowledge.statutes import ARTICLE_PATTERN, Statute, article_of, article_path, is_article

_STATE = "中华人民共和国"
_NUMBER = "[零〇一二两三四五六七八九十百千]+"
_ARTICLE = rf"第{_NUMBER}条(?:之[一二三四五六七八九十])?"
_PLACE = rf"(?:第{_NUMBER}款)?(?:第{_NUMBER}项)?"  # a paragraph or item of it
_CITED = re.compile(
    rf"《(?P<law>[^《》\n]{{2,80}})》{_ARTICLE}{_PLACE}(?:(?:[、，和与及至到或]|以及){_ARTICLE}{_PLACE})*"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """One cited article in a text: where its words begin and end, and the page that shows it."""

    start: int
    end: int
    address: str


class LawNames:
    """Every name by which a law of the catalogue may be called: 民法典 is four entries of it."""

    def __init__(self, statutes: Mapping[str, Statute]) -> None:
        found: dict[str, dict[str, Statute]] = defaultdict(dict)
        for statute in statutes.values():
            for name in (statute.name, statute.printed, statute.title, _single(statute.title)):
                found[name][statute.name] = statute
                found[name.removeprefix(_STATE)][statute.name] = statute
        self._found = {name: tuple(one.values()) for name, one in found.items()}

    def find(self, name: str) -> tuple[Statute, ...]:
        """The laws of this name; several for the books of one code; none for a name that nobody knows."""
        return self._found.get(name.strip(), ())

    def mentions(self, text: str) -> Iterator[Mention]:
        """Articles of known laws: 《劳动法》第三条、第四条 is two, the first with the law's name."""
        for cited in _CITED.finditer(text):
            laws, start = self.find(cited["law"]), cited.start()
            if not laws:
                continue
            for article in ARTICLE_PATTERN.finditer(text, cited.end("law"), cited.end()):
                if is_article(article_of(article[0])):
                    yield Mention(start, article.end(), address(laws, article_of(article[0])))
                start = article.end() + _gap(text, article.end(), cited.end())


def address(laws: tuple[Statute, ...], article: int) -> str:
    """Where the worker's site shows the article."""
    name = laws[0].name if len(laws) == 1 else laws[0].printed
    return f"/laws/{quote(name, safe='')}/{article_path(article)}"


def _single(title: str) -> str:
    return title.replace("《", "〈").replace("》", "〉")


def _gap(text: str, start: int, end: int) -> int:
    """How far it is to the next article of the same law."""
    following = ARTICLE_PATTERN.search(text, start, end)
    return following.start() - start if following else 0
