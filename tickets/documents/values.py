"""What stands in an application for arbitration, as plain values. None is what nobody said: printed as a blank."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Worker:
    """The applicant, by 劳动争议调解仲裁法 article 28 and 仲裁办案规则 article 29. `job` is 职业."""

    name: str | None = None
    sex: str | None = None
    birth: date | None = None
    age: int | None = None
    id_number: str | None = None
    job: str | None = None
    home: str | None = None
    mail: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Employer:
    """A respondent. `head` is the legal representative or principal, `head_post` their post."""

    name: str | None = None
    address: str | None = None
    mail: str | None = None
    phone: str | None = None
    head: str | None = None
    head_post: str | None = None


@dataclass(frozen=True)
class Claim:
    """One request: what is asked for, how much (yuan), the way to the sum, the articles.

    `sum_missing` is True where a sum is asked for and cannot be counted yet.
    """

    key: str
    text: str
    amount: Decimal | None = None
    sum_missing: bool = False
    steps: tuple[str, ...] = ()
    basis: str = ""


@dataclass(frozen=True)
class Evidence:
    """One piece: where it comes from and what it proves."""

    key: str
    name: str
    source: str
    proves: str


@dataclass(frozen=True)
class Missing:
    """A piece that would help and that the worker has not: where to get it."""

    key: str
    name: str
    where: str


@dataclass(frozen=True)
class Application:
    """A whole application. `held` is evidence that the employer keeps and must produce (article 6)."""

    worker: Worker
    employers: tuple[Employer, ...]
    claims: tuple[Claim, ...]
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    missing: tuple[Missing, ...]
    held: tuple[str, ...]
    witnesses: tuple[str, ...]
    commission: str | None
    drafted: date

    @property
    def copies(self) -> int:
        """As many as there are respondents (article 28)."""
        return max(1, len(self.employers))

    @property
    def total(self) -> Decimal:
        """All sums that could be counted, yuan."""
        return sum((claim.amount for claim in self.claims if claim.amount is not None), Decimal(0))
