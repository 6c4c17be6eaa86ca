"""Stores payments, on SQLite and PostgreSQL: rows are only added, each import in one transaction."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row

from gateway.billing.documents.bill import Bill
from gateway.billing.payments.payment import Payment
from gateway.billing.runs.audit_event import AuditEvent
from gateway.store.billing import queries
from gateway.store.billing.additions import add_once, lock_billing, log_event
from gateway.store.engine import Engines
from gateway.store.writer import Writer


class SqlPaymentStore:
    """Implements `gateway.billing.payments.service.PaymentStore`."""

    def __init__(self, engines: Engines, writer: Writer) -> None:
        self._engines = engines
        self._writer = writer

    async def bills(self, number: str | None = None) -> Sequence[Bill]:
        """Every issued document, or the one of this number, in the order of their numbers."""
        if number is None:
            rows = await self._engines.rows(queries.ISSUED_BILLS)
        else:
            rows = await self._engines.rows(queries.BILL, number=number)
        return [msgspec.json.decode(row.body, type=Bill) for row in rows]

    async def payments(self, number: str | None = None) -> Sequence[Payment]:
        """Every payment, or those of one bill, in the order in which they were recorded."""
        if number is None:
            return [_payment(row) for row in await self._engines.rows(queries.PAYMENTS)]
        return [_payment(row) for row in await self._engines.rows(queries.PAYMENTS_OF_BILL, number=number)]

    async def add_payments(self, payments: Sequence[Payment], event: AuditEvent) -> int:
        """Record payments; how many are new."""

        def write(connection: Connection) -> int:
            lock_billing(connection)
            new = sum(_add(connection, one, event.at) for one in payments)
            if new:
                log_event(connection, event)
            return new

        return await self._writer.call(write)


def _payment(row: Row[Any]) -> Payment:
    booked_on = date.fromisoformat(row.booked_on)
    return Payment(row.entry_id, row.number, row.amount, booked_on, row.by, row.at)


def _add(connection: Connection, payment: Payment, at: datetime) -> bool:
    values = asdict(payment) | {"booked_on": payment.booked_on.isoformat()}
    return add_once(connection, queries.ADD_PAYMENT, values, at)
