"""Reminders to workers: seven days and one day before, once each, never at night, stopped with one tap."""

import asyncio
from datetime import datetime, timedelta

import pytest

from bot.config import SeasonSettings
from bot.worker_matters import seasons_from
from storage.models import Conversation
from storage.service_models import Reminder
from tests.tickets.conftest import House
from tickets import outcomes, paper_rows, papers, worker_reminders
from tickets.papers import Verdict
from tickets.seasons import Seasons, Window
from tickets.service import add_from_worker, ask_material, close, withdraw
from tickets.sla import DEFAULT_POLICY, SHANGHAI
from tickets.values import PaperNeeded
from tickets.worker_reminders import moment, schedule, switch, tell_due

SEASONS = seasons_from(SeasonSettings())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


async def told(house: House, when: str, seasons: Seasons = SEASONS) -> int:
    return len((await house.do(tell_due, at(when), seasons))[1])


async def last(house: House, conversation_id: int):
    return (await house.messages(conversation_id))[-1]


async def hearing(house: House, when: str = "2026-12-10T14:30", **changes):
    ticket = await house.ticket(**changes)
    await house.do(
        outcomes.set_date,
        house.accounts["zhang"],
        ticket.id,
        "hearing",
        at(when),
        "昆明市仲裁院第二庭开庭",
        house.now,
    )
    return ticket


@pytest.mark.parametrize(
    ("due", "days", "expected"),
    [
        ("2026-12-10T14:30", 7, "2026-12-03T14:30"),
        ("2026-12-10T08:00", 1, "2026-12-09T08:00"),
        ("2026-12-10T07:59", 1, "2026-12-09T08:00"),
        ("2026-12-10T00:00", 1, "2026-12-09T08:00"),
        ("2026-12-10T20:59", 1, "2026-12-09T20:59"),
        ("2026-12-10T21:00", 1, "2026-12-10T08:00"),
        ("2026-12-10T23:59", 7, "2026-12-04T08:00"),
    ],
)
def test_a_reminder_keeps_its_hour_by_day_and_waits_for_eight_at_night(due, days, expected):
    assert moment(at(due), days) == at(expected)


async def test_a_hearing_is_told_at_once_and_seven_days_and_one_day_before(house: House) -> None:
    ticket = await hearing(house)
    now_told = await last(house, ticket.conversation_id)
    assert "12月10日(周四)14:30 昆明市仲裁院第二庭开庭" in now_told.text
    steps = [
        ("2026-12-03T14:29", 0), ("2026-12-03T14:30", 1), ("2026-12-03T14:31", 0), ("2026-12-08T12:00", 0),
        ("2026-12-09T14:29", 0), ("2026-12-09T14:30", 1), ("2026-12-09T20:00", 0), ("2026-12-10T14:30", 0),
        ("2026-12-20T10:00", 0),
    ]  # fmt: skip
    for when, expected in steps:
        assert await told(house, when) == expected, when
    texts = [row.text for row in await house.messages(ticket.conversation_id)][1:]
    assert [("还有7天" in texts[0]), ("就是明天" in texts[1])] == [True, True]
    assert all("第二庭" in text for text in texts)
    message = await last(house, ticket.conversation_id)
    assert {b["label"]: b["payload"] for b in message.body["buttons"]} == {
        "看这件事": f"t:{ticket.number}:show", "不再提醒": "remind:off",
    }  # fmt: skip
    assert (await house.outbox())[-1].message_id == message.id


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-12-03T20:59", 1),
        ("2026-12-03T21:00", 0),
        ("2026-12-04T00:00", 0),
        ("2026-12-04T07:59", 0),
        ("2026-12-04T08:00", 1),
    ],
)
async def test_nobody_is_woken_at_night(house: House, when: str, expected: int) -> None:
    await hearing(house)  # the first reminder is due on December 3 at 14:30; the timer was away until now
    assert await told(house, when) == expected


async def test_after_a_pause_only_the_latest_goes_out_and_nothing_after_the_date(house: House) -> None:
    ticket = await hearing(house)
    assert await told(house, "2026-12-10T10:00") == 1
    assert "就是今天" in (await last(house, ticket.conversation_id)).text
    assert await told(house, "2026-12-10T10:01") == 0
    late = await hearing(house)
    assert await told(house, "2026-12-10T14:31") == 0
    assert len(await house.messages(late.conversation_id)) == 1


async def test_what_is_nearer_than_a_step_is_not_said_late(house: House) -> None:
    ticket = await hearing(house, "2026-11-27T10:00")  # three days ahead
    assert await told(house, "2026-11-24T12:00") == 0
    assert await told(house, "2026-11-26T09:59") == 0
    assert await told(house, "2026-11-26T10:00") == 1
    assert len(await house.messages(ticket.conversation_id)) == 2


