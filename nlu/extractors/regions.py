"""Where somebody works, as full official names: 官渡 -> 云南省昆明市官渡区."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from nlu.extractors.quiet import quiet_import
from nlu.extractors.text import after_correction, narrow

_TABLE: Final = Path(__file__).resolve().parent.parent / "regions.yml"
Level = Literal["province", "prefecture", "county", "place"]

_HOME_BEFORE: Final = re.compile(
    r"(?:我们?|家|人)?(?:老家|户口|户籍|籍贯|家住|家里?在|来自|身份证|娘家|出生)(?:是|在|地)*$|(?:老板|包工头|"
    r"工头|总公司|总部|注册地?)(?:是|在|也是)*$|从$|由$"
)
_HOME_AFTER: Final = re.compile(r"^[^,。;,;]{0,4}?(?:人(?![民工])|户口|户籍|老家|籍|老乡|过来|来的|出来)")
_NATIVE: Final = re.compile(r"(?:我|我们|本人|俺|咱)(?:家)?(?:都)?是$")
_FORMER: Final = re.compile(r"(?:以前|之前|原来|原先|先前|开始|去年|前年|早先|过去)[^,。;,;现]{0,8}$")
_NOW: Final = re.compile(r"(?:[搬调转换]到|现在|目前|如今|这次|这回|后来)[^,。;,;]{0,6}$")
_AT: Final = re.compile(r"(?:在|到|去|来|位于|跑到|工地是|单位是|厂是|是)(?:云南|云南省|了)?$")
_WORK_AFTER: Final = re.compile(
    r"^[^,。;,;]{0,8}?(?:打工|上班|干活|工地|做工|做事|干了|做了|厂|公司|项目|送外卖|跑|修路|盖房|搬砖|饭店|酒店|"
    r"工作|施工|园区|务工|当|开车|做)"
)
_SITE_AT: Final = re.compile(r"(?:工地|干活|上班|项目|车间|店|干|做工|打工)(?:都|就|是)?(?:在|是)$")
_CHAIN_GAP: Final = re.compile(r"^[\s,,的·/\-市州省县区这边那边]{0,3}$")
_NOT_PLACE_AFTER: Final = re.compile(r"^(?:路(?!口)|街(?!道)|米线|过桥|白药|人寿|银行|普洱茶|茶)")


@dataclass(frozen=True)
class Name:
    """One spoken name and what it stands for."""

    level: Level
    official: str
    province: str
    prefecture: str = ""
    careful: bool = False


@dataclass(frozen=True)
class Hit:
    start: int
    end: int
    name: Name


@cache
def _yunnan() -> dict[str, tuple[Name, ...]]:
    table = yaml.load(_TABLE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    province = table["province"]
    names: dict[str, list[Name]] = {province: [Name("province", province, province)]}
    names["云南"] = names[province]
    for prefecture, entry in table["prefectures"].items():
        area = Name("prefecture", province + prefecture, province, prefecture)
        for alias in [prefecture, *entry["aliases"]]:
            names.setdefault(alias, []).append(area)
        for county, detail in entry["counties"].items():
            _add_county(names, province, prefecture, county, detail)
    return {key: tuple(value) for key, value in names.items()}


def _add_county(
    names: dict[str, list[Name]], province: str, prefecture: str, county: str, detail: dict[str, list[str]]
) -> None:
    official = province + prefecture + county
    for alias in dict.fromkeys([county, *detail["aliases"]]):
        names.setdefault(alias, []).append(Name("county", official, province, prefecture))
    for alias in detail.get("careful", []):
        names.setdefault(alias, []).append(Name("county", official, province, prefecture, careful=True))
    for alias in detail.get("places", []):
        names.setdefault(alias, []).append(Name("place", official, province, prefecture))


@cache
def _elsewhere() -> dict[str, tuple[Name, ...]]:
    """Provinces, prefectures and counties outside Yunnan, from jionlp's table."""
    names: dict[str, list[Name]] = {}
    for province, entry in _china().items():
        if province.startswith(("云南", "_")):
            continue
        top = Name("province", province, province)
        for alias in {province, *_aliases(entry)}:
            names.setdefault(alias, []).append(top)
        _add_prefectures(names, province, entry)
    return {key: tuple(value) for key, value in names.items()}


def _china() -> dict[str, Any]:
    # The library prints a banner when it is first imported; scripts read our standard output.
    with quiet_import():
        from jionlp.dictionary.dictionary_loader import china_location_loader
    table: dict[str, Any] = china_location_loader(detail=False)
    return table


def _aliases(entry: dict[str, Any]) -> list[str]:
    alias = entry.get("_alias", [])
    return [alias] if isinstance(alias, str) else list(alias)


def _add_prefectures(names: dict[str, list[Name]], province: str, entry: dict[str, Any]) -> None:
    for prefecture, child in entry.items():
        if prefecture.startswith("_"):
            continue
        direct = prefecture == province or "直辖" in prefecture
        area = "" if direct else prefecture
        if not direct:
            for alias in {prefecture, *_aliases(child)}:
                names.setdefault(alias, []).append(Name("prefecture", province + area, province, area))
        for county, leaf in child.items():
            if county.startswith("_") or "直辖" in county:
                continue
            official = province + area + county
            names.setdefault(county, []).append(Name("county", official, province, area))
            for alias in _aliases(leaf):
                if alias != county and len(alias) > 1:
                    names.setdefault(alias, []).append(Name("county", official, province, area, careful=True))


@cache
def _areas() -> dict[str, tuple[str, ...]]:
    """Every official name with those around it, the nearest first: county, prefecture, province."""
    tables = (*_yunnan().values(), *_elsewhere().values())
    names = {name.official: name for options in tables for name in options if name.level != "place"}
    return {
        official: tuple(dict.fromkeys((official, name.province + name.prefecture, name.province)))
        for official, name in names.items()
    }


