"""What a consultation of ten turns stumbles over: remembered matters, sums supposed, forms set aside, deadlines."""

from dataclasses import replace

import pytest

from bot.lookup import openings
from dialogs.calculators import asks_so_much, calls_so_much
from dialogs.controls import remembered
from dialogs.forms import MOST_OPTIONS
from dialogs.handover import asks_when
from dialogs.state import Pending, State
from dialogs.step import Talk
from dialogs.values import Answers, Heard, TicketView
from nlu import stance
from nlu.understanding import INTENTS
from tests.bot.turn_kit import PHONE, with_ticket
from tests.dialogs.conftest import TOPICS
from tests.dialogs.test_calculators import ANSWER, ENGINE, FACTS, Chat, finished
from tests.playing import Player

TWO = "老板欠我三个月工资，还把我辞退了"
TICKET = TicketView(
    "KM20261122-0001", "wage_arrears", "欠薪维权", "待受理", open=True, unit="官渡区总工会", assignee=None,
    due="11月24日12:00前",
)  # fmt: skip


async def submitted(person: Player) -> None:
    await person.press("请工会帮我要工资")
    for words in ("官渡区", "两万八", "5个人", "恒泰劳务"):
        await person.say(words)
    await person.press("同意")
    await person.say(PHONE)
    await person.press("提交")
    assert person.last.ticket


# --- a sum of what was talked about ---------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["算一下能赔多少", "帮我算算能赔多少钱", "那给我算一下一共能拿多少"])
async def test_a_sum_after_the_ticket_is_that_of_the_second_matter(person: Player, words: str) -> None:
    await person.say(TWO)
    await submitted(person)
    await person.say(words)
    state = await person.state()
    assert state.frame is not None
    assert state.frame.flow == "calc_economic_compensation"


async def test_asking_for_the_sum_of_the_second_matter_offers_it(person: Player) -> None:
    await person.say(TWO)
    await submitted(person)
    await person.say("能赔多少")
    assert "算一算离职补偿" in person.text
    assert "不在我能答的范围" not in person.text


def test_a_sum_without_any_other_matter_is_that_of_the_ticket() -> None:
    chat = Chat(facts=replace(FACTS, tickets=(TICKET,)))
    chat.say("算一下一共能拿多少")
    assert chat.state.frame is not None
    assert chat.state.frame.flow == "calc_wage_arrears_total"


def test_the_last_topic_goes_before_what_waits_unless_the_words_fit_only_that() -> None:
    state = State(last_intent="work_injury", pending=(Pending("dismissal", "又辞退我"),))
    chat = Chat(state)
    chat.say("算一下能赔多少")
    assert chat.state.frame is not None
    assert chat.state.frame.flow == "calc_work_injury"
    chat = Chat(replace(state, last_intent="wage_arrears"))
    chat.say("算一下能赔多少")
    assert chat.state.frame is not None
    assert chat.state.frame.flow == "calc_economic_compensation"


def test_a_sum_of_nothing_shows_what_can_be_calculated() -> None:
    assert "想算哪一样" in Chat().say("算一下能赔多少")


@pytest.mark.parametrize("text", ["算了", "帮我算一下彩票能中多少", "工伤能赔多少", "打算赔多少"])
def test_not_a_bare_sum(text: str) -> None:
    assert not calls_so_much(text)
    assert not asks_so_much(text)


# --- back to a matter -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["再说辞退的事", "说说辞退", "好", "那辞退的事呢"])
async def test_a_remembered_matter_is_answered_not_listed(person: Player, words: str) -> None:
    await person.say(TWO)
    await person.say(words)
    assert "您是想问" not in person.text
    assert (person.last.understanding["faq_id"] or "").startswith("dismissal.")


async def test_a_matter_that_waits_no_more_is_taken_up_again(person: Player) -> None:
    await person.say(TWO)
    await person.say("好")
    await person.say("产假有多少天？云南是多少？")
    await person.say("再说辞退的事")
    assert (person.last.understanding["faq_id"] or "").startswith("dismissal.")


async def test_a_matter_passed_over_for_the_second_waits_behind_its_form(person: Player) -> None:
    state = State(
        last_intent="dismissal", offered=("dismissal.sudden",), pending=(Pending("wage_arrears", "欠我工资"),)
    )
    chat = Chat(state)
    chat.pay("flow:wage_arrears")
    assert [matter.intent for matter in chat.state.pending] == ["dismissal"]


async def test_every_opening_finds_an_entry_of_its_matter(person: Player) -> None:
    knowledge = person.application.knowledge
    await knowledge.refresh()
    for intent, question in openings().items():
        assert intent in INTENTS
        if intent in TOPICS:
            found = knowledge.search(question, intents={intent: 0.9}, today=person.clock.now.date())
            assert found.hits[0].intent == intent, question


@pytest.mark.parametrize("text", ["再看看", "再说一遍", "再问工伤怎么赔", "再来一次", "工伤", "我回头再说"])
def test_not_a_way_back_to_a_matter(text: str) -> None:
    assert remembered(State(), text) is None


