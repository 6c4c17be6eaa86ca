"""An invoice in UBL and the same in CII have the same business findings, but where the official texts differ."""

import os
from collections.abc import Iterator
from functools import cache

import pytest
from lxml import etree

from gateway.validator import reference
from gateway.validator.cii.bindings import CII_INVOICE
from gateway.validator.finding import Finding
from gateway.validator.judge import judge
from gateway.validator.rules.cases import cases
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.reader import read
from tests.conformance import engines
from tests.conformance.cii_writer import write
from tests.rules.documents import document_of
from tests.samples import SAMPLES

_PER_CATEGORY = "UBL asks for the exact sum, CII for one less than one unit away"
_EXACT = "UBL asks for a sum less than one unit away, CII for the exact one"
_DEAD = "dead in CII"
_COUNTED = "CII counts lines and breakdowns together: two are enough"
_ADDRESS = "CII breaks it where there is no address at all, too"
_EITHER = "CII asks the same of allowances and charges, and of lines and breakdowns"
DIFFERENT: dict[str, str] = {
    **dict.fromkeys(("BR-Z-08", "BR-E-08", "BR-AE-08", "BR-IC-08", "BR-G-08"), _PER_CATEGORY),
    "BR-S-08": _EXACT,
    **dict.fromkeys(("BR-AF-08", "BR-AF-09", "BR-AG-08", "BR-AG-09"), _DEAD),
    **dict.fromkeys(("BR-S-01", "BR-AF-01", "BR-AG-01"), _COUNTED),
    "BR-E-01": "CII wants a breakdown only where a line, an allowance or a charge has the category",
    **dict.fromkeys(("BR-O-11", "BR-O-12", "BR-O-13", "BR-O-14"), _EITHER),
    **dict.fromkeys(("BR-09", "BR-11", "BR-20"), _ADDRESS),
    "BR-17": "UBL compares the payee with the trading names of the seller, CII with its name",
    "BR-61": "CII asks it of an account that is there; CII-SR-470 asks for the account",
    "BR-CL-03": "in CII only VAT totals have a currency",
    "BR-CL-17": "in CII the category of a breakdown is for BR-CL-18",
    "BR-CL-18": "in CII the category of a breakdown is for BR-CL-18",
    "BR-CO-14": "UBL asks it of a total with breakdowns, CII of every one in the invoice currency",
    "BR-CO-17": "exactly one unit away breaks it in UBL and not in CII",
    "BR-DEC-15": "dead in UBL; in CII it also asks for a total in the accounting currency",
}
"""The rules that may differ, each with what the official texts ask for."""


def _in_cii(document: bytes) -> bytes:
    return write(read(etree.fromstring(document), UBL_INVOICE).document)


@cache
def _documents() -> tuple[bytes, ...]:
    """The documents of all cases of business rules, and the samples."""
    found = [document_of(case) for rule in EN16931.rules for case in cases().get(rule, ()) if not case.set]
    return tuple(dict.fromkeys([*(bill.xml() for bill in SAMPLES.values()), *found]))


def _of_rules(document: bytes, profile: str) -> dict[str, Finding]:
    found = judge(document, profile=profile, schema=False).findings
    return {each.rule: each for each in found if each.rule in EN16931.rules}


def _pairs() -> Iterator[tuple[bytes, dict[str, Finding], dict[str, Finding]]]:
    for document in _documents():
        yield document, _of_rules(document, "en16931"), _of_rules(_in_cii(document), "en16931-cii")


def test_both_syntaxes_have_the_same_findings() -> None:
    differing: dict[str, bytes] = {}
    for document, of_ubl, of_cii in _pairs():
        for rule in of_ubl.keys() ^ of_cii.keys():
            differing.setdefault(rule, document)
        for rule in of_ubl.keys() & of_cii.keys():
            assert of_ubl[rule].terms == of_cii[rule].terms
            assert of_ubl[rule].message == of_cii[rule].message or rule.startswith("BR-DEC")
    assert len(_documents()) > 300
    assert differing.keys() == DIFFERENT.keys()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b">M-2024-0093<", b"> <"),
        (b"<cbc:ID>M-2024-0093</cbc:ID>", b""),
        (b">NL51MPRT0300065264<", b"> <"),
        (b'<cbc:ID schemeID="SEPA">NL07ZZZ908172630000</cbc:ID>', b'<cbc:ID schemeID="SEPA"> </cbc:ID>'),
    ],
)
def test_a_direct_debit_is_the_same_in_both_syntaxes(before: bytes, after: bytes) -> None:
    """BT-89, BT-90 and BT-91, also blank or left out: what is read of them, and the findings."""
    document = SAMPLES["nlcius-direct-debit"].xml()
    assert before in document
    document = document.replace(before, after, 1)
    in_ubl = read(etree.fromstring(document), UBL_INVOICE).document
    in_cii = read(etree.fromstring(_in_cii(document)), CII_INVOICE).document
    [debit] = [debit for each in in_ubl.payments for debit in each.debits]
    assert in_cii.mandates == tuple(filter(None, [debit.mandate]))
    assert in_cii.creditors == tuple(filter(None, [in_ubl.seller.creditor]))
    assert [each.debited_account for payment in in_cii.payments for each in payment.debits] == [
        debit.debited_account
    ]
    assert _of_rules(document, "en16931").keys() == _of_rules(_in_cii(document), "en16931-cii").keys()


@pytest.mark.skipif(not os.environ.get(engines.CII_STYLESHEET), reason=engines.NO_CII)
def test_the_official_text_says_of_the_same_invoices_in_cii_what_ours_says() -> None:
    for document in map(_in_cii, _documents()):
        found = engines.SETS["en16931-cii"].pair.ours(document)
        try:
            assert found == engines.cii_stylesheet().fired_rules(document)
        except reference.StylesheetStoppedError:
            assert found
