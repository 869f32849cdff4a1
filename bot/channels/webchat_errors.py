"""What goes wrong at the edge, always told as {"error": {"message": …}} in the worker's language."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.channels.webchat_texts import error_text

log = logging.getLogger(__name__)


class WebchatError(Exception):
    """A request that can't be served. `key` names its text in webchat.yml."""

    def __init__(self, status: int, key: str, *, retry_after: int | None = None, **values: Any) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.retry_after = retry_after
        self.message = error_text(key, **values)


def error_response(error: WebchatError) -> JSONResponse:
    """Return the JSON form of an error."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    return JSONResponse({"error": {"message": error.message}}, error.status, headers)


class ChatRoute(APIRoute):
    """A route whose every failure becomes a calm Chinese sentence."""

    @staticmethod
    def show(error: WebchatError) -> Response:
        """Return what the asker sees: JSON here, a page in PageRoute."""
        return error_response(error)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except WebchatError as error:
                return self.show(error)
            except RequestValidationError:
                return self.show(WebchatError(400, "bad_request"))
            except ClientDisconnect:
                return self.show(WebchatError(400, "bad_request"))  # nobody is listening any more
            except Exception as error:  # noqa: BLE001 - a worker never sees a raw failure
                # only the kind and the place: the text of an exception may quote what a person wrote
                trace = error.__traceback__
                while trace is not None and trace.tb_next is not None:
                    trace = trace.tb_next
                where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
                log.error("web chat request failed: %s at %s", type(error).__name__, where)  # noqa: TRY400
                return self.show(WebchatError(503, "busy", retry_after=3))

        return guarded
