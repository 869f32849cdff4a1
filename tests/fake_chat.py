"""A local OpenAI-compatible chat endpoint on a real socket: checks what it is sent as the real ones do."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD = "您好，公司拖欠工资，您可以申请支付令。依据是《劳动合同法》第三十条。请您留好考勤和转账记录。"


def completion(content: object, finish: str = "stop") -> bytes:
    """A whole answer as the interface defines it."""
    message = {"role": "assistant", "content": content}
    body = {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "fake",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip
    return json.dumps(body).encode()


@dataclass
class FakeChat:
    """What it was asked, and what it answers next."""

    url: str = ""
    status: int = 200
    body: bytes = completion(GOOD)
    content_type: str = "application/json"
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)  # answers wait until it is set
    asked: threading.Event = field(default_factory=threading.Event)
    trickle: Callable[[], Iterator[bytes]] | None = None

    def says(self, content: object, finish: str = "stop") -> None:
        self.body = completion(content, finish)

    @property
    def told(self) -> str:
        """Everything that reached it, decoded."""
        return "\n".join(message["content"] for body in self.requests for message in body["messages"])


def problem_of(path: str, headers: dict[str, str], body: Any) -> str | None:
    """What a real server of this kind would refuse with 400, 404 or 415."""
    if path != "/v1/chat/completions":
        return f"path {path}"
    if headers.get("content-type") != "application/json":
        return "content type"
    if not isinstance(body, dict) or not isinstance(body.get("model"), str) or not body["model"]:
        return "model"
    if set(body) - {"model", "messages", "temperature", "max_tokens", "stream"}:
        return f"unknown keys in {sorted(body)}"
    messages = body.get("messages")
    if not isinstance(messages, list) or [one.get("role") for one in messages] != ["system", "user"]:
        return "roles"
    if any(set(one) != {"role", "content"} or not isinstance(one["content"], str) for one in messages):
        return "message"
    if body.get("stream") is not False or not 0 <= body.get("temperature", 1) <= 2:
        return "options"
    return None if isinstance(body.get("max_tokens"), int) and body["max_tokens"] > 0 else "max_tokens"


def _handler(fake: FakeChat) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            body, headers = json.loads(raw), {key.lower(): value for key, value in self.headers.items()}
            fake.raw.append(raw)
            fake.requests.append(body)
            fake.headers.append(headers)
            fake.asked.set()
            wrong = problem_of(self.path, headers, body)
            if wrong:
                self._send(400, json.dumps({"error": {"message": wrong}}).encode())
                return
            fake.hold.wait(10)
            if fake.trickle is not None:
                self._send_slowly(fake.trickle())
            else:
                self._send(fake.status, fake.body)

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", fake.content_type)
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def _send_slowly(self, parts: Iterator[bytes]) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                for part in parts:
                    self.wfile.write(part)
                    self.wfile.flush()
            except OSError:  # the client has gone: what the test wants
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

    return Handler


@contextmanager
def fake_chat() -> Iterator[FakeChat]:
    """Serve on a free port of loopback while the block lasts."""
    fake = FakeChat()
    fake.hold.set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield fake
    finally:
        fake.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
