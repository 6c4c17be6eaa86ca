"""The semantic invoice of EN 16931-1:2017+A1: every business group and business term, under the norm's own names.

A credit note is the same model. Terms hold the text of the document, `gateway.validator.model.amounts` makes exact
numbers of it. Groups that the norm allows once but a document can repeat are tuples, so nothing of the
document is lost. `Invoice.nodes` finds each group wherever it is, also where the norm has no room for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from gateway.i18n import Text
from gateway.validator.model.terms import (
    GROUPS,
    Document,
    Group,
    GroupTerm,
    bt,
    bt_from,
    every,
    group,
    many,
    part,
)


class Coded(StrEnum):
    """The terms that hold a code, as far as one code list serves them wherever they are."""

    INVOICE_TYPE = "BT-3 of an invoice"
    CREDIT_NOTE_TYPE = "BT-3 of a credit note"
    CURRENCY = "BT-5"
    VAT_CURRENCY = "BT-6"
    AMOUNT_CURRENCY = "currency of an amount"
    VAT_POINT_DATE = "BT-8"
    PARTY_SCHEME = "scheme of BT-46, BT-71"
    SELLER_PARTY_SCHEME = "scheme of BT-29, BT-60, BT-90"
    LEGAL_SCHEME = "scheme of BT-30, BT-47, BT-61"
    ELECTRONIC_SCHEME = "scheme of BT-34, BT-49"
    LOCATION_SCHEME = "scheme of BT-71"
    CLASSIFICATION_SCHEME = "scheme of BT-158"
    STANDARD_ITEM_SCHEME = "scheme of BT-157"
    COUNTRY = "BT-40, BT-55, BT-69, BT-80"
    ORIGIN_COUNTRY = "BT-159"
    OTHER_COUNTRY = "country where the norm has none"
    OBJECT_SCHEME = "scheme of BT-18, BT-128"
    NOTE_SUBJECT = "BT-21"
    PAYMENT_MEANS = "BT-81"
    VAT_CATEGORY = "BT-95, BT-102, BT-118"
    ITEM_VAT_CATEGORY = "BT-151"
    EXEMPTION_REASON = "BT-121"
    UNIT = "BT-130, BT-150"
    MEDIA_TYPE = "BT-125-1"


@group("BG-1", "Invoice note")
class Note(Group):
    text: str | None = bt(22, "Invoice note")
    subject: str | None = None

    @bt_from(21, "Invoice note subject code", "code")
    def subject_code(self) -> str | None:
        """UBL writes it before the note between number signs: `#AAI#`; CII with it, as `subject`."""
        if self.subject is not None:
            return self.subject
        _, hash_sign, rest = (self.text or "").partition("#")
        code, closing, _ = rest.partition("#")
        return code if hash_sign and closing and len(code) == 3 else None


@group("BG-3", "Preceding invoice reference")
class PrecedingInvoice(Group):
    number: str | None = bt(25, "Preceding Invoice reference", "identifier")
    issue_date: str | None = bt(26, "Preceding Invoice issue date", "date")


@dataclass(slots=True, eq=False)
class Identifier(Group):
    """An identifier of a party and the scheme it belongs to (BT-29, BT-46, BT-60, BT-90)."""

    value: str | None = None
    scheme: str | None = None


@dataclass(slots=True, eq=False)
class Classification(Group):
    """A code that says what an item is (BT-158), with its list and the list's version."""

    value: str | None = None
    scheme: str | None = None
    version: str | None = None
    on_line: bool = True


@dataclass(slots=True, eq=False)
class TaxPoint(Group):
    """A date on which VAT becomes due (BT-7), also where the norm has no room for it: on a line."""

    date: str | None = None


@dataclass(slots=True, eq=False)
class OrderLineReference(Group):
    """A reference to a line of an order below a line, where the norm has no room for it."""

    order_line: str | None = None


@dataclass(slots=True, eq=False)
class ObjectReference(Group):
    """A document or object that a line refers to; type code 130 makes it the invoiced object (BT-128)."""

    value: str | None = None
    scheme: str | None = None
    type_code: str | None = None


