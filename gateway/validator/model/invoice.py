"""The semantic invoice of EN 16931-1:2017+A1: every business group and business term, under the norm's own names.

A credit note is the same model. Terms hold the text of the document, `gateway.validator.model.amounts` makes exact
numbers of it. Groups that the norm allows once but a document can repeat are tuples, so nothing that was
said is lost. `Invoice.nodes` finds each group wherever it stands, also where the norm has no room for it.
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
    """The terms that hold a code, as far as one code list serves them wherever they stand."""

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
    PAYMENT_MEANS = "BT-81"
    VAT_CATEGORY = "BT-95, BT-102, BT-118"
    ITEM_VAT_CATEGORY = "BT-151"
    EXEMPTION_REASON = "BT-121"
    UNIT = "BT-130, BT-150"
    MEDIA_TYPE = "BT-125-1"


@group("BG-1", "Invoice note", "Factuurnotitie")
@dataclass(slots=True, eq=False)
class Note(Group):
    text: str | None = bt(22, "Invoice note", "Notitie")

    @bt_from(21, "Invoice note subject code", "Onderwerpcode van de notitie", "code")
    def subject_code(self) -> str | None:
        """UBL writes it before the note between number signs: `#AAI#`."""
        _, hash_sign, rest = (self.text or "").partition("#")
        code, closing, _ = rest.partition("#")
        return code if hash_sign and closing and len(code) == 3 else None


@group("BG-3", "Preceding invoice reference", "Verwijzing naar een eerdere factuur")
@dataclass(slots=True, eq=False)
class PrecedingInvoice(Group):
    number: str | None = bt(25, "Preceding Invoice reference", "Nummer van de eerdere factuur", "identifier")
    issue_date: str | None = bt(26, "Preceding Invoice issue date", "Datum van de eerdere factuur", "date")


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
    """A reference to a line of an order that stands below a line, where the norm has no room for it."""

    order_line: str | None = None


@dataclass(slots=True, eq=False)
class ObjectReference(Group):
    """A document or object that a line refers to; type code 130 makes it the invoiced object (BT-128)."""

    value: str | None = None
    scheme: str | None = None
    type_code: str | None = None


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


@group("BG-5", "Seller postal address", "Postadres van de verkoper")
@dataclass(slots=True, eq=False)
class SellerAddress(Group):
    line_1: str | None = bt(35, "Seller address line 1", "Adresregel 1 van de verkoper")
    line_2: str | None = bt(36, "Seller address line 2", "Adresregel 2 van de verkoper")
    line_3: str | None = bt(162, "Seller address line 3", "Adresregel 3 van de verkoper")
    city: str | None = bt(37, "Seller city", "Plaats van de verkoper")
    post_code: str | None = bt(38, "Seller post code", "Postcode van de verkoper")
    subdivision: str | None = bt(39, "Seller country subdivision", "Provincie van de verkoper")
    country: str | None = bt(40, "Seller country code", "Landcode van de verkoper", "code")


@group("BG-6", "Seller contact", "Contact bij de verkoper")
@dataclass(slots=True, eq=False)
class SellerContact(Group):
    name: str | None = bt(41, "Seller contact point", "Contactpunt bij de verkoper")
    telephone: str | None = bt(42, "Seller contact telephone number", "Telefoonnummer van de verkoper")
    email: str | None = bt(43, "Seller contact email address", "E-mailadres van de verkoper")


@group("BG-4", "Seller", "Verkoper")
@dataclass(slots=True, eq=False)
class Seller(Group):
    name: str | None = bt(27, "Seller name", "Naam van de verkoper")
    trading_names: tuple[str, ...] = many(28, "Seller trading name", "Handelsnaam van de verkoper")
    identifiers: tuple[Identifier, ...] = many(29, "Seller identifier", "Nummer van de verkoper", "identifier")
    legal_registration: str | None = bt(
        30, "Seller legal registration identifier", "Registratienummer van de verkoper (KvK of OIN)", "identifier"
    )
    legal_registration_scheme: str | None = bt("30-1", "Scheme identifier", "Soort registratienummer", "code")
    tax_registrations: tuple[TaxRegistration, ...] = many(
        31, "Seller VAT identifier", "Btw-nummer van de verkoper", "identifier"
    )
    legal_information: str | None = bt(
        33, "Seller additional legal information", "Aanvullende juridische gegevens"
    )
    electronic_address: str | None = bt(
        34, "Seller electronic address", "Elektronisch adres van de verkoper", "identifier"
    )
    electronic_address_scheme: str | None = bt("34-1", "Scheme identifier", "Soort elektronisch adres", "code")
    address: SellerAddress | None = None
    contact: SellerContact | None = None

    @bt_from(32, "Seller tax registration identifier", "Fiscaal nummer van de verkoper", "identifier")
    def tax_registration(self) -> str | None:
        """The first number for another tax than VAT."""
        return next((each.identifier for each in self.tax_registrations if not each.is_vat), None)

    @bt_from(90, "Bank assigned creditor identifier", "Incassant-ID", "identifier")
    def creditor(self) -> str | None:
        """UBL writes it as an identifier of the seller (or the payee) with the scheme SEPA."""
        return next((each.value for each in self.identifiers if each.scheme == "SEPA"), None)


@group("BG-8", "Buyer postal address", "Postadres van de koper")
@dataclass(slots=True, eq=False)
class BuyerAddress(Group):
    line_1: str | None = bt(50, "Buyer address line 1", "Adresregel 1 van de koper")
    line_2: str | None = bt(51, "Buyer address line 2", "Adresregel 2 van de koper")
    line_3: str | None = bt(163, "Buyer address line 3", "Adresregel 3 van de koper")
    city: str | None = bt(52, "Buyer city", "Plaats van de koper")
    post_code: str | None = bt(53, "Buyer post code", "Postcode van de koper")
    subdivision: str | None = bt(54, "Buyer country subdivision", "Provincie van de koper")
    country: str | None = bt(55, "Buyer country code", "Landcode van de koper", "code")


@group("BG-9", "Buyer contact", "Contact bij de koper")
@dataclass(slots=True, eq=False)
class BuyerContact(Group):
    name: str | None = bt(56, "Buyer contact point", "Contactpunt bij de koper")
    telephone: str | None = bt(57, "Buyer contact telephone number", "Telefoonnummer van de koper")
    email: str | None = bt(58, "Buyer contact email address", "E-mailadres van de koper")


@group("BG-7", "Buyer", "Koper")
@dataclass(slots=True, eq=False)
class Buyer(Group):
    name: str | None = bt(44, "Buyer name", "Naam van de koper")
    trading_names: tuple[str, ...] = many(45, "Buyer trading name", "Handelsnaam van de koper")
    identifiers: tuple[Identifier, ...] = many(46, "Buyer identifier", "Nummer van de koper", "identifier")
    legal_registration: str | None = bt(
        47, "Buyer legal registration identifier", "Registratienummer van de koper (KvK of OIN)", "identifier"
    )
    legal_registration_scheme: str | None = bt("47-1", "Scheme identifier", "Soort registratienummer", "code")
    tax_registrations: tuple[TaxRegistration, ...] = many(
        48, "Buyer VAT identifier", "Btw-nummer van de koper", "identifier"
    )
    electronic_address: str | None = bt(
        49, "Buyer electronic address", "Elektronisch adres van de koper", "identifier"
    )
    electronic_address_scheme: str | None = bt("49-1", "Scheme identifier", "Soort elektronisch adres", "code")
    address: BuyerAddress | None = None
    contact: BuyerContact | None = None
    has_legal_entity: bool = False
    """Whether the document has the part that holds name and legal registration (PartyLegalEntity)."""


@group("BG-10", "Payee", "Begunstigde")
@dataclass(slots=True, eq=False)
class Payee(Group):
    names: tuple[str, ...] = many(59, "Payee name", "Naam van de begunstigde")
    identifiers: tuple[Identifier, ...] = many(60, "Payee identifier", "Nummer van de begunstigde", "identifier")
    legal_registration: str | None = bt(
        61, "Payee legal registration identifier", "Registratienummer van de begunstigde", "identifier"
    )
    legal_registration_scheme: str | None = bt("61-1", "Scheme identifier", "Soort registratienummer", "code")


@group("BG-12", "Seller tax representative postal address", "Postadres van de fiscaal vertegenwoordiger")
@dataclass(slots=True, eq=False)
class RepresentativeAddress(Group):
    line_1: str | None = bt(64, "Tax representative address line 1", "Adresregel 1 van de vertegenwoordiger")
    line_2: str | None = bt(65, "Tax representative address line 2", "Adresregel 2 van de vertegenwoordiger")
    line_3: str | None = bt(164, "Tax representative address line 3", "Adresregel 3 van de vertegenwoordiger")
    city: str | None = bt(66, "Tax representative city", "Plaats van de vertegenwoordiger")
    post_code: str | None = bt(67, "Tax representative post code", "Postcode van de vertegenwoordiger")
    subdivision: str | None = bt(
        68, "Tax representative country subdivision", "Provincie van de vertegenwoordiger"
    )
    country: str | None = bt(69, "Tax representative country code", "Landcode van de vertegenwoordiger", "code")


@group("BG-11", "Seller tax representative party", "Fiscaal vertegenwoordiger van de verkoper")
@dataclass(slots=True, eq=False)
class TaxRepresentative(Group):
    name: str | None = bt(62, "Seller tax representative name", "Naam van de fiscaal vertegenwoordiger")
    tax_registrations: tuple[TaxRegistration, ...] = many(
        63, "Seller tax representative VAT identifier", "Btw-nummer van de fiscaal vertegenwoordiger", "identifier"
    )
    address: RepresentativeAddress | None = None


@group("BG-15", "Deliver to address", "Afleveradres")
@dataclass(slots=True, eq=False)
class DeliverToAddress(Group):
    line_1: str | None = bt(75, "Deliver to address line 1", "Adresregel 1 van het afleveradres")
    line_2: str | None = bt(76, "Deliver to address line 2", "Adresregel 2 van het afleveradres")
    line_3: str | None = bt(165, "Deliver to address line 3", "Adresregel 3 van het afleveradres")
    city: str | None = bt(77, "Deliver to city", "Plaats van aflevering")
    post_code: str | None = bt(78, "Deliver to post code", "Postcode van aflevering")
    subdivision: str | None = bt(79, "Deliver to country subdivision", "Provincie van aflevering")
    country: str | None = bt(80, "Deliver to country code", "Landcode van het afleveradres", "code")


@group("BG-13", "Delivery information", "Aflevergegevens")
@dataclass(slots=True, eq=False)
class Delivery(Group):
    name: str | None = bt(70, "Deliver to party name", "Naam van de ontvanger van de levering")
    location: str | None = bt(71, "Deliver to location identifier", "Nummer van de afleverlocatie", "identifier")
    location_scheme: str | None = bt("71-1", "Scheme identifier", "Soort locatienummer", "code")
    date: str | None = bt(72, "Actual delivery date", "Werkelijke leverdatum", "date")
    address: DeliverToAddress | None = None


@group("BG-14", "Invoicing period", "Factuurperiode")
@dataclass(slots=True, eq=False)
class InvoicingPeriod(Group):
    start: str | None = bt(73, "Invoicing period start date", "Begindatum van de factuurperiode", "date")
    end: str | None = bt(74, "Invoicing period end date", "Einddatum van de factuurperiode", "date")
    vat_point_date_codes: tuple[str, ...] = many(
        8, "Value added tax point date code", "Code voor de btw-peildatum", "code"
    )
    is_empty: bool = True


@group("BG-17", "Credit transfer", "Overboeking")
@dataclass(slots=True, eq=False)
class CreditTransfer(Group):
    account: str | None = bt(84, "Payment account identifier", "Rekeningnummer (IBAN)", "identifier")
    name: str | None = bt(85, "Payment account name", "Naam van de rekening")
    provider: str | None = bt(86, "Payment service provider identifier", "Bank (BIC)", "identifier")
    means: str | None = None
    """The payment means type code (BT-81) it stands under."""


@group("BG-18", "Payment card information", "Gegevens van de betaalkaart")
@dataclass(slots=True, eq=False)
class PaymentCard(Group):
    number: str | None = bt(87, "Payment card primary account number", "Nummer van de betaalkaart", "identifier")
    holder: str | None = bt(88, "Payment card holder name", "Naam van de kaarthouder")


@group("BG-19", "Direct debit", "Automatische incasso")
@dataclass(slots=True, eq=False)
class DirectDebit(Group):
    mandate: str | None = bt(89, "Mandate reference identifier", "Kenmerk van de machtiging", "identifier")
    debited_account: str | None = bt(91, "Debited account identifier", "Te belasten rekening", "identifier")


@group("BG-16", "Payment instructions", "Betaalgegevens")
@dataclass(slots=True, eq=False)
class PaymentInstructions(Group):
    means: str | None = bt(81, "Payment means type code", "Code van de betaalwijze", "code")
    means_text: str | None = bt(82, "Payment means text", "Betaalwijze in woorden")
    remittance: tuple[str, ...] = many(83, "Remittance information", "Betalingskenmerk")
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


@group("BG-30", "Line VAT information", "Btw van de regel")
@dataclass(slots=True, eq=False)
class LineVat(VatCategory):
    """Also an item's VAT where no line of the norm is: `on_line` tells them apart."""

    code: str | None = bt(151, "Invoiced item VAT category code", "Btw-categorie van het artikel", "code")
    rate: str | None = bt(152, "Invoiced item VAT rate", "Btw-tarief van het artikel", "percentage")
    on_line: bool = True


