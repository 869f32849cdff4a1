"""Calculators in a conversation: offering one, asking for its inputs, telling the result. Nothing of it is stored
beyond the state of the conversation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from dialogs import buttons, slots
from dialogs.calculators import Calculators, Problem, Sum, catalogue, name_of
from dialogs.choosing import choose
from dialogs.flow import Flow, SlotStep
from dialogs.forms import EDIT
from dialogs.state import Frame
from dialogs.step import Talk
from dialogs.values import Choice
from nlu.entities import SLOTS
from nlu.understanding import INTENTS

MENU: Final = "calculators"  # go:calculators
TOPIC: Final = "topic."  # calc:topic.<name>
SHORT_CHARACTERS: Final = 700  # beyond it, notes wait behind 展开细说
CARRIED: Final = ("region", "monthly_wage", "months_owed", "work_years")  # into the next form; health is not
MONTHS_A_YEAR: Final = 12
_DAY: Final = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日")


def text(key: str, **values: Any) -> str:
    """A text of calculators.yaml."""
    return catalogue().texts[key].strip().format(**values)


@dataclass(frozen=True)
class Sums:
    """Built once around what the composition root provides."""

    calculators: Calculators

    @property
    def flows(self) -> Mapping[str, Flow]:
        """The forms of all calculators by the name of their flow."""
        return {flow.flow: flow for flow in self.calculators.flows.values()}

    def button(self, name: str) -> Choice:
        return Choice(catalogue().calculators[name].label, buttons.make("calc", name))

    def menu(self, talk: Talk) -> Talk:
        """The topics; a topic of one calculator leads there at once."""
        choices = [
            Choice(topic.label, buttons.make("calc", TOPIC + topic.name))
            if len(topic.calculators) > 1
            else self.button(topic.calculators[0])
            for topic in catalogue().topics
        ]
        return talk.say(text("menu"), *choices)

    def press(self, talk: Talk, name: str) -> Talk | None:
        """calc:<name> or calc:topic.<name>; None for what does not exist."""
        topic = next((t for t in catalogue().topics if TOPIC + t.name == name), None)
        if topic is not None:
            return talk.say(text("topic", label=topic.label), *map(self.button, topic.calculators))
        return self.begin(talk, name) if name in self.calculators.flows else None

    def begin(self, talk: Talk, name: str) -> Talk:
        """Open the form with everything that was told before; another form is set aside."""
        flow, state = self.calculators.flows[name], talk.state
        if state.frame is not None and state.frame.flow == flow.flow:
            return talk.say_key("already_open", title=flow.title).ask_again()
        known = self._known(talk)
        frame = talk.forms.begin(flow.flow, state.runs + 1, known)
        for fact, answers in catalogue().calculators[name].implies.items():
            if fact in known:
                frame = replace(frame, values={**answers, **frame.values})
        talk = talk.with_state(
            frame=frame, paused=set_aside(talk), runs=state.runs + 1, confused=0, awaiting=None, offered=()
        )  # fmt: skip
        told = text("begin", title=flow.title, intro=flow.begin)
        if state.frame is not None and _is_service(talk, state.frame):
            told = text("aside", title=talk.flows[state.frame.flow].title) + "\n" + told
        noted = [_line(step, frame.values[slot]) for slot, step in flow.slots.items() if slot in frame.values]
        if noted:
            told += "\n" + text("noted", summary="\n".join(noted))
        return talk.say(told).ask_next(frame)

    def _known(self, talk: Talk) -> dict[str, Any]:
        """Facts told in this conversation, in the profile, or in the form that is open or set aside."""
        state = talk.state
        known = dict(talk.facts.profile)
        for frame in (state.calculated, state.paused, state.frame):
            if frame is not None:
                known |= facts_of(talk.flows[frame.flow], frame)
        known |= state.heard_facts
        if "work_years" not in known and "months_worked" in known:
            known["work_years"] = round(known["months_worked"] / MONTHS_A_YEAR, 2)
        return known

    def finish(self, talk: Talk, frame: Frame) -> Talk:
        """Tell the result and close the form, or put the question again whose answer can't be."""
        found = self.calculators.run(name_of(frame.flow), self._answers(talk, frame), talk.facts.today)
        if isinstance(found, Problem):
            return self._put_again(talk, frame, found)
        frame = replace(frame, asked=None, attempts=0)
        facts = facts_of(talk.flows[frame.flow], frame)
        heard = talk.state.heard_facts | {name: facts[name] for name in CARRIED if name in facts}
        intent = catalogue().calculators[name_of(frame.flow)].intents[0]
        talk = talk.with_state(frame=None, calculated=frame, heard_facts=heard)
        talk = talk.with_state(last_intent=intent, last_faq=None, confused=0)
        told, rest = _shortened(found)
        parts = (
            text("result", title=talk.flows[frame.flow].title) + found.headline,
            *told,
            found.basis,
            found.disclaimer,
        )
        return talk.say(
            "\n\n".join(part for part in parts if part), *self._after(talk, frame, more=bool(rest))
        )

    def more(self, talk: Talk, frame: Frame) -> Talk:
        """The notes that the result kept back."""
        found = self.calculators.run(name_of(frame.flow), self._answers(talk, frame), talk.facts.today)
        if isinstance(found, Problem):
            return self._put_again(talk, frame, found)
        notes = _shortened(found)[1] or found.notes
        told = [
            text("more", title=talk.flows[frame.flow].title),
            *(f"· {note}" for note in notes),
            found.disclaimer,
        ]
        return talk.say("\n".join(told), *self._after(talk, frame, more=False))

    def restart(self, talk: Talk, frame: Frame) -> Talk:
        """The same form from nothing; another form that waits is kept."""
        flow, runs = talk.flows[frame.flow], talk.state.runs + 1
        fresh = Frame(flow=frame.flow, run=runs)
        aside = talk.state.frame if _is_service(talk, talk.state.frame) else talk.state.paused
        talk = talk.with_state(frame=fresh, paused=aside, calculated=None, runs=runs)
        return talk.say(text("begin", title=flow.title, intro=flow.begin)).ask_next(fresh)

    def reopened(self, talk: Talk, frame: Frame) -> Talk:
        """Take up a finished sum to change an answer, or one that was set aside at its open question."""
        aside = talk.state.frame if _is_service(talk, talk.state.frame) else talk.state.paused
        return talk.with_state(frame=replace(frame, asked=frame.asked or EDIT), paused=aside, calculated=None)

    def _answers(self, talk: Talk, frame: Frame) -> dict[str, Any]:
        steps = talk.flows[frame.flow].slots
        return {
            name: frame.values[name] for name, step in steps.items()
            if name in frame.values and talk.forms.applies(frame, step)
        }  # fmt: skip

    def _put_again(self, talk: Talk, frame: Frame, problem: Problem) -> Talk:
        step = talk.flows[frame.flow].slots.get(problem.field)
        if step is None:
            frame = replace(frame, asked=EDIT)
            menu = talk.forms.edit_menu(frame)
            return talk.with_frame(frame).say(text("problem_anywhere", problem=problem.text), *menu.choices)
        frame = replace(frame.without(step.slot), asked=step.slot, attempts=0)
        question = talk.forms.question(frame)
        told = text("problem", problem=problem.text) + "\n" + question.text
        return talk.with_frame(frame).say(told, *question.choices)

    def _after(self, talk: Talk, frame: Frame, *, more: bool) -> tuple[Choice, ...]:
        """What can be done with a result."""
        run, state = frame.run, talk.state
        choices = [Choice(text("button_more"), buttons.make("do", run, "more"))] if more else []
        choices += [
            Choice(text("button_edit"), buttons.make("do", run, "edit")),
            Choice(text("button_again"), buttons.make("do", run, "restart")),
        ]
        if state.paused is not None and state.paused.run != run:
            title = talk.flows[state.paused.flow].title
            choices.append(
                Choice(text("button_resume", title=title), buttons.make("do", state.paused.run, "resume"))
            )
        elif (flow := self._service(talk, frame)) is not None:
            choices.append(Choice(flow.offer_label, buttons.make("flow", flow.flow)))
        else:
            choices.append(Choice(talk.replies("button_human"), buttons.make("go", "human")))
        if state.pending:
            waiting = state.pending[0].intent
            label = talk.replies("button_then", label=INTENTS[waiting].label)
            choices.append(Choice(label, buttons.make("then", waiting)))
        return (*choices, Choice(text("button_main_menu"), buttons.make("go", "menu")))

    def _service(self, talk: Talk, frame: Frame) -> Flow | None:
        intents = catalogue().calculators[name_of(frame.flow)].intents
        return choose(talk.flows.values(), intents[0], talk.heard.text)


