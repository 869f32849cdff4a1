"""我的资料: to see, copy, correct and delete what is stored about oneself, and to take consents back.

`step` says what happens, with what the database holds; `carry_out` does it inside the turn's transaction. Buttons are
me:<action>; one that deletes carries the minute it was shown, so that an old one asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot import personal_export
from bot.files import FileStore
from bot.messages import Outbound
from bot.personal_texts import consent_label, day_of, label_of, patterns, said, texts
from dialogs import buttons, controls, menus, slots
from dialogs.controls import Controls
from dialogs.flow import Flow, SlotStep
from dialogs.state import Frame, State
from dialogs.step import Step, Talk
from dialogs.values import Choice, OwnData, RerouteTicket, SaveProfile, TicketView
from nlu import entities
from storage.models import Conversation
from tickets import erasure, personal_data
from tickets.documents.store import ABROAD
from tickets.erasure import READING_DAYS, WHEN_CLOSED, Erased
from tickets.masking import mask_text, mask_value
from tickets.personal_data import Overview

KIND: Final = "me"
AWAITED: Final = "mine"
CONFIRM_MINUTES: Final = 10
LONGEST_TEXT: Final = 200  # characters of an address
REGION: Final = "region"


def action_of(talk: Talk, known: Controls) -> str | None:
    """Return what the message wants of one's own data, None for everything else."""
    heard, state = talk.heard, talk.state
    if heard.emergency or heard.files or heard.refused_file:
        return None
    payload = heard.payload
    if payload is None and heard.text:
        payload = controls.pointed(state, heard.text)
    if payload is not None:
        press = buttons.parse(payload)
        return press.args[0] if press is not None and press.kind == KIND else None
    clean = controls.NOISE.sub("", heard.text)
    named = next((action for action, pattern in patterns() if pattern.fullmatch(clean)), None)
    if named is not None:
        return named
    kind, _, field = (state.awaiting or "").partition(":")
    if kind != AWAITED or not heard.text or slots.is_question(heard.text) or known.match(heard.text):
        return None
    return f"value.{field}"


@dataclass(frozen=True)
class Personal:
    """Built once; knows the flows (for labels) and where files lie."""

    flows: Mapping[str, Flow]
    files: FileStore
    controls: Controls
    receipt_days: int

    @property
    def codes(self) -> erasure.Codes:
        """Answers that only a button or its words can give: they may stay in an anonymous ticket."""
        found: dict[str, set[str]] = {}
        for flow in self.flows.values():
            for step in flow.slots.values():
                if not step.sensitive:
                    found.setdefault(step.slot, set()).update(_codes(step))
        return {slot: frozenset(values) for slot, values in found.items()}

    async def step(self, session: AsyncSession, conversation: Conversation, talk: Talk) -> Step | None:
        """Return what the message leads to; None when it is about something else."""
        action = action_of(talk, self.controls)
        if action is None:
            return None
        if talk.state.awaiting is not None and talk.state.awaiting.startswith(f"{AWAITED}:"):
            talk = talk.with_state(awaiting=None)
        found = await personal_data.overview(session, conversation, WHEN_CLOSED)
        critical = erasure.must_wait(found.tickets)
        own = _Own(self.flows, found, conversation.channel, self.receipt_days, critical)
        return own.handle(talk, action)

    async def carry_out(
        self, session: AsyncSession, conversation: Conversation, message_id: int, wish: OwnData, now: datetime
    ) -> tuple[tuple[Outbound, ...], Erased | None]:
        """Do what was decided; return files to hand out, and what was erased."""
        match wish.action:
            case "erase":
                return (), await erasure.erase(session, conversation.id, now, self.codes, receipt=message_id)
            case "later" | "keep":
                others = {k: v for k, v in (conversation.preferences or {}).items() if k != WHEN_CLOSED}
                conversation.preferences = {**others, WHEN_CLOSED: True} if wish.action == "later" else others
            case "correct":
                note = str(texts()["for_cadre"]["corrected"]).format(label=label_of(wish.field))
                await personal_data.correct(session, conversation, wish.field, str(wish.value), note, now)
            case "undo":
                await self._undo(session, conversation, wish.field, now)
            case "export":
                return (await personal_export.hand_out(session, conversation, self.files, now),), None
        return (), None

    async def _undo(
        self, session: AsyncSession, conversation: Conversation, purpose: str, now: datetime
    ) -> None:
        name, _, consent = purpose.partition(".")
        flow = self.flows.get(name)
        under = slots_under(flow, consent)
        note = str(texts()["for_cadre"]["withdrawn"]).format(label=consent_label(consent))
        category = flow.category if flow is not None else ""
        await personal_data.withdraw_consent(session, conversation, purpose, category, list(under), note, now)


def _codes(step: SlotStep) -> set[str]:
    yes_no = {"yes", "no"} if step.type == "yes_no" else set()
    return yes_no | {option.value for option in step.options}


