"""Runs on given inputs: what corrections of facts give, amounts that are divided, and inputs that hash."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from gateway.billing.documents.bill import Bill, BillKind, BillStage
from gateway.billing.documents.postings import entry_of
from gateway.billing.rating.amounts import Amounts
from gateway.billing.rating.policies import DEFAULT
from gateway.billing.rating.services import FACILITIES, Service
from gateway.billing.rating.tariffs import published
from gateway.billing.runs.debtor import Debtor, FacilitiesPayer
from gateway.billing.runs.errors import DistributionKeyError
from gateway.billing.runs.run import PartyInput, RunInputs, RunOrder, bills_of, outcome_of
from gateway.messages.participants import PartyKind
from tests.unit.billing.billing_service import ISSUER, KROMME_VLIET, MINISTERIE, OOSTMEER, ZILVERSTRAND
from tests.unit.billing.bills import BILLS, issued, party_of

ADVANCE = RunOrder(BillStage.PREPAYMENT, Service.DIGID, 2019, date(2019, 3, 10))
REFUND = RunOrder(BillStage.VAT_REFUND, None, 2019, date(2020, 7, 6), Decimal("100.00"))
RIJK = replace(ZILVERSTRAND, kind=PartyKind.RIJK)


def inputs_of(order: RunOrder, *parties: PartyInput) -> RunInputs:
    """The inputs of a run on the published tariffs."""
    return RunInputs(order, ISSUER, DEFAULT, published().tariffs, parties)


def settled_after_correction(
    service: Service, year: int, forecast: int, used: int, first: Debtor, corrected: Debtor
) -> list[Bill]:
    """The documents of a year that was prepaid by one status of the debtor, and settled by another."""
    prepay = RunOrder(BillStage.PREPAYMENT, service, year, date(year, 3, 10))
    settle = RunOrder(BillStage.SETTLEMENT, service, year, date(year + 1, 3, 10))
    advance = issued(prepay, [party_of(first, service, year, forecast)])
    final = party_of(corrected, service, year, forecast, used, billed=advance, is_prepaid=True)
    settlement = issued(settle, [final])
    again = replace(final, billed=(*advance, *settlement))
    assert bills_of(inputs_of(settle, again)) == ()
    return [*advance, *settlement]


def together(bills: Sequence[Bill]) -> tuple[str, str]:
    """What documents come to: without tax, and the tax."""
    total = sum((bill.amounts for bill in bills), Amounts(Decimal(0), Decimal(0), Decimal(0)))
    assert sum(posting.amount for bill in bills for posting in entry_of(bill).postings) == 0
    return str(total.excluding), str(total.vat)


def test_the_tax_comes_back_when_a_debtor_turns_out_to_be_of_the_rijk() -> None:
    """DigiD 2019: 100,000 × 0.117 = 11,700.00 + 2,457.00. Used 100,000 × 0.116 = 11,600.00 without tax."""
    bills = settled_after_correction(Service.DIGID, 2019, 100_999, 100_999, ZILVERSTRAND, RIJK)
    assert [(bill.kind, str(bill.amounts.excluding), str(bill.amounts.vat)) for bill in bills] == [
        (BillKind.INVOICE, "11700.00", "2457.00"),
        (BillKind.CREDIT_NOTE, "-11700.00", "-2457.00"),
        (BillKind.INVOICE, "11600.00", "0.00"),
    ]
    assert [bill.vat_percent for bill in bills] == [21, 21, 0]
    assert bills[1].preceding[0].number == bills[0].number
    assert together(bills) == ("11600.00", "0.00")


def test_digipoort_is_credited_as_it_was_billed_when_a_debtor_turns_out_to_be_of_the_rijk() -> None:
    bills = settled_after_correction(Service.DIGIPOORT, 2024, 1_000, 800, ZILVERSTRAND, RIJK)
    assert [str(bill.amounts.excluding) for bill in bills] == ["487.60", "-487.60"]
    assert [str(bill.amounts.vat) for bill in bills] == ["102.40", "-102.40"]


def test_the_tax_of_the_advance_is_billed_when_a_debtor_turns_out_to_be_outside_the_rijk() -> None:
    """MijnOverheid 2019: 10,000 × 0.44 = 4,400.00, without tax; 10,000 × 0.467 = 4,670.00 + 980.70."""
    bills = settled_after_correction(Service.MIJNOVERHEID, 2019, 10_999, 10_999, RIJK, ZILVERSTRAND)
    assert [str(bill.amounts.including) for bill in bills] == ["4400.00", "-4400.00", "5650.70"]
    assert together(bills) == ("4670.00", "980.70")


def vat_paid() -> list[PartyInput]:
    """Three debtors that were billed for 2019, two of them with tax, one of them for two services: 3,000 × 0.117 =
    351.00, tax 73.71; 1,000 × 0.117 = 117.00, tax 24.57; MijnOverheid 1,000 × 0.44 = 440.00, tax 92.40."""
    debtors = ((KROMME_VLIET, 3_999), (MINISTERIE, 9_999), (ZILVERSTRAND, 1_999))
    digid = [party_of(debtor, Service.DIGID, 2019, units) for debtor, units in debtors]
    mail = party_of(ZILVERSTRAND, Service.MIJNOVERHEID, 2019, 1_999)
    order = replace(ADVANCE, service=Service.MIJNOVERHEID)
    billed = [*issued(ADVANCE, digid), *issued(order, [mail], first_rank=4)]
    return [replace(party, billed=(bill,)) for party, bill in zip([*digid, mail], billed, strict=True)]


def test_reclaimed_tax_is_divided_over_services_and_parties_by_the_tax_they_paid() -> None:
    """190.68 was paid. Of 100.00: 38.66 (38.6564), 12.88 (12.8854), 48.46 (48.4581)."""
    parties = vat_paid()
    bills = bills_of(inputs_of(REFUND, *parties))
    assert [(bill.party_id, bill.service, str(bill.amounts.including)) for bill in bills] == [
        ("krommevliet", Service.DIGID, "-38.66"),
        ("zilverstrand", Service.DIGID, "-12.88"),
        ("zilverstrand", Service.MIJNOVERHEID, "-48.46"),
    ]
    assert {bill.kind for bill in bills} == {BillKind.CREDIT_NOTE}
    assert all(len(bill.preceding) == 1 for bill in bills)


def test_no_more_tax_is_refunded_than_was_billed() -> None:
    parties = vat_paid()
    with pytest.raises(DistributionKeyError, match=r"more than the €190\.68 that was billed"):
        bills_of(inputs_of(replace(REFUND, total=Decimal("190.69")), *parties))
    bills = bills_of(inputs_of(replace(REFUND, total=Decimal("190.68")), *parties))
    assert [str(bill.amounts.including) for bill in bills] == ["-73.71", "-24.57", "-92.40"]


def test_a_refund_of_more_gives_the_difference_and_again_nothing() -> None:
    parties = vat_paid()
    first = [bill.with_number(f"GD2020-{rank}") for rank, bill in enumerate(bills_of(inputs_of(REFUND, *parties)))]
    refunded = [
        replace(
            party,
            billed=(
                *party.billed,
                *(bill for bill in first if (bill.party_id, bill.service) == (party.party_id, party.service)),
            ),
        )
        for party in parties
    ]
    assert bills_of(inputs_of(REFUND, *refunded)) == ()
    more = bills_of(inputs_of(replace(REFUND, total=Decimal("110.00")), *refunded))
    assert sum(bill.amounts.including for bill in more) == Decimal("-10.00")


SHARES = RunOrder(
    BillStage.DISTRIBUTION,
    Service.FACILITIES,
    2022,
    date(2023, 5, 1),
    Decimal("100.00"),
    (("krommevliet", Decimal(1)), ("ministerie", Decimal(1)), ("oostmeer", Decimal(1))),
    "size in the state budget of 2022",
)
ROLES = {
    KROMME_VLIET: FacilitiesPayer.WATER_BOARDS,
    MINISTERIE: FacilitiesPayer.DEPARTMENT,
    OOSTMEER: FacilitiesPayer.VNG,
}


def sharing(**changed: FacilitiesPayer | None) -> list[PartyInput]:
    """Those who share in the facilities of 2022."""
    roles = {debtor.party_id: role for debtor, role in ROLES.items()} | changed
    return [party_of(debtor, Service.FACILITIES, 2022, facilities=roles[debtor.party_id]) for debtor in ROLES]


def test_the_facilities_are_divided_to_the_cent_and_named_with_their_key() -> None:
    bills = issued(SHARES, sharing())
    assert [str(bill.amounts.excluding) for bill in bills] == ["33.34", "33.33", "33.33"]
    assert [str(bill.amounts.vat) for bill in bills] == ["7.00", "0.00", "7.00"]
    assert bills[0].lines[0].how.nl == "€ 100,00 × 1 / 3 = € 33,34"
    for bill in bills:
        assert all(name in bill.notes[0].nl for name in FACILITIES)
        assert len(FACILITIES) == 7
        assert "size in the state budget of 2022" in bill.notes[1].nl
    remarks = [one.text.en for one in outcome_of(inputs_of(SHARES, *sharing())).remarks]
    assert remarks == ["the key has 1 of 13 department", "the key has 0 of 1 ipo"]


@pytest.mark.parametrize(
    ("order", "parties", "message"),
    [
        (replace(SHARES, key=" "), sharing(), "say how the distribution key was made"),
        (SHARES, sharing(oostmeer=None), "not oostmeer"),
        (SHARES, sharing(oostmeer=FacilitiesPayer.WATER_BOARDS), "2 of unie-van-waterschappen: there are 1"),
    ],
)
def test_only_who_pays_for_the_facilities_shares(order: RunOrder, parties: list[PartyInput], message: str) -> None:
    with pytest.raises(DistributionKeyError, match=message):
        bills_of(inputs_of(order, *parties))


@pytest.mark.parametrize("total", ["0", "-5.00", "0.001"])
def test_an_amount_that_cannot_be_divided_is_refused(total: str) -> None:
    with pytest.raises(DistributionKeyError):
        bills_of(inputs_of(replace(REFUND, total=Decimal(total)), *vat_paid()))


def test_every_input_is_in_the_hash() -> None:
    party = party_of(ZILVERSTRAND, Service.DIGID, 2019, 1_000, 5)
    inputs = inputs_of(ADVANCE, party)
    others = [
        replace(inputs, order=replace(ADVANCE, issued_on=date(2019, 3, 11))),
        replace(inputs, issuer=replace(ISSUER, iban="NL66MPRT0912345678")),
        replace(inputs, policies=replace(DEFAULT, substantial_units=1)),
        replace(inputs, policies=replace(DEFAULT, charged_kinds=frozenset({"delivered-to"}))),
        replace(inputs, tariffs=published().tariffs[1:]),
        replace(inputs, parties=()),
        replace(inputs, parties=(replace(party, forecast=1_001),)),
        replace(inputs, parties=(replace(party, uses=()),)),
        replace(inputs, parties=(replace(party, payer=replace(party.payer, is_rijk=True)),)),
        replace(inputs, parties=(replace(party, debtor=replace(ZILVERSTRAND, name="Gemeente")),)),
    ]
    assert len({inputs.digest, *(other.digest for other in others)}) == len(others) + 1
    assert replace(inputs).digest == inputs.digest


@pytest.mark.parametrize(
    ("year", "forecast", "billed"),
    [(2020, 5_000, []), (2020, 100_000, ["16531.19"]), (2021, 5_000, ["677.77"])],
)
def test_a_first_time_user_is_exempt_in_its_first_year_only(year: int, forecast: int, billed: list[str]) -> None:
    """Connected on 1 May 2020. Substantial: 99,001 × 0.138 = 13,662.14, tax 2,869.05. The year after:
    4,001 × 0.14 = 560.14, tax 117.63."""
    order = RunOrder(BillStage.PREPAYMENT, Service.DIGID, year, date(year, 3, 10))
    bills = issued(order, [party_of(KROMME_VLIET, Service.DIGID, year, forecast)])
    assert [str(bill.amounts.including) for bill in bills] == billed


def test_the_hash_of_inputs_is_the_same_in_every_version() -> None:
    """An approval is bound to this hash: a renamed or moved field would end every approval that is kept."""
    order = RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15))
    tariffs = tuple(tariff for tariff in published().tariffs if tariff.service is Service.DIGIPOORT)
    party = party_of(ZILVERSTRAND, Service.DIGIPOORT, 2026, 12_000, forecast_means="forecast 1")
    inputs = RunInputs(order, ISSUER, DEFAULT, tariffs, (party,))
    assert inputs.digest == "04d24205e9219322a5e291cae88e41b2d6ba719f75280771e1dba3a3b6abad97"


def test_a_bill_is_stored_under_the_same_names_in_every_version() -> None:
    bill = json.loads(msgspec.json.encode(BILLS["settlement"], order="deterministic"))
    assert list(bill) == [
        *(
            "number",
            "stage",
            "service",
            "year",
            "ordinal",
            "debtor",
            "issuer",
            "issued_on",
            "due_on",
            "first",
            "last",
        ),
        *("basis", "vat_percent", "amounts", "lines", "notes", "preceding", "run_id", "used_by"),
    ]
    assert list(bill["lines"][0]) == [
        *("number", "role", "units", "price", "amount", "net", "net_price", "text", "how", "source", "link"),
    ]
    assert bill["lines"][0]["text"]["nl"] == "Digipoort e-factureren: gebruik in 2026"
