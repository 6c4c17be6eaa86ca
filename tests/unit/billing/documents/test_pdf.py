"""The PDF says what the bill says, in Dutch, and the same bill gives the same bytes."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from gateway.billing.documents.bill import BillKind
from gateway.billing.documents.pdf import write_pdf
from gateway.i18n import format_amount
from tests.unit.billing.bills import BILLS


def read(name: str) -> PdfReader:
    """The PDF of a bill, opened by another library."""
    return PdfReader(BytesIO(write_pdf(BILLS[name])))


@pytest.mark.parametrize("name", BILLS)
def test_number_party_and_sums_are_on_it(name: str) -> None:
    bill = BILLS[name]
    text = "".join(page.extract_text() for page in read(name).pages)
    amounts = -bill.amounts if bill.kind is BillKind.CREDIT_NOTE else bill.amounts
    wanted = [bill.number, bill.debtor.name, bill.debtor.oin, bill.issuer.vat_number, "pagina 1 van 1"]
    wanted += [format_amount(amount, "nl") for amount in (amounts.excluding, amounts.vat, amounts.including)]
    assert [part for part in wanted if part not in text] == []
    assert ("Creditnota" in text) == (bill.kind is BillKind.CREDIT_NOTE)


def test_the_same_bill_gives_the_same_bytes() -> None:
    assert write_pdf(BILLS["settlement"]) == write_pdf(BILLS["settlement"])


def test_fonts_are_embedded_and_the_language_is_named() -> None:
    reader = read("settlement")
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]  # pypdf types this as any object
    descriptors = [
        font.get_object()["/FontDescriptor"] for font in fonts.values() if "/FontDescriptor" in font.get_object()
    ]
    assert descriptors
    assert all("/FontFile2" in descriptor for descriptor in descriptors)
    assert str(reader.root_object["/Lang"]) == "nl-NL"
