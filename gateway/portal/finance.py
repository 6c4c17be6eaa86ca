"""Finance's pages on what is known of a year: debtors, forecasts, bills, what a year costs, files, and proofs."""

import re
from collections.abc import Awaitable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from gateway.api.access import FINANCE
from gateway.api.billing import ServiceQuery, billing_of, billing_problems, today
from gateway.api.bills import BillResource, BillsQuery, list_bills
from gateway.api.call import Call
from gateway.api.debtors import AddressResource, DebtorRequest, DebtorResource, list_debtors, save_debtor
from gateway.api.forecasts import ForecastQuery, ForecastRequest, ForecastResource, list_forecasts, save_forecast
from gateway.api.names import party_names
from gateway.api.problem_kinds import (
    BadCount,
    BillingStepRefused,
    ConfirmationNeeded,
    DebtorRefused,
    ForecastLocked,
    TariffMissing,
)
from gateway.api.route import Body, Routes
from gateway.api.schema import PartyId, Year
from gateway.api.services import AuditResult
from gateway.api.viewers import see_other
from gateway.api.words import PAYMENTS
from gateway.billing.documents.bill import BillStage
from gateway.billing.documents.journals import JournalFormat
from gateway.billing.rating.quote import Quote, QuoteRequest, quote
from gateway.billing.rating.rating import PayerStatus
from gateway.billing.rating.services import SERVICE_NAMES, Service
from gateway.clock import from_microseconds
from gateway.http import problems
from gateway.http.answers import FORM
from gateway.http.forms import TokenForm, read_form
from gateway.http.problems import Fault, Problem
from gateway.i18n import Text, format_moment
from gateway.messages.participants import PartyKind
from gateway.metering.export import Format
from gateway.metering.seal import Seal
from gateway.portal.answers import BACK_TO_PAGE, PAGE, DoneQuery, ServiceYearQuery, form_with
from gateway.portal.blocks import (
    Block,
    DataTable,
    FactList,
    Field,
    FormBlock,
    Link,
    Mark,
    Named,
    Notice,
    Value,
    answer_form,
    page,
    with_name,
)
from gateway.portal.parties import KINDS

DEBTORS, FORECASTS = "/portal/billing/debtors", "/portal/billing/forecasts"
CALCULATOR, AUDIT = "/portal/billing/calculator", "/portal/billing/audit"
SERVICES: list[tuple[str, Value]] = [(one.value, SERVICE_NAMES[one].name) for one in Service]
STAGES: dict[BillStage, Text] = {
    BillStage.PREPAYMENT: Text("prepayment"),
    BillStage.SETTLEMENT: Text("settlement"),
    BillStage.GUIDANCE: Text("guidance"),
    BillStage.VAT_REFUND: Text("refund of VAT"),
    BillStage.DISTRIBUTION: Text("distribution of cost"),
}
routes = Routes("pages", problems=(problems.NotReady,))
_SEALS_SHOWN = 50
_FIGURE = re.compile(r"[0-9]{1,13}")
_SEALS_READ = 1000


class DoneInYearQuery(DoneQuery, frozen=True, rename="camel"):
    """Which calendar year."""

    year: Year | None = None


class ForecastsQuery(DoneInYearQuery, frozen=True, rename="camel"):
    """And of which service."""

    service: Service = Service.DIGIPOORT


class DebtorForm(msgspec.Struct, frozen=True, rename="camel"):
    """Whom to bill."""

    party_id: PartyId
    name: Annotated[str, Meta(max_length=200)]
    oin: Annotated[str, Meta(max_length=50)]
    kind: PartyKind
    street: Annotated[str, Meta(max_length=200)]
    postcode: Annotated[str, Meta(max_length=20)]
    city: Annotated[str, Meta(max_length=200)]
    email: Annotated[str, Meta(max_length=200)] = ""
    reference: Annotated[str, Meta(max_length=200)] = ""
    valid_from: date | None = None


class OfficeForecastForm(ForecastRequest, kw_only=True):
    """A forecast of a party, by what it came."""

    party_id: PartyId
    service: Service
    year: Year
    means: Annotated[str, Meta(max_length=200)] = "portal"


class CalculatorQuery(ServiceYearQuery, frozen=True, rename="camel"):
    """What somebody wants to know; without figures the form alone."""

    forecast: str = ""
    used: str = ""


