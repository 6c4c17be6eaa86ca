"""Retention at the command line: what would be forgotten, forgetting it, and legal holds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from gateway.admin.stores import ACTOR
from gateway.clock import utc_now
from gateway.messages.retention import ForgottenPart, HoldScope, LegalHold, RetentionReport
from gateway.messages.stored_errors import StoreUnavailableError
from gateway.settings import Settings
from gateway.store.messages.retention import RetentionStore, forgotten_parts
from gateway.store.opening import Database, open_database

if TYPE_CHECKING:
    from gateway.jobs.retain import Retention

T = TypeVar("T")


class RetentionFailedError(Exception):
    """Document storage could not be reached. What was recorded as forgotten stays so; a later run goes on."""


def plan(settings: Settings) -> RetentionReport:
    """What a run would forget now. Nothing is changed."""
    return _with_retention(settings, lambda retention: retention.plan())


def run(settings: Settings) -> RetentionReport:
    """Forget what is due now, next to a running server or without one. Raises RetentionFailedError."""
    return _with_retention(settings, lambda retention: retention.run(ACTOR))


def runs(settings: Settings, limit: int) -> tuple[RetentionReport, ...]:
    """The reports of the newest runs, newest first."""
    return _with_store(settings, lambda store: store.runs(limit))


def holds(settings: Settings) -> tuple[LegalHold, ...]:
    """Every hold in force, oldest first."""
    return _with_store(settings, lambda store: store.holds())


def set_hold(settings: Settings, scope: str, subject: str, actor: str, reason: str) -> bool:
    """Hold a message, a party's messages or a year's; False when it is held already."""
    return _with_store(settings, lambda store: store.set_hold(HoldScope(scope), subject, actor, reason, utc_now()))


def lift_hold(settings: Settings, scope: str, subject: str, actor: str, reason: str) -> bool:
    """End a hold; False when there is none."""
    return _with_store(
        settings, lambda store: store.lift_hold(HoldScope(scope), subject, actor, reason, utc_now())
    )


def forgotten_of(settings: Settings, kenmerk: str) -> tuple[ForgottenPart, ...]:
    """What was forgotten of a message, oldest first."""
    return _with_database(settings, lambda database: forgotten_parts(database.engines, kenmerk))


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def open_and_work() -> T:
        async with open_database(settings) as database:
            return await work(database)

    return asyncio.run(open_and_work())


def _with_store(settings: Settings, work: Callable[[RetentionStore], Awaitable[T]]) -> T:
    return _with_database(settings, lambda database: work(RetentionStore(database.engines, database.writer)))


def _with_retention(settings: Settings, work: "Callable[[Retention], Awaitable[T]]") -> T:
    from gateway.jobs.retain import Retention  # here, so that other commands start fast
    from gateway.store.documents.storage import Storage
    from gateway.store.messages.references import ObjectReferences

    async def open_storage(database: Database) -> T:
        storage = Storage(settings.storage_url(), 0, is_made=False)
        try:
            store = RetentionStore(database.engines, database.writer)
            references = ObjectReferences(database.engines)
            return await work(Retention(settings.retention, store, storage, references, utc_now))
        finally:
            storage.close()

    try:
        return _with_database(settings, open_storage)
    except StoreUnavailableError as error:
        raise RetentionFailedError(f"document storage cannot be used: {error}") from error
