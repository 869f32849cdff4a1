"""Understand one message before its transaction: emergency rules, model if needed, search."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from bot.files import AcceptedFile
from bot.logs import describe_error
from bot.messages import Inbound
from dialogs import buttons, controls
from dialogs.engine import FACTS_KEPT_HOURS, Engine
from dialogs.state import Pending, State
from dialogs.values import Answer, Answers, Facts, Heard, LawText
from knowledge import statute_search
from knowledge.search import DEFAULT_THRESHOLDS, Hit, KnowledgeBase, SearchResult
from knowledge.statute_search import FoundArticle, StatuteSearch
from knowledge.statutes import basis_line, in_force_title
from nlu import emergency, stance
from nlu.understanding import INTENTS, OUT_OF_SCOPE, Ranked, Understander, Understanding

log = logging.getLogger(__name__)
CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd\ud800-\udfff]"
)
FREE_PAYLOADS = ("t:", "go:status")  # buttons that work also while a cadre is talking
QUESTIONS_KEPT = 256  # vectors of questions that were asked on from
LEAN = 0.5  # share of the topic before in what leans on it: vector and intent
SURE_TALK = 0.6  # from which a greeting is a greeting and leans on nothing
ENTRY_PAYLOADS = ("faq:", "more:", "ok:", "no:")  # buttons that name an entry
ODD_PAYLOAD = "?"  # what a payload becomes that no button of ours can have: answered like any unknown one


@dataclass(frozen=True)
class HeardMessage:
    """What the turn works with. `silent`: a cadre is talking and this message is for them."""

    heard: Heard
    silent: bool
    text: str


def clean_text(text: str) -> str:
    """Return the text without control, direction and zero-width characters."""
    return CONTROL.sub("", text).strip()


def clean_payload(payload: str | None) -> str | None:
    """Return the payload if a button of ours could carry it; columns and lists rely on its length."""
    if payload is None:
        return None
    fits = len(payload.encode("utf-8", "replace")) <= buttons.LIMIT_BYTES
    return payload if fits and CONTROL.search(payload) is None else ODD_PAYLOAD


class Hearing:
    """Knows when the model is needed and when the open question is enough."""

    def __init__(
        self,
        engine: Engine,
        understander: Understander,
        knowledge: KnowledgeBase,
        text_limit: int,
        statutes: StatuteSearch | None = None,
    ) -> None:
        self._engine = engine
        self._understander = understander
        self.knowledge = knowledge
        self._statutes = statutes
        self._text_limit = text_limit
        self._vectors: dict[str, tuple[float, ...]] = {}

    async def at_once(
        self,
        inbound: Inbound,
        state: State,
        facts: Facts,
        accepted: tuple[AcceptedFile, ...],
        *,
        silent: bool,
    ) -> HeardMessage | None:
        """Return what was heard, or None where the model is needed; never raises for a message's content."""
        heard, full = self._plainly(inbound, accepted)
        await self._answers_at_hand(inbound, state)
        free = heard.emergency is not None or (inbound.payload or "").startswith(FREE_PAYLOADS)
        quiet = silent and not free
        clear = heard.emergency is not None or inbound.payload is not None or not heard.text or accepted
        taken_up = (
            heard.emergency is None and not accepted and self._taken_up(heard, state, facts) is not None
        )
        if not quiet and (taken_up or not (clear or not self._needs_model(heard, state, facts))):
            return None
        return HeardMessage(heard, quiet, full)

    async def with_model(self, inbound: Inbound, state: State, facts: Facts) -> HeardMessage:
        """Return what model and search make of a free sentence; never raises for a message's content."""
        heard, full = self._plainly(inbound, ())
        matter = self._taken_up(heard, state, facts)
        if matter is not None:
            heard = replace(heard, text=matter.clause, payload=buttons.make("then", matter.intent))
        try:
            await self.knowledge.refresh()
            understanding = await self._understander.understand(heard.text)
            told = _Told(heard.text, understanding, facts)
            looked_up = self._remembered(told, matter) if matter else await self._in_context(told, state)
            answers = await self._with_laws(told, *looked_up)
            heard = replace(heard, understanding=looked_up[0], answers=answers)
        except (SQLAlchemyError, OSError):  # the database is away: the whole turn comes again
            raise
        except Exception as defect:  # noqa: BLE001 - a defect of ours must not lose the message: the step goes on without
            log.error("not understood: %s", describe_error(defect))  # noqa: TRY400 - no text in logs
        return HeardMessage(heard, silent=False, text=full)

    def _plainly(self, inbound: Inbound, accepted: tuple[AcceptedFile, ...]) -> tuple[Heard, str]:
        full = clean_text(inbound.text)
        text = full[: self._text_limit]
        danger = emergency.detect(text) if text and inbound.payload is None else None
        heard = Heard(
            text=text,
            payload=inbound.payload,
            kind=inbound.kind,
            emergency=danger.kind if danger else None,
            files=tuple(file.sha256 for file in accepted),
            refused_file=inbound.refused_file,
            truncated=len(full) > self._text_limit,
        )
        return heard, full

    def _needs_model(self, heard: Heard, state: State, facts: Facts) -> bool:
        try:
            return self._engine.needs_model(state, heard.text, facts)
        except Exception as defect:  # noqa: BLE001 - as above
            log.error("not understood: %s", describe_error(defect))  # noqa: TRY400 - no text in logs
            return False

    async def _answers_at_hand(self, inbound: Inbound, state: State) -> None:
        """What a button or an earlier offer names must be in memory, though just started or just edited."""
        pointed = inbound.payload or ""
        if inbound.payload is None:  # words may point at any button shown last
            pointed = next((payload for _, payload in state.shown if payload.startswith(ENTRY_PAYLOADS)), "")
        if state.offered or pointed.startswith(ENTRY_PAYLOADS):
            await self.knowledge.refresh()
        if self._statutes is not None and (inbound.payload or "").startswith(f"more:{statute_search.KEY}"):
            await self._statutes.refresh()

    async def _with_laws(self, told: "_Told", meant: Understanding, answers: Answers) -> Answers:
        """Put the nearest articles of the law beside what no entry answers."""
        if self._statutes is None or answers.outcome != "none" or not statute_search.wanted(meant.intent):
            return answers
        await self._statutes.refresh()
        found = self._statutes.search(told.text, embedding=told.heard.embedding)
        if found.outcome == "none":
            return answers
        return replace(answers, laws=tuple(law_text_of(article) for article in found.shown))

    def _taken_up(self, heard: Heard, state: State, facts: Facts) -> Pending | None:
        if heard.payload is None and state.idle_hours(facts.now) > FACTS_KEPT_HOURS:
            return None
        try:
            return controls.remembered(state, heard.text, heard.payload)
        except Exception as defect:  # noqa: BLE001 - as above
            log.error("not understood: %s", describe_error(defect))  # noqa: TRY400 - no text in logs
            return None

    async def _in_context(self, told: "_Told", state: State) -> "_LookedUp":
        """Look a free sentence up with what it denies, what it leans on, or the first of its matters in mind."""
        if state.frame is None:
            steered = self._steered(told)
            if steered is not None:
                return steered
        leaning = await self._leaning(told, state)
        if leaning is not None:
            return leaning
        plain = self._search(told)
        if plain.outcome == "answer":
            return told.heard, plain
        return told.heard, self._first_matter(told) or plain

    def _search(
        self, told: "_Told", text: str | None = None, intents: Mapping[str, float] | None = None,
        embedding: tuple[float, ...] | None = None,
    ) -> Answers:  # fmt: skip
        result: SearchResult = self.knowledge.search(
            told.text if text is None else text,
            embedding=told.heard.embedding if embedding is None else embedding,
            intents=told.likely if intents is None else intents,
            region=told.facts.profile.get("region"),
            today=told.facts.today,
        )
        return Answers(result.outcome, tuple(answer_of(hit) for hit in result.hits))

    def _remembered(self, told: "_Told", matter: Pending) -> "_LookedUp":
        """The matter is known; only what the worker said of it decides which entry answers."""
        return told.meaning(matter.intent), self._about(told, matter.intent, {matter.intent: 0.9})

    def _about(self, told: "_Told", intent: str, likely: Mapping[str, float]) -> Answers:
        """Search where the intent is certain: what comes near in it is offered rather than nothing."""
        answers = self._search(told, intents=likely)
        fitting = tuple(hit for hit in answers.hits if hit.intent == intent)
        return Answers("choices", fitting) if answers.outcome == "none" and fitting else answers

    def _first_matter(self, told: "_Told") -> Answers | None:
        """Two matters in one sentence blur the search: look for the first alone."""
        found = stance.matters(told.text)
        first = next((m for m in found if m.intent == told.heard.intent), found[0] if found else None)
        if first is None or not stance.further(told.text, first.intent):
            return None
        answers = self._search(told, first.clause, {**told.likely, first.intent: 0.9})
        return answers if answers.outcome != "none" else None

    def _steered(self, told: "_Told") -> "_LookedUp | None":
        """不想仲裁, 已经仲裁过了, 不是辞退是我自己走的: the word is there, but not as what is wanted."""
        stand = stance.stance(told.text)
        if stand.done is not None:
            return told.meaning(stand.done), self._ways(told, stand.asks_next, "next_steps")
        if not stand.denied:
            return None
        likely = {name: share for name, share in told.likely.items() if name not in stand.denied}
        meant = next((m.intent for m in stance.matters(stand.rest) if m.intent not in stand.denied), None)
        if meant is None and stand.asks_next:
            return told.meaning(stand.instead or told.best(likely)), self._ways(
                told, stand.asks_next, "other_ways"
            )
        if meant is None:
            return told.meaning(told.best(likely), unsure=True), self._search(told, stand.rest, likely)
        return told.meaning(meant), self._search(told, stand.rest, {**likely, meant: 0.8})

    def _ways(self, told: "_Told", questions: tuple[str, ...], asked_with: str) -> Answers:
        """What the worker may want now: the one that the sentence itself asks for, or all as choices."""
        found = [self._search(told, question, {}, ()).hits[:1] for question in questions]
        hits = tuple({hit.faq_id: hit for hits in found for hit in hits}.values())
        plain = self._search(told)
        if plain.outcome == "answer" and plain.hits[0].faq_id in {hit.faq_id for hit in hits}:
            return plain
        if len(hits) < 2:
            return Answers("answer" if hits else "none", hits)
        return Answers("choices", hits, asked_with)

    async def _leaning(self, told: "_Told", state: State) -> "_LookedUp | None":
        """要交钱不, 那试用期呢: what leans on the topic before is looked up together with it."""
        how = stance.leaning(told.text)
        topic = self._topic(state, told.facts)
        if how is None or topic is None or told.talks:
            return None
        if how == "moves":
            own = stance.own_topic(told.text)
            assert own is not None
            return told.meaning(own), self._about(told, own, {**told.likely, own: 0.8})
        plain = self._search(told)
        if how == "may" and (plain.outcome == "answer" or told.heard.intent == OUT_OF_SCOPE):
            return None
        joint = await self._joint(told, topic, state.last_faq)
        if how == "may" and not (
            state.last_faq and joint.outcome == "answer" and _also_in(plain, joint.hits[0])
        ):
            return None
        return (told.meaning(topic.intent), joint) if joint.outcome != "none" else None

    def _topic(self, state: State, facts: Facts) -> Pending | None:
        """What the conversation is about now: an entry's question, or the service whose form is open."""
        if state.idle_hours(facts.now) >= facts.resume_hours:
            return None
        if state.frame is not None:
            served = self._engine.flows[state.frame.flow].intents
            return Pending(served[0], INTENTS[served[0]].label) if served else None
        if state.last_intent is None or state.last_intent not in INTENTS:
            return None
        hit = self.knowledge.get(state.last_faq) if state.last_faq else None
        return Pending(state.last_intent, hit.question if hit else INTENTS[state.last_intent].label)

    async def _joint(self, told: "_Told", topic: Pending, shown: str | None) -> Answers:
        """Search with the topic's question beside the words; the entry just shown is not the answer again."""
        likely = {name: (1 - LEAN) * share for name, share in told.likely.items()}
        likely[topic.intent] = likely.get(topic.intent, 0.0) + LEAN
        vector = told.heard.embedding
        before = await self._vector(topic.clause) if vector is not None else None
        if vector is not None and before is not None:
            vector = tuple((1 - LEAN) * a + LEAN * b for a, b in zip(vector, before, strict=True))
        answers = self._search(told, f"{topic.clause} {told.text}", likely, vector)
        return _without(answers, shown)

    async def _vector(self, question: str) -> tuple[float, ...] | None:
        if question not in self._vectors:
            vector = (await self._understander.understand(question)).embedding
            if vector is None:
                return None
            if len(self._vectors) >= QUESTIONS_KEPT:
                self._vectors.clear()
            self._vectors[question] = vector
        return self._vectors[question]

    def named_answers(self, inbound: Inbound, state: State) -> Mapping[str, Answer]:
        """Return the entries that a pressed button or an earlier offer names."""
        press = buttons.parse(inbound.payload or "")
        shown = (buttons.parse(payload) for _, payload in state.shown)
        names = {*state.offered, *(press.args[0] for press in shown if press is not None)}
        if press is not None and press.kind in {"faq", "more", "ok", "no"}:
            names.add(press.args[0])
        hits = {name: self.knowledge.get(name) for name in names}
        found = {name: answer_of(hit) for name, hit in hits.items() if hit is not None}
        if press is not None and press.kind == "more" and self._statutes is not None:
            article = self._statutes.get(press.args[0])
            if article is not None:
                found[article.key] = whole_text_of(article)
        return found


