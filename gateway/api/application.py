"""The routes as an aiohttp application."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from aiohttp import web

from gateway.api import health
from gateway.api.access import Admitted, admit
from gateway.api.call import Call, Context
from gateway.api.openapi import openapi_document
from gateway.api.resources import ROUTES
from gateway.api.route import Route, camel_case
from gateway.api.services import Services
from gateway.http.answers import empty_answer, json_answer
from gateway.http.middleware import Handler, OnAnswer, expect_handler, problem_middleware
from gateway.http.parameters import read_query
from gateway.http.problems import Fault, InvalidInput
from gateway.http.trace import show_trace
from gateway.store.unavailable import unavailable


def build(
    services: Services,
    on_answer: OnAnswer = lambda _kind, _status, _seconds: None,
    routes: Sequence[Route] = ROUTES,
) -> web.Application:
    """The application with these routes. Run it with `gateway.http.server.Runner`."""
    base_url = services.base_url
    email = services.http.contact_email
    context = Context(services, routes, lambda: openapi_document(routes, base_url.public_url, base_url.url, email))
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
    handler, directory = route.handler, context.services.directory
    body_kind = route.body.schema if route.body else None
    arguments = {camel_case(name): name for name in handler.__annotations__}
    status = route.returns[0].status
    is_open = route.handler is health.metrics and not context.services.http.metrics_need_key
    roles = None if is_open else route.roles

    async def respond(request: web.Request) -> web.StreamResponse:
        admitted: Admitted | None = None
        if roles is not None:
            admitted = await admit(request, directory, roles)
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


@contextmanager
def _gather(faults: list[Fault]) -> Iterator[None]:
    """Adds the faults of what is read in the block."""
    try:
        yield
    except InvalidInput as problem:
        faults.extend(problem.faults)
