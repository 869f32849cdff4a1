"""How a sentence stands to its matters: several of them, one denied, one already done, or none of its own.

Rules over the word table (keywords.yml), for what a single intent cannot say. They prefer silence to a guess:
where no rule is certain, model and search decide alone. Everything is pure and takes well under a millisecond.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from nlu.keywords import Topic, topics
from nlu.tokens import normalise

MAX_CHARACTERS: Final = 400
CLAUSE_CHARACTERS: Final = 120  # what is remembered of a matter
WAYS: Final = frozenset(
    {"arbitration", "legal_aid_apply", "mediation_request"}
)  # means to an end, seldom the matter

_BREAK: Final = re.compile(
    r"[,,。.;;!!??、\n…]+|(?<=.)(?=另外|还有(?!没)|而且|并且|同时|顺便|再就是|此外|还想问|以及|其二|二是|第二个问题|对了)"
)
_ENDS: Final = re.compile(r"[??。.!!\n]")
_STRONG: Final = re.compile(
    r"另外|顺便|还想问|也想问|再问|第二(?:个问题|件事)|[二三]是|对了|此外|其[二三次]|再就是|再帮|^还有(?!没)"
)
_ADDS: Final = re.compile(
    r"还(?=把|欠|想|说|扣|拖|押|让|叫|逼|罚|打|被|不(?:给|签|交|买|发|让|退))|又(?!是|要不)|也(?!许|是可以|可以|行|能)|"
    r"而且|并且|同时|加上|以及"
)
_ASKS: Final = re.compile(
    r"[??]|[吗么]|呢$|[不没]$|怎么|咋|如何|多少|多久|多长|最长|几[个天年级时点]|什么|啥|哪|谁|是不是|有没有|能不能|"
    r"可不可以|要不要|算不算|该不该|会不会|合法"
)
_HELP: Final = re.compile(  # asks for help with anything: says nothing of the matter
    r"(?:我?(?:该|要|应该))?(?<!手续)(?<!登记)(?:怎么办|咋办|咋个办|咋整|怎么处理|怎么弄|怎么解决|能告吗|合法吗|合不合法|违法吗|找谁|可以吗|行吗)"
)
_BACKGROUND: Final = re.compile(r"期间|的时候|(?:以|之)后$|时$|后$")
_NOT_THIS: Final = re.compile(r"(?:不是(?:被|要|因为)?|并非|不想(?:要|去|走)?)$")
_DID_NOT: Final = re.compile(r"(?:没有?(?:被|受|说|要)?|未被|不算)$")
_EVENTS: Final = frozenset(
    {"dismissal", "resignation", "work_injury"}
)  # what 没有 says did not happen; 没有社保 did

_WISH_NOT: Final = (
    r"(?:(?<!想)不想|不愿意?|不打算|不准备|懒得|(?<!要)不要|先不|没想过?|没打算|没有?要|(?<!用)不用|不考虑|能不能不|能不|可以不|别)"
    r"(?:再|要|去|走|搞|找|请|闹到?|上|用|打|申请|(?:跟|和|同|与)(?:他们?|老板|公司|单位|人家)|通过)*"
)
_NOT_NEEDED: Final = r"(?:就|还是|我看)+(?:不用|不消|不必|不请|不找|不去|不走|不要|不搞|不打|算|免)(?:了|吧)"
_NEVER_DID: Final = r"(?:(?:又|根本|从来|压根)就?|我(?:可|又|真)?)没有?(?:被|说要|要|想)?"
_IS_NOT: Final = (
    r"(?:(?<!是)(?<!要)(?:并|真|也)?不是|并非|问的不是|说的不是)(?:要|想|问|说|因为|我)*(?:要|问|说)?"
)
_OTHERS: Final = re.compile(r"公司|老板|单位|厂[里方]?|他们?|她|对方|领导|人家")
_GAP: Final = r"(?=$|[^一-龥]|是|而是|了|吧|我|太|闹|的)"

_OPENS: Final = re.compile(
    r"^(?:那(?!个|天|边|里|些|时候?|种|年|月|次|家|位|儿|么多)么?|还有(?!没|一|[两三几])|还(?=要|能|可以)|另外)"
)
_SUPPOSES: Final = re.compile(r"^.{0,3}(?:要是|如果|万一|假如|假使|要不是)|的话呢?[??]?$")
_CALLS: Final = re.compile(r"(?:您?你?好|在|是|真的|可以|行|好|对)[吗不么][??]?|谢.*")
# 那退休的能参加不: another case of the same thing.
_SUBJECT: Final = re.compile(r"^那.{1,5}的(?:人|职工)?(?:也|还|能|可以|算|有|怎么|咋|呢)")
# Words with which one asks on without naming the subject; what is left of a sentence without them is its own.
_FILLERS: Final = re.compile(
    r"多长时间|什么时候|啥时候|多少钱|多少|多久|几个月|几天|几年|几时|哪些|哪个|哪里|哪儿|哪点|哪样|哪|什么|怎么办|怎么整|怎么|咋个|咋办|咋整|咋|"
    r"为什么|谁|有没有|能不能|可不可以|是不是|要不要|我们|你们|他们|老板|公司|单位|厂里|人家|对方|领导|自己|"
    r"要是|如果|万一|一直|打击报复|需要|可以|同意|申请|准备|下来|超过|收费|免费|费用|时间|期限|材料|东西|资料|证明|证据|手续|流程|步骤|"
    r"地方|地址|电话|号码|部门|条件|要求|好处|办法|结果|工资|合同|外地|本地|临时|别的|其他|这个|这样|那个|一次|大概|一般|最多|最少|还是|应该|"
    r"[我你他她它要用得能会该是有没不了吗么呢吧啊的嘛还都也就去到在给拿出办弄搞问带交收花缴算认批下发照赔补报领退查看走过签找行好成钱费那再"
    r"元块天月年个点些花每]|好多|好久|一个人|网上|户口|身份证"
)
_ASKS_ON: Final = re.compile(
    r"[??]$|[吗么呢不没]$|好(?:久|多|多钱)$|([一-龥])[不没]\1|"
    r"怎么|咋|多少|多久|多长|几|什么|啥|谁|哪|可不可以"
)
_EDGES: Final = " ,。.!~?"
_CUE: Final = 6  # characters of a clause that only begins another matter
_SHORT: Final = 12  # characters; longer sentences say themselves what they are about
_SUPPOSING: Final = 14


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter of a message, with the words that are about it."""

    intent: str
    clause: str


