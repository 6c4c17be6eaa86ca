"""Bills and credit notes."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec
from aiohttp import web

from gateway.api.access import FIGURES
from gateway.api.billing import billing_of, own_party, today
from gateway.api.call import Call, not_found
from gateway.api.route import Returns, Routes
from gateway.api.schema import PartyId, Schema, TextResource, Year, text_resource
from gateway.billing.documents.bill import Bill, BillKind, BillLine, BillStage
from gateway.billing.rating.services import Service
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, JSON, PDF, XML, headers, json_answer
from gateway.i18n import Text

routes = Routes("billing")


class BillLineResource(Schema):
    """One line. `net` excludes VAT."""

    number: int
    units: int
    net: Decimal
    text: "TextResource"
    how: "TextResource"
    source: str
    link: str


class BillResource(Schema):
    """A bill or credit note, in euros; a credit note is below zero."""

    number: str
    kind: BillKind
    stage: BillStage
    service: Service
    year: int
    party_id: str
    debtor: str
    issued_on: date
    due_on: date
    first_day: date
    last_day: date
    vat_percent: Decimal
    excluding: Decimal
    vat: Decimal
    including: Decimal
    lines: list[BillLineResource]
    preceding: list[str]


class Bills(Schema):
    """Bills and credit notes, in the order of their numbers."""

    items: list[BillResource]


class BillsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Issued in which calendar year; without one the present."""

    issued_in: Year | None = None
    party_id: PartyId | None = None


@routes.get(
    "/v1/bills",
    Text("Bills and credit notes of a year; a party sees its own"),
    Returns("In the order of their numbers.", Bills),
    roles=FIGURES,
    query=BillsQuery,
    problems=(problems.NotReady, problems.UnknownItem),
)
async def list_bills(call: Call) -> web.StreamResponse:
    """Bills and credit notes issued in a year, in the order of their numbers."""
    return json_answer(Bills(items=[bill_resource(bill) for bill in await bills_wanted(call)]))


async def bills_wanted(call: Call) -> Sequence[Bill]:
    """The bills that the query asks for and the caller may see. Raises UnknownItem."""
    query = call.query(BillsQuery)
    own = own_party(call)
    wanted = query.party_id or own
    if own is not None and wanted != own:
        raise not_found(Text("party"), str(wanted))
    bills = await billing_of(call).store.bills(query.issued_in or today(call).year)
    return [bill for bill in bills if wanted is None or bill.debtor.party_id == wanted]


@routes.get(
    "/v1/bills/{billNumber}",
    Text("One bill: JSON, the e-invoice as issued, or PDF"),
    Returns("The bill.", BillResource, media_types=(JSON, XML, PDF)),
    roles=FIGURES,
    problems=(problems.NotReady, problems.NotAcceptable),
)
async def show_bill(call: Call) -> web.StreamResponse:
    """One document: as JSON, as the e-invoice that was issued, or as PDF."""
    billing, number = billing_of(call), call.path_part("billNumber")
    form = call.media_type((JSON, XML, PDF))
    bill = await billing.store.bill(number)
    own = own_party(call)
    if bill is None or (own is not None and bill.debtor.party_id != own):
        raise not_found(Text("bill"), number)
    if form == JSON:
        return json_answer(bill_resource(bill), more=dict(BY_ACCEPT))
    content = await billing.store.xml(number) if form == XML else billing.pdf(bill)
    extension = "xml" if form == XML else "pdf"
    more = {"Content-Disposition": f'attachment; filename="{bill.number}.{extension}"', **BY_ACCEPT}
    return web.Response(body=content or b"", headers=headers(form, more))


def bill_resource(bill: Bill) -> BillResource:
    """A bill as its debtor and finance see it."""
    return BillResource.of(
        bill,
        party_id=bill.debtor.party_id,
        debtor=bill.debtor.name,
        first_day=bill.first,
        last_day=bill.last,
        excluding=bill.amounts.excluding,
        vat=bill.amounts.vat,
        including=bill.amounts.including,
        lines=[_bill_line(line) for line in bill.lines],
        preceding=[reference.number for reference in bill.preceding],
    )


def _bill_line(line: BillLine) -> BillLineResource:
    return BillLineResource.of(line, text=text_resource(line.text), how=text_resource(line.how))
