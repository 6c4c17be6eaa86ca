"""A fresh database for the bill, by the way that the gateway itself opens one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.store.billing.records import SqlBillingStore
from gateway.store.engine import Engines, open_engines
from gateway.store.schema import upgrade
from gateway.store.writer import Writer


@asynccontextmanager
async def fresh_billing(database_url: str) -> AsyncIterator[tuple[SqlBillingStore, Engines]]:
    """A store on this database, with every table made."""
    engines = open_engines(database_url)
    upgrade(engines.write)
    writer = Writer(engines.write, 64)
    writer.start()
    try:
        yield SqlBillingStore(engines, writer), engines
    finally:
        await writer.stop()
        await engines.dispose()
