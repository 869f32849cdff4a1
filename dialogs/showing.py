"""Showing what was found: a curated answer, "您是想问", the honest "没有把握", advice with its service."""

from dialogs import board_talk, buttons, later, lawtexts, menus, sum_offers
from dialogs.flow import Flow
from dialogs.step import Talk
from dialogs.values import Answer, Choice, LogMiss
from nlu.understanding import Understanding


def show_answer(talk: Talk, answer: Answer, *, brief: bool = False) -> Talk:
    """Give a curated answer as written, with its basis; ask whether it helped unless in the middle of a form."""
    text = f"{answer.text.strip()}\n\n{answer.basis}"
    if brief:
        return talk.say(text).answered_by(answer.faq_id)
    if answer.faq_id == talk.state.last_faq and talk.heard.payload is None:
        text = f"{talk.replies('told_already')}\n{text}"
    flow = menus.flow_for(talk, answer.intent, answer.question)
    choices = [
        Choice(talk.replies("button_solved"), buttons.make("ok", answer.faq_id)),
        Choice(talk.replies("button_not_solved"), buttons.make("no", answer.faq_id)),
    ]
    if flow is not None:
        choices[:0] = [menus.offer(flow), *_board(talk, flow)]
    if answer.more:
        choices.append(Choice(talk.replies("button_more"), buttons.make("more", answer.faq_id)))
    talk = now_about(talk, answer.intent, answer.faq_id)
    told, choices = sum_offers.offered(talk, answer.intent, choices, answer)
    text += f"\n\n{told}" if told else ""
    if talk.state.pending:
        choices.append(later.then_button(talk))
    offered = talk.state.offered if answer.faq_id in talk.state.offered else ()  # "那第二个呢"
    return (
        talk.say(f"{text}\n\n{talk.replies('solved_question')}", *choices)
        .with_state(offered=offered)
        .answered_by(answer.faq_id)
    )


def now_about(talk: Talk, intent: str | None, faq_id: str | None) -> Talk:
    """Remember the topic for what leans on it; it is no longer put off."""
    pending = tuple(matter for matter in talk.state.pending if matter.intent != intent)
    return talk.with_state(last_faq=faq_id, last_intent=intent, confused=0, pending=pending)


def offer_choices(talk: Talk) -> Talk:
    """Ask "您是想问" with up to three entries."""
    hits = talk.heard.answers.hits[:3]
    choices = [Choice(f"{hit.question}"[:60], buttons.make("faq", hit.faq_id)) for hit in hits]
    if talk.state.frame is None:
        choices.append(Choice(talk.replies("button_none_of_these"), buttons.make("go", "none")))
    lines = "\n".join(f"{index}. {hit.question}" for index, hit in enumerate(hits, 1))
    asked_with, first = talk.heard.answers.asked_with, hits[0]
    talk = talk.say_key(asked_with, *choices, lines=lines)
    talk = talk.with_state(offered=tuple(hit.faq_id for hit in hits))
    heard = talk.heard.understanding
    topic = heard.intent if heard is not None and not heard.unsure else first.intent
    if talk.state.frame is None and topic != talk.state.last_intent:
        talk = talk.with_state(last_faq=None, last_intent=topic)
    if asked_with != "did_you_mean":
        return talk
    return talk.do(LogMiss("unsure", first.intent, first.faq_id, score(talk)))


def no_answer(talk: Talk, heard: Understanding | None) -> Talk:
    """Say so honestly and offer a person."""
    key = "no_answer" if talk.state.confused == 0 else "no_answer_again"
    choices = [Choice(talk.replies("button_human"), buttons.make("go", "human"))]
    likely = [ranked.intent for ranked in heard.ranking[:3]] if heard is not None else []
    flows = [flow for flow in (menus.flow_for(talk, name) for name in likely) if flow is not None]
    choices += [menus.offer(flow) for flow in flows[:2]]
    choices.append(Choice(talk.replies("button_menu"), buttons.make("go", "menu")))
    intent = heard.intent if heard is not None else None
    laws = talk.heard.answers.laws
    if laws:
        key = "no_answer_laws"
        choices = [*lawtexts.whole_text_buttons(laws, talk.replies), *choices]
    lines = lawtexts.lines(laws, talk.replies)
    return (
        talk.say_key(key, *dict.fromkeys(choices), hotline=talk.facts.hotline, lines=lines)
        .with_state(confused=talk.state.confused + 1, last_faq=None, last_intent=None)
        .do(LogMiss("no_answer", intent, None, score(talk)))
    )


def advise(talk: Talk, flow: Flow) -> Talk:
    start = menus.offer(flow)
    human = Choice(talk.replies("button_human"), buttons.make("go", "human"))
    talk = now_about(talk, flow.intents[0], f"flow.{flow.flow}")
    then = (later.then_button(talk),) if talk.state.pending else ()
    told, choices = sum_offers.offered(talk, flow.intents[0], [start, *_board(talk, flow), human])
    return talk.say("\n\n".join(filter(None, (flow.advice or flow.begin, told))), *choices, *then)


def _board(talk: Talk, flow: Flow) -> tuple[Choice, ...]:
    """The way to the notices, beside a service that offers them."""
    return (board_talk.choice(talk),) if flow.offers == "notices" else ()


def score(talk: Talk) -> float | None:
    hits = talk.heard.answers.hits
    return round(hits[0].score, 4) if hits else None
