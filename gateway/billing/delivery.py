"""How a bill reached its debtor outside the gateway: by e-mail, or on paper; and which reminders left.

A bill goes as e-invoice through the gateway where the debtor is registered, else by e-mail, else it is printed.
What the mail server refuses is printed too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gateway.billing.documents.bill import Bill
from gateway.billing.runs.actor import Actor, check_finance
from gateway.billing.runs.audit_event import AuditEvent
from gateway.billing.runs.errors import UnknownBillError
from gateway.billing.runs.ports import BillingStore
from gateway.clock import Clock
from gateway.validator.model.identifiers import OIN, PartyIdentifier

FindParty = Callable[[PartyIdentifier], object | None]
"""The party with this identifier, None for one that is not registered."""


class DeliveryMeans(StrEnum):
    """How a bill left, other than as a message, or that it was a reminder."""

    EMAIL = "e-mail"
    REFUSED = "e-mail-refused"
    """The mail server refused it for good: it has to be printed."""
    LATER = "later"
    """The mail server puts it off: it has not left, and this is not stored."""
    PRINT = "print"
    REMINDER = "reminder"
    REMINDER_REFUSED = "reminder-refused"
    """Its recipient has no address, or the mail server refused it for good."""


@dataclass(frozen=True, slots=True)
class BillDelivery:
    """A bill or reminder that left, or that a mail server refused. `number` is that of the bill, or the name of
    the reminder, `to` the e-mail address, or the reason."""

    number: str
    means: DeliveryMeans
    to: str
    by: str
    at: datetime

    def event(self) -> AuditEvent:
        """The event for the log."""
        what = "reminder" if self.means.startswith(DeliveryMeans.REMINDER) else "bill"
        return AuditEvent(self.by, f"{what} delivered", self.number, self.at, f"{self.means} {self.to}")


class DeliveryStore(BillingStore, Protocol):
    """Stores deliveries too: they are only added."""

    async def deliveries(self) -> Mapping[str, Sequence[BillDelivery]]:
        """Deliveries by the number of the bill or the name of the reminder, oldest first."""

    async def add_delivery(self, delivery: BillDelivery) -> bool:
        """Record a delivery; False when the bill left by these means before."""


@dataclass(frozen=True, slots=True)
class PrintList:
    """The bills that are printed: what neither the gateway nor a mail server delivers."""

    store: DeliveryStore
    clock: Clock
    is_registered: Callable[[Bill], bool]
    """Whether the debtor of a bill receives messages here."""
    can_mail: bool

    async def bills(self) -> Sequence[Bill]:
        """Those that have not been printed yet, in the order of their numbers: no other way leads to their
        debtors, or the mail server refused them."""
        unsent = await self.store.unsent()
        numbers = {one.number for one in unsent if not (self.is_registered(one) or self._is_mailed(one))}
        for number, found in (await self.store.deliveries()).items():
            if {one.means for one in found} == {DeliveryMeans.REFUSED}:
                numbers.add(number)
        return [bill for number in sorted(numbers) if (bill := await self.store.bill(number))]

    def _is_mailed(self, bill: Bill) -> bool:
        return self.can_mail and bool(bill.debtor.email)

    async def record(self, actor: Actor, number: str) -> bool:
        """Record that a bill was printed and sent on paper; False when it was before. Raises UnknownBillError."""
        check_finance(actor)
        if await self.store.bill(number) is None:
            raise UnknownBillError(number)
        return await self.store.add_delivery(
            BillDelivery(number, DeliveryMeans.PRINT, "", actor.name, self.clock())
        )


def is_registered(bill: Bill, find_party: FindParty) -> bool:
    """Whether its debtor receives messages here."""
    return find_party(PartyIdentifier(OIN, bill.debtor.oin)) is not None
