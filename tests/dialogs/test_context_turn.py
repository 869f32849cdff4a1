"""Several matters, negation, follow-ups and references through the real turn; words only, no model."""

import json

import pytest

from dialogs.state import Pending, State
from dialogs.values import Heard
from tests.bot.turn_kit import PHONE, inbound
from tests.dialogs.test_engine import ENGINE, FACTS, understood
from tests.playing import Player

TWO = "老板欠我三个月工资，还把我辞退了"
ANSWERED_AND_MORE = "加班费到底怎么算，平时、周末、节假日各是几倍？另外公司没给我交社保"


def waiting(state: State) -> list[str]:
    return [matter.intent for matter in state.pending]


async def test_second_matter_is_named_offered_and_kept(person: Player) -> None:
    await person.say(TWO)
    assert "您还提到“被辞退和补偿”" in person.text
    assert "接着说：被辞退和补偿" in person.text
    state = await person.state()
    assert state.last_intent == "wage_arrears"
    assert waiting(state) == ["dismissal"]
    assert "辞退" in state.pending[0].clause


@pytest.mark.parametrize(
    "words", ["好", "说第二个", "第二件事", "再说辞退的事", "说说辞退", "那辞退的事呢", "接着说"]
)
async def test_second_matter_is_picked_by_words(person: Player, words: str) -> None:
    await person.say(TWO)
    await person.say(words)
    assert person.last.understanding["intent"] == "dismissal"
    assert waiting(await person.state()) == []


async def test_second_matter_is_picked_by_button_and_an_old_button_still_answers(person: Player) -> None:
    await person.say(TWO)
    await person.press("接着说：被辞退和补偿")
    first = person.last.understanding["intent"]
    assert (first, waiting(await person.state())) == ("dismissal", [])
    await person.press("接着说：被辞退和补偿")
    assert person.last.understanding["intent"] == "dismissal"
    assert "用不上" not in person.text


async def test_the_remembered_words_are_searched_not_the_picking_ones(person: Player) -> None:
    await person.say("加班费怎么算？另外想问年假没休完能不能补钱")
    await person.say("好")
    assert person.last.understanding["intent"] == "leave"
    assert (person.last.understanding["faq_id"] or (await person.state()).offered[0]).startswith("leave.")


async def test_second_matter_outlives_the_form_of_the_first(person: Player) -> None:
    await person.say(TWO)
    await person.press("请工会帮我要工资")
    for words in ("官渡区", "两万八", "5个人", "恒泰劳务"):
        await person.say(words)
    await person.press("同意")
    await person.say(PHONE)
    assert waiting(await person.state()) == ["dismissal"]
    await person.press("提交")
    assert person.last.ticket
    assert "接着说这个吗" in person.text
    await person.say("好")
    assert person.last.understanding["intent"] == "dismissal"


@pytest.mark.parametrize("done", ["取消", "不办了"])
async def test_second_matter_is_offered_when_the_form_is_cancelled(person: Player, done: str) -> None:
    await person.say(TWO)
    await person.press("请工会帮我要工资")
    await person.say(done)
    assert "接着说：被辞退和补偿" in person.text


async def test_second_matter_is_offered_when_the_first_is_solved(person: Player) -> None:
    await person.say(ANSWERED_AND_MORE)
    assert "您还提到“社会保险”" in person.text
    await person.say("解决了")
    assert "您先前还提到“社会保险”" in person.text


async def test_second_matter_that_is_not_wanted_is_dropped(person: Player) -> None:
    await person.say(TWO)
    await person.say("不用了")
    assert "先不说" in person.text
    assert waiting(await person.state()) == []


async def test_another_question_leaves_the_second_matter_waiting(person: Player) -> None:
    await person.say(TWO)
    await person.say("谢谢")
    assert waiting(await person.state()) == ["dismissal"]
    await person.say("产假有多少天？云南是多少？")
    assert person.last.understanding["faq_id"] == "female_worker.maternity_days"
    assert "接着说：被辞退和补偿" in person.text


async def test_asking_for_the_second_matter_oneself_ends_the_waiting(person: Player) -> None:
    await person.say(TWO)
    await person.say("违法辞退赔2N，什么算违法，怎么要？")
    assert person.last.understanding["faq_id"] == "dismissal.illegal_2n"
    assert waiting(await person.state()) == []


