"""Findings that follow from another one say so, and only those."""

import re

import pytest

import gateway
from tests.samples import invoice

DOCUMENT = invoice(2)
AMOUNT = b'(<cbc:%s currencyID="EUR">)'


def causes(element: bytes, parts: str, profile: str | None = None) -> dict[str, str | None]:
    """The cause of each finding when an amount is larger: the first with this name in the part of the document."""
    start = DOCUMENT.index(parts.encode())
    tail, count = re.subn(AMOUNT % element, rb"\g<1>1", DOCUMENT[start:], count=1)
    assert count == 1
    verdict = gateway.judge(DOCUMENT[:start] + tail, profile)
    return {finding.rule: finding.because_of for finding in verdict.findings}


@pytest.mark.parametrize(
    ("element", "parts", "profile", "expected"),
    [
        (b"LineExtensionAmount", "LegalMonetaryTotal", None, {"BR-CO-10": None, "BR-CO-13": "BR-CO-10"}),
        (b"TaxableAmount", "TaxTotal", None, {"BR-S-08": None, "BR-CO-17": "BR-S-08", "BR-S-09": "BR-S-08"}),
        (b"TaxInclusiveAmount", "LegalMonetaryTotal", None, {"BR-CO-15": None, "BR-CO-16": "BR-CO-15"}),
        (b"PayableAmount", "LegalMonetaryTotal", None, {"BR-CO-16": None}),
        (
            b"LineExtensionAmount",
            "InvoiceLine",
            "peppol",
            {"PEPPOL-EN16931-R120": None, "BR-CO-10": "PEPPOL-EN16931-R120", "BR-S-08": "PEPPOL-EN16931-R120"},
        ),
    ],
)
def test_a_sum_follows_from_what_it_adds_up(
    element: bytes, parts: str, profile: str | None, expected: dict[str, str | None]
) -> None:
    assert expected.items() <= causes(element, parts, profile).items()


def test_of_two_mistakes_in_a_row_of_sums_both_are_named() -> None:
    start = DOCUMENT.index(b"LegalMonetaryTotal")
    wrong = DOCUMENT[start:]
    for element in (b"LineExtensionAmount", b"PayableAmount"):
        wrong = re.sub(AMOUNT % element, rb"\g<1>1", wrong, count=1)
    verdict = gateway.judge(DOCUMENT[:start] + wrong)
    assert {one.rule for one in verdict.findings if one.because_of is None} == {"BR-CO-10", "BR-CO-16"}


def test_a_follow_up_says_in_both_languages_what_to_correct_first() -> None:
    wrong = re.sub(AMOUNT % b"TaxableAmount", rb"\g<1>1", DOCUMENT, count=1)
    [finding] = [one for one in gateway.judge(wrong).findings if one.rule == "BR-S-09"]
    assert finding.advice is not None
    assert finding.advice.en.startswith("It may follow from BR-S-08: correct that first. Multiply ")
    assert finding.advice.nl.startswith("Dit kan een gevolg zijn van BR-S-08: verbeter dat eerst.")


def test_what_is_sought_in_a_currency_follows_from_its_code() -> None:
    verdict = gateway.judge(DOCUMENT.replace(b"<cbc:DocumentCurrencyCode>EUR", b"<cbc:DocumentCurrencyCode>EUT"))
    found = {finding.rule: finding.because_of for finding in verdict.findings}
    assert found == {"BR-CL-04": None, "BR-CO-15": "BR-CL-04"}
