"""Logs: one line per event, never a worker's words, never an address with a token in it."""

import logging
import re
import sys

import structlog

SECRET = re.compile(r"(bot)?\d{6,}:[A-Za-z0-9_-]{20,}|(?<=session=)[^&\s\"']+")
DIGITS = re.compile(r"(?<!\d)\d{11,19}[\dXx]?(?!\d)")

NOISY = ("httpx", "httpcore", "telegram", "docket", "alembic", "jieba", "uvicorn.access", "sqlalchemy")


class Scrub(logging.Filter):
    """The last line of defence: hides what looks like a bot token, a session, a phone or an ID number."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = scrub(record.getMessage())
        record.args = ()
        return True


def scrub(text: str) -> str:
    """Return the text without tokens, session ids and long numbers."""
    return DIGITS.sub("***", SECRET.sub("***", text))


def configure(level: int = logging.INFO) -> None:
    """Set up logging for a process; libraries that log addresses are quietened."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Scrub())
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"], drop_missing=True),
        ],
        foreign_pre_chain=[
            structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.format_exc_info,
        ],
    ))  # fmt: skip
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