@routes.get(
    DEBTORS,
    Text("For finance: whom it bills, and a form to record one"),
    PAGE,
    roles=FINANCE,
    menu=Text("Debtors"),
)
async def show_debtors_page(call: Call, query: DoneQuery, problem: Problem | None = None) -> web.StreamResponse:
    found = (await list_debtors(call)).items
    table = DataTable(
        Text("Debtors"),
        [Text("Name"), Text("OIN"), Text("Kind"), Text("Holds from"), Text("E-mail")],
        [_debtor(one) for one in found],
        Text("No debtor is known yet. Record the first one below."),
    )
    fields = [
        Field("partyId", Text("Id of the party"), is_required=True),
        Field("name", Text("Name"), is_required=True),
        Field("oin", Text("OIN"), hint=Text("20 digits, as 00000001…"), is_required=True),
        Field("kind", Text("Kind"), PartyKind.NON_RIJK.value, options=KINDS),
        Field("street", Text("Street and number"), is_required=True),
        Field("postcode", Text("Postcode"), is_required=True),
        Field("city", Text("City"), is_required=True),
        Field("email", Text("E-mail"), input_type="email"),
        Field("reference", Text("Reference that it wants on its bills")),
        Field("validFrom", Text("Holds from"), hint=Text("Empty: from the beginning."), input_type="date"),
    ]
    form = FormBlock(Text("Record a debtor, or what changes from a day on"), DEBTORS, fields, [("", Text("Save"))])
    return page(call, Text("Debtors"), [table, form], problem, done=query.done)


@routes.post(
    DEBTORS,
    Text("Record whom to bill in a form"),
    BACK_TO_PAGE,
    roles=FINANCE,
    raw_body=form_with("what `PUT /v1/debtors/{partyId}` has"),
    problems=(DebtorRefused, problems.UnknownItem, problems.UnsupportedMediaType),
)
async def save_debtor_form(call: Call) -> web.StreamResponse:
    async def save(form: DebtorForm) -> None:
        address = AddressResource(street=form.street, postcode=form.postcode, city=form.city)
        known = {one.party_id: one for one in (await list_debtors(call)).items}.get(form.party_id)
        wanted = (
            DebtorRequest.of(form, known, address=address) if known else DebtorRequest.of(form, address=address)
        )
        await save_debtor(call, form.party_id, wanted)

    return await answer_form(call, DebtorForm, save, partial(show_debtors_page, call, DoneQuery()), DEBTORS)


def _debtor(one: DebtorResource) -> tuple[Value, ...]:
    return (Named(one.name, one.party_id), one.oin, dict(KINDS)[one.kind.value], one.valid_from, one.email)


@routes.get(
    FORECASTS,
    Text("For finance: the forecasts of a year, and a form to record one"),
    PAGE,
    roles=FINANCE,
    menu=Text("Forecasts"),
)
async def show_forecasts_page(
    call: Call, query: ForecastsQuery, problem: Problem | None = None
) -> web.StreamResponse:
    year = query.year or today(call).year
    found, names = (await list_forecasts(call, ForecastQuery(query.service, year))).items, await party_names(call)
    shown = [Field("service", Text("Service"), query.service.value, options=SERVICES), _year_field(year)]
    fields = [
        Field("partyId", Text("Id of the party"), is_required=True),
        *shown,
        Field("units", Text("Expected use"), input_type="number", is_required=True),
        Field("means", Text("By what it came"), hint=Text("A letter, a mail, a call.")),
        Field("confirmation", Text("Why it is far from earlier use, if it is")),
    ]
    blocks: list[Block] = [
        FormBlock(None, FORECASTS, shown, [("", Text("Show"))], only_asks=True),
        DataTable(
            Text("Forecasts of {year}", year=str(year)),
            [
                Text("Party"),
                Text("Expected use"),
                Text("Came by"),
                Text("Recorded"),
                Text("Agreed"),
                Text("State"),
            ],
            [_forecast(one, names) for one in found],
            Text("There are no forecasts of this year. Record one below."),
        ),
        FormBlock(Text("Record a forecast"), FORECASTS, fields, [("", Text("Save"))]),
        Notice(Text("Agree on forecasts on the page of the billing year.")),
    ]
    return page(call, Text("Forecasts"), blocks, problem, done=query.done)


