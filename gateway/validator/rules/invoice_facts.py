"""What several rules ask of one invoice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

from gateway.validator.model import invoice as bg
from gateway.validator.model.amounts import exact, total_of
from gateway.validator.model.invoice import Invoice
from gateway.validator.model.terms import Unreadable, every
from gateway.validator.rules.facts import Facts, once

_SPACE = " \t\r\n"
_ZERO = Decimal(0)

_V = TypeVar("_V", bound=bg.VatCategory)


class VatUse:
    """How many nodes name each VAT category: `vat` under the tax scheme VAT, `any` under whichever.

    `raw` and `raw_vat` count the codes as written, spaces and all.
    """

    def __init__(self, nodes: Iterable[bg.VatCategory]) -> None:
        self.any: dict[str, int] = {}
        self.vat: dict[str, int] = {}
        self.raw: dict[str, int] = {}
        self.raw_vat: dict[str, int] = {}
        alike: dict[tuple[str | None, tuple[str, ...]], int] = {}
        for node in nodes:
            key = node.code, node.schemes
            alike[key] = alike.get(key, 0) + 1
        for (code, schemes), times in alike.items():
            self._count(code, times, bg.is_vat(schemes))

    def _count(self, code: str | None, times: int, under_vat: bool) -> None:
        stripped = (code or "").strip(_SPACE)
        self.any[stripped] = self.any.get(stripped, 0) + times
        if under_vat:
            self.vat[stripped] = self.vat.get(stripped, 0) + times
        for each in every(code):
            self.raw[each] = self.raw.get(each, 0) + times
            if under_vat:
                self.raw_vat[each] = self.raw_vat.get(each, 0) + times

    def others(self, code: str) -> int:
        """How many name another category than this one under VAT."""
        return sum(count for each, count in self.vat.items() if each != code)

    @classmethod
    def of(cls, nodes: Sequence[bg.VatCategory]) -> "VatUse":
        """The use that these nodes make; the same empty one wherever there are none."""
        return cls(nodes) if nodes else _NOT_USED


_NOT_USED = VatUse(())

RATED = frozenset({"S", "L", "M"})
"""The VAT categories that are summed for each rate by itself; of the others nobody reads the rate."""


class LineSums:
    """Sums of amounts by VAT category, and for the rated ones by category and rate. Spaces around a code are left
    out unless it is taken `as_written`."""

    def __init__(self, *, as_written: bool = False) -> None:
        self._blank = "" if as_written else _SPACE
        self.total = _ZERO
        self.by_category: dict[str, Decimal] = {}
        self._by_rate: dict[tuple[str, Decimal], Decimal] = {}
        self._unreadable: dict[str, Unreadable] = {}

    def add(self, amount: Decimal, vat: Sequence[tuple[str | None, str | None]]) -> None:
        """Count an amount under each category of `vat` (code, rate), and each of them under every rate."""
        self.total += amount
        categories = {(code or "").strip(self._blank) for code, _ in vat}
        for category in categories:
            self.by_category[category] = self.by_category.get(category, _ZERO) + amount
            if category not in RATED:
                continue
            try:
                for rate in {exact(rate) for _, rate in vat if rate is not None}:
                    self._by_rate[category, rate] = self._by_rate.get((category, rate), _ZERO) + amount
            except Unreadable as error:
                self._unreadable[category] = error

    def at(self, category: str, rate: Decimal) -> Decimal | None:
        """The sum for a category and rate, None where nothing has them. Raises NotANumber where one of the
        category's rates is no number."""
        if category in self._unreadable:
            raise self._unreadable[category]
        return self._by_rate.get((category, rate))


_NO_SUMS = LineSums()


def sums_of_lines(lines: Sequence[bg.InvoiceLine], *, as_written: bool = False) -> LineSums:
    """The net amounts of lines."""
    if not lines:
        return _NO_SUMS
    sums = LineSums(as_written=as_written)
    under: dict[tuple[tuple[str | None, str | None], ...], list[str | None]] = {}
    for line in lines:
        if len(line.vat) == 1:
            vat = line.vat[0]
            pairs: tuple[tuple[str | None, str | None], ...] = ((vat.code, vat.rate),)
        else:
            pairs = tuple([(vat.code, vat.rate) for vat in line.vat])
        amounts = under.get(pairs)
        if amounts is None:
            amounts = under[pairs] = []
        amounts.append(line.net_amount)
    for pairs, amounts in under.items():
        sums.add(total_of(amounts), pairs)
    return sums


