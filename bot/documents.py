"""The application for arbitration: composed from what a worker said, kept with the ticket, given to the worker."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.document_claims import Answers, Counted, count, day, words
from bot.files import FileStore, sent_file
from bot.messages import Outbound
from dialogs.flow import Flow
from dialogs.values import OpenTicket
from knowledge.calculators.figures import Figures
from storage.models import Ticket
from tickets.changes import touch
from tickets.documents import evidence, store
from tickets.documents.drafting import amount_text, draft
from tickets.documents.identity import identity_of
from tickets.documents.places import commission_of
from tickets.documents.texts import texts as paper_texts
from tickets.documents.values import Application, Employer, Worker
from tickets.masking import mask_json
from tickets.sla import SHANGHAI

FLOW: Final = "arbitration_papers"
CATEGORY: Final = store.ARBITRATION
STORY: Final = "story"
_BETWEEN: Final = re.compile(r"[\s,，、]+")


@dataclass(frozen=True)
class Composed:
    """An application with what is to be told about it."""

    application: Application
    counted: Counted
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Composer:
    """Makes applications; fulfils console.deps.PaperComposer."""

    figures: Figures
    labels: Mapping[str, str]  # of the claims, as the flow calls them

    def application(self, answers: Answers, today: date) -> Application:
        """The application that these answers give."""
        return self.compose(answers, today).application

    def told(self, answers: Answers, today: date, version: int, *, abroad: bool = False) -> str:
        """What the worker reads beside the file."""
        return message(self.compose(answers, today), version, abroad=abroad)

    def compose(self, answers: Answers, today: date) -> Composed:
        """Requests with sums, reasons, evidence, and everything that article 28 asks for."""
        counted = count(answers, self.figures, today)
        keys = [claim.key for claim in counted.claims]
        have = answers.get("evidence") or ()
        application = Application(
            worker=_worker(answers, today),
            employers=_employers(answers),
            claims=counted.claims,
            reasons=_reasons(answers, counted),
            evidence=evidence.held_by_worker(have),
            missing=evidence.missing(have, keys),
            held=evidence.held_by_employer(keys),
            witnesses=_witnesses(answers),
            commission=commission_of(answers.get("region")),
            drafted=today,
        )
        return Composed(application, counted, self.labels)


def composer_for(flows: Mapping[str, Flow], figures: Figures) -> Composer:
    """The composer, with the requests named as the flow names them."""
    step = flows[FLOW].slots["claims"]
    return Composer(figures, {option.value: option.label for option in step.options})


@dataclass(frozen=True)
class Papers:
    """Writes the paper of a ticket inside the turn's transaction."""

    composer: Composer
    files: FileStore

    def wanted(self, effect: OpenTicket) -> bool:
        """True for a ticket that begins with an application for arbitration."""
        return effect.category == CATEGORY and bool(effect.facts.get("claims"))

    def answers(self, effect: OpenTicket) -> dict[str, Any]:
        """Everything that was said."""
        return {**effect.facts, **effect.sensitive}

    def public(self, effect: OpenTicket) -> OpenTicket:
        """The ticket without the story: people are named in it, and the facts of tickets are not encrypted."""
        return replace(effect, facts={name: value for name, value in effect.facts.items() if name != STORY})

    async def earlier(self, session: AsyncSession, conversation_id: int, effect: OpenTicket) -> Ticket | None:
        """The open ticket against the same employer: its paper is made anew, no second matter is opened."""
        found = await store.of_conversation(session, conversation_id, CATEGORY)
        same = (ticket for document, ticket in found if document.data.get("employer") == effect.employer)
        return next(same, None)

    def correct(self, ticket: Ticket, effect: OpenTicket, now: datetime) -> None:
        """Put what was said anew into the ticket."""
        ticket.facts = mask_json({**ticket.facts, **self.public(effect).facts})
        ticket.sensitive = {**(ticket.sensitive or {}), **effect.sensitive} or None
        touch(ticket, now)

    async def write(
        self, session: AsyncSession, ticket: Ticket, channel: str, answers: Answers, now: datetime
    ) -> Outbound:
        """Keep the paper and return what gives it to the worker. A channel abroad gets it without the ID number."""
        document = await store.of_ticket(session, ticket.id, CATEGORY, lock=True)
        version = store.next_version(document)
        known = {**(document.data if document else {}), **answers}
        today = now.astimezone(SHANGHAI).date()
        made = await asyncio.to_thread(self._made, known, today, version)
        _, row = await store.save(session, ticket, CATEGORY, known, *made, now)
        abroad = channel in store.ABROAD
        if abroad:
            made = await asyncio.to_thread(self._made, store.for_channel(known, channel), today, version)
            row = store.attach(session, ticket, *made, version, now)
            await session.flush()
        text = self.composer.told(known, today, version, abroad=abroad)
        return Outbound(text, files=(sent_file(row),))

    def _made(self, answers: Answers, today: date, version: int) -> tuple[str, int]:
        data = draft(self.composer.application(answers, today), version)
        return self.files.keep(data), len(data)


def _worker(answers: Answers, today: date) -> Worker:
    identity = identity_of(answers.get("id_number"))
    return Worker(
        name=answers.get("name"),
        sex=identity.sex if identity else None,
        birth=identity.birth if identity else None,
        age=identity.age(today) if identity else None,
        id_number=answers.get("id_number") if identity else None,
        job=answers.get("job"),
        home=answers.get("home"),
        mail=answers.get("mail"),
        phone=answers.get("phone"),
    )


