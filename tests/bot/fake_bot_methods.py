"""What the fake Bot API remembers and answers; fake_bot_api.py serves it."""

import asyncio
import contextlib
import json
import time
from typing import Any

BOT_ID = 4839574812


class ApiError(Exception):
    def __init__(self, code: int, description: str, retry_after: float | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if retry_after is not None:
            self.body["parameters"] = {"retry_after": retry_after}


class State:
    """Everything the server remembers."""

    def __init__(self) -> None:
        self.updates: dict[int, dict[str, Any]] = {}
        self.next_update = 700_000_001
        self.next_message = 1
        self.messages: dict[int, dict[str, Any]] = {}  # by message id, of any chat
        self.sent: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.latency = (0.0, 0.0)
        self.repeat = 1
        self.files: dict[str, bytes] = {}
        self.blocked: set[int] = set()
        self.webhook: str | None = None
        self.polls = 0
        self.arrived = asyncio.Event()

    def message_id(self) -> int:
        number, self.next_message = self.next_message, self.next_message + 1
        return number

    def add_update(self, content: dict[str, Any]) -> int:
        number, self.next_update = self.next_update, self.next_update + 1
        self.updates[number] = {"update_id": number, **content}
        self.arrived.set()
        return number

    def incoming(self, chat: int, content: dict[str, Any]) -> dict[str, Any]:
        message = {
            "message_id": self.message_id(),
            "from": {"id": chat, "is_bot": False, "first_name": "W"},
            "chat": {"id": chat, "type": "private", "first_name": "W"},
            "date": int(time.time()),
            **content,
        }
        self.messages[message["message_id"]] = {"chat": chat, "bot": False, **content}
        return message


def as_integer(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ApiError(400, f"Bad Request: {name} is not a number") from None


def decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value


class Api:
    """The methods."""

    def __init__(self, state: State) -> None:
        self.state = state

    async def getMe(self, _: dict[str, Any]) -> Any:  # noqa: N802
        return {"id": BOT_ID, "is_bot": True, "first_name": "Fake", "username": "fake_bot"}

    async def getUpdates(self, given: dict[str, Any]) -> Any:  # noqa: N802
        state = self.state
        if state.webhook:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = as_integer(given.get("offset") or 0, "offset")
        limit = min(100, max(1, as_integer(given.get("limit") or 100, "limit")))
        for number in [number for number in state.updates if number < offset]:
            del state.updates[number]
        state.polls += 1
        mine, end = state.polls, time.monotonic() + float(given.get("timeout") or 0)
        while not state.updates and time.monotonic() < end:
            if mine != state.polls:
                raise ApiError(409, "Conflict: terminated by other getUpdates request")
            state.arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(state.arrived.wait(), min(0.2, max(0.0, end - time.monotonic())))
        chosen = [state.updates[number] for number in sorted(state.updates)][:limit]
        return [update for update in chosen for _ in range(state.repeat)]

    async def setWebhook(self, given: dict[str, Any]) -> Any:  # noqa: N802
        self.state.webhook = given.get("url") or None
        return True

    async def deleteWebhook(self, _: dict[str, Any]) -> Any:  # noqa: N802
        self.state.webhook = None
        return True

    async def setMyCommands(self, _: dict[str, Any]) -> Any:  # noqa: N802
        return True

    async def answerCallbackQuery(self, given: dict[str, Any]) -> Any:  # noqa: N802
        if given.get("callback_query_id") == "old":
            raise ApiError(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        return True

    async def sendMessage(self, given: dict[str, Any]) -> Any:  # noqa: N802
        text = str(given.get("text") or "").strip()
        if not text:
            raise ApiError(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4096:
            raise ApiError(400, "Bad Request: message is too long")
        return self._send(given, {"text": text})

    async def sendDocument(self, given: dict[str, Any]) -> Any:  # noqa: N802
        return self._send(given, {"document": given.get("document"), "caption": given.get("caption") or ""})

    async def sendPhoto(self, given: dict[str, Any]) -> Any:  # noqa: N802
        return self._send(given, {"photo": given.get("photo"), "caption": given.get("caption") or ""})

    def _send(self, given: dict[str, Any], content: dict[str, Any]) -> Any:
        chat = as_integer(given.get("chat_id"), "chat_id")
        if chat in self.state.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if chat <= 0 or chat == 404:
            raise ApiError(400, "Bad Request: chat not found")
        markup = decoded(given.get("reply_markup"))
        for row in (markup or {}).get("inline_keyboard", []):
            for button in row:
                if not 1 <= len(button["callback_data"].encode()) <= 64:
                    raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        number = self.state.message_id()
        record = {"chat": chat, "bot": True, "markup": markup, **content}
        self.state.messages[number] = record
        self.state.sent.append({"message_id": number, "at": time.time(), **record})
        return self._as_message(number)

    def _as_message(self, number: int) -> dict[str, Any]:
        record = self.state.messages[number]
        body = {
            "message_id": number,
            "from": {"id": BOT_ID, "is_bot": True, "first_name": "Fake"},
            "chat": {"id": record["chat"], "type": "private"},
            "date": int(time.time()),
        }
        if "text" in record:
            body["text"] = record["text"]
        if record.get("markup"):
            body["reply_markup"] = record["markup"]
        return body

    async def editMessageText(self, given: dict[str, Any]) -> Any:  # noqa: N802
        return self._edit(given, "text", str(given.get("text") or "").strip())

    async def editMessageCaption(self, given: dict[str, Any]) -> Any:  # noqa: N802
        return self._edit(given, "caption", str(given.get("caption") or ""))

    def _edit(self, given: dict[str, Any], field: str, value: str) -> Any:
        chat = as_integer(given.get("chat_id"), "chat_id")
        if chat in self.state.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        number = as_integer(given.get("message_id"), "message_id")
        record = self.state.messages.get(number)
        if record is None or record["chat"] != chat:
            raise ApiError(400, "Bad Request: message to edit not found")
        if not record["bot"]:
            raise ApiError(400, "Bad Request: message can't be edited")
        if field not in record:
            raise ApiError(400, f"Bad Request: there is no {field} in the message to edit")
        markup = decoded(given.get("reply_markup"))
        if record[field] == value and (record.get("markup") or None) == (markup or None):
            raise ApiError(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message",
            )
        record[field], record["markup"] = value, markup
        record["edited"] = True
        return self._as_message(number)

    async def deleteMessage(self, given: dict[str, Any]) -> Any:  # noqa: N802
        number = as_integer(given.get("message_id"), "message_id")
        if self.state.messages.pop(number, None) is None:
            raise ApiError(400, "Bad Request: message to delete not found")
        return True

    async def getFile(self, given: dict[str, Any]) -> Any:  # noqa: N802
        name = str(given.get("file_id"))
        data = self.state.files.get(name)
        if data is None:
            raise ApiError(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(data) > 20 * 1024 * 1024:
            raise ApiError(400, "Bad Request: file is too big")
        return {"file_id": name, "file_unique_id": name, "file_size": len(data), "file_path": f"files/{name}"}