def slots_under(flow: Flow | None, consent: str) -> dict[str, SlotStep]:
    """Return the questions that were asked under a consent."""
    steps = flow.slots.items() if flow is not None else ()
    return {name: step for name, step in steps if step.consent == consent}


def _button(key: str, action: str, **values: Any) -> Choice:
    return Choice(str(texts()["buttons"][key]).format(**values), buttons.make(KIND, action))


@dataclass(frozen=True)
class _Own:
    flows: Mapping[str, Flow]
    found: Overview
    channel: str
    receipt_days: int
    critical: bool

    def handle(self, talk: Talk, action: str) -> Step | None:
        name, _, rest = action.partition(".")
        if name in {"show", "agreed", "erase", "export", "later", "keep"}:
            done: Talk | None = getattr(self, f"_{name}")(talk)
        elif name in {"fix", "now", "undo", "value"}:
            done = getattr(self, f"_{name}")(talk, rest)
        else:
            return None
        return done.finish() if done is not None else None

    def _show(self, talk: Talk) -> Talk:
        lines = self._lines()
        text = said("show", lines="\n".join(lines)) if lines else said("nothing")
        if self.found.waits:
            text += "\n" + said("waits", days=READING_DAYS)
        return talk.say(text, *menus.privacy_choices(talk)[1:]).ask_again()

    def _lines(self) -> list[str]:
        found, lines = self.found, []
        if found.messages:
            lines.append(said("since", date=day_of(found.since), count=found.messages))
        held = {name: mask_value(name, value) for name, value in found.profile.items() if name != REGION}
        if found.profile.get(REGION):
            held[REGION] = mask_text(str(found.profile[REGION]))
        for name, value in {**held, **found.details}.items():
            lines.append(said("profile", label=self._label(name), value=value))
        lines += [
            said("ticket", number=ticket.number, label=ticket.label, state=ticket.state)
            for ticket in self._views
        ]
        for key, count in (
            ("files", found.files),
            ("reminders", found.reminders),
            ("notices", found.notices),
        ):
            if count:
                lines.append(said(key, count=count))
        if found.job_search:
            lines.append(said("job_search"))
        if found.consents:
            lines.append(said("consents", count=len(found.consents)))
        return lines

    @property
    def _views(self) -> list[TicketView]:
        return [personal_export.view_of(ticket) for ticket in self.found.tickets]

    def _label(self, name: str) -> str:
        steps = (flow.slots.get(name) for flow in self.flows.values())
        known = texts()["fields"].get(name) or next((step.label for step in steps if step), name)
        return str(known)

    def _export(self, talk: Talk) -> Talk:
        key = "export_abroad" if self.channel in ABROAD else "export"
        talk = talk.say(said(key, days=personal_export.KEPT_DAYS)).do(OwnData("export"))
        return talk.ask_again()

    def _agreed(self, talk: Talk) -> Talk:
        if not self.found.consents:
            return talk.say(said("agreed_nothing"), *menus.privacy_choices(talk)[:1]).ask_again()
        lines = [
            said(
                "agreed_line", date=day_of(row.created_at), title=self._title(row.purpose),
                label=consent_label(row.purpose.partition(".")[2]), word=said("granted" if row.granted else "refused"),
            )
            for row in self.found.consents
        ]  # fmt: skip
        standing = personal_data.standing_consents(self.found.consents)
        undo = [_button("undo", f"undo.{purpose}", label=self._title(purpose)) for purpose in standing]
        return talk.say(said("agreed", lines="\n".join(lines)), *undo).ask_again()

    def _title(self, purpose: str) -> str:
        flow = self.flows.get(purpose.partition(".")[0])
        return flow.title if flow is not None else purpose.partition(".")[0]

    def _undo(self, talk: Talk, purpose: str) -> Talk:
        if purpose not in personal_data.standing_consents(self.found.consents):
            return talk.say(said("undone_already")).ask_again()
        name, _, consent = purpose.partition(".")
        under = slots_under(self.flows.get(name), consent)
        frames = (talk.state.frame, talk.state.paused)
        kept = {
            one: _without_consent(frame, name, consent, under)
            for one, frame in zip("fp", frames, strict=True)
        }
        talk = talk.with_state(frame=kept["f"], paused=kept["p"]).do(OwnData("undo", purpose))
        stored = {
            field for ticket in self.found.tickets for field in {**ticket.facts, **(ticket.sensitive or {})}
        }
        what = texts()["comma"].join(step.label for slot, step in under.items() if slot in stored)
        values = {"title": self._title(purpose), "label": consent_label(consent)}
        done = said("undone", what=what, **values) if what else said("undone_nothing", **values)
        return talk.say(done, *menus.privacy_choices(talk)[-1:]).ask_again()

    def _fix(self, talk: Talk, field: str) -> Talk:
        offered = self._correctable()
        if field == "stop":
            return talk.say(said("fix_stopped")).ask_again()
        if not field:
            fields = [Choice(label_of(name), buttons.make(KIND, f"fix.{name}")) for name in offered]
            if fields:
                return talk.say(said("fix"), *fields)
            return talk.say(said("fix_nothing"), *menus.privacy_choices(talk)[:1]).ask_again()
        if field not in offered:
            return talk.say(said("fix_nothing")).ask_again()
        if field == "id_number" and self.channel in ABROAD:
            told = said("fix_abroad", label=label_of(field), hotline=talk.facts.hotline)
            return talk.say(told).ask_again()
        talk = talk.with_state(awaiting=f"{AWAITED}:{field}")
        return talk.say(said("fix_ask", label=label_of(field)), _button("stop", "fix.stop"))

    def _correctable(self) -> tuple[str, ...]:
        region = (REGION,) if self.found.profile.get(REGION) or self.found.tickets else ()
        return (*personal_data.correctable(self.found), *region)

    def _value(self, talk: Talk, awaited: str) -> Talk | None:
        field, _, again = awaited.partition(":")
        value = _parsed(field, talk.heard.text, talk) if field in self._correctable() else None
        if value is None and (again or field not in self._correctable()):
            return None  # the person speaks of something else
        if value is None:
            asked = talk.with_state(awaiting=f"{AWAITED}:{field}:again")
            return asked.say(said("fix_again", label=label_of(field)), _button("stop", "fix.stop"))
        if field == REGION:
            talk = talk.do(SaveProfile({REGION: value}))
            if any(ticket.open for ticket in self.found.tickets):
                talk = talk.do(RerouteTicket(value))
            return talk.say(said("fixed", label=label_of(field), value=value)).ask_again()
        shown = mask_value(field, value)
        talk = talk.do(OwnData("correct", field, value))
        return talk.say(said("fixed", label=label_of(field), value=shown)).ask_again()

    def _erase(self, talk: Talk, lead: str = "") -> Talk:
        text = f"{lead}\n{said('erase')}".strip()
        stamp = int(talk.facts.now.timestamp()) // 60
        keep, export = _button("keep", "keep"), menus.privacy_choices(talk)[1]
        lines = "\n".join(
            said("open_line", number=one.number, label=one.label, state=one.state)
            for one in self._views
            if one.open
        )
        if self.critical:
            text += "\n\n" + said("erase_critical", lines=lines, days=READING_DAYS)
            return talk.say(text, _button("later", f"later.{stamp}"), export, keep)
        if lines:
            text += "\n\n" + said("erase_open", lines=lines, days=READING_DAYS)
            return talk.say(
                text, _button("later", f"later.{stamp}"), _button("withdraw", f"now.{stamp}"), export, keep
            )
        return talk.say(text, _button("now", f"now.{stamp}"), export, keep)

    def _now(self, talk: Talk, stamp: str) -> Talk:
        shown = datetime.fromtimestamp(int(stamp) * 60, talk.facts.now.tzinfo) if stamp.isdigit() else None
        if shown is None or talk.facts.now - shown > timedelta(minutes=CONFIRM_MINUTES):
            return self._erase(talk, said("erase_stale"))
        if self.critical:
            return self._erase(talk)
        numbers = texts()["comma"].join(ticket.number for ticket in self.found.tickets if ticket.open)
        withdrawn = said("withdrawn", numbers=numbers) if numbers else ""
        new = State(runs=talk.state.runs)  # an old button must not fit a new form
        talk = replace(talk, state=new).do(OwnData("erase"))
        return talk.say(said("erased", withdrawn=withdrawn, days=self.receipt_days))

    def _later(self, talk: Talk) -> Talk:
        if not any(ticket.open for ticket in self.found.tickets):
            return self._erase(talk)
        told = talk.say(said("later", days=READING_DAYS), _button("keep", "keep"))
        return told.do(OwnData("later")).ask_again()

    def _keep(self, talk: Talk) -> Talk:
        return talk.say(said("kept")).do(OwnData("keep")).ask_again()


def _parsed(field: str, text: str, talk: Talk) -> str | None:
    if field in {"home", "mail"}:
        return text.strip()[:LONGEST_TEXT] if len(text.strip()) >= 2 else None
    value = entities.parse_slot(field, text, talk.facts.today)
    return None if value is None else str(value)


def _without_consent(
    frame: Frame | None, flow: str, consent: str, under: Mapping[str, SlotStep]
) -> Frame | None:
    if frame is None or frame.flow != flow or consent not in frame.consents:
        return frame
    return replace(frame.without(*under), consents={**frame.consents, consent: False})


def erased_later() -> Outbound:
    """Return what is told when a deletion put off was carried out."""
    return Outbound(said("erased_later"))