@routes.post(
    FORECASTS,
    Text("Record the forecast of a party in a form"),
    BACK_TO_PAGE,
    roles=FINANCE,
    raw_body=form_with("`partyId`, `service`, `year`, `units`"),
    problems=(
        *(ForecastLocked, BillingStepRefused, BadCount, ConfirmationNeeded),
        *(problems.UnknownItem, problems.UnsupportedMediaType),
    ),
)
async def record_forecast_form(call: Call) -> web.StreamResponse:
    def save(form: OfficeForecastForm) -> Awaitable[object]:
        return save_forecast(call, form.party_id, form.year, ServiceQuery(form.service), form)

    again = partial(show_forecasts_page, call, ForecastsQuery())
    return await answer_form(call, OfficeForecastForm, save, again, FORECASTS)


def _year_field(year: int) -> Field:
    return Field("year", Text("Year"), str(year), input_type="number", is_required=True)


def _forecast(one: ForecastResource, names: Mapping[str, str]) -> tuple[Value, ...]:
    states = (
        (one.is_closed, Text("closed")),
        (one.is_settled, Text("settled")),
        (one.is_prepaid, Text("prepaid")),
    )
    state = next((text for holds, text in states if holds), Text("open"))
    agreed = Mark(Text("yes") if one.is_agreed else Text("no"), one.is_agreed)
    return (with_name(names, one.party_id), one.units, one.means, one.recorded_at, agreed, state)


@routes.get(
    "/portal/billing/bills",
    Text("For finance: the bills of a year and what was paid"),
    PAGE,
    roles=FINANCE,
    menu=Text("Bills"),
)
async def show_bills_page(call: Call, query: DoneInYearQuery) -> web.StreamResponse:
    year = query.year or today(call).year
    found = (await list_bills(call, BillsQuery(year))).items
    heads = [
        Text("Number"),
        Text("Debtor"),
        Text("For"),
        Text("Date"),
        Text("Including VAT"),
        Text("Paid"),
        Text("State"),
    ]
    blocks: list[Block] = [
        FormBlock(None, "/portal/billing/bills", [_year_field(year)], [("", Text("Show"))], only_asks=True),
        DataTable(
            Text("Bills of {year}", year=str(year)),
            heads,
            [_bill(one) for one in found],
            Text("No bill was issued in this year. Prepare a run to make them."),
        ),
    ]
    return page(call, Text("Bills"), blocks)


def bill_link(number: str) -> Link:
    """To the bill as its debtor got it."""
    return Link(f"/v1/bills/{number}?format=pdf", number)


def _bill(one: BillResource) -> tuple[Value, ...]:
    state = PAYMENTS[one.payment_state] if one.payment_state else None
    name = SERVICE_NAMES[one.service].name
    what = Text("{stage} {service} {year}", stage=STAGES[one.stage], service=name, year=str(one.year))
    return (bill_link(one.number), one.debtor, what, one.issued_on, one.including, one.paid, state)


@routes.get(
    CALCULATOR,
    Text("For finance: what a year would cost, by a forecast and the use"),
    PAGE,
    roles=FINANCE,
    problems=(TariffMissing, BadCount),
    menu=Text("Calculator"),
)
async def show_calculator(call: Call, query: CalculatorQuery) -> web.StreamResponse:
    year = query.year or today(call).year
    fields = [
        Field("service", Text("Service"), query.service.value, options=SERVICES),
        _year_field(year),
        Field("forecast", Text("Expected use"), query.forecast, input_type="number"),
        Field("used", Text("Use, when the year is over"), query.used, input_type="number"),
    ]
    blocks: list[Block] = [FormBlock(None, CALCULATOR, fields, [("", Text("Compute"))], only_asks=True)]
    fault: Problem | None = None
    if query.forecast or query.used:
        try:
            blocks += _costs(await _quote(call, query, year))
        except Problem as problem:
            fault = problem
    return page(call, Text("What a year costs"), blocks, fault)


async def _quote(call: Call, query: CalculatorQuery, year: int) -> Quote:
    """Raises InvalidInput, TariffMissing and BadCount."""
    figures = {"forecast": query.forecast, "used": query.used}
    wrong = [name for name, text in figures.items() if text and not _FIGURE.fullmatch(text)]
    if wrong:
        raise problems.InvalidInput(tuple(Fault("query", name, Text("must be a whole number")) for name in wrong))
    forecast, used = (int(text) if text else None for text in figures.values())
    service = billing_of(call).service
    with billing_problems():
        catalogue = await service.tariffs.catalogue()
        return quote(
            QuoteRequest(query.service, year, forecast, used, payer=PayerStatus()), catalogue, service.policies
        )


