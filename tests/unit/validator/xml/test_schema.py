"""The schema's verdict, and its explanation in words."""

import threading

import pytest

from gateway.i18n import Text
from gateway.validator.finding import Finding, Stage
from gateway.validator.judge import judge
from gateway.validator.model.document import DocumentKind
from gateway.validator.xml import schema
from gateway.validator.xml.parsing import Parsed, read
from tests.samples import SAMPLES, invoice
from tests.samples.documents import FILES, document
from tests.unit.validator.xml.mutation import structural_mutants

INVOICE = SAMPLES["nlcius-invoice-full"].xml()


def explained(data: bytes) -> list[Finding]:
    return [finding for finding in judge(data).findings if finding.stage is Stage.SCHEMA]


@pytest.mark.parametrize("kind", FILES)
def test_the_sample_of_each_kind_is_valid(kind: DocumentKind) -> None:
    verdict = judge(document(kind))
    assert verdict.valid, verdict.findings
    assert verdict.kind is kind
    assert verdict.facts is not None
    assert verdict.facts.sender.identifiers
    assert verdict.facts.recipient.identifiers


CASES = [
    ("MP-XSD-VALUE", "/ubl:Invoice/cbc:IssueDate", b"<cbc:IssueDate>", b"<cbc:IssueDate>x"),
    ("MP-XSD-UNKNOWN", "/ubl:Invoice/cbc:Issuedate", b"cbc:IssueDate", b"cbc:Issuedate"),
    ("MP-XSD-ORDER", "/ubl:Invoice/cbc:Note[1]", b"<cbc:ID>", b"<cbc:Note>x</cbc:Note><cbc:ID>"),
    ("MP-XSD-TOO-MANY", "/ubl:Invoice/cbc:ID[2]", b"<cbc:ID>", b"<cbc:ID>1</cbc:ID><cbc:ID>"),
    ("MP-XSD-TEXT", "/ubl:Invoice", b"<cbc:ID>", b"tekst<cbc:ID>"),
    ("MP-XSD-ATTRIBUTE", "/ubl:Invoice/cbc:ID/@x", b"<cbc:ID>", b'<cbc:ID x="1">'),
    ("MP-XSD-MISSING", "/ubl:Invoice/cbc:IssueDate", b"<cbc:ID>2026-0418</cbc:ID>", b""),
]


@pytest.mark.parametrize(("rule", "location", "old", "new"), CASES)
@pytest.mark.parametrize("padding", [0, 100_000], ids=["small", "large"])
def test_why_it_breaks_and_where(rule: str, location: str, old: bytes, new: bytes, padding: int) -> None:
    """The same for a small document, whose tree is checked, and a large one, which is checked piece by piece."""
    damaged = INVOICE.replace(old, new).replace(
        b"<cbc:EndpointID", b"<!--" + b"x" * padding + b"--><cbc:EndpointID", 1
    )
    finding = explained(damaged)[0]
    assert (finding.rule, finding.location) == (rule, location)
    assert finding.line is not None
    assert finding.message.en != finding.message.nl
    element = location.split("/@")[0].rpartition(":")[2].partition("[")[0].encode()
    line = damaged.decode().split("\n")[finding.line - 1]
    assert element.decode() in line[(finding.column or 0) - 1 :].partition(">")[0]


def test_an_error_far_into_a_large_document_has_its_position() -> None:
    line = INVOICE[INVOICE.index(b"  <cac:InvoiceLine>") : INVOICE.index(b"</Invoice>")]
    damaged = INVOICE.replace(line, line * 300, 1)
    at = damaged.rindex(b"<cbc:LineExtensionAmount")
    damaged = damaged[:at] + damaged[at:].replace(b' currencyID="EUR"', b"", 1)
    [finding] = explained(damaged)
    assert finding.rule == "MP-XSD-ATTRIBUTE"
    assert finding.line == damaged[:at].count(b"\n") + 1
    lines = damaged.count(b"<cac:InvoiceLine>")
    assert finding.location == f"/ubl:Invoice/cac:InvoiceLine[{lines}]/cbc:LineExtensionAmount"


def test_findings_are_bounded() -> None:
    line = INVOICE[INVOICE.index(b"  <cac:InvoiceLine>") : INVOICE.index(b"</Invoice>")]
    damaged = INVOICE.replace(line, line.replace(b' currencyID="EUR"', b"") * 300, 1)
    assert len(explained(damaged)) == schema.FINDINGS_MAX


def test_a_large_document_is_parsed_and_checked_in_one_pass() -> None:
    large = INVOICE.replace(b"<cbc:Note>", b"<cbc:Note>" + b"x " * 40_000, 1)
    parsed = read(large, with_schema=schema.parse)
    assert isinstance(parsed, Parsed)
    assert parsed.attempt is not None
    assert parsed.attempt.root is parsed.root
    assert schema.check(parsed, DocumentKind.INVOICE) == []
    alone = read(large)
    assert isinstance(alone, Parsed)
    assert schema.check(alone, DocumentKind.INVOICE) == []