PADDED_VAT = "VAT with white space"
"""A tax scheme that is VAT for readers who leave out white space around it, and is not for others."""


@lru_cache(maxsize=256)
def is_vat(schemes: tuple[str, ...]) -> bool:
    """Whether one of these tax schemes is VAT, whatever its case and spaces around it."""
    return any(scheme.strip(" \t\r\n").upper() == "VAT" for scheme in schemes)


@dataclass(slots=True, eq=False)
class TaxRegistration(Group):
    """A number under which a party is known to a tax office; `schemes` says which tax (VAT, or another)."""

    identifier: str | None = None
    schemes: tuple[str, ...] = ()

    @property
    def is_vat(self) -> bool:
        """A VAT identifier (BT-31, BT-48, BT-63)."""
        return is_vat(self.schemes)


@group("BG-5", "Seller postal address")
class SellerAddress(Group):
    line_1: str | None = bt(35, "Seller address line 1")
    line_2: str | None = bt(36, "Seller address line 2")
    line_3: str | None = bt(162, "Seller address line 3")
    city: str | None = bt(37, "Seller city")
    post_code: str | None = bt(38, "Seller post code")
    subdivision: str | None = bt(39, "Seller country subdivision")
    country: str | None = bt(40, "Seller country code", "code")


@group("BG-6", "Seller contact")
class SellerContact(Group):
    name: str | None = bt(41, "Seller contact point")
    telephone: str | None = bt(42, "Seller contact telephone number")
    email: str | None = bt(43, "Seller contact email address")


@group("BG-4", "Seller")
class Seller(Group):
    name: str | None = bt(27, "Seller name")
    trading_names: tuple[str, ...] = many(28, "Seller trading name")
    identifiers: tuple[Identifier, ...] = many(29, "Seller identifier", "identifier")
    legal_registration: str | None = bt(30, "Seller legal registration identifier", "identifier")
    legal_registration_scheme: str | None = bt("30-1", "Scheme identifier")
    tax_registrations: tuple[TaxRegistration, ...] = many(31, "Seller VAT identifier", "identifier")
    legal_information: str | None = bt(33, "Seller additional legal information")
    electronic_address: str | None = bt(34, "Seller electronic address", "identifier")
    electronic_address_scheme: str | None = bt("34-1", "Scheme identifier", "code")
    electronic_addresses: tuple[Identifier, ...] = ()
    """All of them, where the syntax has room for several."""
    address: SellerAddress | None = None
    contact: SellerContact | None = None

    @bt_from(32, "Seller tax registration identifier", "identifier")
    def tax_registration(self) -> str | None:
        """The first number for another tax than VAT."""
        return next((each.identifier for each in self.tax_registrations if not each.is_vat), None)

    @bt_from(90, "Bank assigned creditor identifier", "identifier")
    def creditor(self) -> str | None:
        """UBL writes it as an identifier of the seller (or the payee) with the scheme SEPA."""
        return next((each.value for each in self.identifiers if each.scheme == "SEPA"), None)


@group("BG-8", "Buyer postal address")
class BuyerAddress(Group):
    line_1: str | None = bt(50, "Buyer address line 1")
    line_2: str | None = bt(51, "Buyer address line 2")
    line_3: str | None = bt(163, "Buyer address line 3")
    city: str | None = bt(52, "Buyer city")
    post_code: str | None = bt(53, "Buyer post code")
    subdivision: str | None = bt(54, "Buyer country subdivision")
    country: str | None = bt(55, "Buyer country code", "code")


@group("BG-9", "Buyer contact")
class BuyerContact(Group):
    name: str | None = bt(56, "Buyer contact point")
    telephone: str | None = bt(57, "Buyer contact telephone number")
    email: str | None = bt(58, "Buyer contact email address")


