"""Words that steer: back, skip, cancel, pause, go on, human; and messages that are not text."""

from dataclasses import dataclass, replace

from dialogs import board_talk, matters, papers, ratings, slots, sum_offers
from dialogs.answers import Consultation
from dialogs.forms import EDIT, REVIEW
from dialogs.state import Frame
from dialogs.step import Talk
from dialogs.sums import is_sum, put_aside, text
from dialogs.values import AddToTicket, RecordConsent, RerouteTicket, SaveProfile
from nlu import entities


@dataclass(frozen=True)
class Steering:
    """Each method takes the talk and returns it carried on."""

    consultation: Consultation

    def handle(self, talk: Talk, action: str) -> Talk | None:
        """Carry out a steering word; None when it means nothing here and is ordinary text."""
        if action in {"human", "status", "help", "privacy", "start"}:
            return self.anywhere(talk, action)
        if action in matters.WORDS:
            return matters.said(talk, action)
        if action in board_talk.WORDS:
            return board_talk.said(talk, action)
        frame = talk.state.frame
        if frame is None:
            return self._without_form(talk, action)
        if action == "back":
            return self.back(talk, frame)
        if action == "cancel":
            return self.cancel(talk)
        if action == "pause":
            return self.pause(talk, frame)
        if action == "skip":
            return self.skip(talk, frame)
        if action == "restart":
            return self.restart(talk, frame)
        if action == "resume":
            return talk.ask_again()
        if frame.asked == REVIEW and action in {"submit", "edit"}:
            return self.submit(talk, frame) if action == "submit" else self.edit(talk, frame)
        return None

    def anywhere(self, talk: Talk, action: str) -> Talk:
        """What can be asked at any point; an open form is kept."""
        if action == "human":
            return self.consultation.human(talk)
        if action == "status":
            return self.consultation.status(talk).ask_again()
        if action == "start" and talk.state.paused is None and talk.state.frame is None:
            return talk.say_key("welcome", *self.consultation.menu_choices(talk), hotline=talk.facts.hotline)
        if action == "privacy":
            return self.consultation.small_talk(talk, "privacy_request").ask_again()
        if talk.state.frame is not None:
            brief = {"help": "talk_help", "start": "talk_greet"}[action]
            return talk.say_key(brief, hotline=talk.facts.hotline).ask_again()
        if action == "start":
            return self.consultation.offer_resume(talk)
        return self.consultation.small_talk(talk, "help")

    def _without_form(self, talk: Talk, action: str) -> Talk | None:
        paused, summed = talk.state.paused, talk.state.calculated
        if action == "resume" and paused is not None:
            return self.resume(talk)
        if action == "cancel" and paused is not None:
            talk = talk.with_state(paused=None).say_key("cancelled", title=talk.flows[paused.flow].title)
            return self.consultation.offer_pending(talk)
        if action == "resume" and summed is not None and summed.asked is not None and talk.sums is not None:
            return talk.sums.reopened(talk, summed).ask_again()
        if action == "cancel" and summed is not None and summed.asked is not None:
            return talk.with_state(calculated=None).say_key("cancelled", title=talk.flows[summed.flow].title)
        if action in {"cancel", "back", "pause", "resume", "restart"}:
            return talk.say_key(f"nothing_to_{action}", *self.consultation.menu_choices(talk))
        return None

    def back(self, talk: Talk, frame: Frame) -> Talk:
        """Take the last answer back and ask it again."""
        earlier = talk.forms.go_back(frame)
        if earlier is None:
            return talk.say_key("back_at_start").ask_again()
        return talk.say_key("went_back").ask_next(earlier)

    def skip(self, talk: Talk, frame: Frame) -> Talk | None:
        """Leave the open question out where that is allowed; say why not where it is not."""
        if talk.forms.open_consent(frame) is not None:
            return self.consent(talk, frame, granted=False)
        step = talk.forms.open_slot(frame)
        if step is None:
            return None
        if step.optional is None:
            key = "cannot_skip_choice" if step.options else "cannot_skip"
            return talk.say_key(key, label=step.label).ask_again()
        told = talk if is_sum(talk, frame) else talk.say_key("skipped")
        return told.ask_next(talk.forms.skip(frame, step.slot))

    def consent(self, talk: Talk, frame: Frame, *, granted: bool) -> Talk:
        """Record what the person agreed to or refused, and go on either way."""
        step = talk.forms.open_consent(frame)
        assert step is not None
        talk = talk.do(RecordConsent(f"{frame.flow}.{step.consent}", granted))
        consents = {**frame.consents, step.consent: granted}
        answered = (*frame.answered, f"consent:{step.consent}")
        changed = replace(frame, consents=consents, answered=answered, attempts=0)
        if not granted:
            talk = talk.say(step.refused)
        return talk.ask_next(changed)

    def cancel(self, talk: Talk) -> Talk:
        """Drop the open form; nothing of it is kept."""
        frame = talk.state.frame
        assert frame is not None
        title = talk.flows[frame.flow].title
        talk = talk.with_state(frame=None, heard_facts={}).say_key("cancelled", title=title)
        return self.consultation.offer_pending(talk)

    def pause(self, talk: Talk, frame: Frame) -> Talk:
        """Put the form aside until the person comes back to it."""
        title = talk.flows[frame.flow].title
        talk = put_aside(talk).with_state(frame=None)
        summary, service = talk.forms.summary(frame), talk.state.paused
        if service is None or service is frame:
            return talk.say_key("paused", title=title, summary=summary)
        told = text("paused_too", title=title, summary=summary, service=talk.flows[service.flow].title)
        return talk.say(told, *(sum_offers.go_on(talk, waiting) for waiting in (service, frame)))

    def resume(self, talk: Talk) -> Talk:
        """Take up the form that was put aside, with a summary."""
        paused = talk.state.paused
        assert paused is not None
        talk = talk.with_state(frame=paused, paused=None)
        text = talk.replies(
            "resumed", title=talk.flows[paused.flow].title, summary=talk.forms.summary(paused)
        )
        return talk.say(text).ask_next(paused)

    def restart(self, talk: Talk, frame: Frame) -> Talk:
        """Begin the same form from nothing."""
        talk = talk.with_state(frame=None, paused=None, heard_facts={})
        return self.consultation.begin_flow(talk, talk.flows[frame.flow])

    def submit(self, talk: Talk, frame: Frame) -> Talk:
        """Open the ticket; a form with open questions is not submitted."""
        if talk.forms.next_step(frame) is not None or is_sum(talk, frame):
            return talk.ask_next(frame)
        if talk.flows[frame.flow].stores == ratings.RATING:
            return self.consultation.offer_pending(ratings.kept(talk, frame))
        opened = talk.forms.submit(frame)
        talk = talk.with_state(frame=None, heard_facts={}, last_intent=None, last_faq=None, awaiting=None)
        if opened.region:
            talk = talk.do(SaveProfile({"region": opened.region}))
        talk = talk.do(opened).say_template(talk.flows[frame.flow].done)
        talk = papers.after_opening(talk, opened.papers)
        return self.consultation.offer_pending(talk)

    def awaited(self, talk: Talk) -> Talk | None:
        """The person was asked for one thing outside a form; None when they speak of something else."""
        kind, _, number = (talk.state.awaiting or "").partition(":")
        if kind == "region" and not any(ticket.open for ticket in talk.facts.tickets):
            return None
        if kind == "region":
            region = entities.parse_slot("region", talk.heard.text, talk.facts.today)
            if region is None or slots.is_question(talk.heard.text):
                return None
            talk = talk.with_state(awaiting=None).do(
                RerouteTicket(str(region)), SaveProfile({"region": region})
            )
            return talk.say_template(talk.replies("rerouted"))
        if kind == board_talk.AWAITING:
            region = entities.parse_slot("region", talk.heard.text, talk.facts.today)
            asked = region is None or slots.is_question(talk.heard.text)
            return None if asked else board_talk.at_place(talk, str(region))
        cleared = talk.with_state(awaiting=None)
        if kind == "add":
            return cleared.do(AddToTicket(number)).say_key("added", number=number)
        return None

    def files_and_others(self, talk: Talk) -> Talk:
        """A photo, a document, a voice note, a sticker: each has its answer, nothing is lost."""
        heard, frame = talk.heard, talk.state.frame
        if heard.refused_file:
            return talk.say_key(f"file_{heard.refused_file}").ask_again()
        if not heard.files:
            key = f"kind_{heard.kind}" if talk.replies.has(f"kind_{heard.kind}") else "kind_other"
            return talk.say_key(key).ask_again()
        if (shown := papers.photographed(talk)) is not None:
            return shown
        if frame is not None:
            kept = replace(frame, files=(*frame.files, *heard.files))
            talk = talk.say_key("file_kept", count=len(kept.files))
            step = talk.forms.open_slot(kept)
            if step is None or step.type != "files":
                return talk.with_frame(kept).ask_again()
            count = frame.values.get(step.slot, 0) + len(heard.files)
            kept = replace(talk.forms.put(kept, {step.slot: count}, answered=step.slot), asked=step.slot)
            question = talk.forms.question(kept)  # open until the person says that this is all
            return talk.with_frame(kept).say(question.text, *question.choices)
        number = (
            (talk.state.awaiting or "").removeprefix("add:")
            if (talk.state.awaiting or "").startswith("add:")
            else ""
        )
        open_one = next((t for t in talk.facts.tickets if t.open and number in ("", t.number)), None)
        if open_one is not None:
            talk = talk.with_state(awaiting=None)
            return talk.do(AddToTicket(open_one.number)).say_key("file_added", number=open_one.number)
        talk = talk.with_state(files=(*talk.state.files, *heard.files))
        return talk.say_key("file_alone", *self.consultation.menu_choices(talk))

    def no_words(self, talk: Talk) -> Talk:
        """Empty, emoji only, control characters."""
        return talk.say_key("no_words").ask_again()

    def edit(self, talk: Talk, frame: Frame) -> Talk:
        """Show what can be changed."""
        frame = replace(frame, asked=EDIT)
        question = talk.forms.question(frame)
        return talk.with_frame(frame).say(question.text, *question.choices)

    def unknown_button(self, talk: Talk) -> Talk:
        """A button that leads nowhere any more gets an answer and the way on."""
        talk = talk.say_key("old_button")
        if talk.state.frame is not None:
            return talk.ask_again()
        if talk.state.paused is not None:
            return self.consultation.offer_resume(talk)
        return talk.say_key("menu", *self.consultation.menu_choices(talk))
