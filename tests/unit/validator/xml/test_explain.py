"""The second reading tells what libxml2, which stops at the first wrong child, leaves unsaid."""

import pytest
from lxml import etree

from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.xml import explain as second
from gateway.validator.xml import schema
from gateway.validator.xml.parsing import Parsed, read
from tests.samples import SAMPLES
from tests.samples.documents import document

INVOICE = SAMPLES["nlcius-invoice-full"].xml()
TIME_CARD = document(DocumentKind.TIME_CARD)


def parsed(data: bytes) -> Parsed:
    outcome = read(data)
    assert isinstance(outcome, Parsed)
    return outcome


def test_what_comes_after_the_first_wrong_child_of_a_time_card_is_found_too() -> None:
    damaged = TIME_CARD.replace(b"ReportedResource>", b"Reportedresource>").replace(b' type="Regular"', b"", 1)
    first, explained = judge(damaged).findings, judge(damaged, explain=True).findings
    [missing] = [finding for finding in explained if finding not in first]
    assert missing.rule == "MP-XSD-ATTRIBUTE"
    assert missing.location == "/hr:TimeCard/hr:ReportedTime/hr:TimeInterval[1]"
    line = damaged.split(b"\n")[(missing.line or 0) - 1]
    assert line[(missing.column or 0) - 1 :].startswith(b"<TimeInterval")


def test_of_ubl_it_has_nothing_to_add() -> None:
    damaged = INVOICE.replace(b"cbc:DueDate", b"cbc:Duedate").replace(b' currencyID="EUR"', b"", 1)
    assert judge(damaged, explain=True).findings == judge(damaged).findings


@pytest.mark.parametrize(
    ("rule", "location", "old", "new"),
    [
        ("MP-XSD-VALUE", "/hr:TimeCard/hr:ReportedTime/hr:PeriodStartDate", b">2026-11-02</Period", b">x</Period"),
        ("MP-XSD-ATTRIBUTE", "/hr:TimeCard/hr:ReportedTime/hr:TimeInterval[1]", b' type="Regular"', b""),
        ("MP-XSD-ATTRIBUTE", "/hr:TimeCard/hr:Id/@x", b"<Id idOwner", b'<Id x="1" idOwner'),
        ("MP-XSD-MISSING", "/hr:TimeCard/hr:Id", b"<IdValue>UREN-2026-45-0031</IdValue>", b""),
    ],
)
def test_both_readings_speak_the_same_language(rule: str, location: str, old: bytes, new: bytes) -> None:
    reading = parsed(TIME_CARD.replace(old, new, 1))
    theirs = second.explain(reading, DocumentKind.TIME_CARD, [])
    ours = schema.check(reading, DocumentKind.TIME_CARD)
    assert (rule, location) in [(finding.rule, finding.location) for finding in theirs]
    assert (rule, location) in [(finding.rule, finding.location) for finding in ours]
    assert second.explain(reading, DocumentKind.TIME_CARD, [*ours, *theirs]) == []


def test_a_valid_document_has_nothing_to_explain() -> None:
    assert second.explain(parsed(TIME_CARD), DocumentKind.TIME_CARD, []) == []


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    interval = TIME_CARD[TIME_CARD.index(b"    <TimeInterval") : TIME_CARD.index(b"    <Allowance ")]
    damaged = TIME_CARD.replace(interval, interval.replace(b">8.00<", b">acht<") * 300, 1)
    assert len(second.explain(parsed(damaged), DocumentKind.TIME_CARD, [])) == second.FINDINGS_MAX
    monkeypatch.setattr(second, "MARKUP_BYTES_MAX", 1_000)
    assert second.explain(parsed(damaged), DocumentKind.TIME_CARD, []) == []


def test_nothing_is_fetched_for_it() -> None:
    hint = (
        b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x file:///nowhere/x.xsd" '
    )
    reading = parsed(TIME_CARD.replace(b"<TimeCard ", b"<TimeCard " + hint, 1))
    assert etree.QName(reading.root).localname == "TimeCard"
    assert second.explain(reading, DocumentKind.TIME_CARD, []) == []
