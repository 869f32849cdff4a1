"""A Bot API server for tests, in a process of its own, with the semantics that matter to us.

* updates are kept until a later getUpdates confirms them by its offset; limit and long poll work
* message ids come from one growing counter over all private chats, in and out
* editMessageText and editMessageCaption answer as Telegram does
* a call is carried out also when the caller dies or never hears the answer
* 429, 5xx, cut connections and latency can be ordered; updates can be repeated or poisoned

`python -m tests.bot.fake_bot_api` prints its port and serves until its standard input ends.
"""

import asyncio
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

from tests.bot.fake_bot_methods import Api, ApiError, State

TOKEN = "4839574812:AAFD39kkdpWt3ywyRZergyOLMaJhac60qcQ"


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

    def do_forget(self) -> Any:
        """Begin anew; what is still under way ends on the old state."""
        self.state = State()
        self.api = Api(self.state)

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
        """Call the control side: say, edit, press, update, order, set, put_file, skip_ids, report, forget."""
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
