"""Structured logs: one JSON line an event, the event named in the past tense.

The kenmerk and channel are bound once per message (`structlog.contextvars`). Never logged: document
content, names, bank accounts, keys.
"""

import logging
import sys

import structlog


def configure(level: str = "info", *, as_json: bool = True) -> None:
    """Set up logging for the process; `level` is a name such as `info`."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