def _costs(costs: Quote) -> list[Block]:
    steps = {"prepayment": Text("Prepayment"), "settlement": Text("Settlement")}
    lines: list[tuple[Value, ...]] = [
        (steps.get(one.step, one.step), line.text, line.units if line.units > 0 else None, line.amount)
        for one in costs.documents
        for line in one.lines
    ]
    totals: list[tuple[Value, Value]] = [
        (Text("{step}, including VAT", step=steps.get(one.step, one.step)), one.amounts.including)
        for one in costs.documents
    ]
    return [
        FactList(Text("Amounts"), [*totals, (Text("Together, including VAT"), costs.total.including)]),
        DataTable(
            Text("How it is computed"),
            [Text("Document"), Text("Line"), Text("Units"), Text("Amount")],
            lines,
            Text("Nothing is due."),
        ),
        *(Notice(note) for note in costs.notes),
    ]


@routes.get(
    "/portal/billing/exports",
    Text("For finance: files of entries, statements, bills and the journal"),
    PAGE,
    roles=FINANCE,
    menu=Text("Files"),
)
async def show_exports_page(call: Call, query: DoneInYearQuery) -> web.StreamResponse:
    year = query.year or today(call).year
    files = (
        (Text("Entries of the meter"), "entries", tuple(Format)),
        (Text("Use by party and month"), "statements", tuple(Format)),
        (Text("Bills"), "bills", tuple(Format)),
        (Text("Lines of bills"), "bill-lines", tuple(Format)),
        (Text("Journal"), "journal", tuple(JournalFormat)),
    )
    blocks: list[Block] = [
        FormBlock(None, "/portal/billing/exports", [_year_field(year)], [("", Text("Show"))], only_asks=True),
        FactList(
            Text("Files of {year}", year=str(year)),
            [
                (name, [Link(f"/v1/exports/{path}?year={year}&format={form}", form.value) for form in forms])
                for name, path, forms in files
            ],
        ),
    ]
    return page(call, Text("Files"), blocks)


@routes.get(
    AUDIT,
    Text("For finance: the seals of the meter, and an audit of meter and bills"),
    PAGE,
    roles=FINANCE,
    menu=Text("Audit"),
)
async def show_audit_page(call: Call) -> web.StreamResponse:
    audit, newest = call.context.newest_audit, await _newest_seals(call)
    blocks: list[Block] = [
        Notice(Text("An audit computes the meter, its seals and all bills again, and compares them.")),
    ]
    if audit.started_at:
        since = format_moment(audit.started_at, call.language)
        words = Text("An audit is running since {moment}. Load the page again to see what it found.", moment=since)
        blocks.append(Notice(words))
    else:
        blocks.append(FormBlock(None, AUDIT, [], [("", Text("Audit now"))]))
    if audit.result and audit.ended_at:
        blocks += _audit_blocks(audit.result, audit.ended_at)
    rows: list[tuple[Value, ...]] = [
        (str(one.number), from_microseconds(one.sealed_at), one.quantity, str(one.last_position), one.root[:16])
        for one in newest
    ]
    heads = [Text("Seal"), Text("Made"), Text("Units"), Text("Up to entry"), Text("Root begins with")]
    blocks.append(DataTable(Text("The newest seals"), heads, rows, Text("Nothing is sealed yet.")))
    return page(call, Text("Audit"), blocks)


@routes.post(
    AUDIT,
    Text("Audit the meter and the bills now"),
    BACK_TO_PAGE,
    roles=FINANCE,
    raw_body=Body(media_types=(FORM,), description="The form of the page."),
    problems=(problems.UnsupportedMediaType,),
)
async def audit_in_form(call: Call) -> web.StreamResponse:
    await read_form(call.request, call.services.limits, TokenForm)
    await call.context.newest_audit.run()
    return see_other(AUDIT)


async def _newest_seals(call: Call) -> Sequence[Seal]:
    found: Sequence[Seal] = ()
    while more := await call.services.meter.seals(found[-1].number if found else 0, _SEALS_READ):
        found = [*found[-_SEALS_SHOWN:], *more][-_SEALS_SHOWN:]
    return found[::-1]


def _audit_blocks(found: AuditResult, ended_at: datetime) -> list[Block]:
    """What an audit found."""
    is_sound = not found.findings
    words = Text("Everything is as it was recorded.") if is_sound else Text("Something is not as it was recorded.")
    counts: list[tuple[Value, Value]] = [(Text("Audited"), ended_at), *found.counts]
    return [
        Notice(words, is_sound),
        FactList(Text("Result of the newest audit"), counts),
        DataTable(Text("Findings"), [Text("Where"), Text("What")], list(found.findings), Text("There are none.")),
    ]