# --- the answer to an offer, another value --------------------------------------------------------------------


@pytest.mark.parametrize("words", ["5000一个月", "一个月五千", "工资5000，干了三年", "5000", "五千块"])
def test_a_wage_after_the_offer_begins_the_sum_with_it(words: str) -> None:
    chat = Chat()
    chat.say("我被辞退了能赔多少", "dismissal")
    chat.say(words)
    assert chat.state.frame is not None
    assert chat.state.frame.flow == "calc_economic_compensation"
    assert chat.state.frame.values["monthly_wage"] == 5000


async def test_a_wage_after_the_offer_without_a_model(person: Player) -> None:
    await person.say("违法辞退赔2N，什么算违法，怎么要？")
    assert "算一算离职补偿" in person.text
    await person.say("5000一个月")
    state = await person.state()
    assert state.frame is not None
    assert state.frame.values["monthly_wage"] == 5000


@pytest.mark.parametrize("words", ["老板欠我5000块工资不给", "三个人", "官渡区", "5000一个月合法吗", "谢谢"])
def test_other_words_after_the_offer_are_no_answer_to_it(words: str) -> None:
    chat = Chat()
    chat.say("我被辞退了能赔多少", "dismissal")
    chat.say(words)
    assert chat.state.frame is None


def compensation() -> Chat:
    chat = Chat()
    chat.pay("calc:economic_compensation")
    chat.answer_all({"reason": "单位裁员", "service_years": "三年", "monthly_wage": "五千"})
    assert chat.state.calculated is not None
    return chat


@pytest.mark.parametrize(
    ("words", "slot", "value", "told"),
    [
        ("要是六千呢", "monthly_wage", 6000, "从5,000元换成6,000元"),
        ("那要是干了五年呢", "service_years", 5, "从3年换成5年"),
        ("如果一个月7500呢", "monthly_wage", 7500, "7,500元"),
        ("那八年呢", "service_years", 8, "8年"),
        ("要是违法辞退呢", "reason", "illegal", "单位没理由或违法把我辞退"),
        ("要是工资是8000的话", "monthly_wage", 8000, "8,000元"),
    ],
)
def test_another_value_is_supposed_and_said(words: str, slot: str, value: object, told: str) -> None:
    chat = compensation()
    before = chat.last.replies[-1].text
    text = chat.say(words)
    assert told in text
    assert chat.state.calculated is not None
    assert chat.state.calculated.values[slot] == value
    assert "仅供参考" in text
    assert text != before


def test_what_is_supposed_is_no_fact() -> None:
    chat = compensation()
    facts = chat.state.heard_facts
    chat.say("要是六千呢")
    assert chat.state.heard_facts == facts
    chat.say("那要是七千呢")
    assert chat.state.calculated is not None
    assert chat.state.calculated.values["monthly_wage"] == 7000


def test_years_take_the_place_of_the_first_day() -> None:
    chat = Chat()
    chat.pay("calc:economic_compensation")
    chat.answer_all({"reason": "单位裁员", "started": "2020年3月5号", "monthly_wage": "五千"})
    assert "5年" in chat.say("那要是干了五年呢")
    assert chat.state.calculated is not None
    assert "started" not in chat.state.calculated.values


def test_years_answer_the_question_for_the_first_day() -> None:
    chat = Chat()
    chat.pay("calc:economic_compensation")
    chat.say("单位裁员")
    chat.say("干了三年", "chitchat")
    assert chat.state.frame is not None
    assert chat.state.frame.values["service_years"] == 3
    assert chat.asked == "ended"


def test_nothing_is_supposed_later_or_about_something_else() -> None:
    chat = compensation()
    chat.say("要是公司不给呢", "dismissal", Answers("answer", (ANSWER,)))
    assert "平时1.5倍" in "".join(reply.text for reply in chat.last.replies)
    chat.say("要是六千呢")
    assert chat.state.calculated is not None
    assert chat.state.calculated.values["monthly_wage"] == 5000
    assert finished("retirement").state.frame is None


# --- both forms set aside -------------------------------------------------------------------------------------


def both_aside() -> Chat:
    chat = Chat()
    chat.pay("flow:wage_arrears")
    chat.say("官渡区")
    chat.pay("calc:unemployment_months")
    chat.say("六年")
    text = chat.say("先放着")
    assert "欠薪维权" in text
    assert "失业金能领几个月" in text
    return chat


def test_the_service_first_then_the_sum_is_offered() -> None:
    chat = both_aside()
    chat.say("继续")
    assert chat.state.frame is not None
    assert chat.state.frame.flow == "wage_arrears"
    assert "失业金能领几个月" in chat.say("取消")
    chat.say("继续")
    assert chat.state.frame is not None
    assert (chat.state.frame.flow, chat.asked) == ("calc_unemployment_months", "reason")
    assert chat.state.frame.values["paid_years"] == 6


def test_the_sum_first_by_its_button_then_the_service() -> None:
    chat = both_aside()
    chat.press("接着算【失业金能领几个月】")
    assert chat.asked == "reason"
    chat.answer_all({"reason": "被辞退", "insured": "交了"})
    chat.press("接着办【欠薪维权】")
    assert chat.state.frame is not None
    assert chat.state.frame.flow == "wage_arrears"


