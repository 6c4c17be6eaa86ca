"""Statements of use: of a year by month, and the monthly statements of every party."""

from aiohttp import web

from gateway.api.access import FIGURES, FINANCE
from gateway.api.billing import ServiceQuery, actor_of, billing_of, billing_problems, year_in_path
from gateway.api.call import Call, not_found
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema
from gateway.http import problems
from gateway.http.answers import json_answer
from gateway.http.problems import Fault
from gateway.i18n import Text
from gateway.metering.statement import Statement

routes = Routes("billing", month="The month, from 1 to 12.")
_PARTY = Text("party")
_MONTH = Text("must be a month from 1 to 12")


class Stated(Schema):
    """Monthly statements that were new; the others were there."""

    added: int


@routes.get(
    "/v1/parties/{partyId}/statements/{year}",
    Text("What a party used in a year, by month and kind; a party sees its own"),
    Returns("The statement.", Statement),
    roles=FIGURES,
)
async def show_statement(call: Call) -> web.StreamResponse:
    """What a party used in an Amsterdam year; a party sees its own."""
    party_id = call.path_part("partyId")
    visible = call.visible_to
    if visible is not None and party_id not in visible:
        raise not_found(_PARTY, party_id)
    if await call.services.directory.party(party_id) is None:
        raise not_found(_PARTY, party_id)
    statement: Statement = await call.services.meter.statement(party_id, year_in_path(call))
    return json_answer(statement)


@routes.put(
    "/v1/monthly-statements/{year}/{month}",
    Text("Record the statement of every party: its use of the year up to the end of the month"),
    Returns("How many were new.", Stated),
    roles=FINANCE,
    query=ServiceQuery,
    problems=(problems.NotReady,),
)
async def state_month(call: Call) -> web.StreamResponse:
    """Record the statement of every party: its use of the year up to the end of the month."""
    month = call.path_part("month")
    if not (month.isascii() and month.isdigit() and 1 <= int(month[:4]) <= 12):
        raise problems.InvalidInput((Fault("path", "month", _MONTH),))
    year, service = year_in_path(call), call.query(ServiceQuery).service
    with billing_problems():
        added = await billing_of(call).service.record_statements(actor_of(call), service, year, int(month))
    return json_answer(Stated(added))
