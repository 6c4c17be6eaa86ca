"""Which errors are an outage of the database or the disk, and which are faults."""

import errno
import sqlite3

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.messages.stored_errors import StoreUnavailableError
from gateway.store.unavailable import unavailable


def of_sqlite(code: int) -> OperationalError:
    error = sqlite3.OperationalError("what the database says")
    error.sqlite_errorcode = code
    return OperationalError("SELECT 1", None, error)


class DriverError(Exception):
    """As psycopg's, with the state that the server gave."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__("what the server says")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    "error",
    [
        of_sqlite(sqlite3.SQLITE_FULL),
        of_sqlite(sqlite3.SQLITE_IOERR_WRITE),
        of_sqlite(sqlite3.SQLITE_BUSY),
        of_sqlite(sqlite3.SQLITE_READONLY),
        OperationalError("", None, DriverError("53100")),
        OperationalError("", None, DriverError("57P03")),
        ProgrammingError("", None, DriverError("25006")),
        PoolTimeoutError("no connection"),
        OSError(errno.ENOSPC, "no room"),
    ],
)
def test_an_outage_is_one_of_a_store(error: Exception) -> None:
    assert isinstance(unavailable(error), StoreUnavailableError)


@pytest.mark.parametrize(
    "error",
    [
        of_sqlite(sqlite3.SQLITE_ERROR),
        IntegrityError("", None, DriverError("23505")),
        ProgrammingError("", None, DriverError("42P01")),
        FileNotFoundError(errno.ENOENT, "gone"),
        ValueError("wrong"),
    ],
)
def test_a_fault_is_no_outage(error: Exception) -> None:
    assert unavailable(error) is None