def test_a_sum_set_aside_outlives_a_service_set_aside_after_it() -> None:
    chat = Chat()
    chat.pay("calc:unemployment_months")
    chat.say("六年")
    chat.say("先放着")
    chat.pay("flow:job_seek")
    chat.say("先放着")
    chat.say("继续")
    assert chat.state.frame is not None
    assert chat.state.frame.flow == "job_seek"
    chat.say("取消")
    chat.say("继续")
    assert chat.asked == "reason"


async def test_both_through_the_real_turn(person: Player) -> None:
    await person.press("请工会帮我要工资")
    await person.say("官渡区")
    await person.say("算一下失业金")
    await person.say("六年")
    await person.say("改天再弄")
    await person.press("接着办【欠薪维权】")
    for words in ("两万八", "5个人", "恒泰劳务"):
        await person.say(words)
    await person.press("同意")
    await person.say(PHONE)
    if "三个月" in person.text or "几个月" in person.text.split("请您看一遍")[0]:
        await person.say("三个月")
    await person.press("提交")
    assert "接着算【失业金能领几个月】" in person.text
    await person.press("接着算【失业金能领几个月】")
    state = await person.state()
    assert state.frame is not None
    assert state.frame.asked == "reason"


# --- a long list ----------------------------------------------------------------------------------------------


def test_a_long_list_is_shown_in_parts_and_may_be_typed() -> None:
    chat = Chat()
    chat.pay("calc:economic_compensation")
    seen: list[str] = []
    while "更多" in chat.labels:
        assert len(chat.labels) <= MOST_OPTIONS
        seen += [label for label in chat.labels if label != "更多"]
        chat.press("更多")
    seen += chat.labels
    step = ENGINE.flows["calc_economic_compensation"].slots["reason"]
    assert seen == [option.label for option in step.options]
    assert chat.asked == "reason"
    chat.say("第二个")  # of what is in sight
    assert chat.state.frame is not None
    assert chat.state.frame.values["reason"] == step.options[-1].value


@pytest.mark.parametrize("words", ["更多", "还有吗", "都不是", "没有我的情况"])
def test_the_rest_of_a_list_by_words(words: str) -> None:
    chat = Chat()
    chat.pay("calc:economic_compensation")
    assert "还有这些" in chat.say(words)
    assert chat.asked == "reason"


def test_an_answer_from_the_hidden_part_is_understood_at_once() -> None:
    chat = Chat()
    chat.pay("calc:economic_compensation")
    chat.say("厂里倒闭了")
    assert chat.state.frame is not None
    assert chat.state.frame.values["reason"] == "closed"


@pytest.mark.parametrize(
    "action", ["more.reason.99", "more.reason.x", "more.gone.5", "more.monthly_wage.0", "more."]
)
def test_a_dead_button_of_a_list(action: str) -> None:
    chat = Chat()
    chat.pay("calc:economic_compensation")
    assert chat.state.frame is not None
    assert chat.pay(f"do:{chat.state.frame.run}:{action}")
    assert chat.asked == "reason"


# --- when will it come ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["多久能下来", "什么时候能有结果", "要等多久", "几天有回音", "你们什么时候联系我"]
)
async def test_after_the_ticket_when_is_its_deadline(person: Player, words: str) -> None:
    ticket = await with_ticket(person)
    await person.say(words)
    assert ticket.number in person.text
    assert "期限" in person.text


async def test_after_a_person_was_asked_for_too(person: Player) -> None:
    await person.say("劳动仲裁怎么申请，要写什么、带什么？")
    await person.say("转人工")
    await person.say("官渡区")
    await person.say("什么时候能有结果")
    assert "期限" in person.text


def _when(text: str, state: State) -> bool:
    facts = replace(FACTS, tickets=(TICKET,))
    return asks_when(Talk(state, Heard(text=text), facts, ENGINE.flows, ENGINE.replies))


def test_what_was_just_explained_is_meant_rather_than_the_ticket() -> None:
    assert _when("多久能下来", State())
    assert not _when("多久能下来", State(last_intent="arbitration", last_faq="arbitration.how_long"))
    assert _when("什么时候回我", State(last_intent="arbitration", last_faq="arbitration.how_long"))
    assert not _when("什么时候发工资", State())
    assert not _when("工伤认定多久能下来", State())


# --- weak follow-ups ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["在哪办", "要带哪样", "他不认咋整", "要交钱不", "要好久"])
def test_words_that_name_nothing_lean(words: str) -> None:
    assert stance.leaning(words) in {"leans", "may"}


async def test_a_weak_follow_up_never_ends_in_a_foreign_answer(person: Player) -> None:
    for words in ("要交钱不", "在哪办", "要带哪样"):
        await person.say("劳动仲裁怎么申请，要写什么、带什么？")
        await person.say(words)
        shown = person.last.understanding["faq_id"] or "arbitration."
        assert shown.startswith("arbitration.")
        assert "不在我能答的范围" not in person.text
