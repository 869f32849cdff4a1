"""Sentences that lean on the topic before them: 要交钱不, 那试用期呢, 在哪办."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.lookup import Lookup, openings
from bot.told import LookedUp, Told
from dialogs.flow import Flow
from dialogs.state import Pending, State
from dialogs.values import Answer, Answers, Facts
from knowledge.search import DEFAULT_THRESHOLDS, KnowledgeBase
from nlu import stance
from nlu.understanding import INTENTS, Understander

QUESTIONS_KEPT = 256  # vectors of questions that were asked on from
STANDS_CLEAR = 1.4  # times the second entry of the topic
STRONG, CLEAR, FAIR, FAINT = 0.65, 0.5, 0.3, 0.1  # scores from which words and topic speak of an entry
LEAN = 0.5  # share of the topic before in what leans on it: vector and intent


class Leaning:
    """Knows what the conversation is about, and searches with it."""

    def __init__(
        self, lookup: Lookup, knowledge: KnowledgeBase, understander: Understander, flows: Mapping[str, Flow]
    ) -> None:
        self._lookup = lookup
        self._knowledge = knowledge
        self._understander = understander
        self._flows = flows
        self._vectors: dict[str, tuple[float, ...]] = {}

    async def look_up(self, told: Told, state: State) -> LookedUp | None:
        """要交钱不, 那试用期呢: what leans on the topic before is looked up together with it."""
        how = stance.leaning(told.text)
        topic = self._topic(state, told.facts)
        if how is None or topic is None or told.talks:
            return None
        if how == "moves":
            own = stance.own_topic(told.text)
            assert own is not None
            return told.meaning(own), self._lookup.about(told, own, {**told.likely, own: 0.8})
        plain = self._lookup.search(told)
        if how == "may" and (plain.outcome == "answer" or told.foreign):
            return None
        joint = await self._joint(told, topic, state.last_faq)
        answers = await self._decided(told, topic.intent, state.last_faq, joint)
        if how == "may" and not (
            state.last_faq and answers.outcome == "answer" and _also_in(plain, answers.hits[0])
        ):
            return None
        if answers.outcome != "answer" and plain.outcome == "answer":
            return None  # its own words are clear enough
        if answers.outcome == "none" and how == "leans" and not told.foreign:
            near = tuple(hit for hit in joint.hits if hit.intent == topic.intent)
            answers = Answers("choices" if near else "none", near)
        return (told.meaning(topic.intent), answers) if answers.outcome != "none" else None

    async def _decided(self, told: Told, intent: str, shown: str | None, joint: Answers) -> Answers:
        """One answer rather than three choices where the words, read within the topic, speak of one of its entries."""
        if joint.outcome == "answer" or shown is None:
            return joint
        alone = self._lookup.search(told, intents={intent: 1.0})
        of_words, of_both = _shares(alone, intent), _shares(joint, intent)
        ranked = sorted(
            of_words.keys() | of_both.keys(), key=lambda one: -of_words.get(one, 0.0) - of_both.get(one, 0.0)
        )
        if not ranked or not _stands_clear(ranked, of_words, of_both):
            return await self._by_opening(told, intent, shown, joint)
        hits = {hit.faq_id: hit for hit in (*joint.hits, *alone.hits)}
        best, raw = ranked[0], {hit.faq_id: hit.score for hit in joint.hits}.get(ranked[0], 0.0)
        named = next((hit.score for hit in alone.hits if hit.faq_id == best), 0.0)
        spoken_of = max(of_words, key=lambda one: of_words[one], default=None) == best
        if best == shown:  # what was told a moment ago holds the answer
            sure = spoken_of and named >= FAINT and joint.hits[0].score < FAIR
        else:
            sure = named >= STRONG or raw >= CLEAR or (spoken_of and raw >= FAIR)
        if not sure:
            return await self._by_opening(told, intent, shown, joint)
        others = (hits[one] for one in ranked[1:] if one != shown)
        return Answers("answer", (hits[best], *others))

    async def _by_opening(self, told: Told, intent: str, shown: str | None, joint: Answers) -> Answers:
        """The last entry may be far off from where the talk began: the topic's first question is tried as well."""
        opening = openings().get(intent)
        first = self._lookup.search(told, opening, {intent: 0.9}, ()).hits[:1] if opening else ()
        if opening is None or not first:
            return joint
        found = _without(await self._joint(told, Pending(intent, opening), shown), first[0].faq_id)
        agrees = found.outcome == "answer" and found.hits[0].faq_id in {hit.faq_id for hit in joint.hits[:3]}
        return found if agrees and found.hits[0].intent == intent else joint

    def _topic(self, state: State, facts: Facts) -> Pending | None:
        """What the conversation is about now: an entry's question, or the service whose form is open."""
        if state.idle_hours(facts.now) >= facts.resume_hours:
            return None
        if state.frame is not None:
            served = self._flows[state.frame.flow].intents
            return Pending(served[0], INTENTS[served[0]].label) if served else None
        if state.last_intent is None or state.last_intent not in INTENTS:
            return None
        hit = self._knowledge.get(state.last_faq) if state.last_faq else None
        return Pending(state.last_intent, hit.question if hit else INTENTS[state.last_intent].label)

    async def _joint(self, told: Told, topic: Pending, shown: str | None) -> Answers:
        """Search with the topic's question beside the words; the entry just shown is not the answer again."""
        likely = {name: (1 - LEAN) * share for name, share in told.likely.items()}
        likely[topic.intent] = likely.get(topic.intent, 0.0) + LEAN
        vector = told.heard.embedding
        before = await self._vector(topic.clause) if vector is not None else None
        if vector is not None and before is not None:
            vector = tuple((1 - LEAN) * a + LEAN * b for a, b in zip(vector, before, strict=True))
        answers = self._lookup.search(told, f"{topic.clause} {told.text}", likely, vector)
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


def _shares(answers: Answers, intent: str) -> dict[str, float]:
    """The share of each entry among those of the topic."""
    hits = [hit for hit in answers.hits if hit.intent == intent]
    total = sum(hit.score for hit in hits)
    return {hit.faq_id: hit.score / total for hit in hits} if total > 0 else {}


def _stands_clear(ranked: Sequence[str], left: Mapping[str, float], right: Mapping[str, float]) -> bool:
    first, *others = [left.get(one, 0.0) + right.get(one, 0.0) for one in ranked]
    return not others or first >= STANDS_CLEAR * others[0]


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