@part("BG-20")
@dataclass(slots=True, eq=False)
class AllowanceVat(VatCategory):
    """The category of an allowance, on the document or, where the norm has no room for it, on a line."""

    code: str | None = bt(95, "Document level allowance VAT category code", "Btw-categorie van de korting", "code")
    rate: str | None = bt(96, "Document level allowance VAT rate", "Btw-tarief van de korting", "percentage")


@part("BG-21")
@dataclass(slots=True, eq=False)
class ChargeVat(VatCategory):
    """The category of a charge, on the document or, where the norm has no room for it, on a line."""

    code: str | None = bt(102, "Document level charge VAT category code", "Btw-categorie van de toeslag", "code")
    rate: str | None = bt(103, "Document level charge VAT rate", "Btw-tarief van de toeslag", "percentage")


@dataclass(slots=True, eq=False)
class UnsortedVat(VatCategory):
    """The category of an allowance or charge whose indicator does not say which of the two it is."""


def indicators(text: str | None) -> set[bool]:
    """What a ChargeIndicator says, as XML Schema reads booleans: True is a charge. Both, where it stands twice."""
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


@group("BG-20", "Document level allowances", "Korting op de factuur")
@dataclass(slots=True, eq=False)
class DocumentAllowance(AllowanceCharge):
    amount: str | None = bt(92, "Document level allowance amount", "Kortingsbedrag", "amount")
    base: str | None = bt(93, "Document level allowance base amount", "Basisbedrag van de korting", "amount")
    percentage: str | None = bt(94, "Document level allowance percentage", "Kortingspercentage", "percentage")
    reason: str | None = bt(97, "Document level allowance reason", "Reden van de korting")
    reason_code: str | None = bt(98, "Document level allowance reason code", "Redencode van de korting", "code")


