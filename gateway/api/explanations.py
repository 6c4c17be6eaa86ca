"""From the amount of a bill back to its messages."""

from datetime import date

from gateway.api.access import FIGURES
from gateway.api.billing import billing_of
from gateway.api.billing_years import YearStepResource, step_resource
from gateway.api.bills import BillResource, bill_resource, shown_bill
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.runs import RunResource, run_resource
from gateway.api.schema import Schema
from gateway.http import problems
from gateway.i18n import Text

routes = Routes("billing", problems=(problems.NotReady,))


class ExplanationResource(Schema):
    """From an amount to its messages. `forecast` is what a prepayment is for. `counted` is what the meter had
    recorded of the days when the run counted, `entries` is where those messages are listed; `later` is what it
    recorded of these days since, corrections included."""

    bill: BillResource
    run: RunResource
    forecast: list[YearStepResource]
    first_day: date
    last_day: date
    counted: dict[str, int]
    entries: str | None
    later: dict[str, int]


@routes.get(
    "/v1/bills/{billNumber}/explanation",
    Text("From the amount of a bill to its run, its counts and its messages; a party sees its own"),
    Returns("The way back."),
    roles=FIGURES,
)
async def explain_bill(call: Call, bill_number: str) -> ExplanationResource:
    bill = await shown_bill(call, bill_number)
    found = await billing_of(call).service.explain(bill_number, limit=0)
    days = f"service={bill.service}&firstDay={found.first}&lastDay={found.last}&untilPosition={found.run.position}"
    return ExplanationResource(
        bill=bill_resource(bill),
        run=run_resource(found.run),
        forecast=[step_resource(step) for step in found.steps],
        first_day=found.first,
        last_day=found.last,
        counted=dict(found.counted),
        entries=f"/v1/parties/{bill.party_id}/usage/entries?{days}" if found.counted else None,
        later=dict(found.later),
    )