async def test_another_date_replaces_the_first(house: House) -> None:
    ticket = await hearing(house)
    assert await told(house, "2026-12-03T15:00") == 1
    await house.do(
        outcomes.set_date,
        house.accounts["zhang"],
        ticket.id,
        "hearing",
        at("2026-12-20T09:00"),
        "改期",
        at("2026-12-04T09:00"),
    )
    assert await told(house, "2026-12-09T15:00") == 0
    assert await told(house, "2026-12-13T09:00") == 1
    assert "改期" in (await last(house, ticket.conversation_id)).text


async def test_two_processes_tell_once(house: House) -> None:
    await hearing(house)
    counts = await asyncio.gather(*(told(house, "2026-12-03T15:00") for _ in range(3)))
    assert sum(counts) == 1
    assert sum(await asyncio.gather(*(told(house, "2026-12-03T15:01") for _ in range(2)))) == 0


async def papers_returned(house: House, until: str = "2026-12-04T18:00"):
    ticket = await house.ticket()
    needed = [PaperNeeded("identity", "身份证"), PaperNeeded("more", "别的凭据", required=False)]
    await house.do(paper_rows.store, ticket, needed, house.now)
    verdicts = [Verdict("identity", "returned", "看不清号码")]
    await house.do(
        papers.review, house.accounts["zhang"], ticket.id, verdicts, at(until), house.now, DEFAULT_POLICY
    )
    return ticket


async def test_papers_owed_are_reminded_of_before_the_day_that_was_given(house: House) -> None:
    ticket = await papers_returned(house)
    assert [await told(house, when) for when in ("2026-11-27T17:59", "2026-11-27T18:00")] == [0, 1]
    message = await last(house, ticket.conversation_id)
    assert "· 身份证" in message.text
    assert "12月4日(周五)18:00前" in message.text
    assert "别的凭据" not in message.text
    assert f"t:{ticket.number}:papers" in [button["payload"] for button in message.body["buttons"]]
    assert [await told(house, when) for when in ("2026-12-03T17:59", "2026-12-03T18:00")] == [0, 1]


async def test_papers_that_came_are_not_asked_for_again(house: House) -> None:
    ticket = await papers_returned(house)
    message_id = await house.says(ticket.conversation_id, "发来了")
    await house.do(papers.photographed, ticket.id, "identity", message_id, house.now, DEFAULT_POLICY)
    assert await told(house, "2026-11-27T18:00") == 0


async def test_material_asked_for_in_words_is_reminded_of_until_the_worker_writes(house: House) -> None:
    ticket = await house.ticket()
    await house.do(
        ask_material, house.accounts["zhang"], ticket.id, "工资条", at("2026-12-04T18:00"), house.now
    )
    assert await told(house, "2026-11-27T18:00") == 1
    await house.do(add_from_worker, ticket.id, await house.says(ticket.conversation_id), house.now)
    assert await told(house, "2026-12-03T18:00") == 0


async def facts_ticket(house: House, facts: dict, **changes):
    ticket = await house.ticket(category="dismissal", facts=facts, **changes)
    conversation = await house.talk(ticket.conversation_id)
    async with house.database.write() as session:
        conversation = await session.get_one(Conversation, ticket.conversation_id)
        await worker_reminders.of_ticket_facts(session, conversation, ticket, house.now)
    return ticket


async def test_the_year_after_leaving_is_reminded_of_with_its_article(house: House) -> None:
    ticket = await facts_ticket(house, {"left_date": "2025-12-20"})
    assert [await told(house, when) for when in ("2026-12-13T08:59", "2026-12-13T09:00")] == [0, 1]
    text = (await last(house, ticket.conversation_id)).text
    for part in ("2026年12月20日", "还有7天", "《劳动争议调解仲裁法》第二十七条", "以主管部门解释为准"):
        assert part in text
    assert [await told(house, when) for when in ("2026-12-19T08:59", "2026-12-19T09:00")] == [0, 1]
    assert await told(house, "2026-12-21T10:00") == 0


async def test_a_limit_is_over_with_the_matter_but_not_with_a_refusal(house: House) -> None:
    solved, refused, withdrawn = [await facts_ticket(house, {"left_date": "2025-12-20"}) for _ in range(3)]
    await house.do(close, house.accounts["zhang"], solved.id, "付清了", "solved", house.now)
    await house.do(outcomes.not_accept, house.accounts["zhang"], refused.id, "不归我们管", house.now)
    await house.do(withdraw, withdrawn.id, house.now)
    assert await told(house, "2026-12-13T10:00") == 1
    assert "一年期限" in (await last(house, refused.conversation_id)).text


