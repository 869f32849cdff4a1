"""Which time limits run from the days that a worker names: the rules behind the calculator `limitation`.

Each rule gives deadlines, none, one or two. Days are counted as 民法典 articles 201 and 202 say: the first day does
not count, a year ends on the same day of the next year.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain

from knowledge.calculators.dates import add_months, add_weekdays, add_years
from knowledge.calculators.values import NOTHING, Article, Value

ARBITRATION_LAW, INJURY_RULES = "劳动争议调解仲裁法", "工伤保险条例"
ONE_YEAR = Article(ARBITRATION_LAW, 27)
DOUBLE_WAGE_MONTHS = 11  # 劳动合同法实施条例 article 7: from the second month to the end of the first year
RECENTLY = timedelta(days=90)  # after that nobody waits for the papers of leaving any more
YUNNAN, KUNMING = "云南省", "云南省昆明市"


class Contract(StrEnum):
    """Was a written contract signed: within the first month, later, or never."""

    IN_TIME = "in_time"
    LATE = "late"
    NEVER = "never"


class Injury(StrEnum):
    """How far a work injury has come; the day that goes with it is of the accident, acceptance or receipt."""

    NONE = "none"
    NOT_APPLIED = "not_applied"
    ACCEPTED = "accepted"
    APPRAISED = "appraised"


class Stage(StrEnum):
    """The last step of a dispute; its day is of the application, acceptance or receipt."""

    NONE = "none"
    MEDIATION = "mediation"
    FILED = "filed"
    ACCEPTED = "accepted"
    AWARD = "award"


class Whose(StrEnum):
    """Who has to act by that day: the worker, or somebody else, after whom the worker may go further."""

    WORKER = "worker"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What has happened, and when. Every day is a calendar day; `today` is the day of asking.

    `unpaid_date` is when the latest unpaid wage was due. `last_claim_date` is the last time that the worker demanded
    the money, complained to an authority, or the employer promised to pay (article 27: the year starts anew);
    `claims_unbroken` says that before it never more than a year went by without such a demand.
    """

    today: date
    left: bool = False
    end_date: date | None = None
    claimed: bool = False
    last_claim_date: date | None = None
    claims_unbroken: bool = False
    unpaid: bool = False
    unpaid_date: date | None = None
    contract: Contract = Contract.IN_TIME
    hire_date: date | None = None
    contract_date: date | None = None
    injury: Injury = Injury.NONE
    injury_day: date | None = None
    stage: Stage = Stage.NONE
    stage_day: date | None = None
    event_date: date | None = None
    iou_due_date: date | None = None
    region: str = "全国"


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day for something. `key` names its sentences, `values` fill them beside the day and what is left."""

    key: str
    day: date
    articles: tuple[Article, ...]
    whose: Whose = Whose.WORKER
    values: Mapping[str, Value] = field(default_factory=lambda: NOTHING)


def deadlines(inputs: Inputs) -> tuple[Deadline, ...]:
    """All time limits that follow from the inputs, by day; past ones too."""
    rules = (_after_leaving, _papers_of_leaving, _inspection, _double_wage, _injury, _dispute, _others)
    found = chain.from_iterable(rule(inputs) for rule in rules)
    return tuple(sorted(found, key=lambda deadline: (deadline.day, deadline.key)))


def renewed_year(start: date, inputs: Inputs) -> date:
    """The last day of the year that began on `start`, begun anew by the last demand if that came in time.

    Only what was demanded begins anew (article 27), so this is used for the claims of leaving alone: nobody should
    rely on a later day for double wages that were perhaps never mentioned.
    """
    last, claim = add_years(start, 1), inputs.last_claim_date
    if claim is not None and start <= claim and (claim <= last or inputs.claims_unbroken):
        return add_years(claim, 1)
    return last


def is_filed(inputs: Inputs) -> bool:
    """With an application at the arbitration office, the year of what it asks for no longer runs out."""
    return inputs.stage in {Stage.FILED, Stage.ACCEPTED, Stage.AWARD}


def _after_leaving(inputs: Inputs) -> Iterator[Deadline]:
    """One year for everything; with a demand in time a later day for what was demanded, the old one for the rest."""
    end, claim = inputs.end_date, inputs.last_claim_date
    if end is None or is_filed(inputs):
        return
    first, renewed = add_years(end, 1), renewed_year(end, inputs)
    if claim is None or renewed == first:
        yield Deadline("leaving_claims", first, (ONE_YEAR,), values={"end": end})
        return
    yield Deadline("undemanded_claims", first, (ONE_YEAR,), values={"end": end})
    yield Deadline("renewed_claims", renewed, (ONE_YEAR,), values={"claim": claim})


def _papers_of_leaving(inputs: Inputs) -> Iterator[Deadline]:
    """What the employer owes soon after the end; working days are counted without public holidays."""
    end = inputs.end_date
    if end is None or inputs.today - end > RECENTLY:
        return
    papers = (Article("劳动合同法", 50), Article("社会保险法", 50))
    yield Deadline("leaving_papers", end + timedelta(days=15), papers, Whose.OTHER)
    if inputs.region.startswith(YUNNAN):
        local = (Article("云南省职工劳动权益保障条例", 16),)
        yield Deadline("certificate", add_weekdays(end, 3), local, Whose.OTHER)
        yield Deadline("compensation", add_weekdays(end, 10), local, Whose.OTHER)
    if inputs.region.startswith(KUNMING):
        yield Deadline("last_wages", add_weekdays(end, 5), (Article("昆明市工资支付条例", 13),), Whose.OTHER)


def _inspection(inputs: Inputs) -> Iterator[Deadline]:
    """Two years for labour inspection; counted from the last unpaid wage, though it may count from a later day."""
    start = inputs.unpaid_date or (inputs.end_date if inputs.unpaid else None)
    if start is not None:
        yield Deadline(
            "inspection", add_years(start, 2), (Article("劳动保障监察条例", 20),), values={"start": start}
        )


def double_wage_months(inputs: Inputs) -> tuple[tuple[date, date], ...]:
    """First and last day of each month without a contract that is owed double (劳动合同法 article 82)."""
    hire = inputs.hire_date
    if hire is None or inputs.contract is Contract.IN_TIME:
        return ()
    ends = [inputs.today, add_months(hire, DOUBLE_WAGE_MONTHS + 1) - timedelta(days=1)]
    if inputs.contract_date is not None:
        ends.append(inputs.contract_date - timedelta(days=1))
    if inputs.end_date is not None:
        ends.append(inputs.end_date)
    until = min(ends)
    months = ((add_months(hire, n), add_months(hire, n + 1) - timedelta(days=1)) for n in range(1, 12))
    return tuple((first, min(last, until)) for first, last in months if first <= until)


def _double_wage(inputs: Inputs) -> Iterator[Deadline]:
    """Each month expires by itself: the months already gone, the next one to go, and the last one."""
    if is_filed(inputs):
        return
    articles = (Article("劳动合同法", 82), Article("劳动合同法实施条例", 7), ONE_YEAR)
    limits = [(first, last, add_years(last, 1)) for first, last in double_wage_months(inputs)]
    gone = [limit for limit in limits if limit[2] < inputs.today]
    alive = limits[len(gone) :]
    if gone:
        yield Deadline(
            "double_wage_gone", gone[-1][2], articles, values={"count": len(gone), "until": gone[-1][1]}
        )
    if alive:
        first, last, day = alive[0]
        yield Deadline(
            "double_wage_next", day, articles, values={"first": first, "last": last, "count": len(alive)}
        )
    if len(alive) > 1 and alive[-1][2] > alive[0][2]:
        yield Deadline("double_wage_last", alive[-1][2], articles, values={"count": len(alive)})


def _injury(inputs: Inputs) -> Iterator[Deadline]:
    day = inputs.injury_day
    if day is None:
        return
    if inputs.injury is Injury.NOT_APPLIED:
        late = Article("最高法-工伤保险行政案件规定", 7)
        apply = Article(INJURY_RULES, 17)
        yield Deadline("injury_employer", day + timedelta(days=30), (apply,), Whose.OTHER)
        yield Deadline("injury_worker", add_years(day, 1), (apply, late), values={"start": day})
    elif inputs.injury is Injury.ACCEPTED:
        yield Deadline("injury_decision", day + timedelta(days=60), (Article(INJURY_RULES, 20),), Whose.OTHER)
    elif inputs.injury is Injury.APPRAISED:
        yield Deadline(
            "reappraisal", day + timedelta(days=15), (Article(INJURY_RULES, 26), Article(INJURY_RULES, 28))
        )
        if not is_filed(inputs):
            yield Deadline("injury_benefits", add_years(day, 1), (Article(INJURY_RULES, 54), ONE_YEAR))


def _dispute(inputs: Inputs) -> Iterator[Deadline]:
    day = inputs.stage_day
    if day is None:
        return
    if inputs.stage is Stage.MEDIATION:
        yield Deadline("mediation", day + timedelta(days=15), (Article(ARBITRATION_LAW, 14),), Whose.OTHER)
    elif inputs.stage is Stage.FILED:
        yield Deadline("acceptance", add_weekdays(day, 5), (Article(ARBITRATION_LAW, 29),), Whose.OTHER)
    elif inputs.stage is Stage.ACCEPTED:
        extended = day + timedelta(days=60)
        article = Article(ARBITRATION_LAW, 43)
        yield Deadline("ruling", day + timedelta(days=45), (article,), Whose.OTHER, {"extended": extended})
    elif inputs.stage is Stage.AWARD:
        court = tuple(Article(ARBITRATION_LAW, number) for number in (48, 50, 51))
        yield Deadline("court", day + timedelta(days=15), court, values={"received": day})


def _others(inputs: Inputs) -> Iterator[Deadline]:
    if inputs.event_date is not None and not is_filed(inputs):
        yield Deadline(
            "other_claims",
            add_years(inputs.event_date, 1),
            (ONE_YEAR,),
            values={"start": inputs.event_date},
        )
    if inputs.iou_due_date is not None:
        articles = (
            Article("民法典-总则编", 188),
            Article("民法典-总则编", 195),
            Article("劳动争议解释一", 15),
        )
        yield Deadline(
            "iou", add_years(inputs.iou_due_date, 3), articles, values={"due": inputs.iou_due_date}
        )
