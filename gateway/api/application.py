"""The routes become an aiohttp application; one middleware turns every failure into a problem."""

import time
import uuid
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import msgspec
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware
from structlog.contextvars import unbind_contextvars

from gateway.api import health
from gateway.api.access import Admitted, admit
from gateway.api.desk import Call, Desk
from gateway.api.doors import Address, Doors
from gateway.api.openapi import openapi_document
from gateway.api.route import Route
from gateway.api.routes import ROUTES
from gateway.http import problems
from gateway.http.answers import language_of, page_answer, problem_answer, wants_page
from gateway.http.parameters import NoQuery, read_query
from gateway.http.problems import Problem, said
from gateway.i18n import Text
from gateway.portal.pages import rendered

log = structlog.get_logger()

Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]
_NO_QUERY = NoQuery()


Answered = Callable[[str, int, float], None]
"""Told of every answer: the kind of its route, its status, and the seconds it took."""

DIRECT = web.AppKey("direct", dict[tuple[str, str], Respond])
"""The routes without a part that differs, by method and path: the server calls these without asking the router."""


def build(doors: Doors, answered: Answered = lambda _kind, _status, _seconds: None) -> web.Application:
    """The application with every route. Run it with `gateway.http.server.Runner`."""
    desk = Desk(doors, lambda: _openapi(doors.address.public_url, doors.address.url))
    guard = Guard(doors.address, answered)
    app = web.Application(middlewares=[guard.middleware()], client_max_size=doors.limits.body_bytes_max)
    expect = _expectation(doors.address)
    direct = app[DIRECT] = {}
    for route in ROUTES:
        respond = _bound(route, desk)
        for method in ("GET", "HEAD") if route.method == "GET" else (route.method,):
            app.router.add_route(method, route.path, respond, expect_handler=expect)
            if "{" not in route.path:
                direct[method, route.path] = guard.around(respond, kind_of(route.path))
    return app


@cache
def _openapi(public_url: str, url: str) -> dict[str, Any]:
    return openapi_document(ROUTES, public_url, url)


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


def _expectation(address: Address) -> Callable[[web.Request], Awaitable[web.StreamResponse | None]]:
    """`Expect: 100-continue` is honoured when the body is read, so that a sender that is refused sends nothing."""

    async def expect(request: web.Request) -> web.StreamResponse | None:
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            return None
        problem = problems.ExpectationFailed(Text("Only 100-continue is understood.", "Alleen 100-continue kan."))
        return answer_to(problem, request, address)

    return expect


class Guard:
    """Stands around every handler: makes answers of what goes wrong there, and tells of each answer."""

    def __init__(self, address: Address, answered: Answered) -> None:
        self._address = address
        self._answered = answered

    def middleware(self) -> Middleware:
        """The guard for what the router finds, or does not find."""

        @web.middleware
        async def guard(request: web.Request, handler: Respond) -> web.StreamResponse:
            resource = request.match_info.route.resource
            return await self._answer(request, handler, kind_of(resource.canonical) if resource else "")

        return guard

    def around(self, handler: Respond, kind: str) -> Respond:
        """The guard for a handler that is called without the router."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            return await self._answer(request, handler, kind)

        return guarded

    async def _answer(self, request: web.Request, handler: Respond, kind: str) -> web.StreamResponse:
        started = time.perf_counter()
        try:
            answer = await handler(request)
        except Problem as problem:
            answer = answer_to(problem, request, self._address)
        except web.HTTPException as refusal:
            answer = answer_to(_problem_of(refusal, request), request, self._address)
        except ConnectionError:
            raise  # the caller is gone: there is nobody to answer
        except Exception as error:  # the last guard: whatever it is, the caller learns a reference only
            failure = failed(error, request)
            if request.writer.output_size > 0:  # part was sent: a cut line says so, a second answer would not
                raise ConnectionError("the answer broke off") from error
            answer = answer_to(failure, request, self._address)
        finally:
            unbind_contextvars("kenmerk")  # the next request of this connection is about something else
        self._answered(kind, answer.status, time.perf_counter() - started)
        return answer


@cache
def kind_of(path: str) -> str:
    """The kind of a route, as metrics know it: the first word of its address after the version."""
    first, _, rest = path.strip("/").partition("/")
    if first.startswith("v") and first[1:].isdigit():
        return rest.partition("/")[0]
    return {"healthz": "health", "readyz": "health"}.get(first, first)


def answer_to(problem: Problem, request: web.BaseRequest, address: Address) -> web.StreamResponse:
    """The problem, as a page to a person with a browser and else as JSON."""
    if not wants_page(request):
        return problem_answer(request, problem, address)
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