async def test_a_matter_of_last_week_is_not_offered_again(person: Player) -> None:
    await person.say(TWO)
    person.clock.forward(100)
    await person.say("好")
    assert person.last.understanding["intent"] != "dismissal"
    assert waiting(await person.state()) == []


async def test_second_matter_is_the_second_where_no_list_is_in_sight(person: Player) -> None:
    await person.say(ANSWERED_AND_MORE)
    await person.say("第二个")
    assert person.last.understanding["intent"] == "social_insurance"


def test_form_that_begins_at_once_names_the_other_first_and_asks_last() -> None:
    text = "帮我登记找个工作，另外以前那家拖欠工资没给"
    step = ENGINE.advance(State(), Heard(text=text, understanding=understood("job_seek")), FACTS)
    assert step.state.frame is not None
    assert waiting(step.state) == ["wage_arrears"]
    assert "您还提到“拖欠工资”" in step.replies[0].text
    assert step.replies[-1].choices
    assert not any(choice.payload.startswith("then:") for reply in step.replies for choice in reply.choices)


async def test_state_stored_before_all_this_loads(person: Player) -> None:
    old = {
        "last_faq": "overtime_pay.rates",
        "last_intent": "overtime_pay",
        "offered": ["a"],
        "runs": 2,
        "awaiting": None,
    }
    state = State.from_json(json.loads(json.dumps(old)))
    assert (state.pending, state.shown, state.offered) == ((), (), ("a",))
    full = State(pending=(Pending("leave", "年假"),), shown=(("好", "go:menu"),))
    assert State.from_json(json.loads(json.dumps(full.to_json()))) == full


# --- negation and past ------------------------------------------------------------------------------------------


async def test_not_wanting_a_court_gets_mediation_explained_before_it_begins(person: Player) -> None:
    await person.say("我不想打官司，太麻烦了")
    assert (await person.state()).frame is None
    assert "调解" in person.text
    assert "请工会调解" in person.text
    await person.press("请工会调解")
    assert (await person.state()).frame is not None


@pytest.mark.parametrize("words", ["不想仲裁", "懒得去仲裁"])
async def test_not_wanting_arbitration_offers_other_ways(person: Player, words: str) -> None:
    await person.say(words)
    assert "怎么申请调解" in person.text
    assert "仲裁怎么申请" not in person.text
    await person.say("第一个")
    assert person.last.understanding["faq_id"] == "mediation_request.how"


async def test_wanting_arbitration_gets_it(person: Player) -> None:
    await person.say("劳动仲裁怎么申请，要写什么、带什么？")
    assert person.last.understanding["faq_id"] == "arbitration.how_to_apply"


@pytest.mark.parametrize("words", ["已经仲裁过了", "我早就仲裁完了"])
async def test_after_arbitration_comes_court_or_enforcement(person: Player, words: str) -> None:
    await person.say(words)
    assert (await person.state()).offered == ("arbitration.not_satisfied", "arbitration.enforcement")
    assert "接下来" in person.text
    await person.say("最后一个")
    assert person.last.understanding["faq_id"] == "arbitration.enforcement"


async def test_own_leaving_is_not_a_dismissal(person: Player) -> None:
    await person.say("不是辞退是我自己走的")
    assert person.last.understanding["intent"] == "resignation"


@pytest.mark.parametrize("words", ["公司没有签合同", "没有签合同，能要双倍工资吗"])
async def test_lack_of_a_contract_is_the_topic(person: Player, words: str) -> None:
    await person.say(words)
    assert person.last.understanding["intent"] == "labor_contract"


# --- follow-ups -------------------------------------------------------------------------------------------------

ASKED = "劳动仲裁怎么申请，要写什么、带什么？"


@pytest.mark.parametrize(
    ("words", "entry"), [("要花钱不", "arbitration.cost"), ("要多久出结果", "arbitration.how_long"), ("那要是公司在外地呢", "arbitration.where")]
)  # fmt: skip
async def test_what_leans_is_looked_up_with_the_topic(person: Player, words: str, entry: str) -> None:
    await person.say(ASKED)
    await person.say(words)
    shown = person.last.understanding["faq_id"]
    assert entry in {shown, *(await person.state()).offered}
    assert person.last.understanding["intent"] == "arbitration"


async def test_without_a_topic_nothing_leans(person: Player) -> None:
    await person.say("要花钱不")
    assert person.last.understanding["intent"] != "arbitration"


