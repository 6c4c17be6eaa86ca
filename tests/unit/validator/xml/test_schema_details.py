"""One attempt shows all that is to be repaired: what libxml2 leaves unsaid behind a wrong child is found too."""

import pytest
from lxml import etree

from gateway.validator.finding import Finding, Stage
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.xml import explain, schema
from gateway.validator.xml.parsing import Parsed, read
from gateway.validator.xml.schema_details import look_further
from gateway.validator.xml.schema_messages import Complaint
from tests.samples import SAMPLES, invoice
from tests.samples.documents import document
from tests.unit.validator.xml.mutation import structural_mutants

INVOICE = SAMPLES["nlcius-invoice-full"].xml()
ORDER = document(DocumentKind.ORDER)


def explained(data: bytes) -> list[Finding]:
    return [finding for finding in judge(data).findings if finding.stage is Stage.SCHEMA]


def test_five_mistakes_are_five_findings() -> None:
    damaged = (
        INVOICE.replace(b"cbc:DueDate", b"cbc:Duedate")
        .replace(b' currencyID="EUR"', b"", 1)
        .replace(b">S</cbc:ID>", b">S</cbc:ID><cbc:Kleur>rood</cbc:Kleur>", 1)
        .replace(b'<cbc:PayableAmount currencyID="EUR">', b'<cbc:PayableAmount currencyID="EUR">x')
        .replace(b"InvoicedQuantity", b"Invoicedquantity", 2)
    )
    assert [(each.rule, each.location.rpartition("/")[2]) for each in explained(damaged)] == [
        ("MP-XSD-UNKNOWN", "cbc:Duedate"),
        ("MP-XSD-ATTRIBUTE", "cbc:Amount"),
        ("MP-XSD-UNKNOWN", "cbc:Kleur"),
        ("MP-XSD-VALUE", "cbc:PayableAmount"),
        ("MP-XSD-UNKNOWN", "cbc:Invoicedquantity"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            b"<cbc:ID>2026-0418</cbc:ID>",
            b"",
            [("MP-XSD-MISSING", "/ubl:Invoice/cbc:IssueDate"), ("MP-XSD-VALUE", "/ubl:Invoice/cbc:DueDate")],
        ),
        (
            b"<cbc:ID>2026-0418</cbc:ID>",
            b"<cbc:ID>1</cbc:ID><cbc:ID>2</cbc:ID>",
            [("MP-XSD-TOO-MANY", "/ubl:Invoice/cbc:ID[2]"), ("MP-XSD-VALUE", "/ubl:Invoice/cbc:DueDate")],
        ),
        (
            b"<cbc:ID>2026-0418</cbc:ID>",
            b"<cbc:Note>x</cbc:Note><cbc:ID>1</cbc:ID>",
            [("MP-XSD-ORDER", "/ubl:Invoice/cbc:Note[1]"), ("MP-XSD-VALUE", "/ubl:Invoice/cbc:DueDate")],
        ),
        (
            b"<cbc:ID>2026-0418</cbc:ID>",
            b"<cbc:Id>1</cbc:Id>tekst",
            [
                ("MP-XSD-TEXT", "/ubl:Invoice"),
                ("MP-XSD-UNKNOWN", "/ubl:Invoice/cbc:Id"),
                ("MP-XSD-VALUE", "/ubl:Invoice/cbc:DueDate"),
            ],
        ),
    ],
)
def test_a_mistake_is_reported_once_and_hides_no_other(
    old: bytes, new: bytes, expected: list[tuple[str, str]]
) -> None:
    damaged = INVOICE.replace(old, new).replace(b"<cbc:DueDate>", b"<cbc:DueDate>x")
    assert [(each.rule, each.location) for each in explained(damaged)] == expected


def test_everything_that_is_missing_is_named() -> None:
    line = INVOICE[INVOICE.index(b"<cac:InvoiceLine>") : INVOICE.index(b"</cac:InvoiceLine>")]
    bare = INVOICE.replace(line, b"<cac:InvoiceLine><cbc:Note>x</cbc:Note>", 1)
    reported = [each for each in explained(bare) if "InvoiceLine[1]" in each.location]
    assert {each.rule for each in reported} == {"MP-XSD-MISSING"}
    assert {each.expected for each in reported} == {"cbc:ID", "cbc:LineExtensionAmount", "cac:Item"}


@pytest.mark.parametrize(
    ("data", "kind"), [(INVOICE, DocumentKind.INVOICE), (ORDER, DocumentKind.ORDER)], ids=["invoice", "order"]
)
def test_nothing_that_xmlschema_finds_is_left_unsaid(data: bytes, kind: DocumentKind) -> None:
    """xmlschema is another program, which goes on after a wrong child: what it complains about is reported."""
    looked_at = 0
    for damaged in structural_mutants(data, 20261125, 60):
        parsed = read(damaged)
        if isinstance(parsed, Parsed) and (ours := schema.check(parsed, kind)):
            theirs = explain.explain(parsed, kind, [])
            assert _elements(theirs) <= _elements(ours)
            looked_at += 1
    assert looked_at > 40


def _elements(findings: list[Finding]) -> set[str]:
    return {finding.location.split("/@")[0] for finding in findings}


def test_a_valid_document_is_not_looked_at_further() -> None:
    parsed = read(INVOICE)
    assert isinstance(parsed, Parsed)
    assert schema.check(parsed, DocumentKind.INVOICE) == []


@pytest.mark.parametrize("lines", [60, 3_000], ids=["small", "large"])
def test_it_is_bounded_in_number(lines: int) -> None:
    damaged = invoice(lines).replace(b"cbc:IssueDate", b"cbc:Issuedate").replace(b'currencyID="EUR"', b"")
    assert len(explained(damaged)) == schema.FINDINGS_MAX


def test_it_is_bounded_in_time() -> None:
    root = etree.fromstring(
        invoice(100).replace(b"cbc:IssueDate", b"cbc:Issuedate").replace(b' unitCode="C62"', b' x="1"')
    )
    known = [Complaint("", f"Element '{root[2].tag!s}': This element is not expected.", root[2])]
    with schema._pool(DocumentKind.INVOICE).lend() as compiled:
        everything = look_further(compiled, known, 1_000)
        assert len(everything) > 10
        assert len(look_further(compiled, known, 1_000, seconds_max=-1.0)) <= 1
