"""Bills of every sort, made by the real rating and run, for tests of what is written from them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from gateway.billing.documents.bill import Bill, BillStage
from gateway.billing.rating.policies import DEFAULT
from gateway.billing.rating.rating import UsePeriod
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import published
from gateway.billing.runs.debtor import Debtor, FacilitiesPayer
from gateway.billing.runs.run import Guidance, PartyInput, RunInputs, RunOrder, bills_of
from tests.unit.billing.billing_service import ISSUER, KROMME_VLIET, MINISTERIE, OOSTMEER, ZILVERSTRAND


def party_of(
    debtor: Debtor,
    service: Service,
    year: int,
    forecast: int | None = None,
    used: int | None = None,
    **more: object,
) -> PartyInput:
    """A party's input whose status does not change within the year; its forecast was agreed."""
    payer = debtor.payer_status(service, year)
    uses = () if used is None else (UsePeriod(date(year, 1, 1), date(year, 12, 31), used, payer),)
    made = PartyInput(debtor.party_id, service, debtor, payer, forecast, agreed=forecast or 0, uses=uses)
    return replace(made, **more)  # type: ignore[arg-type]  # fields of the input


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
    digipoort = Service.DIGIPOORT
    (prepayment,) = issued(prepay, [party_of(ZILVERSTRAND, digipoort, 2026, 12_000)])
    after = party_of(ZILVERSTRAND, digipoort, 2026, 12_000, 13_500, billed=(prepayment,), is_prepaid=True)
    (settlement,) = issued(settle, [after])
    corrected = party_of(
        ZILVERSTRAND, digipoort, 2026, 12_000, 13_400, billed=(prepayment, settlement), is_prepaid=True
    )
    (correction,) = issued(settle, [corrected], first_rank=2)
    return {"prepayment": prepayment, "settlement": settlement, "correction": correction}


def _passed_on() -> dict[str, Bill]:
    advance = RunOrder(BillStage.PREPAYMENT, Service.DIGID, 2020, date(2020, 3, 10))
    final = RunOrder(BillStage.SETTLEMENT, Service.DIGID, 2020, date(2021, 6, 10))
    forecasts = ((MINISTERIE, 50_000), (ZILVERSTRAND, 12_000))
    advances = issued(advance, [party_of(debtor, Service.DIGID, 2020, units) for debtor, units in forecasts])
    used = [
        party_of(bill.debtor, Service.DIGID, 2020, None, units, billed=(bill,), is_prepaid=True)
        for bill, units in zip(advances, (60_000, 5_000), strict=True)
    ]
    within_rijk, refund = issued(final, used)
    return {"advance": advances[1], "refund": refund, "advance-rijk": advances[0], "final-rijk": within_rijk}


def _others() -> dict[str, Bill]:
    guidance = RunOrder(BillStage.GUIDANCE, Service.GUIDANCE, 2026, date(2026, 5, 1))
    (guided,) = issued(
        guidance, [party_of(OOSTMEER, Service.GUIDANCE, 2026, guided=(Guidance(date(2026, 1, 15), 2),))]
    )
    shares = RunOrder(
        BillStage.DISTRIBUTION,
        Service.FACILITIES,
        2021,
        date(2021, 5, 1),
        Decimal("31900000.00"),
        (("krommevliet", Decimal(3)), ("ministerie", Decimal(4))),
        "size by the state budget of 2021",
    )
    roles = ((KROMME_VLIET, FacilitiesPayer.VNG), (MINISTERIE, FacilitiesPayer.DEPARTMENT))
    divided = issued(
        shares, [party_of(debtor, Service.FACILITIES, 2021, facilities=role) for debtor, role in roles]
    )
    refund = RunOrder(BillStage.VAT_REFUND, None, 2019, date(2020, 7, 6), Decimal("98.31"))
    advance = RunOrder(BillStage.PREPAYMENT, Service.DIGID, 2019, date(2019, 3, 10))
    forecasts = ((MINISTERIE, 9_000), (OOSTMEER, 9_000), (ZILVERSTRAND, 5_000))
    parties = [party_of(debtor, Service.DIGID, 2019, units) for debtor, units in forecasts]
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
