"""Yes, no or neither, in Mandarin, Yunnan speech and emoji."""

import re
from typing import Final, Literal

from nlu.extractors.text import narrow

Answer = Literal["yes", "no"]

_NO_EMOJI: Final = re.compile(r"[👎🙅❌✖🚫🙂‍↔]|\[(?:弱|差劲|no|摇头|再见)\]", re.IGNORECASE)
_YES_EMOJI: Final = re.compile(
    r"[👌👍✅✔🆗💯🙆🤝🙏]|\[(?:ok|强|赞|好的|点头|握手|抱拳|爱心)\]", re.IGNORECASE
)
_COURTESY: Final = re.compile(
    r"^(?:(?:不好意思|对不起|抱歉|谢谢(?:您|你|了)?|麻烦(?:您|你)们?了?|你好|您好|哎呀?|唉|那个|那|呃|额|嗨|就是|"
    r"其实|我|我们)[,, ]*)+(?=.)"
)
_TAIL: Final = re.compile(r"[吧啊呀哦噢嘛哈啦哎呗咯嘞哟噻叻呐哩噶嘎呢~。!!.…,, ]+$")
_UNSURE: Final = re.compile(
    r"不知道|不晓得|不清楚|不确定|说不准|说不好|不好说|没想好|(?:我)?(?:再)?想想|考虑(?!好|过)|再说|随便|"
    r"随你|看你|都行|都可以|都得|无所谓|看情况|(?<!怎么)(?<!不)(?<!咋)可能|也许|或许|大概吧|记不|忘了|"
    r"认不得|搞不清|等等|等一下|等会|问问|商量|犹豫|不一定|看看再|看看吧|不懂|听不懂|没听懂|不太明白|不明白|"
    r"真的假的|难说|两说|不(?:想|愿)(?:说|讲|告诉|回答)|不告诉|说不上|不(?:太|大)?记得|没(?:什么|得|啥)?印象|不详|看不懂|"
    r"问(?:一?下|问)|先不说|再(?:讲|看|定)|晓不得|不识字|说不清|(?:咋个?|怎么|哪里?|鬼)(?:会)?(?:晓得|知道)|一言难尽|没人(?:管|理|接|问)|活不下去|^(?:我|是)*(?:替|帮|代)[^,。]{1,6}(?:问|填|咨询)|"
    r"^差不多$|^不少$|^呵+$"
)
_COUNTER: Final = re.compile(
    r"[??]|(?:吗|么(?<!什么都)|(?<![是好要行得中对有在着愿意可以])呢|咋个|咋办|咋说|哪样|啥子?|什么(?:意思)?|为什么|为哪样|怎么(?:办|弄|整|用|"
    r"收费|说)|什么(?:的|时候)|咋样|怎么?样|会怎么|几点|多久|几天|多少天|多少钱|^(?:什么时候|啥时候|几时|多久).*|要钱不|收费不|是谁|几时)[。!~…]*$"
    r"|(?<![不没])(?:得不得|行不行|是不是|有没有|可不可以|能不能|要不要|会不会|好不好|用不用|去不去|签没签|给不给|"
    r"收不收|([一-龥])[不没]\1)|^给(?:得|是|有|要|能|可以|行|会)(?!了)"
)
_CALM_YES: Final = re.compile(
    r"没错|(?<!都)不错|没(?:得|有|啥|什么)?(?:问题|意见|事)|不介意|没关系|不要紧|不反对|不客气|(?:怎么|咋|"
    r"干嘛|为什么|凭什么)不|不得不|少不了|免不了|不假|不用说|不消说|没说的|不在话下|巴不得|求之不得|"
    r"可不(?:是)?(?:嘛|么|咯|呗|$)|不用想|不能再|没毛病|莫得事|错不了"
)
_DOUBLE: Final = re.compile(
    r"(?:不是|没有|没得|没说|不会|不可能|并非|不是说|不能|哪能|哪会|哪里会|咋会|咋能|怎么会|怎么能|怎么可能|"
    r"谁说)(?:我|是|说)?(?:不|没)(?!过)|非[^,。]{1,5}不可"
)
_DENIED_YES: Final = re.compile(r"(?:不是|并非|没说|不是说)(?:我)?(?:想|要|愿意|同意|可以)")
_RHETORICAL_NO: Final = re.compile(
    r"怎么(?:可能|会)|咋(?:可能|会)|哪(?:有|里有|会有|点有|能|里会|会)|[一-龥]个(?:屁|鬼|锤子|毛|铲铲|球)|谁(?:会|"
    r"愿意|要|想)|鬼才|才不|凭什么|凭哪样|想得美|做梦|没门|休想|没戏|不可能|得了吧|拉倒|算了|算[求球逑]|免了|作罢"
)
_CONDITION_YES: Final = re.compile(
    r"(?:只要|如果|要是|假如|的话|若|前提|等[^,。]{1,8}(?:再|就)|(?:不|没|能|免)[^,。]{0,8}(?:就|那就|"
    r"才))[^。]*?(?:行|可以|要得|得|愿意|同意|好|干|办|要|去|来|中|加入|参加|没问题)(?:了|的)?$"
)
_CONDITION_NO: Final = re.compile(
    r"就(?:算了|不[^,。]{0,4}|免了|莫[^,。]{0,3}|别[^,。]{0,3})(?:了)?$|不然(?:就)?(?:不|算了)|否则(?:就)?(?:不|"
    r"算了)"
)
_NO: Final = re.compile(
    r"不(?!过|仅|但|光|止|只|管|然|如|论|久|够|同的|错)|没|莫(?!非|名)|(?<!特)(?<!区)(?<!个)别(?!的|人|处)|"
    r"甭|拒绝|否|无(?!论|锡)|未|取消|退出|滚|勿|毋|木有|冇|米有|假的|错(?:误|的)|反对|^(?:no|nope|n)$"
)
_YES: Final = re.compile(
    r"是(?![替帮来想问])|肯|方便|对|嗯|恩|好(?![多难几久像烦累怕惨苦痛气])|行|可以|要(?!么)|得|中(?!国|午|间)|有|愿意|同意|需要|肯定|当然|必须|确定|确认|成|ok|"
    r"okay|yes|yep|sure|(?:签|交|买|办|去|做|问|找|报|发|给|上|写|干|走|拿|收|看|查|说|提|录|拍|存|留|参加|"
    r"申请|鉴定|打)(?:了|过|的|好了|完了)|"
    r"[交签买办上]着|来吧|来嘛|麻烦|帮|准|晓得|知道|继续|能|会|想|已经|可|欧了|妥|阔以|整|干|明白|了解|收到|接受|真的|阿是|"
    r"去$|签$|办$|算$|就这样|照办|安排",
    re.IGNORECASE,
)
_GREETING: Final = re.compile(r"(?:你好|您好|在吗|喂+|嗨|哈喽|hello|hi|早上好|下午好|晚上好)+")
# 老板不接电话 says nothing about 签了合同吗, 老板没给签 does.
_OTHERS_DEED: Final = re.compile(
    r"^(?:老板|公司|单位|厂里?|他们?|她|人家|手机|电话|劳动局|包工头|工头|热线|12\d{3})[^,。]{0,4}?(?:不|没)(?:有)?(?P<deed>[^,。]+)"
)
# Said to 还在这家上班吗.
_LEFT: Final = re.compile(
    r"(?:走|离开|离职|辞职|辞工|退休|(?:被|遭)?(?:辞退|开除|辞|炒|裁))(?:掉|人|好久|很久)?了|(?:出来|换)(?:了|过)"
)
_ASSENT: Final = re.compile(
    r"(?:嗯+|恩+|哦+|噢|喔|唔|好+的?|行+|是的?|对+的?|可以|要得|昂|得|ok|哎)(?:了|嘞|呢|滴)?"
)
_WITHDRAWN: Final = re.compile(
    r"^(?:还是|我)?(?:还)?(?:没(?:有|得)?|不(?:用|消|需要|要|想|去|了|是|行|可以|办|签|同意)|算了|免了)(?:了|"
    r"呢)?[^,。]{0,3}$"
)
_CONTRAST: Final = re.compile(r"^(?:但是?|可是|不过|只是|就是|只要|除非|前提|等)")


