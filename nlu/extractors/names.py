"""Names of people and of employers, as said, without title, place of work or filler."""

import re
from typing import Final

from nlu.extractors.regions import is_place, workplace
from nlu.extractors.text import REFUSAL, after_correction, is_question, narrow, numerals

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程苏魏吕丁任沈姚卢"
    "姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江"
    "尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧"
    "耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴"
    "霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景"
    "党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师"
    "和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝刀岩木玉普思矣字罕线陇"
)
_TITLE: Final = re.compile(
    r"(?:先生|女士|小姐|师傅|大哥|大姐|老师|同志|经理|老板|主任|工头|包工头|阿姨|叔叔?|哥|姐|嫂子?|总)$"
)
_NAME_LEAD: Final = re.compile(
    r"^(?:你好|您好|嗯|哦|啊|好的?|那个|呃)?[,, ]*(?:我(?:的)?(?:名字|姓名|大名)?(?:叫做?|是|就是|名叫|"
    r"姓名)?|本人(?:叫|是)?|(?:名字|姓名|全名|大名)(?:叫|是|[::])?|俺叫|叫我?|免贵|你?叫我|称呼我|就叫我?|"
    r"喊我)[::,, ]*"
)
_NAME_TAIL: Final = re.compile(
    r"(?:就行了?|就[得成]了?|即可|就好|就可以|吧|呀|啊|哈|嘛|的|了|[。!!~,,.  ])+$"
)
_NAME_SHAPE: Final = re.compile(r"[一-龥]{2,4}|[一-龥]{1,6}[·•.][一-龥·•.]{1,12}|[一-龥]{5,6}")
_SPELLED: Final = re.compile(
    r"[,,(( ](?:[^,,]{0,6}的[^,,。]|木子李|弓长张|耳东陈|双木林|草头黄|古月胡|立早章|口天吴|双人徐|言午许).*$"
)
_NOT_NAME: Final = re.compile(
    r"工资|老板|公司|工地|没有|为什么|什么|怎么|可以|不要|谢谢|你好|您好|工会|帮我|咨询|打工|上班|多少|欠|拖|"
    r"干活|农民|工人|昨天|今天|现在|电话|名字|随便|不用|知道|想问|需要|先问|那个|你们|我们|他们|问题|人工|"
    r"算了|这个"
)


# Words of speech that no name or brand is made of.
_SPEECH: Final = re.compile(
    r"[了吗呢嘛吧呀啊哦么这哪谁啥怎咋很别死骂哭忘讲说填呵嘻没]|(?<!阿)不|^也|劳动局|那[个边里]|哈哈|最近|时间|骗子|黑心|同上|一样|一下|一点|太[多难累气]|好[多难累气烦几久]|"
    r"开车|上车|打听|着急|告诉|再[来说问看]|还[在有没]|[几两三]次|[一两三几]遍|多久|替[我他她]|没空|忙|心情|加班|罚款|不识字|合同|身份证|丢|[查看找问]一?[下看]"
)


_AMOUNT_WORD: Final = r"[\d零一二两三四五六七八九十百千半几多]"
# A figure, a time or a yes given where a name was asked for.
_OTHER_ANSWER: Final = re.compile(
    rf"^(?:大概|大约|快|差不多|至少|将近|上|从|有|就|我|们|一共|总共|每|第|小|大|保底|底薪|工)*(?:{_AMOUNT_WORD}+|(?<!.)万)(?:[个年月天周块元千万人号点级日岁wk%]|[多来把余][个年月天块人]?|星期|礼拜|季度|小时)"
    rf"|^{_AMOUNT_WORD}+$|^(?:大?前|昨|今|明|后)(?:天|晚|年|日)|^(?:上|下|这|本)个?(?:月|周|星期|礼拜)|^[月年]初|^[月年]底|"
    r"^(?:端午|中秋|国庆|元旦|春节|清明|泼水节|火把节)|^去年|节$|期间$|"
    r"^(?:要得|得行|阔以|可以|好[叭的嘛呢啊]*|行[的嘛吧]*|对头?|当然.*|嗯.*|冇得|无所谓|看情况|都行|老员工|计件|按天算|全[厂部].*|"
    r"到处.*|处跑|累计|前后|附近|山上|家里?|.*(?:级|左右)|个把.*|周[一二三四五六日末]|.*[俩仨].*|一大.*|[一两]儿[一两]女|[一两]男[一两]女|双胞胎.*|试用期.*|[我俺咱们和跟]*(?:老公|老婆|两口子|男的|女的).*|刚来)$"
)


