"""The Dutch rules: when they apply, what they say, and that they read as published.

That they agree with SI-UBL's stylesheet is proven in `tests/conformance`, where that is available.
"""

from collections import Counter

import pytest
from lxml import etree

from gateway.validator.finding import Flag
from gateway.validator.rules.basisfactuur import BASISFACTUUR
from gateway.validator.rules.engine import judge
from gateway.validator.rules.nlcius import NLCIUS
from gateway.validator.ubl import si_ubl
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import read
from tests.samples import SAMPLES

INVOICE = SAMPLES["nlcius-invoice"].xml()


def fired(document: bytes) -> list[str]:
    return [
        breach.rule.id for breach in judge(read(etree.fromstring(document), UBL_INVOICE).document, NLCIUS).breaches
    ]


def test_twelve_are_fatal_and_twenty_three_warn_as_published() -> None:
    flags = Counter(rule.flag for rule in NLCIUS if rule.id.startswith("BR-NL"))
    flags.update(rule.flag for rule in si_ubl.RULES.values())
    assert flags == {Flag.FATAL: 12, Flag.WARNING: 23}


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("nlcius-") and "disc" not in name])
def test_our_dutch_samples_break_none(name: str) -> None:
    assert fired(SAMPLES[name].xml()) == []


def test_a_seller_without_kvk_or_oin_is_refused() -> None:
    assert fired(INVOICE.replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"')) == ["BR-NL-1"]


def test_a_seller_elsewhere_is_left_alone() -> None:
    abroad = INVOICE.replace(b'CompanyID schemeID="0106"', b'CompanyID schemeID="0060"')
    abroad = abroad.replace(b">NL</cbc:IdentificationCode>", b">BE</cbc:IdentificationCode>", 1)
    assert fired(abroad) == []


def test_a_suffix_of_the_specification_still_counts() -> None:
    longer = INVOICE.replace(b"nlcius:v1.0<", b"nlcius:v1.0#conformant#urn:fdc:nen.nl:gaccount:v1.0<")
    wrong = longer.replace(b">380<", b">326<")
    assert fired(wrong) == ["BR-NL-7"]


def test_a_corrected_invoice_names_what_it_corrects() -> None:
    assert fired(INVOICE.replace(b">380<", b">384<")) == ["BR-NL-9"]


def test_a_reason_code_warns_once_for_each_position() -> None:
    assert Counter(fired(SAMPLES["nlcius-discouraged"].xml()))["BR-NL-32-1"] == 2


def test_an_empty_element_is_reported_unless_another_rule_met_it() -> None:
    document = INVOICE.replace(b">2026-12-02<", b"> <").replace(b">58<", b"><")
    reading = read(etree.fromstring(document), UBL_INVOICE)
    found = si_ubl.breaches(reading, is_nlcius=True, has_dutch_seller=True)
    elements = reading.elements(breach.ordinal for breach in found)
    assert [etree.QName(element).localname for element in elements.values()] == ["DueDate"]
    assert len(si_ubl.breaches(reading, is_nlcius=True, has_dutch_seller=False)) == 2


@pytest.mark.parametrize("inside", [b"", b" \n", b"<!-- leeg -->", b"<!-- leeg --> <?x y?>"])
def test_white_space_and_comments_are_empty_and_a_hard_space_is_not(inside: bytes) -> None:
    def found(text: bytes) -> int:
        document = INVOICE.replace(b"+31 113 555 019", text)
        return len(
            si_ubl.breaches(read(etree.fromstring(document), UBL_INVOICE), is_nlcius=True, has_dutch_seller=True)
        )

    assert found(inside) == 1
    assert found(inside + "\u00a0".encode()) == 0


def test_sets_hold_each_other() -> None:
    assert set(NLCIUS.rules) < set(NLCIUS.complete.rules)
    assert NLCIUS.complete.syntax == {"UBL", "SI-UBL"}
    assert [part.name for part in NLCIUS.complete.parts] == ["EN 16931", "NLCIUS"]
    assert [part.name for part in BASISFACTUUR.complete.parts] == ["EN 16931", "Basisfactuur Rijk"]
