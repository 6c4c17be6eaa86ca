"""Runs an application: requests that are not HTTP get a problem too, and idle connections are closed."""

import asyncio
import ssl
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from gateway.http import problems
from gateway.http.answers import problem_answer
from gateway.http.base_url import BaseUrl
from gateway.http.connections import Connections
from gateway.http.middleware import log_failure
from gateway.http.problems import Problem
from gateway.i18n import Text

log = structlog.get_logger()

HANDSHAKE_SECONDS_MAX = 10.0
"""How long a TLS handshake may take. Until it is done, the client does not count as a connection."""
RETRY_AFTER_SECONDS = 5
_UNLIMITED = 1_000_000


class Runner:
    """Runs an application on any number of listeners. Like `web.AppRunner`: set up, listen, clean up."""

    def __init__(
        self,
        app: web.Application,
        *,
        idle_seconds_max: float = 30.0,
        lingering_seconds_max: float = 5.0,
        shutdown_seconds_max: float = 20.0,
        base_url: BaseUrl | None = None,
        connections: Connections | None = None,
    ) -> None:
        """`idle_seconds_max`: how long a connection may be without a complete request header.
        `lingering_seconds_max`: how long the rest of a refused body is read and discarded, so that its sender can
        read why it was refused (RFC 9112, 9.6). `shutdown_seconds_max`: how long requests in progress may take to
        end. `connections`: how many there may be, on all listeners together."""
        self._application = web.AppRunner(app)
        self._options = {
            "access_log": None,
            "auto_decompress": False,  # compressed bodies are refused, so nothing may inflate them on the way
            "keepalive_timeout": idle_seconds_max,
            "lingering_time": lingering_seconds_max,
        }
        self._shutdown_seconds_max = shutdown_seconds_max
        self._base_url = base_url or BaseUrl()
        self._connections = Connections(_UNLIMITED) if connections is None else connections
        self._server: _Server | None = None
        self._listeners: list[asyncio.Server] = []

    async def setup(self) -> None:
        """Start the application."""
        await self._application.setup()
        application = self._application.server
        if application is None:
            raise RuntimeError("the application did not start")
        self._server = _Server(application, self._options, self._base_url, self._connections)

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Open a listener. Raises OSError if the port is not available."""
        if self._server is None:
            raise RuntimeError("the runner is not set up")
        handshake_seconds = HANDSHAKE_SECONDS_MAX if tls else None
        listener = await asyncio.get_running_loop().create_server(
            self._server, host, port, ssl=tls, backlog=128, ssl_handshake_timeout=handshake_seconds
        )
        self._listeners.append(listener)

    @property
    def addresses(self) -> list[Any]:
        """The addresses of the listeners, as sockets name them."""
        return [socket.getsockname() for listener in self._listeners for socket in listener.sockets]

    async def cleanup(self) -> None:
        """Stop listening, let requests in progress end, and close the application."""
        for listener in self._listeners:
            listener.close()
        if self._server is not None:
            await asyncio.sleep(0)  # requests that have arrived are started before idle connections are closed
            self._server.pre_shutdown()
            await self._server.shutdown(self._shutdown_seconds_max)
        await self._application.cleanup()


class _Server(web.Server):
    """Makes a `_Connection` for every client."""

    def __init__(
        self, application: web.Server, options: dict[str, Any], base_url: BaseUrl, connections: Connections
    ) -> None:
        super().__init__(application.request_handler, request_factory=self.make_request)
        self._make = application.request_factory
        self._options = options
        self._base_url = base_url
        self._limit = connections

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._options, self._base_url, self._limit)

    def make_request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        """A request whose header has arrived."""
        request = self._make(message, payload, protocol, writer, task)
        if isinstance(protocol, _Connection):
            protocol.begin(payload)
        return request


class _Connection(web.RequestHandler):
    """One client's connection."""

    __slots__ = ("_base_url", "_body", "_is_answering", "_limit", "heard_at")

    def __init__(
        self, server: _Server, options: dict[str, Any], base_url: BaseUrl, connections: Connections
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, **options)
        self._base_url = base_url
        self._limit = connections
        self._body: StreamReader | None = None
        self._is_answering = False
        self.heard_at = loop.time()
        """When bytes came in last, by the loop's clock."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the client, or refuse it if there are too many connections."""
        super().connection_made(transport)
        if not self._limit.enter(self):
            if isinstance(transport, asyncio.Transport):
                transport.write(_TOO_MANY)
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """The connection is closed."""
        self._limit.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        self.heard_at = asyncio.get_running_loop().time()
        super().data_received(data)

    def begin(self, body: StreamReader) -> None:
        """A request begins; `body` may still be on its way."""
        self._body = body
        self._is_answering = True

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer."""
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._is_answering = False

    @property
    def is_idle(self) -> bool:
        """No request is in progress, and no body is being read."""
        return not self._is_answering and (self._body is None or self._body.is_eof())

    @property
    def is_sending(self) -> bool:
        """The body of the request in progress is not complete."""
        return self._is_answering and self._body is not None and not self._body.is_eof()

    def end(self) -> None:
        """Close the connection, and give up a request in progress."""
        transport, is_answering = self.transport, self._is_answering
        self.force_close()
        if isinstance(transport, asyncio.Transport) and is_answering:
            transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - the signature is aiohttp's
    ) -> web.StreamResponse:
        """Answer a request that aiohttp cannot parse, or an error that the middleware could not answer."""
        if request.writer.output_size > 0:
            raise ConnectionError("part of the answer was sent already")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            problem: Problem = log_failure(exc, request)
        else:
            log.info("request_malformed", reason=type(exc).__name__)
            problem = _problem_of(exc)
        answer = problem_answer(request, problem, self._base_url)
        answer.force_close()
        return answer


def _too_many() -> bytes:
    """The answer to one connection too many, written before a request is read."""
    problem = problems.Overloaded(RETRY_AFTER_SECONDS)
    members = {"type": "about:blank", "title": problem.title.en, "status": 503, "detail": problem.detail.en}
    body = msgspec.json.encode(members)
    return (
        b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
        b"Retry-After: %d\r\nContent-Length: %d\r\n\r\n" % (RETRY_AFTER_SECONDS, len(body))
    ) + body


_TOO_MANY = _too_many()


def _problem_of(error: BaseException | None) -> Problem:
    if isinstance(error, LineTooLong) or ("header" in str(error).lower() and "too many" in str(error).lower()):
        return problems.HeadersTooLarge(Text("The header section is larger than is read."))
    reason = error.message if isinstance(error, HttpProcessingError) else "the request"
    first = reason.splitlines()[0][:100] if reason else ""
    return problems.MalformedRequest(Text("The request cannot be read: {first}", first=first))
