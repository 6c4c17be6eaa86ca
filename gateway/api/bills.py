"""Bills and credit notes."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec
from aiohttp import web

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import actor_of, billing_of, own_party, today, wanted_party
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import PartyId, Schema, TextResource, Year
from gateway.billing.documents.bill import Bill, BillKind, BillStage
from gateway.billing.documents.reference import payment_reference
from gateway.billing.payments.payment import Balance, PaymentState
from gateway.billing.rating.services import Service
from gateway.http import problems
from gateway.http.answers import BY_ACCEPT, JSON, PDF, XML, headers, json_answer
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,))
_FORMS = {"json": JSON, "xml": XML, "pdf": PDF}


class BillLineResource(Schema):
    """One line. `net` excludes VAT."""

    number: int
    units: int
    net: Decimal
    text: TextResource
    how: TextResource
    source: str
    link: str


class BillResource(Schema):
    """A bill or credit note, in euros; a credit note is below zero. `paid` and `paymentState` are null before
    it is issued, and in a run."""

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
    payment_reference: str
    paid: Decimal | None
    payment_state: PaymentState | None


class Bills(Schema):
    """Bills and credit notes, in the order of their numbers."""

    items: list[BillResource]


class BillsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Issued in which calendar year; without one the present."""

    year: Year | None = None
    party_id: PartyId | None = None


class BillQuery(msgspec.Struct, frozen=True, rename="camel"):
    """In which form; without one in that of `Accept`."""

    format: Literal["json", "xml", "pdf"] | None = None


@routes.get(
    "/v1/bills",
    Text("Bills and credit notes of a year; a party sees its own"),
    Returns("In the order of their numbers."),
    roles=FIGURES,
    problems=(problems.UnknownItem,),
)
async def list_bills(call: Call, query: BillsQuery) -> Bills:
    bills = await bills_wanted(call, query)
    balances = await billing_of(call).payments.with_paid(bills)
    return Bills(items=[bill_resource(bill, balance) for bill, balance in zip(bills, balances, strict=True)])


async def bills_wanted(call: Call, query: BillsQuery) -> Sequence[Bill]:
    """The bills that the query asks for and the caller may see. Raises UnknownItem."""
    wanted = wanted_party(call, query.party_id)
    bills = await billing_of(call).store.bills(query.year or today(call).year)
    return [bill for bill in bills if wanted is None or bill.debtor.party_id == wanted]


@routes.get(
    "/v1/bills-to-print",
    Text("The bills that have to be printed: their debtors are not registered here and no mail reaches them"),
    Returns("In the order of their numbers."),
    roles=FINANCE,
)
async def list_bills_to_print(call: Call) -> Bills:
    return Bills(items=bill_resources(await billing_of(call).prints.bills()))


@routes.put(
    "/v1/bills/{billNumber}/printing",
    Text("Record that a bill was printed and sent on paper"),
    Returns("Recorded now or before."),
    roles=FINANCE,
    problems=(problems.UnknownItem,),
)
async def record_printing(call: Call, bill_number: str) -> None:
    await shown_bill(call, bill_number)
    await billing_of(call).prints.record(actor_of(call), bill_number)


@routes.get(
    "/v1/bills/{billNumber}",
    Text("One bill: JSON, the e-invoice as issued, or PDF"),
    Returns("The bill.", BillResource, media_types=(JSON, XML, PDF)),
    roles=FIGURES,
    problems=(problems.NotAcceptable,),
)
async def show_bill(call: Call, bill_number: str, query: BillQuery) -> web.StreamResponse:
    billing = billing_of(call)
    form = _FORMS[query.format] if query.format else call.media_type((JSON, XML, PDF))
    bill = await shown_bill(call, bill_number)
    if form == JSON:
        balance = await billing.payments.balance(bill_number)
        return json_answer(bill_resource(bill, balance), more=dict(BY_ACCEPT))
    content = await (billing.store.xml if form == XML else billing.store.pdf)(bill_number)
    extension = "xml" if form == XML else "pdf"
    more = {"Content-Disposition": f'attachment; filename="{bill.number}.{extension}"', **BY_ACCEPT}
    return web.Response(body=content, headers=headers(form, more))


async def shown_bill(call: Call, number: str) -> Bill:
    """The bill, if the caller may see it. Raises UnknownItem."""
    bill, own = await billing_of(call).store.bill(number), own_party(call)
    if bill is None or (own is not None and bill.debtor.party_id != own):
        raise problems.UnknownItem(Text("bill"), number)
    return bill


def bill_resource(bill: Bill, balance: Balance | None = None) -> BillResource:
    """A bill as its debtor and finance see it, with what was paid of it."""
    return BillResource.of(
        bill,
        bill.amounts,
        party_id=bill.debtor.party_id,
        debtor=bill.debtor.name,
        first_day=bill.first,
        last_day=bill.last,
        preceding=[reference.number for reference in bill.preceding],
        payment_reference=payment_reference(bill.number) if bill.number else "",
        paid=balance and balance.paid,
        payment_state=balance and balance.state,
    )


def bill_resources(bills: Iterable[Bill]) -> list[BillResource]:
    """Bills as their debtors and finance see them."""
    return [bill_resource(bill) for bill in bills]
