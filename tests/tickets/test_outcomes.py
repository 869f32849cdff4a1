"""What a worker is told at each end: the service's own words, else the catalogue's."""

import pytest

from tests.tickets.conftest import House
from tests.tickets.test_worker_reminders import at
from tickets import outcomes
from tickets.errors import DatePast, EmptyText, MissingReason, NoAmount
from tickets.outcome_texts import OutcomeTexts, fill, yuan
from tickets.service import accept, ask_material, close
from tickets.sla import DEFAULT_POLICY

OWN = OutcomeTexts({
    "wage_arrears": {
        "accepted": "{number}由{name}办，{close_due}给结果。",
        "returned": "还差{what}，请在{until}发来。",
        "not_accepted": "{number}没法办：{reason}。还可以打12333。",
        "decided": "{number}的结果：{result}。",
        "paid": "单位说{amount}元已经给了。",
    }
})  # fmt: skip


async def last(house: House, ticket) -> str:
    return (await house.messages(ticket.conversation_id))[-1].text


@pytest.mark.parametrize("texts", [OWN, OutcomeTexts()])
async def test_every_outcome_is_told(house: House, texts: OutcomeTexts) -> None:
    zhang, now = house.accounts["zhang"], house.now
    ticket = await house.ticket()
    await house.do(accept, zhang, ticket.id, now, texts)
    assert ticket.number in await last(house, ticket)
    await house.do(
        ask_material, zhang, ticket.id, "工资条", at("2026-11-27T18:00"), now, DEFAULT_POLICY, texts
    )
    assert "工资条" in await last(house, ticket)
    await house.do(outcomes.decide, zhang, ticket.id, "公司同意补发", now, DEFAULT_POLICY, texts)
    assert "公司同意补发" in await last(house, ticket)
    assert ((await house.get(ticket.id)).state, (await house.get(ticket.id)).open) == ("working", True)
    await house.do(outcomes.pay, zhang, ticket.id, 3000, now, DEFAULT_POLICY, texts)
    assert "3,000元" in await last(house, ticket)
    assert "元元" not in await last(house, ticket)
    assert "打个分" in await last(house, ticket)
    done = await house.get(ticket.id)
    assert (done.open, done.closure_code) == (False, "solved")


@pytest.mark.parametrize(("texts", "way_on"), [(OWN, "12333"), (OutcomeTexts(), "12351")])
async def test_not_accepting_needs_a_reason_and_names_a_way_on(house: House, texts, way_on) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    with pytest.raises(MissingReason):
        await house.do(outcomes.not_accept, zhang, ticket.id, " ", house.now, DEFAULT_POLICY, texts)
    assert (await house.get(ticket.id)).open
    message = await house.do(
        outcomes.not_accept, zhang, ticket.id, "单位在外省。", house.now, DEFAULT_POLICY, texts
    )
    assert "单位在外省。" in message.text
    assert "。。" not in message.text
    assert way_on in message.text
    assert message.body["buttons"][-1]["payload"] == f"t:{ticket.number}:reopen"
    done = await house.get(ticket.id)
    assert (done.open, done.closure_code, done.result) == (False, "not_accepted", "单位在外省。")


async def test_closing_uses_the_services_words_for_a_decision_only(house: House) -> None:
    zhang = house.accounts["zhang"]
    solved, double = await house.ticket(), await house.ticket()
    told = await house.do(close, zhang, solved.id, "付清了", "solved", house.now, DEFAULT_POLICY, OWN)
    assert f"{solved.number}的结果：付清了。\n请您给这次服务打个分" in told.text
    told = await house.do(close, zhang, double.id, "与0001重复", "duplicate", house.now, DEFAULT_POLICY, OWN)
    assert "办结了（重复）" in told.text


@pytest.mark.parametrize("amount", [None, 0, -1, 10_000_001, float("nan")])
async def test_a_sum_that_is_none_is_refused(house: House, amount) -> None:
    ticket = await house.ticket()
    with pytest.raises(NoAmount):
        await house.do(outcomes.pay, house.accounts["zhang"], ticket.id, amount, house.now)
    assert (await house.get(ticket.id)).open


async def test_a_date_must_be_ahead_and_say_what_for(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    with pytest.raises(DatePast):
        await house.do(outcomes.set_date, zhang, ticket.id, "hearing", house.now, "开庭", house.now)
    with pytest.raises(EmptyText):
        await house.do(outcomes.set_date, zhang, ticket.id, "hearing", at("2026-12-01T09:00"), " ", house.now)
    assert await house.messages(ticket.conversation_id) == []


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("原因：{reason}。", {"reason": "不在本区。"}, "原因：不在本区。"),
        ("原因：{reason}", {"reason": "不在本区。"}, "原因：不在本区。"),
        ("{amount}元已付", {"amount": "3,000元"}, "3,000元已付"),
        ("{amount}已付", {"amount": "3,000元"}, "3,000元已付"),
        ("请在{until}前", {"until": "11月27日前"}, "请在11月27日前"),
        ("请在{until}补", {"until": "11月27日前"}, "请在11月27日前补"),
        ("{number}{name}", {"number": "{name}", "name": "张"}, "{name}张"),
    ],
)
def test_places_are_filled_without_doubling(template, values, expected) -> None:
    assert fill(template, values) == expected


def test_a_place_that_nothing_fills_is_a_defect() -> None:
    with pytest.raises(KeyError):
        fill("{unknown}", {})


def test_sums_are_readable() -> None:
    assert [yuan(3000), yuan(1234567.5), yuan(0.1)] == ["3,000元", "1,234,567.50元", "0.10元"]