@dataclass(frozen=True, slots=True)
class Stance:
    """What the rules found. `rest` is the text without what was denied; `asks_next` are questions for the stage."""

    denied: frozenset[str] = frozenset()
    done: str | None = None
    stage: str = ""
    rest: str = ""
    asks_next: tuple[str, ...] = ()

    @property
    def instead(self) -> str | None:
        """The other way that fits what is not wanted, unless that is not wanted either."""
        ways = [topics()[intent].instead for intent in sorted(self.denied) if topics()[intent].wish]
        return next((way for way in ways if way and way not in self.denied), None)


@dataclass(frozen=True, slots=True)
class _Clause:
    text: str
    intents: tuple[str, ...]
    asks: bool  # a question of its own, not a cry for help
    strong: bool  # 另外, 顺便: begins something else
    adds: bool  # 也, 又, 还把: one more of the kind
    ends: bool  # a sentence ends here


# --- several matters -------------------------------------------------------------------------------------------


def matters(text: str) -> tuple[Matter, ...]:
    """Every matter with evidence of its own, in the order of the text; what is denied is left out."""
    found: dict[str, str] = {}
    clauses = _clauses(text)
    for index, clause in enumerate(clauses):
        for intent in clause.intents:
            found.setdefault(intent, _about(clauses, index))
    return tuple(Matter(intent, clause) for intent, clause in found.items())


