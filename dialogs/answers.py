"""Consultation: what a free message outside a form leads to, and a question in the middle of one."""

from dataclasses import replace

from dialogs import asking, handover, later, menus, seasons, showing, slots, sum_offers
from dialogs.flow import Flow
from dialogs.menus import TALK_REPLIES
from dialogs.showing import score
from dialogs.step import Talk
from dialogs.sums import put_aside
from dialogs.values import Answer, LogMiss, SaveProfile
from nlu import entities
from nlu.understanding import Understanding

CLAIM_FACTS = (
    "amount_yuan",
    "months_owed",
    "months_worked",
    "people_count",
    "boss_unreachable",
    "employer",
    "worksite",
)


class Consultation:
    """What is said when no form is open, or when a form is left for a moment to answer something else."""

    flow_for = staticmethod(menus.flow_for)
    offered_flow = staticmethod(menus.offered_flow)
    menu_choices = staticmethod(menus.menu_choices)
    small_talk = staticmethod(menus.small_talk)
    offer_resume = staticmethod(menus.offer_resume)
    show_answer = staticmethod(showing.show_answer)
    offer_choices = staticmethod(showing.offer_choices)
    no_answer = staticmethod(showing.no_answer)
    offer_pending = staticmethod(later.offer_pending)
    drop_pending = staticmethod(later.drop_pending)
    status = staticmethod(handover.status)
    human = staticmethod(handover.human)
    emergency = staticmethod(handover.emergency)

    def handle(self, talk: Talk) -> Talk:
        """Answer a free message outside any form."""
        talk = self._remember_facts(talk)
        heard = talk.heard.understanding
        if heard is None:
            return self.status(talk) if handover.asks_when(talk) else self.from_knowledge(talk, None)
        intent = heard.intent
        if (
            intent == "emergency"
        ):  # the rules decide on emergencies; the model's guess gets help, not an alarm
            return handover.unclear_danger(talk)
        if intent == "human_handoff":
            return self.human(talk)
        if intent == "ticket_status" or handover.asks_when(talk):
            return self.status(talk)
        if intent == "affirm" and talk.state.last_intent:
            flow = self.offered_flow(talk, talk.state.last_intent)
            if flow is not None and talk.state.last_faq:
                return self.begin_flow(talk, flow)
        if intent in TALK_REPLIES and not heard.unsure:
            return self.small_talk(talk, intent)
        return later.put_off_others(self.matter(talk, heard), heard)

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
            and asking.wants_it(talk.heard.text)
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
            return talk.say_key(key).do(LogMiss(reason, heard.intent, None, score(talk)))
        return None

    def from_knowledge(self, talk: Talk, heard: Understanding | None) -> Talk:
        """Answer, choices or an honest miss, with the way to a person and to the service that fits."""
        answers = talk.heard.answers
        if (remembered := sum_offers.so_much(talk)) is not None:  # 能赔多少: whatever entry reads alike
            return remembered
        if answers.outcome == "answer" and answers.hits and not _foreign(heard, answers.hits[0]):
            return self.show_answer(talk, answers.hits[0])
        claim = self._claim_by_facts(talk, heard)
        if claim is not None:
            return showing.advise(talk, claim)
        if heard is not None and heard.intent == "out_of_scope" and not heard.unsure:
            named = menus.named_flow(talk, heard)
            if named is not None:
                return showing.advise(talk, named)
            return (
                talk.say_key("out_of_scope", *self.menu_choices(talk))
                .with_state(confused=talk.state.confused + 1, offered=())
                .do(LogMiss("out_of_scope", heard.intent, None, score(talk)))
            )
        flow = self.flow_for(talk, heard.intent) if heard is not None and not heard.unsure else None
        if flow is not None and (flow.advice or flow.enter == "start"):
            return showing.advise(talk, flow)
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

    def begin_flow(self, talk: Talk, flow: Flow) -> Talk:
        """Start a service with everything that was told before."""
        if (off := seasons.closed(talk, flow)) is not None:
            return off
        state = talk.state
        known_before = {**talk.facts.profile, **state.heard_facts}
        opening = talk.heard.text if flow.enter == "start" else ""
        frame = talk.forms.begin(flow.flow, state.runs + 1, known_before, opening)
        frame = replace(frame, files=state.files)
        talk = put_aside(talk, flow.flow).with_state(
            frame=frame, runs=state.runs + 1, confused=0, awaiting=None, offered=(), files=(),
            pending=later.still_open(talk, flow.intents),
        )  # fmt: skip
        known = talk.forms.summary(frame)
        text = seasons.beginning(talk, flow)
        if frame.values and known != talk.replies("summary_empty"):
            text += "\n" + talk.replies("already_noted", summary=known)
        return talk.say(text).ask_next(frame)

    def _remember_facts(self, talk: Talk) -> Talk:
        found = entities.extract(talk.heard.text, talk.facts.today)
        if not found:
            return talk
        talk = talk.with_state(heard_facts={**talk.state.heard_facts, **found})
        return talk.do(SaveProfile({"region": found["region"]})) if "region" in found else talk


def _foreign(heard: Understanding | None, answer: Answer) -> bool:
    """True when the model is sure that this is none of ours, though some entry reads alike."""
    return heard is not None and heard.intent == "out_of_scope" and not heard.unsure and answer.score < 0.8
