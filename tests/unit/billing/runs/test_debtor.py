"""Debtors out of a file, what holds of them on which day, and how they fit the register and each other."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gateway.billing.documents.bill import BillStage
from gateway.billing.rating.services import Service
from gateway.billing.runs.bills_audit import audit_bills
from gateway.billing.runs.debtor import Debtor, histories_of, read_debtors, successor
from gateway.billing.runs.errors import DebtorFileError, DebtorRefusedError, PartyRefusedError
from gateway.billing.runs.run import RunOrder
from gateway.billing.runs.year import YearKey
from gateway.messages.participants import Party, PartyKind
from gateway.testing.doubles import MemoryBillingStore, MemoryUsageCounts
from gateway.validator.model.identifiers import PartyIdentifier
from tests.unit.billing.billing_service import (
    ANNA,
    KROMME_VLIET,
    MINISTERIE,
    OOSTMEER,
    ZILVERSTRAND,
    billing_service,
    go_to,
    issued,
)

TOWN = """
[[debtor]]
party_id = "zilverstrand"
name = "Gemeente Zilverstrand"
oin = "00000001812345678000"
kind = "non-rijk"
address = { street = "Raadhuisplein 1", postcode = "4399 AA", city = "Zilverstrand" }
connections = [{ service = "digid", connected_on = 2020-05-01, in_umbrella = true }]
"""


def test_a_debtor_is_read_with_its_connections() -> None:
    (debtor,) = read_debtors(TOWN)
    assert (debtor.party_id, debtor.kind, debtor.address.city) == (
        "zilverstrand",
        PartyKind.NON_RIJK,
        "Zilverstrand",
    )
    assert debtor.connection(Service.DIGID).in_umbrella
    assert not debtor.connection(Service.DIGIPOORT).in_umbrella


def test_its_status_depends_on_the_year_of_its_connection() -> None:
    (debtor,) = read_debtors(TOWN)
    assert debtor.payer_status(Service.DIGID, 2020).is_first_year
    assert not debtor.payer_status(Service.DIGID, 2021).is_first_year
    assert not debtor.payer_status(Service.MIJNOVERHEID, 2020).is_first_year


def test_a_file_without_debtors_has_none() -> None:
    assert read_debtors("") == ()


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (TOWN.replace("00000001812345678000", "123"), "zilverstrand"),
        (TOWN.replace('"non-rijk"', '"town"'), "cannot be read"),
        ("[[debtor]", "cannot be read"),
        (TOWN + "# \x07", "cannot be read|control"),
        (TOWN + 'vat_number = "ONZIN"\n', "'ONZIN' is not a VAT number"),
        (TOWN + "has_public_task = true\n", "no private organization"),
        (TOWN.replace("= [{", '= [{ service = "digid" }, {'), "two connections of digid"),
    ],
)
def test_a_file_that_is_wrong_is_refused(toml: str, message: str) -> None:
    with pytest.raises(DebtorFileError, match=message):
        read_debtors(toml)


def test_what_holds_of_a_debtor_depends_on_the_day() -> None:
    (town,) = read_debtors(TOWN)
    rijk = replace(town, kind=PartyKind.RIJK, valid_from=date(2021, 1, 1))
    renamed = replace(rijk, name="Rijksdienst", valid_from=date(2022, 3, 1))
    corrected = replace(renamed, name="Rijksdienst Zilverstrand")
    history = histories_of([town, renamed, rijk, corrected])["zilverstrand"]
    assert history.records == (town, rijk, corrected)
    assert [history.on(date(year, 12, 31)).kind for year in (1999, 2020, 2021)] == ["non-rijk", "non-rijk", "rijk"]
    assert history.on(date(2022, 3, 1)).name == "Rijksdienst Zilverstrand"
    assert history.changes(date(2021, 1, 1), date(2022, 12, 31)) == (date(2022, 3, 1),)
    assert history.payer(Service.DIGID, date(2021, 1, 1)).is_rijk


def test_a_merged_party_is_billed_through_its_successor_from_that_day() -> None:
    town, next_town, last = ZILVERSTRAND, OOSTMEER, KROMME_VLIET
    merged = replace(town, merged_into="oostmeer", valid_from=date(2022, 1, 1))
    again = replace(next_town, merged_into="krommevliet", valid_from=date(2024, 1, 1))
    histories = histories_of([town, next_town, last, merged, again])
    found = [successor(histories, "zilverstrand", date(year, 6, 1)) for year in (2021, 2022, 2024)]
    assert found == [town, next_town, last]
    assert successor(histories, "nergens", date(2024, 1, 1)) is None


REGISTERED = Party(
    "zilverstrand", "Zilverstrand", PartyKind.NON_RIJK, (PartyIdentifier("0190", ZILVERSTRAND.oin),)
)


@pytest.mark.parametrize(
    ("debtor", "message"),
    [
        (replace(ZILVERSTRAND, kind=PartyKind.RIJK), "zilverstrand is rijk here and non-rijk in the register"),
        (replace(ZILVERSTRAND, oin=MINISTERIE.oin), "and 00000001812345678000 in the register"),
        (replace(KROMME_VLIET, oin=OOSTMEER.oin), "oostmeer has the same OIN"),
        (replace(ZILVERSTRAND, merged_into="nergens"), "no debtor nergens"),
        (replace(ZILVERSTRAND, merged_into="zilverstrand"), "no debtor zilverstrand to merge into"),
    ],
)
async def test_a_debtor_that_contradicts_is_refused(debtor: Debtor, message: str) -> None:
    billing = billing_service(
        MemoryBillingStore(), MemoryUsageCounts(), registered={"zilverstrand": REGISTERED}.get
    )
    await billing.save_debtor(ANNA, OOSTMEER)
    with pytest.raises(DebtorRefusedError, match=message):
        await billing.save_debtor(ANNA, debtor)


async def test_a_contradiction_is_resolved_by_a_decision_with_a_reason_and_else_stops_the_party() -> None:
    register = {"zilverstrand": REGISTERED}
    store, meter = MemoryBillingStore(), MemoryUsageCounts()
    billing = billing_service(store, meter, registered=register.get)
    await billing.save_debtor(ANNA, ZILVERSTRAND)
    assert not await billing.save_debtor(ANNA, ZILVERSTRAND)  # nothing is new
    register["zilverstrand"] = replace(REGISTERED, kind=PartyKind.RIJK)  # an operator changes it afterwards
    meter.add("zilverstrand", 10, datetime(2026, 6, 1, tzinfo=UTC))
    order = RunOrder(BillStage.SETTLEMENT, Service.DIGIPOORT, 2026, date(2027, 2, 15))
    go_to(billing, order.issued_on)
    with pytest.raises(
        PartyRefusedError, match="contradicts the register: zilverstrand is non-rijk here and rijk"
    ):
        await billing.prepare(ANNA, order)
    await billing.save_debtor(ANNA, replace(ZILVERSTRAND, despite_register="the register is behind"))
    assert len(await issued(billing, order)) == 1
    decided = next(event for event in store.events if event.detail == "the register is behind")
    assert (decided.actor, decided.action) == (ANNA.name, "debtor recorded")


async def test_a_change_within_the_year_divides_it_and_documents_are_for_the_successor() -> None:
    """Of the Rijk from July, and merged after the year. DigiD 2019: 11,000 used before, 5,000 after; 999 are free:
    10,001 × 0.116 = 1,160.12 + 243.63 (243.6252); 5,000 × 0.116 = 580.00 without tax."""
    store, meter = MemoryBillingStore(), MemoryUsageCounts()
    billing = billing_service(store, meter)
    rijk = replace(ZILVERSTRAND, kind=PartyKind.RIJK, valid_from=date(2019, 7, 1))
    merged = replace(rijk, merged_into="ministerie", valid_from=date(2020, 1, 1))
    moved = replace(
        KROMME_VLIET, address=replace(KROMME_VLIET.address, street="Dijk 2"), valid_from=date(2019, 3, 1)
    )
    for debtor in (ZILVERSTRAND, rijk, MINISTERIE, merged, KROMME_VLIET, moved):
        await billing.save_debtor(ANNA, debtor)
    for party, units, month in (
        ("zilverstrand", 11_000, 6),
        ("zilverstrand", 5_000, 8),
        ("krommevliet", 1_100, 6),
    ):
        meter.add(party, units, datetime(2019, month, 1, tzinfo=UTC), Service.DIGID, "digid-authentication")
    order = RunOrder(BillStage.SETTLEMENT, Service.DIGID, 2019, date(2020, 6, 10))
    other, *bills = await issued(billing, order)
    assert [line.text.en for line in other.lines] == ["DigiD: use in 2019"]  # only its address has changed
    assert [(int(bill.vat_percent), str(bill.amounts.excluding), str(bill.amounts.vat)) for bill in bills] == [
        (21, "1160.12", "243.63"),
        (0, "580.00", "0.00"),
    ]
    assert {(bill.debtor.party_id, bill.party_id) for bill in bills} == {("ministerie", "zilverstrand")}
    assert "For the use of zilverstrand" in bills[0].notes[-1].en
    assert bills[0].lines[0].text.en == "DigiD: use from 1 January 2019 to 30 June 2019"
    assert await issued(billing, order) == []
    assert (await audit_bills(store)).faults == ()
    (step,) = (await billing.year(YearKey("zilverstrand", Service.DIGID, 2019))).steps
    assert (step.documents, str(step.amount)) == ([bill.number for bill in bills], "1983.75")
