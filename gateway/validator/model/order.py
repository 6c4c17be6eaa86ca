"""Orders and what answers them: the order, the response to it, the despatch advice, the response to an invoice.

The terms of these documents are in the structures of `gateway.validator.ubl`, by their place in the XML: the same
party, address or item has another number in each place. Fields hold the text of the document, as in the invoice.
"""

from dataclasses import dataclass

from gateway.validator.model.terms import Document, Group


@dataclass(slots=True, eq=False)
class TradeAddress(Group):
    """Where a party is, or where goods go to."""

    line_1: str | None = None
    line_2: str | None = None
    line_3: str | None = None
    city: str | None = None
    post_code: str | None = None
    region: str | None = None
    country: str | None = None


@dataclass(slots=True, eq=False)
class TradeContact(Group):
    """Whom to ask at a party."""

    name: str | None = None
    telephone: str | None = None
    email: str | None = None


@dataclass(slots=True, eq=False)
class TradeIdentifier(Group):
    """An identifier and the scheme it belongs to."""

    value: str | None = None
    scheme: str | None = None


@dataclass(slots=True, eq=False)
class TradeParty(Group):
    """A party, whatever its part in the document."""

    trading_name: str | None = None
    registered_name: str | None = None
    identifiers: tuple[TradeIdentifier, ...] = ()
    registration: TradeIdentifier | None = None
    tax_number: str | None = None
    electronic_address: TradeIdentifier | None = None
    address: TradeAddress | None = None
    contact: TradeContact | None = None

    @property
    def name(self) -> str | None:
        """What people call it."""
        return self.trading_name or self.registered_name


@dataclass(slots=True, eq=False)
class TradePeriod(Group):
    """From when to when; times are of the days themselves."""

    start_date: str | None = None
    start_time: str | None = None
    end_date: str | None = None
    end_time: str | None = None


@dataclass(slots=True, eq=False)
class TradeReference(Group):
    """Another document, and what it is."""

    number: str | None = None
    description: str | None = None
    filename: str | None = None
    web_address: str | None = None


@dataclass(slots=True, eq=False)
class OrderAllowance(Group):
    """What is taken off or added: a charge where `indicator` is `true`."""

    indicator: str | None = None
    reason: str | None = None
    reason_code: str | None = None
    percentage: str | None = None
    amount: str | None = None
    base_amount: str | None = None


@dataclass(slots=True, eq=False)
class ItemProperty(Group):
    """Something about an item, by name and value."""

    name: str | None = None
    value: str | None = None


@dataclass(slots=True, eq=False)
class OrderedItem(Group):
    """What is ordered or sent."""

    name: str | None = None
    description: str | None = None
    buyers_number: str | None = None
    sellers_number: str | None = None
    manufacturers_number: str | None = None
    standard_number: str | None = None
    vat_category: str | None = None
    vat_rate: str | None = None
    properties: tuple[ItemProperty, ...] = ()


@dataclass(slots=True, eq=False)
class OrderPrice(Group):
    """The net price of so many units, and the discount in it."""

    amount: str | None = None
    base_quantity: str | None = None
    discount: str | None = None
    gross_amount: str | None = None


@dataclass(slots=True, eq=False)
class OrderLine(Group):
    """A line of an order, or of the response to it: `status` and `order_line` are the answer."""

    number: str | None = None
    note: str | None = None
    status: str | None = None
    order_line: str | None = None
    quantity: str | None = None
    unit: str | None = None
    net_amount: str | None = None
    accounting_reference: str | None = None
    period: TradePeriod | None = None
    allowances_and_charges: tuple[OrderAllowance, ...] = ()
    price: OrderPrice | None = None
    item: OrderedItem | None = None
    replacement: OrderedItem | None = None


@dataclass(slots=True, eq=False)
class OrderDelivery(Group):
    """Where and when, and to whom."""

    location: str | None = None
    address: TradeAddress | None = None
    period: TradePeriod | None = None
    party: TradeParty | None = None
    tracking_number: str | None = None


@dataclass(slots=True, eq=False)
class OrderTotals(Group):
    """The expected amounts of an order."""

    lines: str | None = None
    allowances: str | None = None
    charges: str | None = None
    without_tax: str | None = None
    with_tax: str | None = None
    prepaid: str | None = None
    rounding: str | None = None
    due: str | None = None


@dataclass(slots=True, eq=False)
class _TradeDocument(Document):
    """What these documents have in common."""

    specification: str | None = None
    process: str | None = None
    number: str | None = None
    issue_date: str | None = None
    issue_time: str | None = None
    note: str | None = None


@dataclass(slots=True, eq=False)
class PurchaseOrder(_TradeDocument):
    """What a buyer orders of a seller."""

    order_type: str | None = None
    currency: str | None = None
    buyer_reference: str | None = None
    accounting_reference: str | None = None
    valid_until: str | None = None
    quotation: str | None = None
    earlier_order: str | None = None
    contract: str | None = None
    project: str | None = None
    documents: tuple[TradeReference, ...] = ()
    buyer: TradeParty | None = None
    seller: TradeParty | None = None
    originator: TradeParty | None = None
    invoicee: TradeParty | None = None
    delivery: OrderDelivery | None = None
    delivery_terms: str | None = None
    payment_terms: str | None = None
    allowances_and_charges: tuple[OrderAllowance, ...] = ()
    tax_amount: str | None = None
    totals: OrderTotals | None = None
    lines: tuple[OrderLine, ...] = ()


@dataclass(slots=True, eq=False)
class OrderResponse(_TradeDocument):
    """What a seller says of an order."""

    sales_order: str | None = None
    response: str | None = None
    currency: str | None = None
    buyer_reference: str | None = None
    order: str | None = None
    seller: TradeParty | None = None
    buyer: TradeParty | None = None
    delivery: OrderDelivery | None = None
    lines: tuple[OrderLine, ...] = ()


@dataclass(slots=True, eq=False)
class DespatchLine(Group):
    """What is sent of one line of an order."""

    number: str | None = None
    note: str | None = None
    quantity: str | None = None
    unit: str | None = None
    outstanding_quantity: str | None = None
    outstanding_reason: str | None = None
    order_line: str | None = None
    item: OrderedItem | None = None


@dataclass(slots=True, eq=False)
class Shipment(Group):
    """How goods travel."""

    number: str | None = None
    gross_weight: str | None = None
    gross_volume: str | None = None
    transport_units: str | None = None
    carrier: TradeParty | None = None
    delivery: OrderDelivery | None = None


@dataclass(slots=True, eq=False)
class DespatchAdvice(_TradeDocument):
    """What a seller sends, before it arrives."""

    orders: tuple[TradeReference, ...] = ()
    documents: tuple[TradeReference, ...] = ()
    despatcher: TradeParty | None = None
    consignee: TradeParty | None = None
    buyer: TradeParty | None = None
    seller: TradeParty | None = None
    originator: TradeParty | None = None
    shipment: Shipment | None = None
    lines: tuple[DespatchLine, ...] = ()


@dataclass(slots=True, eq=False)
class Clarification(Group):
    """Why an invoice has its status, or what to do about it: `code_list` says which."""

    code: str | None = None
    code_list: str | None = None
    reason: str | None = None


@dataclass(slots=True, eq=False)
class InvoiceResponse(_TradeDocument):
    """What a buyer says of an invoice."""

    sender: TradeParty | None = None
    receiver: TradeParty | None = None
    status: str | None = None
    status_date: str | None = None
    clarifications: tuple[Clarification, ...] = ()
    invoice: str | None = None
    invoice_date: str | None = None
    seller: TradeParty | None = None
    buyer: TradeParty | None = None
