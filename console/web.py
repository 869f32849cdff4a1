"""One request of the console: who asks, may they, what was posted; and every failure as a calm page.

Handlers are `async def (page: Page) -> Response`; `Routes.add` wraps them with everything that must
never be forgotten: sign-in, the access table, CSRF, security headers.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from console import sessions
from console.deps import ConsoleDeps
from console.drafts import DraftDesk
from console.forms import Form, FormBroken, FormTooLarge, OnceOnly, read_form, read_upload
from console.permissions import ACCESS, UPLOADS, Open, allowed
from console.render import render
from console.security import HEADERS, same_origin, same_token
from console.sessions import Signed
from console.texts import error_text
from console.throttle import LoginThrottle
from knowledge.errors import KnowledgeError
from storage.models import Account
from tickets.access import may
from tickets.errors import NotAllowed, TicketError

log = logging.getLogger(__name__)
Kind = Literal[
    "page", "data"
]  # data: JSON, event streams, files; they answer 401 instead of going to sign-in
LARGEST_ID = 2**62
RETRY_SECONDS = "3"


@dataclass(frozen=True)
class Shared:
    """What all requests of one console share."""

    deps: ConsoleDeps
    throttle: LoginThrottle
    once: OnceOnly = field(default_factory=OnceOnly)
    drafts: DraftDesk = field(default_factory=DraftDesk)
    streams: dict[str, int] = field(default_factory=dict)  # open streams by session


@dataclass(frozen=True)
class Page:
    """One request."""

    shared: Shared
    request: Request
    route: str
    now: datetime
    signed: Signed | None = None
    form: Form = field(default_factory=Form)

    @property
    def deps(self) -> ConsoleDeps:
        return self.shared.deps

    @property
    def account(self) -> Account:
        assert self.signed is not None
        return self.signed.account

    def id_in_path(self, name: str) -> int:
        """Return a number of the path; raises NotAllowed for one that no row can have."""
        value = int(self.request.path_params[name])
        if value > LARGEST_ID:
            raise NotAllowed
        return value

    def text_in_path(self, name: str) -> str:
        """Return a name of the path, without what no database takes."""
        return str(self.request.path_params[name])[:128].replace("\x00", "")

    def query(self, name: str) -> str:
        """Return a value of the address, cleaned; empty when missing."""
        return self.request.query_params.get(name, "").replace("\x00", "").strip()

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page."""
        account = self.signed.account if self.signed else None
        common = {
            "account": account,
            "csrf": self.signed.csrf if self.signed else "",
            "may": (lambda action: may(account, action)) if account else (lambda _action: False),
            "route": self.route,
            "now": self.now,
            "done": self.query("done"),
            "alert": None,
        }
        return HTMLResponse(render(template, **{**common, **values}), status)

    def go(self, address: str) -> RedirectResponse:
        """Send the browser on after a form was carried out."""
        return RedirectResponse(address, 303)


Handler = Callable[[Page], Awaitable[Response]]


class Routes:
    """Registers handlers. A route that the access table does not name is refused."""

    def __init__(self, deps: ConsoleDeps) -> None:
        self.shared = Shared(deps, LoginThrottle(deps.login_attempts))
        self.router = APIRouter(prefix="/console", include_in_schema=False)
        self.registered: dict[str, tuple[str, str]] = {}  # route -> method, path

    def add(self, method: str, path: str, route: str, handler: Handler, kind: Kind = "page") -> None:
        """Serve `path` under the access rule of `route`."""
        assert route in ACCESS, route
        self.registered[route] = (method, path)

        async def endpoint(request: Request) -> Response:
            page = Page(self.shared, request, route, self.shared.deps.clock())
            response = await _answer(page, handler, kind)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        self.router.add_api_route(
            path,
            endpoint,
            methods=[method],
            name=f"console:{route}",
            response_model=None,
            include_in_schema=False,
        )


async def _answer(page: Page, handler: Handler, kind: Kind) -> Response:
    try:
        if page.route != "static":
            async with page.deps.database.read() as session:
                page = replace(page, signed=await sessions.find(session, page.request, page.now))
        if page.request.method == "POST":
            page = replace(page, form=await _form(page))
        refused = _refusal(page, kind)
        return refused if refused is not None else await handler(page)
    except (TicketError, KnowledgeError) as error:
        return problem(page, kind, error.status, error.message)
    except FormTooLarge:
        return problem(page, kind, 413, error_text("too_large"))
    except (FormBroken, ClientDisconnect):
        return problem(page, kind, 400, error_text("bad_request"))
    except Exception as error:  # noqa: BLE001 - nobody sees a raw failure, and no log quotes what a person wrote
        log.error("console request failed: %s at %s", type(error).__name__, _where(error))  # noqa: TRY400
        response = problem(page, kind, 503, error_text("busy"))
        response.headers["Retry-After"] = RETRY_SECONDS
        return response


async def _form(page: Page) -> Form:
    """Files are taken only where a route expects them, and from nobody who is not signed in."""
    limit = UPLOADS.get(page.route) if page.signed is not None else None
    return await (read_form(page.request) if limit is None else read_upload(page.request, limit))


def _refusal(page: Page, kind: Kind) -> Response | None:
    """Return why the request is not carried out, None when it may go on."""
    needed, posted = ACCESS[page.route], page.request.method == "POST"
    if posted and not same_origin(page.request, page.deps.public_url):
        return problem(page, kind, 403, error_text("form_expired"))
    if needed is Open.EVERYBODY:
        return None
    if page.signed is None:
        return _sign_in_first(page, kind)
    if not allowed(page.signed.account, page.route):
        return problem(page, kind, 403, error_text("forbidden"))
    if posted and not same_token(page.form.raw("csrf"), page.signed.csrf):
        return page.show("kept.html", 403, message=error_text("form_expired"), kept=_typed(page.form))
    return None


def _sign_in_first(page: Page, kind: Kind) -> Response:
    if kind == "data":
        return JSONResponse({"error": {"message": error_text("forbidden")}}, 401)
    if page.request.method == "POST" and _typed(page.form):
        return page.show("kept.html", 401, message=error_text("form_expired"), kept=_typed(page.form))
    address = page.request.url.path + (f"?{page.request.url.query}" if page.request.url.query else "")
    wanted = quote(address if page.request.method == "GET" else "/console/", safe="/")
    came_by_link = page.request.cookies.get(sessions.ENTRY_COOKIE) and not page.query("entered")
    if page.request.method == "GET" and came_by_link:
        # A link in Telegram does not carry the Strict cookie; the same address asked for by our own page does.
        again = address + ("&" if "?" in address else "?") + "entered=1"
        return page.show("enter.html", again=again)
    return page.go(f"/console/sign-in?next={wanted}")


def _typed(form: Form) -> list[str]:
    """What would be lost: the longer texts of a form, never passwords."""
    return [form.text(name) for name in ("text", "result", "reason", "answer", "more") if form.text(name)]


def problem(page: Page, kind: Kind, status: int, message: str) -> Response:
    """Return an error: a page with a way back, or JSON."""
    if kind == "data":
        return JSONResponse({"error": {"message": message}}, status)
    return page.show("error.html", status, message=message)


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
