"""The chat page: server-rendered history, versioned static files, strict headers."""

import hashlib
import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from bot.channels.webchat_errors import ChatRoute, WebchatError
from bot.channels.webchat_texts import texts

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"
CONTENT_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Permissions-Policy": "geolocation=(), microphone=(), payment=()",
}
YEAR_SECONDS = 365 * 24 * 3600


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(t=texts(), static=static_address, script_texts=json.dumps(texts()["script"]))
    return environment


def static_address(name: str) -> str:
    """Return the address of a static file with its version, so that it may be cached for good."""
    return f"/static/{name}?v={_static(name)[1]}"


@cache
def _static(name: str) -> tuple[bytes, str]:
    path = STATIC / name
    if path.suffix not in CONTENT_TYPES or path.parent != STATIC or not path.is_file():
        raise WebchatError(404, "not_found")
    data = path.read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:12]


def static_response(name: str, version: str | None) -> Response:
    """Return a static file; raises WebchatError 404 for any other name."""
    data, current = _static(name)
    age = f"public, max-age={YEAR_SECONDS}, immutable" if version == current else "no-cache"
    headers = {"Cache-Control": age, "X-Content-Type-Options": "nosniff", "ETag": f'"{current}"'}
    return Response(data, media_type=CONTENT_TYPES[Path(name).suffix], headers=headers)


def page_response(
    *,
    session: str,
    messages: list[dict[str, Any]],
    earlier: int | None,
    past: bool,
    notice: str | None,
    **values: Any,
) -> HTMLResponse:
    """Return the chat page.

    Args:
        session: the browser's session id.
        messages: what was said, as JSON views, oldest first.
        earlier: id before which older messages exist, if any.
        past: older messages are shown, not the newest.
        notice: key of an error text to show above the input.
        values: hotline, megabytes.
    """
    shown = texts()["errors"].get(notice) if notice else None
    return template_response(
        "chat.html",
        session=session,
        messages=messages,
        earlier=earlier,
        past=past,
        notice=shown.format(**values) if shown else None,
        form_number=secrets.token_urlsafe(12),
        **values,
    )


def template_response(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page with the headers that every page of the channel carries."""
    html = _environment().get_template(template).render(**values)
    return HTMLResponse(html, status, {**SECURITY_HEADERS, "Cache-Control": "no-store"})


def error_page(error: WebchatError) -> HTMLResponse:
    """Return an error as a page with a way back."""
    return template_response("chat_error.html", error.status, message=error.message)


class PageRoute(ChatRoute):
    """A route that a person opens in the browser: errors are pages, not JSON."""

    @staticmethod
    def show(error: WebchatError) -> Response:
        return error_page(error)
