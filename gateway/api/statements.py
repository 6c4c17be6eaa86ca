"""Statements of use: of a year by month, and the monthly statements of every party."""

from typing import Annotated

from msgspec import Meta

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import ServiceQuery, actor_of, billing_of, billing_problems
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, Year
from gateway.http import problems
from gateway.i18n import Text
from gateway.metering.statement import Statement

routes = Routes("billing", month="The month, from 1 to 12.")
Month = Annotated[int, Meta(ge=1, le=12)]


class Stated(Schema):
    """Monthly statements that were new; the others were there."""

    added: int


@routes.get(
    "/v1/parties/{partyId}/statements/{year}",
    Text("What a party used in a year, by month and kind; a party sees its own"),
    Returns("The statement."),
    roles=FIGURES,
)
async def show_statement(call: Call, party_id: str, year: Year) -> Statement:
    call.party(party_id)
    statement: Statement = await call.services.meter.statement(party_id, year)
    return statement


@routes.put(
    "/v1/monthly-statements/{year}/{month}",
    Text("Record the statement of every party: its use of the year up to the end of the month"),
    Returns("How many were new."),
    roles=FINANCE,
    problems=(problems.NotReady,),
)
async def state_month(call: Call, year: Year, month: Month, query: ServiceQuery) -> Stated:
    with billing_problems():
        added = await billing_of(call).service.record_statements(actor_of(call), query.service, year, month)
    return Stated(added)
