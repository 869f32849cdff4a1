"""Numbers as people say them: 三万五, 3w5, 四千二, 十几个, 三四千, 两千到三千, 二十多万."""

import math
import re
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["exact", "over", "range"]

DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "幺": 1}
UNITS: Final = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000, "k": 1000, "w": 10_000}
_D: Final = "零〇一二两三四五六七八九"
_TOKEN: Final = rf"(?:\d+(?:\.\d+)?|[{_D}](?:点[{_D}]+)?|[十百千万亿]|(?<=[\d{_D}十百])[kw](?![a-z]))"
_RUN: Final = re.compile(rf"{_TOKEN}+(?:[多几来余把好](?:[十百千万亿]+|(?=[^\d])))?")
_JOIN: Final = re.compile(r"(?:块|元|个月|个人|个|周|岁|级)?\s*(?:[~\-—–]+|到|至|或者?)\s*$")
_ATOMS: Final = re.compile(_TOKEN)
_COUNTED: Final = re.compile(r"[天年日]|个|小时|工|平|吨|车|件|趟|单")


@dataclass(frozen=True)
class Number:
    """One figure in a text: `low` is what counts; `kind` says whether more was hinted at."""

    start: int
    end: int
    low: float
    kind: Kind = "exact"
    unit: bool = False
    """Said with a 百/千/万/k/w unit, so it is a quantity rather than a code."""
    scale: float = 1.0
    literal: str = ""


def plain_value(run: str) -> float | None:
    """The value of one run without vague words: `三万五` is 35000, `二零二五` is 2025."""
    if re.fullmatch(rf"[{_D}]{{2,}}", run):
        return float("".join(str(DIGITS[c]) for c in run))
    total = section = 0.0
    current: float | None = None
    last_unit, zero = 1.0, False
    for atom in _ATOMS.findall(run):
        if atom in UNITS:
            unit = float(UNITS[atom])
            if unit >= 10_000 and (section or current is not None or not total):
                total += (section + (current or 0.0) or 1.0) * unit
                section = 0.0
            elif unit >= 10_000:
                total *= unit
            elif atom == "k" and section and current is not None:
                section = (section + current) * unit  # 十五k
            else:
                section += (1.0 if current is None else current) * unit
            current, last_unit, zero = None, unit, False
        else:
            if current:
                return None
            current = _atom_value(atom)
            zero = zero or current == 0
    if current is not None:
        tail_is_short = last_unit >= 100 and not zero and 0 < current < 10
        section += current * last_unit / 10 if tail_is_short else current
    return round(total + section, 4)


def _atom_value(atom: str) -> float:
    if atom[0].isdigit():
        return float(atom)
    if "点" in atom:
        whole, _, fraction = atom.partition("点")
        return float(f"{DIGITS[whole]}." + "".join(str(DIGITS[c]) for c in fraction))
    return float(DIGITS[atom])


def _split_at(run: str, following: str) -> int | None:
    """Where a run is really two figures: 四千二|一个月, 三百|一天, 4000|一个月."""
    match = re.search(
        rf"(?<=[百千万kw][一二两三四五六七八九])[{_D}]|(?<=\d)[{_D}](?=[{_D}十])|(?<=\d)[{_D}]$", run
    )
    if match and not re.match(rf"[{_D}]*[百千]", run[match.start() + 1 :]):
        split = match.start()
        pair = run[split - 1 : split + 1]
        if not (_ascending(pair) and not _COUNTED.match(following)):
            return split
    if re.search(r"(?:[百千万]|\d{3,})[一1]$", run) and _COUNTED.match(following) and "一" in run[-1]:
        return len(run) - 1
    return None


def _ascending(pair: str) -> bool:
    return len(pair) == 2 and DIGITS.get(pair[0], -9) + 1 == DIGITS.get(pair[1], 0) and pair[0] not in "零〇"


def _adjacent_range(run: str) -> str | None:
    """The low reading of 三四千, 十七八, 三五百: the second of two neighbouring digits dropped."""
    match = re.search(r"([一二两三四五六七八])([二两三四五六七八九])(?=[十百千万]|$)", run)
    if match is None or re.fullmatch(rf"[{_D}]{{3,}}", run):
        return None
    low, high = DIGITS[match[1]], DIGITS[match[2]]
    if high - low == 1 or (low, high) == (3, 5):
        return run[: match.start(2)] + run[match.end(2) :]
    return None


def _read(run: str) -> tuple[float, Kind] | None:
    vague = re.search(r"[多几来余把好]", run)
    kind: Kind = "exact"
    if vague:
        kind = "exact" if vague.group() in "来把" else "over"
        run = run[: vague.start()] + run[vague.end() :]
    elif (lower := _adjacent_range(run)) is not None:
        run, kind = lower, "range"
    value = plain_value(run)
    return None if value is None else (value, kind)


def scan(text: str) -> list[Number]:
    """Every figure of `text` (already passed through `text.numerals`), ranges merged to their lower end."""
    found: list[Number] = []
    position = 0
    while match := _RUN.search(text, position):
        run, start = match.group(), match.start()
        split = _split_at(run, text[match.end() :])
        if split:
            run = run[:split]
        position = start + len(run)
        read = _read(run)
        if read is None:
            continue
        value, kind = read
        kind = (
            "over"
            if kind == "exact" and re.match(r"[多余]|块多|元多|出头|以上|往上", text[position:])
            else kind
        )
        unit = bool(re.search(r"[十百千万亿kw]", run))
        biggest = max((UNITS[c] for c in run if c in "百千万亿kw"), default=1)
        number = Number(start, position, value, kind, unit, float(biggest), run)
        if found and _JOIN.search(text[found[-1].end : start]) and found[-1].end < start:
            merged = _merge(found[-1], number, text[found[-1].end : start])
            if merged:
                found[-1] = merged
                continue
        found.append(number)
    return found


def _merge(first: Number, second: Number, between: str) -> Number | None:
    """`3-5千` and `三千到五千` as one range; None when the two figures are separate."""
    if not _JOIN.fullmatch(between):
        return None
    low = first.low
    if first.scale == 1 and second.scale > 1 and first.low < second.low:
        low = first.low * second.scale
    if not low < second.low or second.low > low * 20:
        return None
    return Number(first.start, second.end, low, "range", unit=second.unit or first.unit, scale=second.scale)


def tidy(value: float) -> int | float:
    """An int where the value is whole, else two decimals."""
    if not math.isfinite(value):
        return value
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def small_count(text: str) -> int | None:
    """The first whole number of a short text, or None."""
    numbers = scan(text)
    return int(numbers[0].low) if numbers else None
