"""The rules of Norway, Sweden, Denmark and Iceland on invoices over Peppol, as `nordic.rules` has them.

Norway asks which country the VAT number of the seller, or of its tax representative, begins with; the others look
at the address: Denmark and Iceland at the one as it is written, Sweden at any seller in the document.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

import re
from collections.abc import Callable
from math import isnan

from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.patterns import Test
from gateway.validator.rules.peppol import peppol_facts
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.peppol.numbers import has_swedish_check, is_norwegian
from gateway.validator.rules.peppol.peppol_facts import (
    COUNTRY,
    TAX_SCHEME,
    PeppolFacts,
    vat_schemes,
    vat_schemes_trimmed,
)
from gateway.validator.rules.xpath import is_date, normal, normal_text, number, one, text, text_nodes_at
from gateway.validator.xml.paths import Element, children, has, text_of, texts

_LEGAL_ID = "cac:PartyLegalEntity/cbc:CompanyID"
_ACCOUNT = "cac:PayeeFinancialAccount/cbc:ID"
_BRANCH = "cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID"
_MEANS = "cbc:PaymentMeansCode"


def _is_paid_by(*codes: str) -> Test:
    return lambda means, _facts: not set(codes).isdisjoint(texts(means, _MEANS))


# Norway ------------------------------------------------------------------------------------------------------


def _is_registered_in_norway(party: Element, _facts: PeppolFacts) -> bool:
    schemes = [each for each in children(party, "cac:PartyTaxScheme") if normal_text(each, TAX_SCHEME) == "TAX"]
    return normal(one([number for each in schemes for number in texts(each, "cbc:CompanyID")])) == (
        "Foretaksregisteret"
    )


def _norwegian_vat_fits(party: Element, _facts: PeppolFacts) -> bool:
    numbers = [text(each, "cbc:CompanyID") for each in vat_schemes_trimmed(party)]
    if not any(each[:2] == "NO" for each in numbers):
        return True
    digits = one(numbers)[2:]
    return re.fullmatch("[0-9]{9}MVA", digits) is not None and is_norwegian(digits[:9])


# Sweden ------------------------------------------------------------------------------------------------------


def _is_number(value: str) -> bool:
    return not isnan(number(value))


def _own_text_is_number(element: Element, _facts: PeppolFacts) -> bool:
    return _is_number(normal(text_of(element)))


def _has_length(least: str, longest: str) -> Test:
    return lambda element, _facts: int(least) <= len(normal(text_of(element))) <= int(longest)


def _vat_number(party: Element) -> str:
    return one([each for scheme in vat_schemes(party) for each in texts(scheme, "cbc:CompanyID")])


def _vat_number_has_length(party: Element, _facts: PeppolFacts) -> bool:
    return len(normal(_vat_number(party))) == 14


def _vat_number_is_digits(party: Element, _facts: PeppolFacts) -> bool:
    return _is_number(_vat_number(party)[2:14])


def _legal_entity_is_swedish(entity: Element, _facts: PeppolFacts) -> bool:
    party = entity.getparent()
    return party is not None and "SE" in texts(party, COUNTRY) and has(entity, "cbc:CompanyID")


def _number_is_digits(entity: Element, _facts: PeppolFacts) -> bool:
    return _is_number(text(entity, "cbc:CompanyID"))


def _number_has_length(entity: Element, _facts: PeppolFacts) -> bool:
    return len(normal_text(entity, "cbc:CompanyID")) == 10


def _number_has_check(entity: Element, _facts: PeppolFacts) -> bool:
    return has_swedish_check(normal_text(entity, "cbc:CompanyID"))


def _is_other_tax_number_in_sweden(company: Element, _facts: PeppolFacts) -> bool:
    scheme = company.getparent()
    party = None if scheme is None else scheme.getparent()
    if scheme is None or party is None or "SE" not in texts(party, COUNTRY) or not has(party, _LEGAL_ID):
        return False
    return normal_text(scheme, TAX_SCHEME).upper() != "VAT"


def _is_approval_for_f_tax(company: Element, _facts: PeppolFacts) -> bool:
    return normal(text_of(company).upper()) == "GODKÄND FÖR F-SKATT"


def _is_standard_in_sweden(category: Element, facts: PeppolFacts) -> bool:
    return facts.has_seller_with_swedish_vat and "S" in texts(category, "cbc:ID")


def _has_swedish_rate(category: Element, _facts: PeppolFacts) -> bool:
    return number(text(category, "cbc:Percent")) in (25, 12, 6)


def _is_giro(name: str) -> Test:
    def is_it(account: Element, facts: PeppolFacts) -> bool:
        above = account.getparent()
        means = None if above is None else above.getparent()
        return (
            means is not None
            and normal_text(means, _BRANCH) == name
            and normal_text(means, _MEANS) == "30"
            and facts.has_swedish_seller
        )

    return is_it


def _is_within_sweden(_element: Element, facts: PeppolFacts) -> bool:
    return facts.has_swedish_seller and facts.has_swedish_buyer


# Denmark -----------------------------------------------------------------------------------------------------

_UNSPSC = frozenset({"19.05.01", "19.0501", "26.08.01", "26.0801"})
_CLASSIFICATION = "cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode"


def _is_filled(path: str) -> Test:
    return lambda element, _facts: normal(one(text_nodes_at(element, path))) != ""


def _has_cvr_scheme(path: str) -> Test:
    return lambda element, _facts: not has(element, path) or normal_text(element, f"{path}/@schemeID") == "0184"


def _credit_is_not_negative(root: Element, facts: PeppolFacts) -> bool:
    if not (facts.is_credit_note and facts.buyer_as_written == "DK"):
        return True
    return not number(one(text_nodes_at(root, "cac:LegalMonetaryTotal/cbc:PayableAmount"))) < 0


def _identification_has_scheme(identification: Element, _facts: PeppolFacts) -> bool:
    return not has(identification, "cbc:ID") or normal_text(identification, "cbc:ID/@schemeID") != ""


def _means_is_danish(means: Element, _facts: PeppolFacts) -> bool:
    return f" {text(means, _MEANS)} " in " 1 10 31 42 48 49 50 58 59 93 97 "


def _if_paid_by(*codes: str) -> Callable[[Test], Test]:
    """The test is asked where one of these payment means is given."""
    is_paid = _is_paid_by(*codes)
    return lambda holds: lambda means, facts: not is_paid(means, facts) or holds(means, facts)


def _begins(means: Element, *cards: str) -> bool:
    return text(means, "cbc:PaymentID")[:3] in cards


@_if_paid_by("31", "42")
def _has_bank_account(means: Element, facts: PeppolFacts) -> bool:
    return _is_filled(_ACCOUNT)(means, facts) and _is_filled(_BRANCH)(means, facts)


@_if_paid_by("49")
def _has_mandate(means: Element, facts: PeppolFacts) -> bool:
    payer = "cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID"
    return _is_filled("cac:PaymentMandate/cbc:ID")(means, facts) and _is_filled(payer)(means, facts)


@_if_paid_by("50")
def _is_giro_payment(means: Element, _facts: PeppolFacts) -> bool:
    is_account = _begins(means, "01#", "04#", "15#")
    return is_account and re.fullmatch("[0-9]{7,8}", text(means, _ACCOUNT)) is not None


@_if_paid_by("50")
def _giro_has_instruction(means: Element, _facts: PeppolFacts) -> bool:
    return not _begins(means, "04#", "15#") or len(text(means, "cbc:PaymentID")) == 19


@_if_paid_by("93")
def _is_fik_payment(means: Element, _facts: PeppolFacts) -> bool:
    return _begins(means, "71#", "73#", "75#") and len(one(text_nodes_at(means, _ACCOUNT))) == 8


@_if_paid_by("93")
def _fik_has_instruction(means: Element, _facts: PeppolFacts) -> bool:
    return not _begins(means, "71#", "75#") or len(text(means, "cbc:PaymentID")) in (18, 19)


def _unspsc_is_known(line: Element, _facts: PeppolFacts) -> bool:
    if "TST" not in texts(line, f"{_CLASSIFICATION}/@listID"):
        return True
    return not _UNSPSC.isdisjoint(texts(line, f"{_CLASSIFICATION}/@listVersionID"))


def _is_danish_tax(allowance: Element, _facts: PeppolFacts) -> bool:
    if "ZZZ" not in texts(allowance, "cbc:AllowanceChargeReasonCode"):
        return True
    path = "cbc:AllowanceChargeReason"
    if len(normal(one(text_nodes_at(allowance, path)))) == 4 and 0 <= number(text(allowance, path)) <= 9999:
        return True
    reason = text(allowance, path)
    return "#" in reason and not reason.startswith("#") and not reason.endswith("#")


# Iceland -----------------------------------------------------------------------------------------------------


def _is_380_or_381(root: Element, _facts: PeppolFacts) -> bool:
    types = (normal_text(root, path) for path in ("cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"))
    return any(each in ("380", "381") for each in types)


def _account_has_twelve(code: str) -> Test:
    def has_twelve(root: Element, _facts: PeppolFacts) -> bool:
        means = [each for each in children(root, "cac:PaymentMeans") if code in texts(each, _MEANS)]
        accounts = [account for each in means for account in texts(each, _ACCOUNT)]
        return not means or (bool(accounts) and len(normal(one(accounts))) == 12)

    return has_twelve


def _final_days(root: Element) -> tuple[bool, list[str]]:
    """Whether the invoice gives a final due day, and what it is."""
    found = [
        each
        for each in children(root, "cac:AdditionalDocumentReference")
        if "EINDAGI" in texts(each, "cbc:DocumentDescription")
    ]
    return bool(found), [day for each in found for day in texts(each, "cbc:ID")]


def _final_day_is_date(root: Element, _facts: PeppolFacts) -> bool:
    is_given, days = _final_days(root)
    return not is_given or (len(one(days)) == 10 and is_date(one(days)))


def _final_day_has_due_date(root: Element, _facts: PeppolFacts) -> bool:
    return not _final_days(root)[0] or has(root, "cbc:DueDate")


def _final_day_is_later(root: Element, _facts: PeppolFacts) -> bool:
    is_given, days = _final_days(root)
    return not is_given or any(due <= day for due in texts(root, "cbc:DueDate") for day in days)


def _has_kennitala(path: str) -> Test:
    return lambda element, _facts: "0196" in texts(element, f"{path}/@schemeID")


NORWAY, SWEDEN, DENMARK, ICELAND = read_rules("nordic", {**vars(peppol_facts), **globals()}, SOURCE, PeppolFacts)
