"""What an ID number tells: sex and birth date (GB 11643: digits 7 to 14, and 17)."""

from dataclasses import dataclass
from datetime import date

from nlu import entities
from tickets.documents.texts import texts

_ANY_DAY = date(2026, 1, 1)  # an ID number does not depend on the day it is said on
LENGTH = 18


@dataclass(frozen=True)
class Identity:
    sex: str
    birth: date

    def age(self, today: date) -> int:
        """Full years on that day."""
        return today.year - self.birth.year - ((today.month, today.day) < (self.birth.month, self.birth.day))


def identity_of(id_number: str | None) -> Identity | None:
    """Return what a valid number tells; None for one with a wrong checksum or date, from which nothing is taken."""
    if not id_number or entities.parse_slot("id_number", id_number, _ANY_DAY) != id_number:
        return None
    if len(id_number) != LENGTH:
        return None
    birth = date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    sexes = texts()["sex"]
    return Identity(sexes["male"] if int(id_number[16]) % 2 else sexes["female"], birth)
