"""One line of JSON for each log event, on the error stream. Ids and codes only.

What an exception says stays out, for it may quote what a person typed; its type and where it happened are kept.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.types import EventDict, Processor

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]
FRAMES = 12
"""The innermost frames are the telling ones; the rest is the way of every request."""

QUIET = ("alembic", "apscheduler", "asyncio", "mail.log")
"""Libraries whose ordinary progress is not worth a line."""


class _StandardError(logging.Handler):
    """Writes to what is the error stream at that moment: whoever redirects it gets the lines, too."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line for the record; a stream that is gone must not take the program with it."""
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            return


def configure(level: str) -> None:
    """Send everything that is logged in this process, by us and by libraries, to the error stream as JSON."""
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_BEFORE,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_words_of_exception,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if not isinstance(kept, _StandardError)] + [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def remember(**values: str) -> None:
    """Put these on every later line of the same request or job; what was remembered before is forgotten."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**values)


def _without_words_of_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """`exc_info` becomes the type of the exception and of those behind it, and the places of the first."""
    info = event.pop("exc_info", None)
    found = sys.exc_info() if info is True else info
    if isinstance(found, tuple) and found[1] is not None:
        event["exception"] = [type(error).__name__ for error in _chain(found[1])]
        frames = traceback.extract_tb(found[2])[-FRAMES:]
        event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _chain(error: BaseException | None) -> list[BaseException]:
    """The exception and what it came from, newest first."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


_BEFORE: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
