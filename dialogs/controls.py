"""Short messages that steer: back, skip, cancel, human … (controls.yaml), and those that point at what was shown."""

import re
from datetime import date
from pathlib import Path
from typing import Final, Literal

import yaml

from dialogs import buttons, slots
from dialogs.forms import EDIT, REVIEW
from dialogs.state import Pending, State
from nlu import entities, stance
from nlu.tokens import normalise
from nlu.understanding import INTENTS

TABLE = Path(__file__).with_name("controls.yaml")
NOISE = re.compile("^[\\s。.!！~～,，]+|[\\s。.!！~～,，]+$")
LONGEST = 24  # characters; a longer message tells a story and is left to the model

THEN: Final = "then"  # what the state awaits after "shall we go on with the other matter?"
MENU_FROM: Final = 3  # so many buttons are a list to choose from
NONE_OF_THESE: Final = "none"
_DIGITS: Final = "一二三四五六七八九"
_LEAD: Final = r"^(?:那|嗯+|哦|好的?|就|还是|我|是|要|选|点|看|想看?|打开|问的|应该|说|讲|再|先|接着|,)*"
_TAIL: Final = (
    r"(?:吧|嘛|啊|呢|的|哈|了|行不行|可以吗|情况|,?谢谢您?|"
    r"(?:和|跟|像)我.{0,8}(?:一样|差不多|像|符合)|这个|,)*$"
)
_UNIT: Final = "(?:个|种|项|条|样|号|件|件事|个问题)"
_NTH: Final = re.compile(rf"{_LEAD}(?P<end>倒数)?第(?P<n>[{_DIGITS}1-9]){_UNIT}?{_TAIL}")
_BARE: Final = re.compile(rf"{_LEAD}[((]?(?P<n>[{_DIGITS}两1-9])[))]?[.、]?(?:个|种|项|条|样|号)?{_TAIL}")
_THAT: Final = r"(?:的?(?:那|这|一)?(?:个|条|项|种)|的)"
_LAST: Final = re.compile(rf"{_LEAD}(?:最后|末尾|最末|最下面|后[面边头]|下[面边头]){_THAT}{_TAIL}")
_FIRST: Final = re.compile(rf"{_LEAD}(?:最上面|最前面|开头|头|上[面边头]|前[面边头]){_THAT}{_TAIL}")
_MIDDLE: Final = re.compile(rf"{_LEAD}中间{_THAT}{_TAIL}")
_NEITHER: Final = re.compile(
    r"(?:这些|上面|这几个|这里面?|哪个|两个|三个|一个|全|好像)*(?:都|也)(?:不是|不对|没有)(?:的|我?(?:要|想)?(?:问|找|说)?的)?|"
    r"没有?(?:我?(?:要|想)(?:问|找)?的|一个(?:是|对)的?)|不是(?:这些|这几个|上面的|上面这些)"
)
_FURTHER: Final = re.compile(  # 更多, for a long list shown in parts
    r"(?:看看?|点|还有)?(?:更多|别的|其他|其它|下一页|下面的)(?:选项|的|呢|吗|情况)*|还有(?:呢|吗|没有|什么|哪些)|"
    r"(?:这里面?|上面|这些里?)*没有?(?:我的?|我这种|适合我|符合我)(?:情况|那种|的)*"
)
_NO_MORE_JOBS: Final = re.compile(  # 不用再告诉我, also long after the message that offered it
    r"不用再告诉我|(?:不用|不要|别|莫)再?(?:给我)?(?:告诉|发|推送?|通知)我?(?:新?的?(?:岗位|招工|招聘)(?:信息)?)(?:给我)?(?:了|啦)?"
)
_YES: Final = re.compile(
    r"(?:好的?|嗯+|行|可以|要得?|要的|说吧|说说|得|ok|接着(?:说|来)|继续说|那就说|说(?:这|那|下|另)一?个|下一个|还有一个|"
    r"办完了|弄好了)(?:吧|嘛|啊|哈|呢|,)*"
)
_NTH_MATTER: Final = re.compile(  # 说第二个, 第二件事: counts matters, whatever list is in sight
    r"(?:那|好的?|再|先|接着|,)*(?:[说讲聊谈问]第(?P<said>[二三四2-4])(?:个|件)?|第(?P<named>[二三四2-4])(?:件|个(?=事|问)))"
    r"(?:事情?|问题)?(?:吧|嘛|呢)?"
)
_ABOUT: Final = re.compile(  # 再说辞退的事, 那社保那个呢: frame words around the name of the matter
    r"^(?:好的?|嗯|那|我|想|要|再|接着|继续|然后|现在|回头|先|来|帮我|,)*(?:说说?|讲讲?|聊聊?|谈谈?|看看?|问问?|讲|处理|弄)?(?:一?下)?"
    r"(?:我?(?:被|的|那个)*)(?P<name>.+?)(?:的|那个|这个|那件|这件|事情?|问题|呢|吧|嘛|了|方面)*$"
)
_BACK_TO: Final = re.compile(  # 再说辞退的事: goes back to a matter, whether or not it still waits
    r"(?:好的?|嗯|那|我|想|要|还是|先|,)*(?:再(?:来)?[说讲聊谈看问]|[说讲聊谈]回|回到|回头[说讲]|接着[说讲聊谈]|继续[说讲聊谈])"
)
_TO_SAY: Final = re.compile(r"[说讲聊谈看问处弄]|事|那个|^那.*呢$|呢$")
_ANY_DAY: Final = date(2026, 1, 1)  # no does not depend on the day
_NAME: Final = 6  # characters that a matter is called by in such a message


