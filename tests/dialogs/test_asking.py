"""A message at an open question: a question to us, or an answer that happens to hold question words."""

import pytest

from dialogs.asking import asks_us
from dialogs.flow import SlotStep

STORY = SlotStep(
    slot="facts", type="text", label="事情经过", ask="事情是怎么起的？照您的话说，什么时候、谁、怎么回事。"
)
THEY_SAY = SlotStep(slot="boss_says", type="text", label="单位怎么说", ask="单位或者老板那边是怎么说的？")
WISH = SlotStep(slot="wish", type="text", label="您想怎么解决", ask="您想怎么解决？比如哪天前把钱给清。")
REASON = SlotStep(
    slot="reason", type="text", label="理由", ask="单位说的是什么理由？照原话写，没说理由就写“没说”。"
)
ASKED = SlotStep(
    slot="question", type="text", label="什么事", ask="具体是怎么回事？写一两句，上级工会照着去问。"
)
IDEA = SlotStep(slot="idea", type="text", label="意见", ask="您说，想到什么写什么：什么事、想怎么改。")

ANSWERS = [
    (STORY, "老板一直不说什么时候给钱"),
    (STORY, "九月份叫我回家等，等到现在也没说什么时候开工"),
    (STORY, "我问他哪里可以拿工资条，他理都不理"),
    (STORY, "干了大半年，到底扣了多少钱我都不晓得"),
    (STORY, "也没讲为什么，就把我的卡停了"),
    (STORY, "班长问我能不能顶个夜班，我说身体吃不消，第二天就不要我了"),
    (STORY, "有什么活就干什么活，从来没签过合同"),
    (STORY, "去哪里告他都不怕，当着大家面讲的"),
    (STORY, "跟他要钱要了好几回，他说几时有几时给"),
    (STORY, "我找过老板，他问我是不是不想干了"),
    (STORY, "打电话不接，人在哪里都不晓得"),
    (STORY, "凭什么扣我的钱，我又没迟到"),
    (STORY, "还有两个月的工资在他那里没给呢"),
    (STORY, "他什么都没说"),
    (THEY_SAY, "他说你爱去哪里告去哪里告"),
    (THEY_SAY, "老板讲没有钱，叫我去找总包，总包又问我是谁"),
    (THEY_SAY, "经理说看谁理你？"),
    (THEY_SAY, "说什么公司困难，能不能发得下来还不一定"),
    (THEY_SAY, "没说什么"),
    (THEY_SAY, "他们问我要多少"),
    (THEY_SAY, "人事说规定就是这样，让我自己看着办，还问我想不想干"),
    (WISH, "能不能年前把钱给我结清就行"),
    (WISH, "我就想晓得什么时候能给，给个准话"),
    (WISH, "能不能让他们按月发？"),
    (WISH, "要个说法，到底为什么不要我"),
    (WISH, "该赔多少就赔多少"),
    (REASON, "说我什么都不会干"),
    (REASON, "没说为什么"),
    (REASON, "说是我上班看手机，谁上班不看手机"),
    (ASKED, "每个月从工资里扣三十块会费，对不对"),
    (IDEA, "食堂能不能改善一下，菜天天都是那几样"),
    (IDEA, "工会的活动能不能放在星期天？"),
]
QUESTIONS = [
    (STORY, "劳动仲裁要花钱吗"),
    (STORY, "这个要多久才有结果？"),
    (STORY, "要等多久"),
    (STORY, "你们收费不"),
    (STORY, "没有合同也可以告吗？"),
    (STORY, "我填的这些会不会让老板看到？"),
    (STORY, "要准备什么材料"),
    (STORY, "去哪里交材料？"),
    (STORY, "加班费咋个算"),
    (STORY, "超过一年了还能不能要"),
    (STORY, "这个合法不"),
    (STORY, "那社保呢"),
    (STORY, "仲裁委在哪点"),
    (STORY, "被辞退能拿多少钱"),
    (STORY, "工伤认定要几天"),
    (STORY, "工伤认定要多久内申请"),
    (STORY, "没签合同怎么办"),
    (THEY_SAY, "老板说没合同就不赔，合法吗？"),
    (THEY_SAY, "他说要扣我一个月，我该怎么办"),
    (THEY_SAY, "单位不来谈怎么办？"),
    (WISH, "双倍工资是什么意思？"),
    (WISH, "一般能赔多少？"),
    (WISH, "赔偿金怎么算"),
    (REASON, "试用期被辞退有补偿吗？"),
    (REASON, "这种算不算违法辞退？"),
    (IDEA, "写了会有人看吗？"),
]


@pytest.mark.parametrize(("step", "text"), ANSWERS)
def test_answer_with_question_words_is_an_answer(step: SlotStep, text: str) -> None:
    assert not asks_us(step, text)


@pytest.mark.parametrize(("step", "text"), QUESTIONS)
def test_question_to_us_is_a_question(step: SlotStep, text: str) -> None:
    assert asks_us(step, text)
