"""Which errors mean that the database or the disk is away, full, read-only or too slow.

The same request works later. The one module that tells such an outage from a fault of the gateway.
"""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.messages.stored_errors import StoreUnavailableError

_SQLITE_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_POSTGRESQL_CLASSES = frozenset({"08", "53", "55", "57", "58"})
"""Connection, resources, state of an object, intervention by an operator, system (PostgreSQL, Appendix A)."""
_POSTGRESQL_READ_ONLY = "25006"
_SYSTEM_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES}
)


def unavailable(error: BaseException) -> StoreUnavailableError | None:
    """The error as one of a store that is unavailable; None for any other."""
    if isinstance(error, StoreUnavailableError):
        return error
    return StoreUnavailableError(type(error).__name__) if _is_outage(error) else None


def _is_outage(error: BaseException) -> bool:
    if isinstance(error, PoolTimeoutError):
        return True
    if isinstance(error, OSError):
        return error.errno in _SYSTEM_ERRORS
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _SQLITE_CODES
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the server said nothing: there was no connection, or it was lost
        return error.connection_invalidated or type(error.orig).__name__ == "OperationalError"
    return state[:2] in _POSTGRESQL_CLASSES or state == _POSTGRESQL_READ_ONLY