@group("BG-7", "Buyer")
class Buyer(Group):
    name: str | None = bt(44, "Buyer name")
    trading_names: tuple[str, ...] = many(45, "Buyer trading name")
    identifiers: tuple[Identifier, ...] = many(46, "Buyer identifier", "identifier")
    legal_registration: str | None = bt(47, "Buyer legal registration identifier", "identifier")
    legal_registration_scheme: str | None = bt("47-1", "Scheme identifier")
    tax_registrations: tuple[TaxRegistration, ...] = many(48, "Buyer VAT identifier", "identifier")
    electronic_address: str | None = bt(49, "Buyer electronic address", "identifier")
    electronic_address_scheme: str | None = bt("49-1", "Scheme identifier", "code")
    electronic_addresses: tuple[Identifier, ...] = ()
    address: BuyerAddress | None = None
    contact: BuyerContact | None = None
    has_legal_entity: bool = False
    """Whether the document has the part that holds name and legal registration (PartyLegalEntity)."""


@group("BG-10", "Payee")
class Payee(Group):
    names: tuple[str, ...] = many(59, "Payee name")
    identifiers: tuple[Identifier, ...] = many(60, "Payee identifier", "identifier")
    legal_registration: str | None = bt(61, "Payee legal registration identifier", "identifier")
    legal_registration_scheme: str | None = bt("61-1", "Scheme identifier")


@group("BG-12", "Seller tax representative postal address")
class RepresentativeAddress(Group):
    line_1: str | None = bt(64, "Tax representative address line 1")
    line_2: str | None = bt(65, "Tax representative address line 2")
    line_3: str | None = bt(164, "Tax representative address line 3")
    city: str | None = bt(66, "Tax representative city")
    post_code: str | None = bt(67, "Tax representative post code")
    subdivision: str | None = bt(68, "Tax representative country subdivision")
    country: str | None = bt(69, "Tax representative country code", "code")


@group("BG-11", "Seller tax representative party")
class TaxRepresentative(Group):
    name: str | None = bt(62, "Seller tax representative name")
    tax_registrations: tuple[TaxRegistration, ...] = many(
        63, "Seller tax representative VAT identifier", "identifier"
    )
    address: RepresentativeAddress | None = None


@group("BG-15", "Deliver to address")
class DeliverToAddress(Group):
    line_1: str | None = bt(75, "Deliver to address line 1")
    line_2: str | None = bt(76, "Deliver to address line 2")
    line_3: str | None = bt(165, "Deliver to address line 3")
    city: str | None = bt(77, "Deliver to city")
    post_code: str | None = bt(78, "Deliver to post code")
    subdivision: str | None = bt(79, "Deliver to country subdivision")
    country: str | None = bt(80, "Deliver to country code", "code")


@group("BG-13", "Delivery information")
class Delivery(Group):
    name: str | None = bt(70, "Deliver to party name")
    location: str | None = bt(71, "Deliver to location identifier", "identifier")
    location_scheme: str | None = bt("71-1", "Scheme identifier", "code")
    date: str | None = bt(72, "Actual delivery date", "date")
    address: DeliverToAddress | None = None


@group("BG-14", "Invoicing period")
class InvoicingPeriod(Group):
    start: str | None = bt(73, "Invoicing period start date", "date")
    end: str | None = bt(74, "Invoicing period end date", "date")
    vat_point_date_codes: tuple[str, ...] = many(8, "Value added tax point date code", "code")
    is_empty: bool = True


@group("BG-17", "Credit transfer")
class CreditTransfer(Group):
    account: str | None = bt(84, "Payment account identifier", "identifier")
    name: str | None = bt(85, "Payment account name")
    provider: str | None = bt(86, "Payment service provider identifier", "identifier")
    means: str | None = None
    """The payment means type code (BT-81) that it belongs to."""


@group("BG-18", "Payment card information")
class PaymentCard(Group):
    number: str | None = bt(87, "Payment card primary account number", "identifier")
    holder: str | None = bt(88, "Payment card holder name")


@group("BG-19", "Direct debit")
class DirectDebit(Group):
    mandate: str | None = bt(89, "Mandate reference identifier", "identifier")
    debited_account: str | None = bt(91, "Debited account identifier", "identifier")