class Controls:
    """Whole-message patterns by action."""

    def __init__(self, path: Path = TABLE) -> None:
        raw: dict[str, list[str]] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        self._table = [
            (action, re.compile("|".join(f"(?:{p})" for p in patterns))) for action, patterns in raw.items()
        ]

    def match(self, text: str) -> str | None:
        """Return the action that the whole message asks for, else None."""
        clean = NOISE.sub("", text)
        if not clean or len(clean) > LONGEST:
            return None
        for action, pattern in self._table:
            if pattern.fullmatch(clean):
                return action
        return None


def reference(text: str, count: int, *, bare: bool = True) -> int | Literal["none"] | None:
    """Return the index among `count` choices that 第二个, 2, 最后一个 … point at, "none" for 都不是, else None.

    `bare`: a number alone counts too; not where it may be an answer to a question.
    """
    clean = NOISE.sub("", normalise(text))
    if not clean or len(clean) > LONGEST or count < 1:
        return None
    if _NEITHER.fullmatch(clean):
        return NONE_OF_THESE
    index = _index(clean, count, bare=bare)
    return index if index is not None and 0 <= index < count else None


def _index(clean: str, count: int, *, bare: bool) -> int | None:
    nth = _NTH.match(clean) or (_BARE.match(clean) if bare else None)
    if nth is not None:
        number = _number(nth["n"])
        return count - number if nth.groupdict().get("end") else number - 1
    if _LAST.match(clean):
        return count - 1
    if _FIRST.match(clean):
        return 0
    if _MIDDLE.match(clean):
        return count // 2 if count % 2 and count > 1 else None
    return None


def _number(digit: str) -> int:
    return 2 if digit == "两" else int(digit) if digit.isdigit() else _DIGITS.index(digit) + 1


