"""Whether a message is a question to us or an answer that holds question words: 老板不说什么时候给."""

import re
from typing import Final

from dialogs.flow import SlotStep
from nlu import stance

_WH: Final = (
    r"(?:怎么办|怎么(?:弄|算|搞|走|整|赔|申请|写|处理)|咋个?(?:办|弄|算|搞|整|说|赔|写|申请)?|多久|多长时间|多少钱?|几天|几年|几个月|"
    r"什么时候|啥时候|几时|哪天|哪里|哪点|哪儿|哪个|哪些|哪一?家|什么(?:材料|条件|手续|规定|法律)?|啥子?|哪样|为什么|为啥|谁)"
)
_ENDS: Final = re.compile(
    rf"[?？]\s*$|(?:[吗]|[么](?<!什么)(?<!怎么)(?<!这么)(?<!那么)|{_WH}(?:啊|呀|呢|的|嘛|才行|才可以|才对)?|"
    r"(?:多久|几天|多少天|多长时间|几个月|几年|多少钱?)(?:之内|以内|内)?(?:才|能|可以|要|会|得)*"
    r"(?:申请|提|办|出|下|拿|批|审|到|处理|回|答复|交|报|有|赔|领|补)[^他我她老]{0,4}|"
    r"(?:要钱|花钱|收钱|收费|要得|得行|可以|能|行|算|合法|违法|对|有|会|管|给|赔|办|成|得)不(?:得|行|能|可以|合法|对|算|会|成)?|"
    r"能不能(?:要|告|办|赔|拿|领|报)(?:到|回来)?|是不是(?:违法|合法|真的)的?|(?:合不合法|违不违法|行不行|可不可以|要不要得|得不得))"
    r"[\s。.!！~]*$"
)
_ASKS_US: Final = re.compile(  # 那社保呢, 工伤呢: short and about one thing
    r"^(?:那|还有|那么)?[^他她它我在着没]{1,8}呢[\s?？]*$"
)
_UNKNOWN: Final = re.compile(  # 不说什么时候, 不晓得多少: told, not asked
    r"(?:不|没有?|莫|也没|都没|又不|从不|还没|懒得)(?:跟我|给我|和我|给|跟)?(?:们)?"
    r"(?:知道|晓得|清楚|明白|懂|说(?:过|是|清楚?)?|讲(?:过|清楚?)?|告诉(?:我|我们|过我)?|提(?:过)?|写(?:明|清楚?)|定|"
    r"认得|记得|确定|想好|问(?:过)?)|没有?什么|(?:忘|记不[清得]|搞不[清懂]|说不[清准])"
)
_WHO: Final = (
    r"(?:老板娘?|经理|主管|店长|厂长|组长|班长|队长|工头|包工头|领导|人事|会计|财务|公司|单位|厂里|店里|工地上?|项目部|平台|站长|"
    r"劳务公司|主席|他们?|她们?|人家|对方|医生|保安|房东|同事|工友|家属|婆婆|老公|媳妇)"
)
_TOLD: Final = re.compile(
    rf"{_WHO}.{{0,12}}(?:说|讲|问|回|骂|喊|吼|答复|威胁|发微信|发消息|写)|我(?:就|又)?(?:问|说|去问)"
)
_TO_US: Final = re.compile(  # after 老板说…, these still turn to us
    r"(?:合法|违法|对|可以|行|得行|算数|有效|有道理)(?:吗|么|不|嘛)|(?:合不合法|违不违法|对不对|行不行|算不算)|"
    r"我(?:该|要|应该|还能|能|可以|现在)?.{0,6}(?:怎么办|咋个?办|咋整|怎么弄|找哪个|找谁|去哪)|(?:我(?:能|可以|还能|是不是)|能不能告|可以告).{0,10}[吗不?？]"
)
_MOANS: Final = re.compile(
    r"凭什么|凭啥|难道|良心|王法|天理|讲不讲理|讲理|欺负人|还让不让|有没有人管|还是人|哪有这样|哪有这种|什么东西|什么玩意|"
    r"(?P<same>多少|什么|哪天|哪里|几时|什么时候|怎么办|谁).{0,4}(?:就|便)?.{0,4}(?P=same)"
)
_WISHES: Final = re.compile(
    r"怎么解决|想怎么|怎么改|哪里要改|想谈|想说|想到什么|建议|意见|希望|要求|愿望|想学|难的|难在"
)
_REQUEST: Final = re.compile(
    r"(?:^|[,，。;；\s])(?:我们?|大家|就|也)?(?:就)?(?:是)?(?:想问)?(?:能不能|可不可以|可以不可以|能否|可否|希望|想|要|请|最好|建议|让|叫|把)|"
    r"(?:能不能|可不可以|可以不可以|能否|可否)(?!要|告|赔|办|领|报)"
)
_INVITES: Final = re.compile(r"问什么|问哪样|去问|帮您问|想问|要问|想知道|想了解|咨询|想晓得")
LONGEST_CALL: Final = 24  # characters of what is said beside an open question: a call, a correction
_PERSON: Final = re.compile(r"人|你们|干部|客服|律师")
_WANTS: Final = re.compile(r"想|要|请|帮|申请|登记|报名|办|参加|加入|调解|谈")
_CLAUSE: Final = re.compile(r"[,，。;；!！\n]+")


def asks_us(step: SlotStep | None, text: str) -> bool:
    """True when the message ends as a question to us; what tells of others' questions is an answer."""
    clean = text.strip()
    clauses = [part for part in _CLAUSE.split(clean.rstrip("。.!！~ ")) if part.strip()]
    if not clauses:
        return False
    last = clauses[-1].strip()
    if not (_ENDS.search(last) or (len(clauses) == 1 and _ASKS_US.search(last))):
        return False
    if step is not None and fits(step, clean):
        return False
    if _TOLD.search(clean):
        return _TO_US.search(last) is not None
    marked = clean.endswith(("?", "？", "吗"))
    return _MOANS.search(last) is None and (marked or _UNKNOWN.search(last) is None)


def fits(step: SlotStep, text: str) -> bool:
    """True when the open question is one that a question answers: what to ask, or what should become of it."""
    if _INVITES.search(step.ask):
        return True
    return _WISHES.search(step.ask) is not None and _REQUEST.search(text) is not None


def calls_for_us(text: str) -> bool:
    """True for a short call for a person, which a story about people is not."""
    return len(text) <= LONGEST_CALL and not speaks_of_others(text) and _PERSON.search(text) is not None


def wants_it(text: str) -> bool:
    """False for 我不想打官司，太麻烦了: told is only what is not wanted, so nothing is begun yet."""
    stand = stance.stance(text)
    return not (stand.denied and stand.asks_next) or _WANTS.search(stand.rest) is not None


def speaks_of_others(text: str) -> bool:
    """True when the message tells what somebody said or did, so that its words are not meant for us."""
    return _TOLD.search(text) is not None