@group("BG-21", "Document level charges", "Toeslag op de factuur")
@dataclass(slots=True, eq=False)
class DocumentCharge(AllowanceCharge):
    amount: str | None = bt(99, "Document level charge amount", "Toeslagbedrag", "amount")
    base: str | None = bt(100, "Document level charge base amount", "Basisbedrag van de toeslag", "amount")
    percentage: str | None = bt(101, "Document level charge percentage", "Toeslagpercentage", "percentage")
    reason: str | None = bt(104, "Document level charge reason", "Reden van de toeslag")
    reason_code: str | None = bt(105, "Document level charge reason code", "Redencode van de toeslag", "code")


@group("BG-22", "Document totals", "Totalen van de factuur")
@dataclass(slots=True, eq=False)
class Totals(Group):
    lines: str | None = bt(106, "Sum of Invoice line net amount", "Som van de regelbedragen", "amount")
    allowances: str | None = bt(107, "Sum of allowances on document level", "Som van de kortingen", "amount")
    charges: str | None = bt(108, "Sum of charges on document level", "Som van de toeslagen", "amount")
    without_vat: str | None = bt(109, "Invoice total amount without VAT", "Totaal zonder btw", "amount")
    with_vat: str | None = bt(112, "Invoice total amount with VAT", "Totaal met btw", "amount")
    paid: str | None = bt(113, "Paid amount", "Reeds betaald", "amount")
    rounding: str | None = bt(114, "Rounding amount", "Afronding", "amount")
    due: str | None = bt(115, "Amount due for payment", "Te betalen bedrag", "amount")


