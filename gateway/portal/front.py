"""The first page: where to find what."""

from aiohttp import web

from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.http.answers import API_VERSION, HTML
from gateway.http.base_url import base_url_of
from gateway.http.pages import Pages
from gateway.i18n import Text

routes = Routes("pages")
_PAGES = Pages("gateway.portal")


@routes.get("/", Text("The first page: where to find what"), Returns("A page.", media_types=(HTML,)))
async def show_front(call: Call) -> web.StreamResponse:
    return _PAGES.answer(
        "front.html",
        call.request,
        base=base_url_of(call.request, call.services.base_url.public_url),
        version=call.services.gateway_version,
        api_version=API_VERSION,
        limits=call.services.limits,
    )
