"""Private questions abroad: a link of one use to the phone page, and the chat goes on by itself."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from bot.app import Application
from bot.channels.telegram import TelegramChannel
from bot.config import Settings, TelegramSettings
from bot.jobs import tidy
from bot.messages import Inbound
from bot.one_time_links import hash_of
from bot.serving import create_web
from dialogs.state import Frame, State
from storage.models import Conversation, Message, OutboxRow
from storage.service_models import OneTimeLink
from tests.bot.fake_bot_api import FakeTelegram
from tests.bot.telegram_kit import no_file, running, until
from tests.bot.turn_kit import cadre_says, rows, with_ticket
from tests.playing import Clock, Player

ID_NUMBER = "530102199003075116"
SITE = "https://gh.example.cn"
LINK = re.compile(r"https://gh\.example\.cn(/private/([\w-]{43}))(?![\w-])")


@pytest.fixture
def address() -> str:
    """What `server.public_url` is."""
    return SITE


@pytest.fixture
def settings(database_url: str, tmp_path: Path, address: str) -> Settings:
    return Settings.model_validate({
        "data": {"folder": tmp_path / "data"}, "database": {"url": database_url}, "nlu": {"url": "off"},
        "server": {"public_url": address},
    })  # fmt: skip


@pytest.fixture
def worker(application: Application, clock: Clock) -> Player:
    return Player(application, clock, channel="telegram", address="770011")


@pytest.fixture
async def phone(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the worker's phone."""
    transport = httpx.ASGITransport(create_web(application))
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        yield client


def frame_before(application: Application, flow: str, slot: str, run: int = 1, **values: Any) -> Frame:
    """A form in which everything before this question was passed over, but the one question just before it."""
    names = list(application.engine.flows[flow].slots)
    earlier = names[: names.index(slot)]
    consents = {step.consent: True for step in application.engine.flows[flow].slots.values() if step.consent}
    told = tuple(step.say for step in application.engine.flows[flow].steps if hasattr(step, "say"))
    skipped = tuple(name for name in earlier[:-1] if name not in values)
    return Frame(flow, run, dict(values), skipped, consents, told, asked=earlier[-1])


async def stands_at(application: Application, worker: Player, flow: str, slot: str, **values: Any) -> None:
    """The conversation waits for the answer before `slot`."""
    await worker.say("你好")
    state = State(frame=frame_before(application, flow, slot, **values), runs=1)
    async with application.database.write() as session:
        change = update(Conversation).where(Conversation.address == worker.address)
        await session.execute(change.values(state=state.to_json()))


async def asked_for_id(application: Application, worker: Player) -> tuple[str, str]:
    """The way to the link: path, token."""
    await stands_at(application, worker, "arbitration_papers", "id_number")
    await worker.say("张三丰")
    found = LINK.search(worker.text)
    assert found is not None, worker.text
    return found.group(1), found.group(2)


async def bot_said(application: Application) -> list[str]:
    return [row.text for row in await rows(application, Message, Message.direction == "out")]


