"""One open flow: what to ask next, how an answer is stored, the review, the submission."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dialogs import buttons, papers, slots
from dialogs.flow import ConsentStep, Flow, Option, SayStep, SlotStep, Step, holds, lower_bound, step_id
from dialogs.replies import Replies
from dialogs.state import Frame
from dialogs.values import Choice, OpenTicket, Reply

REVIEW = "review"
EDIT = "edit"
MOST_OPTIONS = 6  # buttons of a question; a longer list is shown in parts
OWN_UNION = "tell_own_union"  # the question whether the union of one's own employer may know who asks
SHARED = "share_with_employer_union"  # its answer as a fact of the ticket, by which tickets.access decides
FLAGS = ("boss_unreachable", "worksite", "left_job", "months_worked")


@dataclass(frozen=True)
class Forms:
    """Pure functions over a frame, with the flows and the catalogue at hand."""

    flows: Mapping[str, Flow]
    replies: Replies

    def begin(self, name: str, run: int, known: Mapping[str, Any], opening: str = "") -> Frame:
        """Return a new frame; what was already told, and told in the opening sentence, is filled in."""
        flow = self.flows[name]
        values = slots.from_facts(flow, dict(known))
        for step in flow.slots.values():
            option = slots.match_option(step.options, opening) if step.opening and opening else None
            if option is not None:
                values[step.slot] = option.value
        return Frame(flow=name, run=run, values=values)

    def applies(self, frame: Frame, step: Step) -> bool:
        """True when the step is to be taken with what is known now."""
        if step.when and not any(holds(condition, frame.values) for condition in step.when):
            return False
        return not (isinstance(step, SlotStep) and step.consent and frame.consents.get(step.consent) is False)

    def is_done(self, frame: Frame, step: Step) -> bool:
        """True when the step has its answer, was skipped or was said."""
        if isinstance(step, SlotStep):
            return step.slot in frame.values or step.slot in frame.skipped
        if isinstance(step, ConsentStep):
            return step.consent in frame.consents
        return step.say in frame.said

    def next_step(self, frame: Frame) -> Step | None:
        """Return the first applicable step without an answer; None when only the review is left."""
        for step in self.flows[frame.flow].steps:
            if isinstance(step, SlotStep) and step.on_request:
                continue
            if self.applies(frame, step) and not self.is_done(frame, step):
                return step
        return None

    def open_slot(self, frame: Frame) -> SlotStep | None:
        """Return the question that is open, if it is one."""
        return self.flows[frame.flow].slots.get(frame.asked or "")

    def open_consent(self, frame: Frame) -> ConsentStep | None:
        """Return the consent that is open, if one is."""
        for step in self.flows[frame.flow].steps:
            if isinstance(step, ConsentStep) and frame.asked == step_id(step):
                return step
        return None

    def put(self, frame: Frame, values: Mapping[str, Any], answered: str | None = None) -> Frame:
        """Return the frame with these answers; `answered` is the question they answer, for going back."""
        order = (
            (*(name for name in frame.answered if name != answered), answered) if answered else frame.answered
        )
        return replace(
            frame,
            values={**frame.values, **values},
            skipped=tuple(name for name in frame.skipped if name not in values),
            answered=tuple(name for name in order if name),
            attempts=0,
        )

    def skip(self, frame: Frame, slot: str) -> Frame:
        """Return the frame with the question left out by the person's wish."""
        cleaned = frame.without(slot)
        return replace(
            cleaned, skipped=(*cleaned.skipped, slot), answered=(*cleaned.answered, slot), attempts=0
        )

    def go_back(self, frame: Frame) -> Frame | None:
        """Return the frame before the last answer, None at the beginning."""
        if not frame.answered:
            return None
        return replace(frame.without(frame.answered[-1]), asked=None, attempts=0)

    def proceed(self, frame: Frame) -> tuple[Frame, list[Reply]]:
        """Return the frame with its next question open, and that question (with what is said on the way)."""
        told: list[Reply] = []
        step = self.next_step(frame)
        while isinstance(step, SayStep):
            told.append(Reply(step.text.strip()))
            frame = replace(frame, said=(*frame.said, step.say))
            step = self.next_step(frame)
        if step is None:
            frame = replace(frame, asked=REVIEW)
            return frame, [*told, self.review(frame)]
        frame = replace(frame, asked=step_id(step))
        return frame, [*told, self.question(frame)]

    def further_options(self, frame: Frame, step: SlotStep, start: int) -> Reply:
        """Return the answers of a long list that were not shown with the question."""
        return Reply(self.replies("more_options"), self._choices(frame, step, start))

    def question(self, frame: Frame) -> Reply:
        """Return the open question with its buttons."""
        if frame.asked == REVIEW:
            return self.review(frame)
        if frame.asked == EDIT:
            return self.edit_menu(frame)
        consent = self.open_consent(frame)
        if consent is not None:
            return Reply(consent.ask.strip(), (
                Choice(self.replies("button_agree"), buttons.make("do", frame.run, f"yes:{consent.consent}")),
                Choice(self.replies("button_refuse"), buttons.make("do", frame.run, f"no:{consent.consent}")),
            ))  # fmt: skip
        step = self.open_slot(frame)
        assert step is not None
        if step.type == "choices" and step.slot in frame.values:
            chosen = slots.show(step, frame.values[step.slot])
            return Reply(self.replies("ticked", chosen=chosen), self._choices(frame, step))
        if step.type == "files" and step.slot in frame.values:
            return Reply(self.replies("file_more"), self._choices(frame, step))
        return Reply("\n".join(filter(None, (step.ask.strip(), step.help))), self._choices(frame, step))

    def unticked(self, frame: Frame, step: SlotStep) -> list[Option]:
        """The options that may still be chosen: of several, those that are not chosen yet."""
        ticked = frame.values.get(step.slot, ()) if step.type == "choices" else ()
        return [option for option in step.options if option.value not in ticked]

    def _choices(self, frame: Frame, step: SlotStep, start: int = 0) -> tuple[Choice, ...]:
        options = [
            Choice(option.label, buttons.make("s", frame.run, step.slot, index))
            for index, option in enumerate(step.options)
            if index >= start and option in self.unticked(frame, step)
        ]
        if len(options) > MOST_OPTIONS:
            shown = MOST_OPTIONS - 1
            following = self.unticked(frame, step)[-len(options) + shown]
            more = buttons.make("do", frame.run, f"more.{step.slot}.{step.options.index(following)}")
            options = [*options[:shown], Choice(self.replies("button_more_options"), more)]
        if step.type == "yes_no":
            options = [
                Choice(self.replies("button_yes"), buttons.make("s", frame.run, step.slot, 0)),
                Choice(self.replies("button_no"), buttons.make("s", frame.run, step.slot, 1)),
            ]
        if step.type in {"choices", "files"} and step.slot in frame.values:
            done = buttons.make("do", frame.run, f"ticked.{step.slot}")
            key = "button_ticked" if step.type == "choices" else "button_files_done"
            return (*options, Choice(self.replies(key), done))
        if step.optional:
            options.append(Choice(step.optional, buttons.make("do", frame.run, f"skip.{step.slot}")))
        return tuple(options)

    def pressed_value(self, step: SlotStep, index: str) -> Any | None:
        """Return the value of a pressed option, None when there is no such option."""
        if not index.isdigit():
            return None
        number = int(index)
        if step.type == "yes_no":
            return ("yes", "no")[number] if number < 2 else None
        if number >= len(step.options):
            return None
        value = step.options[number].value
        return [value] if step.type == "choices" else value

    def summary(self, frame: Frame) -> str:
        """Return what was told so far, one line each, sensitive values masked."""
        lines = [
            f"· {step.label}:{slots.show(step, frame.values[name])}"
            for name, step in self.flows[frame.flow].slots.items()
            if name in frame.values and self.applies(frame, step)
        ]
        if frame.files:
            lines.append(self.replies("summary_files", count=len(frame.files)))
        return "\n".join(lines) or self.replies("summary_empty")

    def review(self, frame: Frame) -> Reply:
        """Return the screen before submitting."""
        text = self.replies("review", title=self.flows[frame.flow].title, summary=self.summary(frame))
        return Reply(text, (
            Choice(self.replies("button_submit"), buttons.make("do", frame.run, "submit")),
            Choice(self.replies("button_edit"), buttons.make("do", frame.run, "edit")),
            Choice(self.replies("button_cancel"), buttons.make("do", frame.run, "cancel")),
        ))  # fmt: skip

    def edit_menu(self, frame: Frame) -> Reply:
        """Return the list of answers that can be changed."""
        choices = [
            Choice(step.label, buttons.make("do", frame.run, f"edit.{name}"))
            for name, step in self.flows[frame.flow].slots.items()
            if self.applies(frame, step)
            and (name in frame.values or name in frame.skipped or step.on_request)
        ]
        choices.append(Choice(self.replies("button_no_change"), buttons.make("do", frame.run, "review")))
        return Reply(self.replies("edit_which"), tuple(choices))

    def submit(self, frame: Frame) -> OpenTicket:
        """Return the effect that makes a ticket of the frame."""
        flow = self.flows[frame.flow]
        shown = {
            name: step
            for name, step in flow.slots.items()
            if name in frame.values and self.applies(frame, step)
        }
        sensitive = {name: frame.values[name] for name, step in shown.items() if step.sensitive}
        facts = {name: frame.values[name] for name, step in shown.items() if not step.sensitive}
        facts |= {flag: frame.values[flag] for flag in FLAGS if flag in frame.values}
        if OWN_UNION in shown:
            facts[SHARED] = frame.values[OWN_UNION] == "agree"
        return OpenTicket(
            category=flow.category,
            title=self._title(flow, frame),
            facts=facts,
            sensitive=sensitive,
            urgency=_urgency(flow, frame.values),
            region=_text(frame.values.get("region")),
            employer=_text(frame.values.get("employer")),
            amount_yuan=lower_bound(frame.values.get("amount_yuan")),
            people_count=_text(frame.values.get("people_count")),
            files=frame.files,
            papers=papers.needed(flow, frame.values),
        )

    def _title(self, flow: Flow, frame: Frame) -> str:
        shown = {
            name: slots.show(step, frame.values[name]) for name, step in flow.slots.items()
            if name in frame.values and not step.sensitive
        }  # fmt: skip
        return flow.ticket_title.format_map(_Blank(shown)).strip(" ,、:")[:120]


def _urgency(flow: Flow, values: Mapping[str, Any]) -> str:
    for urgency, rules in (("critical", flow.critical_when), ("urgent", flow.urgent_when)):
        if any(holds(rule, dict(values)) for rule in rules):
            return urgency
    return "normal"


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
