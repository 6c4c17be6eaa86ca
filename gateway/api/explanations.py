"""From the amount of a bill back to its messages."""

from datetime import date

from aiohttp import web

from gateway.api.access import FIGURES
from gateway.api.billing import billing_of, own_party
from gateway.api.bills import BillResource, bill_resource
from gateway.api.call import Call, not_found
from gateway.api.route import Returns, Routes
from gateway.api.runs import RunResource, run_resource
from gateway.api.schema import Schema
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.i18n import Text

routes = Routes("billing")


class ExplanationResource(Schema):
    """From an amount to its messages. `counted` is what the meter counts now, corrections included; `entries` is
    where the messages are listed."""

    bill: BillResource
    run: RunResource
    first_day: date
    last_day: date
    counted: dict[str, int]
    entries: str


@routes.get(
    "/v1/bills/{billNumber}/explanation",
    Text("From the amount of a bill to its run, its counts and its messages; a party sees its own"),
    Returns("The way back.", ExplanationResource),
    roles=FIGURES,
    problems=(problems.NotReady,),
)
async def explain_bill(call: Call) -> web.StreamResponse:
    """From the amount of a bill to its run, its counts and where its messages are listed."""
    number, own, billing = call.path_part("billNumber"), own_party(call), billing_of(call).service
    bill = await billing_of(call).store.bill(number)
    if bill is None or (own is not None and bill.debtor.party_id != own):
        raise not_found(Text("bill"), number)
    found = await billing.explain(number, limit=0)
    days = f"service={bill.service}&firstDay={bill.first}&lastDay={bill.last}"
    body = ExplanationResource(
        bill=bill_resource(bill),
        run=run_resource(found.run),
        first_day=bill.first,
        last_day=bill.last,
        counted=dict(found.counted),
        entries=f"/v1/parties/{bill.debtor.party_id}/usage/entries?{days}",
    )
    return json_answer(body)
