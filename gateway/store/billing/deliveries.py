"""Stores how bills and reminders left the gateway, on SQLite and PostgreSQL: rows are only added."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import msgspec
from sqlalchemy import Connection

from gateway.billing.delivery import BillDelivery, DeliveryMeans
from gateway.billing.documents.bill import Bill
from gateway.store.billing import queries
from gateway.store.billing.additions import add_once, lock_billing, log_event
from gateway.store.engine import Engines
from gateway.store.writer import Writer


class SqlDeliveryStore:
    """Implements `gateway.billing.delivery.DeliveryStore`."""

    def __init__(self, engines: Engines, writer: Writer) -> None:
        self._engines = engines
        self._writer = writer

    async def deliveries(self) -> Mapping[str, Sequence[BillDelivery]]:
        """Deliveries by the number of the bill or the name of the reminder, oldest first."""
        found: dict[str, list[BillDelivery]] = defaultdict(list)
        for row in await self._engines.rows(queries.DELIVERIES):
            delivery = BillDelivery(row.number, DeliveryMeans(row.means), row.to, row.by, row.at)
            found[row.number].append(delivery)
        return found

    async def add_delivery(self, delivery: BillDelivery) -> bool:
        """Record a delivery; False when the bill left by these means before."""

        def write(connection: Connection) -> bool:
            lock_billing(connection)
            is_new = add_once(connection, queries.ADD_DELIVERY, asdict(delivery), delivery.at)
            if is_new:
                log_event(connection, delivery.event())
            return is_new

        return await self._writer.call(write)

    async def unsent(self) -> Sequence[Bill]:
        """Documents that have not left, as a message or otherwise, oldest first."""
        rows = await self._engines.rows(queries.UNSENT_BILLS)
        return [msgspec.json.decode(row.body, type=Bill) for row in rows]
