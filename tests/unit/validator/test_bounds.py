"""Whatever a document holds, its report can be read: values are cut, findings counted."""

import json
from collections import Counter
from dataclasses import replace

import pytest

import gateway
from gateway.i18n import Text
from gateway.validator.bounds import FINDINGS_MAX, within_bounds
from gateway.validator.finding import Finding, Flag, Stage, shorten
from tests.samples import SAMPLES, invoice

ONE = Finding("BR-01", Flag.FATAL, Stage.RULES, Text("x"))


def report_of(document: bytes) -> str:
    return json.dumps(gateway.as_json_object(gateway.judge(document), "x"))


def test_a_long_value_on_every_line_gives_a_small_report() -> None:
    document = invoice(60).replace(b'unitCode="C62"', b'unitCode="' + b"C" * 250_000 + b'"')
    assert len(document) > 14_000_000
    report = report_of(document)
    assert report.count("BR-CL-23") == 60
    assert "[250000]" in report
    assert len(report) < 100_000


def test_a_sum_of_400_digits_is_shown_short_and_decided_on_the_whole() -> None:
    """One cent in the last of 400 digits is one cent."""
    nines, tens = b"9" * 400, b"1" + b"0" * 400
    sample = SAMPLES["nlcius-invoice"].xml()
    due = b'<cbc:PayableAmount currencyID="EUR">'
    whole = b'<cbc:TaxInclusiveAmount currencyID="EUR">'
    right = sample.replace(due + b"121.00", due + nines + b".01").replace(
        whole + b"121.00", whole + nines + b".01"
    )
    assert "BR-CO-16" not in report_of(right)
    wrong = right.replace(due + nines + b".01", due + tens + b".00")
    [sum_of] = [each for each in gateway.judge(wrong).findings if each.rule == "BR-CO-16"]
    assert sum_of.found == "BT-115 - BT-114 = 1000000000…00000 [401].00 - 0 = 1000000000…00000 [401].00"
    assert isinstance(sum_of.expected, str)
    assert "9999999999…99999 [400].01" in sum_of.expected
    assert len(sum_of.expected) < 220


@pytest.mark.parametrize("length", [0, 40, 200, 201, 5_000, 1_000_000])
def test_a_text_is_cut_with_its_length(length: int) -> None:
    shown = shorten("é" * length)
    assert len(shown) <= 220
    assert (shown == "é" * length) is (length <= 220)
    assert shorten(shown) == shown


def test_every_text_of_a_finding_is_bounded() -> None:
    long = Text("{value} in {other}", value="e" * 9_999, other=Text("{inner}", inner="n" * 9_999))
    finding = replace(ONE, message=long, advice=long, found=long, expected="x" * 9_999)
    texts = [
        finding.message.en,
        finding.message.nl,
        str(finding.advice),
        str(finding.found),
        str(finding.expected),
    ]
    assert all(len(text) < 2_200 for text in texts)


def test_many_findings_are_cut_and_no_rule_goes_unsaid() -> None:
    many = [replace(ONE, rule=f"R-{number % 700}") for number in range(70_000)]
    kept = within_bounds(many)
    assert len(kept) <= FINDINGS_MAX
    times = Counter(finding.rule for finding in kept)
    assert {times[f"R-{number}"] for number in range(700)} == {2}
    assert kept[-1].rule == "MP-RULES-MORE"
    assert kept[-1].found == str(70_000 - 1_400)


def test_what_fits_is_left_as_it_is() -> None:
    few = [ONE] * FINDINGS_MAX
    assert within_bounds(few) == few