def is_sum(talk: Talk, frame: Frame | None) -> bool:
    """True when the frame is a calculator's."""
    return frame is not None and talk.flows[frame.flow].kind == "calculator"


def _is_service(talk: Talk, frame: Frame | None) -> bool:
    return frame is not None and not is_sum(talk, frame)


def _line(step: SlotStep, value: Any) -> str:
    return f"· {step.label}：{slots.show(step, value)}"


def set_aside(talk: Talk, begun: str | None = None) -> Frame | None:
    """The form to come back to: a service before a calculator, which loses little by being begun again.

    `begun` names the flow that takes the place of the open form; the same one is only begun again.
    """
    frame, paused = talk.state.frame, talk.state.paused
    if frame is None or frame.flow == begun:
        return paused
    return frame if paused is None or not is_sum(talk, frame) else paused


def put_aside(talk: Talk, begun: str | None = None) -> Talk:
    """Keep the form to come back to; a sum that has to make room for a service is kept beside it."""
    state = talk.state
    kept = set_aside(talk, begun)
    forms = (frame for frame in (state.frame, state.paused) if frame not in (None, kept))
    beside = next((frame for frame in forms if is_sum(talk, frame) and frame and frame.flow != begun), None)
    return talk.with_state(paused=kept, calculated=beside or state.calculated)


def facts_of(flow: Flow, frame: Frame) -> dict[str, Any]:
    """Answers of a form under the names that other forms know."""
    named = {
        step.fills_from or step.slot: name
        for name, step in reversed(flow.slots.items())
        if not step.sensitive
    }
    return {
        fact: frame.values[name] for fact, name in named.items() if fact in SLOTS and name in frame.values
    }


def _shortened(found: Sum) -> tuple[list[str], tuple[str, ...]]:
    """The steps and as many notes as fit a phone, those with a last day first, and the notes left over."""
    steps = "\n".join(f"{number}. {step}" for number, step in enumerate(found.steps, 1))
    room = SHORT_CHARACTERS - len(found.headline) - len(steps) - len(found.basis) - len(found.disclaimer)
    notes = sorted(found.notes, key=lambda note: _DAY.search(note) is None)
    shown: list[str] = []
    for note in notes:
        if shown and sum(map(len, (*shown, note))) > room:
            break
        shown.append(note)
    return [steps, "\n".join(f"· {note}" for note in shown)], tuple(notes[len(shown) :])