def further(text: str, handled: str | None) -> tuple[Matter, ...]:
    """The matters beside the one that was handled; only those that stand on their own feet."""
    if handled is None or _stance_of(text).denied:
        return ()
    clauses = _clauses(text)
    named: list[Matter] = []
    for matter in matters(text):
        taken = (handled, *(other.intent for other in named))
        if matter.intent not in taken and all(
            _stands_alone(clauses, matter.intent, other) for other in taken
        ):
            named.append(matter)
    return tuple(named)


def _stands_alone(clauses: tuple[_Clause, ...], intent: str, handled: str) -> bool:
    places = [
        i for i, clause in enumerate(clauses) if intent in clause.intents and handled not in clause.intents
    ]
    if not places:
        return False
    mine = clauses[places[0]]
    others = [
        i for i, clause in enumerate(clauses) if handled in clause.intents and intent not in clause.intents
    ]
    if not others:  # what was handled has no words here that we know
        return places[0] > 0 and (mine.strong or mine.adds) and not _near(intent, handled)
    other = clauses[others[0]]
    later = mine if places[0] > others[0] else other
    both_ask = mine.asks and other.asks
    if _BACKGROUND.search(mine.text) or _BACKGROUND.search(other.text):
        return later.strong
    if later.strong or (both_ask and (clauses[min(places[0], others[0])].ends or not _near(intent, handled))):
        return True
    if WAYS & {intent, handled}:
        return both_ask and _near(intent, handled) is False
    if later.adds:
        return True
    return not (mine.asks or other.asks or _near(intent, handled))


def _near(left: str, right: str) -> bool:
    table = topics()
    return (left in table and right in table[left].near) or (right in table and left in table[right].near)


@lru_cache(maxsize=64)
def _clauses(text: str) -> tuple[_Clause, ...]:
    read: list[_Clause] = []
    begun = False  # 另外, 第二个问题: may stand alone before a comma
    for part, after in _split(_plain(text)):
        clause = _read(part, after, begun=begun)
        begun = clause.strong and not clause.intents and len(part) <= _CUE
        read.append(clause)
    return tuple(read)


