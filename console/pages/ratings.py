"""会员评家 as a leader sees it: averages from five ratings on, comments in no order, nobody's name."""

from starlette.responses import Response

from console.pages.accounts import page_number
from console.web import Page, Routes
from tickets import ratings as rated
from tickets.sla import SHANGHAI


def register(routes: Routes) -> None:
    """Add this module's routes."""
    routes.add("GET", "/ratings", "ratings", ratings)
    routes.add("GET", "/ratings/{unit_id:int}", "ratings.unit", unit)


def _year(page: Page) -> int:
    value = page.query("year")
    return int(value) if value.isascii() and value.isdigit() and len(value) == 4 else _this_year(page)


def _this_year(page: Page) -> int:
    return page.now.astimezone(SHANGHAI).year


async def ratings(page: Page) -> Response:
    """List the units of the own and below that were rated in a year."""
    year, number = _year(page), page_number(page)
    async with page.deps.database.read() as session:
        shown = await rated.load_page(session, page.account, year, number)
        years = await rated.years(session, page.now)
    return page.show("ratings.html", shown=shown, year=year, years=years, number=number, fewest=rated.FEWEST)


async def unit(page: Page) -> Response:
    """Show one unit's year with its comments."""
    year = _year(page)
    async with page.deps.database.read() as session:
        marks, comments = await rated.load_unit(session, page.account, page.id_in_path("unit_id"), year)
    return page.show("ratings_unit.html", marks=marks, comments=comments, year=year, fewest=rated.FEWEST)
