"""Structured logs: one JSON object for each event, named in the past tense.

The kenmerk is bound where work on a message begins (`structlog.contextvars`) and is in every line until that work
ends; so is the `traceparent` of the request that it came with, also when it is delivered days later. Document
content, names, bank accounts and keys are never logged. Therefore the log has the type and traceback of an error,
and its message only for errors of the system: other messages may quote a document.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

import structlog
from structlog.typing import EventDict, WrappedLogger

_CAUSES_MAX = 4
_MESSAGE_CHARACTERS_MAX = 500
_SYSTEM_ERRORS = frozenset({"OperationalError", "InterfaceError"})
"""Database errors whose message is about the database: it is locked, full, or cannot be reached."""


class _Forward(logging.Handler):
    """Passes what libraries log with the standard library on, with the first line of its message: further lines
    may show what was being worked on."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage().partition("\n")[0][:_MESSAGE_CHARACTERS_MAX]
        log = structlog.get_logger(record.name)
        log.log(record.levelno, "library_logged", logger=record.name, message=message, exc_info=record.exc_info)


def _process_broke(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    structlog.get_logger(__name__).critical("process_broke", exc_info=error)


def _thread_broke(about: threading.ExceptHookArgs) -> None:
    thread = about.thread.name if about.thread else ""
    structlog.get_logger(__name__).error("thread_broke", thread=thread, exc_info=about.exc_value)


def _error_ignored(about: "sys.UnraisableHookArgs") -> None:
    structlog.get_logger(__name__).error("error_ignored", exc_info=about.exc_value)


def configure(level: str = "info", *, as_json: bool = True) -> None:
    """Configure logging for the process, also of libraries, warnings, and errors that nobody caught. `level` is a
    name such as `info`."""
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            format_error,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Forward()], level=max(logging.WARNING, number), force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _process_broke
    threading.excepthook = _thread_broke
    sys.unraisablehook = _error_ignored


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
