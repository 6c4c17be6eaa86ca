"""Bills of every sort, made by the real rating and run, for tests of what is written from them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.rating.policies import DEFAULT
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import published
from gateway.billing.runs.run import Guidance, PartyInput, RunInputs, RunOrder, bills_of
from tests.unit.billing.billing_service import ISSUER, KROMME_VLIET, MINISTERIE, OOSTMEER, ZILVERSTRAND


def issued(order: RunOrder, parties: Sequence[PartyInput], first_rank: int = 1) -> tuple[Bill, ...]:
    """The bills of a run, numbered."""
    inputs = RunInputs(order, ISSUER, DEFAULT, published().tariffs, tuple(parties))
    return tuple(
        bill.with_number(f"GD{bill.issued_on.year}-{rank:06}")
        for rank, bill in enumerate(bills_of(inputs), first_rank)
    )


def _digipoort() -> dict[str, Bill]:
    prepay = RunOrder(BillStage.PREPAYMENT, Service.DIGIPOORT, 2026, date(2026, 1, 15))
    settle = RunOrder(BillStage.SETTLEMENT, Service.DIGIPOORT, 2026, date(2027, 2, 15))
    party = PartyInput(ZILVERSTRAND, forecast=12_000)
    (prepayment,) = issued(prepay, [party])
    (settlement,) = issued(settle, [replace(party, used=(13_500,), billed=(prepayment,))])
    corrected = replace(party, used=(13_400,), billed=(prepayment, settlement))
    (correction,) = issued(settle, [corrected], first_rank=2)
    return {"prepayment": prepayment, "settlement": settlement, "correction": correction}


def _passed_on() -> dict[str, Bill]:
    advance = RunOrder(BillStage.PREPAYMENT, Service.DIGID, 2020, date(2020, 3, 10))
    final = RunOrder(BillStage.SETTLEMENT, Service.DIGID, 2020, date(2021, 6, 10))
    parties = [PartyInput(MINISTERIE, forecast=50_000), PartyInput(ZILVERSTRAND, forecast=12_000)]
    advances = issued(advance, parties)
    used = [
        replace(party, used=(units,), billed=(bill,))
        for party, bill, units in zip(parties, advances, (60_000, 5_000), strict=True)
    ]
    within_rijk, refund = issued(final, used)
    return {"advance": advances[1], "refund": refund, "advance-rijk": advances[0], "final-rijk": within_rijk}


def _others() -> dict[str, Bill]:
    guidance = RunOrder(BillStage.GUIDANCE, Service.GUIDANCE, 2026, date(2026, 5, 1))
    (guided,) = issued(guidance, [PartyInput(OOSTMEER, guided=(Guidance(date(2026, 1, 15), 2),))])
    shares = RunOrder(
        BillStage.DISTRIBUTION,
        Service.FACILITIES,
        2021,
        date(2021, 5, 1),
        Decimal("31900000.00"),
        (("krommevliet", Decimal(3)), ("ministerie", Decimal(4))),
    )
    divided = issued(shares, [PartyInput(KROMME_VLIET), PartyInput(MINISTERIE)])
    refund = RunOrder(BillStage.VAT_REFUND, Service.DIGID, 2019, date(2020, 7, 6), Decimal("1000.00"))
    advance = RunOrder(BillStage.PREPAYMENT, Service.DIGID, 2019, date(2019, 3, 10))
    parties = [PartyInput(MINISTERIE, 9_000), PartyInput(OOSTMEER, 9_000), PartyInput(ZILVERSTRAND, 5_000)]
    (ministry, town) = issued(advance, parties)  # the second is paid for by its umbrella body
    refunds = issued(
        refund, [replace(parties[0], billed=(ministry,)), parties[1], replace(parties[2], billed=(town,))]
    )
    return {"guidance": guided, "share": divided[0], "share-rijk": divided[1], "vat-refund": refunds[0]}


def every_bill() -> dict[str, Bill]:
    """Made anew."""
    return _digipoort() | _passed_on() | _others()


BILLS = every_bill()
"""By what they are; every kind of document, inside the Rijk and outside."""
