"""The console's router; its paths begin with /console."""

from fastapi import APIRouter

from console.deps import ConsoleDeps
from console.pages import (
    accounts,
    audit,
    documents,
    faq,
    jobs,
    misses,
    notices,
    own,
    queue,
    ratings,
    sign_in,
    test_box,
    ticket,
    ticket_actions,
    ticket_draft,
    ticket_outcomes,
)
from console.permissions import ACCESS
from console.web import Routes

PAGES = (
    sign_in,
    own,
    queue,
    ticket,
    ticket_actions,
    ticket_draft,
    ticket_outcomes,
    documents,
    faq,
    test_box,
    misses,
    accounts,
    audit,
    jobs,
    notices,
    ratings,
)


def build_routes(deps: ConsoleDeps) -> Routes:
    """Return all routes with their names; raises when the access table and the routes differ."""
    routes = Routes(deps)
    for module in PAGES:
        module.register(routes)
    unserved = set(ACCESS) - set(routes.registered)
    if unserved:
        raise LookupError(f"in the access table, but not served: {sorted(unserved)}")
    return routes


def build_router(deps: ConsoleDeps) -> APIRouter:
    """Return the router of /console."""
    return build_routes(deps).router