def person_name(text: str, ask: str = "") -> str | None:
    """The name a person gives for themselves, or None for a refusal or anything else."""
    plain = after_correction(narrow(text), needs=re.compile(r"[一-龥]{2}"))
    refused = REFUSAL.search(plain)
    if is_question(plain) or (refused and not _NAME_LEAD.match(plain)) or (refused and len(plain) < 12):
        return None
    if told := _told_name(plain):
        plain = told if len(told) <= 6 or "·" in told else re.split(r"[的在是,]", told)[0]
    elif again := re.search(r"(?:免贵|我)?姓([一-龥]{1,2})[,。, ]+(\1[一-龥]{1,3})$", plain):
        plain = again[2]  # 免贵姓张,张建国
    plain = re.sub(r"(?<=[一-龥]) (?=[一-龥])", "", _SPELLED.sub("", plain))
    body = _clean(plain)
    if match := re.fullmatch(r"姓([一-龥]{1,2})[,, ]*(?:名|叫|单名)(?:一个|个)?([一-龥]{1,3})字?", body):
        body = match[1] + match[2] if not match[2].startswith(match[1]) else match[2]
    if not _NAME_SHAPE.fullmatch(body) or _says_otherwise(body):
        return None
    return body if _looks_like_name(body, told=bool(_NAME_LEAD.match(plain)) or bool(ask)) else None


def _says_otherwise(body: str) -> bool:
    """Whether what stands where a name was asked is speech, a figure, a time or a place."""
    return bool(
        re.match(r"[不没别莫勿在有帮替]", body)
        or _SPEECH.search(body)
        or _OTHER_ANSWER.search(numerals(body))
        or (is_place(body) and (len(body) > 2 or body[0] not in _SURNAMES))
        or _NOT_NAME.search(body)
        or re.fullmatch(r"姓[一-龥]", body)
    )


def _told_name(text: str) -> str | None:
    """What follows 我叫 or 我是; 我是杨志强的老婆,我叫段丽芬 gives the one after 叫."""
    for lead in (r"我叫|名叫|叫做|姓名[是::]|名字(?:就)?(?:是|叫)|本人叫?|[,, ]叫|全名(?:是|叫)?", r"我是"):
        if told := re.search(rf"(?:{lead})[::, ]?([一-龥·•]{{2,12}})", text):
            return told[1]
    return None


def _clean(text: str) -> str:
    body = _NAME_LEAD.sub("", text.strip())
    body = re.split(r"[,,。;; !!(()]", body)[0] or body
    body = _NAME_TAIL.sub("", body.strip())
    without = _TITLE.sub("", body)
    return without if len(without) >= 2 else body


def _looks_like_name(body: str, *, told: bool) -> bool:
    if "·" in body or "•" in body:
        return True
    known = (
        body[0] in _SURNAMES
        or body[:2] in {"欧阳", "上官", "司马", "诸葛", "皇甫", "尉迟", "东方", "夏侯", "令狐"}
        or body[0] in "老小阿"
    )
    return known or (told and len(body) <= 4)


def volunteered_name(text: str) -> str | None:
    """The name after 我叫 in a free sentence."""
    told = re.search(
        r"(?:我(?:的名字)?叫(?!他|她|老板|人|你|车|外卖|了|不)|我姓名(?:是|叫)?)\s*([一-龥·]{2,8})",
        narrow(text),
    )
    if told is None:
        return None
    body = re.split(r"[,,。在是的来从今]", told[1])[0]
    body = body if "·" in body else body[:4]
    if "·" in body:
        return body
    plausible = 2 <= len(body) <= 4 and body[0] in _SURNAMES and not _NOT_NAME.search(body)
    return body if plausible else None


