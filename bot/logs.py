"""Logs: one line per event, never a worker's words, never an address with a token in it."""

import logging
import re
import sys
import traceback

import structlog

SECRET = re.compile(r"(bot)?\d{6,}:[A-Za-z0-9_-]{20,}|(?<=session=)[^&\s\"']+")
# a phone, ID number or bank card; written in groups, too, unless it is the end of a ticket's number
DIGITS = re.compile(r"(?<!\d)\d{11,19}[Xx]?(?!\d)|(?<![\dA-Za-z])\d(?:[ -]?\d){10,18}[Xx]?(?!\d)")
FRAMES = 4  # of a traceback: where it broke, not the whole way there

# These write addresses, statements or texts into their messages below WARNING.
NOISY = (
    "httpx", "httpcore", "telegram", "docket", "alembic", "jieba", "uvicorn.access", "sqlalchemy", "aiosqlite",
    "asyncio", "multipart", "python_multipart", "PIL", "redis",
)  # fmt: skip


class Scrub(logging.Filter):
    """The last line of defence: hides what looks like a bot token, a session, a phone or an ID number."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = scrub(record.getMessage())
        record.args = ()
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            record.msg = f"{record.msg} {describe_error(error)}"
        record.exc_info = record.exc_text = None
        return True


def scrub(text: str) -> str:
    """Return the text without tokens, session ids and long numbers."""
    return DIGITS.sub("***", SECRET.sub("***", text))


def describe_error(error: BaseException) -> str:
    """Return kind and place of an exception. Its text is left out: it may quote what a worker wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    cause = error.__cause__ or error.__context__
    kinds = type(error).__name__ if cause is None else f"{type(error).__name__} from {type(cause).__name__}"
    return f"[{kinds} at {places}]"


def configure(level: int = logging.INFO) -> None:
    """Set up logging for a process; libraries that log addresses are quietened."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Scrub())
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.KeyValueRenderer(
                key_order=["timestamp", "level", "logger", "event"], drop_missing=True
            ),
        ],
        foreign_pre_chain=[
            structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
    ))  # fmt: skip
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