def yes_no(text: str, ask: str = "") -> Answer | None:
    """`yes`, `no`, or None for a counter-question, a doubt or something else.

    A condition keeps the answer (行,但是别告诉老板 is yes); a later 还是算了 overrides. A bare 对 to a
    negative question confirms what was put.
    """
    plain = narrow(text).strip().lower()
    if _NO_EMOJI.search(plain) and not _YES_EMOJI.search(plain):
        return "no"
    if _YES_EMOJI.search(plain) and not re.search(r"[一-龥]", re.sub(r"\[.*?\]", "", plain)):
        return "yes"
    body = _TAIL.sub("", plain)
    if re.fullmatch(r"[1yv√]|y(?:es)?|1[.、].*|(?:那|好的?|嗯)*[,,]?麻烦(?:您|你)们?了?", body):
        return "yes"
    if re.fullmatch(r"[0nx×2]|no?", body):
        return "no"
    clauses = [
        c
        for c in re.split(r"[,。;!,;!~… ]+|(?=但是|不过|可是)|(?<=[嗯好])(?=不用|不消|不要|没有)", plain)
        if _TAIL.sub("", c) or c in {"噶", "嘎", "哦", "噢"}
    ]
    if not clauses or _GREETING.fullmatch(body) or _counters(plain, clauses):
        return None
    return _judge(clauses, ask)