async def test_the_question_is_a_link_and_the_answer_carries_the_chat_on(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, token = await asked_for_id(application, worker)
    assert "请写您的身份证号" not in worker.text
    assert "先空着" in worker.text
    page = await phone.get(path)
    assert page.status_code == 200
    assert "身份证号" in page.text
    assert "张三丰" not in page.text
    done = await phone.post(path, data={"value": "530102 19900307 5116"})
    assert done.status_code == 200
    assert ID_NUMBER not in done.text
    frame = (await worker.state()).frame
    assert frame is not None
    assert frame.values["id_number"] == ID_NUMBER
    assert frame.asked == "phone"
    last = (await rows(application, OutboxRow))[-1]
    assert last.address == worker.address
    assert "手机号" in last.body["text"]
    assert ID_NUMBER not in "".join(await bot_said(application))
    (link,) = await rows(application, OneTimeLink)
    assert link.token_hash == hash_of(token) != token
    assert token not in str([vars(row) for row in await rows(application, OneTimeLink)])


async def test_the_chat_goes_on_after_the_page(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, _ = await asked_for_id(application, worker)
    await phone.post(path, data={"value": ID_NUMBER})
    await worker.say("13887123456")
    frame = (await worker.state()).frame
    assert frame is not None
    assert (frame.values["phone"], frame.asked) == ("13887123456", "home")


async def test_opening_the_page_uses_nothing_up(application: Application, worker: Player, phone: Any) -> None:
    path, _ = await asked_for_id(application, worker)
    for _ in range(3):  # a preview robot, the worker, the worker again
        assert (await phone.get(path)).status_code == 200
    assert (await phone.head(path)).status_code in {200, 405}
    assert (await phone.post(path, data={"value": ID_NUMBER})).status_code == 200


async def test_it_is_used_once(application: Application, worker: Player, phone: httpx.AsyncClient) -> None:
    path, _ = await asked_for_id(application, worker)
    await phone.post(path, data={"value": ID_NUMBER})
    said = await bot_said(application)
    for answer in (await phone.get(path), await phone.post(path, data={"value": "530102198501011234"})):
        assert answer.status_code == 410
        assert "填过了" in answer.text
    assert await bot_said(application) == said
    assert (await worker.state()).frame.values["id_number"] == ID_NUMBER


@pytest.mark.parametrize(
    ("after", "status"), [(timedelta(minutes=10, microseconds=-1), 200), (timedelta(minutes=10), 410)]
)
async def test_it_holds_for_ten_minutes(
    application: Application,
    worker: Player,
    phone: httpx.AsyncClient,
    clock: Clock,
    after: timedelta,
    status: int,
) -> None:
    path, _ = await asked_for_id(application, worker)
    clock.now += after
    assert (await phone.get(path)).status_code == status
    assert (await phone.post(path, data={"value": ID_NUMBER})).status_code == status
    assert ("id_number" in (await worker.state()).frame.values) == (status == 200)


async def test_after_it_expired_any_word_brings_a_new_one(
    application: Application, worker: Player, phone: httpx.AsyncClient, clock: Clock
) -> None:
    path, _ = await asked_for_id(application, worker)
    clock.now += timedelta(minutes=11)
    assert "新的网页" in (await phone.get(path)).text
    await worker.say("好了")
    again = LINK.search(worker.text)
    assert again is not None
    assert again.group(1) != path
    assert (await phone.post(again.group(1), data={"value": ID_NUMBER})).status_code == 200


async def test_a_newer_link_ends_the_older(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, _ = await asked_for_id(application, worker)
    await worker.say("怎么填嘛")
    await worker.say("咋个整")
    assert (await phone.get(path)).status_code == 404
    assert len(await rows(application, OneTimeLink)) == 1


async def test_of_another_run_it_is_void(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, _ = await asked_for_id(application, worker)
    async with application.database.write() as session:
        (row,) = await session.scalars(select(Conversation))
        state = State.from_json(row.state)
        row.state = replace(state, frame=replace(state.frame, run=2)).to_json()
    assert (await phone.post(path, data={"value": ID_NUMBER})).status_code == 410
    assert "id_number" not in (await worker.state()).frame.values


async def test_of_a_dropped_form_it_is_void(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, _ = await asked_for_id(application, worker)
    await worker.say("不办了")
    answer = await phone.post(path, data={"value": ID_NUMBER})
    assert answer.status_code == 410
    assert "不用再填" in answer.text


async def test_it_opens_no_other_conversation(
    application: Application, worker: Player, phone: httpx.AsyncClient, clock: Clock
) -> None:
    path, _ = await asked_for_id(application, worker)
    other = Player(application, clock, channel="telegram", address="880022")
    theirs, _ = await asked_for_id(application, other)
    assert theirs != path
    await phone.post(path, data={"value": ID_NUMBER})
    assert "id_number" in (await worker.state()).frame.values
    assert "id_number" not in (await other.state()).frame.values
    assert {row.address for row in (await rows(application, OutboxRow))[-1:]} == {worker.address}


@pytest.mark.parametrize("change", [
    lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), lambda token: token[1:], lambda token: token + "A",
    str.swapcase, lambda token: "A" * 43, lambda token: "%00" * 10, hash_of,
    lambda token: "é" * 43,
])  # fmt: skip
async def test_a_changed_token_opens_nothing(
    application: Application, worker: Player, phone: httpx.AsyncClient, change: Any
) -> None:
    _, token = await asked_for_id(application, worker)
    answer = await phone.get(f"/private/{change(token)}")
    assert answer.status_code == 404
    assert "没有这个网页" in answer.text
    assert (await phone.post(f"/private/{change(token)}", data={"value": ID_NUMBER})).status_code == 404
    assert "id_number" not in (await worker.state()).frame.values


async def test_after_the_data_were_deleted_it_opens_nothing(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, _ = await asked_for_id(application, worker)
    await worker.say("删除我的资料")
    await worker.press("确定，全部删除")
    assert (await phone.post(path, data={"value": ID_NUMBER})).status_code == 404
    assert await rows(application, OneTimeLink) == []


async def test_headers_keep_it_out_of_caches_and_referrers(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, _ = await asked_for_id(application, worker)
    answers = [
        await phone.get(path), await phone.post(path, data={"value": "1"}),
        await phone.post(path, data={"value": ID_NUMBER}), await phone.get(path), await phone.get("/private/x"),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 422, 200, 410, 404]
    for answer in answers:
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert "set-cookie" not in answer.headers
        for outside in re.findall(r"(?:src|href|action)=\"([^\"]+)", answer.text):
            assert outside.startswith("/static/"), outside


async def test_a_wrong_number_is_asked_again_and_the_link_still_holds(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, _ = await asked_for_id(application, worker)
    wrong = ID_NUMBER[:-1] + "7"
    answer = await phone.post(path, data={"value": wrong})
    assert answer.status_code == 422
    assert "这个号码不对" in answer.text
    assert wrong not in answer.text
    assert (await phone.post(path, data={"value": ID_NUMBER})).status_code == 200


@pytest.mark.parametrize("body", [b"", b"value=", b"\xff\xfe", b"value=" + b"1" * 20_000, b"other=1"])
async def test_an_odd_form_does_nothing(
    application: Application, worker: Player, phone: httpx.AsyncClient, body: bytes
) -> None:
    path, _ = await asked_for_id(application, worker)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert (await phone.post(path, content=body, headers=kind)).status_code == 422
    assert "id_number" not in (await worker.state()).frame.values


async def test_a_form_of_another_site_is_refused(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    path, _ = await asked_for_id(application, worker)
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200)):
        answer = await phone.post(path, data={"value": ID_NUMBER}, headers={"sec-fetch-site": site})
        assert answer.status_code == status


async def test_guessing_is_slowed_down(phone: httpx.AsyncClient, application: Application) -> None:
    answers = [await phone.post(f"/private/{'A' * 43}", data={"value": "1"}) for _ in range(22)]
    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 2


async def test_an_id_number_typed_anyway_is_not_taken_nor_repeated(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    await asked_for_id(application, worker)
    await worker.say(f"我的是{ID_NUMBER}")
    assert "删掉" in worker.text
    assert LINK.search(worker.text)
    assert "530" not in worker.text
    assert "id_number" not in (await worker.state()).frame.values
    kept = await rows(application, Message, Message.direction == "in")
    assert ID_NUMBER in kept[-1].text, "stored encrypted, as every message"


async def test_a_bank_card_typed_in_passing_is_told_to_be_deleted(
    application: Application, worker: Player
) -> None:
    await worker.say("老板欠我工资，卡号6222 0212 3456 7890 123")
    assert "删掉" in worker.text
    assert "6222" not in worker.text
    assert "7890" not in worker.text
    await worker.say("电话13887123456，欠了3个月")
    assert "删掉" not in worker.text


async def test_a_number_alone_gets_the_advice_alone(application: Application, worker: Player) -> None:
    await worker.say(ID_NUMBER)
    assert "删掉" in worker.text
    assert len(worker.last.replies) == 1


async def test_also_while_a_cadre_talks(application: Application, worker: Player) -> None:
    ticket = await with_ticket(worker)
    await cadre_says(application, ticket, "您好")
    await worker.say("好的")
    assert worker.last.replies == ()
    await worker.say(f"身份证{ID_NUMBER}")
    assert "删掉" in worker.text


async def test_at_home_it_is_asked_in_the_chat(application: Application, clock: Clock) -> None:
    person = Player(application, clock, channel="webchat")
    await stands_at(application, person, "arbitration_papers", "id_number")
    await person.say("张三丰")
    assert "请写您的身份证号" in person.text
    await person.say(ID_NUMBER)
    assert (await person.state()).frame.values["id_number"] == ID_NUMBER


async def test_health_is_private_too_and_not_shown_in_the_review(
    application: Application, worker: Player, phone: httpx.AsyncClient
) -> None:
    await stands_at(application, worker, "work_injury", "health")
    await worker.say("在工地上搬砖砸到了脚")
    path = LINK.search(worker.text).group(1)
    page = await phone.get(path)
    assert "<textarea" in page.text
    await worker.say("骨头断了，住了十天院")
    assert "不要发在这里" in worker.text
    path = LINK.search(worker.text).group(1)
    assert (await phone.post(path, data={"value": "腓骨骨折，云大医院"})).status_code == 200
    await worker.say("先不留")
    assert "已在网页上填好" in worker.text
    assert "腓骨" not in "".join(await bot_said(application))
    assert "医院" not in worker.text.replace("医院和诊断", "")


async def test_skipping_and_asking_midway_still_work(application: Application, worker: Player) -> None:
    await asked_for_id(application, worker)
    await worker.say("转人工")
    assert "编号" in worker.text
    await asked_for_id(application, worker)
    await worker.press("先空着")
    frame = (await worker.state()).frame
    assert "id_number" in frame.skipped
    assert frame.asked == "phone"


async def test_old_links_are_tidied_away(application: Application, worker: Player, clock: Clock) -> None:
    await asked_for_id(application, worker)
    clock.forward(23)
    await tidy(application)
    assert len(await rows(application, OneTimeLink)) == 1
    clock.forward(2)
    await tidy(application)
    assert await rows(application, OneTimeLink) == []


class TestWithoutAnAddress:
    @pytest.fixture(params=["", "http://gh.example.cn"])
    def address(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    async def test_the_union_asks_in_person(self, application: Application, worker: Player) -> None:
        await stands_at(application, worker, "arbitration_papers", "id_number")
        await worker.say("张三丰")
        assert "当面或者打电话问您" in worker.text
        assert "请写您的身份证号" not in worker.text
        assert "手机号" in worker.text
        frame = (await worker.state()).frame
        assert "id_number" in frame.skipped
        assert frame.asked == "phone"
        assert await rows(application, OneTimeLink) == []

    async def test_changing_it_later_is_answered_the_same(
        self, application: Application, worker: Player
    ) -> None:
        await stands_at(application, worker, "arbitration_papers", "id_number")
        await worker.say("张三丰")
        await application.turns.handle(
            Inbound("telegram", worker.address, "edit", "button", payload="do:1:edit.id_number")
        )
        assert "id_number" not in (await worker.state()).frame.values
        assert not any("请写您的身份证号" in text for text in await bot_said(application))


async def test_the_whole_way_over_telegram(
    application: Application, fake: FakeTelegram, phone: httpx.AsyncClient, tmp_path: Path
) -> None:
    """The worker's message comes by polling, the link and the next question arrive in the chat."""
    worker = Player(application, application.clock, channel="telegram", address="31")
    await stands_at(application, worker, "arbitration_papers", "id_number")
    began = time.monotonic()
    chosen = TelegramSettings(mode="polling", token=fake.token, base_url=fake.url, poll_seconds=1)
    channel = TelegramChannel(
        chosen, application.turns, application.database, application.live, no_file, instances=tmp_path / "instances",
        clock=lambda: application.clock() + timedelta(seconds=time.monotonic() - began),
    )  # fmt: skip
    async with running(channel):
        fake.say(31, "张三丰")
        text = await until(lambda: next((one for one in fake.texts(31) if LINK.search(one)), None), 20)
        found = LINK.search(text)
        assert found is not None
        answer = await phone.post(found.group(1), data={"value": ID_NUMBER})
        assert answer.status_code == 200
        await until(lambda: any("手机号" in one for one in fake.texts(31)), 20)
        fake.say(31, ID_NUMBER)
        await until(lambda: any("删掉" in one for one in fake.texts(31)), 20)
    assert not [one for one in fake.texts(31) if "5301021990" in one]
