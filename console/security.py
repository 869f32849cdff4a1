"""Headers of every answer, and where a form may come from."""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=(), payment=()",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
FILE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def same_origin(request: Request, public_url: str) -> bool:
    """Tell whether a form was sent by a page of ours; browsers that send no origin are left to the token."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}
    hosts = {request.headers.get("host", ""), urlsplit(public_url).netloc} - {""}
    return urlsplit(origin).netloc in hosts


def same_token(given: str, expected: str) -> bool:
    """Compare two tokens in constant time; an empty one never matches."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def safe_next(address: str) -> str:
    """Return where to go after signing in: a page of the console, nothing else."""
    parts = urlsplit(address) if address.isascii() and address.isprintable() and "\\" not in address else None
    inside = parts is not None and not parts.scheme and not parts.netloc
    if parts is None or not inside or not parts.path.startswith("/console/") or "/sign-" in parts.path:
        return "/console/"
    return address
