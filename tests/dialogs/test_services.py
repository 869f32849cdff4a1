"""Many services at once: which one an intent means, the menu, answers that look like steering, files, tickets."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from dialogs import menus
from dialogs.choosing import choose
from dialogs.engine import Engine, build_engine
from dialogs.flow import Flow, load_flows
from dialogs.state import State
from dialogs.step import Step
from dialogs.values import Answers, Choice, Heard, OpenTicket
from storage.models import Account, Organization, Ticket
from tests.dialogs.test_engine import ANSWER, FACTS, understood
from tickets.access import identity_hidden

FLOWS = load_flows(Path("dialogs/flows"))
SHIPPED = build_engine(FLOWS)
DEMO = Flow.model_validate({
    "flow": "demo", "title": "演示", "intents": ["safety_hazard"], "offer_label": "演示一下", "begin": "好。",
    "category": "safety_hazard", "ticket_title": "演示", "done": "已经提交，编号{number}。",
    "critical_when": [{"danger": "now"}], "urgent_when": [{"danger": "later"}],
    "steps": [
        {"slot": "danger", "type": "choice", "label": "急不急", "ask": "急不急？", "options": [
            {"value": "now", "label": "有危险", "words": ["有"]},
            {"value": "later", "label": "暂时没有", "words": ["没有", "莫得"]},
            {"value": "unknown", "label": "说不准", "words": ["不晓得", "不清楚"]},
        ]},
        {"slot": "photo", "type": "files", "label": "照片", "ask": "拍张照发来。", "optional": "下一步"},
        {"slot": "employer", "type": "employer", "label": "单位名称", "ask": "单位叫什么？", "max_length": 60},
        {"slot": "phone", "type": "phone", "label": "联系电话", "ask": "手机号？", "optional": "先不留"},
        {"slot": "facts", "type": "text", "label": "事情经过", "ask": "事情是怎么起的？"},
        {"slot": "tell_own_union", "type": "choice", "label": "让本单位工会知道是我", "ask": "能不能让他们知道？",
         "options": [{"value": "hide", "label": "不要告诉", "words": ["不要", "不可以"]},
                     {"value": "agree", "label": "可以告诉", "words": ["没关系"]}]},
    ],
})  # fmt: skip
ENGINE = build_engine({"demo": DEMO})


class Chat:
    """One person who talks to an engine."""

    def __init__(self, engine: Engine = ENGINE) -> None:
        self.engine = engine
        self.step: Step = Step(State(), (), ())

    def hear(self, **heard: Any) -> "Chat":
        self.step = self.engine.advance(self.step.state, Heard(**heard), FACTS)
        return self

    def pay(self, payload: str) -> "Chat":
        return self.hear(payload=payload, kind="button")

    def say(self, text: str, intent: str = "out_of_scope", answers: Answers | None = None) -> "Chat":
        return self.hear(text=text, understanding=understood(intent), answers=answers or Answers())

    def press(self, label: str) -> "Chat":
        return self.pay(next(choice.payload for choice in self.choices if choice.label == label))

    @property
    def choices(self) -> list[Choice]:
        return [choice for reply in self.step.replies for choice in reply.choices]

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.choices]

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.step.replies)

    @property
    def asked(self) -> str | None:
        return self.step.state.frame.asked if self.step.state.frame else None

    @property
    def values(self) -> dict[str, Any]:
        return self.step.state.frame.values if self.step.state.frame else {}

    def at(self, slot: str) -> "Chat":
        """Answer what comes before the question."""
        self.pay("flow:demo")
        answers = {
            "danger": "莫得",
            "photo": "下一步",
            "employer": "恒泰劳务",
            "phone": "13887123456",
            "facts": "八月起没发过钱",
            "tell_own_union": "不要告诉",
        }
        for name, words in answers.items():
            if name == slot:
                break
            self.say(words)
        assert self.asked == slot
        return self


# --- which flow -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "text", "flow"),
    [
        ("relief_apply", "家里困难想申请补助", "relief_apply"),
        ("relief_apply", "过年慰问咋个登记", "festival_care"),
        ("join_union", "我想入会", "join_union"),
        ("join_union", "换了单位，会籍怎么转", "membership_transfer"),
        ("skills_training", "想学个电焊", "skills_training"),
        ("skills_training", "想回老家开个店，有没有贷款", "business_start"),
        ("job_seek", "想找个活干", "job_seek"),
        ("suggestion", "食堂太贵了提个意见", "suggestion"),
        ("suggestion", "我要给工会打分", "union_rating"),
        ("arbitration", "仲裁要多久", None),
        ("arbitration", "仲裁申请书怎么写", "arbitration_papers"),
        ("retirement", "我还有几年退休", None),
        ("retirement", "我63岁了还在工地，受伤了厂里不认", "overage_worker"),
    ],
)
def test_words_choose_among_flows_of_one_intent(intent: str, text: str, flow: str | None) -> None:
    found = choose(FLOWS.values(), intent, text)
    assert (found.flow if found else None) == flow


def test_most_words_win_and_the_message_goes_before_the_entry() -> None:
    def named(name: str, *words: str) -> Flow:
        return DEMO.model_copy(update={"flow": name, "words": list(words)})

    flows = [named("short", "评"), named("long", "评家", "打分"), named("plain"), named("other", "慰问")]
    assert choose(flows, "safety_hazard", "会员评家打分") is flows[1]
    assert choose(flows, "safety_hazard", "慰问", "评") is flows[3]
    assert choose(flows, "safety_hazard", "", "评") is flows[0]
    assert choose(flows, "safety_hazard", "别的", "") is flows[2]
    assert choose(flows[:2], "safety_hazard", "别的") is None


def test_yes_after_an_answer_begins_the_flow_whose_button_was_shown() -> None:
    chat = Chat(SHIPPED)
    answer = replace(ANSWER, intent="join_union", question="会籍怎么转？", faq_id="join_union.transfer")
    chat.say("会籍转过来要哪样", "join_union", Answers("answer", (answer,)))
    chat.say("好", "affirm")
    assert chat.step.state.frame is not None
    assert chat.step.state.frame.flow == "membership_transfer"


# --- the menu -------------------------------------------------------------------------------------------------


def test_menu_fits_a_screen_and_leads_to_every_service() -> None:
    chat = Chat(SHIPPED)
    chat.pay("go:menu")
    groups = [choice for choice in chat.choices if choice.payload.startswith("group:")]
    assert 2 <= len(groups) <= 8
    assert {"我的事项", "找工会的人"} <= set(chat.labels)
    reached: set[str] = set()
    for group in groups:
        chat.pay(group.payload)
        while True:
            assert 1 <= len(chat.choices) <= 8
            reached |= {
                c.payload.removeprefix("flow:") for c in chat.choices if c.payload.startswith("flow:")
            }
            more = next((c.payload for c in chat.choices if c.payload.startswith("group:")), None)
            if more is None:
                break
            chat.pay(more)
    assert reached == set(FLOWS)


def test_group_opens_with_what_most_people_come_for() -> None:
    chat = Chat(SHIPPED)
    chat.pay("group:rights")
    assert chat.labels[0] == FLOWS["wage_arrears"].offer_label
    assert "权益维权" in chat.text


@pytest.mark.parametrize("payload", ["group:nothing", "group:rights.99", "group:rights.x99999"])
def test_button_of_no_group_is_answered(payload: str) -> None:
    chat = Chat(SHIPPED)
    chat.pay(payload)
    assert chat.step.replies


def test_every_service_stands_under_a_heading() -> None:
    assert {flow.group for flow in FLOWS.values()} <= set(menus.GROUPS)


# --- answers that look like steering --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("没有", "later"),
        ("莫得", "later"),
        ("没有了", "later"),
        ("不晓得", "unknown"),
        ("不清楚", "unknown"),
        ("有", "now"),
    ],
)
def test_a_word_that_names_an_option_is_the_answer(words: str, value: str) -> None:
    chat = Chat().at("danger").say(words)
    assert (chat.values["danger"], chat.asked) == (value, "photo")


@pytest.mark.parametrize("words", ["跳过", "忘了"])
def test_skipping_a_required_choice_is_still_refused(words: str) -> None:
    chat = Chat().at("danger").say(words)
    assert chat.asked == "danger"
    assert "急不急" in chat.text


@pytest.mark.parametrize(
    ("words", "value"),
    [("不可以告诉他们", "hide"), ("可以告诉", "agree"), ("没关系", "agree"), ("不要", "hide")],
)
def test_denied_option_is_not_taken(words: str, value: str) -> None:
    assert Chat().at("tell_own_union").say(words).values["tell_own_union"] == value


# --- changing at the review -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "slot"),
    [
        ("单位名称改一下", "employer"),
        ("单位名称要改", "employer"),
        ("公司名字写错了", "employer"),
        ("电话改一下", "phone"),
        ("手机号写错了", "phone"),
        ("事情经过改一下", "facts"),
    ],
)
def test_naming_what_is_to_be_changed_asks_for_it(words: str, slot: str) -> None:
    chat = Chat().at("tell_own_union").press("不要告诉")
    assert chat.asked == "review"
    chat.say(words)
    assert chat.asked == slot
    assert words not in str(chat.values)


@pytest.mark.parametrize(
    ("words", "slot", "value"),
    [
        ("单位名称写错了，是宏达建筑", "employer", "宏达建筑"),
        ("单位改成万达广场", "employer", "万达广场"),
        ("电话改成13987654321", "phone", "13987654321"),
        ("事情经过改成九月起没发过钱", "facts", "九月起没发过钱"),
    ],
)
def test_new_value_without_the_words_around_it(words: str, slot: str, value: str) -> None:
    chat = Chat().at("tell_own_union").press("不要告诉").say(words)
    assert (chat.values[slot], chat.asked) == (value, "review")


@pytest.mark.parametrize(
    "words",
    [
        "金额错了，是三万五",
        "有个地方错了，是我写的",
        "前面那个要改，可以吗",
        "不对，是另外一个",
        "是的，但是要改一下",
    ],
)
def test_what_speaks_of_a_mistake_is_never_a_yes(words: str) -> None:
    chat = Chat().at("tell_own_union").press("不要告诉").say(words)
    assert not any(isinstance(effect, OpenTicket) for effect in chat.step.effects)
    assert chat.step.state.frame is not None


@pytest.mark.parametrize(
    "words",
    ["没错", "对的，没错", "是的，不用改了", "都对，提交吧", "没有错的", "好，就这样", "改好了，提交"],
)
def test_yes_at_the_review_submits(words: str) -> None:
    chat = Chat().at("tell_own_union").press("不要告诉").say(words)
    assert any(isinstance(effect, OpenTicket) for effect in chat.step.effects)


def test_the_sentence_that_the_review_proposes_changes_the_amount() -> None:
    chat = Chat(SHIPPED)
    chat.pay("flow:wage_arrears")
    frame = chat.step.state.frame
    assert frame is not None
    filled = replace(frame, values={**frame.values, "amount_yuan": 20000}, asked="review")
    chat.step = replace(chat.step, state=replace(chat.step.state, frame=filled))
    chat.say("金额错了，是三万")
    assert chat.values["amount_yuan"] == 30000
    assert not any(isinstance(effect, OpenTicket) for effect in chat.step.effects)


# --- open questions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "老板一直不说什么时候给钱，问他就躲",
        "他们说我的工资算得不对，应该是三千，扣了就扣了",
        "我找过工会的人来说，老板当面答应，转身就不认，你们能不能来看看",
        "凭什么扣我的钱",
    ],
)
@pytest.mark.parametrize("intent", ["wage_arrears", "human_handoff", "abuse"])
def test_a_story_at_an_open_question_is_kept(words: str, intent: str) -> None:
    chat = Chat().at("facts").say(words, intent, Answers("choices", (ANSWER,)))
    assert chat.values["facts"] == words
    assert chat.asked == "tell_own_union"


@pytest.mark.parametrize("words", ["病假工资怎么算", "没签合同可以告吗？", "要多久才有结果"])
def test_a_question_to_us_at_an_open_question_is_answered(words: str) -> None:
    chat = Chat().at("facts").say(words, "leave", Answers("answer", (ANSWER,)))
    assert "病假有工资" in chat.text
    assert ("facts" in chat.values, chat.asked) == (False, "facts")


# --- files ----------------------------------------------------------------------------------------------------


def test_photos_are_the_answer_until_that_is_all() -> None:
    chat = Chat().at("photo").hear(kind="photo", files=("a",))
    assert (chat.values["photo"], chat.asked, chat.labels) == (1, "photo", ["好了"])
    chat.hear(kind="photo", files=("b", "c"))
    assert chat.values["photo"] == 3
    chat.press("好了")
    assert chat.asked == "employer"


@pytest.mark.parametrize("words", ["好了", "没有了", "发完了", "就这些", "没得了"])
def test_words_end_the_photos_too(words: str) -> None:
    chat = Chat().at("photo").hear(kind="photo", files=("a",)).say(words)
    assert (chat.values["photo"], chat.asked) == (1, "employer")


@pytest.mark.parametrize("words", ["没有照片", "拍不了", "下一步", "跳过", "不方便拍"])
def test_no_photo_is_all_right(words: str) -> None:
    chat = Chat().at("photo").say(words)
    assert ("photo" in chat.values, chat.asked) == (False, "employer")


def test_photo_at_another_question_is_kept_said_and_goes_to_the_ticket() -> None:
    chat = Chat().at("facts").hear(kind="photo", files=("a",))
    assert "收到了" in chat.text
    assert chat.asked == "facts"
    chat.say("八月起没发过钱").press("不要告诉").press("提交")
    assert _opened(chat).files == ("a",)


# --- the ticket -----------------------------------------------------------------------------------------------


def _opened(chat: Chat) -> OpenTicket:
    return next(effect for effect in chat.step.effects if isinstance(effect, OpenTicket))


@pytest.mark.parametrize(("label", "hidden"), [("不要告诉", True), ("可以告诉", False)])
def test_agreement_reaches_who_decides_on_the_name(label: str, hidden: bool) -> None:
    chat = Chat().at("tell_own_union").press(label).press("提交")
    ticket = Ticket(facts=dict(_opened(chat).facts))
    account = Account(organization=Organization(level="enterprise"))
    assert identity_hidden(account, ticket) is hidden
    assert not identity_hidden(Account(organization=Organization(level="county")), ticket)


@pytest.mark.parametrize(("words", "urgency"), [("有", "critical"), ("没有", "urgent"), ("不清楚", "normal")])
def test_danger_makes_it_critical(words: str, urgency: str) -> None:
    chat = Chat().pay("flow:demo").say(words)
    for answer in ("下一步", "恒泰劳务", "先不留", "架子松了", "不要告诉"):
        chat.say(answer)
    assert _opened(chat.press("提交")).urgency == urgency


def test_hazard_with_somebody_in_danger_is_critical() -> None:
    assert cast(Flow, FLOWS["safety_hazard"]).critical_when == [{"danger": "now"}]
