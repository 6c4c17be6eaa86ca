"""The rules of Germany on invoices over Peppol, where the addresses of seller and buyer are both in Germany.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

import re

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.asserts import has_element, has_none_of, has_text, on_both
from gateway.validator.rules.forms import names
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test
from gateway.validator.rules.peppol.asserts import assertion
from gateway.validator.rules.peppol.numbers import is_iban
from gateway.validator.rules.peppol.peppol_facts import BUYER, SELLER, PeppolFacts
from gateway.validator.rules.xpath import normal, normal_text, one, text
from gateway.validator.xml.paths import Element, children, has, texts

_TAXED = frozenset({"S", "Z", "E", "AE", "K", "G", "L", "M"})
_TYPES = ("326", "380", "384", "389", "381", "875", "876", "877")
_DISCOUNT = re.compile(r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(?:#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#")
_EMAIL = re.compile(r"[^@ \t\r\n]+@(?:[^@. \t\r\n]+\.)+[^@. \t\r\n]+")
_TELEPHONE = re.compile(r"(?:[^0-9]*[0-9]){3}")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_MANDATE = "cac:PaymentMeans/cac:PaymentMandate"
_SEPA = ("cac:AccountingSupplierParty/cac:Party", "cac:PayeeParty")


def _is_german(_element: Element, facts: PeppolFacts) -> bool:
    return facts.is_german


def _ask_for(key: str, terms: str, holds: Test) -> PatternRule:
    """Within Germany this is there, and not blank."""
    wanted = names(terms.split())
    return assertion(
        key,
        terms,
        Text("Within Germany: {wanted} is required.", wanted=wanted),
        holds,
        Text("Add {wanted}.", wanted=wanted),
        expected=" / ".join(terms.split()),
    )


def _forbidden(key: str, terms: str, *paths: str) -> PatternRule:
    listed = names(terms.split())
    return assertion(
        key,
        terms,
        Text("Within Germany: with this payment means (BT-81) there is no {listed}.", listed=listed),
        has_none_of(*paths),
        Text("Leave it out, or use another payment means."),
        found="cbc:PaymentMeansCode",
    )


# The document ------------------------------------------------------------------------------------------------


def _types_of(root: Element) -> tuple[str, ...]:
    return tuple(normal_text(root, path) for path in ("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"))


def _has_tax_number(root: Element, _facts: PeppolFacts) -> bool:
    used = [
        code
        for each in children(root, "cac:AllowanceCharge")
        if not {"true", "false"}.isdisjoint(texts(each, "cbc:ChargeIndicator"))
        for code in texts(each, "cac:TaxCategory/cbc:ID")
    ]
    for line in ("cac:InvoiceLine", "cac:CreditNoteLine"):
        used += texts(root, f"{line}/cac:Item/cac:ClassifiedTaxCategory/cbc:ID")
    if _TAXED.isdisjoint(used) or has(root, "cac:TaxRepresentativeParty"):
        return True
    return any(map(normal, texts(root, f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID")))


def _discounts_are_written_so(root: Element, _facts: PeppolFacts) -> bool:
    notes = [note for each in children(root, "cac:PaymentTerms") for note in texts(each, "cbc:Note")[:1]]
    lines = [line for note in notes for line in _parts(r"\r?\n", note) if normal(line).startswith("#")]
    for line in lines:
        if not _DISCOUNT.fullmatch(normal(line)):
            return False
        rests = [parts[-1] for note in notes if (parts := _parts(r"#[^\r\n]+#", note))]
        if not re.match(r"[ \t\r\n]*\n", one(rests)):
            return False
    return True


def _parts(separator: str, value: str) -> list[str]:
    """`tokenize`: an empty text has no parts."""
    return re.split(separator, value) if value else []


def _file_names_differ(root: Element, _facts: PeppolFacts) -> bool:
    seen: set[str] = set()
    for reference in children(root, "cac:AdditionalDocumentReference"):
        given = texts(reference, "cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename")
        if not seen.isdisjoint(given):
            return False
        seen.update(given)
    return True


def _names_what_it_corrects(root: Element, _facts: PeppolFacts) -> bool:
    return "384" not in _types_of(root) or has(root, "cac:BillingReference/cac:InvoiceDocumentReference")


def _has_creditor(root: Element, _facts: PeppolFacts) -> bool:
    scheme = "cac:PartyIdentification/cbc:ID/@schemeID"
    return not has(root, _MANDATE) or any("SEPA" in texts(root, f"{party}/{scheme}") for party in _SEPA)


def _has_debited_account(root: Element, _facts: PeppolFacts) -> bool:
    return not has(root, _MANDATE) or has(root, f"{_MANDATE}/cac:PayerFinancialAccount/cbc:ID")


_DOCUMENT = (
    _ask_for("DE-R-001", "BG-16", has_element("cac:PaymentMeans")),
    _ask_for("DE-R-015", "BT-10", has_text("cbc:BuyerReference")),
    assertion(
        "DE-R-016",
        "BT-31 BT-32 BG-11",
        Text("Within Germany a seller that charges VAT gives its VAT or tax number, or has a tax representative."),
        _has_tax_number,
        Text("Add PartyTaxScheme/CompanyID."),
        expected="BT-31 / BT-32 / BG-11",
    ),
    assertion(
        "DE-R-017",
        "BT-3",
        Text("Within Germany an invoice is of one of eight types (BT-3)."),
        lambda root, _facts: any(each in _TYPES for each in _types_of(root)),
        Text("Use one of the expected types."),
        expected=", ".join(_TYPES),
        flag=Flag.WARNING,
    ),
    assertion(
        "DE-R-018",
        "BT-20",
        Text("Within Germany a discount for prompt payment is a line of the payment terms (BT-20)."),
        _discounts_are_written_so,
        Text("Write the line as expected, and end it."),
        found="cac:PaymentTerms/cbc:Note",
        expected="#SKONTO#TAGE=14#PROZENT=2.00#",
    ),
    assertion(
        "DE-R-022",
        "BT-125",
        Text("Within Germany no two attachments (BT-125) have the same file name."),
        _file_names_differ,
        Text("Give each attachment its own name."),
        found="cac:AdditionalDocumentReference/cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename",
    ),
    assertion(
        "DE-R-026",
        "BG-3",
        Text("Within Germany a corrected invoice (384) names the invoice that it corrects (BG-3)."),
        _names_what_it_corrects,
        Text("Add BillingReference/InvoiceDocumentReference."),
        flag=Flag.WARNING,
    ),
    _ask_for("DE-R-030", "BT-90", _has_creditor),
    _ask_for("DE-R-031", "BT-91", _has_debited_account),
)


# Payment -----------------------------------------------------------------------------------------------------


def _is_paid_by(*codes: str) -> Test:
    return lambda means, facts: normal_text(means, "cbc:PaymentMeansCode") in codes and facts.is_german


def _has_iban(code: str, path: str) -> Test:
    def has_one(means: Element, _facts: PeppolFacts) -> bool:
        if normal_text(means, "cbc:PaymentMeansCode") != code:
            return True
        return is_iban(re.sub(r"[ \t\r\n]", "", text(means, path)))

    return has_one


def _iban(key: str, term: str, code: str, path: str) -> PatternRule:
    return assertion(
        key,
        term,
        Text(
            "Within Germany the account of payment means {code} is an IBAN: {account}.",
            code=code,
            account=names([term]),
        ),
        _has_iban(code, path),
        Text("Correct the IBAN."),
        found=path,
        expected="DE89370400440532013000",
        flag=Flag.WARNING,
    )


_TRANSFER, _CARD, _DEBIT = "cac:PayeeFinancialAccount", "cac:CardAccount", "cac:PaymentMandate"
_PAYMENT = (
    RuleContext(
        on_both("cac:PaymentMeans"),
        (
            _iban("DE-R-019", "BT-84", "58", f"{_TRANSFER}/cbc:ID"),
            _ask_for("DE-R-023-1", "BG-17", has_element(_TRANSFER)),
            _forbidden("DE-R-023-2", "BG-18 BG-19", _CARD, _DEBIT),
        ),
        _is_paid_by("30", "58"),
    ),
    RuleContext(
        on_both("cac:PaymentMeans"),
        (
            _ask_for("DE-R-024-1", "BG-18", has_element(_CARD)),
            _forbidden("DE-R-024-2", "BG-17 BG-19", _TRANSFER, _DEBIT),
        ),
        _is_paid_by("48", "54", "55"),
    ),
    RuleContext(
        on_both("cac:PaymentMeans"),
        (
            _iban("DE-R-020", "BT-91", "59", f"{_DEBIT}/cac:PayerFinancialAccount/cbc:ID"),
            _ask_for("DE-R-025-1", "BG-19", has_element(_DEBIT)),
            _forbidden("DE-R-025-2", "BG-17 BG-18", _TRANSFER, _CARD),
        ),
        _is_paid_by("59"),
    ),
)


# Parties -----------------------------------------------------------------------------------------------------


def _fits(pattern: re.Pattern[str], path: str, *, whole: bool) -> Test:
    match = pattern.fullmatch if whole else pattern.match
    return lambda element, _facts: match(normal_text(element, path)) is not None


def _is_absolute(reference: Element, _facts: PeppolFacts) -> bool:
    return _ABSOLUTE.match(text(reference, "cbc:URI")) is not None


_CONTACT = (
    _ask_for("DE-R-005", "BT-41", has_text("cbc:Name")),
    _ask_for("DE-R-006", "BT-42", has_text("cbc:Telephone")),
    _ask_for("DE-R-007", "BT-43", has_text("cbc:ElectronicMail")),
    assertion(
        "DE-R-027",
        "BT-42",
        Text("Within Germany the seller's telephone number (BT-42) has at least three digits."),
        _fits(_TELEPHONE, "cbc:Telephone", whole=False),
        Text("Correct Telephone."),
        found="cbc:Telephone",
        flag=Flag.WARNING,
    ),
    assertion(
        "DE-R-028",
        "BT-43",
        Text("Within Germany the seller's e-mail address (BT-43) is one."),
        _fits(_EMAIL, "cbc:ElectronicMail", whole=True),
        Text("Correct ElectronicMail."),
        found="cbc:ElectronicMail",
        expected="name@example.org",
        flag=Flag.WARNING,
    ),
)


def _address(path: str, city: tuple[str, str], zone: tuple[str, str]) -> RuleContext:
    """An address has a city and a post code."""
    rules = (_ask_for(*city, has_text("cbc:CityName")), _ask_for(*zone, has_text("cbc:PostalZone")))
    return RuleContext(on_both(path), rules, _is_german)


GERMANY = Pattern(
    (
        RuleContext(("/Invoice", "/CreditNote"), _DOCUMENT, _is_german),
        RuleContext(
            on_both("cac:AdditionalDocumentReference/cac:Attachment/cac:ExternalReference"),
            (
                assertion(
                    "DE-R-T02",
                    "BT-124",
                    Text("Within Germany the location of a document (BT-124) is an absolute address."),
                    _is_absolute,
                    Text("Write the whole address, with https:// before it."),
                    found="cbc:URI",
                    flag=Flag.WARNING,
                ),
            ),
            _is_german,
        ),
        RuleContext(
            on_both("cac:AccountingSupplierParty"),
            (_ask_for("DE-R-002", "BG-6", has_element("cac:Party/cac:Contact")),),
            _is_german,
        ),
        _address(f"{SELLER}/cac:PostalAddress", ("DE-R-003", "BT-37"), ("DE-R-004", "BT-38")),
        RuleContext(on_both(f"{SELLER}/cac:Contact"), _CONTACT, _is_german),
        _address(f"{BUYER}/cac:PostalAddress", ("DE-R-008", "BT-52"), ("DE-R-009", "BT-53")),
        _address("cac:Delivery/cac:DeliveryLocation/cac:Address", ("DE-R-010", "BT-77"), ("DE-R-011", "BT-78")),
        *_PAYMENT,
        RuleContext(
            on_both("cac:TaxTotal/cac:TaxSubtotal"),
            (_ask_for("DE-R-014", "BT-119", has_text("cac:TaxCategory/cbc:Percent")),),
            _is_german,
        ),
    ),
    PeppolFacts,
)
