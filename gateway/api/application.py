"""The routes as an aiohttp application."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aiohttp import web

from gateway.api import health
from gateway.api.access import Admitted, presented_key
from gateway.api.call import Call, Context
from gateway.api.openapi import openapi_document
from gateway.api.resources import ROUTES
from gateway.api.route import Route, camel_case
from gateway.api.services import Services
from gateway.api.viewers import sign_in_answer, viewer_of
from gateway.http.answers import HTML, empty_answer, json_answer, wants_page
from gateway.http.middleware import Handler, OnAnswer, expect_handler, problem_middleware
from gateway.http.parameters import read_query
from gateway.http.problems import Fault, Forbidden, InvalidInput, Unauthenticated
from gateway.http.trace import show_trace
from gateway.http.viewer import VIEWER
from gateway.messages.participants import Role
from gateway.store.unavailable import unavailable


def build(
    services: Services,
    on_answer: OnAnswer = lambda _kind, _status, _seconds: None,
    routes: Sequence[Route] = ROUTES,
) -> web.Application:
    """The application with these routes. Run it with `gateway.http.server.Runner`."""
    base_url = services.base_url
    email = services.http.contact_email
    page_items_max = services.http.page_items_max

    def describe() -> dict[str, object]:
        return openapi_document(routes, base_url.public_url, base_url.url, email, page_items_max)

    context = Context(services, routes, describe)
    app = web.Application(
        middlewares=[problem_middleware(base_url, on_answer, unavailable)],
        client_max_size=services.limits.body_bytes_max,
    )
    app.on_response_prepare.append(show_trace)
    expect = expect_handler(base_url)
    for route in routes:
        respond = _handler(route, context)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, route.path, respond, expect_handler=expect)
    return app


def _handler(route: Route, context: Context) -> Handler:
    """The route's handler for aiohttp: authenticate, read what the handler takes, send what it returns."""
    handler = route.handler
    body_kind = route.body.schema if route.body else None
    arguments = {camel_case(name): name for name in handler.__annotations__}
    status = route.returns[0].status
    is_open = route.handler is health.metrics and not context.services.http.metrics_need_key
    roles = None if is_open else route.roles

    async def respond(request: web.Request) -> web.StreamResponse:
        try:
            admitted = await _authenticate(request, context, route, roles)
        except Unauthenticated:
            if route.is_page and wants_page(request) and presented_key(request) is None:
                return sign_in_answer(request)
            raise
        call = Call(request, context, admitted)
        taken: dict[str, object] = {}
        faults: list[Fault] = []
        if route.path_types:
            with _gather(faults):
                parts = call.path_parts(route.path_types)
                taken |= {arguments[name]: value for name, value in parts.items()}
        if "query" in arguments or "?" in request.raw_path:
            with _gather(faults):
                query = read_query(request.query, route.query)
                taken |= {"query": query} if "query" in arguments else {}
        if body_kind is not None:
            with _gather(faults):
                taken["body"] = await call.json(body_kind)
        if faults:
            raise InvalidInput(tuple(faults))
        answer = await handler(call, **taken)
        if isinstance(answer, web.StreamResponse):
            return answer
        return empty_answer(status) if answer is None else json_answer(answer, status)

    return respond


async def _authenticate(
    request: web.Request, context: Context, route: Route, roles: frozenset[Role] | None
) -> Admitted | None:
    """The caller; on an open page None when nobody is signed in."""
    shows_viewer = HTML in route.returns[0].media_types
    if roles is not None:
        try:
            admitted: Admitted | None = await context.authenticator.admit(
                request, roles, takes_forms=route.is_page
            )
        except Forbidden:
            known = await context.authenticator.signed_in(request) if shows_viewer else None
            if known is not None:  # so that the page that refuses has this person's menu
                request[VIEWER] = await viewer_of(known, context, request.path)
            raise
    else:
        admitted = await context.authenticator.signed_in(request) if shows_viewer else None
    if admitted is not None and shows_viewer:
        request[VIEWER] = await viewer_of(admitted, context, request.path)
    return admitted


@contextmanager
def _gather(faults: list[Fault]) -> Iterator[None]:
    """Adds the faults of what is read in the block."""
    try:
        yield
    except InvalidInput as problem:
        faults.extend(problem.faults)