@dataclass(slots=True, eq=False)
class Instalment(Group):
    """A part of the amount due, and the identifier of the payment instructions that it is paid by: what goes to a
    G-account, and what does not (NLCIUS extension G-account 1.0, NL-GA-01 to NL-GA-03)."""

    means: str | None = None
    amount: str | None = None


@group("BG-16", "Payment instructions")
class PaymentInstructions(Group):
    means: str | None = bt(81, "Payment means type code", "code")
    means_text: str | None = bt(82, "Payment means text")
    remittance: tuple[str, ...] = many(83, "Remittance information")
    identifier: str | None = None
    """By which the extension G-account refers to it (NL-GA-04)."""
    transfers: tuple[CreditTransfer, ...] = ()
    cards: tuple[PaymentCard, ...] = ()
    debits: tuple[DirectDebit, ...] = ()


@dataclass(slots=True, eq=False)
class VatCategory(Group):
    """A VAT category as a line, an allowance, a charge or the breakdown names it.

    `schemes` are the taxes it belongs to: the rules of VAT look at those that are VAT.
    """

    code: str | None = None
    rate: str | None = None
    schemes: tuple[str, ...] = ()
    reason: str | None = None
    reason_code: str | None = None

    @property
    def is_vat(self) -> bool:
        """Its tax scheme is VAT."""
        return is_vat(self.schemes)


@group("BG-30", "Line VAT information")
class LineVat(VatCategory):
    """Also an item's VAT where no line of the norm is: `on_line` tells them apart."""

    code: str | None = bt(151, "Invoiced item VAT category code", "code")
    rate: str | None = bt(152, "Invoiced item VAT rate", "percentage")
    on_line: bool = True


@part("BG-20")
class AllowanceVat(VatCategory):
    """The category of an allowance, on the document or, where the norm has no room for it, on a line."""

    code: str | None = bt(95, "Document level allowance VAT category code", "code")
    rate: str | None = bt(96, "Document level allowance VAT rate", "percentage")


@part("BG-21")
class ChargeVat(VatCategory):
    """The category of a charge, on the document or, where the norm has no room for it, on a line."""

    code: str | None = bt(102, "Document level charge VAT category code", "code")
    rate: str | None = bt(103, "Document level charge VAT rate", "percentage")


@dataclass(slots=True, eq=False)
class UnsortedVat(VatCategory):
    """The category of an allowance or charge whose indicator does not say which of the two it is."""


def indicators(text: str | None) -> set[bool]:
    """What a ChargeIndicator says, as XML Schema reads booleans: True is a charge. Both, where it says both."""
    known = {"true": True, "1": True, "false": False, "0": False}
    stripped = [each.strip(" \t\r\n") for each in every(text)]
    return {known[each] for each in stripped if each in known}


@dataclass(slots=True, eq=False)
class AllowanceCharge(Group):
    """An allowance or a charge; of this class itself where its indicator does not say which of the two."""

    indicator: str | None = None
    amount: str | None = None
    base: str | None = None
    percentage: str | None = None
    reason: str | None = None
    reason_code: str | None = None
    vat: tuple[VatCategory, ...] = ()


@dataclass(slots=True, eq=False)
class OtherAllowance(AllowanceCharge):
    """An allowance where the norm has no room for one, such as below a price."""


@dataclass(slots=True, eq=False)
class OtherCharge(AllowanceCharge):
    """A charge where the norm has no room for one."""


@group("BG-20", "Document level allowances")
class DocumentAllowance(AllowanceCharge):
    amount: str | None = bt(92, "Document level allowance amount", "amount")
    base: str | None = bt(93, "Document level allowance base amount", "amount")
    percentage: str | None = bt(94, "Document level allowance percentage", "percentage")
    reason: str | None = bt(97, "Document level allowance reason")
    reason_code: str | None = bt(98, "Document level allowance reason code", "code")