async def test_a_limit_that_is_past_is_not_kept(house: House) -> None:
    await facts_ticket(house, {"left_date": "2024-01-01"})
    assert await told(house, "2027-01-01T10:00") == 0


async def on_the_list(house: House, now: datetime, channel: str = "telegram") -> int:
    number = await house.conversation(channel)
    season = SEASONS.now("festival_care", now.astimezone(SHANGHAI).date())
    assert season is not None
    async with house.database.write() as session:
        conversation = await session.get_one(Conversation, number)
        await worker_reminders.of_season(session, conversation, season.key, season.opens, now)
    return number


async def test_a_season_is_told_before_and_when_it_opens(house: House) -> None:
    number = await on_the_list(house, house.now)
    steps = [
        ("2026-11-26T08:59", 0), ("2026-11-26T09:00", 1), ("2026-12-02T08:59", 0), ("2026-12-02T09:00", 1),
        ("2026-12-03T08:59", 0), ("2026-12-03T09:00", 1), ("2026-12-03T09:01", 0), ("2027-09-01T09:00", 0),
    ]  # fmt: skip
    for when, expected in steps:
        assert await told(house, when) == expected, when
    first, _, third = await house.messages(number)
    assert "以当期通知为准" in first.text
    assert "flow:festival_care" in [button["payload"] for button in third.body["buttons"]]


async def test_a_season_that_was_moved_takes_its_reminders_along(house: House) -> None:
    number = await on_the_list(house, house.now)
    moved = Seasons({"festival_care": (Window((12, 10), (3, 3)), Window((9, 1), (10, 10)))})
    assert await told(house, "2026-11-26T09:00", moved) == 0
    assert await told(house, "2026-12-03T09:00", moved) == 1
    assert "2026年12月10日" in (await last(house, number)).text


async def preference(house: House, number: int, on: bool, now: datetime) -> None:
    async with house.database.write() as session:
        await switch(session, await session.get_one(Conversation, number), now, on=on)


async def test_one_tap_stops_all_and_another_brings_back_what_is_still_ahead(house: House) -> None:
    ticket = await hearing(house)
    number = ticket.conversation_id
    await house.ticket(conversation_id=number)
    await preference(house, number, on=False, now=house.now)
    assert (await house.talk(number)).preferences == {"reminders": False}
    assert await told(house, "2026-12-03T15:00") == 0
    async with house.database.write() as session:  # what is entered meanwhile stays silent, too
        conversation = await session.get_one(Conversation, number)
        await schedule(
            session, conversation, "limitation", at("2026-12-11T09:00"), at("2026-11-30T09:00"), ticket=ticket
        )
    assert await told(house, "2026-12-04T10:00") == 0
    await preference(house, number, on=True, now=at("2026-12-05T10:00"))
    assert await told(house, "2026-12-05T10:01") == 0  # what went by in silence is not said late
    assert await told(house, "2026-12-09T15:00") == 1
    assert await told(house, "2026-12-10T10:00") == 1


async def test_a_reminder_needs_no_queue_only_the_database(house: House) -> None:
    """Nothing but rows: a new process over the same database goes on where the old one stopped."""
    await hearing(house)
    async with house.database.read() as session:
        row = (await session.execute(Reminder.__table__.select())).one()
    assert (row.active, row.next_at) == (True, at("2026-12-03T14:30"))


async def test_web_chat_gets_it_without_an_outbox_row(house: House) -> None:
    ticket = await hearing(house, channel="webchat")
    before = len(await house.outbox())
    assert await told(house, "2026-12-03T15:00") == 1
    assert len(await house.outbox()) == before
    assert len(await house.messages(ticket.conversation_id)) == 2


async def test_many_that_are_due_together_all_get_theirs(house: House) -> None:
    now = house.now
    async with house.database.write() as session:
        for number in range(worker_reminders.BATCH + 5):
            row = Conversation(channel="webchat", address=f"w{number}", created_at=now, last_inbound_at=now)
            session.add(row)
            await session.flush()
            await worker_reminders.of_season(
                session, row, "tuition_aid:2027:0", at("2027-07-01T00:00").date(), now
            )
    when = at("2027-06-24T10:00")
    looked, first = await house.do(tell_due, when, SEASONS)
    assert (looked, len(first)) == (worker_reminders.BATCH, worker_reminders.BATCH)
    assert len((await house.do(tell_due, when + timedelta(minutes=1), SEASONS))[1]) == 5
