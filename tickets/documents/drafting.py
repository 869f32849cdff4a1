"""An application as a Word file: the template that cadres can change in Word, filled in."""

import io
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate, RichText

from tickets.documents.texts import texts
from tickets.documents.values import Application, Claim

TEMPLATE = Path(__file__).with_name("templates") / "arbitration.docx"
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
BLANK = "PaperBlank"  # the character style of what is still to be filled in
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def draft(application: Application, version: int) -> bytes:
    """Return the .docx. Everything that nobody said stands there as a highlighted blank."""
    document = DocxTemplate(TEMPLATE)
    document.render(_context(application, version), autoescape=True)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def amount_text(amount: Decimal) -> str:
    """28,000 or 1,440.50: yuan as a payroll prints them."""
    return f"{amount:,.2f}".removesuffix(".00")


def day_text(day: date) -> str:
    """2026年3月1日."""
    return str(texts()["day"]).format(year=day.year, month=day.month, day=day.day)


def _context(application: Application, version: int) -> dict[str, Any]:
    worker, words = application.worker, texts()
    claims = [_claim(number, claim) for number, claim in enumerate(application.claims, 1)]
    total = amount_text(application.total)
    first = application.employers[0].name if application.employers else None
    return {
        "version": version,
        "drafted": day_text(application.drafted),
        "worker": _blanks({
            "name": worker.name, "sex": worker.sex, "birth": worker.birth, "age": worker.age,
            "id_number": worker.id_number, "job": worker.job, "employer": first, "home": worker.home,
            "mail": worker.mail or worker.home, "phone": worker.phone,
        }),
        "employers": [
            {
                **_blanks({
                    "name": one.name, "address": one.address, "mail": one.mail or one.address, "phone": one.phone,
                    "head": one.head, "head_post": one.head_post,
                }),
                "number": number if len(application.employers) > 1 else "",
            }
            for number, one in enumerate(application.employers, 1)
        ],
        "claims": claims,
        "total": words["total"].format(amount=total) if application.total else "",
        "reasons": [_sentence(reason) for reason in application.reasons or (words["blank"],)],
        "sums": [claim for claim in claims if claim["counted"]],
        "evidence": _numbered(application.evidence),
        "no_evidence": _rich(words["no_evidence"]),
        "held": "、".join(application.held),
        "witnesses": [_sentence(witness) for witness in application.witnesses or (words["no_witness"],)],
        "commission": _rich(application.commission),
        "copies": application.copies,
    }  # fmt: skip


def _claim(number: int, claim: Claim) -> dict[str, Any]:
    return {
        "number": number,
        "text": _sentence(claim.text),
        "counted": bool(claim.steps or claim.basis),
        "steps": _rich("\n".join(claim.steps) or None if claim.sum_missing else "\n".join(claim.steps) or "—"),
        "amount": _rich(amount_text(claim.amount) if claim.amount is not None else None if claim.sum_missing else "—"),
        "basis": claim.basis,
    }  # fmt: skip


def _numbered(pieces: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {"number": number, "name": _clean(piece.name), "source": piece.source, "proves": piece.proves}
        for number, piece in enumerate(pieces, 1)
    ]


def _blanks(values: Mapping[str, Any]) -> dict[str, RichText]:
    return {name: _rich(value) for name, value in values.items()}


def _rich(value: Any) -> RichText:
    """The value, or a visible blank."""
    if value is None or value == "":
        return RichText(texts()["blank"], style=BLANK)
    return RichText(_clean(day_text(value) if isinstance(value, date) else str(value)))


def _sentence(text: str) -> RichText:
    """A sentence in which blanks may stand."""
    blank = texts()["blank"]
    made = RichText()
    for number, part in enumerate(_clean(text).split(blank)):
        if number:
            made.add(blank, style=BLANK)
        if part:
            made.add(part)
    return made


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("", text)