def answer_of(hit: Hit) -> Answer:
    """Return the dialog's view of a search hit."""
    return Answer(hit.faq_id, hit.intent, hit.question, hit.answer, hit.more, hit.basis, hit.score)


def law_text_of(article: FoundArticle) -> LawText:
    """Return the dialog's view of an article."""
    return LawText(article.key, article.citation.title, in_force_title(article.citation), article.text)


def whole_text_of(article: FoundArticle) -> Answer:
    """Return the whole article as what a button unfolds."""
    title = article.citation.title
    basis = basis_line([article.citation])
    return Answer(article.key, "", title, article.text, f"{title}\n{article.text}", basis, article.score)


_LookedUp = tuple[Understanding, Answers]


@dataclass(frozen=True)
class _Told:
    """A sentence with what the model made of it."""

    text: str
    heard: Understanding
    facts: Facts

    @property
    def likely(self) -> dict[str, float]:
        return {ranked.intent: ranked.confidence for ranked in self.heard.ranking}

    @property
    def talks(self) -> bool:
        """True for thanks, a greeting, a call for a person; asking when it comes may be about the topic."""
        intent = self.heard.intent
        talk = intent in INTENTS and INTENTS[intent].group == "talk"
        asks_on = intent in {OUT_OF_SCOPE, "ticket_status", "affirm", "deny", "help"}
        return talk and not asks_on and not self.heard.unsure and self.heard.confidence >= SURE_TALK

    def best(self, likely: Mapping[str, float]) -> str:
        return max(likely, key=lambda name: likely[name]) if likely else OUT_OF_SCOPE

    def meaning(self, intent: str, *, unsure: bool = False) -> Understanding:
        """The model's understanding with the intent that the context gives it."""
        others = tuple(ranked for ranked in self.heard.ranking if ranked.intent != intent)
        confidence = max(self.likely.get(intent, 0.0), 0.0 if unsure else 0.8)
        ranking = (Ranked(intent, confidence), *others)
        return replace(self.heard, intent=intent, confidence=confidence, ranking=ranking, unsure=unsure)


def _also_in(answers: Answers, found: Answer) -> bool:
    """True when the words alone lead near it too; otherwise the topic before speaks, not the sentence."""
    return found.faq_id in {hit.faq_id for hit in answers.hits}


def _without(answers: Answers, shown: str | None) -> Answers:
    """The hits without the one that was shown a moment ago; its share goes to the others."""
    others = tuple(hit for hit in answers.hits if hit.faq_id != shown)
    left = 1 - sum(hit.score for hit in answers.hits if hit.faq_id == shown)
    if len(others) == len(answers.hits) or not others or left <= 0:
        return answers
    hits = tuple(replace(hit, score=min(1.0, hit.score / left)) for hit in others)
    if hits[0].score >= DEFAULT_THRESHOLDS.answer:
        return Answers("answer", hits)
    likely = sum(hit.score for hit in hits[:3]) >= DEFAULT_THRESHOLDS.choices
    return Answers("choices" if likely else "none", hits)