_ORG_SUFFIX: Final = (
    r"(?:有限责任公司|股份有限公司|有限公司|分公司|集团公司|总公司|建筑公司|公司|集团|工程队|施工队|项目部|"
    r"经营部|门市部|工作室|合作社|事务所|酒店|宾馆|饭店|饭馆|餐馆|餐厅|火锅店|小吃店|"
    r"超市|商场|商店|批发部|药店|医院|诊所|学校|幼儿园|中学|小学|大学(?!城)|学院|工厂|厂|矿山|煤矿|矿|农场|基地|"
    r"酒吧|ktv|网吧|洗浴中心|养殖场|砖厂|木材厂|食品厂|电子厂|服装厂|制衣厂|快递|外卖|物业|保安公司|劳务队|"
    r"劳务|美容院|理发店|"
    r"汽修厂|修理厂|加油站|公寓|茶楼|会所|家政|银行|邮政|物流|花卉|置业|地产|科技|商贸|中心|局|队|店|馆|园|场|站)"
)
_ORG: Final = re.compile(
    rf"[一-龥A-Za-z0-9()()&·]{{1,24}}?{_ORG_SUFFIX}(?![一-龥]{{0,1}}(?:长|员工))(?:[((][^))]{{1,10}}"
    rf"[))])?(?:[一-龥]{{0,6}}(?:有限责任公司|有限公司|分公司|公司|分店|项目部|集团|分厂|店))*"
)
_WORK_LEAD: Final = re.compile(
    r"^(?:(?:你好|您好|嗯|哦|呃|啊|那个|就是|好像|应该|大概)[,, ]*)*(?:(?:我|我们|咱|本人|俺|"
    r"大家)(?:们)?)?(?:现在|目前|以前|之前|去年|今年|一直|原来|都|就|还)*(?:是)?(?:在|给|跟着?|帮|为|替|"
    r"进了?|到|去|去了|挂靠[在于]?|挂在|隶属|属于|受雇于|就职于|老东家是)?"
)
_NAMED: Final = re.compile(
    r"(?:(?:公司|单位|厂|店|老板|包工头|工头|带班的?|雇主|名字|全称|字号|招牌)(?:的?名字|全称|"
    r"名称|名)?(?:就)?(?:叫做?|是|姓名是?|名叫|[::])|叫做|叫|全称是?|名为|(?:好像|应该|可能|大概|实际上?)(?:就)?是|"
    r"(?:总包|分包|外包|承包[方商]?|甲方|乙方|开发商|发包方|施工方|中介|派遣)(?:单位|公司)?(?:就)?(?:是|叫))\s*(?P<n>[^,,。;;!!??]+)"
)
_WORK_TAIL: Final = re.compile(
    r"(?:那里|那边|那儿|里面|里头|里|这边|手下|手底下)?(?:的)?(?:上班|干活|干的?|打工|做工|做事|做的?|工作|"
    r"当[一-龥]{2,4}|送外卖|送快递|跑外卖|跑单|开车|搬砖|务工|扫地|洗碗|端盘子|当保安|做保安|做保洁|"
    r"打杂)(?:的)?(?:了|过|呢|吧)?.{0,8}$"
)
_FILLER_TAIL: Final = re.compile(
    r"(?:那里|那边|这里|那儿|里面|里头|手下|手底下|的人|的|了|吧|呀|啊|嘛|哈|呢|[。!!~,,. ])+$"
)
_WORKSHOP: Final = re.compile(
    r"(?<=[厂司团店])(?:的)?(?:[一-龥]{0,4}(?:车间|部门|班组|生产线|流水线|产线|仓库|食堂|工段|质检部|包装部|"
    r"[一二三四五六七八九\d]+号?(?:线|车间|楼)))+.*$"
)
_BOSS_TITLE: Final = re.compile(
    r"^(?:(?:一个|个)?(?:小)?(?:承包[人商]|包工头|工头|老板|带班的?|班组长|项目经理|雇主|经理))+(?:叫做?|是|姓名|名叫|[::])?"
)
_NO_EMPLOYER: Final = re.compile(
    r"没有?(?:公司|单位|老板|招牌|名字|签|注册)|没得|自己干|个体|零工|打零工|散工|说不上|小作坊|(?:一个|个|"
    r"一家|家)?(?:小)?(?:工地|公司|饭店|厂|厂子|小店|店|餐馆|饭馆|超市|酒店|工厂)"
)
_PLACEHOLDER: Final = re.compile(
    rf"^(?:[xX×]{{2}}|某|什么|啥|哪样|叫什么)|一[个家](?:[小大老]|私人|外地)*{_ORG_SUFFIX}$"
)
_PLATFORM: Final = re.compile(
    r"美团(?:外卖|众包|专送|优选)?|饿了么(?:蜂鸟)?|滴滴(?:出行)?|京东(?:物流|快递)?|顺丰(?:速运|快递)?|"
    r"中通(?:快递)?|圆通(?:快递)?|韵达(?:快递)?|申通(?:快递)?|货拉拉|极兔(?:快递)?|菜鸟|达达|闪送|曹操出行|"
    r"T3出行|高德|花小猪|快狗|百世快递|邮政(?:速递)?|海底捞|肯德基|麦当劳|沃尔玛|家乐福|富士康|比亚迪"
)


def employer_name(text: str) -> str | None:
    """The employer as said: a firm, a platform, or a lone contractor's name; None when none is told."""
    plain = after_correction(narrow(text), needs=re.compile(r"[一-龥]{2}")).strip()
    platform = _PLATFORM.fullmatch(plain)
    if platform or is_question(plain) or not plain:
        return platform.group() if platform else None
    named = _NAMED.search(plain)
    refused = REFUSAL.search(plain)
    if (
        refused
        and not (named and not REFUSAL.search(named["n"]))
        and not _ORG.search(plain.replace("公司", "", 1))
    ):
        return None
    candidates = [named["n"]] if named else []
    candidates += [c for c in re.split(r"[,,。;;!!]", plain) if c]
    found = [e for c in candidates if (e := _employer_of(c, direct=named is not None or len(plain) <= 20))]
    firms = [e for e in found if re.search(_ORG_SUFFIX + r"$", e)]
    chosen = firms or found
    return chosen[0] if chosen else None