def sums_as_written(nodes: Iterable[bg.AllowanceCharge]) -> LineSums:
    """The amounts of these allowances or charges; of several in one the first."""
    sums = LineSums(as_written=True)
    for node in nodes:
        sums.add(total_of(every(node.amount)[:1]), [(vat.code, vat.rate) for vat in node.vat])
    return sums


def sums_of_document(invoice: Invoice) -> LineSums:
    """The charges of the document less its allowances."""
    if not invoice.allowances_and_charges:
        return _NO_SUMS
    sums = LineSums()
    for charge in invoice.charges:
        sums.add(total_of([charge.amount]), [(vat.code, vat.rate) for vat in charge.vat])
    for allowance in invoice.allowances:
        sums.add(-total_of([allowance.amount]), [(vat.code, vat.rate) for vat in allowance.vat])
    return sums


class InvoiceFacts(Facts[Invoice]):
    """Shared answers about one invoice. They raise NotANumber where a sum meets what is not a number."""

    @property
    def invoice(self) -> Invoice:
        """The document."""
        return self.document

    @once
    def categories_named(self) -> set[str]:
        """Every VAT category code that is used anywhere."""
        coded = self.invoice.coded
        named = [*coded.get(bg.Coded.VAT_CATEGORY, ()), *coded.get(bg.Coded.ITEM_VAT_CATEGORY, ())]
        return {(code or "").strip(_SPACE) for code in named}

    @once
    def items_vat(self) -> VatUse:
        """VAT of items, on lines and anywhere else."""
        return VatUse.of(self.invoice.all(bg.LineVat))

    @once
    def allowances_vat(self) -> VatUse:
        """VAT of allowances, on the document and anywhere else."""
        return VatUse.of(self.invoice.all(bg.AllowanceVat))

    @once
    def charges_vat(self) -> VatUse:
        """VAT of charges, on the document and anywhere else."""
        return VatUse.of(self.invoice.all(bg.ChargeVat))

    @once
    def breakdown_vat(self) -> VatUse:
        """VAT of the breakdown of the document."""
        return VatUse.of(self.invoice.all(bg.BreakdownVat))

    @once
    def unsorted_vat(self) -> VatUse:
        """VAT of what is neither allowance nor charge."""
        return VatUse.of(self.invoice.all(bg.UnsortedVat))

    @once
    def stray_vat(self) -> VatUse:
        """VAT of categories where the norm has none."""
        return VatUse.of(self.invoice.all(bg.VatCategory))

    @once
    def document_allowances_vat(self) -> VatUse:
        """VAT of the allowances of the document alone."""
        return VatUse.of([vat for each in self.invoice.allowances for vat in each.vat])

    @once
    def document_charges_vat(self) -> VatUse:
        """VAT of the charges of the document alone."""
        return VatUse.of([vat for each in self.invoice.charges for vat in each.vat])

    @once
    def categories_vat(self) -> tuple[VatUse, ...]:
        """VAT categories that are not an item's, wherever they are."""
        return (self.allowances_vat, self.charges_vat, self.breakdown_vat, self.unsorted_vat, self.stray_vat)

    @once
    def items_by_category(self) -> dict[str, list[bg.LineVat]]:
        """The VAT of the items on lines, by the categories that they have under VAT."""
        return by_category(node for node in self.invoice.all(bg.LineVat) if node.on_line)

    @once
    def allowances_by_category(self) -> dict[str, list[bg.AllowanceVat]]:
        """The VAT of the allowances, wherever they are, by category."""
        return by_category(self.invoice.all(bg.AllowanceVat))

    @once
    def charges_by_category(self) -> dict[str, list[bg.ChargeVat]]:
        """The VAT of the charges, wherever they are, by category."""
        return by_category(self.invoice.all(bg.ChargeVat))

    @once
    def breakdowns_by_category(self) -> dict[str, list[bg.BreakdownVat]]:
        """The breakdowns of the document, by category."""
        return by_category(self.invoice.all(bg.BreakdownVat))

    @once
    def lines_total(self) -> Decimal:
        """The sum of BT-131 over all lines, wherever they are."""
        everywhere = self.invoice.all(bg.InvoiceLine)
        if len(everywhere) == len(self.invoice.lines):
            return self.invoice_line_sums.total + self.credit_note_line_sums.total
        return total_of([line.net_amount for line in everywhere])

    @once
    def has_invoice_lines(self) -> bool:
        """Any line written as an InvoiceLine."""
        return not all(line.is_credit for line in self.invoice.all(bg.InvoiceLine))

    @once
    def has_credit_note_lines(self) -> bool:
        """Any line written as a CreditNoteLine."""
        return any(line.is_credit for line in self.invoice.all(bg.InvoiceLine))

    @once
    def invoice_line_sums(self) -> LineSums:
        """Sums over the document's own InvoiceLines."""
        lines = self.invoice.lines
        return sums_of_lines(
            [line for line in lines if not line.is_credit] if self.has_credit_note_lines else lines
        )

    @once
    def credit_note_line_sums(self) -> LineSums:
        """Sums over the document's own CreditNoteLines."""
        return sums_of_lines(
            [line for line in self.invoice.lines if line.is_credit] if self.has_credit_note_lines else ()
        )

    @once
    def document_level_sums(self) -> LineSums:
        """Charges less allowances of the document, by VAT category and rate."""
        return sums_of_document(self.invoice)

    @once
    def has_allowances_or_charges(self) -> bool:
        """Any allowance or charge anywhere."""
        return not self.invoice.nodes.keys().isdisjoint(bg.ALLOWANCES_AND_CHARGES)

    @once
    def allowances_anywhere(self) -> LineSums:
        """Allowances and charges wherever they are: which categories and rates they have, not how much."""
        if not self.has_allowances_or_charges:
            return _NO_SUMS
        sums = LineSums()
        for vat in [node.vat for kind in bg.ALLOWANCES_AND_CHARGES for node in self.invoice.all(kind)]:
            sums.add(_ZERO, [(each.code, each.rate) for each in vat])
        return sums

    @once
    def lines_anywhere(self) -> tuple[LineSums, LineSums]:
        """The same for InvoiceLines and CreditNoteLines."""
        everywhere = self.invoice.all(bg.InvoiceLine)
        if len(everywhere) == len(self.invoice.lines):
            return self.invoice_line_sums, self.credit_note_line_sums
        return (
            sums_of_lines([line for line in everywhere if not line.is_credit]),
            sums_of_lines([line for line in everywhere if line.is_credit]),
        )

    @once
    def seller_tax_registrations(self) -> list[bg.TaxRegistration]:
        """Tax registrations of the seller that have a number."""
        return _with_number(self.invoice.all(bg.Seller))

    @once
    def seller_vat(self) -> bool:
        """The seller has a VAT identifier (BT-31)."""
        return any(each.is_vat for each in self.seller_tax_registrations)

    @once
    def buyer_vat(self) -> bool:
        """The buyer has a VAT identifier (BT-48)."""
        return any(each.is_vat for each in _with_number(self.invoice.all(bg.Buyer)))

    @once
    def buyer_legal(self) -> bool:
        """The buyer has a legal registration identifier (BT-47)."""
        return any(buyer.legal_registration is not None for buyer in self.invoice.all(bg.Buyer))

    @once
    def representative_vat(self) -> bool:
        """The seller's tax representative has a VAT identifier (BT-63)."""
        return any(each.is_vat for each in _with_number(self.invoice.all(bg.TaxRepresentative)))


def by_category(nodes: Iterable[_V], *, as_written: bool = False) -> dict[str, list[_V]]:
    """The nodes whose tax scheme is VAT, by category; spaces around a code are left out unless `as_written`."""
    found: dict[str, list[_V]] = defaultdict(list)
    for node in nodes:
        if bg.is_vat(node.schemes):
            found[(node.code or "").strip("" if as_written else _SPACE)].append(node)
    return found


def _with_number(parties: Iterable[bg.Seller | bg.Buyer | bg.TaxRepresentative]) -> list[bg.TaxRegistration]:
    """The tax registrations of these parties that have a number."""
    return [each for party in parties for each in party.tax_registrations if each.identifier is not None]