@group("BG-21", "Document level charges")
class DocumentCharge(AllowanceCharge):
    amount: str | None = bt(99, "Document level charge amount", "amount")
    base: str | None = bt(100, "Document level charge base amount", "amount")
    percentage: str | None = bt(101, "Document level charge percentage", "percentage")
    reason: str | None = bt(104, "Document level charge reason")
    reason_code: str | None = bt(105, "Document level charge reason code", "code")


@group("BG-22", "Document totals")
class Totals(Group):
    lines: str | None = bt(106, "Sum of Invoice line net amount", "amount")
    allowances: str | None = bt(107, "Sum of allowances on document level", "amount")
    charges: str | None = bt(108, "Sum of charges on document level", "amount")
    without_vat: str | None = bt(109, "Invoice total amount without VAT", "amount")
    with_vat: str | None = bt(112, "Invoice total amount with VAT", "amount")
    paid: str | None = bt(113, "Paid amount", "amount")
    rounding: str | None = bt(114, "Rounding amount", "amount")
    due: str | None = bt(115, "Amount due for payment", "amount")


@part("BG-23")
class BreakdownVat(VatCategory):
    """The category of one VAT breakdown of the document, with the breakdown's two amounts."""

    code: str | None = bt(118, "VAT category code", "code")
    rate: str | None = bt(119, "VAT category rate", "percentage")
    reason: str | None = bt(120, "VAT exemption reason text")
    reason_code: str | None = bt(121, "VAT exemption reason code", "code")
    taxable: str | None = None
    tax: str | None = None


@group("BG-23", "VAT breakdown")
class VatBreakdown(Group):
    taxable: str | None = bt(116, "VAT category taxable amount", "amount")
    tax: str | None = bt(117, "VAT category tax amount", "amount")
    vat: tuple[BreakdownVat, ...] = ()
    tax_currency: str | None = None
    rate: str | None = None
    schemes: tuple[str, ...] = ()
    """Rate and taxes where the document writes them next to the amounts, as CII does."""


@part("BG-22")
class VatTotal(Group):
    """Invoice total VAT amount, in the invoice currency (BT-110) or the accounting currency (BT-111), and
    the breakdown below it. A document may hold one for each currency."""

    amount: str | None = bt(110, "Invoice total VAT amount", "amount")
    currency: str | None = None
    breakdowns: tuple[VatBreakdown, ...] = ()


@group("BG-24", "Additional supporting documents")
class SupportingDocument(Group):
    reference: str | None = bt(122, "Supporting document reference", "identifier")
    reference_scheme: str | None = bt("18-1", "Scheme identifier", "code")
    type_code: str | None = None
    description: str | None = bt(123, "Supporting document description")
    location: str | None = bt(124, "External document location")
    media_type: str | None = bt("125-1", "Attached document Mime code", "code")
    filename: str | None = bt("125-2", "Attached document Filename")

    @bt_from(125, "Attached document")
    def is_attached(self) -> bool:
        """Whether the document itself is inside; its bytes are not kept here."""
        return self.media_type is not None or self.filename is not None


@group("BG-26", "Invoice line period")
class LinePeriod(Group):
    start: str | None = bt(134, "Invoice line period start date", "date")
    end: str | None = bt(135, "Invoice line period end date", "date")


@group("BG-27", "Invoice line allowances")
class LineAllowance(AllowanceCharge):
    amount: str | None = bt(136, "Invoice line allowance amount", "amount")
    base: str | None = bt(137, "Invoice line allowance base amount", "amount")
    percentage: str | None = bt(138, "Invoice line allowance percentage", "percentage")
    reason: str | None = bt(139, "Invoice line allowance reason")
    reason_code: str | None = bt(140, "Invoice line allowance reason code", "code")


@group("BG-28", "Invoice line charges")
class LineCharge(AllowanceCharge):
    amount: str | None = bt(141, "Invoice line charge amount", "amount")
    base: str | None = bt(142, "Invoice line charge base amount", "amount")
    percentage: str | None = bt(143, "Invoice line charge percentage", "percentage")
    reason: str | None = bt(144, "Invoice line charge reason")
    reason_code: str | None = bt(145, "Invoice line charge reason code", "code")


