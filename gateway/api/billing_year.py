"""The billing year over HTTP: debtors, agreement, guidance, statements, closing; what explains a bill."""

from datetime import date
from typing import Annotated

import msgspec
from aiohttp import web

from gateway.api.billing import (
    ServiceQuery,
    actor_of,
    door_of,
    forecast_shape,
    own_of,
    party_of,
    today,
    told_of_debtor,
    year_of,
)
from gateway.api.desk import Call, unknown
from gateway.api.lists import link_header, next_page, page_limit
from gateway.api.refusals import told
from gateway.api.shapes import (
    AddressShape,
    AuditLog,
    ConnectionShape,
    Debtors,
    DebtorShape,
    DebtorWish,
    DeedShape,
    ExplanationShape,
    GuidanceWish,
    MeansWish,
    PageLinks,
    PartyId,
    Silences,
    SilenceShape,
    Stated,
    TextShape,
    Warnings,
    WarningShape,
    YearShape,
    YearStepShape,
    bill_shape,
    run_shape,
)
from gateway.billing.documents.mail import UsageWarning
from gateway.billing.rating.services import Service
from gateway.billing.runs.audit_chain import AuditRecord, faults
from gateway.billing.runs.debtor import Address, Connection, Debtor
from gateway.billing.runs.year import BillingYear, YearKey, YearStep
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.validator.model.identifiers import OIN, PartyIdentifier, problem

_PARTY_ID = Text("must be a party id, as gemeente-voorbeeld")
_DAY = Text("must be a day, as 2026-01-15")
_MONTH = Text("must be a month from 1 to 12")


class AuditQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which part of the chain: the records after a number."""

    cursor: Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$")] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] | None = None


async def list_debtors(call: Call) -> web.StreamResponse:
    """Whom finance bills."""
    known = await door_of(call).store.debtors()
    return json_answer(Debtors(items=[_debtor_shape(known[party_id]) for party_id in sorted(known)]))


async def save_debtor(call: Call) -> web.StreamResponse:
    """Record a debtor, or what changed about one; earlier versions are kept."""
    party_id, wish = call.named("partyId"), await call.body(DebtorWish)
    try:
        msgspec.convert(party_id, PartyId)
    except msgspec.ValidationError as error:
        raise problems.InvalidInput((Fault("path", "partyId", _PARTY_ID),)) from error
    if wrong := problem(PartyIdentifier(OIN, wish.oin)):
        raise problems.InvalidInput((Fault("body", "oin", wrong),))
    debtor = _debtor(party_id, wish)
    door = door_of(call)
    if (await door.store.debtors()).get(party_id) != debtor:
        await door.service.save_debtor(actor_of(call), debtor)
    return json_answer(_debtor_shape(debtor))


def _debtor(party_id: str, wish: DebtorWish) -> Debtor:
    address = wish.address
    return Debtor(
        party_id=party_id,
        name=wish.name,
        oin=wish.oin,
        kind=wish.kind,
        address=Address(address.street, address.postcode, address.city, address.country),
        email=wish.email,
        reference=wish.reference,
        vat_number=wish.vat_number,
        connections=tuple(
            Connection(one.service, one.connected_on, one.in_umbrella, one.variant) for one in wish.connections
        ),
    )


def _debtor_shape(debtor: Debtor) -> DebtorShape:
    address = debtor.address
    return DebtorShape(
        party_id=debtor.party_id,
        name=debtor.name,
        oin=debtor.oin,
        kind=debtor.kind,
        address=AddressShape(address.street, address.postcode, address.city, address.country),
        email=debtor.email,
        reference=debtor.reference,
        vat_number=debtor.vat_number,
        connections=[
            ConnectionShape(one.service, one.connected_on, one.in_umbrella, one.variant)
            for one in debtor.connections
        ],
    )


async def agree_forecast(call: Call) -> web.StreamResponse:
    """Record that the forecast that holds was agreed on."""
    key, wish, billing = _key(call), await call.body(MeansWish), door_of(call).service
    with told():
        await billing.record_agreement(actor_of(call), key, wish.means)
    return json_answer(forecast_shape(await billing.year(key)))


async def record_guidance(call: Call) -> web.StreamResponse:
    """Record individual guidance from the day its start mail was received, or its renewal."""
    party_id, received, wish = call.named("partyId"), _day(call), await call.body(GuidanceWish)
    billing = door_of(call).service
    with told_of_debtor(party_id):
        await billing.record_guidance(actor_of(call), party_id, received, wish.periods)
    year = await billing.year(YearKey(party_id, Service.GUIDANCE, received.year))
    return json_answer(_year_shape(year))


def _day(call: Call) -> date:
    try:
        return msgspec.convert(call.named("startDay"), date)
    except msgspec.ValidationError as error:
        raise problems.InvalidInput((Fault("path", "startDay", _DAY),)) from error


async def state_month(call: Call) -> web.StreamResponse:
    """Record the statement of every party: its use of the year up to the end of the month."""
    month = call.named("month")
    if not (month.isascii() and month.isdigit() and 1 <= int(month[:4]) <= 12):
        raise problems.InvalidInput((Fault("path", "month", _MONTH),))
    year, service = year_of(call), call.query(ServiceQuery).service
    with told():
        added = await door_of(call).service.record_statements(actor_of(call), service, year, int(month))
    return json_answer(Stated(added))


async def show_year(call: Call) -> web.StreamResponse:
    """A party's billing year, step by step; a party sees its own."""
    await party_of(call)
    return json_answer(_year_shape(await door_of(call).service.year(_key(call))))


