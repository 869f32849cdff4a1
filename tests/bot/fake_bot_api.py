"""A Bot API server for tests, in a process of its own, with the semantics that matter to us.

* updates are kept until a later getUpdates confirms them by its offset; limit and long poll work
* message ids come from one growing counter over all private chats, in and out
* editMessageText and editMessageCaption answer as Telegram does
* a call is carried out also when the caller dies or never hears the answer
* 429, 5xx, cut connections and latency can be ordered; updates can be repeated or poisoned

`python -m tests.bot.fake_bot_api` prints its port and serves until its standard input ends.
"""

import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcQ"
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


class Server:
    """HTTP around state and methods, and the control side that tests use."""

    def __init__(self) -> None:
        self.state = State()
        self.api = Api(self.state)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/bot{token}/{method}", self.method, methods=["GET", "POST"]),
                Route("/file/bot{token}/files/{name}", self.file),
                Route("/_control/{action}", self.control, methods=["POST"]),
            ]
        )

    async def method(self, request: Request) -> Response:
        if request.path_params["token"] != TOKEN:
            return JSONResponse({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)
        name = request.path_params["method"]
        given = await self._given(request)
        call = getattr(self.api, name, None) if name[:1] != "_" else None
        if call is None:
            return JSONResponse({"ok": False, "error_code": 404, "description": "Not Found"}, 404)
        if name != "getUpdates":
            self.state.calls.append({"method": name, "at": time.time(), **given})
        order = self._order(name, given)
        try:
            if name.startswith("send"):
                await asyncio.sleep(random.uniform(*self.state.latency))
            if order and not order.get("carried_out"):
                return self._ordered(order)
            result = await call(given)
            if name.startswith("send"):
                await asyncio.sleep(random.uniform(*self.state.latency))
        except ApiError as error:
            return JSONResponse(error.body, error.code)
        return self._ordered(order) if order else JSONResponse({"ok": True, "result": result})

    @staticmethod
    async def _given(request: Request) -> dict[str, Any]:
        if request.headers.get("content-type", "").startswith("application/json"):
            body = await request.json()
        else:
            body = {
                name: value if isinstance(value, str) else f"<{value.filename}:{value.size}>"
                for name, value in (await request.form()).items()
            }
        return {**request.query_params, **body}

    def _order(self, method: str, given: dict[str, Any]) -> dict[str, Any] | None:
        """Return the first trouble ordered for this call."""
        for order in self.state.orders:
            if order["method"] != method or str(order.get("chat", given.get("chat_id"))) != str(
                given.get("chat_id")
            ):
                continue
            order["times"] = order.get("times", 1) - 1
            if order["times"] <= 0:
                self.state.orders.remove(order)
            return order
        return None

    @staticmethod
    def _ordered(order: dict[str, Any]) -> Response:
        if order.get("cut"):  # the connection breaks in the middle of the answer

            async def nothing() -> Any:
                yield b"{"

            return StreamingResponse(nothing(), headers={"content-length": "1000"})
        if order["code"] == 429:
            seconds = order.get("retry_after", 1)
            error = ApiError(429, f"Too Many Requests: retry after {seconds}", seconds)
        else:
            error = ApiError(order["code"], order.get("description", "Internal Server Error"))
        return JSONResponse(error.body, error.code)

    async def file(self, request: Request) -> Response:
        data = self.state.files.get(request.path_params["name"])
        return Response(status_code=404) if data is None else Response(data)

    async def control(self, request: Request) -> Response:
        body = await request.json()
        action = getattr(self, f"do_{request.path_params['action']}")
        return JSONResponse(action(**body))

    def do_say(self, chat: int, count: int = 1, **content: Any) -> Any:
        """A person writes; `count` repeats the same update (the same update_id) in every answer."""
        return [self.state.add_update({"message": self.state.incoming(chat, content)}) for _ in range(count)]

    def do_edit(self, chat: int, message_id: int, text: str) -> Any:
        message = self.state.incoming(chat, {"text": text})
        return self.state.add_update(
            {"edited_message": message | {"message_id": message_id, "edit_date": message["date"] + 5}}
        )

    def do_press(self, chat: int, data: str, message_id: int | None = None, callback_id: str = "1") -> Any:
        query: dict[str, Any] = {"id": callback_id, "chat_instance": "1", "data": data}
        query["from"] = {"id": chat, "is_bot": False, "first_name": "W"}
        if message_id is not None:
            query["message"] = {"message_id": message_id, "date": 0, "chat": {"id": chat, "type": "private"}}
        return self.state.add_update({"callback_query": query})

    def do_update(self, **content: Any) -> Any:
        """Any update at all; this is how poisoned ones come in."""
        return self.state.add_update(content)

    def do_skip_ids(self, count: int) -> Any:
        """Messages of other kinds use up ids."""
        self.state.next_message += count
        return self.state.next_message

    def do_order(self, **order: Any) -> Any:
        self.state.orders.append(order)

    def do_set(self, **values: Any) -> Any:
        for name, value in values.items():
            setattr(self.state, name, set(value) if name == "blocked" else value)

    def do_put_file(self, name: str, size: int) -> Any:
        self.state.files[name] = b"x" * size

    def do_report(self) -> Any:
        state = self.state
        return {
            "sent": state.sent,
            "waiting": sorted(state.updates),
            "calls": [call for call in state.calls if call["method"] != "getUpdates"],
            "webhook": state.webhook,
            "messages": {str(number): record for number, record in state.messages.items()},
        }


def main() -> None:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)  # callers may connect before the server is up
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(Server().app(), log_level="critical", lifespan="off")
    server = uvicorn.Server(config)

    def end_with_parent() -> None:
        sys.stdin.read()
        server.should_exit = True
        server.force_exit = True

    threading.Thread(target=end_with_parent, daemon=True).start()
    server.run(sockets=[listening])


class FakeTelegram:
    """The test's hand on a running server; use it as a context manager."""

    token = TOKEN

    def __enter__(self) -> Self:
        root = Path(__file__).parents[2]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bot.fake_bot_api"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=root,
            env=environment,
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"
        self._client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def do(self, action: str, **body: Any) -> Any:
        """Call the control side: say, edit, press, update, order, set, put_file, skip_ids, report."""
        answer = self._client.post(f"/_control/{action}", json=body)
        answer.raise_for_status()
        return answer.json()

    def say(self, chat: int, text: str) -> int:
        number: int = self.do("say", chat=chat, text=text)[0]
        return number

    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = self.do("report")
        return report

    def texts(self, chat: int) -> list[str]:
        """Return what the bot wrote to this chat, in order."""
        return [one.get("text", "") for one in self.report()["sent"] if one["chat"] == chat]


if __name__ == "__main__":
    main()