ALLOWANCES: tuple[type[AllowanceCharge], ...] = (DocumentAllowance, LineAllowance, OtherAllowance)
CHARGES: tuple[type[AllowanceCharge], ...] = (DocumentCharge, LineCharge, OtherCharge)
ALLOWANCES_AND_CHARGES: tuple[type[AllowanceCharge], ...] = (*ALLOWANCES, *CHARGES, AllowanceCharge)


@group("BG-29", "Price details")
class Price(Group):
    net: str | None = bt(146, "Item net price", "price")
    discount: str | None = bt(147, "Item price discount", "price")
    gross: str | None = bt(148, "Item gross price", "price")
    base_quantity: str | None = bt(149, "Item price base quantity", "quantity")
    base_unit: str | None = bt(150, "Item price base quantity unit of measure code", "code")


@group("BG-32", "Item attributes")
class ItemAttribute(Group):
    name: str | None = bt(160, "Item attribute name")
    value: str | None = bt(161, "Item attribute value")


@group("BG-31", "Item information")
class Item(Group):
    name: str | None = bt(153, "Item name")
    description: str | None = bt(154, "Item description")
    sellers_identifier: str | None = bt(155, "Item Seller's identifier", "identifier")
    buyers_identifier: str | None = bt(156, "Item Buyer's identifier", "identifier")
    standard_identifier: str | None = bt(157, "Item standard identifier", "identifier")
    standard_identifier_scheme: str | None = bt("157-1", "Scheme identifier", "code")
    classifications: tuple[Classification, ...] = many(158, "Item classification identifier", "identifier")
    origin_country: str | None = bt(159, "Item country of origin", "code")
    attributes: tuple[ItemAttribute, ...] = ()


NO_PRICE = Price()
NO_ITEM = Item()


@group("BG-25", "Invoice line")
class InvoiceLine(Group):
    number: str | None = bt(126, "Invoice line identifier", "identifier")
    note: str | None = bt(127, "Invoice line note")
    object: str | None = bt(128, "Invoice line object identifier", "identifier")
    object_scheme: str | None = bt("128-1", "Scheme identifier", "code")
    quantity: str | None = bt(129, "Invoiced quantity", "quantity")
    unit: str | None = bt(130, "Invoiced quantity unit of measure code", "code")
    net_amount: str | None = bt(131, "Invoice line net amount", "amount")
    order_line: str | None = bt(132, "Referenced purchase order line reference")
    accounting_reference: str | None = bt(133, "Invoice line Buyer accounting reference")
    periods: tuple[LinePeriod, ...] = ()
    allowances_and_charges: tuple[AllowanceCharge, ...] = ()
    price: Price = NO_PRICE
    vat: tuple[LineVat, ...] = ()
    item: Item = NO_ITEM
    is_credit: bool = False
    """Written as a CreditNoteLine."""

    @property
    def allowances(self) -> tuple[LineAllowance, ...]:
        """Invoice line allowances (BG-27)."""
        return tuple(each for each in self.allowances_and_charges if isinstance(each, LineAllowance))

    @property
    def charges(self) -> tuple[LineCharge, ...]:
        """Invoice line charges (BG-28)."""
        return tuple(each for each in self.allowances_and_charges if isinstance(each, LineCharge))


