"""Reminders go out once, to the right people, in working time, and never hold personal data."""

from datetime import datetime, timedelta

from tests.tickets.conftest import House
from tickets.reminders import Reminder, due_reminders
from tickets.service import add_from_worker, ask_material, close, reopen, reply
from tickets.sla import DEFAULT_POLICY, SHANGHAI


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


async def _steps(house: House, now: datetime) -> list[tuple[str, str]]:
    written: tuple[Reminder, ...] = await house.do(due_reminders, now)
    return [(one.clock, one.step) for one in written]


async def _sent(house: House, name: str, since: int) -> list[str]:
    return [
        row.body["text"].splitlines()[0]
        for row in (await house.outbox())[since:]
        if row.address == f"chat-{name}"
    ]


async def test_a_first_response_is_asked_for_at_half_four_fifths_and_the_end(house: House) -> None:
    await house.ticket()  # Tuesday 10:00; 8 working hours end on Wednesday 11:00
    since = len(await house.outbox())
    assert await _steps(house, at("2026-11-24T15:59")) == []
    assert await _steps(house, at("2026-11-24T16:00")) == [("first", "50")]
    assert await _steps(house, at("2026-11-25T09:23")) == []
    assert await _steps(house, at("2026-11-25T09:24")) == [("first", "80")]
    assert await _steps(house, at("2026-11-25T11:00")) == [("first", "100"), ("first", "leader")]
    assert await _steps(house, at("2026-11-26T17:59")) == []
    assert await _steps(house, at("2026-11-26T18:00")) == [("first", "upper")]
    assert len(await _sent(house, "zhang", since)) == 3
    assert len(await _sent(house, "li", since)) == 1
    assert len(await _sent(house, "city", since)) == 1


async def test_running_it_again_writes_nothing(house: House) -> None:
    ticket = await house.ticket()
    late = at("2026-11-27T10:00")
    await house.do(due_reminders, late)
    rows, events = len(await house.outbox()), await house.events(ticket.id)
    for minutes in range(5):
        assert await house.do(due_reminders, late + timedelta(minutes=minutes)) == ()
    assert len(await house.outbox()) == rows
    assert await house.events(ticket.id) == events


async def test_after_a_pause_of_the_timer_only_the_latest_reminder_goes_out(house: House) -> None:
    await house.ticket()
    since = len(await house.outbox())
    assert await _steps(house, at("2026-11-30T18:00")) == [
        ("first", "100"),
        ("first", "leader"),
        ("first", "upper"),
    ]
    assert len(await _sent(house, "zhang", since)) == 1


async def test_nights_and_weekends_wake_nobody(house: House) -> None:
    await house.ticket(
        now=at("2026-11-20T17:00")
    )  # Friday; 8 hours end on Tuesday 10:00, half of it on Monday 12:00
    assert await _steps(house, at("2026-11-21T23:00")) == []
    assert await _steps(house, at("2026-11-23T08:59")) == []
    assert await _steps(house, at("2026-11-23T12:00")) == [("first", "50")]


async def test_an_emergency_counts_minutes_at_night(house: House) -> None:
    await house.ticket(now=at("2026-11-21T23:00"), category="emergency")
    since = len(await house.outbox())
    assert await _steps(house, at("2026-11-21T23:15")) == [("first", "50")]
    assert await _steps(house, at("2026-11-21T23:30")) == [("first", "100"), ("first", "leader")]
    assert await _steps(house, at("2026-11-22T00:00")) == [("first", "upper")]
    assert len(await _sent(house, "city", since)) == 1


async def test_after_the_first_answer_the_clock_to_close_is_watched(house: House) -> None:
    ticket = await house.ticket()  # closes on Tuesday 12-15, 18:00
    await house.do(reply, house.accounts["zhang"], ticket.id, "您好", [], house.now)
    assert await _steps(house, at("2026-11-27T18:00")) == []
    assert await _steps(house, at("2026-12-04T18:00")) == [("close", "50")]
    assert await _steps(house, at("2026-12-10T18:00")) == [("close", "80")]
    assert await _steps(house, at("2026-12-15T18:00")) == [("close", "100"), ("close", "leader")]
    assert await _steps(house, at("2026-12-16T18:00")) == [("close", "upper")]


async def test_a_closed_ticket_is_left_alone_and_a_reopened_one_starts_anew(house: House) -> None:
    ticket = await house.ticket()
    await _steps(house, at("2026-11-25T11:00"))
    await house.do(close, house.accounts["zhang"], ticket.id, "好", "solved", at("2026-11-25T12:00"))
    assert await _steps(house, at("2026-12-30T18:00")) == []
    await house.do(reopen, ticket.id, None, at("2026-12-01T10:00"), DEFAULT_POLICY)
    assert await _steps(house, at("2026-12-01T15:00")) == []
    assert await _steps(house, at("2026-12-01T16:00")) == [("first", "50")]


async def test_while_the_worker_is_asked_the_clock_stands_and_then_runs_again(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    await house.do(ask_material, zhang, ticket.id, "工资条", at("2026-12-20T18:00"), house.now)
    assert await _steps(house, at("2026-12-18T18:00")) == []
    assert await _steps(house, at("2026-12-21T09:00")) == [("close", "material")]
    after = await house.get(ticket.id)
    assert after.state == "working"
    assert after.close_due > at("2027-01-01T00:00")
    assert after.next_due == after.close_due


async def test_material_that_came_in_time_is_not_asked_for_again(house: House) -> None:
    ticket, zhang = await house.ticket(), house.accounts["zhang"]
    await house.do(ask_material, zhang, ticket.id, "工资条", at("2026-11-27T18:00"), house.now)
    message_id = await house.says(ticket.conversation_id)
    await house.do(add_from_worker, ticket.id, message_id, at("2026-11-25T10:00"))
    assert await _steps(house, at("2026-11-27T18:30")) == []


async def test_no_reminder_names_the_worker(house: House) -> None:
    await house.ticket(employer="云南某某建筑公司")
    since = len(await house.outbox())
    for moment in ("2026-11-24T16:00", "2026-11-25T09:24", "2026-11-25T11:00", "2026-11-26T18:00"):
        await house.do(due_reminders, at(moment))
    rows = (await house.outbox())[since:]
    assert len(rows) == 5
    for row in rows:
        for secret in ("王小二", "138", "530102", "老板", "建筑公司"):
            assert secret not in row.body["text"]
