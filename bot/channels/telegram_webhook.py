"""The webhook: an update is answered with 200 only after its turn is committed."""

import hmac
import json
import logging

from fastapi import APIRouter, Request, Response

from bot import limits
from bot.channels.telegram_intake import AwayError, Intake

log = logging.getLogger(__name__)

PATH = "/telegram/webhook"
BODY_BYTES = 1024 * 1024  # the largest real updates are some ten kilobytes
RETRY_SECONDS = "5"


def build_router(intake: Intake, secret: str) -> APIRouter:
    """Return the route. Without `secret` every call is refused."""
    router = APIRouter()
    expected = secret.encode()

    @router.post(PATH, include_in_schema=False)
    async def receive(request: Request) -> Response:
        given = request.headers.get(limits.TELEGRAM_SECRET_TOKEN_HEADER, "").encode("latin-1", "replace")
        if not expected or not hmac.compare_digest(given, expected):
            return Response(status_code=403)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            # goes into quarantine; a refusal would bring it again and again
            raw = body.decode("utf-8", "replace")
        intake.see(raw)
        try:
            await intake.take(raw)
        except AwayError as error:
            log.warning("webhook asks for the update again: %s", error)
            return Response(status_code=503, headers={"Retry-After": RETRY_SECONDS})
        return Response(status_code=200)

    return router


async def _body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is larger than any update."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > BODY_BYTES:
        return None
    received = bytearray()
    async for piece in request.stream():
        received += piece
        if len(received) > BODY_BYTES:
            return None
    return bytes(received)
