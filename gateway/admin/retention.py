"""Retention at the command line: what would be forgotten, forgetting it, and legal holds."""

from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from gateway.admin.stores import ACTOR, CommandRefusedError, with_database
from gateway.clock import utc_now
from gateway.messages.retention import ForgottenPart, RetentionReport
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.settings import Settings
from gateway.store.messages.retention import RetentionStore, forgotten_parts
from gateway.store.opening import Database

if TYPE_CHECKING:
    from gateway.jobs.retain import Retention

T = TypeVar("T")


def plan(settings: Settings) -> RetentionReport:
    """What a run would forget now. Nothing is changed."""
    return _with_retention(settings, lambda retention: retention.plan())


def run(settings: Settings) -> RetentionReport:
    """Forget what is due now, next to a running server or without one.

    Raises CommandRefusedError where document storage cannot be reached: what was recorded as forgotten stays so,
    and a later run goes on.
    """
    return _with_retention(settings, lambda retention: retention.run(ACTOR))


def with_records(settings: Settings, work: Callable[[RetentionStore], Awaitable[T]]) -> T:
    """Run the work on the holds and the reports of earlier runs."""
    return with_database(settings, lambda database: work(RetentionStore(database.engines, database.writer)))


def forgotten_of(settings: Settings, kenmerk: str) -> tuple[ForgottenPart, ...]:
    """What was forgotten of a message, oldest first."""
    return with_database(settings, lambda database: forgotten_parts(database.engines, kenmerk))


def _with_retention(settings: Settings, work: "Callable[[Retention], Awaitable[T]]") -> T:
    from gateway.jobs.retain import Retention  # here, so that other commands start fast
    from gateway.store.documents.storage import Storage
    from gateway.store.messages.references import ObjectReferences

    async def open_storage(database: Database) -> T:
        with closing(Storage(settings.storage_url(), 0, is_made=False)) as storage:
            store = RetentionStore(database.engines, database.writer)
            references = ObjectReferences(database.engines)
            return await work(Retention(settings.retention, store, storage, references, utc_now))

    try:
        return with_database(settings, open_storage)
    except StoreUnavailableError as error:
        raise CommandRefusedError(f"document storage cannot be used: {error}") from error