def _head(answers: Answers) -> tuple[str | None, str | None]:
    """李四，总经理 was told in one answer: the person, and their post."""
    name, _, post = _BETWEEN.sub(" ", str(answers.get("employer_head") or "").strip()).partition(" ")
    return name or None, post.strip() or None


def _employers(answers: Answers) -> tuple[Employer, ...]:
    head, post = _head(answers)
    first = Employer(
        name=answers.get("employer"),
        address=answers.get("employer_address"),
        mail=answers.get("employer_mail"),
        phone=answers.get("employer_phone"),
        head=head,
        head_post=post,
    )
    other = answers.get("other_employer")
    return (first, Employer(name=other)) if other else (first,)


def _witnesses(answers: Answers) -> tuple[str, ...]:
    """As they were told, one a line; a blank when there are some whose names nobody said."""
    told = str(answers.get("witnesses") or "")
    lines = tuple(line.strip() for line in told.splitlines() if line.strip())
    return lines or ((paper_texts()["blank"],) if "witness" in (answers.get("evidence") or ()) else ())


def _reasons(answers: Answers, counted: Counted) -> tuple[str, ...]:
    """What was said, as sentences; then the worker's own words."""
    own = [line.strip() for line in str(answers.get(STORY) or "").splitlines() if line.strip()]
    claims = [_reason(claim.key, answers, claim.amount) for claim in counted.claims]
    sentences = words()["reasons"]
    left = sentences["left"].format(left_date=day(answers["left_date"])) if answers.get("left_date") else ""
    began = f"{_employed(answers)}{left}"
    first, *rest = own or [paper_texts()["blank"]]
    return (began, *claims, sentences["story"].format(story=first), *rest, sentences["closing"])


def _employed(answers: Answers) -> str:
    sentences, blank = words()["reasons"], paper_texts()["blank"]
    wage = answers.get("monthly_wage")
    shown = {
        "hired_date": day(answers.get("hired_date")), "job": answers.get("job"), "region": answers.get("region"),
        "monthly_wage": f"{wage:,.2f}".removesuffix(".00") if isinstance(wage, int | float) else None,
    }  # fmt: skip
    first = sentences["employed" if shown["hired_date"] else "employed_unknown"]
    parts = [first.format(hired_date=shown["hired_date"], blank=blank)]
    named = (("job", "job"), ("place", "region"), ("wage", "monthly_wage"))
    parts += [sentences[key].format(**{slot: shown[slot]}) for key, slot in named if shown[slot]]
    return str(words()["comma"].join(parts) + words()["stop"])


def _reason(key: str, answers: Answers, amount: Any) -> str:
    plan, blank = words()["claims"][key], paper_texts()["blank"]
    sentence = plan.get("reasons_by", {}).get(answers.get("reason"), plan["reasons"])
    hours = [
        pattern.format(value=f"{answers[slot]:g}")
        for slot, pattern in plan.get("hours", {}).items()
        if isinstance(answers.get(slot), int | float) and answers[slot]
    ]
    done = words()["reasons"]["hours"].format(hours=words()["separator"].join(hours)) if hours else ""
    shown = amount_text(amount) if amount is not None else blank
    grade = answers.get("injury_grade") or blank
    return str(sentence.format(amount=shown, blank=blank, hours=done, injury_grade=grade))


def blanks(composed: Composed) -> list[str]:
    """Names of what is still open, in the order of the paper."""
    paper = composed.application
    worker, employer = paper.worker, paper.employers[0]
    blank = paper_texts()["blank"]
    known: dict[str, Any] = {
        "name": worker.name, "id_number": worker.id_number, "job": worker.job, "home": worker.home,
        "phone": worker.phone, "employer": employer.name, "employer_address": employer.address,
        "employer_phone": employer.phone, "employer_head": employer.head and employer.head_post,
        "commission": paper.commission,
        "reasons": blank not in "".join(paper.reasons) or None,
        "sums": not any(claim.sum_missing for claim in paper.claims) or None,
        "witnesses": blank not in "".join(paper.witnesses) or None,
    }  # fmt: skip
    return [label for key, label in words()["blanks"].items() if known[key] is None]


def message(composed: Composed, version: int, *, abroad: bool = False) -> str:
    """What the worker reads beside the file: what it asks for, what is open, which evidence to get."""
    said, paper, found = words()["message"], composed.application, composed.counted
    empty = blanks(composed)
    pieces = [said["line"].format(name=piece.name, where=piece.where) for piece in paper.missing]
    notes = [said["note"].format(note=note) for note in dict.fromkeys(found.notes)]
    key = "total" if paper.total else "claims"
    parts = [
        said["first" if version == 1 else "again"].format(version=version)
        + "\n" + said[key].format(count=len(paper.claims), total=amount_text(paper.total)),
        said["abroad"] if abroad else "",
        said["blanks"].format(blanks=words()["separator"].join(empty)) if empty else "",
        *(said["dropped"].format(label=composed.labels.get(name, name), why=why) for name, why in found.dropped),
        said["insured"] if found.insured else "",
        said["notes"].format(lines="\n".join(notes)) if notes else "",
        said["missing"].format(lines="\n".join(pieces)) if pieces else "",
        said["held"].format(held=words()["separator"].join(paper.held)) if paper.held else "",
        said["how"].format(commission=paper.commission or said["no_commission"], copies=paper.copies),
    ]  # fmt: skip
    return "\n\n".join(part.strip() for part in parts if part)
