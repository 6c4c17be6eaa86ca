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

from gateway.billing.rating.amounts import HUNDRED, NOTHING, ZERO, Amounts, PriceBasis, cents
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
    used_by: str = ""
    """The party whose use it is about, where that is another than the debtor: it merged into the debtor."""

    @property
    def party_id(self) -> str:
        """The party whose use it is about."""
        return self.used_by or self.debtor.party_id

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


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """What a document says about itself before there are amounts; `used_by` as in `Bill`."""

    stage: BillStage
    service: Service
    year: int
    debtor: Debtor
    issuer: Issuer
    issued_on: date
    payment_days: int
    run_id: str = ""
    used_by: str = ""


def draft(
    head: DocumentHead, due: Due, billed: Sequence[Bill], ordinal: int, concerns: Sequence[Bill] = ()
) -> Bill | None:
    """The bill for what is due less what was billed at the same percentage of tax; None when that is nothing.

    Both are compared without tax and in tax, so that the documents of a year come to the tax on its total.
    `concerns` are documents that it refers to without subtracting them.
    """
    target = due.amounts
    amounts = target + -sum((earlier.amounts for earlier in billed), NOTHING)
    if amounts == NOTHING:
        return None
    year, service = head.year, head.service
    first, last = due.first or date(year, 1, 1), due.last or date(year, 12, 31)
    party_id = head.used_by or head.debtor.party_id
    lines = _due_lines(
        due,
        target.excluding,
        lambda line: _link(head.issuer, party_id, service, line.first or first, line.last or last),
    )
    lines += [_billed_line(earlier) for earlier in billed]
    return Bill(
        number="",
        stage=head.stage,
        service=service,
        year=year,
        ordinal=ordinal,
        debtor=head.debtor,
        issuer=head.issuer,
        issued_on=head.issued_on,
        due_on=head.issued_on + timedelta(days=head.payment_days),
        first=first,
        last=last,
        basis=due.basis,
        vat_percent=due.percent,
        amounts=amounts,
        lines=tuple(replace(line, number=number) for number, line in enumerate(lines, 1)),
        notes=tuple(map(BillText.of, due.notes)),
        preceding=tuple(DocumentReference(earlier.number, earlier.issued_on) for earlier in (*concerns, *billed)),
        run_id=head.run_id,
        used_by=head.used_by,
    )


def _billed_line(earlier: Bill) -> BillLine:
    amount, net = earlier.amount, earlier.amounts.excluding
    what = Text("credited") if amount < 0 else Text("billed")
    return BillLine(
        0,
        LineRole.BILLED,
        -1 if amount > 0 else 1,
        abs(amount),
        -amount,
        -net,
        abs(net),
        BillText.of(Text("Less: {what} by {number}", what=what, number=earlier.number)),
        BillText.of(
            Text(
                "document {number} of {day:date}: {amount:amount}",
                number=earlier.number,
                day=earlier.issued_on,
                amount=amount,
            )
        ),
    )


def _due_lines(due: Due, net_total: Decimal, link: Callable[[DueLine], str]) -> list[BillLine]:
    """Lines without tax that sum to the total: the rest from rounding goes to the largest line."""
    if not due.lines:
        return []
    divisor = (HUNDRED + due.percent) / HUNDRED if due.basis is PriceBasis.INCLUDING_VAT else Decimal(1)
    nets = [cents(line.amount / divisor) for line in due.lines]
    largest = max(range(len(nets)), key=lambda index: (abs(nets[index]), -index))
    nets[largest] += net_total - sum(nets, ZERO)
    return [
        BillLine(
            0,
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
        for line, net in zip(due.lines, nets, strict=True)
    ]


def _net_price(price: Decimal, divisor: Decimal) -> Decimal:
    """A price without tax; ten decimals keep a million units exact to the cent."""
    return price if divisor == 1 else (price / divisor).quantize(_PRICE_DECIMALS, ROUND_HALF_UP)


def _link(issuer: Issuer, party_id: str, service: Service, first: date, last: date) -> str:
    return issuer.usage_url.format(party=quote(party_id, safe=""), service=service, first=first, last=last)
