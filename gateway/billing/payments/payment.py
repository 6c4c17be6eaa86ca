"""Payments and what they leave open: entries of the bank are matched to bills by payment reference, number and
amount.

Amounts have the sign that they have for the debtor: what it pays is above zero, what it gets back below. A
mistake is undone by an entry of the opposite amount.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from gateway.billing.documents.bill import Bill
from gateway.billing.documents.reference import payment_reference
from gateway.billing.rating.amounts import ZERO

EURO = "EUR"
_NUMBER = re.compile(r"(?<![0-9A-Z])[0-9A-Z]*?(?:19|20)\d{2}[- ]?\d{6,}(?![0-9])")
_REFERENCE_START = re.compile(r"RF(?=\d\d)")
_SIGNS = re.compile(r"[^0-9A-Z]")


class PaymentState(StrEnum):
    """How a bill relates to what was paid."""

    OPEN = "open"
    PARTLY_PAID = "partly-paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    """More was paid than it came to."""


@dataclass(frozen=True, slots=True)
class BankEntry:
    """A booked entry on the issuer's account, or a paid mark of the finance system.

    `entry_id` is the same whenever the entry is read; `texts` is where a payer gives references; `account` is the
    issuer's account, empty where the file does not say.
    """

    entry_id: str
    booked_on: date
    amount: Decimal
    texts: tuple[str, ...]
    account: str = ""
    currency: str = EURO


@dataclass(frozen=True, slots=True)
class Payment:
    """A part of a bank entry that pays a bill; recorded once for each entry and bill."""

    entry_id: str
    number: str
    amount: Decimal
    booked_on: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """A bill and what was paid of it."""

    bill: Bill
    paid: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        """What is still to be paid; below zero what the debtor is to get."""
        return self.bill.amounts.including - self.paid

    @property
    def state(self) -> PaymentState:
        """How it relates to what was paid."""
        if self.open == 0:
            return PaymentState.PAID
        if self.paid == 0:
            return PaymentState.OPEN
        is_short = (self.open > 0) is (self.bill.amounts.including > 0)
        return PaymentState.PARTLY_PAID if is_short else PaymentState.OVERPAID

    def is_overdue(self, today: date) -> bool:
        """Whether it should have been paid by now; what the debtor is to get is never overdue."""
        return self.open > 0 and self.bill.due_on < today


class MatchState(StrEnum):
    """What became of a bank entry."""

    MATCHED = "matched"
    """It pays what was open, of one bill or of all that it names."""
    PARTLY = "partly"
    """It pays less than was open of the bill it names."""
    EXCEEDING = "exceeding"
    """It pays more than was open of the bill it names."""
    REPEATED = "repeated"
    """It was recorded before."""
    NO_BILL = "no-bill"
    """It names no bill."""
    SEVERAL_BILLS = "several-bills"
    """It names several bills, and its amount is not what was open of them together."""
    OTHER_CURRENCY = "other-currency"


@dataclass(frozen=True, slots=True)
class Match:
    """A bank entry with what it pays: amounts by the number of the bill; none where it was not matched."""

    entry: BankEntry
    state: MatchState
    parts: Mapping[str, Decimal]


class Matcher:
    """Matches entries to bills, one after the other: each leaves less open."""

    def __init__(self, balances: Iterable[Balance], recorded: Iterable[str]) -> None:
        """`recorded` are the ids of the entries that were recorded before."""
        self._open = {balance.bill.number: balance.open for balance in balances}
        self._recorded = set(recorded)
        self._by_digits = {_SIGNS.sub("", number.upper()): number for number in self._open}
        self._by_reference: dict[int, dict[str, str]] = defaultdict(dict)
        for number in self._open:
            reference = payment_reference(number)
            self._by_reference[len(reference)][reference] = number

    def match(self, entry: BankEntry) -> Match:
        """What an entry pays."""
        if entry.entry_id in self._recorded:
            return Match(entry, MatchState.REPEATED, {})
        self._recorded.add(entry.entry_id)
        if entry.currency != EURO:
            return Match(entry, MatchState.OTHER_CURRENCY, {})
        state, parts = self._parts(entry, self._numbers_in_texts(entry.texts))
        for number, amount in parts.items():
            self._open[number] -= amount
        return Match(entry, state, parts)

    def _parts(self, entry: BankEntry, numbers: Sequence[str]) -> tuple[MatchState, Mapping[str, Decimal]]:
        if not numbers:
            return MatchState.NO_BILL, {}
        were_open = {number: self._open[number] for number in numbers}
        if sum(were_open.values()) == entry.amount:
            return MatchState.MATCHED, {number: amount for number, amount in were_open.items() if amount}
        if len(numbers) > 1:
            return MatchState.SEVERAL_BILLS, {}
        [(number, was_open)] = were_open.items()
        is_less = abs(entry.amount) < abs(was_open) and (entry.amount > 0) is (was_open > 0)
        return (MatchState.PARTLY if is_less else MatchState.EXCEEDING), {number: entry.amount}

    def _numbers_in_texts(self, texts: Sequence[str]) -> Sequence[str]:
        """The bills that the texts name, each once, in order."""
        return list(dict.fromkeys(number for text in texts for number in self._numbers_in(text.upper())))

    def _numbers_in(self, text: str) -> Iterator[str]:
        compact = _SIGNS.sub("", text)
        for start in _REFERENCE_START.finditer(compact):
            for length, numbers in self._by_reference.items():
                if found := numbers.get(compact[start.start() : start.start() + length]):
                    yield found
        for candidate in _NUMBER.finditer(text):
            if found := self._by_digits.get(_SIGNS.sub("", candidate.group())):
                yield found


def paid_by_number(payments: Iterable[Payment]) -> Mapping[str, Decimal]:
    """What was paid of each bill."""
    paid: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for payment in payments:
        paid[payment.number] += payment.amount
    return paid
