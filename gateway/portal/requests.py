"""The pages of a sandbox for makers of client programs: each SOAP request as it came, and what was checked of it.

A party sees the requests that came over its own connections. Outside a sandbox nothing is kept, so there is
nothing here.
"""

from aiohttp import web

from gateway.api.access import PARTIES
from gateway.api.call import Call
from gateway.api.route import Routes
from gateway.channels.inspection import AGE_MAX, OF_PARTY_MAX, Inspection
from gateway.http import problems
from gateway.i18n import Text
from gateway.portal.answers import PAGE, PAGES

routes = Routes("pages", problems=(problems.UnknownItem,), number="The number of the request, in this sandbox.")


@routes.get(
    "/portal/requests",
    Text("In a sandbox: your last SOAP requests and what was checked, for people"),
    PAGE,
    roles=PARTIES,
)
async def show_requests(call: Call) -> web.StreamResponse:
    return PAGES.answer(
        "requests.html",
        call.request,
        requests=_requests(call),
        requests_max=OF_PARTY_MAX,
        minutes_max=int(AGE_MAX.total_seconds() // 60),
    )


@routes.get(
    "/portal/requests/{number}",
    Text("In a sandbox: one SOAP request, each check, and the digests that differ, for people"),
    PAGE,
    roles=PARTIES,
)
async def show_request(call: Call, number: str) -> web.StreamResponse:
    for inspection in _requests(call):
        if str(inspection.number) == number:
            return PAGES.answer("request.html", call.request, inspection=inspection)
    raise problems.UnknownItem(Text("request"), number)


def _requests(call: Call) -> tuple[Inspection, ...]:
    """The caller's own. Raises UnknownItem outside a sandbox."""
    if call.services.inspections is None:
        raise problems.UnknownItem(Text("portal page"), "requests")
    return call.services.inspections.of_party(call.caller.party_id or "")