@part("BG-23")
@dataclass(slots=True, eq=False)
class BreakdownVat(VatCategory):
    """The category of one VAT breakdown of the document, with the breakdown's two amounts."""

    code: str | None = bt(118, "VAT category code", "Btw-categorie", "code")
    rate: str | None = bt(119, "VAT category rate", "Btw-tarief", "percentage")
    reason: str | None = bt(120, "VAT exemption reason text", "Reden van vrijstelling")
    reason_code: str | None = bt(121, "VAT exemption reason code", "Redencode van vrijstelling", "code")
    taxable: str | None = None
    tax: str | None = None


@group("BG-23", "VAT breakdown", "Btw-specificatie")
@dataclass(slots=True, eq=False)
class VatBreakdown(Group):
    taxable: str | None = bt(116, "VAT category taxable amount", "Maatstaf van heffing", "amount")
    tax: str | None = bt(117, "VAT category tax amount", "Btw-bedrag van de categorie", "amount")
    vat: tuple[BreakdownVat, ...] = ()
    tax_currency: str | None = None


@part("BG-22")
@dataclass(slots=True, eq=False)
class VatTotal(Group):
    """Invoice total VAT amount, in the invoice currency (BT-110) or the accounting currency (BT-111), and
    the breakdown below it. A document may hold one for each currency."""

    amount: str | None = bt(110, "Invoice total VAT amount", "Totaal btw-bedrag", "amount")
    currency: str | None = None
    breakdowns: tuple[VatBreakdown, ...] = ()


