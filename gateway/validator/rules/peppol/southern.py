"""The rules of Greece and Italy on invoices over Peppol, as `southern.rules` has them.

The country of a party is that of its VAT number, of the seller's tax representative's as well, else of its
address. Greece has three groups of rules: for a Greek seller, for one with an address in Greece, and between two
Greeks.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

import re
from math import isnan

from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.patterns import Test, UndecidableError
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.peppol.numbers import is_greek_tin
from gateway.validator.rules.peppol.peppol_facts import (
    COUNTRY,
    REPRESENTATIVE,
    SELLER,
    TAX_SCHEME,
    PeppolFacts,
    vat_numbers,
    vat_schemes_trimmed,
)
from gateway.validator.rules.xpath import is_integer, normal, normal_text, number, root_of, text
from gateway.validator.xml.paths import Element, children, text_of, texts

# Italy -------------------------------------------------------------------------------------------------------


def _is_other_tax_scheme(scheme: Element, _facts: PeppolFacts) -> bool:
    return normal_text(scheme, TAX_SCHEME) != "VAT"


def _tax_number_fits(scheme: Element, _facts: PeppolFacts) -> bool:
    return re.fullmatch("[A-Z0-9]{11,16}", normal_text(scheme, "cbc:CompanyID")) is not None


# Greece ------------------------------------------------------------------------------------------------------

_GREEK = ("GR", "EL")
_DAY = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])[-\\/ ]?(?:0?[1-9]|1[0-2])[-\\/ ]?(?:19|20)[0-9]{2}")
_BY_DESCRIPTION = "cbc:DocumentDescription"


def _has_seller_in_greece(element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_country in _GREEK and "GR" in texts(root_of(element), f"{SELLER}/{COUNTRY}")


def _parts(value: str, separator: str) -> list[str]:
    """`tokenize`: an empty text has no parts."""
    return value.split(separator) if value else []


def _part(number_of: Element, nth: int) -> str:
    """A part of an invoice number (BT-1), from 1 on: Greece prescribes the seller, the day, the branch, the type,
    the series and the number in it. Empty where there is none."""
    parts = _parts(text_of(number_of), "|")
    return parts[nth - 1] if nth <= len(parts) else ""


def _number_has_six_parts(element: Element, _facts: PeppolFacts) -> bool:
    return len(_parts(text_of(element), "|")) == 6


def _number_names_seller(element: Element, _facts: PeppolFacts) -> bool:
    seller, root = _part(element, 1), root_of(element)
    if len(normal(seller)) != 9 or not is_greek_tin(seller):
        return False
    parties = (*children(root, SELLER), *children(root, REPRESENTATIVE))
    return any(each[2:11] == seller for party in parties for each in vat_numbers(party))


def _number_names_day(element: Element, _facts: PeppolFacts) -> bool:
    given = _part(element, 2)
    if not normal(given) or not _DAY.match(given):
        return False
    issued, day = _parts(text(root_of(element), "cbc:IssueDate"), "-"), _parts(given, "/")
    return len(issued) >= 3 and len(day) >= 3 and day[:3] == issued[2::-1]


def _number_names_branch(element: Element, _facts: PeppolFacts) -> bool:
    """Raises UndecidableError for a number that is no whole one."""
    branch = _part(element, 3)
    if not normal(branch) or isnan(number(branch)):
        return False
    if not is_integer(branch):
        raise UndecidableError(branch)
    return int(branch) >= 0


def _number_names_type(*types: str) -> Test:
    return lambda element, _facts: _part(element, 4) in types


def _number_has_part(nth: str) -> Test:
    return lambda element, _facts: _part(element, int(nth)) != ""


def _is_greek_vat(value: str) -> bool:
    return value.startswith("EL") and is_greek_tin(value[2:])


def _own_text_is_greek_vat(company: Element, _facts: PeppolFacts) -> bool:
    return _is_greek_vat(text_of(company))


def _has_greek_vat(party: Element, _facts: PeppolFacts) -> bool:
    found = [each for scheme in vat_schemes_trimmed(party) for each in texts(scheme, "cbc:CompanyID")]
    return len(found) == 1 and _is_greek_vat(found[0])


def _is_vat_number(company: Element, _facts: PeppolFacts) -> bool:
    scheme = company.getparent()
    return scheme is not None and normal_text(scheme, TAX_SCHEME) == "VAT"


def _refers_to(least: str, most: str, description: str) -> Test:
    """So many documents that the invoice refers to have this description."""

    def refers_to(root: Element, _facts: PeppolFacts) -> bool:
        found = children(root, "cac:AdditionalDocumentReference")
        return int(least) <= sum(description in texts(each, _BY_DESCRIPTION) for each in found) <= int(most)

    return refers_to


def _is_mark(number_of: Element, _facts: PeppolFacts) -> bool:
    reference = number_of.getparent()
    return reference is not None and "##M.AR.K##" in texts(reference, _BY_DESCRIPTION)


def _is_positive(mark: Element, _facts: PeppolFacts) -> bool:
    return text_of(mark)[:1] in tuple("123456789")


def _is_address(reference: Element, _facts: PeppolFacts) -> bool:
    return "##INVOICE|URL##" in texts(reference, _BY_DESCRIPTION)


def _has_address(reference: Element, _facts: PeppolFacts) -> bool:
    return normal_text(reference, "cac:Attachment/cac:ExternalReference/cbc:URI") != ""


def _address_is_greek(address: Element, _facts: PeppolFacts) -> bool:
    return address.get("schemeID") == "9933" and is_greek_tin(text_of(address))


def _has_name(party: Element, _facts: PeppolFacts) -> bool:
    return text(party, "cac:PartyName/cbc:Name") != ""


ITALY, *GREECE = read_rules("southern", globals(), SOURCE, PeppolFacts)
