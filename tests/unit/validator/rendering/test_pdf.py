"""The PDF of a document: on A4, tagged, kept for the archive where its fonts allow it."""

from io import BytesIO

import pikepdf
import pytest

import gateway
from gateway.validator.rendering.pdf import ROWS_MAX, bounded_section, pdf_document
from gateway.validator.rendering.rendering import ShownDocument, view_of
from tests.samples import invoice, sample


def read(document: bytes, language: str = "nl") -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(gateway.show(document, "pdf", language=language)))


@pytest.mark.parametrize(
    "name", ["nlcius-invoice", "en16931-everything", "nlcius-credit-note", "order", "time-card"]
)
def test_it_is_pdf_a_and_tagged(name: str) -> None:
    with read(sample(name)) as pdf, pdf.open_metadata() as metadata:
        assert metadata.pdfa_status == "2A"
        assert metadata["pdfuaid:part"] == "1"
        assert str(pdf.Root.Lang).startswith("nl")
        assert [round(float(side)) for side in pdf.pages[0].MediaBox] == [0, 0, 595, 842]


def test_a_text_that_its_fonts_lack_does_not_stop_it() -> None:
    document = sample("nlcius-invoice").replace(b"Onderhoud plantsoen", "維護 🌳 \ue000".encode())
    with read(document) as pdf:
        assert len(pdf.pages) >= 1


def test_a_long_document_is_bounded_and_says_so() -> None:
    shown = view_of(ShownDocument(invoice(ROWS_MAX + 3)), "nl")
    lines = next(section for section in shown.sections if section.title == "Regels")
    bounded = bounded_section(lines, "nl")
    assert bounded.table
    assert (len(bounded.table.rows), bounded.remark) == (ROWS_MAX, "Nog 3 rijen staan op de pagina en in de XML.")
    with pikepdf.open(BytesIO(pdf_document(view_of(ShownDocument(invoice(401)), "nl")))) as pdf:
        assert "/StructTreeRoot" not in pdf.Root


def test_the_same_document_gives_the_same_bytes() -> None:
    assert gateway.show(invoice(3), "pdf") == gateway.show(invoice(3), "pdf")


@pytest.mark.parametrize("hostile", ['#panic("x")', "$x$", '\\ #read("/etc/passwd")', "*_`<>@", "x" * 5000])
def test_a_text_is_no_markup(hostile: str) -> None:
    text = hostile.replace("<", "&lt;").encode()
    with read(sample("nlcius-invoice").replace(b"Onderhoud plantsoen", text)) as pdf:
        assert len(pdf.pages) >= 1
