"""Buttons, fresh and old. An old one still gets a sensible answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dialogs import board_talk, buttons, job_talk, matters, menus, papers, seasons, slots, sums
from dialogs.answers import Consultation
from dialogs.flow import SlotStep
from dialogs.forms import REVIEW
from dialogs.state import Frame
from dialogs.steering import Steering
from dialogs.step import Talk
from dialogs.sums import is_sum
from dialogs.values import Choice, LogMiss, RateTicket, RecordFeedback, ReopenTicket
from nlu.understanding import INTENTS


@dataclass(frozen=True)
class Presses:
    steering: Steering
    consultation: Consultation

    def handle(self, talk: Talk) -> Talk:
        """Carry out the pressed button."""
        talk = papers.put_down(talk, talk.heard.payload)
        press = buttons.parse(talk.heard.payload or "")
        if press is None:
            return self.steering.unknown_button(talk)
        actions: dict[str, Callable[..., Talk]] = {
            "flow": self._flow, "s": self._option, "do": self._do, "faq": self._faq, "more": self._more,
            "ok": self._solved, "no": self._not_solved, "t": self._ticket,
            "go": self._go, "then": self._then, "calc": self._calc,
            "job": job_talk.pressed, "group": self._group, "board": board_talk.pressed,
            "p": papers.pressed, "my": matters.my, "remind": matters.remind, "season": self._season,
            "me": lambda talk, _: self.steering.unknown_button(talk),  # bot/personal.py took those it knows
            "read": lambda talk, *_: self.steering.unknown_button(talk),  # so did bot/ocr.py
        }  # fmt: skip
        return actions[press.kind](talk, *press.args)

    def _flow(self, talk: Talk, name: str) -> Talk:
        flow = talk.flows.get(name)
        if flow is None:
            return self.steering.unknown_button(talk)
        frame = talk.state.frame
        if frame is not None and frame.flow == name:
            return talk.say_key("already_open", title=flow.title).ask_again()
        free = frame is None or is_sum(talk, frame)
        if free and talk.state.paused is not None and talk.state.paused.flow == name:
            return self.consultation.offer_resume(talk)
        return self.consultation.begin_flow(talk, flow)

    def _group(self, talk: Talk, name: str) -> Talk:
        return menus.open_group(talk, name) or self.steering.unknown_button(talk)

    def _season(self, talk: Talk, name: str, action: str) -> Talk:
        return seasons.pressed(talk, name, action, self.consultation.begin_flow)

    def _calc(self, talk: Talk, name: str) -> Talk:
        begun = talk.sums.press(talk, name) if talk.sums is not None else None
        return begun or self.steering.unknown_button(talk)

    def _frame_of(self, talk: Talk, run: str) -> Frame | None:
        """The open form when the button belongs to it; a paused one is taken up again."""
        for frame in (talk.state.frame, talk.state.paused, talk.state.calculated):
            if frame is not None and str(frame.run) == run:
                return frame
        return None

    def _option(self, talk: Talk, run: str, slot: str, index: str) -> Talk:
        frame = self._frame_of(talk, run)
        step = talk.flows[frame.flow].slots.get(slot) if frame else None
        if frame is None or step is None:
            return self.steering.unknown_button(talk)
        value = talk.forms.pressed_value(step, index)
        if value is None:
            return self.steering.unknown_button(talk)
        talk = self._take_up(talk, frame)
        if frame.asked != slot and slot in frame.values:  # an old button: a correction, said aloud
            shown = slots.show(step, value)
            talk = talk.say_key("corrected", label=step.label, value=shown)
        if step.type == "choices":
            return self._tick(talk, frame, step, value)
        return talk.ask_next(talk.forms.put(frame, {slot: value}, answered=slot))

    def _tick(self, talk: Talk, frame: Frame, step: SlotStep, value: list[str]) -> Talk:
        """One more of several; the question stays open until the person says that this is all."""
        chosen = frame.values.get(step.slot, []) if frame.asked == step.slot else []
        ticked = talk.forms.put(frame, {step.slot: [*chosen, *value]}, answered=step.slot)
        ticked = replace(ticked, asked=step.slot)
        if not talk.forms.unticked(ticked, step):
            return talk.ask_next(ticked)
        question = talk.forms.question(ticked)
        return talk.with_frame(ticked).say(question.text, *question.choices)

    def _take_up(self, talk: Talk, frame: Frame) -> Talk:
        if talk.state.frame is frame:
            return talk
        if talk.state.calculated is frame and talk.sums is not None:
            return talk.sums.reopened(talk, frame)
        return talk.with_state(frame=frame, paused=None)

    def _do(self, talk: Talk, run: str, action: str) -> Talk:
        frame = self._frame_of(talk, run)
        if frame is None:
            return self.steering.unknown_button(talk)
        if is_sum(talk, frame) and talk.sums is not None and action in {"more", "restart"}:
            return talk.sums.more(talk, frame) if action == "more" else talk.sums.restart(talk, frame)
        if action == "cancel" and talk.state.paused is frame:
            talk = talk.with_state(paused=None).say_key("cancelled", title=talk.flows[frame.flow].title)
            return self.consultation.offer_pending(talk)
        if action == "resume" and talk.state.paused is frame:
            return self.steering.resume(talk)
        talk = self._take_up(talk, frame)
        name, _, argument = action.partition(".") if "." in action else action.partition(":")
        if name in {"yes", "no"}:
            return self._consent(talk, frame, argument, granted=name == "yes")
        if name == "edit" and argument:
            return self._edit_one(talk, frame, argument)
        if name == "skip":
            return self._skip(talk, frame, argument)
        if name == "ticked" and frame.asked == argument:
            return talk.ask_next(frame)
        if name == "more":
            return self._further_options(talk, frame, argument)
        simple: dict[str, Callable[[Talk, Frame], Talk]] = {
            "back": self.steering.back, "pause": self.steering.pause, "restart": self.steering.restart,
            "submit": self.steering.submit, "edit": self.steering.edit, "review": self._review,
            "cancel": lambda current, _frame: self.steering.cancel(current),
            "resume": lambda current, _frame: current.ask_again(),
        }  # fmt: skip
        handler = simple.get(name)
        return handler(talk, frame) if handler else self.steering.unknown_button(talk)

    def _consent(self, talk: Talk, frame: Frame, purpose: str, *, granted: bool) -> Talk:
        if frame.asked == f"consent:{purpose}":
            return self.steering.consent(talk, frame, granted=granted)
        if purpose in frame.consents:  # an old button: the last word counts
            step = next(s for s in talk.flows[frame.flow].steps if getattr(s, "consent", None) == purpose)
            reopened = replace(frame.without(f"consent:{purpose}"), asked=f"consent:{purpose}")
            assert step is not None
            return self.steering.consent(talk.with_frame(reopened), reopened, granted=granted)
        return self.steering.unknown_button(talk)

    def _skip(self, talk: Talk, frame: Frame, slot: str) -> Talk:
        if frame.asked != slot:
            return self.steering.unknown_button(talk)
        return self.steering.skip(talk, frame) or talk.ask_again()

    def _further_options(self, talk: Talk, frame: Frame, argument: str) -> Talk:
        slot, _, start = argument.partition(".")
        step = talk.flows[frame.flow].slots.get(slot)
        if step is None or frame.asked != slot or not start.isdecimal() or int(start) >= len(step.options):
            return self.steering.unknown_button(talk)
        shown = talk.forms.further_options(frame, step, int(start))
        return talk.say(shown.text, *shown.choices)

    def _edit_one(self, talk: Talk, frame: Frame, slot: str) -> Talk:
        if slot not in talk.flows[frame.flow].slots:
            return self.steering.unknown_button(talk)
        reopened = replace(frame.without(slot), asked=slot, attempts=0)
        question = talk.forms.question(reopened)
        return talk.with_frame(reopened).say(question.text, *question.choices)

    def _review(self, talk: Talk, frame: Frame) -> Talk:
        return talk.ask_next(replace(frame, asked=REVIEW))

    def _faq(self, talk: Talk, faq_id: str) -> Talk:
        answer = talk.facts.faq.get(faq_id)
        if answer is None:
            return self.steering.unknown_button(talk)
        brief = talk.state.frame is not None
        return self.consultation.show_answer(talk, answer, brief=brief).ask_again()

    def _more(self, talk: Talk, faq_id: str) -> Talk:
        answer = talk.facts.faq.get(faq_id)
        if answer is None or not answer.more:
            return self.steering.unknown_button(talk)
        return talk.say(f"{answer.more.strip()}\n\n{answer.basis}").ask_again()

    def _solved(self, talk: Talk, faq_id: str) -> Talk:
        talk = talk.say_key("solved_thanks").do(RecordFeedback(faq_id, solved=True)).ask_again()
        return self.consultation.offer_pending(talk)

    def _not_solved(self, talk: Talk, faq_id: str) -> Talk:
        answer = talk.facts.faq.get(faq_id)
        intent = answer.intent if answer else None
        choices = [Choice(talk.replies("button_human"), buttons.make("go", "human"))]
        flow = self.consultation.offered_flow(talk, intent)
        if flow is not None:
            choices.insert(0, menus.offer(flow))
        return (
            talk.say_key("not_solved", *choices)
            .do(RecordFeedback(faq_id, solved=False), LogMiss("thumbs_down", intent, faq_id, None))
            .ask_again()
        )

    def _ticket(self, talk: Talk, number: str, action: str) -> Talk:
        ticket = next((t for t in talk.facts.tickets if t.number == number), None)
        if ticket is None:
            return talk.say_key("ticket_unknown").ask_again()
        if (handled := matters.pressed(talk, ticket, action)) is not None:
            return handled
        if action in {"r1", "r2", "r3", "r4", "r5"} and not ticket.open:
            stars = int(action[1])
            again = "rated_again" if ticket.rating is not None else "rated"
            return talk.say_key(again, stars="★" * stars).do(RateTicket(number, stars)).ask_again()
        if action == "reopen":
            if ticket.open or not ticket.can_reopen:
                return talk.say_key(
                    "reopen_open" if ticket.open else "reopen_late", number=number
                ).ask_again()
            return talk.do(ReopenTicket(number)).say_template(talk.replies("reopened"))
        if action == "add" and ticket.open:
            return talk.with_state(awaiting=f"add:{number}").say_key("add_what", number=number)
        return self.consultation.status(talk).ask_again()

    def _then(self, talk: Talk, intent: str) -> Talk:
        """The matter put off earlier; hearing has looked up what was remembered of it."""
        if intent not in INTENTS:
            return self.steering.unknown_button(talk)
        kept = tuple(matter for matter in talk.state.pending if matter.intent != intent)
        talk = talk.with_state(pending=kept)
        if talk.state.frame is not None:
            aside = self.consultation.digression(talk)
            return (aside or talk.say_key("no_answer_brief")).ask_again()
        heard = talk.heard.understanding
        if heard is None:  # neither model nor words could be asked
            return self.consultation.no_answer(talk, None)
        return self.consultation.matter(talk, heard)

    def _go(self, talk: Talk, word: str) -> Talk:
        if word in {"human", "status", "help", "privacy"}:
            return self.steering.anywhere(talk, word)
        if word == sums.MENU and talk.sums is not None:
            return talk.sums.menu(talk)
        if word == "none":
            return self.consultation.no_answer(talk, None)
        return talk.say_key("menu", *self.consultation.menu_choices(talk)).ask_again()
