"""Whatever a person or a program sends, there is an answer, and what was meant is kept."""

import pytest

from storage.models import Feedback, Message, Ticket
from tests.bot.turn_kit import count, inbound, rows, to_review
from tests.playing import Player

ODD_TEXTS = [
    "",
    "   \n\t ",
    "😀😀👍",
    "\x00\x07\x1b[31m",
    "\u202e\u2066\u200b\ufeff",
    "\ud800\udfff",
    "老板\ud83d欠我\x00工资\u202e",
    "'; DROP TABLE messages; --",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{unit} {number} {0} {} {{ }} %s %(x)s ${x}",
    "/start",
    "/start " + "A" * 40,
    "。。。？？？",
    "1" * 5000,
    "工" * 10_000,
    "a\u0301" * 900,
    "٣٠٠٠ 塊錢 ㈠ Ⅷ",
]
ODD_PAYLOADS = [
    "", ":", "?", "flow:", "flow:nothing", "s:1:amount_yuan:0", "s:x:y:z", "do:1:submit", "do:99:yes:contact", "faq:none",
    "more:none", "ok:none", "no:none", "t:KM1:r9", "t::", "go:nowhere", "go:menu", "do:1:edit.", "do:1:edit.nothing",
    "do:1:skip.", "ok:" + "x" * 61, "ok:" + "x" * 300, "no:" + "钱" * 40, "ok:\x00", "ok:\ud800", "s:1:" + "y" * 60, "{unit}",
    "t:{number}:r5", "../../etc/passwd", "' OR 1=1 --",
]  # fmt: skip


async def test_every_odd_text_is_answered_and_kept(application, clock):
    for number, text in enumerate(ODD_TEXTS):
        person = Player(application, clock)
        result = await person.say(text)
        assert result.replies, f"text {number}"
        assert all(reply.text.strip() for reply in result.replies), f"text {number}"
    assert len(await rows(application, Message, Message.direction == "in")) == len(ODD_TEXTS)


async def test_every_odd_text_in_a_form_is_answered_and_the_form_survives(application, person):
    await person.press("请工会帮我要工资")
    for number, text in enumerate(ODD_TEXTS):
        assert (await person.say(text)).replies, f"text {number}"
    state = await person.state()
    assert state.frame is not None or state.paused is not None or await count(application, Ticket) == [1]


@pytest.mark.parametrize("open_form", [False, True])
async def test_every_odd_payload_is_answered(application, person, open_form):
    if open_form:
        await person.press("请工会帮我要工资")
    for number, payload in enumerate(ODD_PAYLOADS):
        result = await application.turns.handle(
            inbound(person, f"odd{number}", kind="button", payload=payload)
        )
        assert result.replies, f"payload {payload!r}"
    assert all(len(row.faq_id.encode()) <= 64 for row in await rows(application, Feedback))


async def test_a_long_text_is_cut_with_a_notice_and_stored_whole(application, person):
    text = "老板拖欠工资。" * 1500
    await person.say(text)
    assert application.engine.replies("truncated") in person.text
    (kept,) = await rows(application, Message, Message.direction == "in")
    assert kept.text == text


async def test_half_characters_and_controls_are_dropped_and_the_words_understood(application, person):
    await person.say("转人\ud83d\u200b工\x00")
    assert person.last.ticket


@pytest.mark.parametrize(
    "employer",
    [
        "{unit}{number}公司",
        "{0}建筑{",
        "}}劳务{{",
        "%s{first_due!r}厂",
        "<b>恒泰</b>劳务",
        "恒泰'; DROP TABLE tickets;--",
    ],
)
async def test_braces_and_code_in_an_answer_do_not_reach_the_templates(application, person, employer):
    await to_review(person, employer=employer)
    await person.press("提交")
    ticket = await person.ticket()
    assert ticket.number in person.text
    assert "{" not in person.text.replace(employer, "")


async def test_values_too_long_for_a_column_do_not_stop_the_ticket(application, person):
    await person.say("999999999999999999999999个人被欠两万八，在" + "恒泰" * 100 + "劳务有限公司")
    await person.say("转人工")
    ticket = await person.ticket()
    assert len(ticket.people_count or "") <= 16
    assert len(ticket.employer or "") <= 128


@pytest.mark.parametrize("words", ["9" * 400 + "块", "1e308万", "9" * 30 + "个人", "九千亿亿亿亿亿亿亿亿块"])
async def test_numbers_beyond_all_reason_are_answered_and_kept(application, person, words):
    await person.press("请工会帮我要工资")
    await person.say("官渡区")
    assert (await person.say(words)).replies
    kept = await rows(application, Message, Message.direction == "in")
    assert kept[-1].text == words
    assert (await person.say("两万八")).replies
    state = await person.state()
    assert state.frame is not None
    assert state.frame.values["region"] == "云南省昆明市官渡区"


async def test_a_defect_in_understanding_loses_nothing(application, person, monkeypatch):
    """Words that break a language rule get the honest answer; the next message is understood again."""

    def broken(*_: object) -> bool:
        raise OverflowError

    with monkeypatch.context() as patched:
        patched.setattr(type(application.engine), "needs_model", broken)
        assert (await person.say("加班费怎么算")).replies
    assert "依据" in (await person.say("加班费到底怎么算，平时、周末、节假日各是几倍？")).replies[0].text
    assert len(await rows(application, Message, Message.direction == "in")) == 2
