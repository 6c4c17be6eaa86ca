"""Layouts: what of a document model is where on the page.

A layout is a value: the terms at the top and a list of sections. A section names the groups or terms that it shows
by their attributes; everything else in those groups follows by itself, under the name of its term. So the layout
of another model is a few lines, and a model without one is shown by `plain_layout`.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.i18n import Text
from gateway.validator.model.terms import Document, Group

if TYPE_CHECKING:
    from gateway.validator.rendering.building import Builder
    from gateway.validator.rendering.view import Section


@dataclass(frozen=True, slots=True)
class FactsPart:
    """The terms of the document itself with these attributes, on one card."""

    title: Text
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardsPart:
    """A card for each group under these attributes of the document, without what is under `but`."""

    title: Text
    attributes: tuple[str, ...]
    but: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: the terms of a row that it shows, by paths of attributes (`item.name`); the word before each, if
    any, after a colon (`price.base_quantity:per`)."""

    label: Text
    paths: tuple[str, ...]
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table of the groups at a path of attributes; what no column shows comes below each row."""

    title: Text
    path: str
    columns: tuple[TableColumn, ...]


@dataclass(frozen=True, slots=True)
class SumsPart:
    """A calculation: the terms of a group, each with the sign that it has in it."""

    title: Text
    steps: tuple[tuple[str, str], ...]
    total: str


Work = Callable[["Builder", Document], "Section | None"]
"""A section that needs more than a table can say."""
Part = FactsPart | CardsPart | TablePart | SumsPart | Work


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of a document model."""

    model: type[Document]
    parts: tuple[Part, ...]
    facts: tuple[str, ...] = ()
    """The terms at the top, by attribute."""
    number: str = "number"
    currency: str = "currency"
    amount: str = ""
    """The path of the amount at the top."""
    amount_labels: Mapping[str, Text] = field(default_factory=dict)
    """By tone; that of `invoice` where a tone has none."""
    kind_of: Callable[[Document, str], tuple[str, str]] | None = None
    """The kind of document in words, in a language, and its tone."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """More tables of codes in words than CODES, by attribute, or by class and attribute (`VatCategory.code`)."""
    forms: Mapping[str, str] = field(default_factory=dict)
    """How the text of an attribute, or of a whole class, is written where its term does not say: `account`,
    `date`, `amount`, `quantity`."""
    copies: frozenset[str] = frozenset()
    """Attributes (`CreditTransfer.means`) that hold what another group shows."""


CODES: Mapping[str, str] = {
    "base_unit": "unit",
    "country": "country",
    "currency": "currency",
    "indicator": "indicator",
    "media_type": "media_type",
    "origin_country": "country",
    "scheme": "scheme",
    "schemes": "scheme",
    "unit": "unit",
    "vat_currency": "currency",
}
"""The tables of codes in words by attribute, in any model."""

LABELS: dict[str, Text] = {
    attribute: label
    for attributes, label in {
        "name names": Text("Name"),
        "trading_name trading_names": Text("Trading name"),
        "registered_name": Text("Registered name"),
        "identifiers identifier": Text("Identifier"),
        "legal_registration registration": Text("Legal registration"),
        "legal_information": Text("Legal form"),
        "electronic_address electronic_addresses": Text("Electronic address"),
        "address": Text("Address"),
        "contact contact.name": Text("Contact"),
        "telephone": Text("Telephone"),
        "email": Text("Email"),
        "number": Text("Number"),
        "worker": Text("Worker"),
        "suppliers": Text("Supplier"),
        "customers": Text("Customer"),
        "buyer buyers": Text("Buyer"),
        "seller sellers": Text("Seller"),
        "originator": Text("Originator"),
        "invoicee": Text("Invoice to"),
        "despatcher": Text("Despatched by"),
        "consignee": Text("Delivered to"),
        "sender": Text("Sender"),
        "receiver": Text("Receiver"),
        "delivery deliveries": Text("Delivery"),
        "shipment": Text("Shipment"),
        "carrier": Text("Carrier"),
        "order orders purchase_order": Text("Purchase order"),
        "order_type": Text("Kind of order"),
        "valid_until": Text("Valid until"),
        "quotation": Text("Quotation"),
        "earlier_order": Text("Earlier order"),
        "delivery_terms": Text("Delivery terms"),
        "documents": Text("Document"),
        "response status": Text("Answer"),
        "status_date": Text("Date of the answer"),
        "clarifications": Text("Why, or what to do"),
        "invoice": Text("Invoice"),
        "invoice_date": Text("Invoice date"),
        "issue_time": Text("Time"),
        "tracking_number": Text("Tracking number"),
        "tax_number": Text("VAT number"),
        "buyers_number buyers_identifier": Text("Buyer's item number"),
        "sellers_number sellers_identifier": Text("Seller's item number"),
        "standard_number standard_identifier": Text("Standard item number"),
        "without_tax": Text("Total without VAT"),
        "with_tax": Text("Total with VAT"),
        "allowances": Text("Allowances"),
        "charges": Text("Charges"),
        "prepaid": Text("Prepaid"),
        "rounding": Text("Rounding"),
        "due": Text("Amount due"),
        "tax_amount": Text("VAT"),
        "replacement.name": Text("In its place"),
        "properties": Text("Properties"),
        "date issue_date": Text("Date"),
        "due_date": Text("Due date"),
        "buyer_reference": Text("Buyer reference"),
        "sales_order": Text("Sales order"),
        "order_line": Text("Order line"),
        "contract": Text("Contract"),
        "project": Text("Project"),
        "tender": Text("Tender or lot"),
        "receiving_advice": Text("Receiving advice"),
        "despatch_advice": Text("Despatch advice"),
        "invoiced_object": Text("Invoiced object"),
        "object": Text("Object"),
        "accounting_reference": Text("Cost code"),
        "location": Text("Location"),
        "start start_date": Text("From"),
        "end end_date": Text("Until"),
        "periods period": Text("Period"),
        "note notes text": Text("Note"),
        "subject_code": Text("Subject"),
        "description": Text("Description"),
        "classifications": Text("Classification"),
        "version": Text("Version"),
        "origin_country": Text("Country of origin"),
        "quantity": Text("Quantity"),
        "price": Text("Price"),
        "net": Text("Net price"),
        "gross": Text("Gross price"),
        "discount": Text("Discount"),
        "amount": Text("Amount"),
        "base": Text("Of"),
        "percentage": Text("Percentage"),
        "reason reason_code": Text("Reason"),
        "taxable": Text("Taxable amount"),
        "tax": Text("VAT amount"),
        "code": Text("VAT category"),
        "rate": Text("Rate"),
        "means means_text": Text("Payment means"),
        "remittance": Text("Payment reference"),
        "account": Text("Account"),
        "provider": Text("Bank (BIC)"),
        "holder": Text("Card holder"),
        "mandate mandates": Text("Mandate"),
        "creditors": Text("Creditor identifier"),
        "debited_account": Text("Debited account"),
        "process": Text("Process"),
        "specification": Text("Specification"),
        "type_code": Text("Kind of document"),
        "currency": Text("Currency"),
        "vat_currency": Text("VAT currency"),
        "vat_point_date vat_point_date_codes": Text("VAT point"),
        "payment_terms": Text("Payment terms"),
        "reference": Text("Reference"),
        "filename": Text("File"),
        "media_type": Text("Kind"),
        "preceding": Text("Earlier invoice"),
        "payees": Text("Payee"),
        "representatives": Text("Tax representative"),
        "lines": Text("Lines"),
    }.items()
    for attribute in attributes.split()
}
"""Short labels of attributes, in any model; with that of the group around it where it means something else."""


def plain_layout(model: type[Document]) -> Layout:
    """The layout of a model that has none: its terms on a card, and its groups on others."""
    own = [each for each in dataclasses.fields(model) if each.name not in _OF_EVERY_DOCUMENT]
    terms = tuple(each.name for each in own if "str" in str(each.type))
    groups = tuple(each.name for each in own if each.name not in terms)
    return Layout(model, (FactsPart(Text("Document"), terms), CardsPart(Text("Parts"), groups)))


_OF_EVERY_DOCUMENT = {each.name for each in dataclasses.fields(Document)} | {
    each.name for each in dataclasses.fields(Group)
}
