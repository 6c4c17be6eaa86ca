"""Payments as a service: files of the bank are matched and recorded, and open bills are listed."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

import msgspec

from gateway.billing.documents.bill import Bill
from gateway.billing.payments.bank_files import read_bank_file
from gateway.billing.payments.payment import (
    Balance,
    BankEntry,
    Match,
    Matcher,
    MatchState,
    Payment,
    paid_by_number,
)
from gateway.billing.rating.amounts import ZERO
from gateway.billing.runs.actor import Actor, check_finance
from gateway.billing.runs.audit_event import AuditEvent
from gateway.billing.runs.errors import BankFileError, UnknownBillError
from gateway.billing.runs.issuer import Issuer
from gateway.clock import Clock
from gateway.i18n import Text


class PaymentStore(Protocol):
    """Stores payments: they are only added."""

    async def issued_bills(self, number: str | None = None) -> Sequence[Bill]:
        """Every issued document, or the one of this number, in the order of their numbers."""

    async def payments(self, number: str | None = None) -> Sequence[Payment]:
        """Every payment, or those of one bill, in the order in which they were recorded."""

    async def add_payments(self, payments: Sequence[Payment], event: AuditEvent) -> int:
        """Record payments in one transaction; how many are new. An entry pays a bill once; the event is
        recorded when at least one is new."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the entries of a file."""

    matches: tuple[Match, ...]
    recorded: int

    @property
    def total(self) -> Decimal:
        """What was matched."""
        return sum((amount for match in self.matches for amount in match.parts.values()), ZERO)


class PaymentService:
    """Records what was paid."""

    def __init__(self, store: PaymentStore, issuer: Issuer, clock: Clock) -> None:
        self._store = store
        self._issuer = issuer
        self._clock = clock

    async def balances(self, number: str | None = None) -> Sequence[Balance]:
        """Every bill, or that of a number, with what was paid of it."""
        return _balances(await self._store.issued_bills(number), await self._store.payments(number))

    async def balance(self, number: str) -> Balance:
        """The bill of a number with what was paid of it. Raises UnknownBillError."""
        found = await self.balances(number)
        if not found:
            raise UnknownBillError(number)
        return found[0]

    async def with_paid(self, bills: Iterable[Bill]) -> Sequence[Balance]:
        """These bills with what was paid of them."""
        return _balances(bills, await self._store.payments())

    async def open_items(self, party_id: str | None = None) -> Sequence[Balance]:
        """The bills of which something is open, of all debtors or of one, those due first at the top."""
        found = [one for one in await self.balances() if one.open and party_id in {None, one.bill.debtor.party_id}]
        return sorted(found, key=lambda one: (one.bill.due_on, one.bill.number))

    async def payments_of(self, number: str) -> Sequence[Payment]:
        """The payments of a bill."""
        return await self._store.payments(number)

    async def take_file(self, actor: Actor, content: bytes) -> ImportReport:
        """Match the entries of a bank file and record what they pay, in one transaction; a repeated file changes
        nothing. Raises BankFileError, also for entries of another account than bills are paid to."""
        check_finance(actor)
        entries = read_bank_file(content)
        self._check_account(entries)
        matcher = Matcher(await self.balances(), {one.entry_id for one in await self._store.payments()})
        matches = tuple(map(matcher.match, entries))
        recorded = await self._record(actor, matches, hashlib.sha256(content).hexdigest())
        return ImportReport(matches, recorded)

    async def record(self, actor: Actor, number: str, amount: Decimal, booked_on: date, reference: str) -> Balance:
        """Record one payment by hand; below zero it undoes one. The same reference is recorded once for a bill.

        Raises UnknownBillError.
        """
        check_finance(actor)
        await self.balance(number)
        entry = BankEntry(reference, booked_on, amount, (number,))
        await self._record(actor, [Match(entry, MatchState.MATCHED, {number: amount})], "")
        return await self.balance(number)

    async def _record(self, actor: Actor, matches: Iterable[Match], digest: str) -> int:
        at = self._clock()
        payments = [
            Payment(match.entry.entry_id, number, amount, match.entry.booked_on, actor.name, at)
            for match in matches
            for number, amount in match.parts.items()
        ]
        if not payments:
            return 0
        total = sum((payment.amount for payment in payments), ZERO)
        content = digest or hashlib.sha256(msgspec.json.encode(payments)).hexdigest()
        subject = payments[0].number if len(payments) == 1 else f"{len(payments)} payments"
        event = AuditEvent(actor.name, "payments recorded", subject, at, f"{total} EUR", content)
        return await self._store.add_payments(payments, event)

    def _check_account(self, entries: Sequence[BankEntry]) -> None:
        own = self._issuer.iban.replace(" ", "").upper()
        others = sorted({entry.account for entry in entries if entry.account and entry.account != own})
        if own and others:
            raise BankFileError(
                Text("the file is of account {others}; bills are paid to {own}", others=", ".join(others), own=own)
            )


def _balances(bills: Iterable[Bill], payments: Sequence[Payment]) -> list[Balance]:
    paid = paid_by_number(payments)
    return [Balance(bill, paid.get(bill.number, ZERO)) for bill in bills]
