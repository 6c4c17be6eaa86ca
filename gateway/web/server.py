"""Runs the application: a request that is not HTTP gets a problem too, and nobody keeps a line for nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from gateway import problems
from gateway.model.finding import Text
from gateway.problems import Problem
from gateway.web.answers import problem_answer
from gateway.web.application import DIRECT, failed
from gateway.web.doors import Address

log = structlog.get_logger()


class Runner(web.AppRunner):
    """An AppRunner whose connections answer broken requests with problems."""

    def __init__(
        self,
        app: web.Application,
        *,
        idle_seconds_max: float = 75.0,
        lingering_seconds_max: float = 5.0,
        shutdown_seconds_max: float = 20.0,
        address: Address | None = None,
    ) -> None:
        """`idle_seconds_max`: how long a connection may be without a complete request header.
        `lingering_seconds_max`: how long the rest of a refused body is read and thrown away, so that its sender
        gets to see why it was refused (RFC 9112, 9.6). `shutdown_seconds_max`: how long requests under way may
        take to end."""
        super().__init__(
            app,
            access_log=None,
            shutdown_timeout=shutdown_seconds_max,
            auto_decompress=False,  # compressed bodies are refused, so nothing may inflate them on the way
            keepalive_timeout=idle_seconds_max,
            lingering_time=lingering_seconds_max,
        )
        self._address = address or Address()

    async def _make_server(self) -> web.Server:
        plain = await super()._make_server()
        return _Server(plain, self.app, self._address)


Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def _straight(application: web.Application, routed: Handle) -> Handle:
    """A handler that takes the routes whose address never differs straight to where they go."""
    direct = application.get(DIRECT, {})

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        respond = direct.get((request.method, request.raw_path))
        if respond is None or hdrs.EXPECT in request.headers or not isinstance(request, web.Request):
            return await routed(request)
        return await respond(request)

    return handle


class _Server(web.Server):
    """Makes a `_Connection` for every client."""

    def __init__(self, plain: web.Server, application: web.Application, address: Address) -> None:
        super().__init__(
            _straight(application, plain.request_handler),
            request_factory=plain.request_factory,
            loop=asyncio.get_running_loop(),
            **plain._kwargs,
        )
        self._address = address

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._address)


class _Connection(web.RequestHandler):
    """One client's connection."""

    __slots__ = ("_address",)

    def __init__(self, server: _Server, address: Address) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **server._kwargs)
        self._address = address

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the signature is aiohttp's
    ) -> web.StreamResponse:
        """What aiohttp cannot parse, and what even the guard could not answer."""
        if request.writer.output_size > 0:
            raise ConnectionError("part of the answer was sent already")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            problem: Problem = failed(exc, request)
        else:
            log.info("request_malformed", reason=type(exc).__name__)
            problem = _problem_of(exc)
        answer = problem_answer(request, problem, self._address)
        answer.force_close()
        return answer


def _problem_of(error: BaseException | None) -> Problem:
    if isinstance(error, LineTooLong) or ("header" in str(error).lower() and "too many" in str(error).lower()):
        return problems.HeadersTooLarge(
            Text("The header section is larger than is read.", "De headers zijn groter dan wordt gelezen.")
        )
    reason = error.message if isinstance(error, HttpProcessingError) else "the request"
    first = reason.splitlines()[0][:100] if reason else ""
    return problems.MalformedRequest(
        Text(f"The request cannot be read: {first}", f"Het verzoek kan niet worden gelezen: {first}")
    )