@group("BG-24", "Additional supporting documents", "Bijlagen en ondersteunende documenten")
@dataclass(slots=True, eq=False)
class SupportingDocument(Group):
    reference: str | None = bt(122, "Supporting document reference", "Kenmerk van het document", "identifier")
    reference_scheme: str | None = bt("18-1", "Scheme identifier", "Soort kenmerk", "code")
    type_code: str | None = None
    description: str | None = bt(123, "Supporting document description", "Omschrijving van het document")
    location: str | None = bt(124, "External document location", "Vindplaats van het document")
    media_type: str | None = bt("125-1", "Attached document Mime code", "Soort bijlage (MIME)", "code")
    filename: str | None = bt("125-2", "Attached document Filename", "Bestandsnaam van de bijlage")

    @bt_from(125, "Attached document", "Bijlage")
    def is_attached(self) -> bool:
        """Whether the document itself is inside; its bytes are not kept here."""
        return self.media_type is not None or self.filename is not None


@group("BG-26", "Invoice line period", "Periode van de regel")
@dataclass(slots=True, eq=False)
class LinePeriod(Group):
    start: str | None = bt(134, "Invoice line period start date", "Begindatum van de regel", "date")
    end: str | None = bt(135, "Invoice line period end date", "Einddatum van de regel", "date")