@group("", "Invoice")
class Invoice(Document):
    """One invoice or credit note. `kind` is the name of its root element."""

    number: str | None = bt(1, "Invoice number", "identifier")
    issue_date: str | None = bt(2, "Invoice issue date", "date")
    type_code: str | None = bt(3, "Invoice type code", "code")
    currency: str | None = bt(5, "Invoice currency code", "code")
    vat_currency: str | None = bt(6, "VAT accounting currency code", "code")
    vat_point_date: str | None = bt(7, "Value added tax point date", "date")
    due_date: str | None = bt(9, "Payment due date", "date")
    buyer_reference: str | None = bt(10, "Buyer reference")
    project: str | None = bt(11, "Project reference")
    contract: str | None = bt(12, "Contract reference")
    purchase_order: str | None = bt(13, "Purchase order reference")
    sales_order: str | None = bt(14, "Sales order reference")
    receiving_advice: str | None = bt(15, "Receiving advice reference")
    despatch_advice: str | None = bt(16, "Despatch advice reference")
    tender: str | None = bt(17, "Tender or lot reference")
    accounting_reference: str | None = bt(19, "Buyer accounting reference")
    payment_terms: tuple[str, ...] = many(20, "Payment terms")
    process: str | None = bt(23, "Business process type", "identifier")
    specification: str | None = bt(24, "Specification identifier", "identifier")
    notes: tuple[Note, ...] = ()
    preceding: tuple[PrecedingInvoice, ...] = ()
    sellers: tuple[Seller, ...] = ()
    buyers: tuple[Buyer, ...] = ()
    payees: tuple[Payee, ...] = ()
    representatives: tuple[TaxRepresentative, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    periods: tuple[InvoicingPeriod, ...] = ()
    vat_point_date_codes: tuple[str, ...] = ()
    """BT-8 where it is not in the period: CII has it in the VAT breakdowns."""
    payments: tuple[PaymentInstructions, ...] = ()
    instalments: tuple[Instalment, ...] = ()
    remittance: tuple[str, ...] = ()
    """BT-83 where it is not in the payment instructions: CII has it next to them."""
    mandates: tuple[str, ...] = ()
    """BT-89 where it is not in the direct debit: CII has it in the payment terms."""
    creditors: tuple[str, ...] = ()
    """BT-90 where it is no identifier of the seller: CII has it next to the payment instructions."""
    allowances_and_charges: tuple[AllowanceCharge, ...] = ()
    totals: tuple[Totals, ...] = ()
    vat_totals: tuple[VatTotal, ...] = ()
    vat_breakdowns: tuple[VatBreakdown, ...] = ()
    """VAT breakdowns that are next to the totals, as in CII, and not inside them."""
    documents: tuple[SupportingDocument, ...] = ()
    lines: tuple[InvoiceLine, ...] = ()

    @property
    def seller(self) -> Seller:
        """The seller; an empty one where the document has none, or several."""
        return self.sellers[0] if len(self.sellers) == 1 else Seller()

    @property
    def buyer(self) -> Buyer:
        """The buyer; an empty one where the document has none, or several."""
        return self.buyers[0] if len(self.buyers) == 1 else Buyer()

    @property
    def allowances(self) -> tuple[DocumentAllowance, ...]:
        """Document level allowances (BG-20)."""
        return tuple(each for each in self.allowances_and_charges if isinstance(each, DocumentAllowance))

    @property
    def charges(self) -> tuple[AllowanceCharge, ...]:
        """Document level charges (BG-21); and what says of itself to be both, an allowance and a charge."""
        return tuple(
            each
            for each in self.allowances_and_charges
            if isinstance(each, DocumentCharge) or True in indicators(each.indicator)
        )

    @bt_from(18, "Invoiced object identifier", "identifier")
    def invoiced_object(self) -> str | None:
        """It is written as an additional document of type 130."""
        return next((each.reference for each in self.documents if each.type_code == "130"), None)

    @bt_from(111, "Invoice total VAT amount in accounting currency", "amount")
    def vat_in_accounting_currency(self) -> str | None:
        """The VAT total in the currency of BT-6."""
        wanted = self.vat_currency
        return next((each.amount for each in self.vat_totals if wanted and each.currency == wanted), None)

    @property
    def any_breakdown(self) -> VatBreakdown | None:
        """The first VAT breakdown (BG-23), if there is one."""
        return next(self.breakdowns(), None)

    def breakdowns(self) -> Iterator[VatBreakdown]:
        """Every VAT breakdown (BG-23) of the document."""
        yield from self.vat_breakdowns
        for total in self.vat_totals:
            yield from total.breakdowns


GROUPS["BG-2"] = GroupTerm("BG-2", Text("Process control"), Invoice)
"""Its two terms (BT-23, BT-24) are in the invoice itself."""