def test_a_root_of_another_kind_is_not_valid_because_it_is_valid_elsewhere() -> None:
    order = document(DocumentKind.ORDER)
    parsed = read(order.replace(b"Order xmlns", b"OrderChange xmlns").replace(b"</Order>", b"</OrderChange>"))
    assert isinstance(parsed, Parsed)
    assert "OrderChange" in str(parsed.root.tag)
    assert schema.check(parsed, DocumentKind.ORDER_CHANGE)


def test_threads_get_their_own_findings() -> None:
    damaged = [INVOICE.replace(b"<cbc:IssueDate>", b"<cbc:IssueDate>x%d-" % number) for number in range(8)]
    found: dict[int, object] = {}

    def work(number: int) -> None:
        for _ in range(20):
            [finding] = explained(damaged[number])
            found[number] = finding.found

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"x{number}-2026-11-02" for number in range(8)}


@pytest.mark.parametrize("name", ["invoice", "time card"])
def test_read_in_pieces_a_document_gets_the_same_findings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = INVOICE if name == "invoice" else document(DocumentKind.TIME_CARD)
    damaged = list(structural_mutants(sample, 20261123, 150))
    whole = [explained(one) for one in damaged]
    monkeypatch.setattr(schema, "_WHOLE_BYTES_MAX", 0)
    assert [explained(one) for one in damaged] == whole
    assert sum(bool(one) for one in whole) > 75


@pytest.mark.parametrize("comment", [0, 100_000], ids=["small", "large"])
@pytest.mark.parametrize("text", ["\n2026-11-02 ", "2026-11-02\t", " 2026-11-02Z", "\r\n2026-11-02+01:00"])
def test_white_space_around_a_date_is_no_mistake(text: str, comment: int) -> None:
    """XML Schema collapses it before it looks; libxml2 does not."""
    dated = f">{text}</cbc:IssueDate><!--{'x' * comment}-->".encode()
    padded = INVOICE.replace(b">2026-11-02</cbc:IssueDate>", dated)
    assert padded != INVOICE
    verdict = judge(padded)
    assert verdict.findings == ()
    assert verdict.facts is not None
    assert verdict.facts.issue_date == text.strip()
    assert explained(padded.replace(b"<cbc:DueDate>", b"<cbc:DueDate>x"))[0].location == "/ubl:Invoice/cbc:DueDate"


@pytest.mark.parametrize(
    "text", [" 2026-11-32 ", " 2026-11-02 3", "2026- 11-02", " ", "\u00a02026-11-02", "2026-11-02 x"]
)
def test_white_space_makes_no_date_of_what_is_none(text: str) -> None:
    [finding] = explained(INVOICE.replace(b">2026-11-02</cbc:IssueDate>", f">{text}</cbc:IssueDate>".encode()))
    assert (finding.rule, finding.location) == ("MP-XSD-VALUE", "/ubl:Invoice/cbc:IssueDate")


def test_what_else_is_wrong_is_reported_without_the_white_space() -> None:
    padded = INVOICE.replace(b">2026-11-02</cbc:IssueDate>", b"> 2026-11-02 </cbc:IssueDate>")
    wrong = padded.replace(b"cbc:DueDate", b"cbc:Duedate").replace(b' currencyID="EUR"', b"", 1)
    assert [finding.rule for finding in explained(wrong)] == ["MP-XSD-UNKNOWN", "MP-XSD-ATTRIBUTE"]
    assert [finding.rule for finding in explained(padded.replace(b"<cbc:ID>2026-0418</cbc:ID>", b""))] == [
        "MP-XSD-MISSING"
    ]


def test_a_padded_date_of_a_time_card_is_valid_too() -> None:
    card = document(DocumentKind.TIME_CARD)
    padded = card.replace(b">2026-11-02</PeriodStartDate>", b">\n 2026-11-02\n</PeriodStartDate>")
    assert padded != card
    assert judge(padded).valid


def test_a_wrong_amount_must_be_a_number() -> None:
    """UBL derives types, which libxml2 does not name."""
    start = b'<cbc:PayableAmount currencyID="EUR">'
    [finding] = explained(INVOICE.replace(start, start + b"x"))
    assert isinstance(finding.expected, Text)
    assert finding.expected.nl == "een getal met een punt, als 1234.50"


@pytest.mark.parametrize(
    "end", [b"&</Invoice>", b"</Invoice", b"", b"</Invoice><x/>", b"</Invoice>x", b"<a></b></Invoice>"]
)
def test_a_large_document_that_is_well_formed_only_up_to_its_last_tag_is_refused(end: bytes) -> None:
    document = invoice(100).rstrip().removesuffix(b"</Invoice>") + end
    verdict = judge(document)
    assert [finding.stage for finding in verdict.findings] == [Stage.XML], verdict.findings
    assert verdict.findings[0].line == document.count(b"\n") + 1


def test_reading_to_the_end_leaves_no_trace() -> None:
    parsed = read(invoice(100), with_schema=schema.parse)
    assert isinstance(parsed, Parsed)
    assert parsed.attempt is not None
    assert parsed.attempt.root is parsed.root
    assert parsed.root.getnext() is None
