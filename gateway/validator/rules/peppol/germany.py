"""The rules of Germany on invoices over Peppol, where the addresses of seller and buyer are both in Germany, as
`germany.rules` has them.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

import re

from gateway.i18n import Text
from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.forms import names
from gateway.validator.rules.patterns import PatternRule, Test
from gateway.validator.rules.peppol.asserts import SOURCE, assertion
from gateway.validator.rules.peppol.numbers import is_iban
from gateway.validator.rules.peppol.peppol_facts import SELLER, PeppolFacts
from gateway.validator.rules.xpath import normal, normal_text, one, text
from gateway.validator.xml.paths import Element, children, has, texts

_TAXED = frozenset({"S", "Z", "E", "AE", "K", "G", "L", "M"})
_DISCOUNT = re.compile(r"#SKONTO#TAGE=[0-9]+#PROZENT=[0-9]+\.[0-9]{2}(?:#BASISBETRAG=-?[0-9]+\.[0-9]{2})?#")
_EMAIL = re.compile(r"[^@ \t\r\n]+@(?:[^@. \t\r\n]+\.)+[^@. \t\r\n]+")
_TELEPHONE = re.compile(r"(?:[^0-9]*[0-9]){3}")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_MANDATE = "cac:PaymentMeans/cac:PaymentMandate"
_SEPA = ("cac:AccountingSupplierParty/cac:Party", "cac:PayeeParty")


def _asks_for(key: str, terms: str, holds: Test) -> PatternRule:
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


def _forbids(key: str, terms: str, holds: Test) -> PatternRule:
    listed = names(terms.split())
    return assertion(
        key,
        terms,
        Text("Within Germany: with this payment means (BT-81) there is no {listed}.", listed=listed),
        holds,
        Text("Leave it out, or use another payment means."),
        found="cbc:PaymentMeansCode",
    )


def _types_of(root: Element) -> tuple[str, ...]:
    return tuple(normal_text(root, path) for path in ("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"))


def _is_of_type(*types: str) -> Test:
    return lambda root, _facts: any(each in types for each in _types_of(root))


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


def _has_iban(code: str, path: str) -> Test:
    def has_one(means: Element, _facts: PeppolFacts) -> bool:
        if normal_text(means, "cbc:PaymentMeansCode") != code:
            return True
        return is_iban(re.sub(r"[ \t\r\n]", "", text(means, path)))

    return has_one


def _is_telephone(contact: Element, _facts: PeppolFacts) -> bool:
    return _TELEPHONE.match(normal_text(contact, "cbc:Telephone")) is not None


def _is_email(contact: Element, _facts: PeppolFacts) -> bool:
    return _EMAIL.fullmatch(normal_text(contact, "cbc:ElectronicMail")) is not None


def _is_absolute(reference: Element, _facts: PeppolFacts) -> bool:
    return _ABSOLUTE.match(text(reference, "cbc:URI")) is not None


(GERMANY,) = read_rules("germany", globals(), SOURCE, PeppolFacts)