async def test_a_topic_of_yesterday_is_not_leant_on(person: Player) -> None:
    await person.say(ASKED)
    person.clock.forward(13)
    await person.say("要花钱不")
    assert person.last.understanding["intent"] != "arbitration"


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("那试用期呢", "probation"),
        ("那社保呢", "social_insurance"),
        ("还有年假呢", "leave"),
        ("那加班费呢", "overtime_pay"),
    ],
)
async def test_a_topic_of_its_own_moves_the_talk(person: Player, words: str, intent: str) -> None:
    await person.say(ASKED)
    await person.say(words)
    assert person.last.understanding["intent"] == intent
    entry = person.last.understanding["faq_id"] or (await person.state()).offered[0]
    assert entry.startswith(intent)


@pytest.mark.parametrize(
    ("words", "entry"),
    [
        ("产假有多少天？云南是多少？", "female_worker.maternity_days"),
        ("工伤认定要在多久内申请？", "work_injury.deadline"),
    ],
)
async def test_a_whole_new_question_is_not_dragged_back(person: Player, words: str, entry: str) -> None:
    await person.say(ASKED)
    await person.say(words)
    assert person.last.understanding["faq_id"] == entry


@pytest.mark.parametrize("words", ["谢谢", "你好", "转人工", "今天股票怎么样", "房租涨了怎么办"])
async def test_talk_and_foreign_questions_do_not_lean(person: Player, words: str) -> None:
    await person.say(ASKED)
    await person.say(words)
    assert person.last.understanding["faq_id"] is None
    assert person.last.understanding["intent"] != "arbitration"


# --- references -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "place"), [("第二个", 1), ("2", 1), ("最后一个", -1), ("上面那个", 0), ("就后面那个", -1)]
)
async def test_a_choice_is_taken_by_its_place(person: Player, words: str, place: int) -> None:
    await person.say("已经仲裁过了")
    offered = (await person.state()).offered
    await person.say(words)
    assert person.last.understanding["faq_id"] == offered[place]
    await person.say("那第一个呢")
    assert person.last.understanding["faq_id"] == offered[0]


async def test_none_of_the_choices_leads_to_a_person(person: Player) -> None:
    await person.say("已经仲裁过了")
    await person.say("都不是")
    assert "找工会的人" in person.text


async def test_buttons_of_any_reply_are_taken_by_place_or_label(person: Player) -> None:
    await person.say("菜单")
    await person.say("第三个")
    assert "【困难帮扶】" in person.text
    labels = [button.label for button in person.all_buttons]
    await person.say("第三个")
    state = await person.state()
    assert state.frame is not None
    assert person.application.engine.flows[state.frame.flow].offer_label == labels[2]
    await person.say("取消")
    await person.say("菜单")
    await person.say("困难帮扶")
    await person.say(labels[0])
    state = await person.state()
    assert state.frame is not None
    assert person.application.engine.flows[state.frame.flow].offer_label == labels[0]


async def test_a_number_in_a_form_is_an_answer_and_no_reference(person: Player) -> None:
    await person.press("请工会帮我要工资")
    await person.say("官渡区")
    await person.say("20000")
    await person.say("2")
    state = await person.state()
    assert state.frame is not None
    assert state.frame.values["people_count"] in {2, "2"}


async def test_a_choice_of_a_form_is_taken_by_its_place_and_opens_with_nothing_filled(person: Player) -> None:
    await person.say("菜单")
    await person.say("调解仲裁和法律援助")
    labels = [button.label for button in person.all_buttons]
    await person.say(f"第{'一二三四五六七'[labels.index('申请法律援助')]}个")
    state = await person.state()
    assert state.frame is not None
    assert (state.frame.flow, state.frame.values) == ("legal_aid_apply", {})
    options = [button.label for button in person.all_buttons]
    await person.say("最后一个")
    state = await person.state()
    assert state.frame is not None
    step = person.application.engine.flows["legal_aid_apply"].slots
    (value,) = state.frame.values.values()
    assert next(o.label for s in step.values() for o in s.options if o.value == value) == options[-1]


async def test_a_button_of_a_matter_never_told_is_answered(person: Player) -> None:
    for payload in ("then:leave", "then:nothing", "then:" + "x" * 50):
        result = await person.application.turns.handle(
            inbound(person, payload, kind="button", payload=payload)
        )
        assert result.replies
