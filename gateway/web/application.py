"""The routes become an aiohttp application; one middleware turns every failure into a problem."""

import uuid
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import msgspec
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from gateway import problems
from gateway.model.finding import Text
from gateway.problems import Problem, said
from gateway.web import health
from gateway.web.access import Admitted, admit
from gateway.web.answers import language_of, page_answer, problem_answer, wants_page
from gateway.web.desk import Call, Desk
from gateway.web.doors import Doors
from gateway.web.openapi import openapi_document
from gateway.web.pages import rendered
from gateway.web.parameters import NoQuery, read_query
from gateway.web.route import Route
from gateway.web.routes import ROUTES

log = structlog.get_logger()

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
_NO_QUERY = NoQuery()


def build(doors: Doors) -> web.Application:
    """The application with every route. Run it with `gateway.web.server.Runner`."""
    desk = Desk(doors, _openapi(doors.public_url))
    app = web.Application(middlewares=[_guard(doors.public_url)], client_max_size=doors.limits.body_bytes_max)
    expect = _expectation(doors.public_url)
    for route in ROUTES:
        respond = _bound(route, desk)
        app.router.add_route(route.method, route.path, respond, expect_handler=expect)
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, respond, expect_handler=expect)
    return app


@cache
def _openapi(public_url: str) -> dict[str, Any]:
    return openapi_document(ROUTES, public_url)


def _bound(route: Route, desk: Desk) -> Respond:
    """The route's handler as aiohttp wants it: let the caller in, read the query, make the call."""
    handler, keyring, query_kind = route.handler, desk.keyring, route.query
    is_open = route.handler is health.metrics and not desk.doors.metrics_need_key
    roles = None if is_open else route.roles

    async def respond(request: web.Request) -> web.StreamResponse:
        admitted: Admitted | None = None
        if roles is not None:
            admitted = await admit(request, keyring, roles)
        query: msgspec.Struct = _NO_QUERY
        if query_kind is not NoQuery or "?" in request.raw_path:
            query = read_query(request.query, query_kind)
        return await handler(Call(request, desk, admitted, query))

    return respond


def _expectation(public_url: str) -> Callable[[web.Request], Awaitable[web.StreamResponse | None]]:
    """`Expect: 100-continue` is honoured when the body is read, so that a sender that is refused sends nothing."""

    async def expect(request: web.Request) -> web.StreamResponse | None:
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            return None
        problem = problems.ExpectationFailed(Text("Only 100-continue is understood.", "Alleen 100-continue kan."))
        return answer_to(problem, request, public_url)

    return expect


def _guard(public_url: str) -> Middleware:
    """The one middleware."""

    @web.middleware
    async def guard(request: web.Request, handler: Respond) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            return answer_to(problem, request, public_url)
        except web.HTTPException as refusal:
            return answer_to(_problem_of(refusal, request), request, public_url)
        except ConnectionError:
            raise  # the caller is gone: there is nobody to answer
        except Exception as error:  # the last guard: whatever it is, the caller learns a reference only
            failure = failed(error, request)
            if request.writer.output_size > 0:  # part was sent: a cut line says so, a second answer would not
                raise ConnectionError("the answer broke off") from error
            return answer_to(failure, request, public_url)

    return guard


def answer_to(problem: Problem, request: web.BaseRequest, public_url: str) -> web.StreamResponse:
    """The problem, as a page to a person with a browser and else as JSON."""
    if not wants_page(request):
        return problem_answer(request, problem, public_url)
    language = language_of(request)
    html = rendered("problem.html", language, kind=problem.kind, said=said, problem=problem)
    answer = page_answer(html, language, problem.kind.status, problem.headers)
    if problem.closes:
        answer.force_close()
    return answer


def _problem_of(refusal: web.HTTPException, request: web.Request) -> Problem:
    """aiohttp's own refusals: no route, or not this method."""
    if isinstance(refusal, web.HTTPMethodNotAllowed):
        return problems.MethodNotAllowed(request.method[:20], sorted(refusal.allowed_methods))
    if isinstance(refusal, web.HTTPNotFound):
        return problems.UnknownAddress()
    return failed(refusal, request)


def failed(error: BaseException | None, request: web.BaseRequest) -> problems.GatewayFailed:
    """Log what went wrong under a reference; the problem holds the reference alone."""
    reference = str(uuid.uuid4())
    log.error("request_failed", reference=reference, method=request.method, path=request.path, exc_info=error)
    return problems.GatewayFailed(reference)
