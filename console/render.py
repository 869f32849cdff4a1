"""Templates to HTML: everything is escaped; a missing value is a defect and raises."""

import hashlib
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console.texts import texts
from console.times import ago
from nlu.understanding import INTENTS
from tickets.catalogue import catalogue
from tickets.sla import SHANGHAI
from tickets.times import moment_text

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


@cache
def environment() -> Environment:
    """Return the console's template environment."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(t=texts(), words=catalogue(), static=static_address, intents=INTENTS)
    made.filters.update(moment=moment_text, ago=ago, day=_day, label=_label, query=_query)
    return made


def render(template: str, **values: Any) -> str:
    """Return the filled template."""
    return environment().get_template(template).render(**values)


@cache
def static_file(name: str) -> tuple[bytes, str] | None:
    """Return a file of the static folder and its version; None for any other name."""
    path = STATIC / name
    if path.parent != STATIC or path.suffix not in {".css", ".js", ".svg"} or not path.is_file():
        return None
    data = path.read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:12]


def static_address(name: str) -> str:
    """Return the address of a static file with its version, so that it may be cached for good."""
    found = static_file(name)
    assert found is not None, name
    return f"/console/static/{name}?v={found[1]}"


def _day(value: date | datetime | None) -> str:
    if value is None:
        return ""
    return (value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value).isoformat()


def _label(value: str, names: dict[str, Any]) -> str:
    """Return the Chinese label; a name that nobody described stays as it is."""
    return str(names.get(value, value))


def _query(values: dict[str, Any], **changes: Any) -> str:
    """Return an address query with some values changed; empty ones are left out."""
    merged = {**values, **changes}
    return urlencode({name: value for name, value in merged.items() if value not in (None, "", False)})
