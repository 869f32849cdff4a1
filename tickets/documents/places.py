"""Which commission: the one where the work is done (劳动争议调解仲裁法 article 21)."""

import re

from tickets.documents.texts import texts

# 云南省 | 昆明市, 红河哈尼族彝族自治州 | 官渡区, 弥勒市
_PARTS = re.compile(
    r"(?:[^省]{2,}?(?:省|自治区))?(?P<city>[^市州盟]{2,}?(?:市|自治州|地区|盟))?(?P<county>.{2,}?(?:区|县|市|旗))?"
)


def commission_of(region: str | None) -> str | None:
    """Return the usual name of the county's commission; None when only a province, or nothing, is known."""
    found = _PARTS.match(region or "")
    if found is None or not (found["city"] or found["county"]):
        return None
    county, city = found["county"] or "", found["city"] or ""
    # 区 alone is the name of many; a county or a city stands by itself
    place = f"{city}{county}" if county.endswith("区") and not county.endswith("自治区") else county or city
    return str(texts()["commission"]).format(place=place)
