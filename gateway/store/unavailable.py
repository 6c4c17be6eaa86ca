"""Which errors of the database mean that it is away, full or read-only, and that the same request works later."""

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from gateway.messages.stored_errors import StoreUnavailableError

_AWAY = (OperationalError, InterfaceError, InternalError, NoConnectionError)
"""SQLite: locked, full, read-only, not readable. PostgreSQL: no connection, shut down, full, read-only."""


def unavailable(error: Exception) -> StoreUnavailableError | None:
    """The error as one of a store that is unavailable; None for any other."""
    if isinstance(error, StoreUnavailableError):
        return error
    if isinstance(error, _AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated):
        return StoreUnavailableError(f"the database: {type(error).__name__}")
    return None
