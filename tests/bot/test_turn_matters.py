"""Papers over days, reminders and seasons, through the real turn."""

from datetime import UTC, datetime

from sqlalchemy import delete

from bot import jobs
from bot.app import Application
from bot.messages import IncomingFile
from storage.models import Attachment, Conversation, Message, OutboxRow, Ticket, TicketEvent
from storage.service_models import Reminder, TicketPaper
from tests.bot.turn_kit import cadre_of, cadre_says, count, inbound, photo, rows, with_ticket
from tests.playing import Clock, Player
from tickets import papers
from tickets.outcomes import set_date
from tickets.papers import Verdict
from tickets.sla import SHANGHAI


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


async def send_photo(person: Player, name: str) -> str:
    files = (IncomingFile("照片.jpg", photo()),)
    result = await person.application.turns.handle(inbound(person, name, kind="photo", files=files))
    person.last = result
    person.buttons |= {button.label: button.payload for button in person.all_buttons}
    return person.text


async def states(application: Application, ticket: Ticket) -> dict[str, str]:
    return {
        row.key: row.state for row in await rows(application, TicketPaper, TicketPaper.ticket_id == ticket.id)
    }


async def test_papers_are_kept_at_opening_and_told_in_the_confirmation(
    application: Application, person: Player
) -> None:
    ticket = await with_ticket(person)
    kept = await rows(application, TicketPaper, TicketPaper.ticket_id == ticket.id)
    assert {"work_proof", "pay_proof", "coworkers"} <= {paper.key for paper in kept}
    assert "iou" not in {paper.key for paper in kept}  # nobody spoke of one
    for paper in kept:
        assert f"· {paper.label}" in person.text
    assert "看材料、交材料" in person.buttons


async def test_a_paper_is_photographed_ticked_off_returned_and_sent_again_over_days(
    application: Application, person: Player, clock: Clock
) -> None:
    ticket = await with_ticket(person)
    await person.press("看材料、交材料")
    await person.press("在那里干活的证明")
    assert "在那里干活的证明" in await send_photo(person, "photo-1")
    assert "还差" in person.text
    assert (await states(application, ticket))["work_proof"] == "sent"
    files = await rows(application, Attachment)
    assert [(file.paper, file.ticket_id) for file in files] == [("work_proof", ticket.id)]

    clock.forward(30)
    await person.say("交材料")
    await person.press("工钱怎么算、给过多少")
    await person.press("准备好了")
    assert (await states(application, ticket))["pay_proof"] == "ready"

    cadre = await cadre_of(application, ticket)
    async with application.database.write() as session:
        verdicts = [Verdict("work_proof", "returned", "拍糊了")]
        until = at("2026-12-04T18:00")
        await papers.review(session, cadre, ticket.id, verdicts, until, clock(), application.policy)
    told = (await rows(application, Message, Message.author == "cadre"))[-1]
    assert "拍糊了" in told.text
    assert "12月4日" in told.text
    payloads = {button["label"]: button["payload"] for button in told.body["buttons"]}
    person.buttons |= payloads

    clock.forward(20)  # the cadre is talking now; papers still work
    await person.press("看材料、交材料")
    assert "要重新交（拍糊了）" in person.text
    await person.press("在那里干活的证明")
    await send_photo(person, "photo-2")
    assert (await states(application, ticket))["work_proof"] == "sent"
    assert (await rows(application, Ticket, Ticket.id == ticket.id))[0].state == "working"
    kinds = [event.kind for event in await rows(application, TicketEvent, TicketEvent.ticket_id == ticket.id)]
    assert "paper" in kinds


async def test_a_photo_without_a_chosen_paper_goes_to_the_cadre_who_is_talking(
    application: Application, person: Player
) -> None:
    ticket = await with_ticket(person)
    await cadre_says(application, ticket, "您好")
    assert await send_photo(person, "photo-1") == ""
    files = await rows(application, Attachment)
    assert [(file.paper, file.ticket_id) for file in files] == [(None, ticket.id)]