_POINTED: Final = re.compile(
    r"(?P<place>[^,]{0,10}?)(?:那个|这个|那家|这家|有家|有个|一家)(?P<what>[一-龥A-Za-z0-9]{2}.*)"
)
_JUST_A_SITE: Final = re.compile(
    r"(?:楼盘|工地|项目|小区|厂子?|店|公司|单位|超市|酒店|工程|标段)(?:上|里|部)?(?:$|做|干|上班|打工)"
)
# 就我们村杨老板
_FELLOW: Final = re.compile(
    r"^(?:就|是)*(?:我们|咱们?|俺们)?(?:隔壁|同)?(?:村|寨子?|镇|乡|老家|本地)(?:上|里)?的?(?=[一-龥]{2,4}$)"
)


def _pointed_at(body: str) -> str:
    """红塔区那个福万家超市 is the shop; 恒大那个楼盘 is 恒大; 呈贡那个工地 names nobody."""
    match = _POINTED.match(body)
    if match is None:
        return body
    place = match["place"]
    if _JUST_A_SITE.match(match["what"]) and len(place) >= 2 and workplace(place) is None:
        return place
    return match["what"]


def _employer_of(clause: str, *, direct: bool) -> str | None:
    body = _bare_name(clause)
    if match := _PLATFORM.search(body):
        org = _ORG.match(body)
        return org.group() if org and len(org.group()) > len(match.group()) else match.group()
    if match := _ORG.match(body):
        name = _WORKSHOP.sub("", match.group())
        return None if _NO_EMPLOYER.fullmatch(name) or _PLACEHOLDER.search(name) else name
    if not direct or _NO_EMPLOYER.fullmatch(body) or _NOT_NAME.search(re.sub(r"老板$", "", body)):
        return None
    person = _TITLE.sub("", body) if len(_TITLE.sub("", body)) >= 2 else body
    if re.fullmatch(r"(?:私人|个体|小|大|包工)?(?:老板|包工头|工头|经理)|姓[一-龥]", body):
        return None
    if re.fullmatch(r"[一-龥]{2,4}", person) and (person[0] in _SURNAMES or person[0] in "老小阿"):
        return person
    return body if not re.search(r"[了吗呢]\s*$", clause) and _may_be_brand(body) else None


def _bare_name(clause: str) -> str:
    """The clause without 我在, 上班, workshop, title and the like; empty when it says there is no name."""
    body = _WORK_LEAD.sub("", clause.strip())
    if re.match(r"没|无名", body):
        return ""
    body = _WORKSHOP.sub("", _BOSS_TITLE.sub("", body))
    body = _FILLER_TAIL.sub("", _WORK_TAIL.sub("", body))
    body = _FELLOW.sub("", _pointed_at(body))
    body = re.sub(r"^(?:一家|一个|个|家|那个|这个|叫做?|是)+", "", body)
    body = re.sub(r"^叫做?", "", body)
    return re.sub(r"的(?:包工头|老板|工头|带班|人|项目部|工地|店|厂|公司|单位|外包).*$", "", body)


def _may_be_brand(body: str) -> bool:
    """Whether a name without 公司, 厂 and the like can be one: 老滇味, but not 五千多 nor 昆明那边."""
    if not re.fullmatch(r"[一-龥A-Za-z0-9]{2,12}", body) or is_place(body):
        return False
    return not (
        _SPEECH.search(body)
        or _OTHER_ANSWER.search(numerals(body))
        or re.search(r"\d{3}|^[\d.]+$|^\d.*[A-Za-z]", body)
        or re.search(
            r"[我你他她它们不没都的]|出门|回来|早上|晚上|找活|月|年|天|[好几很许]多|什么|啥|哪|换过|待过|干过",
            body,
        )
    )


def volunteered_employer(text: str) -> str | None:
    """A firm's full name in a free sentence: only forms that cannot be mistaken."""
    match = re.search(
        r"(?:在|给|是|跟|进了?|到|叫|公司[::]?)([一-龥A-Za-z0-9()()]{2,20}?(?:有限责任公司|股份有限公司|"
        r"有限公司|集团|建筑公司|劳务公司|物业公司|保安公司|电子厂|服装厂|食品厂|制衣厂|砖厂|家具厂))",
        narrow(text),
    )
    if match is None:
        return None
    name = re.split(r"[在给]", match[1])[-1]
    return name if len(name) >= 4 and not re.match(r"一|这|那|个", name) else None
