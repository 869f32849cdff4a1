"""The working value of one step: what came in, the state so far, replies and effects gathered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dialogs import board_talk, job_talk
from dialogs.flow import Flow
from dialogs.forms import Forms
from dialogs.replies import Replies
from dialogs.state import Frame, State
from dialogs.values import Choice, Effect, Facts, Heard, Reply, Wanted

if TYPE_CHECKING:
    from dialogs.sums import Sums

JOINED_CHARACTERS = 900


@dataclass(frozen=True)
class Step:
    """What one message led to."""

    state: State
    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...]
    faq_id: str | None = None
    wanted: Wanted | None = None  # look this up and take the step once more, with Facts.jobs or Facts.board


@dataclass(frozen=True)
class Talk:
    """Immutable builder: every method returns a new Talk."""

    state: State
    heard: Heard
    facts: Facts
    flows: Mapping[str, Flow]
    replies: Replies
    said: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    faq_id: str | None = None
    sums: "Sums | None" = None
    wanted: Wanted | None = None

    @property
    def forms(self) -> Forms:
        return Forms(self.flows, self.replies)

    def say(self, text: str, *choices: Choice) -> "Talk":
        return replace(self, said=(*self.said, Reply(text.strip(), choices)))

    def say_key(self, key: str, *choices: Choice, **values: Any) -> "Talk":
        return self.say(self.replies(key, **values), *choices)

    def say_first(self, text: str) -> "Talk":
        return replace(self, said=(Reply(text), *self.said))

    def say_template(self, text: str) -> "Talk":
        """Say what needs the number, unit and due times of the ticket that this step opens or moves."""
        return replace(self, said=(*self.said, Reply(text.strip(), template=True)))

    def add(self, text: str, *choices: Choice) -> "Talk":
        """Put more text and buttons to the last reply."""
        last = self.said[-1]
        told = replace(last, text=f"{last.text}\n\n{text.strip()}".strip(), choices=(*last.choices, *choices))
        return replace(self, said=(*self.said[:-1], told))

    def do(self, *effects: Effect) -> "Talk":
        return replace(self, effects=(*self.effects, *effects))

    def with_state(self, **changes: Any) -> "Talk":
        return replace(self, state=replace(self.state, **changes))

    def with_frame(self, frame: Frame | None) -> "Talk":
        return self.with_state(frame=frame)

    def answered_by(self, faq_id: str) -> "Talk":
        return replace(self, faq_id=faq_id)

    def ask_next(self, frame: Frame) -> "Talk":
        """Go on with the form: what is told on the way, then the next question or the review."""
        counting = self.flows[frame.flow].kind == "calculator" and self.forms.next_step(frame) is None
        if self.sums is not None and counting:
            return self.sums.finish(self, frame)
        frame, told = self.forms.proceed(frame)
        talk = job_talk.before_review(self.with_frame(frame), frame)
        talk = board_talk.before_review(talk, frame)
        return replace(talk, said=(*talk.said, *told))

    def ask_again(self) -> "Talk":
        """Put the open question once more, after something else was dealt with."""
        frame = self.state.frame
        if frame is None:
            return self
        title = self.flows[frame.flow].title
        question = self.forms.question(frame)
        return self.say(
            self.replies("back_to_question", title=title) + "\n" + question.text, *question.choices
        )

    def finish(self) -> Step:
        """Return the step; a conversation is never left without an answer."""
        said = self.said or (Reply(self.replies("nothing_to_say")),)
        state = replace(self.state, updated_at=self.facts.now.isoformat(), shown=self._shown(said))
        return Step(state, said, self.effects, self.faq_id, self.wanted)

    def _shown(self, said: Sequence[Reply]) -> tuple[tuple[str, str], ...]:
        """The buttons of this turn; 不客气 between leaves those before, a question of a form does not."""
        shown = tuple((choice.label, choice.payload) for reply in said for choice in reply.choices)
        return shown or (self.state.shown if self.state.frame is None else ())


def joined(said: Sequence[Reply]) -> tuple[Reply, ...]:
    """Join texts without buttons to the next one: one message per turn where it can be read as one."""
    result: list[Reply] = []
    for reply in said:
        if result and not result[-1].choices and len(result[-1].text) + len(reply.text) < JOINED_CHARACTERS:
            result[-1] = Reply(f"{result[-1].text}\n\n{reply.text}", reply.choices)
        else:
            result.append(reply)
    return tuple(result)
