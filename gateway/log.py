"""Structured logs: one JSON line an event, the event named in the past tense.

The kenmerk is bound once, where work on a message begins (`structlog.contextvars`), and stands in every line until
that work ends. Never logged: document content, names, bank accounts, keys. So of an error the log has its kind and
its place, and its words only where they are the machine's own: others may quote a document.
"""

import logging
import sys
import traceback
from collections.abc import Iterator

import structlog
from structlog.typing import EventDict, WrappedLogger

_CAUSES_MAX = 4
_OWN_WORDS = frozenset({"OperationalError", "InterfaceError"})
"""Errors of a database that speak of the database: it is locked, full, or not there."""


def configure(level: str = "info", *, as_json: bool = True) -> None:
    """Set up logging for the process; `level` is a name such as `info`."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            tell_error,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def tell_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor: `exc_info` becomes `exception`, which says what happened where."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "\nbecause of\n".join(_told(one) for one in _causes(error))
    return event


def _told(error: BaseException) -> str:
    words = f": {error}" if isinstance(error, OSError) or type(error).__name__ in _OWN_WORDS else ""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__ + words


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_CAUSES_MAX):
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
