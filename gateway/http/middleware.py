"""Turns every failure of a handler into a problem, and reports each answer."""

import time
from collections.abc import Awaitable, Callable
from functools import cache

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware
from structlog.contextvars import unbind_contextvars

from gateway.http import problems
from gateway.http.answers import problem_answer, wants_page
from gateway.http.base_url import BaseUrl
from gateway.http.connections import slot_of
from gateway.http.pages import problem_page
from gateway.http.problems import Problem
from gateway.http.trace import bind_trace, request_span, unbind_trace
from gateway.i18n import Text
from gateway.messages.stored_errors import DamagedDocumentError, MissingDocumentError, StoreUnavailableError

log = structlog.get_logger()

RETRY_AFTER_SECONDS = 5
"""A store that is away is often back soon, and a gateway that refuses costs its callers little."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Unavailable = Callable[[Exception], StoreUnavailableError | None]
"""The error as one of a store that is unavailable; None for any other."""
OnAnswer = Callable[[str, int, float], None]
"""Called for every answer with the kind of its route, its status, and the seconds it took."""


def problem_middleware(base_url: BaseUrl, on_answer: OnAnswer, unavailable: Unavailable) -> Middleware:
    """The middleware around every handler of an application, and around what no route matches."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        bind_trace(request)
        try:
            with request_span(request) as spanned:
                answer = await _answer(request, handler, base_url, unavailable)
                spanned.add({"http.response.status_code": answer.status}, is_error=answer.status >= 500)
        finally:
            unbind_contextvars("kenmerk")  # the next request on this connection is about something else
            unbind_trace()
        resource = request.match_info.route.resource
        kind = route_kind(resource.canonical) if resource else ""
        on_answer(kind, answer.status, time.perf_counter() - started)
        return answer

    return middleware


async def _answer(
    request: web.Request, handler: Handler, base_url: BaseUrl, unavailable: Unavailable
) -> web.StreamResponse:
    try:
        _require_slot(request)
        return await handler(request)
    except Problem as problem:
        return answer_to(problem, request, base_url)
    except web.HTTPException as refusal:
        return answer_to(_problem_of(refusal, request), request, base_url)
    except ConnectionError:
        raise  # the client is gone
    except Exception as error:  # whatever it is, the client learns a reference only
        failure = _problem_of_store(error, unavailable, request) or log_failure(error, request)
        if request.writer.output_size > 0:  # part was sent: no second answer
            raise ConnectionError("the answer broke off") from error
        return answer_to(failure, request, base_url)


def _require_slot(request: web.Request) -> None:
    """Raises Overloaded on a connection in reserve, unless it asks after the gateway's health."""
    slot = slot_of(request)
    if slot is None or not slot.is_reserve:
        return
    resource = request.match_info.route.resource
    if resource is None or route_kind(resource.canonical) not in {"health", "metrics"}:
        raise problems.Overloaded(RETRY_AFTER_SECONDS)


@cache
def route_kind(path: str) -> str:
    """The kind of a route in metrics: the first word of its path after the version."""
    first, _, rest = path.strip("/").partition("/")
    if first.startswith("v") and first[1:].isdigit():
        return rest.partition("/")[0]
    return {"healthz": "health", "readyz": "health"}.get(first, first)


def answer_to(problem: Problem, request: web.BaseRequest, base_url: BaseUrl) -> web.StreamResponse:
    """The problem as a page for a browser, else as JSON."""
    answer = problem_page(request, problem) if wants_page(request) else problem_answer(request, problem, base_url)
    if problem.closes:
        answer.force_close()
    return answer


def expect_handler(base_url: BaseUrl) -> Callable[[web.Request], Awaitable[web.StreamResponse | None]]:
    """Handles `Expect`: `100-continue` is answered when the body is read, so a refused client sends nothing."""

    async def expect(request: web.Request) -> web.StreamResponse | None:
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            return None
        problem = problems.ExpectationFailed(Text("Only 100-continue is understood."))
        return answer_to(problem, request, base_url)

    return expect


def _problem_of(refusal: web.HTTPException, request: web.Request) -> Problem:
    """The problem for an exception of aiohttp: no such route, or not this method."""
    if isinstance(refusal, web.HTTPMethodNotAllowed):
        return problems.MethodNotAllowed(request.method[:20], sorted(refusal.allowed_methods))
    if isinstance(refusal, web.HTTPNotFound):
        return problems.UnknownAddress()
    return log_failure(refusal, request)


def _problem_of_store(error: Exception, unavailable: Unavailable, request: web.BaseRequest) -> Problem | None:
    """The problem for a store that cannot be used now, and for content that is damaged or missing."""
    if (trouble := unavailable(error)) is not None:
        log.warning("store_unavailable", method=request.method, path=request.path, reason=str(trouble))
        return problems.StoreUnavailable(RETRY_AFTER_SECONDS)
    if isinstance(error, DamagedDocumentError):
        is_missing = isinstance(error, MissingDocumentError)
        kind = problems.DocumentMissing if is_missing else problems.DocumentDamaged
        return kind.log_case("content_not_sent", path=request.path, reason=str(error))
    return None


def log_failure(error: BaseException | None, request: web.BaseRequest) -> problems.InternalError:
    """Log the error under a reference; the problem contains the reference only."""
    facts = {"method": request.method, "path": request.path, "exc_info": error}
    return problems.InternalError.log_case("request_failed", **facts)
