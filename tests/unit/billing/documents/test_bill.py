"""A document: what is due less what was billed before."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from gateway.billing.documents.bill import Bill, BillKind, BillStage, DocumentHead, draft
from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.rating import Due, DueLine, LineRole
from gateway.billing.rating.services import Service
from gateway.i18n import Text
from tests.unit.billing.billing_service import ISSUER, ZILVERSTRAND
from tests.unit.billing.bills import BILLS

VAT = Decimal(21)


def due(*amounts: str, basis: PriceBasis = PriceBasis.INCLUDING_VAT) -> Due:
    """A line of use for each amount."""
    lines = (
        DueLine(LineRole.USE, 1, Decimal(amount), Decimal(amount), Text("use"), Text("1 × price"))
        for amount in amounts
    )
    return Due(basis, VAT, tuple(lines))


def drafted(what: Due, *billed: Bill) -> Bill | None:
    """The draft of a settlement."""
    on = date(2027, 2, 15)
    head = DocumentHead(BillStage.SETTLEMENT, Service.DIGIPOORT, 2026, ZILVERSTRAND, ISSUER, on, 30)
    return draft(head, what, billed, len(billed) + 1)


def test_nothing_more_due_gives_no_document() -> None:
    first = drafted(due("590.00"))
    assert first is not None
    assert drafted(due("590.00"), replace(first, number="GD2027-000001")) is None


def test_less_due_than_billed_gives_a_credit_note_of_the_difference() -> None:
    first = drafted(due("590.00"))
    assert first is not None
    credit = drafted(due("531.00"), replace(first, number="GD2027-000001"))
    assert credit is not None
    assert (credit.kind, credit.amounts.including) == (BillKind.CREDIT_NOTE, Decimal("-59.00"))
    assert [reference.number for reference in credit.preceding] == ["GD2027-000001"]
    assert (credit.due_on - credit.issued_on).days == 30


@pytest.mark.parametrize(
    "amounts", [("0.01", "0.01", "0.01"), ("590.00",), ("33.33", "33.33", "33.34"), ("0.05", "1000000.00")]
)
@pytest.mark.parametrize("basis", PriceBasis)
def test_lines_without_tax_sum_to_the_total(amounts: tuple[str, ...], basis: PriceBasis) -> None:
    bill = drafted(due(*amounts, basis=basis))
    assert bill is not None
    assert sum(line.net for line in bill.lines) == bill.amounts.excluding
    assert bill.amounts.excluding + bill.amounts.vat == bill.amounts.including


@pytest.mark.parametrize("name", BILLS)
def test_every_kind_of_bill_sums(name: str) -> None:
    bill = BILLS[name]
    assert sum(line.net for line in bill.lines) == bill.amounts.excluding
    assert sum(line.amount for line in bill.lines) == bill.amount


def test_lines_of_use_link_to_their_messages() -> None:
    bill = BILLS["settlement"]
    links = {line.role: line.link for line in bill.lines}
    assert links[LineRole.USE].endswith(
        "/portal/usage?party=zilverstrand&service=digipoort&firstDay=2026-01-01&lastDay=2026-12-31"
    )
    assert links[LineRole.BILLED] == ""


def test_documents_of_a_year_come_to_the_tax_on_its_total() -> None:
    """0.01 without tax is 0.00 tax; three of them are 0.01, billed with the third."""
    billed: list[Bill] = []
    for total in ("0.01", "0.02", "0.03", "0.00"):
        bill = drafted(due(total, basis=PriceBasis.EXCLUDING_VAT), *billed)
        assert bill is not None
        billed.append(replace(bill, number=f"GD2027-{len(billed)}"))
    assert [str(bill.amounts.vat) for bill in billed] == ["0.00", "0.00", "0.01", "-0.01"]
    assert sum(bill.amounts.including for bill in billed) == 0
