"""What stands on a photo is offered for the open form, and filled in only when the worker presses the button."""

import asyncio
import importlib.util
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from bot import ocr
from bot.app import Application
from bot.files import accept_file
from bot.messages import IncomingFile
from bot.ocr import PhotoReading, RapidReader, found_in, reader_for
from dialogs.values import Facts
from storage.models import Attachment
from tests.bot.erasure_kit import columns_with
from tests.bot.turn_kit import inbound, photo, rows
from tests.playing import Player

SLIP = (
    "昆明恒泰劳务有限公司工资条",
    "姓名:张三丰",
    "2026年8月",
    "应发工资:6,500.00",
    "身份证号码530102199003075116",
)
FACTS = Facts(datetime(2026, 11, 24, 2, tzinfo=UTC))
FONTS = [path for path in Path("/usr/share/fonts").rglob("*CJK*") if path.suffix in {".ttc", ".otf"}]


class Told:
    """A reader that is told what it reads."""

    def __init__(self, *lines: str) -> None:
        self.answer = lines
        self.asked = 0

    def read(self, picture: bytes) -> tuple[str, ...]:
        self.asked += 1
        return self.answer


@pytest.fixture
def reader(application: Application, monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told(*SLIP)
    monkeypatch.setattr(application.turns, "_reading", PhotoReading(application.engine, told))
    return told


async def send_photo(application: Application, person: Player, name: str = "p") -> None:
    message = inbound(person, name, kind="photo", files=(IncomingFile("x.jpg", photo()),))
    person.last = await application.turns.handle(message)
    person.buttons |= {button.label: button.payload for button in person.all_buttons}


async def test_values_are_offered_and_taken_only_by_a_press(
    application: Application, person: Player, reader: Told
) -> None:
    await person.press("请工会帮我要工资")
    await send_photo(application, person)
    assert "昆明恒泰劳务有限公司" in person.text
    assert "employer" not in (await person.state()).frame.values
    label = next(button.label for button in person.all_buttons if button.payload.endswith(":employer"))
    await person.press(label)
    assert (await person.state()).frame.values["employer"] == "昆明恒泰劳务有限公司"


async def test_they_can_be_refused(application: Application, person: Player, reader: Told) -> None:
    await person.press("请工会帮我要工资")
    await send_photo(application, person)
    await person.press("都不对")
    state = await person.state()
    assert state.read == {}
    assert "employer" not in state.frame.values


async def test_without_consent_name_and_number_are_not_offered(
    application: Application, person: Player, reader: Told
) -> None:
    await person.press("请工会帮我要工资")
    await send_photo(application, person)
    assert "张三丰" not in person.text
    assert "5301" not in person.text
    assert await columns_with(application, ("张三丰", "530102199003075116")) == {}, (
        "what is not offered is not kept"
    )


async def test_an_old_button_fills_nothing(application: Application, person: Player, reader: Told) -> None:
    await person.press("请工会帮我要工资")
    await send_photo(application, person)
    payload = next(button.payload for button in person.all_buttons if button.payload.endswith(":employer"))
    await person.say("取消")
    await application.turns.handle(inbound(person, "old", kind="button", payload=payload))
    await person.press("请工会帮我要工资")
    await application.turns.handle(inbound(person, "older", kind="button", payload=payload))
    assert "employer" not in (await person.state()).frame.values


async def test_outside_a_form_nothing_is_read(application: Application, person: Player, reader: Told) -> None:
    await person.say("你好")
    await send_photo(application, person)
    assert reader.asked == 0


async def test_a_reader_that_fails_or_hangs_costs_nothing(
    application: Application, person: Player, reader: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: bytes) -> tuple[str, ...]:
        raise RuntimeError("张三丰")

    monkeypatch.setattr(reader, "read", broken)
    await person.press("请工会帮我要工资")
    await send_photo(application, person)
    assert "收到了" in person.text
    assert len(await rows(application, Attachment)) == 1


def test_it_is_off_unless_enabled_and_installed() -> None:
    assert reader_for(enabled=False) is None
    if importlib.util.find_spec("rapidocr") is None:
        assert reader_for(enabled=True) is None


@pytest.mark.parametrize(
    ("flow", "slot", "value"),
    [
        ("arbitration_papers", "id_number", "530102199003075116"), ("arbitration_papers", "name", "张三丰"),
        ("wage_arrears", "employer", "昆明恒泰劳务有限公司"),
    ],
)  # fmt: skip
def test_lines_give_values(application: Application, flow: str, slot: str, value: str) -> None:
    assert found_in(SLIP, application.engine.flows[flow].slots[slot], FACTS) == value


def test_a_number_with_a_wrong_checksum_is_not_offered(application: Application) -> None:
    step = application.engine.flows["arbitration_papers"].slots["id_number"]
    assert found_in(("公民身份号码530102199003075117",), step, FACTS) is None


@pytest.mark.skipif(
    importlib.util.find_spec("rapidocr") is None, reason="requirements-ocr.lock is not installed"
)
@pytest.mark.skipif(not FONTS, reason="no Chinese font to draw with")
async def test_the_real_reader_keeps_the_contract() -> None:
    picture = Image.new("RGB", (900, 420), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(str(FONTS[0]), 34)
    for number, line in enumerate(("昆明恒泰劳务有限公司", "姓名:张三丰", "应发工资:6500.00")):
        pen.text((40, 40 + 110 * number), line, font=font, fill="black")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    accepted = accept_file(out.getvalue(), "x.jpg", 10_000_000)
    read = await asyncio.to_thread(RapidReader().read, accepted.data)
    assert any("恒泰劳务有限公司" in line for line in read)
    assert any("6500" in line for line in read)
    assert ocr.SECONDS > 1