@group("BG-27", "Invoice line allowances", "Korting op de regel")
@dataclass(slots=True, eq=False)
class LineAllowance(AllowanceCharge):
    amount: str | None = bt(136, "Invoice line allowance amount", "Kortingsbedrag van de regel", "amount")
    base: str | None = bt(137, "Invoice line allowance base amount", "Basisbedrag van de korting", "amount")
    percentage: str | None = bt(138, "Invoice line allowance percentage", "Kortingspercentage", "percentage")
    reason: str | None = bt(139, "Invoice line allowance reason", "Reden van de korting")
    reason_code: str | None = bt(140, "Invoice line allowance reason code", "Redencode van de korting", "code")


@group("BG-28", "Invoice line charges", "Toeslag op de regel")
@dataclass(slots=True, eq=False)
class LineCharge(AllowanceCharge):
    amount: str | None = bt(141, "Invoice line charge amount", "Toeslagbedrag van de regel", "amount")
    base: str | None = bt(142, "Invoice line charge base amount", "Basisbedrag van de toeslag", "amount")
    percentage: str | None = bt(143, "Invoice line charge percentage", "Toeslagpercentage", "percentage")
    reason: str | None = bt(144, "Invoice line charge reason", "Reden van de toeslag")
    reason_code: str | None = bt(145, "Invoice line charge reason code", "Redencode van de toeslag", "code")


@group("BG-29", "Price details", "Prijs")
@dataclass(slots=True, eq=False)
class Price(Group):
    net: str | None = bt(146, "Item net price", "Nettoprijs van het artikel", "price")
    discount: str | None = bt(147, "Item price discount", "Korting op de prijs", "price")
    gross: str | None = bt(148, "Item gross price", "Brutoprijs van het artikel", "price")
    base_quantity: str | None = bt(
        149, "Item price base quantity", "Hoeveelheid waarvoor de prijs geldt", "quantity"
    )
    base_unit: str | None = bt(
        150, "Item price base quantity unit of measure code", "Eenheid van de prijs", "code"
    )


@group("BG-32", "Item attributes", "Kenmerken van het artikel")
@dataclass(slots=True, eq=False)
class ItemAttribute(Group):
    name: str | None = bt(160, "Item attribute name", "Naam van het kenmerk")
    value: str | None = bt(161, "Item attribute value", "Waarde van het kenmerk")


@group("BG-31", "Item information", "Artikel")
@dataclass(slots=True, eq=False)
class Item(Group):
    name: str | None = bt(153, "Item name", "Naam van het artikel")
    description: str | None = bt(154, "Item description", "Omschrijving van het artikel")
    sellers_identifier: str | None = bt(
        155, "Item Seller's identifier", "Artikelnummer van de verkoper", "identifier"
    )
    buyers_identifier: str | None = bt(156, "Item Buyer's identifier", "Artikelnummer van de koper", "identifier")
    standard_identifier: str | None = bt(157, "Item standard identifier", "Standaard artikelnummer", "identifier")
    standard_identifier_scheme: str | None = bt("157-1", "Scheme identifier", "Soort artikelnummer", "code")
    classifications: tuple[Classification, ...] = many(
        158, "Item classification identifier", "Classificatie van het artikel", "identifier"
    )
    origin_country: str | None = bt(159, "Item country of origin", "Land van herkomst", "code")
    attributes: tuple[ItemAttribute, ...] = ()


NO_PRICE = Price()
NO_ITEM = Item()


@group("BG-25", "Invoice line", "Factuurregel")
@dataclass(slots=True, eq=False)
class InvoiceLine(Group):
    number: str | None = bt(126, "Invoice line identifier", "Regelnummer", "identifier")
    note: str | None = bt(127, "Invoice line note", "Notitie bij de regel")
    object: str | None = bt(128, "Invoice line object identifier", "Nummer van het object", "identifier")
    object_scheme: str | None = bt("128-1", "Scheme identifier", "Soort objectnummer", "code")
    quantity: str | None = bt(129, "Invoiced quantity", "Gefactureerde hoeveelheid", "quantity")
    unit: str | None = bt(130, "Invoiced quantity unit of measure code", "Eenheid van de hoeveelheid", "code")
    net_amount: str | None = bt(131, "Invoice line net amount", "Nettobedrag van de regel", "amount")
    order_line: str | None = bt(132, "Referenced purchase order line reference", "Regel van de bestelling")
    accounting_reference: str | None = bt(
        133, "Invoice line Buyer accounting reference", "Boekingskenmerk van de koper"
    )
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


