"""Phone numbers and citizen ID numbers, checked before they count."""

import re
from datetime import date
from typing import Final

from nlu.extractors.text import after_correction, narrow

_SPOKEN: Final = str.maketrans(
    "零〇一二两三四五六七八九幺么壹贰叁肆伍陆柒捌玖洞拐", "0012234567891112345678907"
)
_SPOKEN_CHARS: Final = "零〇一二两三四五六七八九幺么壹贰叁肆伍陆柒捌玖洞拐"
_MOBILE: Final = re.compile(r"1(?:3\d|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])\d{8}")
_LANDLINE: Final = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}")
_CODE_RUN: Final = re.compile(
    rf"[\d{_SPOKEN_CHARS}](?:[\s\-—–_.·()]{{0,3}}[\d{_SPOKEN_CHARS}])*(?:[\s\-]?(?:[xX×]|叉|艾克斯))?"
)
_REPEAT: Final = re.compile(r"(?<!\d)([二两三四五六2-6])个([零一二三四五六七八九0-9])")
_NOT_THIS: Final = re.compile(
    r"(?:打不通|停机|不用|别打|换号|[旧老]号(?:码)?|以前|原来|老板|包工头|工头|公司)[^\d一二三四五六七八九]{0,6}$"
)
_OUT_OF_USE: Final = re.compile(
    r"^[^\d,。;,;]{0,4}(?:停(?:机|用|了)|不用了|没用了|注销|作废|空号|(?:是|给)?(?:老板|包工头|工头))"
)
# GB/T 2260: the first two digits name the province.
_PROVINCES: Final = frozenset(
    str(area)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for area in range(first, last + 1)
)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_DIGIT: Final = re.compile(rf"[\d{_SPOKEN_CHARS}]{{4}}")


def _spread(match: re.Match[str]) -> str:
    count = int(match[1].translate(_SPOKEN))
    return match[2].translate(_SPOKEN) * count


def _codes(text: str) -> list[tuple[str, str, str]]:
    """Runs of digits with what stands before and after each; blanks, hyphens and spoken digits made plain."""
    plain = after_correction(_REPEAT.sub(_spread, narrow(text)), needs=_DIGIT)
    found = []
    for match in _CODE_RUN.finditer(plain):
        run = re.sub(r"[\s\-—–_.·()]", "", match.group()).translate(_SPOKEN)
        run = re.sub(r"(?:[x×]|叉|艾克斯)$", "X", run)
        found.append((run, plain[: match.start()], plain[match.end() :]))
    return found


def _bare_phone(run: str) -> str | None:
    digits = run
    if len(digits) in {13, 15} and re.match(r"(?:00)?86(?=1)", digits):
        digits = re.sub(r"^(?:00)?86", "", digits)
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return digits
    return None


def phone(text: str) -> str | None:
    """The speaker's phone number as digits only, or None when none passes length and prefix."""
    numbers = [(p, *around) for run, *around in _codes(text) if (p := _bare_phone(run))]
    if not numbers:
        joined = "".join(run for run, _, _ in _codes(text))
        return _bare_phone(joined) if len(joined) <= 15 else None
    own = [p for p, before, after in numbers if not _NOT_THIS.search(before) and not _OUT_OF_USE.match(after)]
    mobiles = [p for p in own if p.startswith("1")]
    return next(iter(mobiles or own), None)


def valid_id_number(number: str, today: date) -> bool:
    """Whether an 18-character citizen ID number has a real province, birth date and check digit."""
    if not re.fullmatch(r"\d{17}[\dX]", number) or number[:2] not in _PROVINCES:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return date(1900, 1, 1) <= born <= today and number[17] == check_digit(number[:17])


def check_digit(first17: str) -> str:
    """The check character of GB 11643 for the first 17 digits."""
    return _CHECK_DIGITS[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def id_number(text: str, today: date) -> str | None:
    """A valid citizen ID number as 18 characters with a capital X, or None."""
    codes = [run for run, _, _ in _codes(text)]
    candidates = [*codes, "".join(codes)]
    candidates += [c + "X" for c in candidates if len(c) == 17 and re.search(r"[xX×叉]|艾克斯", text)]
    return next((c for c in candidates if valid_id_number(c, today)), None)
