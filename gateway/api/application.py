"""The routes as an aiohttp application."""

from collections.abc import Sequence

import msgspec
from aiohttp import web

from gateway.api import health
from gateway.api.access import Admitted, admit
from gateway.api.call import Call, Context
from gateway.api.openapi import openapi_document
from gateway.api.resources import ROUTES
from gateway.api.route import Route
from gateway.api.services import Services
from gateway.http.middleware import Handler, OnAnswer, expect_handler, problem_middleware
from gateway.http.parameters import NoQuery, read_query

_NO_QUERY = NoQuery()


def build(
    services: Services,
    on_answer: OnAnswer = lambda _kind, _status, _seconds: None,
    routes: Sequence[Route] = ROUTES,
) -> web.Application:
    """The application with these routes. Run it with `gateway.http.server.Runner`."""
    base_url = services.base_url
    context = Context(services, lambda: openapi_document(routes, base_url.public_url, base_url.url))
    app = web.Application(
        middlewares=[problem_middleware(base_url, on_answer)], client_max_size=services.limits.body_bytes_max
    )
    expect = expect_handler(base_url)
    for route in routes:
        respond = _handler(route, context)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, route.path, respond, expect_handler=expect)
    return app


def _handler(route: Route, context: Context) -> Handler:
    """The route's handler for aiohttp: authenticate the caller, read the query, make the call."""
    handler, keyring, query_kind = route.handler, context.keyring, route.query
    is_open = route.handler is health.metrics and not context.services.metrics_need_key
    roles = None if is_open else route.roles

    async def respond(request: web.Request) -> web.StreamResponse:
        admitted: Admitted | None = None
        if roles is not None:
            admitted = await admit(request, keyring, roles)
        query: msgspec.Struct = _NO_QUERY
        if query_kind is not NoQuery or "?" in request.raw_path:
            query = read_query(request.query, query_kind)
        return await handler(Call(request, context, admitted, query))

    return respond
