"""Keeps session ids and file tokens out of the access log."""

import logging
import re

TOKEN_IN_PATH = re.compile(r"^/files/[^/?]+")


class MaskAccess(logging.Filter):
    """Cuts query strings and file tokens from uvicorn's access records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's path (third argument); always lets the record through."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            address, method, path, version, status = record.args
            record.args = (address, method, mask(str(path)), version, status)
        return True


def mask(path: str) -> str:
    """Return the path as it may be logged."""
    return TOKEN_IN_PATH.sub("/files/…", path.partition("?")[0]) + ("?…" if "?" in path else "")


def mask_access_log() -> None:
    """Install the mask once; uvicorn's own set-up, before or after, leaves filters in place."""
    logger = logging.getLogger("uvicorn.access")
    if not any(isinstance(known, MaskAccess) for known in logger.filters):
        logger.addFilter(MaskAccess())