def pointed(state: State, text: str) -> str | None:
    """Return the payload of the choice shown last that the words point at, by place or by its very label."""
    if _NO_MORE_JOBS.fullmatch(NOISE.sub("", text)):
        return "job:stop"
    frame = state.frame
    asked = (frame.asked or "") if frame is not None else REVIEW
    if frame is not None and asked not in {REVIEW, EDIT} and not asked.startswith("consent:"):
        options = [payload for _, payload in state.shown if payload.startswith(f"s:{frame.run}:{asked}:")]
        further = next(
            (payload for _, payload in state.shown if payload.startswith(f"do:{frame.run}:more.")), None
        )
        listed = options or [f"faq:{name}" for name in state.offered]
        index = reference(text, len(listed), bare=bool(options))  # else a number alone may be the answer
        if further is not None and (index == NONE_OF_THESE or _FURTHER.fullmatch(NOISE.sub("", text))):
            return further
        return listed[index] if isinstance(index, int) else None
    clean = NOISE.sub("", text)
    named = next((payload for label, payload in state.shown if label == clean), None)
    if named is not None:
        return named
    choices, questions = _countable(state)
    index = reference(text, len(choices))
    if index == NONE_OF_THESE:
        return "go:none" if questions or any(payload == "go:none" for _, payload in state.shown) else None
    return (choices[index] or None) if isinstance(index, int) else None


def _countable(state: State) -> tuple[list[str], bool]:
    """What 第二个 counts, and whether it is a list of questions.

    The numbered list if it is still in sight, else the matters of the message, else the buttons (without 解决了
    and 展开细说, which nobody counts).
    """
    payloads = [payload for _, payload in state.shown]
    menu = [payload for payload in payloads if payload.split(":")[0] not in {"ok", "no", "more"}]
    in_sight = any(payload.startswith("faq:") for payload in payloads)
    if state.offered and (in_sight or len(menu) < MENU_FROM):
        return [f"faq:{name}" for name in state.offered], True
    postings = next((payload for payload in payloads if payload.startswith("job:none.")), None)
    if postings is not None:
        return [f"job:nth.{index}" for index in range(int(postings.rpartition(".")[2]))], False
    if state.pending and any(payload.startswith("then:") for payload in payloads):
        return ["", *(f"then:{matter.intent}" for matter in state.pending)], False  # the first is dealt with
    return menu, False


def remembered(state: State, text: str, payload: str | None = None) -> Pending | None:
    """Return the matter put off earlier that a button or words like 再说辞退的事 take up; None for anything else.

    An old button of a matter that is done takes it up once more, with nothing but its name.
    """
    press = buttons.parse(payload or "")
    if press is not None:
        name = press.args[0]
        known = next((matter for matter in state.pending if matter.intent == name), None)
        old = Pending(name, INTENTS[name].label) if name in INTENTS else None
        return (known or old) if press.kind == "then" else None
    clean = NOISE.sub("", normalise(text))
    if state.frame is not None or not clean or len(clean) > LONGEST:
        return None
    if not state.pending:
        return _gone_back_to(clean)
    matter = _NTH_MATTER.fullmatch(clean)
    if matter is not None:
        number = _number(matter["said"] or matter["named"])
        return state.pending[number - 2] if number - 2 < len(state.pending) else None
    by_place = pointed(state, text)
    if by_place is not None:
        return remembered(state, "", by_place)
    if state.awaiting == THEN and _YES.fullmatch(clean):
        return state.pending[0]
    about = _ABOUT.match(clean)
    if about is None or not _TO_SAY.search(clean) or len(about["name"]) > _NAME:
        return None
    named = stance.own_topic(about["name"])
    waiting = next((matter for matter in state.pending if matter.intent == named), None)
    return waiting or _gone_back_to(clean)


def _gone_back_to(clean: str) -> Pending | None:
    """The matter that 再说辞退的事 names, though it waits no more or was only the topic for a while."""
    about = _ABOUT.match(clean) if _BACK_TO.match(clean) else None
    if about is None or len(about["name"]) > _NAME or slots.is_question(about["name"]):
        return None
    named = stance.own_topic(about["name"])
    return Pending(named, INTENTS[named].label) if named is not None and named in INTENTS else None


def refuses(state: State, text: str) -> bool:
    """True when the person does not want the matter that was just offered."""
    if (
        state.awaiting != THEN
        or not state.pending
        or state.frame is not None
        or len(NOISE.sub("", text)) > _NAME
    ):
        return False
    return entities.parse_slot("yes_no", text, _ANY_DAY) == "no"
