"""The rules of the Netherlands on invoices over Peppol, for a seller whose address is in the Netherlands, as
`netherlands.rules` has them.

They ask less than NLCIUS does; an invoice that claims NLCIUS meets those rules instead.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.nlcius import has_kvk_or_oin
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.peppol.peppol_facts import PeppolFacts
from gateway.validator.rules.xpath import decimal_at, normal
from gateway.validator.xml.paths import Element, text_of


def _is_kvk_or_oin(company: Element, _facts: PeppolFacts) -> bool:
    return has_kvk_or_oin([company.get("schemeID", "")]) and normal(text_of(company)) != ""


def _says_how_to_pay(totals: Element, facts: PeppolFacts) -> bool:
    if facts.has_payment_means:
        return True
    due = decimal_at(totals, "cbc:PayableAmount")
    return due is not None and (due >= 0 if facts.is_credit_note else due <= 0)


(NETHERLANDS,) = read_rules("netherlands", globals(), SOURCE, PeppolFacts)