def _plain(text: str) -> str:
    """Half width, lower case, 没得 and 莫得 as 没有."""
    return re.sub("[没莫]得(?=[一-龥])", "没有", normalise(text[:MAX_CHARACTERS]).strip())


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Clauses, each with the punctuation that follows it."""
    start = 0
    for match in _BREAK.finditer(text):
        part = text[start : match.start()].strip()
        if part:
            yield part, match.group()
        start = match.end()
    if text[start:].strip():
        yield text[start:].strip(), ""


def _read(text: str, after: str, *, begun: bool) -> _Clause:
    return _Clause(
        text=text,
        intents=tuple(intent for intent, topic in topics().items() if _evidence(topic, text)),
        asks="?" in after or _ASKS.search(_HELP.sub("", text)) is not None,
        strong=begun or _STRONG.search(text) is not None,
        adds=_ADDS.search(text) is not None,
        ends=_ENDS.search(after) is not None,
    )


def _evidence(topic: Topic, clause: str) -> bool:
    return any(not _is_denied(topic, clause[: match.start()]) for match in topic.matter.finditer(clause))


def _is_denied(topic: Topic, before: str) -> bool:
    return bool(_NOT_THIS.search(before) or (topic.intent in _EVENTS and _DID_NOT.search(before)))


def _about(clauses: tuple[_Clause, ...], index: int) -> str:
    """The clause and what follows it until another matter begins."""
    parts = [clauses[index].text]
    for clause in clauses[index + 1 :]:
        if clause.intents or clause.strong:
            break
        parts.append(clause.text)
    return ",".join(parts)[:CLAUSE_CHARACTERS]


# --- denied, done ----------------------------------------------------------------------------------------------


def stance(text: str) -> Stance:
    """What the sentence denies or says to be done; an empty stance where nothing is certain."""
    return _stance_of(text)


@lru_cache(maxsize=64)
def _stance_of(text: str) -> Stance:
    plain = _plain(text)
    denied: set[str] = set()
    rest = plain
    for intent, topic in topics().items():
        cut = _denial(topic, plain)
        if cut is not None:
            denied.add(intent)
            rest = rest.replace(cut, "")
    for intent, topic in topics().items():
        stage = next((name for name, pattern in topic.stages.items() if pattern.search(plain)), None)
        if stage is not None and intent not in denied:
            return Stance(frozenset(denied), intent, stage, rest.strip(" ,"), topic.next.get(stage, ()))
    ways = [topics()[intent].next["denied"] for intent in sorted(denied) if "denied" in topics()[intent].next]
    other_ways = tuple(way for way in (ways[0] if ways else ()) if all(way in others for others in ways))
    return Stance(frozenset(denied), rest=rest.strip(" ,"), asks_next=other_ways)


def _denial(topic: Topic, text: str) -> str | None:
    """The words with which the person denies the matter for themselves."""
    told, always = _forms(topic.intent)
    for clause, after in _split(text):
        asked = "?" in after or _ASKS.search(clause) is not None
        for form in always if asked else (*told, *always):
            match = form.search(clause)
            if match and not _OTHERS.search(clause[: match.start()]):
                return match.group()
    return None


def forget() -> None:
    """Drop the sentences that are kept for speed: somebody wants their words deleted."""
    _clauses.cache_clear()
    _stance_of.cache_clear()


@lru_cache(maxsize=64)
def _forms(intent: str) -> tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]]:
    """The forms of a denial: those of a statement only, and those of a wish, which may also be put as a question."""
    topic = topics()[intent]
    told = [rf"{_IS_NOT}(?:{topic.called}){_GAP}"]
    if intent in _EVENTS - {"work_injury"}:
        told.append(rf"{_NEVER_DID}(?:{topic.called})(?:$|啊|呀|的)")
    always = [rf"{_WISH_NOT}(?:{topic.called})", rf"(?:{topic.called}){_NOT_NEEDED}"] if topic.wish else []
    return tuple(map(re.compile, told)), tuple(map(re.compile, always))


# --- leaning on the topic before -------------------------------------------------------------------------------


def leaning(text: str) -> Literal["leans", "moves", "may"] | None:
    """Whether a sentence leans on the topic before it or moves on to one that it names; None: it stands alone.

    `may`: short, and asks without naming anything that we know; whether it leans, only the search can tell.
    """
    plain = _plain(text).strip(_EDGES.rstrip("?"))
    if not plain or len(plain) > _SUPPOSING or _CALLS.fullmatch(plain):
        return None
    own = own_topic(plain)
    if _SUPPOSES.search(plain) and (own is None or len(plain) <= 9):
        return "leans"
    opened = _OPENS.match(plain)
    if own is not None and not (opened and _SUBJECT.search(plain)):
        bare = opened is not None or (plain.endswith("呢") and len(plain) <= 6)
        return "moves" if bare and len(plain) <= _SHORT - 2 else None
    if len(plain) > _SHORT or not _ASKS_ON.search(plain):
        return None
    if opened is not None or (plain.endswith("呢") and len(plain) <= 5):
        return "leans"
    return "may" if _FILLERS.sub("", plain).strip(_EDGES) else "leans"


def own_topic(text: str) -> str | None:
    """The intent that the words of a short sentence name; None where they name none."""
    plain = _plain(text)
    for intent, topic in topics().items():
        if _evidence(topic, plain):
            return intent
    left = _FILLERS.sub(" ", plain)
    named = [
        (len(word), intent)
        for intent, topic in topics().items()
        for word in topic.words
        if word in plain
        and _FILLERS.sub("", word)
        and all(part in left for part in _FILLERS.sub(" ", word).split())
    ]
    return max(named)[1] if named else None
