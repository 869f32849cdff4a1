"""Photos and documents: kept, part of the form and of its ticket; what can't be taken is explained."""

from bot.messages import IncomingFile
from storage.models import Attachment, Message
from tests.bot.turn_kit import inbound, photo, rows, to_review, with_ticket

PHOTO = IncomingFile("../工资条\u202e.jpg", photo())
PROGRAM = IncomingFile("photo.jpg", b"MZ\x90\x00" + bytes(500))


async def send(person, *files, name="file", **message):
    return await person.application.turns.handle(inbound(person, name, kind="photo", files=files, **message))


async def test_a_photo_in_a_form_reaches_its_ticket(application, person):
    await to_review(person)
    result = await send(person, PHOTO)
    assert "1个" in result.replies[0].text
    assert "提交" in [button.label for reply in result.replies for button in reply.buttons]
    await person.press("提交")
    ticket = await person.ticket()
    (file,) = await rows(application, Attachment)
    assert (file.ticket_id, file.filename) == (ticket.id, "工资条.jpg")
    assert application.files.read(file.sha256).startswith(b"\xff\xd8")


async def test_the_same_photo_again_is_one_file(application, person):
    first = await send(person, PHOTO)
    again = await send(person, PHOTO)
    assert (again.replies, again.repeated) == (first.replies, True)
    assert len(await rows(application, Attachment)) == 1


async def test_a_photo_after_submitting_goes_to_the_open_ticket(application, person):
    ticket = await with_ticket(person)
    result = await send(person, PHOTO)
    assert ticket.number in result.replies[0].text
    assert [file.ticket_id for file in await rows(application, Attachment)] == [ticket.id]


async def test_a_photo_out_of_the_blue_is_kept_and_asked_about(application, person):
    result = await send(person, PHOTO)
    assert result.replies[0].buttons
    (message,) = await rows(application, Message, Message.direction == "in")
    assert message.body["attachments"][0]["filename"] == "工资条.jpg"


async def test_a_photo_before_any_service_goes_along_with_the_one_that_is_begun(application, person):
    result = await send(person, PHOTO)
    assert "group:rights" in [button.payload for button in result.replies[0].buttons]
    await to_review(person)
    assert "照片和文件：1个" in person.text
    await person.press("提交")
    ticket = await person.ticket()
    assert [file.ticket_id for file in await rows(application, Attachment)] == [ticket.id]


async def test_a_refused_file_is_explained_and_the_form_goes_on(application, person):
    await to_review(person)
    result = await send(person, PROGRAM)
    assert application.engine.replies("file_type") in result.replies[0].text
    assert result.replies[-1].buttons
    assert await rows(application, Attachment) == []


async def test_what_the_channel_could_not_fetch_is_explained(application, person):
    result = await application.turns.handle(inbound(person, "big", kind="photo", refused_file="too_large"))
    assert application.engine.replies("file_too_large") in result.replies[0].text


async def test_danger_in_the_words_beside_a_photo_is_heard(application, person):
    result = await send(person, PHOTO, text="我不想活了")
    assert "12356" in result.replies[0].text
    assert result.ticket


async def test_voice_and_stickers_have_their_answer(application, person):
    for kind in ("voice", "sticker", "other"):
        result = await application.turns.handle(inbound(person, kind, kind=kind))
        assert application.engine.replies(f"kind_{kind}") in result.replies[0].text