def _counters(text: str, clauses: list[str]) -> bool:
    """Whether the person asks back; 可以,要带什么? answers before it asks."""
    if not _COUNTER.search(text):
        return False
    return len(clauses) < 2 or bool(_COUNTER.search(clauses[0])) or _clause(clauses[0], "") is None


def _judge(clauses: list[str], ask: str) -> Answer | None:
    whole = ",".join(clauses)
    changed = re.split(
        r"(?:哦|噢|啊)?不对(?:不对)?[,, ]+|说错了[,, ]*|(?:哎|唉|等等|等下)[,, ]+|(?<!.)?还是(?=不|算|别|要|可以|"
        r"行|签|办|去|免|莫)",
        whole,
    )
    if len(changed) > 1 and (last := _clause(re.split(r",", changed[-1])[0], ask)):
        return last
    if _CONDITION_YES.search(_TAIL.sub("", whole)) and not _CONDITION_NO.search(_TAIL.sub("", whole)):
        return "yes"
    for index, clause in enumerate(clauses):
        answer = _clause(clause, ask)
        if answer is None and _UNSURE.search(clause):
            return None
        if answer is None:
            continue
        following = clauses[index + 1] if index + 1 < len(clauses) else ""
        return _settled(_TAIL.sub("", clause) or clause, answer, _TAIL.sub("", following))
    return None


def _settled(clause: str, answer: Answer, following: str) -> Answer:
    """嗯,没签 and 好的,不用了 say no in the second breath; 不,我要 says yes."""
    if not following or _CONTRAST.match(following) or _CALM_YES.search(following):
        return answer
    if answer == "yes" and _ASSENT.fullmatch(clause) and _WITHDRAWN.match(following):
        return "no"
    if (
        answer == "no"
        and re.fullmatch(r"不+|不是", clause)
        and _clause(following, "") == "yes"
        and not _NO.search(following)
    ):
        return "yes"
    return answer


def _clause(clause: str, ask: str) -> Answer | None:
    body = _TAIL.sub("", clause.strip()) or clause.strip()
    body = _COURTESY.sub("", body)
    if not body or (_UNSURE.search(body) and not _DOUBLE.search(body)):
        return None
    if re.fullmatch(r"错了?", body):
        return "no"
    if re.fullmatch(r"噶|嘎|哦+|噢|喔|嗯+|恩+|唔|昂|得|得了|中|可|成", body):
        return "yes"
    if _CONDITION_NO.search(body):
        return "no"
    if _CONDITION_YES.search(body):
        return "yes"
    if _CALM_YES.search(body) or (_DOUBLE.search(body) and not _DENIED_YES.search(body)):
        return "yes"
    if _RHETORICAL_NO.search(body):
        return "no"
    if (
        (deed := _OTHERS_DEED.search(body))
        and ask
        and not set(deed["deed"]) & set(re.sub(r"[您的了吗在有过]", "", ask))
    ):
        return None
    if _NO.search(body):
        return _negative(body)
    if _YES.search(body) and len(body) <= 24:
        return "yes"
    if re.fullmatch(r"(?:还|都|一直|仍|仍然|人)?在", body):
        return "yes"
    if "还在" in ask and _LEFT.search(body):
        return "no"
    return "yes" if _echoes(body, ask) else None


def _negative(body: str) -> Answer:
    """好嘛不要紧 and 可以的别让老板知道 agree first and then forbid something."""
    led = re.match(
        r"(?:好|行|可以|要得|同意|愿意)(?:的|嘛|吧|呀|啊|了|呢|噻|勒)?(?:但是?|不过|只是|千万|"
        r"就是)?(?:不要(?!了?$)|别|莫|不能|不许)(?=.{2,})",
        body,
    )
    return "yes" if led else "no"


def _echoes(body: str, ask: str) -> bool:
    """签过了 to 签过合同吗: the verb of the question comes back."""
    match = re.fullmatch(r"(?:早就?|已经|都|刚)?([一-龥]{1,2})(?:了|过|过了|的)", body)
    if re.fullmatch(r"[留签交买办去做填写发拍找问来查报]", body):
        return body in ask
    return bool(match and match[1][0] in ask)