async def close_year(call: Call) -> web.StreamResponse:
    """Close a settled year; closing again changes nothing."""
    key, billing = _key(call), door_of(call).service
    with told():
        await billing.close(actor_of(call), key)
    return json_answer(_year_shape(await billing.year(key)))


def _key(call: Call) -> YearKey:
    return YearKey(call.named("partyId"), call.query(ServiceQuery).service, year_of(call))


def _year_shape(year: BillingYear) -> YearShape:
    return YearShape(
        party_id=year.key.party_id,
        service=year.key.service,
        year=year.key.year,
        forecast=year.forecast.units if year.forecast else None,
        is_agreed=year.is_agreed,
        is_prepaid=year.is_prepaid,
        is_settled=year.is_settled,
        is_closed=year.is_closed,
        steps=[_step_shape(step) for step in year.steps],
    )


def _step_shape(step: YearStep) -> YearStepShape:
    return YearStepShape(
        kind=step.kind,
        key=step.key,
        means=step.means,
        units=step.units,
        amount=step.amount,
        document=step.document or None,
        by=step.by,
        at=step.at,
    )


async def explain_bill(call: Call) -> web.StreamResponse:
    """From the amount of a bill to its run, its counts and where its messages are listed."""
    number, own, billing = call.named("billNumber"), own_of(call), door_of(call).service
    bill = await door_of(call).store.bill(number)
    if bill is None or (own is not None and bill.debtor.party_id != own):
        raise unknown(Text("bill"), number)
    found = await billing.explain(number, limit=0)
    days = f"service={bill.service}&firstDay={bill.first}&lastDay={bill.last}"
    body = ExplanationShape(
        bill=bill_shape(bill),
        run=run_shape(found.run),
        first_day=bill.first,
        last_day=bill.last,
        counted=dict(found.counted),
        entries=f"/v1/parties/{bill.debtor.party_id}/usage/entries?{days}",
    )
    return json_answer(body)


async def list_warnings(call: Call) -> web.StreamResponse:
    """Whom to tell that they use more than they prepaid, with the words, in both languages."""
    found = await door_of(call).service.warnings(call.query(ServiceQuery).service, today(call))
    return json_answer(Warnings(items=[_warning_shape(one) for one in found]))


def _warning_shape(warned: UsageWarning) -> WarningShape:
    seen, mail = warned.outlook, warned.mail
    return WarningShape(
        party_id=seen.party_id,
        service=seen.service,
        year=seen.year,
        course=seen.status,
        used=seen.used,
        prepaid=seen.prepaid,
        to=warned.debtor.email,
        subject=TextShape(mail.subject.en, mail.subject.nl),
        body=TextShape(mail.body.en, mail.body.nl),
    )


async def list_silences(call: Call) -> web.StreamResponse:
    """Parties that always have use of a service and suddenly have none."""
    found = await door_of(call).service.silent_parties(call.query(ServiceQuery).service, today(call))
    items = [SilenceShape(one.party_id, one.last_seen, one.working_days, one.usual_a_day) for one in found]
    return json_answer(Silences(items=items))


async def show_audit_log(call: Call) -> web.StreamResponse:
    """What was done in billing and by whom; each page is checked against its own links."""
    query = call.query(AuditQuery)
    after, limit = int(query.cursor or 0), page_limit(call, query.limit)
    found = await door_of(call).store.audit(max(after - 1, 0), limit + 2)
    before = next((one for one in found if one.number == after), None)
    rest = [one for one in found if one.number > after]
    page = rest[:limit]
    following = next_page(call, str(page[-1].number) if len(rest) > limit else None)
    body = AuditLog(
        items=[_deed_shape(one) for one in page],
        faults=list(faults(page, after=before)),
        links=PageLinks(next=following),
    )
    return json_answer(body, more=link_header(following))


def _deed_shape(record: AuditRecord) -> DeedShape:
    event = record.event
    return DeedShape(
        number=record.number,
        actor=event.actor,
        action=event.action,
        subject=event.subject,
        at=event.at,
        detail=event.detail,
        digest=event.digest,
        previous=record.previous,
        link=record.link,
    )
