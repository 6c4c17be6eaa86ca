"""The documents of the demo, as the software of a supplier or a municipality writes them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import jinja2

from gateway.demo.cast import Player
from gateway.validator.report.html import template_environment

CENT = Decimal("0.01")
_environment = template_environment(jinja2.PackageLoader("gateway.demo", ""))
_environment.filters["base64"] = lambda data: base64.b64encode(data).decode()


@dataclass(frozen=True, slots=True)
class Line:
    """A line: quantity in a UN/ECE unit, price without VAT in euros, VAT rate in percent."""

    name: str
    quantity: Decimal
    price: Decimal
    unit: str = "C62"
    rate: Decimal = Decimal(21)

    @property
    def amount(self) -> Decimal:
        """Quantity × price, rounded to cents."""
        return (self.quantity * self.price).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Sale:
    """The content of an invoice or credit note."""

    number: str
    supplier: Player
    customer: Player
    lines: Sequence[Line]
    date: str
    due: str
    order: str
    corrects: str | None = None
    """Number of the invoice that it corrects as a credit note."""
    attachment: bytes | None = None
    total_off: Decimal = Decimal(0)
    """Error added to the total with VAT (BT-112), to show a refusal."""

    @property
    def subtotals(self) -> Sequence[tuple[Decimal, Decimal, Decimal]]:
        """Each rate of VAT, with the amount that it is over and the VAT."""
        bases: dict[Decimal, Decimal] = {}
        for line in self.lines:
            bases[line.rate] = bases.get(line.rate, Decimal(0)) + line.amount
        return [(rate, base, (base * rate / 100).quantize(CENT, ROUND_HALF_UP)) for rate, base in bases.items()]

    @property
    def base(self) -> Decimal:
        """Without VAT."""
        return sum((base for _, base, _ in self.subtotals), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """The VAT."""
        return sum((tax for *_, tax in self.subtotals), Decimal(0))

    @property
    def total(self) -> Decimal:
        """With VAT, as the document says it."""
        return self.base + self.tax + self.total_off


def invoice(sale: Sale) -> bytes:
    """Return a UBL 2.1 Invoice by NLCIUS, or a CreditNote where it corrects one."""
    return _render("invoice.xml", sale=sale)


def order(number: str, buyer: Player, seller: Player, lines: Sequence[Line], date: str) -> bytes:
    """Return a UBL 2.1 Order by Peppol ordering, with what the basisorder Rijk requires. The seller may answer
    until the end of the year; Peppol has no VAT number of the seller there."""
    return _render("order.xml", number=number, buyer=buyer, seller=seller, lines=lines, date=date)


def time_card(number: str, customer: Player, supplier: Player, order_number: str) -> bytes:
    """Return a SETU (HR-XML 2.5) TimeCard: a week of a hired electrician."""
    return _render("time-card.xml", number=number, customer=customer, supplier=supplier, order_number=order_number)


def _render(template: str, **values: object) -> bytes:
    return _environment.get_template(template).render(**values).encode()


def pdf(size_bytes: int) -> bytes:
    """Return a PDF of exactly this size: one page of text, and comments to fill it up."""
    text = b"BT /F1 18 Tf 60 760 Td (Werkbonnen november 2026) Tj ET"
    head = (
        b"%%PDF-1.4\n"
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
        b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\n" % (len(text), text)
    )
    tail = b"\ntrailer<</Root 1 0 R/Size 5>>\n%%EOF\n"
    fill = size_bytes - len(head) - len(tail)
    pattern = b"%werkbon " + bytes(range(48, 123)) + b"\n"
    return head + (pattern * (fill // len(pattern) + 1))[:fill] + tail
