"""Structured logs: one JSON object for each event, named in the past tense.

The kenmerk is bound where work on a message begins (`structlog.contextvars`) and is in every line until that work
ends. Document content, names, bank accounts and keys are never logged. Therefore the log has the type and
traceback of an error, and its message only for errors of the system: other messages may quote a document.
"""

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog
from structlog.typing import EventDict, WrappedLogger

_CAUSES_MAX = 4
_SYSTEM_ERRORS = frozenset({"OperationalError", "InterfaceError"})
"""Database errors whose message is about the database: it is locked, full, or cannot be reached."""


def configure(level: str = "info", *, as_json: bool = True) -> None:
    """Configure logging for the process. `level` is a name such as `info`."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            format_error,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def format_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Processor: replace `exc_info` by `exception`, a text without document content."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "\nbecause of\n".join(_describe(one) for one in _causes(error))
    return event


def _describe(error: BaseException) -> str:
    message = f": {error}" if isinstance(error, OSError) or type(error).__name__ in _SYSTEM_ERRORS else ""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__ + message


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_CAUSES_MAX):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