@group("", "Invoice", "Factuur")
@dataclass(slots=True, eq=False)
class Invoice(Document):
    """One invoice or credit note. `kind` is the name of its root element."""

    kind: str = "Invoice"
    number: str | None = bt(1, "Invoice number", "Factuurnummer", "identifier")
    issue_date: str | None = bt(2, "Invoice issue date", "Factuurdatum", "date")
    type_code: str | None = bt(3, "Invoice type code", "Soort factuur", "code")
    currency: str | None = bt(5, "Invoice currency code", "Valuta van de factuur", "code")
    vat_currency: str | None = bt(6, "VAT accounting currency code", "Valuta van de btw-aangifte", "code")
    vat_point_date: str | None = bt(7, "Value added tax point date", "Btw-peildatum", "date")
    due_date: str | None = bt(9, "Payment due date", "Uiterste betaaldatum", "date")
    buyer_reference: str | None = bt(10, "Buyer reference", "Kenmerk van de koper")
    project: str | None = bt(11, "Project reference", "Projectnummer")
    contract: str | None = bt(12, "Contract reference", "Contractnummer")
    purchase_order: str | None = bt(13, "Purchase order reference", "Bestelnummer van de koper")
    sales_order: str | None = bt(14, "Sales order reference", "Ordernummer van de verkoper")
    receiving_advice: str | None = bt(15, "Receiving advice reference", "Nummer van het ontvangstbericht")
    despatch_advice: str | None = bt(16, "Despatch advice reference", "Nummer van het verzendbericht")
    tender: str | None = bt(17, "Tender or lot reference", "Kenmerk van de aanbesteding")
    accounting_reference: str | None = bt(19, "Buyer accounting reference", "Boekingskenmerk van de koper")
    payment_terms: tuple[str, ...] = many(20, "Payment terms", "Betalingsvoorwaarden")
    process: str | None = bt(23, "Business process type", "Soort bedrijfsproces", "identifier")
    specification: str | None = bt(24, "Specification identifier", "Kenmerk van de specificatie", "identifier")
    notes: tuple[Note, ...] = ()
    preceding: tuple[PrecedingInvoice, ...] = ()
    sellers: tuple[Seller, ...] = ()
    buyers: tuple[Buyer, ...] = ()
    payees: tuple[Payee, ...] = ()
    representatives: tuple[TaxRepresentative, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    periods: tuple[InvoicingPeriod, ...] = ()
    payments: tuple[PaymentInstructions, ...] = ()
    allowances_and_charges: tuple[AllowanceCharge, ...] = ()
    totals: tuple[Totals, ...] = ()
    vat_totals: tuple[VatTotal, ...] = ()
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

    @bt_from(18, "Invoiced object identifier", "Nummer van het gefactureerde object", "identifier")
    def invoiced_object(self) -> str | None:
        """UBL writes it as an additional document of type 130."""
        return next((each.reference for each in self.documents if each.type_code == "130"), None)

    @bt_from(
        111, "Invoice total VAT amount in accounting currency", "Totaal btw-bedrag in de aangiftevaluta", "amount"
    )
    def vat_in_accounting_currency(self) -> str | None:
        """The VAT total in the currency of BT-6."""
        wanted = self.vat_currency
        return next((each.amount for each in self.vat_totals if wanted and each.currency == wanted), None)

    @property
    def any_breakdown(self) -> VatBreakdown | None:
        """The first VAT breakdown (BG-23), if there is one."""
        return next(self.breakdowns(), None)

    def breakdowns(self) -> Iterator[VatBreakdown]:
        """Every VAT breakdown (BG-23) below the document's own VAT totals."""
        for total in self.vat_totals:
            yield from total.breakdowns


GROUPS["BG-2"] = GroupTerm("BG-2", Text("Process control"), Invoice)
"""Its two terms (BT-23, BT-24) stand in the invoice itself."""
