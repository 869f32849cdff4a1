"""One raw Telegram update -> what the turn understands. Pure; every update is read by itself."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from bot.messages import Inbound, Kind

CHANNEL = "telegram"
# private chats and basic groups draw message ids from the bot's one counter; others have their own
SHARED_COUNTER = {"private", "group"}


class BadUpdateError(Exception):
    """The update does not look like one; the text names the fields, never their content."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Chat(_Part):
    id: StrictInt
    type: StrictStr


class _User(_Part):
    id: StrictInt


class _File(_Part):
    file_id: StrictStr
    file_name: StrictStr | None = None
    mime_type: StrictStr | None = None
    file_size: StrictInt | None = None


class _Sticker(_Part):
    emoji: StrictStr | None = None


class _Contact(_Part):
    phone_number: StrictStr
    user_id: StrictInt | None = None


class _Message(_Part):
    message_id: StrictInt = 0
    date: Annotated[int, Field(ge=0)] = 0
    edit_date: StrictInt | None = None
    chat: _Chat
    sender: _User | None = Field(None, alias="from")
    text: StrictStr | None = None
    caption: StrictStr | None = None
    photo: list[_File] | None = None
    document: _File | None = None
    video: _File | None = None
    video_note: _File | None = None
    animation: _File | None = None
    audio: _File | None = None
    voice: _File | None = None
    sticker: _Sticker | None = None
    contact: _Contact | None = None


class _Callback(_Part):
    id: StrictStr
    sender: _User = Field(alias="from")
    message: _Message | None = None
    data: StrictStr | None = None


class _Update(_Part):
    update_id: StrictInt
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Callback | None = None


@dataclass(frozen=True)
class FileReference:
    """A file that is still with Telegram. `size` in bytes, if Telegram told it."""

    file_id: str
    filename: str
    size: int | None


@dataclass(frozen=True)
class Sighting:
    """A message id of the bot's counter, and the Unix second at which Telegram gave it out."""

    message_id: int
    date: int


@dataclass(frozen=True)
class Update:
    """`inbound` is None for what is not meant for us (a group, a kind nobody asked for)."""

    update_id: int
    inbound: Inbound | None
    file: FileReference | None = None
    callback_id: str | None = None
    sighting: Sighting | None = None


def update_id_of(raw: Any) -> int | None:
    """Return the update's id if it has one; never raises."""
    value = raw.get("update_id") if isinstance(raw, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def chat_of(raw: Any) -> str:
    """Return something equal for updates of one chat, also when they can't be read; never raises."""
    if not isinstance(raw, dict):
        return ""
    callback = raw.get("callback_query")
    holder = callback if isinstance(callback, dict) else raw
    for name in ("message", "edited_message"):
        message = holder.get(name)
        if isinstance(message, dict) and isinstance(message.get("chat"), dict):
            return str(message["chat"].get("id", ""))
    sender = holder.get("from")
    return str(sender.get("id", "")) if isinstance(sender, dict) else ""


def private_address(raw: Any) -> str | None:
    """Return the private chat that an unreadable update surely came from, or None; never raises."""
    message = raw.get("message") if isinstance(raw, dict) else None
    chat = message.get("chat") if isinstance(message, dict) else None
    if not isinstance(chat, dict) or chat.get("type") != "private":
        return None
    number = chat.get("id")
    return str(number) if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def parse(raw: Any) -> Update:
    """Return the update; raises BadUpdateError."""
    try:
        update = _Update.model_validate(raw)
    except ValidationError as error:
        fields = sorted({".".join(str(part) for part in problem["loc"]) for problem in error.errors()})
        raise BadUpdateError(f"unreadable: {', '.join(fields)}"[:255]) from None
    if update.callback_query is not None:
        return _from_callback(update.update_id, update.callback_query)
    if update.edited_message is not None:
        return _from_edit(update.update_id, update.edited_message)
    if update.message is not None:
        return _from_message(update.update_id, update.message)
    return Update(update.update_id, None)


def _from_callback(update_id: int, callback: _Callback) -> Update:
    message = callback.message
    if message is not None and message.chat.type != "private":
        return Update(update_id, None, callback_id=callback.id)
    inbound = Inbound(
        channel=CHANNEL,
        address=str(message.chat.id if message else callback.sender.id),  # very old message: not included
        external_id=str(update_id),
        kind="button",
        payload=callback.data or "",
    )
    return Update(update_id, inbound, callback_id=callback.id)


def _from_edit(update_id: int, message: _Message) -> Update:
    if message.chat.type != "private":
        return Update(update_id, None)
    inbound = Inbound(
        channel=CHANNEL,
        address=str(message.chat.id),
        external_id=f"{message.message_id}:e{message.edit_date or update_id}",
        text=message.text or message.caption or "",
        edited=True,
        received_at=_moment(message.edit_date or message.date),
    )
    return Update(update_id, inbound)


def _from_message(update_id: int, message: _Message) -> Update:
    sighting = Sighting(message.message_id, message.date) if message.chat.type in SHARED_COUNTER else None
    if message.chat.type != "private":
        return Update(update_id, None, sighting=sighting)
    kind, file = _content(message)
    inbound = Inbound(
        channel=CHANNEL,
        address=str(message.chat.id),
        external_id=str(update_id),
        kind=kind,
        text=_text(message),
        received_at=_moment(message.date),
    )
    return Update(update_id, inbound, file=file, sighting=sighting)


def _content(message: _Message) -> tuple[Kind, FileReference | None]:
    if message.photo:
        # max() gives the first of equals: reversed, so that without sizes it is the last, the largest one
        largest = max(reversed(message.photo), key=lambda size: size.file_size or 0)
        return "photo", _reference(largest, "photo.jpg")
    if message.voice:
        return "voice", _reference(message.voice, "voice.ogg")
    for file, name in (
        (message.document, "document"),
        (message.video, "video.mp4"),
        (message.video_note, "video.mp4"),
        (message.animation, "animation.mp4"),
        (message.audio, "audio.mp3"),
    ):
        if file:
            return "document", _reference(file, name)
    if message.sticker:
        return "sticker", None
    if message.text is not None or _own_contact(message):
        return "text", None
    return "other", None


def _text(message: _Message) -> str:
    if message.text is not None:
        return message.text
    if _own_contact(message):
        assert message.contact is not None
        return message.contact.phone_number
    if message.sticker:
        return message.sticker.emoji or ""
    return message.caption or ""


def _own_contact(message: _Message) -> bool:
    """A person shared their own number, which is as good as typing it."""
    contact, sender = message.contact, message.sender
    return contact is not None and sender is not None and contact.user_id == sender.id


def _reference(file: _File, name: str) -> FileReference:
    return FileReference(file.file_id, file.file_name or name, file.file_size)


def _moment(seconds: int) -> datetime | None:
    """Unix seconds as a time; None for a number that is no time (an emulator sends milliseconds)."""
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**33 else None