@cache
def circles(official: str) -> tuple[tuple[str, ...], ...]:
    """The official names of all areas by distance from one: itself and within, its prefecture, its province.

    A name in a nearer circle is in no later one. An unknown name has one circle: itself.
    """
    areas, found, seen = _areas(), [], set[str]()
    for centre in areas.get(official, (official,)):
        circle = tuple(sorted({centre, *(name for name, up in areas.items() if centre in up)} - seen))
        seen.update(circle)
        if circle:
            found.append(circle)
    return tuple(found)


@cache
def _matcher(*, elsewhere: bool) -> re.Pattern[str]:
    keys = _elsewhere() if elsewhere else _yunnan()
    # "北京路" or "上海人家" must not shadow a Yunnan name, hence the longest name first.
    return re.compile("|".join(sorted(map(re.escape, keys), key=len, reverse=True)))


def warm_up() -> None:
    """Read both tables, so that the first message doesn't wait for them."""
    _matcher(elsewhere=False)
    _matcher(elsewhere=True)


def _hits(text: str) -> list[tuple[int, int, tuple[Name, ...]]]:
    found = [(m.start(), m.end(), _yunnan()[m.group()]) for m in _matcher(elsewhere=False).finditer(text)]
    taken = {i for start, end, _ in found for i in range(start, end)}
    found.extend(
        (match.start(), match.end(), _elsewhere()[match.group()])
        for match in _matcher(elsewhere=True).finditer(text)
        if taken.isdisjoint(range(match.start(), match.end()))
    )
    return sorted(found, key=lambda f: f[0])


def _chains(text: str) -> list[tuple[int, int, list[Hit]]]:
    """Neighbouring names joined when one lies within the other: 昆明+官渡."""
    chains: list[tuple[int, int, list[Hit]]] = []
    for start, end, options in _hits(text):
        if _NOT_PLACE_AFTER.match(text[end:]) and options[0].level in {"province", "prefecture"}:
            continue
        previous = chains[-1] if chains else None
        if previous and _CHAIN_GAP.match(text[previous[1] : start]):
            inside = [o for o in options if _within(o, previous[2][-1].name)]
            if inside:
                previous[2].append(Hit(start, end, inside[0]))
                chains[-1] = (previous[0], end, previous[2])
                continue
        clear = [o for o in options if not o.careful]
        best = (clear or list(options))[0]
        if best.careful and len({o.official for o in options}) > 1:
            continue
        chains.append((start, end, [Hit(start, end, best)]))
    return chains


def _within(inner: Name, outer: Name) -> bool:
    if outer.level == "province":
        return inner.province == outer.province and inner.level != "province"
    if outer.level == "prefecture":
        return (
            inner.province == outer.province
            and inner.prefecture == outer.prefecture
            and inner.level != "prefecture"
        )
    return outer.level == "county" and inner.level == "place" and inner.official == outer.official


def _score(text: str, start: int, end: int, hits: list[Hit], ask: str) -> int | None:
    """How surely a chain is the workplace; None when it is not."""
    before, after = text[:start], text[end:]
    clause = re.split(r"[,。;!,;!]", before)[-1]
    if _HOME_BEFORE.search(clause) or _HOME_AFTER.match(after):
        return None
    score = 2 * bool(_AT.search(clause)) + 2 * bool(_WORK_AFTER.match(after)) + 3 * bool(_NOW.search(clause))
    if _NATIVE.search(clause) and re.match(r"的|[,。,]|$", after):
        score = -3 if not re.search(r"上班|干活|工作|打工|单位|工地|做工", ask) else -9
    score += 2 * bool(_SITE_AT.search(clause))
    if _FORMER.search(clause):
        score -= 4
    if hits[-1].name.careful and not score and len(text) > 6:
        return None
    return score + min(len(hits), 2) - 1


def is_place(text: str) -> bool:
    """Whether a text is nothing but the name of a place: 普洱澜沧, 昆明那边."""
    rest, position = "", 0
    for start, end, _ in _chains(text):
        rest, position = rest + text[position:start], end
    return position > 0 and bool(
        re.fullmatch(
            r"[的在县市区州镇乡省这那边里附近旁人]*(?:口岸|夜市|工业园|园区|工地)?", rest + text[position:]
        )
    )


def workplace(text: str, ask: str = "", *, volunteered: bool = False) -> str | None:
    """The place of work named in `text` with full official names; None when none is named.

    `volunteered`: the text is no answer to a question about the place, so a name counts only in a phrase
    that says so, or when nothing else can be meant.
    """
    plain = after_correction(narrow(text).replace(" ", ""), needs=_matcher(elsewhere=False))
    scored: list[tuple[int, int, str]] = []
    for start, end, hits in _chains(plain):
        score = _score(plain, start, end, hits, ask)
        if score is None or score <= -8:
            continue
        name = hits[-1].name
        foreign = name.province != "云南省"
        if volunteered and (
            score < 0 or (score < 2 and (foreign or name.careful or name.level == "province"))
        ):
            continue
        if foreign and name.careful and len(hits) == 1 and score < 2 and len(plain) > 5:
            continue
        scored.append((score, -start, name.official))
    if not scored:
        return None
    best = max(scored)
    return _deepest(best[2], [s for s in scored if s[0] > -2])


def _deepest(official: str, scored: list[tuple[int, int, str]]) -> str:
    """昆明这边,具体是官渡: a deeper name inside the chosen one wins."""
    inside = [o for _, _, o in scored if o.startswith(official) and o != official]
    return inside[0] if len(set(inside)) == 1 else official
