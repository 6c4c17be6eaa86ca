"""A bill or credit note: what is due less what was billed before, line by line.

Amounts have the sign that they have for the debtor: a credit note is negative here and positive on paper. The
lines of a bill sum to its total excluding tax, to the cent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from urllib.parse import quote

from gateway.billing.rating.amounts import HUNDRED, ZERO, Amounts, PriceBasis, cents
from gateway.billing.rating.rating import Due, DueLine, LineRole
from gateway.billing.rating.services import Service
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.issuer import Issuer
from gateway.i18n import Text

_PRICE_DECIMALS = Decimal("0.0000000001")


class BillStage(StrEnum):
    """What a document is for."""

    PREPAYMENT = "prepayment"
    """Digipoort's prepayment, or the advance of a passed-on service."""
    SETTLEMENT = "settlement"
    """The final invoice on actual use; once more when use was corrected: then it is a delta."""
    GUIDANCE = "guidance"
    VAT_REFUND = "vat-refund"
    """Reclaimed tax that is refunded (2018 and 2019)."""
    DISTRIBUTION = "distribution"
    """A share of the facilities without tariff."""


class BillKind(StrEnum):
    """Which document it is, by its sign."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit-note"


@dataclass(frozen=True, slots=True)
class BillText:
    """A sentence on a bill, rendered in both languages when the bill was made: it is stored, and is not translated
    again when texts change."""

    en: str
    nl: str

    @classmethod
    def of(cls, text: Text) -> "BillText":
        """The text as it reads now."""
        return cls(text.en, text.nl)


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line. `price` and `amount` are in the bill's price basis, `net` and `net_price` exclude tax."""

    number: int
    role: LineRole
    units: int
    price: Decimal
    amount: Decimal
    net: Decimal
    net_price: Decimal
    text: BillText
    how: BillText
    """How the amount was computed."""
    source: str = ""
    link: str = ""
    """Where the messages behind this line are listed."""


@dataclass(frozen=True, slots=True)
class DocumentReference:
    """An earlier document."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Bill:
    """A document. `number` is empty until it is issued; `ordinal` counts the documents of this party,
    service and year from 1: two runs cannot bill the same thing twice."""

    number: str
    stage: BillStage
    service: Service
    year: int
    ordinal: int
    debtor: Debtor
    issuer: Issuer
    issued_on: date
    due_on: date
    first: date
    last: date
    basis: PriceBasis
    vat_percent: Decimal
    amounts: Amounts
    lines: tuple[BillLine, ...]
    notes: tuple[BillText, ...] = ()
    preceding: tuple[DocumentReference, ...] = ()
    run_id: str = ""

    @property
    def kind(self) -> BillKind:
        """A bill that refunds money is a credit note."""
        return BillKind.CREDIT_NOTE if self.amounts.including < 0 else BillKind.INVOICE

    @property
    def amount(self) -> Decimal:
        """The total in the price basis."""
        return self.amounts.including if self.basis is PriceBasis.INCLUDING_VAT else self.amounts.excluding

    def with_number(self, number: str) -> "Bill":
        """The same bill under a number."""
        return replace(self, number=number)


def draft(
    stage: BillStage,
    service: Service,
    year: int,
    debtor: Debtor,
    issuer: Issuer,
    issued_on: date,
    payment_days: int,
    due: Due,
    percent: Decimal,
    billed: Sequence[Bill],
    ordinal: int,
    run_id: str = "",
    concerns: Sequence[Bill] = (),
) -> Bill | None:
    """The bill for what is due less what was billed; None when that is nothing.

    `concerns` are documents that it refers to without subtracting them.
    """
    total = due.amount - sum((earlier.amount for earlier in billed), ZERO)
    if total == 0:
        return None
    first, last = due.first or date(year, 1, 1), due.last or date(year, 12, 31)
    amounts = Amounts.split(total, due.basis, percent)
    due_lines = (*due.lines, *(_billed_line(earlier) for earlier in billed))
    return Bill(
        number="",
        stage=stage,
        service=service,
        year=year,
        ordinal=ordinal,
        debtor=debtor,
        issuer=issuer,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=payment_days),
        first=first,
        last=last,
        basis=due.basis,
        vat_percent=percent,
        amounts=amounts,
        lines=_lines(
            due_lines,
            due.basis,
            percent,
            amounts.excluding,
            lambda line: _link(issuer, debtor, service, line.first or first, line.last or last),
        ),
        notes=tuple(map(BillText.of, due.notes)),
        preceding=tuple(DocumentReference(earlier.number, earlier.issued_on) for earlier in (*concerns, *billed)),
        run_id=run_id,
    )


def _billed_line(earlier: Bill) -> DueLine:
    amount = earlier.amount
    what = Text("credited") if amount < 0 else Text("billed")
    return DueLine(
        LineRole.BILLED,
        -1 if amount > 0 else 1,
        abs(amount),
        -amount,
        Text("Less: {what} by {number}", what=what, number=earlier.number),
        Text(
            "document {number} of {day:date}: {amount:amount}",
            number=earlier.number,
            day=earlier.issued_on,
            amount=amount,
        ),
    )


def _lines(
    lines: Sequence[DueLine],
    basis: PriceBasis,
    percent: Decimal,
    net_total: Decimal,
    link: Callable[[DueLine], str],
) -> tuple[BillLine, ...]:
    """Lines without tax that sum to the total: the rest from rounding goes to the largest line."""
    divisor = (HUNDRED + percent) / HUNDRED if basis is PriceBasis.INCLUDING_VAT else Decimal(1)
    nets = [cents(line.amount / divisor) for line in lines]
    largest = max(range(len(nets)), key=lambda index: (abs(nets[index]), -index))
    nets[largest] += net_total - sum(nets, ZERO)
    return tuple(
        BillLine(
            number,
            line.role,
            line.units,
            line.price,
            line.amount,
            net,
            _net_price(line.price, divisor),
            BillText.of(line.text),
            BillText.of(line.how),
            line.source,
            link(line) if line.role is LineRole.USE else "",
        )
        for number, (line, net) in enumerate(zip(lines, nets, strict=True), 1)
    )


def _net_price(price: Decimal, divisor: Decimal) -> Decimal:
    """A price without tax; ten decimals keep a million units exact to the cent."""
    return price if divisor == 1 else (price / divisor).quantize(_PRICE_DECIMALS, ROUND_HALF_UP)


def _link(issuer: Issuer, debtor: Debtor, service: Service, first: date, last: date) -> str:
    return issuer.usage_url.format(party=quote(debtor.party_id, safe=""), service=service, first=first, last=last)