async def test_the_same_photo_again_changes_nothing(application: Application, person: Player) -> None:
    ticket = await with_ticket(person)
    await person.press("看材料、交材料")
    await person.press("在那里干活的证明")
    first = await send_photo(person, "photo-1")
    before = await count(application, Attachment, TicketEvent, Message)
    assert await send_photo(person, "photo-1") == first
    assert await count(application, Attachment, TicketEvent, Message) == before
    assert (await states(application, ticket))["work_proof"] == "sent"


async def test_a_reminder_comes_once_also_after_a_restart_and_an_emptied_queue(
    application: Application, person: Player, clock: Clock, another
) -> None:
    ticket = await with_ticket(person)
    cadre = await cadre_of(application, ticket)
    async with application.database.write() as session:
        await set_date(session, cadre, ticket.id, "hearing", at("2026-12-10T14:30"), "仲裁院开庭", clock())
    await person.press("我的事项") if "我的事项" in person.buttons else await person.say("我的事项")
    assert "12月10日(周四)14:30要到场" in person.text
    clock.now = at("2026-12-03T20:59").astimezone(UTC)
    assert await jobs.remind_workers(application) == 1
    async with application.database.write() as session:
        await session.execute(delete(OutboxRow))  # an emptied queue
    restarted = await another()
    assert await jobs.remind_workers(restarted) == 0
    clock.now = at("2026-12-09T14:29").astimezone(UTC)
    assert await jobs.remind_workers(restarted) == 0
    clock.now = at("2026-12-09T14:30").astimezone(UTC)
    assert await jobs.remind_workers(restarted) == 1
    texts = [row.text for row in await rows(application, Message, Message.author == "system")]
    assert sum("仲裁院开庭" in text for text in texts) == 3 - 1  # the announcement is the cadre's


async def test_one_tap_stops_reminders_and_one_brings_them_back(
    application: Application, person: Player, clock: Clock
) -> None:
    ticket = await with_ticket(person)
    cadre = await cadre_of(application, ticket)
    async with application.database.write() as session:
        await set_date(session, cadre, ticket.id, "hearing", at("2026-12-10T14:30"), "开庭", clock())
    await person.say("不再提醒")
    assert "不再提醒您" in person.text
    clock.now = at("2026-12-03T15:00").astimezone(UTC)
    assert await jobs.remind_workers(application) == 0
    await person.press("恢复提醒")
    assert (await rows(application, Conversation))[0].preferences["reminders"] is True
    clock.now = at("2026-12-09T15:00").astimezone(UTC)
    assert await jobs.remind_workers(application) == 1


async def test_outside_the_season_the_person_is_put_on_the_list_and_told(
    application: Application, person: Player, clock: Clock
) -> None:
    await person.press("登记节日送温暖")
    assert "12月3日开始" in person.text
    assert "以当期通知为准" in person.text
    await person.press("开始前提醒我")
    await person._send(kind="button", payload="season:festival_care:remind")  # twice is once
    listed = await rows(application, Reminder)
    assert [(row.kind, row.subject) for row in listed] == [("season", "festival_care:2026:0")]
    clock.now = at("2026-12-02T09:00").astimezone(UTC)
    assert await jobs.remind_workers(application) == 1
    clock.now = at("2026-12-03T09:00").astimezone(UTC)
    assert await jobs.remind_workers(application) == 1
    await person.press("登记节日送温暖")
    assert (await person.state()).frame is not None


async def test_withdrawing_asks_once_more_and_five_matters_make_a_page(
    application: Application, person: Player
) -> None:
    ticket = await with_ticket(person)
    await person.say("我的事项")
    await person.press("撤回")
    assert (await rows(application, Ticket, Ticket.id == ticket.id))[0].open
    await person.press("确定撤回")
    assert (await rows(application, Ticket, Ticket.id == ticket.id))[0].state == "withdrawn"
