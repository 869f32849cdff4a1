"""Consultation: curated answers, "您是想问", the honest "没有把握", and small talk."""

from dialogs import buttons, lawtexts, slots, sum_offers
from dialogs.controls import THEN
from dialogs.flow import Flow
from dialogs.state import Pending
from dialogs.step import Talk
from dialogs.sums import set_aside
from dialogs.values import AddToTicket, Answer, Choice, LogMiss, OpenTicket, SaveProfile
from nlu import entities, stance
from nlu.understanding import INTENTS, Understanding

CLAIM_FACTS = (
    "amount_yuan",
    "months_owed",
    "months_worked",
    "people_count",
    "boss_unreachable",
    "employer",
    "worksite",
)
PENDING_KEPT = 3  # more is a story, and better told to a person
TALK_REPLIES = frozenset({
    "greet", "goodbye", "thanks", "help", "chitchat", "abuse", "privacy_request", "affirm", "deny", "cancel", "correct",
})  # fmt: skip


class Consultation:
    """What is said when no form is open, or when a form is left for a moment to answer something else."""

    def handle(self, talk: Talk) -> Talk:
        """Answer a free message outside any form."""
        talk = self._remember_facts(talk)
        heard = talk.heard.understanding
        if heard is None:
            return self.from_knowledge(talk, None)
        intent = heard.intent
        if (
            intent == "emergency"
        ):  # the rules decide on emergencies; the model's guess gets help, not an alarm
            return self._unclear_danger(talk)
        if intent == "human_handoff":
            return self.human(talk)
        if intent == "ticket_status":
            return self.status(talk)
        if intent == "affirm" and talk.state.last_intent:
            flow = self.flow_for(talk, talk.state.last_intent)
            if flow is not None and talk.state.last_faq:
                return self.begin_flow(talk, flow)
        if intent in TALK_REPLIES and not heard.unsure:
            return self.small_talk(talk, intent)
        return self._put_off_others(self.matter(talk, heard), heard)

    def _put_off_others(self, talk: Talk, heard: Understanding) -> Talk:
        """Name what else the message told of, and keep it until its turn comes."""
        frame, state = talk.state.frame, talk.state
        served = talk.flows[frame.flow].intents if frame else []
        handled = served[0] if served else state.last_intent or heard.intent
        named = [Pending(m.intent, m.clause) for m in stance.further(talk.heard.text, handled)]
        if not named:
            return talk
        earlier = [m for m in state.pending if m.intent not in {new.intent for new in named}]
        talk = talk.with_state(pending=(*named, *earlier)[:PENDING_KEPT])
        labels = "”“".join(INTENTS[matter.intent].label for matter in named)
        if frame is not None:
            return talk.say_first(talk.replies("also_told_in_form", labels=labels))
        button = self._then_button(talk)
        text = talk.replies("also_told", labels=labels, button=button.label)
        shown = button.payload in {choice.payload for reply in talk.said for choice in reply.choices}
        return talk.add(text, *(() if shown else (button,))).with_state(awaiting=THEN)

    def offer_pending(self, talk: Talk) -> Talk:
        """After one matter is done: ask whether to go on with the next, if one waits."""
        if not talk.state.pending or talk.state.frame is not None:
            return talk
        label = INTENTS[talk.state.pending[0].intent].label
        return talk.say_key("then_offer", self._then_button(talk), label=label).with_state(awaiting=THEN)

    def drop_pending(self, talk: Talk) -> Talk:
        """The person does not want the other matters now."""
        return talk.with_state(pending=()).say_key("then_dropped")

    def _then_button(self, talk: Talk) -> Choice:
        intent = talk.state.pending[0].intent
        return Choice(talk.replies("button_then", label=INTENTS[intent].label), buttons.make("then", intent))

    def matter(self, talk: Talk, heard: Understanding) -> Talk:
        """Deal with a question or a wish: its service, its answer, choices or an honest miss."""
        if talk.heard.answers.asked_with != "did_you_mean":
            return self.offer_choices(talk)
        flow = self.flow_for(talk, heard.intent)
        if (
            flow is not None
            and flow.enter == "start"
            and not heard.unsure
            and not slots.is_question(talk.heard.text)
        ):
            return self.begin_flow(talk, flow)
        return self.from_knowledge(talk, heard)

    def digression(self, talk: Talk) -> Talk | None:
        """Answer something else asked in the middle of a form; None when it was nothing of the kind."""
        heard = talk.heard.understanding
        answers = talk.heard.answers
        if heard is None:
            return None
        if heard.intent == "ticket_status" and not heard.unsure:
            return self.status(talk)
        if heard.intent in TALK_REPLIES - {"affirm", "deny", "cancel", "correct"} and heard.confidence >= 0.5:
            return self.small_talk(talk, heard.intent, brief=True)
        if answers.outcome == "answer" and answers.hits:
            return self.show_answer(talk, answers.hits[0], brief=True)
        if answers.outcome == "choices" and slots.is_question(talk.heard.text):
            return self.offer_choices(talk)
        if slots.is_question(talk.heard.text):
            reason = "out_of_scope" if heard.intent == "out_of_scope" else "no_answer"
            key = "out_of_scope_brief" if heard.intent == "out_of_scope" else "no_answer_brief"
            return talk.say_key(key).do(LogMiss(reason, heard.intent, None, _score(talk)))
        return None

    def from_knowledge(self, talk: Talk, heard: Understanding | None) -> Talk:
        """Answer, choices or an honest miss, with the way to a person and to the service that fits."""
        answers = talk.heard.answers
        if answers.outcome == "answer" and answers.hits and not _foreign(heard, answers.hits[0]):
            return self.show_answer(talk, answers.hits[0])
        claim = self._claim_by_facts(talk, heard)
        if claim is not None:
            return self._advise(talk, claim)
        if heard is not None and heard.intent == "out_of_scope" and not heard.unsure:
            return (
                talk.say_key("out_of_scope", *self.menu_choices(talk))
                .with_state(confused=talk.state.confused + 1, offered=())
                .do(LogMiss("out_of_scope", heard.intent, None, _score(talk)))
            )
        flow = self.flow_for(talk, heard.intent) if heard is not None and not heard.unsure else None
        if flow is not None and (flow.advice or flow.enter == "start"):
            return self._advise(talk, flow)
        if answers.hits and answers.outcome != "none":
            return sum_offers.beside(self.offer_choices(talk), heard)
        if (summed := sum_offers.instead(talk, heard)) is not None:
            return summed
        return self.no_answer(talk, heard)

    def _claim_by_facts(self, talk: Talk, heard: Understanding | None) -> Flow | None:
        """The flow for unpaid wages when the facts tell it though no word does: a sum owed and a boss who is gone."""
        if heard is not None and heard.intent != "out_of_scope" and not heard.unsure:
            return None
        found = entities.extract(talk.heard.text, talk.facts.today)
        owed = "amount_yuan" in found or "months_owed" in found
        more = any(name in found for name in CLAIM_FACTS if name not in ("amount_yuan", "months_owed"))
        return self.flow_for(talk, "wage_arrears") if owed and more else None

    def show_answer(self, talk: Talk, answer: Answer, *, brief: bool = False) -> Talk:
        """Give a curated answer as written, with its basis; ask whether it helped unless in the middle of a form."""
        text = f"{answer.text.strip()}\n\n{answer.basis}"
        if brief:
            return talk.say(text).answered_by(answer.faq_id)
        flow = self.flow_for(talk, answer.intent)
        choices = [
            Choice(talk.replies("button_solved"), buttons.make("ok", answer.faq_id)),
            Choice(talk.replies("button_not_solved"), buttons.make("no", answer.faq_id)),
        ]
        if flow is not None:
            choices.insert(0, Choice(flow.offer_label, buttons.make("flow", flow.flow)))
        if answer.more:
            choices.append(Choice(talk.replies("button_more"), buttons.make("more", answer.faq_id)))
        talk = self._now_about(talk, answer.intent, answer.faq_id)
        told, choices = sum_offers.offered(talk, answer.intent, choices, answer)
        text += f"\n\n{told}" if told else ""
        if talk.state.pending:
            choices.append(self._then_button(talk))
        offered = talk.state.offered if answer.faq_id in talk.state.offered else ()  # "那第二个呢"
        return (
            talk.say(f"{text}\n\n{talk.replies('solved_question')}", *choices)
            .with_state(offered=offered)
            .answered_by(answer.faq_id)
        )

    def _now_about(self, talk: Talk, intent: str | None, faq_id: str | None) -> Talk:
        """Remember the topic for what leans on it; it is no longer put off."""
        pending = tuple(matter for matter in talk.state.pending if matter.intent != intent)
        return talk.with_state(last_faq=faq_id, last_intent=intent, confused=0, pending=pending)

    def offer_choices(self, talk: Talk) -> Talk:
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
        return talk.do(LogMiss("unsure", first.intent, first.faq_id, _score(talk)))

    def no_answer(self, talk: Talk, heard: Understanding | None) -> Talk:
        """Say so honestly and offer a person."""
        key = "no_answer" if talk.state.confused == 0 else "no_answer_again"
        choices = [Choice(talk.replies("button_human"), buttons.make("go", "human"))]
        likely = [ranked.intent for ranked in heard.ranking[:3]] if heard is not None else []
        flows = [flow for flow in (self.flow_for(talk, name) for name in likely) if flow is not None]
        choices += [Choice(flow.offer_label, buttons.make("flow", flow.flow)) for flow in flows[:2]]
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
            .do(LogMiss("no_answer", intent, None, _score(talk)))
        )

    def _advise(self, talk: Talk, flow: Flow) -> Talk:
        start = Choice(flow.offer_label, buttons.make("flow", flow.flow))
        human = Choice(talk.replies("button_human"), buttons.make("go", "human"))
        talk = self._now_about(talk, flow.intents[0], f"flow.{flow.flow}")
        then = (self._then_button(talk),) if talk.state.pending else ()
        told, choices = sum_offers.offered(talk, flow.intents[0], [start, human])
        return talk.say("\n\n".join(filter(None, (flow.advice or flow.begin, told))), *choices, *then)

    def begin_flow(self, talk: Talk, flow: Flow) -> Talk:
        """Start a service with everything that was told before."""
        state = talk.state
        known_before = {**talk.facts.profile, **state.heard_facts}
        opening = talk.heard.text if flow.enter == "start" else ""
        frame = talk.forms.begin(flow.flow, state.runs + 1, known_before, opening)
        paused = set_aside(talk, flow.flow)
        talk = talk.with_state(
            frame=frame, paused=paused, runs=state.runs + 1, confused=0, awaiting=None, offered=(),
            pending=tuple(matter for matter in state.pending if matter.intent not in flow.intents),
        )  # fmt: skip
        known = talk.forms.summary(frame)
        text = flow.begin.strip()
        if frame.values and known != talk.replies("summary_empty"):
            text += "\n" + talk.replies("already_noted", summary=known)
        return talk.say(text).ask_next(frame)

    def flow_for(self, talk: Talk, intent: str | None) -> Flow | None:
        """Return the flow that serves this intent, if there is one."""
        return next((flow for flow in talk.flows.values() if intent in flow.intents), None)

    def small_talk(self, talk: Talk, intent: str, *, brief: bool = False) -> Talk:
        """Answer a greeting, thanks, a moan; outside a form with the menu where it helps."""
        key = f"talk_{intent}"
        if brief or intent not in {"greet", "help", "affirm", "deny", "cancel", "correct"}:
            return talk.say_key(key, hotline=talk.facts.hotline)
        if intent == "greet" and talk.state.paused is not None:
            return self.offer_resume(talk)
        return talk.say_key(key, *self.menu_choices(talk), hotline=talk.facts.hotline)

    def offer_resume(self, talk: Talk) -> Talk:
        """Tell what is set aside and ask whether to go on."""
        paused = talk.state.paused
        assert paused is not None
        title = talk.flows[paused.flow].title
        return talk.say_key(
            "welcome_back",
            Choice(talk.replies("button_resume"), buttons.make("do", paused.run, "resume")),
            Choice(talk.replies("button_restart"), buttons.make("do", paused.run, "restart")),
            Choice(talk.replies("button_drop"), buttons.make("do", paused.run, "cancel")),
            title=title,
            summary=talk.forms.summary(paused),
        )

    def menu_choices(self, talk: Talk) -> tuple[Choice, ...]:
        """Return the menu: the services, status, a person."""
        services = [Choice(f.offer_label, buttons.make("flow", f.flow)) for f in sum_offers.services(talk)]
        return (
            *services,
            *sum_offers.menu_button(talk),
            Choice(talk.replies("button_status"), buttons.make("go", "status")),
            Choice(talk.replies("button_human"), buttons.make("go", "human")),
        )

    def status(self, talk: Talk) -> Talk:
        """Tell where each matter stands, by whom and by when."""
        tickets = talk.facts.tickets
        if not tickets:
            return talk.say_key("status_none")
        lines = []
        choices: list[Choice] = []
        for ticket in tickets[:5]:
            who = f"{ticket.unit} {ticket.assignee or ''}".strip()
            key = "status_open" if ticket.open else "status_closed"
            lines.append(talk.replies(
                key, number=ticket.number, label=ticket.label, state=ticket.state, who=who, due=ticket.due,
                result=ticket.result or "",
            ))  # fmt: skip
            if ticket.open:
                choices.append(
                    Choice(talk.replies("button_add", number=ticket.number[-4:]), f"t:{ticket.number}:add")
                )
            elif ticket.can_reopen:
                choices.append(
                    Choice(
                        talk.replies("button_reopen", number=ticket.number[-4:]), f"t:{ticket.number}:reopen"
                    )
                )
        return talk.say("\n\n".join(lines), *choices[:4])

    def human(self, talk: Talk) -> Talk:
        """Hand over to a person in one step: a ticket at once, the region asked afterwards if unknown."""
        open_one = next((ticket for ticket in talk.facts.tickets if ticket.open), None)
        if open_one is not None:
            who = f"{open_one.unit} {open_one.assignee or ''}".strip()
            return talk.say_key("human_already", number=open_one.number, who=who, due=open_one.due).do(
                AddToTicket(open_one.number)
            )
        frame = talk.state.frame
        known = {**talk.facts.profile, **talk.state.heard_facts, **sum_offers.handed_over(talk, frame)}
        sensitive_names = {n for flow in talk.flows.values() for n, s in flow.slots.items() if s.sensitive}
        region = known.get("region")
        opened = OpenTicket(
            category="human_handoff",
            title=talk.flows[frame.flow].title if frame else _topic(talk),
            facts={key: value for key, value in known.items() if key not in sensitive_names},
            sensitive={key: value for key, value in known.items() if key in sensitive_names},
            urgency="normal",
            region=region,
            employer=known.get("employer"),
            amount_yuan=known.get("amount_yuan"),
            people_count=known.get("people_count"),
        )
        talk = talk.with_state(frame=None, paused=frame or talk.state.paused).do(opened)
        talk = talk.say_template(talk.replies("human_done"))
        if region is None:
            return talk.with_state(awaiting="region").say_key("human_ask_region")
        return talk.say_key("human_go_on")

    def emergency(self, talk: Talk) -> Talk:
        """Fixed humane text with the right numbers, an urgent ticket, the person's form left as it was."""
        kind = talk.heard.emergency or "self_harm"
        text = talk.replies(f"emergency_{kind}", hotline=talk.facts.hotline)
        already = next((t for t in talk.facts.tickets if t.open and t.category == "emergency"), None)
        if already is not None:
            return talk.say(text).do(AddToTicket(already.number))
        found = entities.extract(talk.heard.text, talk.facts.today)
        region = (
            found.get("region") or talk.state.heard_facts.get("region") or talk.facts.profile.get("region")
        )
        opened = OpenTicket(
            category="emergency",
            title=talk.replies(f"emergency_title_{kind}"),
            facts={
                "kind": kind,
                **{k: v for k, v in found.items() if k in ("people_count", "employer", "region")},
            },
            sensitive={},
            urgency="critical",
            region=_maybe_text(region),
            employer=_maybe_text(found.get("employer")),
            people_count=_maybe_text(found.get("people_count")),
        )
        talk = talk.say(text).do(opened).say_template(talk.replies("emergency_done"))
        return talk if region else talk.with_state(awaiting="region").say_key("emergency_ask_region")

    def _unclear_danger(self, talk: Talk) -> Talk:
        return talk.say_key(
            "emergency_unclear",
            Choice(talk.replies("button_human"), buttons.make("go", "human")),
            hotline=talk.facts.hotline,
        )

    def _remember_facts(self, talk: Talk) -> Talk:
        found = entities.extract(talk.heard.text, talk.facts.today)
        if not found:
            return talk
        talk = talk.with_state(heard_facts={**talk.state.heard_facts, **found})
        return talk.do(SaveProfile({"region": found["region"]})) if "region" in found else talk


def _foreign(heard: Understanding | None, answer: Answer) -> bool:
    """True when the model is sure that this is none of ours, though some entry reads alike."""
    return heard is not None and heard.intent == "out_of_scope" and not heard.unsure and answer.score < 0.8


def _score(talk: Talk) -> float | None:
    hits = talk.heard.answers.hits
    return round(hits[0].score, 4) if hits else None


def _topic(talk: Talk) -> str:
    intent = talk.state.last_intent
    return INTENTS[intent].label if intent and intent in INTENTS else talk.replies("human_title")


def _maybe_text(value: object) -> str | None:
    return None if value is None else str(value)
