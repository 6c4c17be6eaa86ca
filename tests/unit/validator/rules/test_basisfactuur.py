"""The four rules of the basisfactuur Rijk, compared with their Schematron.

The Schematron is short enough to be its own oracle: its four tests are here as XPath, and lxml evaluates
them on samples and mutants.
"""

import pytest
from lxml import etree

from gateway.validator.rules.basisfactuur import BASISFACTUUR
from gateway.validator.rules.engine import judge
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import read
from tests.conformance.mutants import mutants
from tests.samples import SAMPLES
from tests.samples.xml import CAC, CBC
from tests.samples.xml import INVOICE as SPACE

INVOICE = SAMPLES["basisfactuur-rijk"].xml()

# Context and the test that must hold there, put in XPath 1.0.
OFFICIAL = {
    "BR-NL-BFR-1": (
        "/doc:Invoice/cac:AccountingSupplierParty/cac:Party/cac:Contact",
        "string-length(cbc:ElectronicMail) > 0",
    ),
    "BR-NL-BFR-2": (
        "/doc:Invoice/cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
        "@schemeID = '0190'",
    ),
    "BR-NL-BFR-3": ("/doc:Invoice", "count(cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID) > 0"),
    "BR-NL-BFR-4": (
        "/doc:Invoice/cac:TaxTotal/cac:TaxSubtotal/cbc:TaxAmount",
        "@currencyID = //doc:Invoice/cbc:DocumentCurrencyCode",
    ),
}


def fired(document: bytes) -> set[str]:
    return {
        breach.rule.id
        for breach in judge(read(etree.fromstring(document), UBL_INVOICE).document, BASISFACTUUR).breaches
    }


def expected(document: bytes) -> set[str]:
    root = etree.fromstring(document)
    spaces = {"doc": SPACE, "cac": CAC, "cbc": CBC}
    broken = {rule: f"{context}[not({test})]" for rule, (context, test) in OFFICIAL.items()}
    return {rule for rule, path in broken.items() if root.xpath(path, namespaces=spaces)}


@pytest.mark.parametrize("seed", range(4))
def test_ours_fire_where_the_official_tests_do(seed: int) -> None:
    for mutant in mutants(seed, 150, ("basisfactuur-rijk", "nlcius-invoice-full", "nlcius-direct-debit")):
        document = mutant.document()
        assert fired(document) == expected(document), str(mutant)


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("BR-NL-BFR-1", b">facturen@wilgenroos.example<", b"><"),
        ("BR-NL-BFR-2", b'CompanyID schemeID="0190"', b'CompanyID schemeID="0106"'),
        ("BR-NL-BFR-3", b"PayeeFinancialAccount>", b"PayerFinancialAccount>"),
        ("BR-NL-BFR-4", b'<cbc:TaxAmount currencyID="EUR"', b'<cbc:TaxAmount currencyID="SEK"'),
    ],
)
def test_each_of_the_four_breaks(rule: str, old: bytes, new: bytes) -> None:
    assert fired(INVOICE) == set()
    assert fired(INVOICE.replace(old, new)) == expected(INVOICE.replace(old, new)) == {rule}


def test_a_credit_note_is_not_looked_at() -> None:
    assert fired(SAMPLES["nlcius-credit-note"].xml().replace(b"facturen@wilgenroos.example", b"")) == set()
