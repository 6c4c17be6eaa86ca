"""The PDF says what the bill says, in Dutch, is archivable and accessible, and holds the e-invoice."""

import hashlib
import os
import subprocess
import sys
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import babel
import pikepdf
import pytest
from lxml import etree
from pypdf import PdfReader

from gateway import __version__
from gateway.billing.documents.bill import BillKind
from gateway.billing.documents.pdf import PDF, write_pdf
from gateway.billing.documents.ubl import write
from gateway.i18n import format_amount
from tests.unit.billing.bills import BILLS

XMP = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
}


def pdf_of(name: str) -> bytes:
    """The PDF of a bill."""
    return write_pdf(BILLS[name], write(BILLS[name]))


@pytest.mark.parametrize("name", BILLS)
def test_number_party_and_sums_are_on_it(name: str) -> None:
    bill = BILLS[name]
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf_of(name))).pages)
    amounts = -bill.amounts if bill.kind is BillKind.CREDIT_NOTE else bill.amounts
    wanted = [bill.number, bill.debtor.name, bill.debtor.oin, bill.issuer.vat_number, "pagina 1 van 1"]
    wanted += [format_amount(amount, "nl") for amount in (amounts.excluding, amounts.vat, amounts.including)]
    assert [part for part in wanted if part not in text] == []
    assert ("Creditnota" in text) == (bill.kind is BillKind.CREDIT_NOTE)


def test_a_credit_note_reads_positive_and_says_what_it_credits() -> None:
    text = PdfReader(BytesIO(pdf_of("refund"))).pages[0].extract_text()
    billed, due = text.index("Gefactureerd met GD2020-000002"), text.index("Af: DigiD: gebruik in 2020")
    assert billed < due
    assert "Deze creditnota hoort bij GD2020-000002 van 10 maart 2020" in text
    assert "-4.001" not in text


IN_ANOTHER_PROCESS = """
import hashlib
from gateway.billing.documents import pdf
from tests.unit.billing.documents.test_pdf import BILLS, pdf_of
for name in BILLS:
    print(name, hashlib.sha256(pdf_of(name)).hexdigest())
print(pdf.PDF.version)
"""


def test_the_same_bill_gives_the_same_bytes_in_another_process() -> None:
    """At another time of another place, with other hashes."""
    other = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "99"}
    environment = {**os.environ, **other, "PYTHONPATH": str(Path(__file__).parents[4])}
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout
    own = [f"{name} {hashlib.sha256(pdf_of(name)).hexdigest()}" for name in BILLS]
    assert found.splitlines() == [*own, PDF.version]


def test_its_date_is_that_of_the_bill() -> None:
    with pikepdf.open(BytesIO(pdf_of("settlement"))) as pdf:
        assert str(pdf.docinfo["/CreationDate"]).startswith(f"D:{BILLS['settlement'].issued_on:%Y%m%d}")


def test_the_version_names_all_that_sets_the_page() -> None:
    for part in (__version__, f"Typst {version('typst')}", f"Babel {babel.__version__}"):
        assert part in PDF.version


def test_it_is_tagged_pdf_a_3_by_another_library() -> None:
    with pikepdf.open(BytesIO(pdf_of("settlement"))) as pdf:
        xmp = etree.fromstring(pdf.Root.Metadata.read_bytes())
        assert xmp.xpath("string(//pdfaid:part)", namespaces=XMP) == "3"
        assert xmp.xpath("string(//pdfaid:conformance)", namespaces=XMP) == "A"
        assert xmp.xpath("string(//pdfuaid:part)", namespaces=XMP) == "1"
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "nl-NL"
        assert len(pdf.Root.OutputIntents) == 1
        kinds = {str(one.get("/S")) for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/K" in one}
        assert {"/Document", "/H1", "/Table", "/TH", "/TD", "/Link"} <= kinds


def test_every_font_is_embedded() -> None:
    with pikepdf.open(BytesIO(pdf_of("settlement"))) as pdf:
        fonts = [
            one
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"
        ]
    assert fonts
    assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)


def test_the_e_invoice_is_inside_as_it_was_issued() -> None:
    bill = BILLS["settlement"]
    with pikepdf.open(BytesIO(pdf_of("settlement"))) as pdf:
        file = pdf.attachments[f"{bill.number}.xml"]
        assert file.get_file().read_bytes() == write(bill)
        assert file.get_file().mime_type == "application/xml"
        [associated] = pdf.Root.AF
        assert associated.AFRelationship == "/Alternative"
