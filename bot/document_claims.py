"""From what a worker said to requests with sums: every sum is a calculator's, every word is documents.yml's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge.calculators import forms, render
from knowledge.calculators.figures import Figures
from knowledge.calculators.registry import CALCULATORS, CalculatorSpec
from knowledge.calculators.values import Article, Calculation, InvalidInputError, Step, Value
from knowledge.content import load_statutes
from knowledge.statutes import article_name, cite
from tickets.documents.drafting import amount_text
from tickets.documents.texts import texts as paper_texts
from tickets.documents.values import Claim

FILE: Final = Path(__file__).with_name("documents.yml")
WARNINGS: Final = frozenset({"lapsed", "urgent", "soon", "expired", "interrupted", "refused"})  # of the notes
WHOLE_MONTHS: Final = frozenset({"month", "month_lapsed"})  # steps of the second wage
Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Counted:
    """The requests, and what the worker has to know of them: `dropped` came to nothing."""

    claims: tuple[Claim, ...]
    dropped: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    insured: bool = False


@cache
def words() -> dict[str, Any]:
    """Return documents.yml as it is."""
    loaded: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def count(answers: Answers, figures: Figures, today: date) -> Counted:
    """Return the requests that were chosen, in the order of the catalogue."""
    found = Counted(())
    for key in words()["claims"]:
        if key in (answers.get("claims") or ()):
            found = _add(found, key, answers, figures, today)
    return found


def _add(found: Counted, key: str, answers: Answers, figures: Figures, today: date) -> Counted:
    if key == "injury" and answers.get("insured") != "no":
        insured = answers.get("insured") == "yes"
        return replace(found, claims=(*found.claims, _uncounted(key, answers)), insured=insured)
    name = words()["claims"][key].get("calculator")
    if name is None:
        return replace(found, claims=(*found.claims, _without_sum(key, answers)))
    spec = CALCULATORS[name]
    try:
        calculation = spec.calculate(
            forms.parse(spec.inputs, spec.wording, _inputs(key, answers, today), today), figures
        )
    except InvalidInputError:  # a figure is missing or can't be: the sum stays a blank that the paper shows
        return replace(found, claims=(*found.claims, _uncounted(key, answers)))
    shown = render.render(calculation, spec.wording)
    amount = calculation.results.get(words()["claims"][key]["amount"])
    if not isinstance(amount, Decimal) or not amount:
        unpaid = isinstance(amount, Decimal)
        if not unpaid:
            return replace(found, claims=(*found.claims, _uncounted(key, answers)))
        return replace(found, dropped=(*found.dropped, (key, " ".join((shown.headline, *shown.steps[:1])))))
    notes = [text for note, text in zip(calculation.notes, shown.notes, strict=True) if note.key in WARNINGS]
    articles = (article for step in calculation.steps for article in step.articles)
    text = _text(key, answers).format(amount=amount_text(amount))
    claim = Claim(key, text, amount, steps=_steps(key, calculation, spec), basis=basis(articles))
    return replace(found, claims=(*found.claims, claim), notes=(*found.notes, *notes))


def _text(key: str, answers: Answers) -> str:
    plan = words()["claims"][key]
    return str(plan.get("texts", {}).get(answers.get("reason"), plan["text"]))


def _uncounted(key: str, answers: Answers) -> Claim:
    """A request whose sum is a blank."""
    plan = words()["claims"][key]
    articles = plan.get("bases", {}).get(answers.get("reason"), plan["basis"])
    text = _text(key, answers).format(amount=paper_texts()["blank"])
    return Claim(key, text, sum_missing=True, basis=basis(Article(law, number) for law, number in articles))


def _without_sum(key: str, answers: Answers) -> Claim:
    plan, span = words()["claims"][key], words()["relation_span"]
    began, left = answers.get("hired_date"), answers.get("left_date")
    pattern = span["both"] if began and left else span["since"] if began else span["unknown"]
    told = pattern.format(
        hired_date=day(began), left_date=day(left), blank=paper_texts()["blank"]
    )  # fmt: skip
    articles = (Article(law, number) for law, number in plan["basis"])
    return Claim(key, plan["text"].format(span=told), basis=basis(articles))


def day(value: Any) -> str:
    """2026年3月1日 for 2026-03-01; empty for nothing."""
    if not value:
        return ""
    found = date.fromisoformat(str(value)[:10] if len(str(value)) > len("2026-01") else f"{value}-01")
    return str(paper_texts()["day"]).format(year=found.year, month=found.month, day=found.day)


def _steps(key: str, calculation: Calculation, spec: CalculatorSpec) -> tuple[str, ...]:
    """The steps as they are said to a commission: no advice, no 您."""
    own: Mapping[str, str | None] = words()["claims"][key].get("steps", {})
    fill = render.Filler(spec.wording)
    said = (
        (own[step.key] if step.key in own else spec.wording.steps[step.key], step.values)
        for step in _runs(calculation.steps)
    )
    return tuple(fill(sentence, values) for sentence, values in said if sentence is not None)


def _runs(steps: Iterable[Step]) -> Iterable[Step]:
    """Whole months with the same sum become one line: a paper of ten equal lines is read by nobody."""
    for (whole, amount), group in groupby(
        steps, key=lambda step: (step.key in WHOLE_MONTHS, step.values.get("amount"))
    ):
        run = list(group)
        if not whole or len(run) == 1 or not isinstance(amount, Decimal):
            yield from run
            continue
        ends: dict[str, Value] = {"first": run[0].values["first"], "last": run[-1].values["last"]}
        yield Step("months", {**ends, "count": len(run), "each": amount, "amount": amount * len(run)})


def basis(articles: Iterable[Article]) -> str:
    """《劳动合同法》第三十条、第八十五条；《劳动法》第五十条: each law once."""
    by_law: dict[str, list[int]] = {}
    for article in dict.fromkeys(articles):
        by_law.setdefault(article.law, []).append(article.number)
    statutes, separator = load_statutes(), words()["separator"]
    parts = (
        separator.join([cite(law, numbers[0], statutes).title, *map(article_name, numbers[1:])])
        for law, numbers in by_law.items()
    )
    return str(words()["join"].join(parts))


def _inputs(key: str, answers: Answers, today: date) -> dict[str, object]:
    """What the calculator asks for, under its own names."""
    common: dict[str, object] = {
        "monthly_wage": answers.get("monthly_wage"), "region": answers.get("region"), "left": answers.get("left_date"),
    }  # fmt: skip
    if key == "wages":
        rows = answers.get("wage_rows")
        whole = {"months_owed": answers.get("months_owed"), "paid": answers.get("wages_paid")}
        return {**common, "months": rows} if rows and not answers.get("months_owed") else {**common, **whole}
    if key == "ending":
        own = {"reason": answers.get("reason"), "noticed": answers.get("noticed")}
        return {**common, **own, "started": answers.get("hired_date"), "ended": answers.get("left_date")}
    if key == "double_wage":
        return {**common, "hired": answers.get("hired_date"), "signed": answers.get("signed_date")}
    if key == "overtime":
        hours = {
            name: answers.get(slot)
            for name, slot in (
                ("weekday_hours", "weekday_hours"),
                ("rest_day_hours", "rest_hours"),
                ("holiday_hours", "holiday_hours"),
                ("months", "overtime_months"),
                ("paid", "overtime_paid"),
            )
        }
        return {**common, **hours, "paid_by": "month"}
    if key == "annual_leave":
        return {**common, **_leave(answers, today)}
    grade = answers.get("injury_grade")
    leaving = "yes" if answers.get("left_date") else "no"
    return {
        **common, "appraised": "yes" if grade else "no", "injury_grade": grade, "leaving": leaving,
        "insured": answers.get("insured"),
    }  # fmt: skip


def _leave(answers: Answers, today: date) -> dict[str, object]:
    """The year asked about is the one of leaving, else this one."""
    hired, left = str(answers.get("hired_date") or ""), str(answers.get("left_date") or "")
    year = left[:4] or str(today.year)
    joined = hired if hired.startswith(year) else None
    return {
        "total_years": answers.get("leave_years"), "twelve_months": answers.get("leave_continuous"),
        "situation": "left" if left else "joined" if joined else "whole_year", "joined": joined,
        "taken": answers.get("leave_taken"),
    }  # fmt: skip
