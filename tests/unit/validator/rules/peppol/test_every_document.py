"""The common rules of Peppol on parties, in an invoice and in an order."""

import pytest
from lxml import etree

from gateway.validator import business_rules
from gateway.validator.finding import Finding, Flag
from gateway.validator.rules.engine import rule_set
from gateway.validator.rules.patterns import judge_patterns
from gateway.validator.rules.peppol.every_document import IDENTIFIERS, POST_AWARD
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import read
from gateway.validator.xml import parsing
from gateway.validator.xml.namespaces import CAC, CBC, UBL
from gateway.validator.xml.parsing import Parsed
from gateway.validator.xml.paths import blank_leaves
from tests.samples import sample


def _fired(inner: str, attributes: str = "") -> set[str]:
    document = f"""<Order xmlns="{UBL}Order-2" xmlns:cbc="{CBC[1:-1]}" xmlns:cac="{CAC[1:-1]}" {attributes}>
        {inner}</Order>"""
    root = etree.fromstring(document)
    judged = judge_patterns(root, POST_AWARD, UBL_INVOICE.name_of, 100, blank_leaves(root))
    return {breach.rule.id.removeprefix("PEPPOL-COMMON-") for breach in judged.breaches}


def test_there_are_twenty_of_which_an_invoice_meets_seventeen() -> None:
    rules = [rule for pattern in POST_AWARD for rule, _ in pattern.all_rules]
    assert len({rule.id for rule in rules}) == len(rules) == 20
    assert len(list(IDENTIFIERS.all_rules)) == 17
    assert sum(rule.flag is Flag.WARNING for rule in rules) == 10


@pytest.mark.parametrize("where", ["cbc:EndpointID", "cac:PartyIdentification/cbc:ID", "cbc:CompanyID"])
def test_a_number_is_judged_by_its_scheme_wherever_it_is(where: str) -> None:
    outer, _, name = where.rpartition("/")
    for scheme, rule in (("0106", {"R054"}), ("0088", {"R040"}), ("9999", set[str]())):
        written = f'<{name} schemeID="{scheme}">12</{name}>'
        assert _fired(f"<{outer}>{written}</{outer}>" if outer else written) == rule


def test_a_vat_number_is_judged_once() -> None:
    """As a number of scheme 9944, or else by its beginning."""
    scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    for attribute, rule in ((' schemeID="9944"', "R056-1"), ("", "R056-2"), (' schemeID="9999"', "R056-2")):
        number = f"<cbc:CompanyID{attribute}>NL1</cbc:CompanyID>"
        assert _fired(f"<cac:PartyTaxScheme>{number}{scheme}</cac:PartyTaxScheme>") == {rule}


def test_empty_elements_dates_and_a_schema_location() -> None:
    instance = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"'
    assert _fired("<cbc:Note/>") == {"R001"}
    assert _fired("<cbc:IssueDate>2026-11-31</cbc:IssueDate>") == {"R030"}
    assert _fired("<cbc:IssueDate>2026-11-30Z</cbc:IssueDate>") == {"R030"}
    assert _fired("<cbc:IssueDate>2026-11-30</cbc:IssueDate>", instance) == {"R003"}


def _found_in_invoice(old: str, new: str) -> list[Finding]:
    parsed = parsing.read(sample("nlcius-invoice").replace(old.encode(), new.encode()))
    assert isinstance(parsed, Parsed)
    rules = rule_set("Peppol", "1", id="peppol", patterns=(IDENTIFIERS,))
    return business_rules.check(parsed, read(parsed.root, UBL_INVOICE), rules)


def test_a_finding_names_the_term_that_it_is_at() -> None:
    whole = '<cbc:EndpointID schemeID="0106">'
    [finding] = _found_in_invoice(whole, f"{whole}9")
    assert (finding.rule, finding.terms, finding.flag) == ("PEPPOL-COMMON-R054", ("BT-34",), Flag.WARNING)
    assert finding.expected == "12345678 (0106)"
    assert finding.location.endswith("cac:AccountingSupplierParty/cac:Party/cbc:EndpointID")
