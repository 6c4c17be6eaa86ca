"""NLCIUS: the Dutch rules on top of EN 16931, as SI-UBL 2.0 publishes them.

Most apply when the seller is in the Netherlands; all but SI-UBL-2 ask that the specification identifier
(BT-24) names NLCIUS, somewhere in it: a suffix still counts. The official text has one pattern, so an element
meets only the first rule written for it: BR-NL-32-2 and -32-3 can never break. Numbers 6, 14 to 18, 22 and 23
carry no rule in it; BR-NL-34 (charges) is published under the ids of BR-NL-32.

SI-UBL-2 (no empty elements) asks for the XML and is in `gateway.validator.ubl.si_ubl`.

Source: Stichting Peppolautoriteit, SI-UBL 2.0, version 2.0.3.12, in force 23 February 2026.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import exact
from gateway.validator.model.invoice import (
    ALLOWANCES_AND_CHARGES,
    AllowanceCharge,
    Buyer,
    BuyerAddress,
    Coded,
    CreditTransfer,
    DeliverToAddress,
    Invoice,
    InvoiceLine,
    OrderLineReference,
    PaymentInstructions,
    PrecedingInvoice,
    RepresentativeAddress,
    Seller,
    SellerAddress,
    TaxPoint,
    TaxRegistration,
    Totals,
    VatBreakdown,
    VatTotal,
)
from gateway.validator.model.terms import CodeUse, Group, every
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Claim, Rule, RulePage, RuleSet, rule_set
from gateway.validator.rules.forms import SPACE, condition, unchecked
from gateway.validator.rules.invoice_facts import InvoiceFacts

SOURCE = "SI-UBL 2.0 (NLCIUS) 2.0.3.12"
VERSION = "2.0.3.12"
IN_FORCE = date(2026, 2, 23)

NLCIUS_MARK = "#compliant#urn:fdc:nen.nl:nlcius:v1.0"
G_ACCOUNT_MARK = "#conformant#urn:fdc:nen.nl:gaccount:v1.0"
CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"

KVK_OR_OIN = ("0106", "0190")
TYPE_CODES = ("380", "381", "384", "389")
MEANS = ("30", "48", "49", "57", "58", "59")
SEPA_MEANS = ("58", "59")

Select = Callable[[InvoiceFacts], Sequence[Group]]


# When a rule applies ----------------------------------------------------------------------------------------


def is_nlcius(invoice: Invoice) -> bool:
    """Whether the specification identifier (BT-24) names NLCIUS or its G-account extension."""
    given = every(invoice.specification)
    return len(given) == 1 and any(mark in _normal(given[0]) for mark in (NLCIUS_MARK, G_ACCOUNT_MARK))


def has_dutch_seller(invoice: Invoice) -> bool:
    """Whether the seller's country (BT-40) is NL, in capitals or not. Two countries, which no schema allows,
    are none: the official text then matches no rule."""
    given = [country for address in invoice.all(SellerAddress) for country in every(address.country)]
    return len(given) == 1 and _normal(given[0]).upper() == "NL"


def is_dutch(facts: InvoiceFacts) -> bool:
    """Whether the document is an NLCIUS invoice of a Dutch seller; the rules apply to no other."""
    return is_nlcius(facts.invoice) and has_dutch_seller(facts.invoice)


def _uses(kind: Coded) -> Select:
    return lambda facts: [
        CodeUse(ordinal, kind, value)
        for value, ordinals in facts.invoice.coded.get(kind, {}).items()
        for ordinal in ordinals
    ]


def _normal(text: str | None) -> str:
    """XPath's normalize-space."""
    return " ".join(
        part for part in (text or "").replace("\t", " ").replace("\n", " ").replace("\r", " ").split(" ") if part
    )


# What must be there -----------------------------------------------------------------------------------------


@condition(
    "BR-NL-1",
    on=Seller,
    terms="BT-30",
    sentence=Text(
        "A Dutch seller gives its KvK number (0106) or OIN (0190) as legal registration identifier (BT-30)."
    ),
    source=SOURCE,
    applies=is_dutch,
    detail=lambda seller, _facts: _number_of(seller, "BT-30"),
)
def seller_has_kvk_or_oin(seller: Seller, _facts: InvoiceFacts) -> bool:
    filled = any(each.strip(SPACE) for each in every(seller.legal_registration))
    return filled and _kvk_or_oin(seller.legal_registration_scheme)


