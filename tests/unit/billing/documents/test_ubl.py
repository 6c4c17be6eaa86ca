"""Bills and credit notes as e-invoices: the official schema and stylesheet judge them, not we."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from lxml import etree

from gateway import judge
from gateway.billing.documents.bill import BillKind, BillStage
from gateway.billing.documents.ubl import write
from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.policies import DEFAULT
from gateway.billing.rating.rating import UsePeriod
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Tariff, TariffBasis
from gateway.billing.runs.run import RunInputs, RunOrder, bills_of
from gateway.validator import reference
from tests.conformance.schema import schema_error
from tests.unit.billing.billing_service import ISSUER, ZILVERSTRAND
from tests.unit.billing.bills import BILLS, issued, party_of

_CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
NAMES = {
    "cbc": _CBC[1:-1],
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
}


def found(name: str, path: str) -> list[str]:
    """The texts at a path of one of the bills."""
    root = etree.fromstring(write(BILLS[name]))
    elements = root.iterfind(path, NAMES)
    return [element.text or "" for element in elements]


@pytest.mark.parametrize("name", BILLS)
def test_it_is_valid_by_the_official_schema_and_stylesheet(name: str) -> None:
    pytest.importorskip("saxonche", reason="the reference engine is optional: pip install 'meterpoort[reference]'")
    document = write(BILLS[name])
    assert schema_error(document) is None
    assert reference.en16931().assertions(document) == ()


@pytest.mark.parametrize("name", BILLS)
def test_the_same_bill_gives_the_same_bytes(name: str) -> None:
    assert write(BILLS[name]) == write(BILLS[name])


@pytest.mark.parametrize("name", BILLS)
def test_lines_sum_to_the_total_without_tax(name: str) -> None:
    lines = [
        Decimal(text)
        for kind in ("InvoiceLine", "CreditNoteLine")
        for text in found(name, f"cac:{kind}/cbc:LineExtensionAmount")
    ]
    (total,) = found(name, "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount")
    assert sum(lines) == Decimal(total) > 0


@pytest.mark.parametrize("name", BILLS)
def test_price_times_quantity_is_the_line(name: str) -> None:
    """But for the cent that rounding the whole leaves on one line."""
    differences = []
    for kind, quantity in (("InvoiceLine", "InvoicedQuantity"), ("CreditNoteLine", "CreditedQuantity")):
        for units, price, net in zip(
            found(name, f"cac:{kind}/cbc:{quantity}"),
            found(name, f"cac:{kind}/cac:Price/cbc:PriceAmount"),
            found(name, f"cac:{kind}/cbc:LineExtensionAmount"),
            strict=True,
        ):
            exact = (Decimal(units) * Decimal(price)).quantize(Decimal("0.01"), ROUND_HALF_UP)
            differences.append(abs(exact - Decimal(net)))
    assert sum(difference > 0 for difference in differences) <= 1
    assert max(differences) <= Decimal("0.01")


def test_the_settlement_reads_as_it_was_computed() -> None:
    assert found("settlement", "cac:InvoiceLine/cbc:Note") == [
        "13.500 berichten × € 0,59 = € 7.965,00 (inclusief btw)",
        "document GD2026-000001 van 15 januari 2026: € 7.080,00 (inclusief btw)",
    ]
    assert found("settlement", "cac:LegalMonetaryTotal/cbc:PayableAmount") == ["885.00"]
    assert found("settlement", "cac:TaxTotal/cbc:TaxAmount") == ["153.60"]
    assert found("settlement", "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == ["GD2026-000001"]
    (link,) = found("settlement", ".//cbc:URI")
    days = "firstDay=2026-01-01&lastDay=2026-12-31"
    assert link.endswith(f"/portal/usage?party=zilverstrand&service=digipoort&{days}")


@pytest.mark.parametrize("name", BILLS)
def test_our_own_rules_find_nothing_not_even_a_warning(name: str) -> None:
    bill = BILLS[name]
    findings = judge(write(replace(bill, issuer=replace(bill.issuer, bic="MPRTNL2A")))).findings
    assert [one.rule for one in findings if one.rule != "MP-RULES-DATE"] == []  # some are older than the rules


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("prepayment", "Voorschotfactuur Digipoort e-factureren 2026"),
        (
            "advance",
            "Voorschotfactuur DigiD 2020",
        ),
        (
            "settlement",
            "Eindfactuur Digipoort e-factureren 2026. Deze factuur hoort bij GD2026-000001 van 15 januari 2026",
        ),
        (
            "refund",
            "Creditnota bij de eindafrekening DigiD 2020. Deze creditnota hoort bij GD2020-000002",
        ),
    ],
)
def test_the_note_names_the_document_and_what_it_credits(name: str, note: str) -> None:
    assert found(name, "cbc:Note")[0].startswith(note)


def test_a_credit_note_has_what_was_billed_first_and_positive() -> None:
    assert found("refund", "cac:CreditNoteLine/cac:Item/cbc:Name") == [
        "Gefactureerd met GD2020-000002 van 10 maart 2020",
        "Af: DigiD: gebruik in 2020",
    ]
    assert found("refund", "cac:CreditNoteLine/cbc:CreditedQuantity") == ["1", "-4001"]


def test_one_unit_is_called_one() -> None:
    order = RunOrder(BillStage.SETTLEMENT, Service.DIGID, 2021, date(2022, 6, 10))
    [bill] = issued(order, [party_of(ZILVERSTRAND, Service.DIGID, 2021, used=1000)])
    assert bill.lines[0].how.nl.startswith("1 geslaagde authenticatie (1.000 gebruikt")


def test_money_back_is_a_credit_note_with_positive_amounts() -> None:
    for name, amount in (("refund", "1352.83"), ("correction", "59.00"), ("vat-refund", "98.31")):
        assert BILLS[name].kind is BillKind.CREDIT_NOTE
        assert found(name, "cac:LegalMonetaryTotal/cbc:PayableAmount") == [amount]
        assert found(name, "cbc:CreditNoteTypeCode") == ["381"]


def test_within_the_rijk_nothing_is_subject_to_tax() -> None:
    assert found("final-rijk", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:ID") == ["O"]
    assert found("final-rijk", "cac:TaxTotal/cbc:TaxAmount") == ["0.00"]
    assert found("final-rijk", "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cbc:CompanyID") == []


def test_guidance_is_billed_over_its_own_days() -> None:
    assert found("guidance", "cac:InvoicePeriod/cbc:StartDate") == ["2026-01-15"]
    assert found("guidance", "cac:InvoicePeriod/cbc:EndDate") == ["2026-07-14"]


def test_each_line_leads_to_the_messages_of_its_own_days() -> None:
    """A price that changes on 1 July: two lines, two lists, each named once."""
    half, later = date(2026, 6, 30), date(2026, 7, 1)
    fixed = Tariff(
        service=Service.DIGIPOORT,
        basis=TariffBasis.FIXED,
        price=Decimal("0.59"),
        vat=PriceBasis.INCLUDING_VAT,
        valid_from=date(2026, 1, 1),
        valid_until=half,
    )
    dearer = replace(fixed, price=Decimal("0.61"), valid_from=later, valid_until=None)
    order = RunOrder(BillStage.SETTLEMENT, Service.DIGIPOORT, 2026, date(2027, 2, 15))
    uses = (UsePeriod(date(2026, 1, 1), half, 100), UsePeriod(later, date(2026, 12, 31), 200))
    party = party_of(ZILVERSTRAND, Service.DIGIPOORT, 2026, uses=uses)
    (bill,) = bills_of(RunInputs(order, ISSUER, DEFAULT, (fixed, dearer), (party,)))
    days = [line.link[line.link.index("firstDay") :] for line in bill.lines]
    assert days == ["firstDay=2026-01-01&lastDay=2026-06-30", "firstDay=2026-07-01&lastDay=2026-12-31"]
    root = etree.fromstring(write(bill.with_number("GD2027-000001")))
    references = [element.text for element in root.iterfind("cac:AdditionalDocumentReference/cbc:ID", NAMES)]
    assert references == ["GD2027-000001-gebruik-1", "GD2027-000001-gebruik-2"]


def test_a_weight_is_written_as_the_language_writes_it() -> None:
    (share,) = found("vat-refund", "cac:CreditNoteLine/cbc:Note")
    assert share == "€ 98,31 × 98,31 / 98,31 = € 98,31 (inclusief btw)"
