"""One article of a law as a phone page: the text in force, its dates, and what it said before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter
from starlette.responses import Response

from bot.channels.law_view import ArticleView, look_up
from bot.channels.webchat_messages import KUNMING
from bot.channels.webchat_page import PageRoute, template_response
from knowledge.law_names import LawNames
from knowledge.statutes import Statute, article_of, is_article
from storage.database import Database

CATALOGUE = Path(__file__).with_name("laws.yml")
CACHE_CONTROL = "public, max-age=300"  # the same for everybody; a new import shows within minutes


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class LawDeps:
    """What the pages of the law are built from."""

    database: Database
    statutes: Mapping[str, Statute]
    hotline: str
    clock: Callable[[], datetime] = _utc_now


@cache
def texts() -> dict[str, Any]:
    """Return the catalogue of these pages."""
    loaded: dict[str, Any] = yaml.load(CATALOGUE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def build_router(deps: LawDeps) -> APIRouter:
    """Return the page of an article; mount it at the root, beside the web chat whose files it uses."""
    router = APIRouter(prefix="/laws", route_class=PageRoute, include_in_schema=False)
    names = LawNames(deps.statutes)

    @router.get("/{law}/{article}")
    async def get_article(law: str, article: str) -> Response:
        laws = names.find(law)
        if not laws:
            return _missing(deps, texts()["missing"]["unknown_law"])
        code = _code(article)
        today = deps.clock().astimezone(KUNMING).date()
        async with deps.database.read() as session:
            shown = await look_up(session, laws, code, today) if code is not None else None
        if shown is None:
            return _missing(deps, texts()["missing"]["unknown_article"].format(law=laws[0].printed))
        return _page(deps, shown)

    return router


def _code(article: str) -> int | None:
    """What stands in the address as an article; None for anything else."""
    try:
        code = article_of(article)
    except ValueError:
        return None
    return code if is_article(code) else None


def _page(deps: LawDeps, shown: ArticleView) -> Response:
    response = template_response("law.html", c=texts(), hotline=deps.hotline, a=shown)
    response.headers["Cache-Control"] = CACHE_CONTROL
    return response


def _missing(deps: LawDeps, reason: str) -> Response:
    return template_response("law_missing.html", 404, c=texts(), hotline=deps.hotline, reason=reason)
