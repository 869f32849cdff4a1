"""The calculators as phone pages: a list, and one page each with the form and, above it, the result.

The POST has no effect (nothing is stored, logged or sent), so it needs no CSRF token: a form of another site
could only show its visitor a sum. Answers travel in the body, never in an address.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response

from bot.channels import calculator_form as calculation
from bot.channels.calculator_form import Outcome, Sent, texts
from bot.channels.calculator_view import answered, questions
from bot.channels.webchat_errors import WebchatError
from bot.channels.webchat_limits import RateLimiter, limited
from bot.channels.webchat_messages import KUNMING, split_links
from bot.channels.webchat_page import PageRoute, template_response
from knowledge.calculators.figures import Figures
from knowledge.calculators.registry import CALCULATORS, CalculatorSpec

FORM_BYTES = 64 * 1024
FORM_FIELDS = 2000  # rows of single cells included


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class CalculatorDeps:
    """What the calculator pages are built from."""

    figures: Figures
    hotline: str
    sums_per_minute: int = 600  # per address: a whole building site may share one; 0 means no limit
    clock: Callable[[], datetime] = _utc_now


def build_router(deps: CalculatorDeps) -> APIRouter:
    """Return the pages of all calculators; mount it at the root, beside the web chat whose files it uses."""
    router = APIRouter(prefix="/calculators", route_class=PageRoute, include_in_schema=False)
    rates = RateLimiter()

    @router.get("")
    async def get_list() -> Response:
        return template_response("calculators.html", c=texts(), hotline=deps.hotline, topics=list(topics()))

    @router.get("/{name}")
    async def get_form(name: str) -> Response:
        spec = spec_of(name)
        return _page(deps, spec, calculation.not_calculated(spec.wording))

    @router.post("/{name}")
    async def post_form(request: Request, name: str) -> Response:
        spec = spec_of(name)
        sent = None
        try:
            sent = calculation.read_form(spec.wording, await _form(request))
            _check_rate(request, deps, rates)
        except WebchatError as error:
            return _refused(deps, spec, sent, error)
        today = deps.clock().astimezone(KUNMING).date()
        # in a thread: a hostile form may take its time, and the chat must not wait for it
        outcome = await asyncio.to_thread(calculation.calculate, spec, sent, deps.figures, today)
        return _page(deps, spec, outcome)

    return router


def spec_of(name: str) -> CalculatorSpec:
    """Return a calculator; raises WebchatError 404."""
    try:
        return CALCULATORS[name]
    except KeyError:
        raise WebchatError(404, "not_found") from None


def topics() -> Iterator[tuple[str, list[CalculatorSpec]]]:
    """Yield each topic with its calculators; one that has no topic yet is listed at the end."""
    rest = dict(CALCULATORS)
    for topic in texts()["topics"]:
        yield topic["title"], [rest.pop(name) for name in topic["names"] if name in rest]
    if rest:
        yield texts()["other_topic"], list(rest.values())


def _page(deps: CalculatorDeps, spec: CalculatorSpec, outcome: Outcome, status: int = 200) -> Response:
    return template_response(
        "calculator.html",
        status,
        c=texts(),
        hotline=deps.hotline,
        spec=spec,
        questions=questions(spec.wording, outcome),
        given=answered(spec.wording, outcome),
        o=outcome,
        parts=split_links,
    )


def _refused(deps: CalculatorDeps, spec: CalculatorSpec, sent: Sent | None, error: WebchatError) -> Response:
    """The form again, as far as it could be read, with the reason in the words of these pages."""
    said = texts()["problems"][error.key].format(seconds=error.retry_after)
    response = _page(deps, spec, calculation.not_calculated(spec.wording, sent, said), error.status)
    if error.retry_after:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _check_rate(request: Request, deps: CalculatorDeps, rates: RateLimiter) -> None:
    if deps.sums_per_minute and request.client is not None:
        rates.check(f"address {request.client.host}", deps.sums_per_minute)


async def _form(request: Request) -> Any:
    """Return the sent form; raises WebchatError 400 or 413."""
    try:
        return await limited(request, FORM_BYTES, "body_too_large").form(max_files=0, max_fields=FORM_FIELDS)
    except (MultiPartException, HTTPException) as error:
        raise WebchatError(400, "bad_form") from error
