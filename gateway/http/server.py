"""Runs the application: a request that is not HTTP gets a problem too, and nobody keeps a line for nothing."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from gateway.api.application import DIRECT, failed
from gateway.api.doors import Address
from gateway.http import problems
from gateway.http.answers import problem_answer
from gateway.http.connections import Connections
from gateway.http.problems import Problem
from gateway.i18n import Text

log = structlog.get_logger()

HANDSHAKE_SECONDS_MAX = 10.0
"""TLS: who connects and does not speak is let go. Until then it is no connection that counts, only a socket."""
RETRY_AFTER_SECONDS = 5
_NO_LIMIT = 1_000_000


class Runner(web.AppRunner):
    """An AppRunner whose connections answer broken requests with problems."""

    def __init__(
        self,
        app: web.Application,
        *,
        idle_seconds_max: float = 30.0,
        lingering_seconds_max: float = 5.0,
        shutdown_seconds_max: float = 20.0,
        address: Address | None = None,
        connections: Connections | None = None,
    ) -> None:
        """`idle_seconds_max`: how long a connection may be without a complete request header.
        `lingering_seconds_max`: how long the rest of a refused body is read and thrown away, so that its sender
        gets to see why it was refused (RFC 9112, 9.6). `shutdown_seconds_max`: how long requests under way may
        take to end. `connections`: how many there may be, on every listener of this runner together."""
        super().__init__(
            app,
            access_log=None,
            shutdown_timeout=shutdown_seconds_max,
            auto_decompress=False,  # compressed bodies are refused, so nothing may inflate them on the way
            keepalive_timeout=idle_seconds_max,
            lingering_time=lingering_seconds_max,
        )
        self._address = address or Address()
        self._connections = Connections(_NO_LIMIT) if connections is None else connections

    async def _make_server(self) -> web.Server:
        plain = await super()._make_server()
        return _Server(plain, self.app, self._address, self._connections)

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Open a listener. Raises OSError when the port cannot be had."""
        await _Site(self, host, port, ssl_context=tls).start()


class _Site(web.TCPSite):
    """A listener that does not wait long for a TLS handshake."""

    async def start(self) -> None:
        await web.BaseSite.start(self)
        server = self._runner.server
        if server is None:
            raise RuntimeError("the runner is not set up")
        self._server = await asyncio.get_running_loop().create_server(
            server,
            self._host,
            self._port,
            ssl=self._ssl_context,
            backlog=self._backlog,
            ssl_handshake_timeout=HANDSHAKE_SECONDS_MAX if self._ssl_context else None,
        )


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

    def __init__(
        self, plain: web.Server, application: web.Application, address: Address, connections: Connections
    ) -> None:
        super().__init__(
            _straight(application, plain.request_handler),
            request_factory=plain.request_factory,
            loop=asyncio.get_running_loop(),
            **plain._kwargs,
        )
        self._address = address
        self._places = connections

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._address, self._places)


class _Connection(web.RequestHandler):
    """One client's connection."""

    __slots__ = ("_address", "_places", "heard_at")

    def __init__(self, server: _Server, address: Address, connections: Connections) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **server._kwargs)
        self._address = address
        self._places = connections
        self.heard_at = self._loop.time()
        """When bytes came in last, by the loop's clock."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected: served, or told that there are too many."""
        super().connection_made(transport)
        if not self._places.enter(self):
            if isinstance(transport, asyncio.Transport):
                transport.write(_TOO_MANY)
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is gone."""
        self._places.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        self.heard_at = self._loop.time()
        super().data_received(data)

    @property
    def is_idle(self) -> bool:
        """It waits for a request, and none is being answered."""
        return self._waiter is not None and not self._waiter.done()

    @property
    def is_sending(self) -> bool:
        """The body of its request is not there yet."""
        return self._current_request is not None and not self._current_request.content.is_eof()

    def end(self) -> None:
        """Close it, and give up the request that it was sending."""
        transport, request = self.transport, self._current_request
        self.force_close()
        if isinstance(transport, asyncio.Transport) and request is not None:
            transport.abort()

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


def _too_many() -> bytes:
    """The answer to a connection too many: it is written before any request was read."""
    problem = problems.Overloaded(RETRY_AFTER_SECONDS)
    told = {"type": "about:blank", "title": problem.kind.title.en, "status": 503, "detail": problem.detail.en}
    body = msgspec.json.encode(told)
    return (
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        b"Retry-After: %d\r\nContent-Length: %d\r\n\r\n" % (RETRY_AFTER_SECONDS, len(body))
    ) + body


_TOO_MANY = _too_many()


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
