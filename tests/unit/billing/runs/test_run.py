"""Runs that divide an amount: reclaimed tax, the facilities without tariff; and inputs that hash."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import msgspec
import pytest

from gateway.billing.documents.bill import Bill, BillKind, BillStage
from gateway.billing.rating.policies import DEFAULT, Policies, VatRefundKey
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import published
from gateway.billing.runs.errors import DistributionKeyError
from gateway.billing.runs.run import PartyInput, RunInputs, RunOrder, bills_of
from tests.unit.billing.billing_service import ISSUER, KROMME_VLIET, MINISTERIE, OOSTMEER, ZILVERSTRAND
from tests.unit.billing.bills import BILLS, issued

ADVANCE = RunOrder(BillStage.PREPAYMENT, Service.DIGID, 2019, date(2019, 3, 10))
REFUND = RunOrder(BillStage.VAT_REFUND, Service.DIGID, 2019, date(2020, 7, 6), Decimal("100.00"))


def refunded(policies: Policies, order: RunOrder = REFUND, before: Sequence[Bill] = ()) -> tuple[Bill, ...]:
    """Three debtors were billed in 2019; two of them with tax."""
    parties = [PartyInput(KROMME_VLIET, 3_999), PartyInput(MINISTERIE, 9_999), PartyInput(ZILVERSTRAND, 1_999)]
    bills = issued(ADVANCE, parties)
    units = (6_000, 9_000, 2_000)
    inputs = tuple(
        replace(
            party,
            used=(used,),
            billed=(bill, *(earlier for earlier in before if earlier.debtor == party.debtor)),
        )
        for party, bill, used in zip(parties, bills, units, strict=True)
    )
    return bills_of(RunInputs(order, ISSUER, policies, published().tariffs, inputs))


@pytest.mark.parametrize(
    ("key", "shares"),
    [
        # 3,000 × 0.117 = 351.00, tax 73.71; 1,000 × 0.117 = 117.00, tax 24.57: 75.00 and 25.00
        (VatRefundKey.BY_VAT_BILLED, ["-75.00", "-25.00"]),
        (VatRefundKey.BY_UNITS, ["-75.00", "-25.00"]),  # 6,000 and 2,000
        (VatRefundKey.EQUALLY, ["-50.00", "-50.00"]),
    ],
)
def test_reclaimed_tax_goes_to_those_who_were_billed_with_tax(key: VatRefundKey, shares: list[str]) -> None:
    bills = refunded(replace(DEFAULT, vat_refund_key=key))
    assert [str(bill.amounts.including) for bill in bills] == shares
    assert {bill.kind for bill in bills} == {BillKind.CREDIT_NOTE}
    assert "ministerie" not in {bill.debtor.party_id for bill in bills}
    assert all(len(bill.preceding) == 1 for bill in bills)


def test_a_refund_of_more_gives_the_difference_and_again_nothing() -> None:
    first = tuple(bill.with_number(f"GD2020-{rank:06}") for rank, bill in enumerate(refunded(DEFAULT), 1))
    more = refunded(DEFAULT, replace(REFUND, total=Decimal("110.00")), first)
    assert [str(bill.amounts.including) for bill in more] == ["-7.50", "-2.50"]
    assert refunded(DEFAULT, REFUND, first) == ()


def test_the_facilities_are_divided_to_the_cent() -> None:
    order = RunOrder(
        BillStage.DISTRIBUTION,
        Service.FACILITIES,
        2022,
        date(2022, 5, 1),
        Decimal("100.00"),
        (("krommevliet", Decimal(1)), ("ministerie", Decimal(1)), ("oostmeer", Decimal(1))),
    )
    inputs = [PartyInput(debtor) for debtor in (KROMME_VLIET, MINISTERIE, OOSTMEER)]
    bills = issued(order, inputs)
    assert [str(bill.amounts.excluding) for bill in bills] == ["33.34", "33.33", "33.33"]
    assert [str(bill.amounts.vat) for bill in bills] == ["7.00", "0.00", "7.00"]
    assert bills[0].lines[0].how.nl == "€ 100,00 × 1 / 3 = € 33,34"


@pytest.mark.parametrize("total", ["0", "-5.00", "0.001"])
def test_an_amount_that_cannot_be_divided_is_refused(total: str) -> None:
    with pytest.raises(DistributionKeyError):
        refunded(DEFAULT, replace(REFUND, total=Decimal(total)))


def test_every_input_is_in_the_hash() -> None:
    party = PartyInput(ZILVERSTRAND, 1_000, "forecast 1", (5,))
    inputs = RunInputs(ADVANCE, ISSUER, DEFAULT, published().tariffs, (party,))
    others = [
        replace(inputs, order=replace(ADVANCE, issued_on=date(2019, 3, 11))),
        replace(inputs, issuer=replace(ISSUER, iban="NL66MPRT0912345678")),
        replace(inputs, policies=replace(DEFAULT, substantial_units=1)),
        replace(inputs, policies=replace(DEFAULT, charged_kinds=frozenset({"delivered-to"}))),
        replace(inputs, tariffs=published().tariffs[1:]),
        replace(inputs, parties=()),
        replace(inputs, parties=(replace(party, forecast=1_001),)),
        replace(inputs, parties=(replace(party, used=(6,)),)),
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
    bills = issued(order, [PartyInput(KROMME_VLIET, forecast)])
    assert [str(bill.amounts.including) for bill in bills] == billed


def test_the_hash_of_inputs_is_the_same_in_every_version() -> None:
    """An approval is bound to this hash: a renamed or moved field would end every approval that is kept."""
    order = RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15))
    tariffs = tuple(tariff for tariff in published().tariffs if tariff.service is Service.DIGIPOORT)
    party = PartyInput(ZILVERSTRAND, forecast=12_000, forecast_means="forecast 1")
    inputs = RunInputs(order, ISSUER, DEFAULT, tariffs, (party,))
    assert inputs.digest == "0d143850542cf185a391a870c68e93825ad7c38d5b2b086763bdcd5571954e92"


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
        *("basis", "vat_percent", "amounts", "lines", "notes", "preceding", "run_id"),
    ]
    assert list(bill["lines"][0]) == [
        *("number", "role", "units", "price", "amount", "net", "net_price", "text", "how", "source", "link"),
    ]
    assert bill["lines"][0]["text"]["nl"] == "Digipoort e-factureren: gebruik in 2026"
