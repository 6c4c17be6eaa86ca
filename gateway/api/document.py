"""The OpenAPI document."""

from aiohttp import hdrs, web

from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.http.answers import raw_json_answer
from gateway.i18n import Text

routes = Routes("pages")


@routes.get(
    "/v1/openapi.json",
    Text("This document"),
    Returns("OpenAPI 3.1.", headers={"Access-Control-Allow-Origin": "`*`: any site may read it."}),
)
async def show_openapi(call: Call) -> web.StreamResponse:
    """The OpenAPI document; readable from pages of other sites."""
    return raw_json_answer(call.context.openapi_bytes, more={str(hdrs.ACCESS_CONTROL_ALLOW_ORIGIN): "*"})