def _kvk_or_oin(scheme: str | None) -> bool:
    listed = f" {' '.join(every(scheme))} "
    return any(f" {code} " in listed for code in KVK_OR_OIN)


def _number_of(party: Seller | Buyer, term: str) -> Detail:
    scheme = party.legal_registration_scheme
    number = party.legal_registration
    return Detail(
        found=None if number is None else f"{number} ({scheme})" if scheme is not None else number,
        expected="schemeID 0106 + KvK, schemeID 0190 + OIN",
        advice=Text('Write <cbc:CompanyID schemeID="0106"> with the eight digits of the KvK number.'),
        term=term,
    )


@condition(
    "BR-NL-2",
    on=Invoice,
    terms="BT-10 BT-13",
    sentence=Text(
        "An invoice of a Dutch seller has a buyer reference (BT-10) or a purchase order reference (BT-13)."
    ),
    source=SOURCE,
    applies=is_dutch,
    detail=lambda _invoice, _facts: Detail(
        advice=Text(
            "Ask the customer for the reference or order number, and give it in BuyerReference or OrderReference."
        ),
        term="BT-10",
    ),
)
def customer_can_find_it_back(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return invoice.buyer_reference is not None or invoice.purchase_order is not None


def _address_rule(key: str, kind: type[Group], terms: str, party: Text, *, only_in_nl: bool) -> Rule:
    condition_text = Text(", if that is in the Netherlands,") if only_in_nl else ""

    def whole(address: SellerAddress | BuyerAddress | RepresentativeAddress, _facts: InvoiceFacts) -> bool:
        if only_in_nl and any(country != "NL" for country in every(address.country)):
            return True
        return None not in (address.line_1, address.city, address.post_code)

    return condition(
        key,
        on=kind,
        terms=terms,
        sentence=Text(
            "The address of {party}{condition} has a street, a city and a post code.",
            party=party,
            condition=condition_text,
        ),
        source=SOURCE,
        applies=is_dutch,
        detail=lambda address, _facts: _address_lacks(address, terms.split()),
    )(whole)


def _address_lacks(address: SellerAddress | BuyerAddress | RepresentativeAddress, terms: list[str]) -> Detail:
    values = (address.line_1, address.city, address.post_code)
    lacking = [term for term, value in zip(terms, values, strict=True) if value is None]
    listed = ", ".join(lacking)
    return Detail(expected=listed, advice=Text("Add {listed}.", listed=listed), term=lacking[0])


ADDRESSES = (
    _address_rule(
        "BR-NL-3",
        SellerAddress,
        "BT-35 BT-37 BT-38",
        Text("a Dutch seller"),
        only_in_nl=False,
    ),
    _address_rule("BR-NL-4", BuyerAddress, "BT-50 BT-52 BT-53", Text("the buyer"), only_in_nl=True),
    _address_rule(
        "BR-NL-5",
        RepresentativeAddress,
        "BT-64 BT-66 BT-67",
        Text("the tax representative"),
        only_in_nl=True,
    ),
)


def _with_type(facts: InvoiceFacts) -> list[Invoice]:
    return [facts.invoice] if facts.invoice.type_code is not None else []


_TYPE = Text("Use 380 for an invoice, 381 for a credit note, 384 for a correction, 389 for self-billing.")


@condition(
    "BR-NL-7",
    on=Invoice,
    terms="BT-3",
    sentence=Text("The type of an invoice of a Dutch seller (BT-3) is 380, 381, 384 or 389."),
    source=SOURCE,
    applies=is_dutch,
    select=_with_type,
    detail=lambda invoice, _facts: Detail(invoice.type_code, ", ".join(TYPE_CODES), _TYPE, "BT-3"),
)
def type_is_one_of_four(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return all(code in TYPE_CODES for code in every(invoice.type_code))


@condition(
    "BR-NL-8",
    on=Invoice,
    terms="BT-3",
    sentence=Text("Type 381 is written as a CreditNote, every other type as an Invoice."),
    source=SOURCE,
    applies=is_dutch,
    select=_with_type,
    detail=lambda invoice, _facts: Detail(f"{invoice.type_code}, {invoice.kind}", None, _TYPE, "BT-3"),
)
def credit_note_is_written_as_one(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return all((code == "381") == (invoice.kind == "CreditNote") for code in every(invoice.type_code))


@condition(
    "BR-NL-9",
    on=Invoice,
    terms="BT-3 BT-25",
    sentence=Text("A corrected invoice (type 384) names the invoice it corrects (BT-25)."),
    source=SOURCE,
    advice=Text("Add BillingReference/InvoiceDocumentReference with the number of the invoice that is corrected."),
    applies=is_dutch,
    select=_with_type,
    detail=lambda _invoice, _facts: Detail(expected="BT-25", term="BT-3"),
)
def correction_names_what_it_corrects(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return "384" not in every(invoice.type_code) or any(each.number is not None for each in invoice.preceding)


@condition(
    "BR-NL-10",
    on=Buyer,
    terms="BT-47",
    sentence=Text("A Dutch buyer of a Dutch seller is named by its KvK number (0106) or OIN (0190), in BT-47."),
    source=SOURCE,
    applies=is_dutch,
    select=lambda facts: [buyer for buyer in facts.invoice.all(Buyer) if buyer.has_legal_entity],
    detail=lambda buyer, _facts: _number_of(buyer, "BT-47"),
)
def buyer_has_kvk_or_oin(buyer: Buyer, facts: InvoiceFacts) -> bool:
    buyers = facts.invoice.all(Buyer)
    is_dutch = any(each.address is not None and "NL" in every(each.address.country) for each in buyers)
    known = any(_kvk_or_oin(each.legal_registration_scheme) for each in buyers)
    numbers = every(buyer.legal_registration)
    return (not is_dutch or known) and (not numbers or any(each.strip(SPACE) for each in numbers))


@condition(
    "BR-NL-11",
    on=Totals,
    terms="BT-115 BG-16",
    sentence=Text("Where there is something to pay (BT-115), a Dutch seller says how (BG-16)."),
    source=SOURCE,
    applies=is_dutch,
    select=lambda facts: facts.invoice.totals if facts.invoice.kind == "Invoice" else (),
    detail=lambda totals, _facts: Detail(
        totals.due,
        advice=Text("Add PaymentMeans with your IBAN."),
        term="BT-115",
    ),
)
def says_how_to_pay(totals: Totals, facts: InvoiceFacts) -> bool:
    nothing_to_pay = totals.due is not None and exact(totals.due) <= 0
    return nothing_to_pay or bool(facts.invoice.all(PaymentInstructions))


@condition(
    "BR-NL-12",
    on=PaymentInstructions,
    terms="BT-81",
    sentence=Text("A Dutch seller is paid by means 30, 48, 49, 57, 58 or 59 (BT-81)."),
    source=SOURCE,
    applies=is_dutch,
    detail=lambda payment, _facts: Detail(
        payment.means,
        ", ".join(MEANS),
        Text("Use 58 for a SEPA credit transfer."),
        "BT-81",
    ),
)
def means_is_dutch(payment: PaymentInstructions, _facts: InvoiceFacts) -> bool:
    return any(_normal(each) in MEANS for each in every(payment.means))


def _order_lines(facts: InvoiceFacts) -> Sequence[Group]:
    """Every reference to a line of an order, on lines and below them."""
    lines = [line for line in facts.invoice.all(InvoiceLine) if line.order_line is not None]
    return [*lines, *(each for each in facts.invoice.all(OrderLineReference) if each.order_line is not None)]


@condition(
    "BR-NL-13",
    on=InvoiceLine,
    terms="BT-132 BT-13",
    sentence=Text("An invoice that refers to lines of an order (BT-132) names the order (BT-13)."),
    source=SOURCE,
    applies=lambda facts: is_nlcius(facts.invoice),  # whatever the seller's country
    select=_order_lines,
    detail=lambda line, _facts: Detail(
        line.order_line,
        advice=Text("Add OrderReference/ID."),
        term="BT-132",
    ),
)
def order_lines_have_an_order(_line: Group, facts: InvoiceFacts) -> bool:
    return facts.invoice.purchase_order is not None


# What is discouraged ----------------------------------------------------------------------------------------


def _discouraged_rule(
    key: str,
    on: type[Group],
    term: str,
    what: Text,
    absent: Callable[[Group], bool],
    select: Select | None = None,
) -> Rule:
    """A term that a Dutch seller leaves out: "BT-6, the VAT accounting currency"."""
    return condition(
        key,
        on=on,
        terms=term,
        sentence=Text("A Dutch seller leaves out {what} ({term}).", what=what, term=term),
        source=SOURCE,
        flag=Flag.WARNING,
        applies=is_dutch,
        select=select,
        detail=lambda _node, _facts: Detail(advice=Text("Leave it out."), term=term),
    )(lambda node, _facts: absent(node))


def _lacks(attribute: str) -> Callable[[Group], bool]:
    return lambda node: getattr(node, attribute) is None


_LINE_3 = Text("the third address line")
_PROVINCE = Text("the country subdivision")


def _never(_node: Group) -> bool:
    return False


DISCOURAGED = (
    _discouraged_rule(
        "BR-NL-19",
        CodeUse,
        "BT-6",
        Text("the VAT accounting currency"),
        _never,
        _uses(Coded.VAT_CURRENCY),
    ),
    _discouraged_rule("BR-NL-20", TaxPoint, "BT-7", Text("the tax point date"), _never),
    _discouraged_rule(
        "BR-NL-21",
        CodeUse,
        "BT-8",
        Text("the tax point date code"),
        _never,
        _uses(Coded.VAT_POINT_DATE),
    ),
    _discouraged_rule(
        "BR-NL-24",
        PrecedingInvoice,
        "BT-26",
        Text("the date of a preceding invoice"),
        _lacks("issue_date"),
    ),
    _discouraged_rule(
        "BR-NL-26",
        Seller,
        "BT-33",
        Text("additional legal information"),
        _lacks("legal_information"),
    ),
    _discouraged_rule("BR-NL-27-1", SellerAddress, "BT-162", _LINE_3, _lacks("line_3")),
    _discouraged_rule("BR-NL-27-2", BuyerAddress, "BT-163", _LINE_3, _lacks("line_3")),
    _discouraged_rule("BR-NL-27-3", RepresentativeAddress, "BT-164", _LINE_3, _lacks("line_3")),
    _discouraged_rule("BR-NL-27-4", DeliverToAddress, "BT-165", _LINE_3, _lacks("line_3")),
    _discouraged_rule("BR-NL-28-1", SellerAddress, "BT-39", _PROVINCE, _lacks("subdivision")),
    _discouraged_rule("BR-NL-28-2", BuyerAddress, "BT-54", _PROVINCE, _lacks("subdivision")),
    _discouraged_rule("BR-NL-28-3", RepresentativeAddress, "BT-68", _PROVINCE, _lacks("subdivision")),
    _discouraged_rule("BR-NL-28-4", DeliverToAddress, "BT-79", _PROVINCE, _lacks("subdivision")),
    _discouraged_rule(
        "BR-NL-29",
        PaymentInstructions,
        "BT-82",
        Text("the payment means in words"),
        _lacks("means_text"),
    ),
    _discouraged_rule(
        "BR-NL-30",
        CreditTransfer,
        "BT-85",
        Text("the name of the account"),
        _lacks("name"),
    ),
    _discouraged_rule(
        "BR-NL-32-1",
        AllowanceCharge,
        "BT-98",
        Text("reason codes of allowances and charges"),
        _lacks("reason_code"),
        lambda facts: [each for kind in ALLOWANCES_AND_CHARGES for each in facts.invoice.all(kind)],
    ),
)


@condition(
    "BR-NL-25",
    on=TaxRegistration,
    terms="BT-32",
    sentence=Text("A Dutch seller leaves out tax numbers other than for VAT (BT-32)."),
    source=SOURCE,
    advice=Text("Leave this number out; the VAT number stays."),
    flag=Flag.WARNING,
    applies=is_dutch,
    select=lambda facts: [each for seller in facts.invoice.all(Seller) for each in seller.tax_registrations],
    detail=lambda number, _facts: Detail(number.identifier),
)
def no_other_tax_numbers(number: TaxRegistration, _facts: InvoiceFacts) -> bool:
    return number.identifier is None or "VAT" in number.schemes


@condition(
    "BR-NL-31",
    on=PaymentInstructions,
    terms="BT-86",
    sentence=Text("A SEPA payment (58, 59) needs no identifier of the bank (BT-86)."),
    source=SOURCE,
    flag=Flag.WARNING,
    applies=is_dutch,
    detail=lambda payment, _facts: Detail(payment.means, advice=Text("Leave the BIC out.")),
)
def sepa_needs_no_bank(payment: PaymentInstructions, _facts: InvoiceFacts) -> bool:
    sepa = any(_normal(each) in SEPA_MEANS for each in every(payment.means))
    return not sepa or all(each.provider is None for each in payment.transfers)


@condition(
    "BR-NL-33",
    on=VatTotal,
    terms="BT-111",
    sentence=Text("A Dutch seller gives the VAT total in the invoice currency alone."),
    source=SOURCE,
    advice=Text("Leave out the TaxTotal in another currency, and TaxCurrencyCode with it."),
    flag=Flag.WARNING,
    applies=is_dutch,
    select=lambda facts: [total for total in facts.invoice.all(VatTotal) if total.amount is not None],
    detail=lambda total, facts: Detail(total.currency, facts.invoice.currency),
)
def vat_in_invoice_currency(total: VatTotal, facts: InvoiceFacts) -> bool:
    return any(each in every(total.currency) for each in every(facts.invoice.currency))


@condition(
    "BR-NL-35",
    on=VatBreakdown,
    terms="BT-121",
    sentence=Text("A Dutch seller gives the reason of an exemption in words, not as a code (BT-121)."),
    source=SOURCE,
    flag=Flag.WARNING,
    applies=is_dutch,
    detail=lambda _breakdown, _facts: Detail(
        advice=Text("Use TaxExemptionReason."),
    ),
)
def exemption_in_words(breakdown: VatBreakdown, _facts: InvoiceFacts) -> bool:
    return all(each.reason_code is None for each in breakdown.vat)


# What the document says it is -------------------------------------------------------------------------------


@condition(
    "BII2-T10-R001",
    on=Invoice,
    terms="BT-24",
    sentence=Text("An NLCIUS document has a specification identifier (BT-24)."),
    source=SOURCE,
    advice=Text("Add CustomizationID with the identifier of NLCIUS."),
)
def has_a_specification(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return invoice.specification is not None


@condition(
    "SI-V20-INV-R000",
    on=Invoice,
    terms="BT-24",
    sentence=Text(
        "The specification identifier (BT-24) of an NLCIUS document starts with {customization}.",
        customization=CUSTOMIZATION,
    ),
    source=SOURCE,
    advice=Text("Copy the expected identifier into CustomizationID exactly."),
    detail=lambda invoice, _facts: Detail(invoice.specification, CUSTOMIZATION, term="BT-24"),
)
def specification_is_nlcius(invoice: Invoice, _facts: InvoiceFacts) -> bool:
    return all(_normal(each).startswith(CUSTOMIZATION) for each in every(invoice.specification))


_SHADOWED = unchecked(
    SOURCE,
    {
        "BR-NL-32-2": (
            "BT-140 BT-145",
            Text("On an invoice line: shadowed by BR-NL-32-1, which meets every reason code first."),
        ),
        "BR-NL-32-3": (
            "BT-140 BT-145",
            Text("On a credit note line: shadowed by BR-NL-32-1, which meets every reason code first."),
        ),
        "SI-INV-R000": (
            "BT-24",
            Text("The document is an Invoice or a CreditNote: the gateway reads nothing else as one."),
        ),
    },
)
SHADOWED = tuple(replace(rule, flag=Flag.WARNING) if rule.id.startswith("BR-NL") else rule for rule in _SHADOWED)
"""Rules that the official text itself keeps from ever being met."""

NLCIUS: RuleSet = rule_set(
    "NLCIUS",
    VERSION,
    (
        has_a_specification,
        specification_is_nlcius,
        seller_has_kvk_or_oin,
        customer_can_find_it_back,
        *ADDRESSES,
        type_is_one_of_four,
        credit_note_is_written_as_one,
        correction_names_what_it_corrects,
    ),
    (buyer_has_kvk_or_oin, says_how_to_pay, means_is_dutch, order_lines_have_an_order),
    DISCOURAGED,
    (no_other_tax_numbers, sepa_needs_no_bank, vat_in_invoice_currency, exemption_in_words),
    SHADOWED,
    id="nlcius",
    document=Invoice,
    facts=InvoiceFacts,
    extends=EN16931,
    written_in="UBL",
    claim=Claim("#compliant#urn:fdc:nen.nl:nlcius:v1.0"),
    url="https://github.com/peppolautoriteit-nl/validation",
    pages=(
        RulePage(
            "nlcius",
            "Rules: NLCIUS",
            "The Dutch rules of SI-UBL 2.0, for invoices that claim NLCIUS; most apply when the seller is Dutch.",
            r"(BR-NL|SI|BII2)-.+",
        ),
    ),
    syntax=frozenset({"SI-UBL"}),
    valid_from=IN_FORCE,
)
"""The Dutch rules of SI-UBL 2.0, on the current EN 16931: the published artefact carries an older one."""
